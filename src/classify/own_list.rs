//! A list under the recipient's own domain. In: a reply and the recipient's domain. Out: whether the reply says that a list of
//! that organisation holds us. Such a list is the organisation's own rule; nobody else asks it.

/// Words right before the name of a list.
const BEFORE: &[&str] = &["using", "by", "in", "on", "at", "via", "list", "rbl", "dnsbl", "zone", "database"];
/// What a list's host begins with; a host without it is the server that speaks, unless it is what is "used".
const LABELS: &[&str] = &["rbl", "dnsbl", "bl", "black", "block", "deny", "spam", "reputation", "list", "dnsrbl"];

/// Whether a reply names a list below the registrable domain of the recipient's domain.
pub(super) fn names(reply: &str, domain: &str) -> bool {
    let owner = psl::domain_str(domain).unwrap_or(domain);
    let mut before = "";
    for word in reply.split(|c: char| c.is_whitespace() || matches!(c, ';' | ',' | ':' | '(' | ')' | '[' | ']' | '"' | '\'')) {
        if word.is_empty() {
            continue;
        }
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

#[cfg(test)]
mod tests {
    use super::names;

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
            assert_eq!(names(reply, "fernwell.example"), want, "{reply}");
            assert_eq!(names(reply, "uk.fernwell.example"), want, "{reply}");
        }
    }
}
