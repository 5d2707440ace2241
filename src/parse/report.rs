//! Delivery reports: the grammar of RFC 3464 and RFC 6533, as it is really sent. In: the text of one
//! `message/delivery-status` part. Out: what it says of the message, and of each recipient. Which address we mailed,
//! and what the reply means, is decided elsewhere.
//!
//! Tolerated, because seen: blocks without blank lines between them, blank lines within a block, the two kinds of block
//! in any order, missing types, repeated fields (the first counts), folding forgotten in Diagnostic-Code.

use std::borrow::Cow;

use super::fields::{Field, Line, lines};
use super::limits::{MAX_DIAGNOSTIC, MAX_RECIPIENTS};
use crate::bounce::{Action, EnhancedStatus};

/// What a report says of the message as a whole (RFC 3464 2.2).
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct PerMessage<'a> {
    pub(crate) reporting_mta: Option<Cow<'a, str>>,
    pub(crate) received_from_mta: Option<Cow<'a, str>>,
    pub(crate) arrival_date: Option<Cow<'a, str>>,
    pub(crate) envelope_id: Option<Cow<'a, str>>,
}

/// What a report says of one recipient (RFC 3464 2.3).
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct PerRecipient<'a> {
    pub(crate) original_recipient: Option<Cow<'a, str>>,
    pub(crate) final_recipient: Option<Cow<'a, str>>,
    /// X-Actual-Recipient: where an alias led to.
    pub(crate) actual_recipient: Option<Cow<'a, str>>,
    pub(crate) action: Option<Action>,
    pub(crate) status: Option<EnhancedStatus>,
    pub(crate) remote_mta: Option<Cow<'a, str>>,
    pub(crate) diagnostic_code: Option<Cow<'a, str>>,
    /// X-Supplementary-Info: the whole reply, where the Diagnostic-Code is missing or empty of words.
    pub(crate) supplementary: Option<Cow<'a, str>>,
    pub(crate) last_attempt_date: Option<Cow<'a, str>>,
    pub(crate) will_retry_until: Option<Cow<'a, str>>,
}

impl PerRecipient<'_> {
    /// Whether it has a recipient field, whatever stands in it.
    pub(crate) fn is_named(&self) -> bool {
        self.original_recipient.is_some() || self.final_recipient.is_some()
    }
}

/// One report.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Report<'a> {
    pub(crate) message: PerMessage<'a>,
    pub(crate) recipients: Vec<PerRecipient<'a>>,
}

/// Reads one report; what is no field of RFC 3464 is passed over.
pub(crate) fn read(text: &str) -> Report<'_> {
    let mut reader = Reader::default();
    for line in lines(text) {
        if reader.report.recipients.len() > MAX_RECIPIENTS {
            break;
        }
        match line {
            Line::Field(field) => reader.field(&field),
            Line::Blank => reader.gap = true,
            Line::Other(text) => reader.stray(text),
        }
    }
    reader.close();
    reader.report
}

#[derive(Default)]
struct Reader<'a> {
    report: Report<'a>,
    current: PerRecipient<'a>,
    /// A blank line stands before the present field.
    gap: bool,
    /// The field before was a Diagnostic-Code.
    in_diagnostic: bool,
}

impl<'a> Reader<'a> {
    fn field(&mut self, field: &Field<'a>) {
        let name = field.name;
        self.in_diagnostic = false;
        // Fields outside the two lists are frequent (X-...); their values are not even unfolded.
        match name.len() {
            6 if field.is("Action") => self.action(&field.value()),
            6 if field.is("Status") => self.status(&field.value()),
            10 if field.is("Remote-MTA") => keep(&mut self.current.remote_mta, field),
            12 if field.is("Arrival-Date") => keep(&mut self.report.message.arrival_date, field),
            13 if field.is("Reporting-MTA") => keep(&mut self.report.message.reporting_mta, field),
            15 if field.is("Final-Recipient") => self.recipient(|r| &mut r.final_recipient, field),
            15 if field.is("Diagnostic-Code") => self.diagnostic(field),
            16 if field.is("Will-Retry-Until") => keep(&mut self.current.will_retry_until, field),
            17 if field.is("Last-Attempt-Date") => keep(&mut self.current.last_attempt_date, field),
            17 if field.is("Received-From-MTA") => keep(&mut self.report.message.received_from_mta, field),
            18 if field.is("Original-Recipient") => self.recipient(|r| &mut r.original_recipient, field),
            18 if field.is("X-Actual-Recipient") => keep(&mut self.current.actual_recipient, field),
            20 if field.is("Original-Envelope-Id") => keep(&mut self.report.message.envelope_id, field),
            20 if field.is("X-Supplementary-Info") => keep(&mut self.current.supplementary, field),
            _ => {}
        }
        self.gap = false;
    }

    /// A recipient field opens a block if the present one has it already, or after a blank line if it has a recipient.
    fn recipient(
        &mut self,
        slot: for<'r> fn(&'r mut PerRecipient<'a>) -> &'r mut Option<Cow<'a, str>>,
        field: &Field<'a>,
    ) {
        if slot(&mut self.current).is_some() || (self.gap && self.current.is_named()) {
            self.close();
        }
        keep(slot(&mut self.current), field);
    }

    fn action(&mut self, value: &str) {
        // A second Action is another recipient's, whose block starts with it.
        if self.current.action.is_some() && self.current.is_named() {
            self.close();
        }
        let word: String =
            value.chars().take_while(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase()).collect();
        let action = match word.as_str() {
            // Seen in place of the five words of RFC 3464 2.3.3.
            "fail" | "failure" | "expired" | "error" => Some(Action::Failed),
            "delay" | "deferred" => Some(Action::Delayed),
            "deliverable" => Some(Action::Delivered),
            word => word.parse().ok(),
        };
        self.current.action = self.current.action.or(action);
    }

    fn status(&mut self, value: &str) {
        if self.gap && self.current.status.is_some() && self.current.is_named() {
            self.close();
        }
        self.current.status = self.current.status.or_else(|| status_in(value));
    }

    fn diagnostic(&mut self, field: &Field<'a>) {
        self.in_diagnostic = self.current.diagnostic_code.is_none();
        keep(&mut self.current.diagnostic_code, field);
    }

    /// A line without a name right after a Diagnostic-Code continues it.
    fn stray(&mut self, text: &str) {
        if !self.in_diagnostic || self.gap {
            return;
        }
        if let Some(diagnostic) = &mut self.current.diagnostic_code
            && diagnostic.len() < MAX_DIAGNOSTIC
        {
            let diagnostic = diagnostic.to_mut();
            diagnostic.push(' ');
            diagnostic.push_str(text.trim());
        }
    }

    fn close(&mut self) {
        let block = std::mem::take(&mut self.current);
        if block.is_named() {
            self.report.recipients.push(block);
        } else if block.action.is_some() || block.status.is_some() || block.diagnostic_code.is_some() {
            self.adopt(block);
        }
    }

    /// A block without a recipient belongs to the one before it, where that says nothing of its own.
    fn adopt(&mut self, block: PerRecipient<'a>) {
        if let Some(last) = self.report.recipients.last_mut() {
            last.action = last.action.or(block.action);
            last.status = last.status.or(block.status);
            last.remote_mta = last.remote_mta.take().or(block.remote_mta);
            last.diagnostic_code = last.diagnostic_code.take().or(block.diagnostic_code);
            last.supplementary = last.supplementary.take().or(block.supplementary);
        } else {
            // Kept for a report that names its recipient elsewhere (in its text, or in X-Failed-Recipients).
            self.report.recipients.push(block);
        }
    }
}

/// The first field of a name counts.
fn keep<'a>(slot: &mut Option<Cow<'a, str>>, field: &Field<'a>) {
    if slot.is_none() {
        let value = field.value();
        if !value.is_empty() {
            *slot = Some(value);
        }
    }
}

/// The first enhanced status code in a Status field: `5.0.0 (permanent failure)`, `Status: 4.4.7, expired`.
fn status_in(value: &str) -> Option<EnhancedStatus> {
    value.split(|c: char| !c.is_ascii_digit() && c != '.').find_map(|word| word.trim_matches('.').parse().ok())
}

/// The host in a field such as `dns; mx.example.com (192.0.2.1)`: lower case, without type, comment or trailing dot.
pub(crate) fn host_in(value: &str) -> Option<String> {
    let value = value.split_once(';').map_or(value, |(_, host)| host);
    let host =
        value.split(|c: char| c.is_whitespace() || matches!(c, '(' | ',' | ';')).find(|word| !word.is_empty())?;
    let host = host.trim_matches(['<', '>', '"', '\'', '.']);
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b) || !b.is_ascii();
    (!host.is_empty() && host.len() <= 255 && host.bytes().all(plain)).then(|| host.to_lowercase())
}
