//! Reports in prose. In: a mail's text for people. Out: passages (an address and what the text says of it), and events
//! where the mail is a report on deliveries. Layouts of known makes are a table (layouts.toml); what no row names is
//! read by the general forms, and believed only on evidence: never because of a lone word.

mod dialogue;
mod evidence;
mod layout;
#[cfg(test)]
mod layout_tests;
mod passages;
mod section;
mod shape;

use std::path::Path;

use super::fields::Head;
use super::mail::{MAX_RECIPIENTS, Mail};
use super::reply::{self, Reply};
use super::report::MAX_DIAGNOSTIC;
use super::{mailbox, report, returned, sending_ip, verp};
use crate::bounce::{Address, Event, Kind, SmtpCommand};
use crate::tables::TableError;
pub(crate) use evidence::{Evidence, Wordings};
use layout::{Layout, Rows};
use section::Section;

/// What a text says of one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Passage {
    /// The address that failed.
    pub(crate) address: Address,
    /// The address that led to it: `(expanded from: <...>)`, `(generated from ...)`.
    pub(crate) original: Option<Address>,
    /// The words about it, on one line; empty if there are none.
    pub(crate) text: String,
    /// What a dialogue in the report adds.
    pub(crate) command: Option<SmtpCommand>,
    pub(crate) host: Option<String>,
}

/// The tables that reading prose needs, compiled.
#[derive(Debug)]
pub(crate) struct Layouts {
    rows: Rows,
    wordings: Wordings,
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
        let (section, layout) = self.open(mail, &text);
        passages::read(&section, layout, &self.wordings)
    }

    /// The last refusal in a dialogue that names no recipient.
    pub(crate) fn last_refusal(&self, mail: &Mail<'_>) -> Option<String> {
        let text = mail.anatomy.text();
        let (section, _) = self.open(mail, &text);
        dialogue::listen(&section.lines).last.map(|answer| answer.text)
    }

    /// Events, if the mail is a report on deliveries; else none.
    /// `complete` allows to take the returned message's only recipient for the one that is not named.
    pub(crate) fn read(&self, mail: &Mail<'_>, complete: bool) -> Vec<Event> {
        let text = mail.anatomy.text();
        let (section, layout) = self.open(mail, &text);
        let evidence = self.weigh(mail.head, mail.subject, section.own);
        let failed: Vec<Address> = mail
            .head
            .all("X-Failed-Recipients")
            .flat_map(|value| {
                mailbox::all(&value).map(|found| found.address).take(MAX_RECIPIENTS + 1).collect::<Vec<_>>()
            })
            .take(MAX_RECIPIENTS + 1)
            .collect();
        let known = layout.is_some() || !failed.is_empty() || !mail.anatomy.status.is_empty();
        if !known && !believable(&evidence, mail) {
            return Vec::new();
        }
        let mut passages = passages::read(&section, layout, &self.wordings);
        let us = mail.to().map(|address| address.key());
        let greeted = |failed: &[Address]| !failed.is_empty() && failed.iter().all(|f| Some(f.key()) != us);
        if (!known && !evidence.system) || greeted(&failed) {
            // What only claims to be a report, and names us as the recipient, is spam; and where the header says who
            // failed, our own address in the text is a greeting.
            passages.retain(|passage| Some(passage.address.key()) != us);
        }
        let unnamed = || passages::of_nobody(&section, &self.wordings);
        Shared::of(mail, &section, layout, &evidence, complete).events(passages, failed, mail.head, unnamed)
    }

    /// The report's own words, and the row that knows its make.
    fn open<'t>(&self, mail: &Mail<'_>, text: &'t str) -> (Section<'t>, Option<&Layout>) {
        let section = section::cut(text, |line| self.wordings.announces_returned(line));
        let layout = self.rows.of(mail.head, mail.subject, &section);
        match layout.filter(|row| row.has_markers()) {
            Some(row) => (
                section::cut(text, |line| self.wordings.announces_returned(line) || row.announces_returned(line)),
                layout,
            ),
            None => (section, layout),
        }
    }
}

/// Whether a mail of no known layout is a report: a mail system says that something failed, or several wordings agree in
/// a mail that wants no answer (RFC 5321 4.5.5: a report has a null return path). People, shops and monitors also write
/// of what failed. An answer's own headers count against it.
fn believable(evidence: &Evidence, mail: &Mail<'_>) -> bool {
    let failed = evidence.failed_subject.min(1) + evidence.failed_text.min(2);
    if evidence.answer > 0 && !evidence.system || evidence.challenge > 0 || evidence.held > 0 {
        return false;
    }
    let answered = mail.head.get("In-Reply-To").is_some() && starts_like_an_answer(mail.subject);
    if answered && !evidence.system {
        return false;
    }
    (evidence.system && failed + evidence.delay > 0) || (failed >= 2 && has_null_path(mail.head))
}

fn starts_like_an_answer(subject: &str) -> bool {
    ["re:", "aw:", "sv:", "fwd:", "fw:"]
        .iter()
        .any(|start| subject.get(..start.len()).is_some_and(|s| s.eq_ignore_ascii_case(start)))
}

/// What all events of one prose report share.
struct Shared {
    template: Event,
    sole_recipient: Option<Address>,
}

impl Shared {
    fn of(
        mail: &Mail<'_>,
        section: &Section<'_>,
        layout: Option<&Layout>,
        evidence: &Evidence,
        complete: bool,
    ) -> Shared {
        let kind = match layout.and_then(|l| l.kind) {
            Some(kind) => kind,
            None if evidence.delay > 0 => Kind::Delay,
            None => Kind::Bounce,
        };
        let mut template = mail.event(kind, "prose");
        if let Some(layout) = layout {
            template.grammar = layout.name.clone().into();
        }
        let in_text = section.returned.filter(|_| mail.returned_head.is_none()).map(Head::read);
        let head = mail.returned_head.as_ref().or(in_text.as_ref());
        let mut sole_recipient = None;
        if let Some(head) = head {
            let returned = in_text.as_ref().map_or_else(|| mail.returned.clone(), |head| returned::read(head, &[]));
            template.message_id = returned.message_id;
            template.sending_domain = returned.sending_domain;
            template.campaign_id = returned.campaign_id;
            template.list_source = returned.list_source;
            template.sending_ip = sending_ip::from_headers(head, None);
            // The recipient of a report that was sent on is not ours.
            sole_recipient = returned.sole_recipient.filter(|_| complete && !is_report(head));
        }
        Shared { template, sole_recipient }
    }

    /// One event for each passage; without any, for the recipients that the headers give away, of whom the text says
    /// what `unnamed` gives.
    fn events(
        mut self,
        passages: Vec<Passage>,
        failed: Vec<Address>,
        head: &Head<'_>,
        unnamed: impl Fn() -> String,
    ) -> Vec<Event> {
        if passages.is_empty() {
            let mut sole = || head.get("To").and_then(|to| verp::recipient(&to)).or_else(|| self.sole_recipient.take());
            let recipients = if failed.is_empty() { sole().into_iter().collect() } else { failed };
            let text = if recipients.is_empty() { String::new() } else { unnamed() };
            let about = |address| Passage { address, original: None, text: text.clone(), command: None, host: None };
            return recipients.into_iter().map(|address| self.event(&about(address), None)).collect();
        }
        // One failed recipient, one address in the text, and they differ: the header names the one that was mailed.
        let header = match (failed.as_slice(), passages.as_slice()) {
            ([failed], [_]) => Some(failed.clone()),
            _ => None,
        };
        passages.iter().map(|passage| self.event(passage, header.as_ref())).collect()
    }

    fn event(&self, passage: &Passage, failed: Option<&Address>) -> Event {
        let mut event = self.template.clone();
        let original = passage.original.as_ref().or(failed.filter(|f| f.key() != passage.address.key()));
        event.original_recipient = original.cloned();
        event.final_recipient = Some(passage.address.clone());
        event.recipient = event.original_recipient.clone().or_else(|| event.final_recipient.clone());
        event.diagnostic_code = Some(passage.text.clone()).filter(|text| !text.is_empty());
        event.remote_mta = passage.host.as_deref().and_then(report::host_in);
        let mut found = reply::read(&passage.text);
        found.command = passage.command.or(found.command);
        take_reply(&mut event, found);
        event
    }
}

/// Whether a header is a delivery report's.
fn is_report(head: &Head<'_>) -> bool {
    head.get("Content-Type").is_some_and(|value| value.to_ascii_lowercase().contains("multipart/report"))
        || has_null_path(head)
}

fn has_null_path(head: &Head<'_>) -> bool {
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
