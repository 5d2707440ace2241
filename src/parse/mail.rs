//! Mails. In: the bytes of one message. Out: one event for each recipient that it reports on, or one event that says
//! what else it is, or a reject. The order of tests: feedback report, read receipt, delivery report, automatic answer,
//! known layouts and prose, other.
//!
//! The parser library is guarded here, once: a panic on a bad mail becomes a reject, and so does a mail with more
//! nested parts than it can be trusted with. Reading each kind of report is the work of the modules named for it.

mod answer;
mod complaint;
mod delivery;
mod facts;
mod limits;
#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};

use mail_parser::{Message, MessageParser};

use super::anatomy::{self, Anatomy};
use super::disguise;
use super::fields::Head;
use super::plain;
use super::prose::Layouts;
use crate::bounce::{Event, Kind, Origin, Reject, RejectReason};
pub(crate) use facts::Mail;

/// Attached messages are entered this deep, to find a report that somebody forwarded.
const MAX_FORWARDS: usize = 3;

/// Attached messages that are looked into, in one mail.
const MAX_ATTACHED: usize = 1000;

/// Recipients of one mail: twice what any sender puts into one message. Their rows take some fifty times the space of
/// the shortest blocks that name them, so a mail with more is refused; every reader stops one beyond.
pub(crate) const MAX_RECIPIENTS: usize = 200_000;

/// Reads mails; shared by all threads.
#[derive(Debug)]
pub(crate) struct MailReader {
    parser: MessageParser,
    layouts: Layouts,
    campaign_headers: Vec<String>,
}

/// What a mail is.
#[derive(Debug)]
pub(crate) enum Content {
    /// Its events.
    Events(Vec<Event>),
    /// A JSON notification that some platform mails, such as those of Amazon SNS; the event is what remains if the record
    /// reader knows nothing of it.
    Json(String, Box<Event>),
}

/// Why a mail gave no event.
type Refusal = (RejectReason, &'static str);

impl MailReader {
    pub(crate) fn new(layouts: Layouts, campaign_headers: Vec<String>) -> MailReader {
        MailReader { parser: MessageParser::default(), layouts, campaign_headers }
    }

    /// Reads one mail whose text is no record: a report within another report.
    pub(crate) fn read(&self, origin: &Origin, bytes: &[u8]) -> Result<Vec<Event>, Reject> {
        Ok(match self.content(origin, bytes)? {
            Content::Events(events) => events,
            Content::Json(_, event) => vec![*event],
        })
    }

    /// Reads one mail.
    pub(crate) fn content(&self, origin: &Origin, bytes: &[u8]) -> Result<Content, Reject> {
        let library = || guarded(|| self.read_bytes(origin, bytes));
        let result = match guarded(|| Ok(self.read_plain(origin, bytes))) {
            Ok(Some(events)) => Ok(Content::Events(events)),
            Ok(None) => match limits::check(bytes) {
                Err(refusal) => Err(refusal),
                Ok(limits::Depth::Usual) => library(),
                Ok(limits::Depth::Deep) => limits::with_deep_stack(library).unwrap_or(Err(PANICKED)),
            },
            Err(refusal) => Err(refusal),
        };
        result.map_err(|(reason, detail)| Reject { origin: origin.clone(), reason, detail: detail.to_owned() })
    }

    fn read_bytes(&self, origin: &Origin, bytes: &[u8]) -> Result<Content, Refusal> {
        if bytes.trim_ascii().is_empty() {
            return Err((RejectReason::Empty, "no bytes but white space"));
        }
        let message = self.parser.parse(bytes).ok_or((RejectReason::NotMail, "no header field found"))?;
        let mut events = self.read_message(origin, &message, 0)?;
        if events.len() > MAX_RECIPIENTS {
            return Err((RejectReason::TooLarge, "speaks of more than 200,000 recipients, the cap for one mail"));
        }
        stamp(&mut events, bytes);
        let json = match events.as_slice() {
            [event] if event.kind == Kind::Other => json_in(&message),
            _ => None,
        };
        Ok(match (json, events.pop()) {
            (Some(json), Some(event)) => Content::Json(json, Box::new(event)),
            (_, last) => {
                events.extend(last);
                Content::Events(events)
            }
        })
    }

    /// The usual case: a plain mail that is a report. Whatever else it may be, the library shall say.
    fn read_plain(&self, origin: &Origin, bytes: &[u8]) -> Option<Vec<Event>> {
        let plain = plain::read(bytes)?;
        let mut anatomy = plain.anatomy;
        self.unmask(&mut anatomy, &plain.head, &plain.subject);
        let mail = Mail::new(origin, &anatomy, &plain.head, &plain.subject, &self.campaign_headers);
        let mut events = self.read_report(&mail).ok()?.filter(|events| events.len() <= MAX_RECIPIENTS)?;
        stamp(&mut events, bytes);
        Some(events)
    }

    fn read_message(&self, origin: &Origin, message: &Message<'_>, depth: usize) -> Result<Vec<Event>, Refusal> {
        let mut anatomy = Anatomy::of(message);
        let head_text = anatomy::head_of(message);
        let head = Head::read(&head_text);
        let subject = message.subject().unwrap_or("");
        self.unmask(&mut anatomy, &head, subject);
        if head.is_empty() && anatomy.is_unmarked() {
            return Err((RejectReason::NotMail, "no header field found"));
        }
        let mail = Mail::new(origin, &anatomy, &head, subject, &self.campaign_headers);
        if let Some(events) = self.read_report(&mail)? {
            return Ok(events);
        }
        if let Some(event) = answer::read(&mail, &self.layouts) {
            return Ok(vec![event]);
        }
        if let Some(events) = self.read_attached(origin, &anatomy, depth) {
            return Ok(events);
        }
        Ok(vec![mail.event(Kind::Other, if anatomy.aggregate { "aggregate" } else { "unread" })])
    }

    /// Looks for a report in plain text, if the mail may be one and nothing is marked as one.
    fn unmask(&self, anatomy: &mut Anatomy<'_>, head: &Head<'_>, subject: &str) {
        let likely = anatomy.is_unmarked() && disguise::is_likely(&anatomy.texts);
        if likely && self.layouts.weigh(head, subject, &anatomy.text()).is_report() {
            anatomy.unmask();
        }
    }

    /// The events of a report of any kind; `None` if the mail is none.
    fn read_report(&self, mail: &Mail<'_>) -> Result<Option<Vec<Event>>, Refusal> {
        if let Some(events) = complaint::read(mail) {
            return Ok(Some(events));
        }
        if let Some(receipt) = answer::read_receipt(mail) {
            let refused = if answer::may_be_refusal(mail) { self.layouts.read(mail, true) } else { Vec::new() };
            return Ok(Some(if refused.is_empty() { vec![receipt] } else { refused }));
        }
        if !mail.anatomy.status.is_empty() {
            return delivery::read(mail, &self.layouts).map(Some);
        }
        let events = self.layouts.read(mail, true);
        Ok((!events.is_empty()).then_some(events))
    }

    /// Reports that are attached to a mail which is none itself: forwarded ones, digests.
    fn read_attached(&self, origin: &Origin, anatomy: &Anatomy<'_>, depth: usize) -> Option<Vec<Event>> {
        if depth >= MAX_FORWARDS {
            return None;
        }
        let attached = anatomy.nested.iter().take(MAX_ATTACHED);
        let events: Vec<Event> = attached
            .filter_map(|message| self.read_message(origin, message, depth + 1).ok())
            .flatten()
            .filter(|event| matches!(event.kind, Kind::Bounce | Kind::Delay | Kind::Delivered | Kind::Complaint))
            .take(MAX_RECIPIENTS + 1)
            .collect();
        (!events.is_empty()).then_some(events)
    }
}

/// Marks events with the hash of their mail.
fn stamp(events: &mut [Event], bytes: &[u8]) {
    let hash = facts::item_hash(bytes);
    for event in events {
        event.item_hash = hash;
    }
}

/// The JSON object that a mail's text starts with; platforms put a footer for people behind it.
fn json_in(message: &Message<'_>) -> Option<String> {
    let text = message.body_text(0)?;
    let text = text.trim_start();
    if !text.starts_with('{') {
        return None;
    }
    // Sendmail breaks lines of more than 990 bytes with `!`, a line end and a space, in the middle of a string too.
    first_value(text).or_else(|| first_value(&text.replace("!\r\n ", "").replace("!\n ", "")))
}

/// The text of the first JSON value in `text`.
fn first_value(text: &str) -> Option<String> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>();
    values.next()?.ok()?;
    text.get(..values.byte_offset()).map(str::to_owned)
}

/// The one guard: a panic over a mail is that mail's end, not the night's.
fn guarded<T>(work: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(PANICKED))
}

const PANICKED: Refusal = (RejectReason::ParserPanic, "the mail parser gave up on it");
