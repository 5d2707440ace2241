//! Entries of present lists. In: a record of a list and the layout of its shape, or a line of a list without a header. Out: an entry
//! with its reason, its times and its expiry. Nothing is guessed: a reason that no table knows is unknown, a filled cell under a name that
//! nobody knows makes it so, and of an entry with a time that cannot be read no time is known.

use std::path::Path;

use jiff::civil::Date;

use super::clean;
use super::field::Field;
use super::formats::Formats;
use super::layout::{Layout, Values};
use crate::bounce::{
    Address, Cause, Event, Kind, ListedReason, Origin, PresentEntry, Reject, RejectReason, Since, Subject, When,
    domain_key,
};
use crate::parse::Parsed;
use crate::parse::date::{self, Zone};
use crate::tables::TableError;
use crate::tables::list_columns::ListColumn;

mod columns;
mod lines;
mod pages;
mod reasons;

use columns::{Column, Columns};
pub use lines::{begins_with_an_entry, read as lines};
pub use pages::Page;
use reasons::Reasons;

/// What the words and the columns of lists mean.
#[derive(Debug)]
pub struct Lists {
    pub(super) reasons: Reasons,
    columns: Columns,
}

/// What cells say that their shape does not read.
#[derive(Debug, Default)]
struct Beside {
    /// The strictest that any of them says.
    reason: Option<ListedReason>,
    words: Vec<String>,
    /// `None`: one that cannot be read.
    times: Vec<Option<When>>,
    ends: Vec<Option<Date>>,
}

impl Lists {
    /// Loads both tables.
    ///
    /// # Errors
    /// A broken table.
    pub fn load(formats: &Formats, user_tables: Option<&Path>) -> Result<Lists, TableError> {
        Ok(Lists { reasons: Reasons::load(user_tables)?, columns: Columns::load(formats, user_tables)? })
    }

    /// What the cells of a record say beside what its shape reads. A name met twice is read once.
    fn beside<'c>(&self, shape: &str, cells: impl Iterator<Item = (&'c str, &'c str)>, zone: Option<&Zone>) -> Beside {
        let (mut beside, mut met) = (Beside::default(), std::collections::HashSet::new());
        for (name, cell) in cells.filter(|(_, cell)| !columns::is_empty(cell)) {
            let means = match self.columns.of(shape, name) {
                // Not every cell of a name that fits holds somebody.
                Column::Subject if subject_of(cell).is_some() => continue,
                Column::Read if met.insert(name.to_lowercase()) => None,
                Column::Subject | Column::Read | Column::Unknown => {
                    Some(self.reasons.of(name).max(ListedReason::Unknown))
                }
                Column::Of(ListColumn::Wish) if columns::is_no(cell) => continue,
                Column::Of(ListColumn::Wish) => Some(self.reasons.of(name).max(ListedReason::Unknown)),
                Column::Of(ListColumn::Reason) => {
                    beside.words.push(cell.to_owned());
                    Some(self.reasons.of(cell))
                }
                Column::Of(ListColumn::Added | ListColumn::LastSeen) => {
                    beside.times.push(when(cell, zone));
                    None
                }
                Column::Of(ListColumn::Expires) => {
                    beside.ends.push(day(cell, zone));
                    None
                }
                Column::Of(ListColumn::Nothing | ListColumn::Page) => None,
            };
            beside.reason = beside.reason.max(means).max(self.reasons.wish_in(cell));
        }
        beside
    }

    /// What stands around the entries of a page, if it says anything about them.
    pub fn around(&self, page: &Page) -> Option<ListedReason> {
        let said = page.around.iter().filter(|(_, cell)| !columns::is_empty(cell)).filter_map(|(path, cell)| {
            let known = self.columns.is_of_a_page(path);
            let unknown = || self.reasons.of(path).max(ListedReason::Unknown);
            (!known).then(unknown).max(self.reasons.wish_in(cell))
        });
        said.max()
    }
}

/// Reads one record of a list; `cells` is all that it holds, by name.
pub(super) fn record<'c>(
    lists: &Lists,
    (zone, origin): (Option<&Zone>, &Origin),
    layout: &Layout,
    values: &impl Values,
    cells: impl Iterator<Item = (&'c str, &'c str)>,
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
    let mut beside = lists.beside(layout.name, cells, zone);
    let words = layout.texts(Field::ListedReason, values).map(std::borrow::Cow::into_owned);
    let mut words: Vec<String> = words.collect();
    let said = match layout.knows(Field::ListedReason) {
        true => words.iter().map(|word| lists.reasons.of(word)).max(),
        false => kind.map(of_kind),
    };
    let quoted = [Field::ListedBy, Field::DiagnosticCode];
    words.extend(quoted.iter().flat_map(|field| layout.texts(*field, values)).map(std::borrow::Cow::into_owned));
    words.append(&mut beside.words);
    // A block of one sending domain is not contradicted by what others deliver.
    let partial = matches!(subject, Subject::Domain(_)) && layout.text(Field::SendingDomain, values).is_some();
    beside.times.extend(times(layout, values, zone, lists.columns.names_nights(layout.name)));
    beside.ends.extend(layout.texts(Field::Expires, values).map(|text| day(&text, zone)));
    let since = || beside.times.into_iter().collect::<Option<Vec<When>>>().and_then(Since::of);
    out.listed.push(PresentEntry {
        origin: origin.clone(),
        subject,
        reason: said.unwrap_or(ListedReason::Unknown).max(beside.reason.unwrap_or(ListedReason::Bounce)),
        cause: words.iter().find_map(|word| word.parse::<Cause>().ok()),
        words,
        blames: None,
        since: if partial { None } else { since() },
        expires: beside.ends.into_iter().collect::<Option<Vec<Date>>>().and_then(|days| days.into_iter().max()),
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
        words: event.reply.clone().or(event.diagnostic_code).into_iter().collect(),
        cause: None,
        blames: None,
        since: event.timestamp.and_then(|at| Since::of(vec![When::At(at)])),
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

/// The times that a shape reads; `None` for one that cannot be read.
fn times(layout: &Layout, values: &impl Values, zone: Option<&Zone>, nights: bool) -> Vec<Option<When>> {
    let fields = match [Field::Added, Field::LastSeen].iter().any(|field| layout.knows(*field)) {
        true => &[Field::Added, Field::LastSeen][..],
        false => &[Field::Timestamp],
    };
    let read = |field: &Field, text: &str| match when(text, zone) {
        Some(When::Day(start)) if nights && *field == Field::Added => Some(When::Night(start)),
        other => other,
    };
    fields.iter().flat_map(|field| layout.texts(*field, values).map(move |text| read(field, &text))).collect()
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
    let (When::At(at) | When::Day(at) | When::Night(at)) = when(text, zone)?;
    at.date()?.parse().ok()
}

#[cfg(test)]
mod tests;
