//! Mails that are no reports on delivery: read receipts, automatic answers, challenges, things held. In: a mail's parts.
//! Out: one event of the right kind, or nothing for a mail that is none of these.

use super::super::automatic::{is_marked, says_automatic, says_replied};
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
