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
    /// The only address in To, if there is only one recipient at all.
    pub(crate) sole_recipient: Option<Address>,
}

/// Reads a returned header; `own_headers` are the user's names for campaign headers.
pub(crate) fn read(head: &Head<'_>, own_headers: &[String]) -> Returned {
    Returned {
        message_id: head.get("Message-ID").and_then(|id| message_id(&id)),
        sending_domain: ["From", "Sender", "Return-Path"].iter().find_map(|name| sender_domain(&head.get(name)?)),
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
fn sender_domain(value: &str) -> Option<String> {
    let bracketed = value.rsplit_once('<').map_or(value, |(_, address)| address);
    let found = mailbox::first(bracketed).or_else(|| mailbox::first(value))?;
    domain_key(found.domain())
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
