//! Whether a refusal names the recipient's organisation as its maker. In: a reply and the recipient. Out: whether it names a list
//! below the organisation's domain, which nobody else asks; whether it names the organisation itself, not only its mailbox
//! or its mail server.

use crate::bounce::Address;

/// Words right before the name of a list.
const BEFORE: &[&str] = &["using", "by", "in", "on", "at", "via", "list", "rbl", "dnsbl", "zone", "database"];
/// What a list's host begins with; a host without it is the server that speaks, unless it is what is "used".
const LABELS: &[&str] = &["rbl", "dnsbl", "bl", "black", "block", "deny", "spam", "reputation", "list", "dnsrbl"];

/// Whether a reply names a list below the registrable domain of the recipient's domain.
pub(super) fn name_a_list(reply: &str, domain: &str) -> bool {
    let owner = psl::domain_str(domain).unwrap_or(domain);
    let mut before = "";
    for word in words(reply) {
        let host = word.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_ascii_lowercase();
        let below = host.strip_suffix(owner).and_then(|rest| rest.strip_suffix('.'));
        if let Some(label) = below.and_then(|rest| rest.split('.').next())
            && BEFORE.iter().any(|word| before.eq_ignore_ascii_case(word))
            && (before.eq_ignore_ascii_case("using") || LABELS.iter().any(|list| label.starts_with(list)))
        {
            return true;
        }
        before = word;
    }
    false
}

/// Whether a reply names the recipient's organisation by its domain, or by an address other than the one that was mailed. The
/// name of a host below it tells only who speaks.
pub(super) fn name_the_owner(reply: &str, recipient: &Address) -> bool {
    let owner = psl::domain_str(recipient.domain()).unwrap_or(recipient.domain());
    words(reply).any(|word| {
        let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        match word.rsplit_once('@') {
            Some((_, domain)) => domain.eq_ignore_ascii_case(owner) && !word.eq_ignore_ascii_case(recipient.as_str()),
            None => word.eq_ignore_ascii_case(owner) || word.eq_ignore_ascii_case(recipient.domain()),
        }
    })
}

/// The words of a reply: what stands between blanks, brackets and stops.
fn words(reply: &str) -> impl Iterator<Item = &str> {
    let between = |c: char| {
        c.is_whitespace() || matches!(c, ';' | ',' | ':' | '(' | ')' | '[' | ']' | '<' | '>' | '"' | '\'' | '/' | '=')
    };
    reply.split(between).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_below_the_recipients_domain_is_its_own_and_its_mail_server_is_none() {
        for (reply, want) in [
            ("554 5.7.1 Client host [192.0.2.1] blocked using rbl.fernwell.example", true),
            ("554 5.7.1 Client host [192.0.2.1] blocked using antispam.Fernwell.example.", true),
            ("550 192.0.2.1 is listed in dnsbl.fernwell.example; see https://fernwell.example/why", true),
            ("550 5.7.1 Found on blocklist.mail.fernwell.example", true),
            ("554 5.7.1 Client host [192.0.2.1] blocked using zen.spamhaus.org", false),
            ("550 rejected by mx1.fernwell.example: bad reputation", false),
            ("550 5.7.1 ann@fernwell.example: your IP is listed in a block list", false),
            ("554 blocked using rbl.otherfernwell.example", false),
        ] {
            assert_eq!(name_a_list(reply, "fernwell.example"), want, "{reply}");
            assert_eq!(name_a_list(reply, "uk.fernwell.example"), want, "{reply}");
        }
    }
    #[test]
    fn an_organisation_named_by_its_domain_or_another_address_is_named_and_a_host_or_the_mailbox_is_not() {
        let ann = Address::parse("ann@mail.fernwell.example").unwrap();
        for (reply, want) in [
            ("550 5.7.1 Cold outreach is not accepted at fernwell.example", true),
            ("550 Not welcome here. Ask postmaster@fernwell.example (mail flow rule)", true),
            ("550 mail.fernwell.example does not take newsletters.", true),
            ("550 5.7.1 <ann@mail.fernwell.example>: not accepted by policy", false),
            ("550 5.7.1 mx1.fernwell.example: message refused by policy", false),
            ("550 5.7.1 refused by site policy", false),
            ("550 5.7.1 not accepted at fernwell.example.org", false),
        ] {
            assert_eq!(name_the_owner(reply, &ann), want, "{reply}");
        }
    }
}
