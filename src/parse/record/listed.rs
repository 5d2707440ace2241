//! Entries of present lists. In: a record of a list and the layout of its shape, or a line of a list without a header. Out: an entry
//! with its reason, its times and its expiry. Nothing is guessed: a reason that no table knows is unknown, and of an entry with a time
//! that cannot be read no time is known.

use std::path::Path;

use jiff::civil::Date;
use regex::{Regex, RegexBuilder};

use super::clean;
use super::field::Field;
use super::layout::{Layout, Values};
use crate::bounce::{
    Address, Cause, Event, Kind, ListedReason, Origin, PresentEntry, Reject, RejectReason, Since, Subject, When,
    domain_key,
};
use crate::parse::Parsed;
use crate::parse::date::{self, Zone};
use crate::tables::listed_reasons::ReasonWords;
use crate::tables::{self, TableError};

/// What the words of lists mean, compiled.
#[derive(Debug)]
pub struct Reasons(Vec<(Regex, ListedReason)>);

impl Reasons {
    /// Loads the table.
    ///
    /// # Errors
    /// A broken row: no source, no example, an expression that is none, an example that means something else.
    pub fn load(user_tables: Option<&Path>) -> Result<Reasons, TableError> {
        let rows = tables::load::<ReasonWords>(user_tables)?;
        let mut compiled = Vec::with_capacity(rows.len());
        for row in &rows {
            if row.value.source.trim().is_empty() || row.value.date.trim().is_empty() || row.value.examples.is_empty() {
                return Err(row.error("no source, date or example; say who says so, when, and which text it is"));
            }
            let built = RegexBuilder::new(&row.value.text).case_insensitive(true).dot_matches_new_line(true).build();
            let regex = built.map_err(|error| row.error(format!("text is no regular expression: {error}")))?;
            compiled.push((regex, row.value.means));
        }
        let reasons = Reasons(compiled);
        for row in &rows {
            let other = row.value.examples.iter().find(|example| reasons.of(example) != row.value.means);
            if let Some(example) = other {
                let found = reasons.of(example);
                return Err(row.error(format!("example {example:?} means {found}, not {}", row.value.means)));
            }
        }
        Ok(reasons)
    }

    /// What one text means: the strictest of all rows that fit, unknown where none does.
    fn of(&self, text: &str) -> ListedReason {
        let text = clean::capped(text.trim(), clean::MAX_TEXT);
        let fitting = self.0.iter().filter(|(regex, _)| regex.is_match(text)).map(|(_, means)| *means);
        fitting.max().unwrap_or(ListedReason::Unknown)
    }

    /// What all words of an entry mean together. A remark counts only where it speaks of a wish or a person's hand.
    fn of_all<T: AsRef<str>>(
        &self,
        words: impl Iterator<Item = T>,
        remarks: impl Iterator<Item = T>,
    ) -> Option<ListedReason> {
        let remarks = remarks.map(|text| self.of(text.as_ref())).filter(|means| *means > ListedReason::Unknown);
        words.map(|text| self.of(text.as_ref())).chain(remarks).max()
    }
}

/// Reads one record of a list.
pub(super) fn record(
    reasons: &Reasons,
    (zone, origin): (Option<&Zone>, &Origin),
    layout: &Layout,
    values: &impl Values,
    out: &mut Parsed,
) {
    let kind = layout.kind(values);
    if kind == Some(Kind::Delivered) {
        return;
    }
    let Some(subject) = subject(layout, values) else {
        let detail = format!("{}: neither an address nor a domain", layout.name);
        out.rejects.push(reject(origin, detail));
        return;
    };
    let words = || layout.texts(Field::ListedReason, values);
    let reason = match layout.knows(Field::ListedReason) {
        true => reasons.of_all(words(), layout.texts(Field::ListedBy, values)),
        false => kind.map(of_kind),
    };
    // A block of one sending domain is not contradicted by what others deliver.
    let partial = matches!(subject, Subject::Domain(_)) && layout.text(Field::SendingDomain, values).is_some();
    let expires = layout.texts(Field::Expires, values).map(|text| day(&text, zone));
    out.listed.push(PresentEntry {
        origin: origin.clone(),
        subject,
        reason: reason.unwrap_or(ListedReason::Unknown),
        cause: words().find_map(|word| word.parse::<Cause>().ok()),
        since: if partial { None } else { since(layout, values, zone) },
        expires: expires.collect::<Option<Vec<Date>>>().and_then(|days| days.into_iter().max()),
    });
}

fn reject(origin: &Origin, detail: String) -> Reject {
    Reject { origin: origin.clone(), reason: RejectReason::BadRow, detail }
}

/// What an export's own word for an event says of an entry. Only a word counts, not what the export is taken for without one.
fn of_kind(kind: Kind) -> ListedReason {
    match kind {
        Kind::Bounce => ListedReason::Bounce,
        Kind::Complaint => ListedReason::Complaint,
        _ => ListedReason::Unknown,
    }
}

/// What a mail says of an entry: whoever keeps the bounces themselves as a list.
pub fn of_event(event: Event) -> Option<PresentEntry> {
    let reason = if event.unproven.is_none() { of_kind(event.kind) } else { ListedReason::Unknown };
    Some(PresentEntry {
        subject: Subject::Address(event.recipient?),
        reason,
        cause: None,
        since: event.timestamp.and_then(|at| Since::of(&[When::At(at)])),
        expires: None,
        origin: event.origin,
    })
}

fn subject(layout: &Layout, values: &impl Values) -> Option<Subject> {
    let recipients = [Field::Recipient, Field::OriginalRecipient, Field::FinalRecipient];
    let named = recipients.iter().find_map(|field| layout.text(*field, values));
    named.or_else(|| layout.text(Field::RecipientDomain, values)).and_then(|text| subject_of(&text))
}

/// An address, or a domain with a dot.
fn subject_of(text: &str) -> Option<Subject> {
    match Address::parse(text).or_else(|| clean::typed_address(text)) {
        Some(address) => Some(Subject::Address(address)),
        None => domain_key(text).filter(|domain| domain.contains('.') && !domain.starts_with('[')).map(Subject::Domain),
    }
}

/// Since when, by all times that the record has; `None` where one of them cannot be read.
fn since(layout: &Layout, values: &impl Values, zone: Option<&Zone>) -> Option<Since> {
    let fields = match [Field::Added, Field::LastSeen].iter().any(|field| layout.knows(*field)) {
        true => &[Field::Added, Field::LastSeen][..],
        false => &[Field::Timestamp],
    };
    let texts = fields.iter().flat_map(|field| layout.texts(*field, values));
    let times: Vec<When> = texts.map(|text| when(&text, zone)).collect::<Option<_>>()?;
    Since::of(&times)
}

/// A time, or a date alone.
fn when(text: &str, zone: Option<&Zone>) -> Option<When> {
    let clock = text.contains(':') || text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    match clock {
        true => date::read(text, zone).ok().map(When::At),
        false => {
            let start = date::read(&format!("{text}T00:00:00Z"), None).or_else(|_| date::read(text, None));
            start.ok().map(When::Day)
        }
    }
}

/// The day of a time.
fn day(text: &str, zone: Option<&Zone>) -> Option<Date> {
    let (When::At(at) | When::Day(at)) = when(text, zone)?;
    at.date()?.parse().ok()
}

/// What parts the cells of a line, the more telling one first.
const DELIMITERS: [char; 4] = ['\t', ';', '|', ','];

/// The cells of a line of a list without a header; the first holds whom it is about.
fn cells(line: &str) -> Vec<&str> {
    let line = line.trim();
    let parts: Vec<&str> = match DELIMITERS.iter().find(|delimiter| line.contains(**delimiter)) {
        // A local part may be quoted, blanks and all.
        None if subject_of(line).is_some() => vec![line],
        None => line.split_whitespace().collect(),
        Some(delimiter) => line.split(*delimiter).collect(),
    };
    let bare = |cell: &str| cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"')).map(str::len);
    parts
        .into_iter()
        .map(|cell| cell.trim())
        .map(|cell| if bare(cell).is_some() { &cell[1..cell.len() - 1] } else { cell })
        .collect()
}

/// Whether a line says nothing.
fn is_remark(line: &str) -> bool {
    line.trim().is_empty() || line.trim_start().starts_with('#')
}

/// Whether a list that begins with this text has no header: its first line that says anything is an entry.
pub fn begins_with_an_entry(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let Some(line) = text.lines().find(|line| !is_remark(line)) else { return false };
    let first = cells(line.trim_start_matches('\u{feff}')).first().copied().and_then(subject_of);
    !line.trim_start().starts_with(['{', '[']) && first.is_some()
}

/// Actions of a Postfix map that stop nobody.
const HARMLESS: [&str; 6] = ["OK", "DUNNO", "PERMIT", "PREPEND", "WARN", "INFO"];

/// Reads lines of a list without a header: an address or a domain, then perhaps words. Dates there say nothing, as no name tells which
/// they are.
pub(super) fn lines(reasons: &Reasons, origin: &Origin, text: &[u8], out: &mut Parsed) {
    let text = String::from_utf8_lossy(text);
    for (line, index) in text.lines().zip(origin.index..).filter(|(line, _)| !is_remark(line)) {
        let origin = Origin { source: origin.source.clone(), index };
        let cells = cells(line.trim_start_matches('\u{feff}'));
        if cells.get(1).is_some_and(|word| HARMLESS.iter().any(|known| word.eq_ignore_ascii_case(known))) {
            continue;
        }
        let Some(subject) = cells.first().and_then(|cell| subject_of(cell)) else {
            let detail = "neither an address nor a domain; write one a line".to_owned();
            out.rejects.push(reject(&origin, detail));
            continue;
        };
        let words = cells.iter().skip(1).filter(|cell| !cell.is_empty());
        let reason = reasons.of_all(words, std::iter::empty()).unwrap_or(ListedReason::Unknown);
        out.listed.push(PresentEntry { origin, subject, reason, cause: None, since: None, expires: None });
    }
}

#[cfg(test)]
mod tests;
