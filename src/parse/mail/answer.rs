//! Mails that are no reports on delivery: read receipts, automatic answers, challenges, things held. In: a mail's parts.
//! Out: one event of the right kind, or nothing for a mail that is none of these.

use super::super::fields::{Head, Line, lines};
use super::super::mailbox;
use super::super::prose::{Layouts, has_null_path};
use super::facts::Mail;
use crate::bounce::{Event, Kind};

/// A message disposition notification (RFC 8098); `None` if the mail holds none.
pub(super) fn read_receipt(mail: &Mail<'_>) -> Option<Event> {
    let text = mail.anatomy.disposition.first()?;
    let mut event = mail.event(Kind::ReadReceipt, "mdn");
    for line in lines(text) {
        let Line::Field(field) = line else { continue };
        if field.is("Final-Recipient") {
            event.final_recipient = mailbox::in_field(&field.value());
        } else if field.is("Original-Recipient") {
            event.original_recipient = mailbox::in_original_field(&field.value());
        } else if field.is("Original-Message-ID") {
            event.message_id = super::super::returned::message_id(&field.value()).or(event.message_id);
        }
    }
    event.recipient = event.original_recipient.clone().or_else(|| event.final_recipient.clone());
    Some(event)
}

/// Whether a disposition notification may be a refusal: Sieve's `reject` (RFC 5429 2.2), and Dovecot for a full mailbox,
/// notify that a machine deleted the message. Outlook does so too, for what was deleted unread; the text must tell.
pub(super) fn may_be_refusal(mail: &Mail<'_>) -> bool {
    let deleted = |value: &str| value.contains("automatic-action") && value.contains("deleted");
    mail.anatomy.disposition.iter().flat_map(|text| lines(text)).any(
        |line| matches!(line, Line::Field(field) if field.is("Disposition") && deleted(&field.value().to_ascii_lowercase())),
    )
}

/// An automatic answer or a challenge: the one that answers is the one we mailed.
pub(super) fn read(mail: &Mail<'_>, layouts: &Layouts) -> Option<Event> {
    let evidence = layouts.weigh(mail.head, mail.subject, &mail.anatomy.text());
    let (kind, grammar) = if evidence.challenge > 0 {
        (Kind::Challenge, "challenge")
    } else if evidence.held > 0 {
        (Kind::Other, "held")
    } else if if evidence.daemon {
        evidence.answer > 0 || says_replied(mail.head)
    } else {
        answers_by_itself(mail.head, evidence.answer > 0)
    } {
        (Kind::AutoReply, "rfc3834")
    } else {
        return None;
    };
    let mut event = mail.event(kind, grammar);
    if kind != Kind::Other {
        event.recipient = mail.from();
    }
    Some(event)
}

/// Whether a machine answers: it says so, or it wants no answer to what has the marks of one (RFC 3834 4).
fn answers_by_itself(head: &Head<'_>, says_so: bool) -> bool {
    says_so || says_automatic(head) || is_marked(head) && has_null_path(head)
}

/// Whether the header says that it answers (RFC 3834 5), and not only that a machine made it.
pub(crate) fn says_replied(head: &Head<'_>) -> bool {
    let replied =
        |value: &str| value.trim_start().get(..12).is_some_and(|word| word.eq_ignore_ascii_case("auto-replied"));
    head.get("Auto-Submitted").is_some_and(|value| replied(&value))
        || MARKS.iter().filter(|name| **name != "X-Auto-Response-Suppress").any(|name| head.get(name).is_some())
}

/// Whether the header says that a machine sent it for somebody: RFC 3834, and the fields that were in use before it.
pub(crate) fn says_automatic(head: &Head<'_>) -> bool {
    let starts = |name: &str, words: &[&str]| {
        head.get(name).is_some_and(|value| {
            let value = value.to_ascii_lowercase();
            words.iter().any(|word| value.starts_with(word))
        })
    };
    starts("Auto-Submitted", &["auto-replied", "auto-generated", "auto-notified"])
        || starts("Precedence", &["auto_reply", "auto-reply"])
        || MARKS.iter().any(|name| head.get(name).is_some_and(|value| !value.eq_ignore_ascii_case("no")))
}

/// Whether the header has any mark of an answer: of a machine's, of a reply to a message, of mail in bulk. A report has
/// such marks too at times, so a report's own evidence goes before; words of failure do not.
pub(crate) fn is_marked(head: &Head<'_>) -> bool {
    says_automatic(head)
        || ["In-Reply-To", "References"].iter().any(|name| head.get(name).is_some())
        // A mailing list stamps what it passes on.
        || head.get("Precedence").is_some() && head.get("List-Id").is_none()
}

/// Fields that programs which answer by themselves put into their answers.
const MARKS: [&str; 8] = [
    "X-Autoreply",
    "X-Autorespond",
    "X-Autoresponder",
    "X-Auto-Reply-From",
    "X-AutoReply-From",
    "X-Mail-Autoreply",
    "X-Vacation",
    "X-Auto-Response-Suppress",
];
