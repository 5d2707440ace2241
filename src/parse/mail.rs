//! Mails. In: the bytes of one message. Out: one event for each recipient that it reports on, or one event that says
//! what else it is, or a reject. The order of tests: feedback report, read receipt, delivery report, automatic answer,
//! known layouts and prose, other.
//!
//! The parser library is guarded here once more: a panic on a bad mail becomes a reject, and so does a mail with more
//! nested parts than it can be trusted with. Reading each kind of report is the work of the modules named for it.

pub(crate) mod answer;
mod complaint;
mod delivery;
mod facts;
mod limits;
mod match_sent;
mod own;
#[cfg(test)]
mod tests;

use mail_parser::{Message, MessageParser};

use super::anatomy::{self, Anatomy};
use super::disguise;
use super::fields::Head;
use super::limits::MAX_RECIPIENTS;
use super::options::OwnPatterns;
use super::plain;
use super::prose::Layouts;
use crate::bounce::{Address, Event, Kind, Origin, Reject, RejectReason, Unproven};
use crate::guard;
pub use delivery::UNREAD_BOUNCE;
pub(crate) use facts::Mail;
pub(super) use facts::item_hash;
use limits::Refusal;
use match_sent::SentPatterns;
pub(crate) use own::OwnAddresses;

/// Attached messages are entered this deep, to find a report that somebody forwarded.
const MAX_FORWARDS: usize = 3;

/// Attached messages that are looked into, in one mail.
const MAX_ATTACHED: usize = 1000;

/// Reads mails; shared by all threads.
#[derive(Debug)]
pub(crate) struct MailReader {
    parser: MessageParser,
    layouts: Layouts,
    campaign_headers: Vec<String>,
    sent: SentPatterns,
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

impl MailReader {
    pub(crate) fn new(layouts: Layouts, campaign_headers: Vec<String>, own: &OwnPatterns) -> MailReader {
        MailReader { parser: MessageParser::default(), layouts, campaign_headers, sent: SentPatterns::new(own) }
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
        let reject = |reason, detail: String| Reject { origin: origin.clone(), reason, detail };
        let panicked = |panic: guard::Panicked| reject(RejectReason::ParserPanic, format!("gave up at {panic}"));
        if let Some(events) = guard::guarded(|| self.read_plain(origin, bytes)).map_err(panicked)? {
            return Ok(Content::Events(events));
        }
        let library = || guard::guarded(|| self.read_bytes(origin, bytes));
        let read = match limits::check(bytes) {
            Err(refusal) => Ok(Err(refusal)),
            Ok(limits::Depth::Usual) => library(),
            Ok(limits::Depth::Deep) => limits::with_deep_stack(library).unwrap_or(Ok(Err(NO_STACK))),
        };
        read.map_err(panicked)?.map_err(|(reason, detail)| reject(reason, detail.to_owned()))
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
        stamp(&mut events);
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

    /// The usual case: a plain mail, nothing attached. Whatever else it may be, the library shall say.
    fn read_plain(&self, origin: &Origin, bytes: &[u8]) -> Option<Vec<Event>> {
        let plain = plain::read(bytes)?;
        let mut anatomy = plain.anatomy;
        self.unmask(&mut anatomy, &plain.head, &plain.subject);
        let mail = Mail::new(origin, &anatomy, &plain.head, &plain.subject, &self.campaign_headers);
        let mut events = match self.read_report(&mail).ok()? {
            Some(events) => events,
            // A message may be attached that is read whole, and a record may be mailed.
            None if anatomy.returned.is_some() || anatomy.text().trim_start().starts_with('{') => return None,
            None => vec![self.read_other(&mail)],
        };
        if events.len() > MAX_RECIPIENTS {
            return None;
        }
        stamp(&mut events);
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
        let attached = self.read_attached(origin, &anatomy, mail.from().as_ref(), depth);
        Ok(attached.unwrap_or_else(|| vec![self.unread(&mail)]))
    }

    /// The event of a mail that is no report and has none attached.
    fn read_other(&self, mail: &Mail<'_>) -> Event {
        answer::read(mail, &self.layouts).unwrap_or_else(|| self.unread(mail))
    }

    /// The event of a mail that nothing can be read from.
    fn unread(&self, mail: &Mail<'_>) -> Event {
        let grammar = match () {
            () if mail.anatomy.aggregate => "aggregate",
            () if self.layouts.reports_failure(mail) => UNREAD_BOUNCE,
            () => "unread",
        };
        mail.event(Kind::Other, grammar)
    }

    /// Looks for a report in plain text, if the mail may be one and nothing is marked as one.
    fn unmask(&self, anatomy: &mut Anatomy<'_>, head: &Head<'_>, subject: &str) {
        let likely = anatomy.is_unmarked() && disguise::is_likely(&anatomy.texts);
        if likely && self.layouts.weigh(head, subject, &anatomy.text()).is_report() {
            anatomy.unmask();
        }
    }

    /// The events of a report of any kind, ours never among the recipients; `None` if the mail is none.
    fn read_report(&self, mail: &Mail<'_>) -> Result<Option<Vec<Event>>, Refusal> {
        let mut events = match complaint::read(mail) {
            Some(complaints) => Some(complaints),
            None => {
                let mut failures = self.read_failures(mail)?;
                failures.iter_mut().flatten().for_each(|event| keep_ours_out(event, mail));
                failures
            }
        };
        if self.sent.refute(mail) {
            events.iter_mut().flatten().for_each(|event| event.unproven = Some(Unproven::Unmatched));
        }
        Ok(events)
    }

    fn read_failures(&self, mail: &Mail<'_>) -> Result<Option<Vec<Event>>, Refusal> {
        // RFC 7489 7.2.1.1, RFC 8460 5.3: an aggregate report, whatever its text tells of refusals.
        if mail.subject.trim_start().get(..14).is_some_and(|start| start.eq_ignore_ascii_case("Report Domain:")) {
            return Ok(Some(vec![mail.event(Kind::Other, "aggregate")]));
        }
        if mail.is_copy_for_postmaster() {
            return Ok(Some(vec![mail.event(Kind::Other, "postmaster_copy")]));
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
    /// `outer` is who forwards.
    fn read_attached(
        &self,
        origin: &Origin,
        anatomy: &Anatomy<'_>,
        outer: Option<&Address>,
        depth: usize,
    ) -> Option<Vec<Event>> {
        if depth >= MAX_FORWARDS {
            return None;
        }
        let attached = anatomy.nested.iter().take(MAX_ATTACHED);
        let read = |message: &&Message<'_>| {
            let mut events = self.read_message(origin, message, depth + 1).ok()?;
            if is_sent_to(message, outer) {
                // Somebody forwards a report on mail of his own.
                events.iter_mut().for_each(|event| event.unproven = Some(Unproven::Unmatched));
            }
            Some(events)
        };
        let events: Vec<Event> = attached
            .filter_map(read)
            .flatten()
            .filter(|event| matches!(event.kind, Kind::Bounce | Kind::Delay | Kind::Delivered | Kind::Complaint))
            .take(MAX_RECIPIENTS + 1)
            .collect();
        (!events.is_empty()).then_some(events)
    }
}

/// Whether a message was sent to this address.
fn is_sent_to(message: &Message<'_>, address: Option<&Address>) -> bool {
    let head_text = anatomy::head_of(message);
    let to = Head::read(&head_text).get("To").and_then(|to| super::mailbox::first(&to));
    to.zip(address).is_some_and(|(to, address)| to.lower() == address.lower())
}

/// The one guard: what a report says of an address of ours is about nobody. Only an address that we mailed ourselves and
/// that a field for recipients names stays, marked so that no list takes it.
fn keep_ours_out(event: &mut Event, mail: &Mail<'_>) {
    if !matches!(event.kind, Kind::Bounce | Kind::Delay | Kind::Delivered)
        || event.unproven == Some(Unproven::OwnAddress)
    {
        return;
    }
    let quotes_recipient =
        |reply: &str| event.recipient.as_ref().is_some_and(|address| reply.contains(address.as_str()));
    event.names_us =
        event.reply.as_deref().is_some_and(|reply| !quotes_recipient(reply) && mail.own.is_quoted_in(reply));
    let is_ours = |address: &Address| mail.own.holds(address);
    let ours = event.recipient.as_ref().is_some_and(is_ours);
    for address in [&mut event.original_recipient, &mut event.final_recipient] {
        // Mostly all three are one.
        let held = if *address == event.recipient { ours } else { address.as_ref().is_some_and(is_ours) };
        if held {
            *address = None;
        }
    }
    if ours {
        event.recipient = None;
    }
    if event.recipient.is_none() {
        (event.kind, event.grammar) = (Kind::Other, UNREAD_BOUNCE.into());
    }
}

/// Marks events as read from a mail.
fn stamp(events: &mut [Event]) {
    events.iter_mut().for_each(|event| event.by_mail = true);
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

const NO_STACK: Refusal = (RejectReason::TooDeep, "its nested parts need more stack than there is");
