//! Reports in prose. In: a mail's text for people. Out: passages (an address and what the text says of it), and events
//! where the mail is a report on deliveries. Layouts of known makes are a table (layouts.toml); what no row names is
//! read by the general forms, and believed only on evidence: never because of a lone word.

mod codes;
mod dialogue;
mod evidence;
mod layout;
#[cfg(test)]
mod layout_tests;
mod passage;
mod passages;
mod section;
mod shape;

use std::cell::OnceCell;
use std::path::Path;

use super::fields::Head;
use super::limits::{MAX_DIAGNOSTIC, MAX_RECIPIENTS};
use super::mail::{Mail, OwnAddresses};
use super::reply::{self, Reply};
use super::{automatic, mailbox, report, returned, sending_ip};
use crate::bounce::{Address, Event, Kind, ReplyCode, Unproven};
use crate::tables::TableError;
pub(crate) use codes::has_code;
pub(crate) use evidence::{Evidence, Wordings};
use layout::{Layout, Rows};
pub(crate) use passage::Passage;
use section::Section;

/// The tables that reading prose needs, compiled.
#[derive(Debug)]
pub(crate) struct Layouts {
    rows: Rows,
    wordings: Wordings,
}

/// Why a mail is believed to report on deliveries, the best ground first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ground {
    /// A part marked as a report, a layout that a row knows, a header field that names who failed.
    Marked,
    /// An SMTP reply with its code, outside of quoted text, from a mail system or with a null return path.
    Coded,
    /// Words of failure from a mail system, or in subject and text of a mail with a null return path.
    Worded,
    /// Nothing but a mail system as the sender and a null return path: read by elimination.
    Silent,
}

impl Layouts {
    /// Loads layouts.toml and phrases.toml, a user's rows first.
    pub(crate) fn load(user_dir: Option<&Path>) -> Result<Layouts, TableError> {
        Ok(Layouts { rows: Rows::load(user_dir)?, wordings: Wordings::load(user_dir)? })
    }

    /// What the mail's wordings say it is.
    pub(crate) fn weigh(&self, head: &Head<'_>, subject: &str, text: &str) -> Evidence {
        self.wordings.weigh(&head.get("From").unwrap_or_default(), subject, text)
    }

    /// What the text for people says of each address.
    pub(crate) fn passages(&self, mail: &Mail<'_>) -> Vec<Passage> {
        let text = mail.anatomy.text();
        self.open(mail, &text).passages(false)
    }

    /// The last refusal in a dialogue that names no recipient.
    pub(crate) fn last_refusal(&self, mail: &Mail<'_>) -> Option<String> {
        let text = mail.anatomy.text();
        dialogue::listen(&self.open(mail, &text).section.lines).last.map(|answer| answer.text)
    }

    /// Whether a mail of which no recipient could be read reports a failure all the same.
    pub(crate) fn reports_failure(&self, mail: &Mail<'_>) -> bool {
        let text = mail.anatomy.text();
        let report = self.open(mail, &text);
        report.layout.is_none_or(|layout| layout.kind != Some(Kind::Other)) && report.ground().is_some()
    }

    /// Events, if the mail is a report on deliveries; else none.
    /// `complete` allows to take the returned message's only recipient for the one that is not named.
    pub(crate) fn read(&self, mail: &Mail<'_>, complete: bool) -> Vec<Event> {
        let text = mail.anatomy.text();
        let report = self.open(mail, &text);
        if let Some(layout) = report.layout.filter(|layout| layout.kind == Some(Kind::Other)) {
            let mut event = mail.event(Kind::Other, "notice");
            event.grammar = layout.name.clone().into();
            return vec![event];
        }
        let Some(ground) = report.ground() else { return Vec::new() };
        let mut passages = report.passages(ground >= Ground::Worded);
        if ground >= Ground::Worded {
            let others = || passages::addresses(&report.section, &self.wordings, &mail.own) > 1;
            let alone = passages.len() == 1 && (ground != Ground::Silent || !others());
            passages.retain(|passage| report.is_about_a_recipient(passage, alone, ground));
        }
        let unnamed = || passages::of_nobody(&report.section, &self.wordings);
        Shared::of(&report, complete).events(passages, ground, unnamed)
    }

    /// The report's own words, and the row that knows its make.
    fn open<'r>(&'r self, mail: &'r Mail<'r>, text: &'r str) -> Report<'r> {
        let mut section = section::cut(text, |line| self.wordings.announces_returned(line));
        let layout = self.rows.of(mail.head, mail.subject, &section);
        if let Some(row) = layout.filter(|row| row.has_markers()) {
            let announces = |line: &str| self.wordings.announces_returned(line) || row.announces_returned(line);
            section = section::cut(text, announces);
        }
        Report { mail, section, layout, wordings: &self.wordings, evidence: OnceCell::new() }
    }
}

/// A mail that may be a report, opened: its own words, and the row that knows its make.
struct Report<'r> {
    mail: &'r Mail<'r>,
    section: Section<'r>,
    layout: Option<&'r Layout>,
    wordings: &'r Wordings,
    /// What its wordings say it is; weighed when first asked for, since a known make seldom asks.
    evidence: OnceCell<Evidence>,
}

impl Report<'_> {
    fn evidence(&self) -> &Evidence {
        self.evidence.get_or_init(|| {
            let from = self.mail.head.get("From").unwrap_or_default();
            self.wordings.weigh(&from, self.mail.subject, &self.section.own)
        })
    }

    fn passages(&self, doubtful: bool) -> Vec<Passage> {
        passages::read(&self.section, self.layout, self.wordings, &self.mail.own, doubtful)
    }

    /// Whether a mail is a report, and on what ground. The order is the strength of the evidence: what only a mail system
    /// writes goes before the marks of an automatic answer, and those before words, which people, shops and monitors use too.
    fn ground(&self) -> Option<Ground> {
        let mail = self.mail;
        let failed = mail.head.get("X-Failed-Recipients").is_some();
        if self.layout.is_some() || failed || !mail.anatomy.status.is_empty() {
            return Some(Ground::Marked);
        }
        let evidence = self.evidence();
        // RFC 5321 4.5.5: a report has a null return path.
        let null_path = has_null_path(mail.head);
        let answers = evidence.answer > 0 || automatic::is_marked(mail.head) || is_from_whom_we_mailed(mail);
        let reports =
            evidence.system || null_path && !answers || evidence.failed_subject > 0 && (null_path || !answers);
        if reports && has_smtp_reply(&self.section.lines) {
            return Some(Ground::Coded);
        }
        // A program that delivers mail is nobody's answering machine, unless it says that it answers.
        let answers = if evidence.daemon { evidence.answer > 0 } else { answers };
        if answers || evidence.challenge > 0 {
            return None;
        }
        let told = evidence.failed_subject > 0 && evidence.failed_text + evidence.retried > 0;
        if evidence.held > 0 && !told {
            return None;
        }
        let listed = null_path && evidence.failed_text > 1 && starts_with_address(&self.section.lines);
        if evidence.system && evidence.failed() + evidence.delay + evidence.retried > 0 || told || listed {
            return Some(Ground::Worded);
        }
        (evidence.system && null_path).then_some(Ground::Silent)
    }

    /// Whether a passage of a mail that only words make a report is about somebody who was mailed: an address in the running
    /// prose of a person's mail is nobody's failure.
    fn is_about_a_recipient(&self, passage: &Passage, alone: bool, ground: Ground) -> bool {
        let (mail, evidence) = (self.mail, self.evidence());
        let confirmed = || {
            let verp = mail.verp();
            mail.addressed().is_some_and(|mailed| mailed.lower() == passage.address.lower())
                || verp.is_some_and(|verp| verp.confirms(&passage.address))
        };
        let from = mail.from().is_some_and(|from| from.lower() == passage.address.lower());
        // Whom to write to instead stands in such mails too: the words that lead to the address must tell of a failure, or
        // there must be nobody else and no word that says so.
        let told = passage.introduced || passage.addressed || alone && !passage.instead;
        let likely = match ground {
            // Nobody else is named, and nothing tells whom the message was for.
            Ground::Silent => evidence.daemon && alone && mail.addressed().is_none() && mail.verp().is_none(),
            _ if evidence.daemon => told,
            // The subject is a report's. A shop that writes of a failed delivery names itself.
            _ if evidence.failed_subject > 0 => {
                told && (evidence.system
                    || passage.plainly && (has_null_path(mail.head) || !is_at_sender(passage, mail)))
            }
            _ => passage.plainly && !evidence.system || passage.addressed && evidence.system,
        };
        !from && (likely || confirmed())
    }

    /// Whether it tells of a failure or of a delay. A permanent reply is a failure; else the promise of another try is a
    /// delay; else a word of delay is one only where nothing speaks of failure, because orders are delayed too, and so is a
    /// reply by a slow server.
    fn kind(&self, reply_code: Option<ReplyCode>) -> Kind {
        if let Some(told) = self.layout.and_then(|layout| layout.kind) {
            return told;
        }
        if reply_code.is_some_and(|code| code.class() == 5) {
            return Kind::Bounce;
        }
        let Evidence { retried, delay, failed_subject, failed_text, .. } = *self.evidence();
        let delayed = retried > 0 || delay > 0 && failed_subject == 0 && failed_text <= 1;
        if delayed { Kind::Delay } else { Kind::Bounce }
    }
}

/// Whether the text begins with an address on a line of its own: whom it is about, before what it says.
fn starts_with_address(lines: &[&str]) -> bool {
    let first = lines.iter().map(|line| line.trim()).find(|line| !line.is_empty()).unwrap_or_default();
    mailbox::first(first).is_some_and(|address| address.as_str().len() + 4 >= first.len())
}

/// Whether a passage's address lies in the domain that the mail comes from.
fn is_at_sender(passage: &Passage, mail: &Mail<'_>) -> bool {
    mail.from().is_some_and(|from| from.domain() == passage.address.domain())
}

/// Whether some line holds a reply code and an enhanced status of the same class, or begins as a server's reply does.
/// A telephone number or a year is neither.
fn has_smtp_reply(lines: &[&str]) -> bool {
    lines.iter().any(|line| codes::has_coded_reply(line.trim()))
}

/// Whether the mail comes from the very address that we mailed: its owner answers, or a machine for it.
fn is_from_whom_we_mailed(mail: &Mail<'_>) -> bool {
    let Some(from) = mail.from() else { return false };
    let verp = mail.verp();
    mail.addressed().is_some_and(|mailed| mailed.lower() == from.lower())
        || verp.is_some_and(|verp| verp.confirms(&from))
}

/// What all events of one prose report share.
struct Shared<'a> {
    report: &'a Report<'a>,
    mail: &'a Mail<'a>,
    template: Event,
    sole_recipient: Option<Address>,
    /// Senders of a message that is returned in the text.
    own: OwnAddresses<'a>,
}

impl<'a> Shared<'a> {
    fn of(report: &'a Report<'a>, complete: bool) -> Shared<'a> {
        let mail = report.mail;
        let mut template = mail.event(Kind::Bounce, "prose");
        if let Some(layout) = report.layout {
            template.grammar = layout.name.clone().into();
        }
        let in_text = report.section.returned.filter(|_| mail.returned_head.is_none()).map(Head::read);
        let head = mail.returned_head.as_ref().or(in_text.as_ref());
        let mut sole_recipient = None;
        let mut own = OwnAddresses::default();
        if let Some(head) = head {
            let returned = in_text.as_ref().map_or_else(|| mail.returned.clone(), |head| returned::read(head, &[]));
            template.message_id = returned.message_id;
            template.sending_domain = returned.sending_domain;
            template.campaign_id = returned.campaign_id;
            template.list_source = returned.list_source;
            template.sending_ip = sending_ip::from_headers(head, None);
            if in_text.is_some() {
                own.add_returned(head);
            }
            // The recipient of a report that was sent on is not ours.
            sole_recipient = returned.sole_recipient.filter(|_| complete && !is_report(head));
        }
        Shared { report, mail, template, sole_recipient, own }
    }

    /// One event for each passage; without any, for the recipients that the headers give away, of whom the text says
    /// what `unnamed` gives.
    fn events(self, mut passages: Vec<Passage>, ground: Ground, unnamed: impl Fn() -> String) -> Vec<Event> {
        let failed = self.failed();
        passages.retain(|passage| !self.own.holds(&passage.address));
        if passages.is_empty() {
            let verp = self.mail.verp().filter(|verp| !self.mail.own.holds(&verp.recipient));
            let sure = verp.as_ref().is_some_and(|verp| verp.sure);
            let sole = || verp.map(|verp| verp.recipient).or_else(|| self.sole_recipient.clone());
            let (recipients, named) =
                if failed.is_empty() { (sole().into_iter().collect(), false) } else { (failed, true) };
            let recipients: Vec<Address> =
                recipients.into_iter().filter(|address| named || !self.is_ours(address)).collect();
            let text = if recipients.is_empty() { String::new() } else { unnamed() };
            let about = |address| Passage { text: text.clone(), ..Passage::of(address) };
            let proven = named || ground == Ground::Marked || sure && ground == Ground::Coded;
            if let ([last], Some(mailed)) = (recipients.as_slice(), self.mailed_to().cloned())
                && named
                && mailed.lower() != last.lower()
                && !self.mail.is_of_sender(&mailed)
            {
                // The header names where the message went in the end.
                return vec![self.event(&about(last.clone()), Some(&mailed), proven)];
            }
            return recipients.into_iter().map(|address| self.event(&about(address), None, proven)).collect();
        }
        // One failed recipient, one address in the text, and they differ: the header names the one that was mailed, unless
        // the message itself was written to the other.
        let written_to = |address: &Address| self.mailed_to().is_some_and(|mailed| mailed.lower() == address.lower());
        let header = match (failed.as_slice(), passages.as_slice()) {
            ([failed], [passage]) if !written_to(&passage.address) => Some(failed.clone()),
            _ => None,
        };
        let event = |passage: &Passage| self.event(passage, header.as_ref(), self.is_proven(passage, ground));
        passages.iter().map(event).collect()
    }

    /// The recipients that the header names, without ours.
    fn failed(&self) -> Vec<Address> {
        let fields = self.mail.head.all("X-Failed-Recipients");
        let named = fields.flat_map(|value| {
            mailbox::all(&value).map(|found| found.address).take(MAX_RECIPIENTS + 1).collect::<Vec<_>>()
        });
        let whom = |address: &Address| !self.is_ours(address) || self.is_mailed_too(address);
        named.filter(whom).take(MAX_RECIPIENTS + 1).collect()
    }

    /// The only recipient of the returned message, if it is nobody of ours.
    fn mailed_to(&self) -> Option<&Address> {
        self.sole_recipient.as_ref().filter(|address| !self.is_ours(address))
    }

    fn is_mailed_too(&self, address: &Address) -> bool {
        self.own.is_mailed_too(address) || self.mail.own.is_mailed_too(address)
    }

    fn is_ours(&self, address: &Address) -> bool {
        self.own.holds(address) || self.mail.own.holds(address)
    }

    /// Whether the report proves that it means the passage's address: its make is known, or a reply's code stands at the
    /// address, or a program that delivers mail lists it with its reason. What is only mentioned is held, never listed.
    fn is_proven(&self, passage: &Passage, ground: Ground) -> bool {
        match ground {
            Ground::Marked => true,
            Ground::Coded => has_code(&passage.text) || passage.plainly && self.report.evidence().daemon,
            Ground::Worded => self.report.evidence().daemon && passage.plainly && !passage.text.is_empty(),
            Ground::Silent => false,
        }
    }

    fn event(&self, passage: &Passage, failed: Option<&Address>, proven: bool) -> Event {
        let mut event = self.template.clone();
        let original = passage.original.as_ref().or(failed.filter(|f| f.key() != passage.address.key()));
        event.original_recipient = original.cloned();
        event.final_recipient = Some(passage.address.clone());
        event.recipient = event.original_recipient.clone().or_else(|| event.final_recipient.clone());
        event.unproven = (!proven).then_some(Unproven::DeducedRecipient);
        if event.recipient.as_ref().is_some_and(|address| self.is_mailed_too(address)) {
            event.unproven = Some(Unproven::OwnAddress);
        }
        event.diagnostic_code = Some(passage.text.clone()).filter(|text| !text.is_empty());
        event.remote_mta = passage.host.as_deref().and_then(report::host_in);
        let mut found = reply::read(&passage.text);
        found.command = passage.command.or(found.command);
        take_reply(&mut event, found);
        event.kind = self.report.kind(event.reply_code);
        event
    }
}

/// Whether a header is a delivery report's.
fn is_report(head: &Head<'_>) -> bool {
    head.get("Content-Type").is_some_and(|value| value.to_ascii_lowercase().contains("multipart/report"))
        || has_null_path(head)
}

pub(crate) fn has_null_path(head: &Head<'_>) -> bool {
    head.get("Return-Path").is_some_and(|path| path.trim() == "<>")
}

/// Takes over what a reply says; the event's own Status field serves where the reply has none, or a vaguer one.
pub(crate) fn take_reply(event: &mut Event, found: Reply) {
    let specific = |s: &crate::bounce::EnhancedStatus| !s.is_vague();
    event.status =
        found.status.filter(specific).or(event.status_field.filter(specific)).or(found.status).or(event.status_field);
    event.reply_code = found.code;
    event.command = found.command;
    event.remote_mta = event.remote_mta.take().or(found.host);
    event.reply = found.text;
    if let Some(reply) = event.diagnostic_code.as_deref().or(event.reply.as_deref()) {
        event.sending_ip = sending_ip::from_reply(reply).or(event.sending_ip);
    }
}

/// A text on one line, of bounded length.
pub(crate) fn capped_text(text: &str) -> String {
    let text = text.trim();
    let mut end = text.len().min(MAX_DIAGNOSTIC);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}
