//! The message that a report is about, as far as its returned header tells. In: that header. Out: its identifiers, our
//! domain, the recipient it was for. The body is never read: an address quoted in it is nobody's report.

use super::fields::Head;
use super::mailbox;
use crate::bounce::{Address, domain_key};

/// Headers that name a campaign, best first, by the platforms and standards that define them; the user's own
/// (`ParseOptions::campaign_headers`) stand before them. Feedback-ID and List-Id are read by their own rules.
const CAMPAIGN_HEADERS: &[&str] = &[
    "X-Campaign-ID",
    "X-CampaignID",
    "X-Campaign",
    "X-Campaign_Id",
    "X-Mailing-ID",
    "X-MailingID",
    "X-Mailgun-Campaign-Id",
    "X-Mailgun-Tag",
    "X-MC-Tags",
    "X-PM-Tag",
    "X-Mailin-Campaign",
    "X-Mailin-Tag",
    "X-SES-CONFIGURATION-SET",
    "X-SMTPAPI-Category",
    "X-Job",
    "X-JobID",
];

/// What the returned header says of the message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Returned {
    /// Message-ID without angle brackets.
    pub(crate) message_id: Option<String>,
    /// Domain of From, else of Sender or Return-Path; lower case A-labels.
    pub(crate) sending_domain: Option<String>,
    pub(crate) campaign_id: Option<String>,
    /// X-List-Source, or a header of the user's that says where the address was got from.
    pub(crate) list_source: Option<String>,
    /// Domain of Return-Path: the envelope's sender.
    pub(crate) mail_from_domain: Option<String>,
    /// The DKIM signature that tells most of us.
    pub(crate) signature: Option<Signature>,
    /// The only address in To, if there is only one recipient at all.
    pub(crate) sole_recipient: Option<Address>,
}

/// Who signed a message (RFC 6376 3.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signature {
    /// d=, lower case A-labels.
    pub(crate) domain: String,
    /// s=, lower case.
    pub(crate) selector: String,
}

/// Reads a returned header; `own_headers` are the user's names for campaign headers.
pub(crate) fn read(head: &Head<'_>, own_headers: &[String]) -> Returned {
    let sending_domain = ["From", "Sender", "Return-Path"].iter().find_map(|name| sender_domain(&head.get(name)?));
    Returned {
        message_id: head.get("Message-ID").and_then(|id| message_id(&id)),
        mail_from_domain: head.get("Return-Path").and_then(|path| sender_domain(&path)),
        signature: signature(head, sending_domain.as_deref()),
        sending_domain,
        campaign_id: campaign(head, own_headers),
        list_source: head.get("X-List-Source").and_then(|value| word(&value)),
        sole_recipient: sole_recipient(head),
    }
}

/// An identifier without its brackets; `None` for what is none.
pub(crate) fn message_id(value: &str) -> Option<String> {
    let id = match value.split_once('<') {
        Some((_, rest)) => rest.split_once('>').map_or(rest, |(id, _)| id),
        None => value,
    };
    let id = id.trim();
    (!id.is_empty() && id.len() <= 998 && !id.contains(char::is_whitespace)).then(|| id.to_owned())
}

/// The domain of the last address: a display name may hold another one.
pub(crate) fn sender_domain(value: &str) -> Option<String> {
    let bracketed = value.rsplit_once('<').map_or(value, |(_, address)| address);
    let found = mailbox::first(bracketed).or_else(|| mailbox::first(value))?;
    domain_key(found.domain())
}

/// Signatures looked at; a message has one to three.
const MAX_SIGNATURES: usize = 8;
/// Longest selector: that of a domain name.
const MAX_SELECTOR: usize = 253;

/// The first signature of the domain in From, or of one that belongs to it (RFC 7489 3.1.1); else the first of all.
fn signature(head: &Head<'_>, from: Option<&str>) -> Option<Signature> {
    let registrable = |domain: &str| psl::domain_str(domain).unwrap_or(domain).to_owned();
    let ours = from.map(registrable);
    let mut first = None;
    for signature in head.all("DKIM-Signature").take(MAX_SIGNATURES).filter_map(|value| tags(&value)) {
        if ours.as_ref().is_some_and(|ours| registrable(&signature.domain) == *ours) {
            return Some(signature);
        }
        first.get_or_insert(signature);
    }
    first
}

/// The tags of a signature; `None` without a domain and a selector.
fn tags(value: &str) -> Option<Signature> {
    let tag = |wanted: &str| {
        let mut tags = value.split(';').filter_map(|tag| tag.split_once('='));
        let (_, value) = tags.find(|(name, _)| name.trim() == wanted)?;
        Some(value.trim().trim_end_matches('.').to_ascii_lowercase())
    };
    let selector = tag("s").filter(|s| is_selector(s))?;
    Some(Signature { domain: domain_key(&tag("d")?)?, selector })
}

/// Whether a text may be a selector: labels of a domain name, none of them empty.
pub(crate) fn is_selector(text: &str) -> bool {
    let label =
        |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    text.len() <= MAX_SELECTOR && text.split('.').all(label)
}

fn campaign(head: &Head<'_>, own_headers: &[String]) -> Option<String> {
    // All known names start with `X-`, and few fields do.
    let marked: Vec<_> = head.fields().iter().filter(|field| field.name.starts_with(['X', 'x'])).collect();
    let known = |name: &&str| marked.iter().filter(|field| field.is(name)).find_map(|field| word(&field.value()));
    own_headers
        .iter()
        .find_map(|name| word(&head.get(name)?))
        .or_else(|| CAMPAIGN_HEADERS.iter().find_map(known))
        .or_else(|| feedback_campaign(&head.get("Feedback-ID")?))
        .or_else(|| list_id(&head.get("List-Id")?))
}

/// `campaign:customer:type:sender` (Google's definition of Feedback-ID): the first part that is not empty, without
/// the sender, which is the same for all.
fn feedback_campaign(value: &str) -> Option<String> {
    let parts: Vec<&str> = value.split(':').map(str::trim).collect();
    let (_sender, fields) = parts.split_last()?;
    word(fields.iter().find(|part| !part.is_empty())?)
}

/// The identifier of RFC 2919, without the description before it.
fn list_id(value: &str) -> Option<String> {
    let id = value.rsplit_once('<').map_or(value, |(_, id)| id);
    word(id.trim_end_matches('>'))
}

/// A value as an identifier: trimmed, not empty, not endless.
fn word(value: &str) -> Option<String> {
    let value = value.trim();
    let mut end = value.len().min(200);
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    (end > 0).then(|| value[..end].to_owned())
}

fn sole_recipient(head: &Head<'_>) -> Option<Address> {
    let mut sole: Option<Address> = None;
    for value in head.all("To").chain(head.all("Cc")) {
        for mailbox::Found { address, .. } in mailbox::all(&value) {
            match &sole {
                Some(known) if known.key() != address.key() => return None,
                Some(_) => {}
                None => sole = Some(address),
            }
        }
    }
    sole
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(header: &str) -> Returned {
        read(&Head::read(header), &["X-Own".to_owned()])
    }

    #[test]
    fn the_returned_header_names_message_sender_and_recipient() {
        let got = read_text(
            "Message-Id: <1@mail.example.com>\nFrom: \"x@spam.example\" <news@Example.COM>\nTo: Ann <ann@example.org>\n",
        );
        assert_eq!(got.message_id.as_deref(), Some("1@mail.example.com"));
        assert_eq!(got.sending_domain.as_deref(), Some("example.com"));
        assert_eq!(got.sole_recipient.unwrap().as_str(), "ann@example.org");
    }

    #[test]
    fn the_signature_of_the_author_wins_over_the_first() {
        let other = "DKIM-Signature: v=1; a=rsa-sha256; d=esp.example.org; s=pool;\n b=AAAA\n";
        let own = "DKIM-Signature: v=1; d=News.Example.com;\n\ts=K1.x; bh=x=; b=s=y;d=z\n";
        let from = "From: news@example.com\n";
        for (header, want) in [
            (format!("{other}{own}{from}"), Some(("news.example.com", "k1.x"))),
            (format!("{own}{other}{from}"), Some(("news.example.com", "k1.x"))),
            (format!("{other}{own}"), Some(("esp.example.org", "pool"))),
            (format!("{other}{from}"), Some(("esp.example.org", "pool"))),
            (format!("DKIM-Signature: v=1; d=example.com; b=AAAA\n{other}{from}"), Some(("esp.example.org", "pool"))),
            (format!("DKIM-Signature: s=a..b; d=example.com\n{from}"), None),
            (format!("DKIM-Signature: s=a b; d=example.com\n{from}"), None),
            (format!("X-Google-DKIM-Signature: s=a; d=example.com\n{from}"), None),
            (from.to_owned(), None),
        ] {
            let got = read_text(&header).signature;
            assert_eq!(got.as_ref().map(|s| (s.domain.as_str(), s.selector.as_str())), want, "{header}");
        }
    }

    #[test]
    fn the_envelopes_sender_is_the_return_path_and_nothing_else() {
        for (header, want) in [
            ("Return-Path: <b-77@Bounce.Example.com>\nFrom: a@example.com\n", Some("bounce.example.com")),
            ("Return-Path: <>\nFrom: a@example.com\n", None),
            ("From: a@example.com\nSender: b@example.com\n", None),
        ] {
            assert_eq!(read_text(header).mail_from_domain.as_deref(), want, "{header}");
        }
    }

    #[test]
    fn several_recipients_are_not_a_sole_one() {
        assert_eq!(read_text("To: a@example.org, b@example.org\n").sole_recipient, None);
        assert_eq!(read_text("To: a@example.org\nCc: b@example.org\n").sole_recipient, None);
    }

    #[test]
    fn campaigns_come_from_own_headers_then_known_ones_then_feedback_id_then_list_id() {
        for (header, want) in [
            ("X-Campaign-ID: spring\nX-Own: mine\n", Some("mine")),
            ("Feedback-ID: 52:1930:x:acme\nX-Campaign-ID: spring\n", Some("spring")),
            ("Feedback-ID: 52:1930:x:acme\nList-Id: News <news.example.com>\n", Some("52")),
            ("Feedback-ID: :cust:x:acme\n", Some("cust")),
            ("List-Id: News <news.example.com>\n", Some("news.example.com")),
            ("Subject: x\n", None),
        ] {
            assert_eq!(read_text(header).campaign_id.as_deref(), want, "{header}");
        }
    }
}
