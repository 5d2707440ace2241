//! Events of delivery reports. In: the parsed report, and the text for people beside it. Out: one event for each
//! recipient: which address we mailed, what was answered, when and by whom.

use std::collections::HashMap;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::super::limits::{MAX_DIAGNOSTIC, MAX_RECIPIENTS};
use super::super::prose::{Layouts, Passage};
use super::super::report::{self, PerRecipient, Report};
use super::super::{date, mailbox, prose, reply, sending_ip};
use super::facts::Mail;
use super::limits::Refusal;
use crate::bounce::{Action, Address, EnhancedStatus, Event, Kind, RejectReason, Timestamp, Unproven};

/// Grammar of a mail that reports a failure and names nobody: counted, and about no address.
pub const UNREAD_BOUNCE: &str = "unread_bounce";

/// Reads all delivery reports of a mail.
pub(super) fn read(mail: &Mail<'_>, layouts: &Layouts) -> Result<Vec<Event>, Refusal> {
    let mut events = Vec::new();
    let mut passages = Passages { mail, layouts, read: None };
    let mut reports_nobody = true;
    for text in &mail.anatomy.status {
        let report = report::read(text);
        let shared = Shared::of(mail, &report);
        let sole = report.recipients.len() == 1;
        reports_nobody &= report.recipients.is_empty();
        let more = report.recipients.iter().filter_map(|block| shared.event(block, sole, &mut passages));
        events.extend(more.take((MAX_RECIPIENTS + 1).saturating_sub(events.len())));
    }
    if events.iter().all(|event: &Event| event.recipient.is_none()) {
        // A report that names nobody may still tell people whom it means. If it has no block for any recipient at all
        // (Postfix: "Delivery report unavailable"), the returned message's only recipient is meant; a block without
        // its recipient is a damaged report, and not completed by guessing.
        events = layouts.read(mail, reports_nobody);
    }
    if events.is_empty() {
        return Err((RejectReason::NoRecipient, "a delivery report that names no recipient"));
    }
    Ok(events)
}

/// The text for people, read only if some recipient needs it.
struct Passages<'a> {
    mail: &'a Mail<'a>,
    layouts: &'a Layouts,
    read: Option<Indexed>,
}

/// Passages, and where each address stands among them, by its key.
struct Indexed {
    all: Vec<Passage>,
    places: HashMap<String, usize>,
}

impl Passages<'_> {
    fn indexed(&mut self) -> &Indexed {
        self.read.get_or_insert_with(|| {
            let all = self.layouts.passages(self.mail);
            let mut places = HashMap::new();
            for (place, passage) in all.iter().enumerate() {
                for address in [Some(&passage.address), passage.original.as_ref()].into_iter().flatten() {
                    places.entry(address.key()).or_insert(place);
                }
            }
            Indexed { all, places }
        })
    }

    /// What the text says of an address; of the only recipient it may speak without naming it.
    fn of(&mut self, addresses: [Option<&Address>; 2], sole: bool) -> Option<Passage> {
        let Indexed { all, places } = self.indexed();
        let named = addresses.into_iter().flatten().find_map(|address| all.get(*places.get(&address.key())?));
        named.or_else(|| all.first().filter(|_| sole && all.len() == 1)).cloned()
    }
}

/// Whether a recipient field holds a directory name in place of an address: Exchange's IMCEAEX, X.400, X.500.
fn is_encapsulated(block: &PerRecipient<'_>) -> bool {
    let fields = [block.original_recipient.as_deref(), block.final_recipient.as_deref()];
    fields.into_iter().flatten().any(|field| {
        let name = field.split_once(';').map_or(field, |(_, name)| name).trim().to_ascii_lowercase();
        name.starts_with("imcea") || name.starts_with("/o=") || name.starts_with("/c=") || name.starts_with("c=")
    })
}

/// What the per-message block adds to the facts of the mail.
struct Shared<'a> {
    template: Event,
    arrival: Option<Timestamp>,
    mail: &'a Mail<'a>,
}

impl<'a> Shared<'a> {
    fn of(mail: &'a Mail<'a>, report: &Report<'_>) -> Shared<'a> {
        let mut template = mail.event(Kind::Bounce, "rfc3464");
        template.reporting_mta = report.message.reporting_mta.as_deref().and_then(report::host_in);
        let returned = mail.returned_head.as_ref();
        template.sending_ip =
            returned.and_then(|head| sending_ip::from_headers(head, template.reporting_mta.as_deref()));
        let arrival = report.message.arrival_date.as_deref().and_then(date::rfc5322);
        Shared { template, arrival, mail }
    }

    fn event(&self, block: &PerRecipient<'_>, sole: bool, passages: &mut Passages<'_>) -> Option<Event> {
        let mut event = self.template.clone();
        self.place(&mut event, block, sole, passages);
        event.action = block.action;
        event.status_field = block.status;
        event.kind = kind_of(block.action, block.status);
        event.remote_mta = block.remote_mta.as_deref().and_then(report::host_in);
        event.timestamp =
            block.last_attempt_date.as_deref().and_then(date::rfc5322).or(event.timestamp).or(self.arrival);
        let own_words = block.diagnostic_code.as_deref().filter(|text| !says_little(text));
        let words = own_words.or(block.supplementary.as_deref()).or(block.diagnostic_code.as_deref());
        event.diagnostic_code = words.map(prose::capped_text).filter(|text| !text.is_empty());
        debug_assert!(event.diagnostic_code.as_ref().is_none_or(|text| text.len() <= MAX_DIAGNOSTIC));
        self.take_reply(&mut event, sole, passages);
        if event.recipient.is_none() {
            match passages.of([None, None], sole) {
                Some(passage) => event.recipient = Some(passage.original.unwrap_or(passage.address)),
                None if sole && self.is_addressed_by_local_part(block) => {
                    event.recipient = self.mail.addressed().cloned();
                }
                None if sole && (self.names_us(block) || is_encapsulated(block)) => self.deduce(&mut event),
                // A field that holds something else than an address: a row, so that it is not lost, about nobody.
                None if block.is_named() => (event.kind, event.grammar) = (Kind::Other, UNREAD_BOUNCE.into()),
                None => return None,
            }
        }
        Some(event)
    }

    /// The recipients that the block names, and the one that we mailed: RFC 3464's Original-Recipient, an alias told to
    /// people, our own record in the return path, an address from which it was forwarded, the Final-Recipient.
    fn place(&self, event: &mut Event, block: &PerRecipient<'_>, sole: bool, passages: &mut Passages<'_>) {
        let own = &self.mail.own;
        let not_ours = |address: &Address| !own.holds(address) || own.is_mailed_too(address);
        event.original_recipient =
            block.original_recipient.as_deref().and_then(mailbox::in_original_field).filter(not_ours);
        event.final_recipient = block.final_recipient.as_deref().and_then(mailbox::in_field).filter(not_ours);
        // Sendmail says where its own alias led to.
        let actual = block.actual_recipient.as_deref().and_then(mailbox::in_field).filter(not_ours);
        if let (None, Some(last), Some(actual)) = (&event.original_recipient, &event.final_recipient, actual)
            && last.lower() != actual.lower()
        {
            event.original_recipient = event.final_recipient.replace(actual);
        }
        if event.original_recipient.is_none() && self.tells_of_an_alias() {
            let passage = passages.of([event.final_recipient.as_ref(), None], sole);
            event.original_recipient = passage.and_then(|p| p.original);
        }
        if event.original_recipient.is_none() && sole {
            event.original_recipient =
                event.final_recipient.as_ref().and_then(|last| self.mail.mailed_before(last)).filter(not_ours);
        }
        event.recipient = event.original_recipient.clone().or_else(|| event.final_recipient.clone());
        if event.recipient.as_ref().is_some_and(|address| own.holds(address)) {
            event.unproven = Some(Unproven::OwnAddress);
        }
    }

    /// Whether a recipient field holds only the local part of the one address that the message was written to.
    fn is_addressed_by_local_part(&self, block: &PerRecipient<'_>) -> bool {
        let fields = [block.original_recipient.as_deref(), block.final_recipient.as_deref()];
        let Some(addressed) = self.mail.addressed() else { return false };
        fields.into_iter().flatten().any(|field| {
            let alone = field.split_once(';').map_or(field, |(_, name)| name).trim().trim_matches(['<', '>']);
            alone.eq_ignore_ascii_case(addressed.local())
        })
    }

    /// Whether a recipient field names an address of ours: some generators write the sender there.
    fn names_us(&self, block: &PerRecipient<'_>) -> bool {
        let fields = [block.original_recipient.as_deref(), block.final_recipient.as_deref()];
        fields.into_iter().flatten().filter_map(mailbox::in_field).any(|address| self.mail.own.holds(&address))
    }

    /// The report names nobody but us: whom the message was for, if that can be told; held then, never listed.
    fn deduce(&self, event: &mut Event) {
        let verp = self.mail.verp().filter(|verp| !self.mail.own.holds(&verp.recipient)).map(|verp| verp.recipient);
        match verp.or_else(|| self.mail.addressed().cloned()) {
            Some(address) => {
                event.recipient = Some(address);
                event.unproven = Some(Unproven::DeducedRecipient);
            }
            None => (event.kind, event.grammar) = (Kind::Other, UNREAD_BOUNCE.into()),
        }
    }

    /// Reads the reply out of the Diagnostic-Code, or out of the text for people where that says more.
    fn take_reply(&self, event: &mut Event, sole: bool, passages: &mut Passages<'_>) {
        let diagnostic = event.diagnostic_code.as_deref().unwrap_or("");
        let mut found = reply::read(diagnostic);
        if event.kind != Kind::Delivered && says_little(diagnostic) {
            let passage = passages.of([event.final_recipient.as_ref(), event.original_recipient.as_ref()], sole);
            // A status that says something beats words without a code that stand somewhere else in the report: a
            // scanner's footer, a legal notice, a word on somebody else's domain.
            let specific = event.status_field.is_some_and(|status| !status.is_vague());
            let speaks = |p: &Passage| !specific || p.own_words || prose::has_code(&p.text);
            let text = passage.filter(speaks).map(|p| p.text).filter(|text| !text.is_empty());
            let refusal = || passages.layouts.last_refusal(self.mail).filter(|_| sole);
            if let Some(text) = text.or_else(refusal) {
                let richer = reply::read(&text);
                found.code = richer.code.or(found.code);
                found.status = richer.status.or(found.status);
                found.text = richer.text.or(found.text);
                found.host = richer.host.or(found.host);
                found.command = richer.command.or(found.command);
                event.diagnostic_code = event.diagnostic_code.take().or(Some(text));
            }
        }
        prose::take_reply(event, found);
    }

    /// Whether the text for people names where an alias led from; a quick look before it is read.
    fn tells_of_an_alias(&self) -> bool {
        static NOTE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("ed from"));
        let looked_at = |text: &str| text.len().min(16 << 10);
        self.mail.anatomy.texts.iter().any(|text| NOTE.find(&text.as_bytes()[..looked_at(text)]).is_some())
    }
}

/// Whether a Diagnostic-Code has no words beside its type and codes.
fn says_little(diagnostic: &str) -> bool {
    let text = diagnostic.split_once(';').map_or(diagnostic, |(_, text)| text);
    text.bytes().filter(u8::is_ascii_alphabetic).count() < 4
}

/// What the Action means; without one, what the status means.
fn kind_of(action: Option<Action>, status: Option<EnhancedStatus>) -> Kind {
    match (action, status.map(|s| s.class)) {
        (Some(Action::Failed), _) | (None, Some(4 | 5) | None) => Kind::Bounce,
        (Some(Action::Delayed), _) => Kind::Delay,
        (Some(Action::Delivered | Action::Relayed | Action::Expanded), _) | (None, Some(_)) => Kind::Delivered,
    }
}
