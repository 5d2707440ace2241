//! What a run read, in numbers whose sums close: items = items with rows + items rejected + items that hold nothing. A lost
//! file is an item rejected, and told by name as well, because no number says what it held.
//! In: rows and rejects in the order of the input. Out: counts, the first origins of each kind of reject, the replies
//! that no rule knows. Placing them on a page is report's work.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::lost::LostFiles;
use super::sheet::Sheet;
use crate::bounce::{Cause, Kind, LostFile, Origin, Reject, RejectReason, Timestamp};
use crate::frame::{ClassifiedEvent, PlacedDelivery};
use crate::parse::UNREAD_BOUNCE;
use crate::source::{Passed, ReadOnce, Role};

/// Origins shown for each reason.
const ORIGINS_SHOWN: usize = 5;
/// Distinct unknown templates remembered; a night has some hundreds, hostile input any number.
const TEMPLATES_KEPT: usize = 50_000;
/// Names of unread columns remembered; the formats of a night have some dozens.
const COLUMNS_KEPT: usize = 1000;

/// All that a run read.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// Raw items: messages, records, lines.
    pub items: u64,
    /// Bytes of input, after decompression.
    pub bytes: u64,
    /// Events kept.
    pub events: u64,
    /// Events and delivery rows dropped because the same one came before.
    pub duplicates: u64,
    /// Delivery rows.
    pub delivery_rows: u64,
    /// Messages that the delivery rows stand for.
    pub deliveries: u64,
    /// Events by kind.
    pub kinds: BTreeMap<Kind, u64>,
    /// Mails that report a failure of which no recipient could be read.
    pub unread_bounces: u64,
    /// Complaints whose sender hides who complained, and nothing of ours tells.
    pub hidden_complainers: u64,
    /// By what was read, a file or a folder of small files, and in which role.
    pub inputs: BTreeMap<(Arc<str>, Role), InputSummary>,
    /// Files lost as a whole or from some place on, in the order of the input.
    pub lost: LostFiles,
    /// By reason.
    pub rejects: BTreeMap<RejectReason, RejectSummary>,
    /// Replies that no rule knows, by template.
    pub unknown: BTreeMap<Arc<str>, UnknownTemplate>,
    /// Unknown replies beyond the templates remembered.
    pub unknown_beyond: u64,
    /// Where the exporting platform's class and our cause stand side by side: (class, cause) and how often.
    pub native_classes: BTreeMap<(String, Cause), u64>,
    /// First and last time of an event.
    pub window: Option<(Timestamp, Timestamp)>,
    /// The last time of a delivery.
    pub last_delivery: Option<Timestamp>,
    /// Files passed over by name.
    pub skipped: Vec<String>,
    /// Files and folders that this program wrote, passed over.
    pub ours: Vec<String>,
    /// Files in folders that are no inputs, whatever their names, passed over.
    pub strays: Vec<Passed>,
    /// Paths to what was read under another path.
    pub again: Vec<ReadOnce>,
    /// Columns that nothing reads, and the inputs that have them.
    pub unread_columns: BTreeMap<String, BTreeSet<Arc<str>>>,
}

/// What one input held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InputSummary {
    /// Events by grammar.
    pub grammars: BTreeMap<String, u64>,
    /// Messages that its delivery rows stand for.
    pub deliveries: u64,
    /// Events and delivery rows that came before.
    pub duplicates: u64,
    /// Rejects.
    pub rejects: u64,
    /// Those of them that hold nothing, such as a file of 0 bytes.
    pub empty: u64,
    /// Files lost, as a whole or from some place on.
    pub lost: u64,
}

/// Rejects of one reason.
#[derive(Debug, Clone, Default)]
pub struct RejectSummary {
    /// How many.
    pub count: u64,
    /// The first few.
    pub first: Vec<(Origin, String)>,
}

/// Replies of one template that no rule knows.
#[derive(Debug, Clone)]
pub struct UnknownTemplate {
    /// How many.
    pub count: u64,
    /// The first of them, verbatim.
    pub example: String,
    /// Who answered it.
    pub remote_mta: Option<String>,
}

impl Summary {
    /// Rejects of all reasons.
    pub fn reject_count(&self) -> u64 {
        self.rejects.values().map(|r| r.count).sum()
    }

    /// Rejects of what had something to read in it: an input that is empty as a whole is told by name, and no fault beside
    /// others. Where nothing was read at all, all of them.
    pub fn rejects_unread(&self) -> u64 {
        if self.events + self.delivery_rows == 0 {
            return self.reject_count();
        }
        let empty = self.inputs.values().filter(|input| input.is_empty()).map(|input| input.empty);
        self.reject_count() - empty.sum::<u64>()
    }

    /// Whether there was something to read, and nothing of it could be. Empty files and pages hold nothing to read.
    pub fn nothing_read(&self) -> bool {
        let refused = self.rejects.keys().any(|reason| *reason != RejectReason::Empty);
        self.events + self.delivery_rows == 0 && (refused || self.lost.total() > 0)
    }

    /// Counts the rows of a sheet, duplicates already dropped.
    pub(super) fn count(&mut self, sheet: &Sheet, role: Role) {
        self.items += sheet.items;
        self.bytes += sheet.bytes;
        let one = |a: &Origin, b: &Origin| Arc::ptr_eq(&a.source, &b.source);
        let events = sheet.events.chunk_by(|a, b| one(&a.event.origin, &b.event.origin));
        events.for_each(|rows| self.count_events(rows, role));
        let deliveries = sheet.deliveries.chunk_by(|a, b| one(&a.delivery.origin, &b.delivery.origin));
        deliveries.for_each(|rows| self.count_deliveries(rows, role));
        sheet.rejects.iter().for_each(|reject| self.count_reject(reject, role));
        self.count_lost(&sheet.lost, role);
        self.strays.extend_from_slice(&sheet.strays);
        sheet.repeated.iter().for_each(|(source, rows)| {
            self.duplicates += rows;
            self.input(source, role).duplicates += rows;
        });
        sheet.unread.iter().for_each(|(source, columns)| self.count_unread(source, columns));
    }

    fn count_unread(&mut self, source: &Arc<str>, columns: &[String]) {
        for name in columns {
            if self.unread_columns.len() < COLUMNS_KEPT || self.unread_columns.contains_key(name) {
                self.unread_columns.entry(name.clone()).or_default().insert(source.clone());
            }
        }
    }

    /// Counts rows of one source.
    fn count_events(&mut self, rows: &[ClassifiedEvent], role: Role) {
        let Some(first) = rows.first() else { return };
        let grammars = &mut self.input(&first.event.origin.source, role).grammars;
        for rows in rows.chunk_by(|a, b| a.event.grammar == b.event.grammar) {
            *grammars.entry(rows[0].event.grammar.to_string()).or_default() += rows.len() as u64;
        }
        self.events += rows.len() as u64;
        rows.iter().for_each(|row| self.count_event(row));
    }

    fn count_event(&mut self, row: &ClassifiedEvent) {
        *self.kinds.entry(row.event.kind).or_default() += 1;
        self.unread_bounces += u64::from(row.event.grammar == UNREAD_BOUNCE);
        self.hidden_complainers += u64::from(row.event.kind == Kind::Complaint && row.event.recipient.is_none());
        if let Some(time) = row.event.timestamp {
            let (first, last) = self.window.unwrap_or((time, time));
            self.window = Some((first.min(time), last.max(time)));
        }
        if let (Kind::Bounce, Some(class)) = (row.event.kind, &row.event.native_class) {
            *self.native_classes.entry((class.clone(), row.classification.cause)).or_default() += 1;
        }
        self.count_unknown(row);
    }

    fn count_unknown(&mut self, row: &ClassifiedEvent) {
        let named = row.classification.cause != Cause::Unknown;
        let (Kind::Bounce, false, Some(template)) = (row.event.kind, named, &row.classification.template) else {
            return;
        };
        let full = self.unknown.len() >= TEMPLATES_KEPT;
        match self.unknown.entry(template.clone()) {
            Entry::Occupied(known) => known.into_mut().count += 1,
            Entry::Vacant(_) if full => self.unknown_beyond += 1,
            Entry::Vacant(new) => {
                let example = row.event.reply.clone().unwrap_or_default();
                new.insert(UnknownTemplate { count: 1, example, remote_mta: row.event.remote_mta.clone() });
            }
        }
    }

    /// Counts rows of one source.
    fn count_deliveries(&mut self, rows: &[PlacedDelivery], role: Role) {
        let Some(first) = rows.first() else { return };
        let messages: u64 = rows.iter().map(|row| row.delivery.count).sum();
        self.input(&first.delivery.origin.source, role).deliveries += messages;
        self.delivery_rows += rows.len() as u64;
        self.deliveries += messages;
        self.last_delivery = self.last_delivery.max(rows.iter().filter_map(|row| row.delivery.timestamp).max());
    }

    fn count_reject(&mut self, reject: &Reject, role: Role) {
        let input = self.input(&reject.origin.source, role);
        input.rejects += 1;
        input.empty += u64::from(reject.reason == RejectReason::Empty);
        let of_reason = self.rejects.entry(reject.reason).or_default();
        of_reason.count += 1;
        if of_reason.first.len() < ORIGINS_SHOWN {
            of_reason.first.push((reject.origin.clone(), reject.detail.clone()));
        }
    }

    /// Counts lost files, each once, however much of it was lost in how many places.
    pub(super) fn count_lost(&mut self, lost: &[LostFile], role: Role) {
        for lost in lost {
            if self.lost.add(lost) {
                self.input(&lost.source, role).lost += 1;
            }
        }
    }

    /// Adds files that are no inputs, each once.
    pub(super) fn pass_over(&mut self, strays: &[Passed]) {
        self.strays.extend_from_slice(strays);
        self.strays.sort();
        self.strays.dedup();
    }

    /// What an input held so far.
    fn input(&mut self, source: &Arc<str>, role: Role) -> &mut InputSummary {
        self.inputs.entry((input_name(source), role)).or_default()
    }

    /// Adds what a later listing of the same run held.
    pub fn add(&mut self, other: Summary) {
        self.items += other.items;
        self.bytes += other.bytes;
        self.events += other.events;
        self.duplicates += other.duplicates;
        self.delivery_rows += other.delivery_rows;
        self.deliveries += other.deliveries;
        other.kinds.into_iter().for_each(|(kind, n)| *self.kinds.entry(kind).or_default() += n);
        self.unread_bounces += other.unread_bounces;
        self.hidden_complainers += other.hidden_complainers;
        for (input, more) in other.inputs {
            self.inputs.entry(input).or_default().add(more);
        }
        self.lost.merge(other.lost);
        for (reason, more) in other.rejects {
            let mine = self.rejects.entry(reason).or_default();
            mine.count += more.count;
            mine.first.extend(more.first);
            mine.first.truncate(ORIGINS_SHOWN);
        }
        for (template, more) in other.unknown {
            self.unknown.entry(template).and_modify(|mine| mine.count += more.count).or_insert(more);
        }
        self.unknown_beyond += other.unknown_beyond;
        other.native_classes.into_iter().for_each(|(pair, n)| *self.native_classes.entry(pair).or_default() += n);
        self.window = match (self.window, other.window) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (a, b) => a.or(b),
        };
        self.last_delivery = self.last_delivery.max(other.last_delivery);
        for (mine, more) in [(&mut self.skipped, other.skipped), (&mut self.ours, other.ours)] {
            // A folder in two roles passes over the same files twice.
            mine.extend(more);
            mine.sort();
            mine.dedup();
        }
        self.pass_over(&other.strays);
        self.again.extend(other.again);
        self.again.sort();
        self.again.dedup();
        for (name, inputs) in other.unread_columns {
            self.unread_columns.entry(name).or_default().extend(inputs);
        }
    }
}

impl InputSummary {
    /// Whether nothing is in it: nothing was read, refused or lost but what holds nothing.
    pub fn is_empty(&self) -> bool {
        let read = self.deliveries + self.duplicates + self.lost;
        self.empty > 0 && self.rejects == self.empty && self.grammars.is_empty() && read == 0
    }

    fn add(&mut self, more: InputSummary) {
        more.grammars.into_iter().for_each(|(name, rows)| *self.grammars.entry(name).or_default() += rows);
        self.deliveries += more.deliveries;
        self.duplicates += more.duplicates;
        self.rejects += more.rejects;
        self.empty += more.empty;
        self.lost += more.lost;
    }
}

/// The file, or for a mail of its own the folder: a mailbox of a million files is one input.
fn input_name(source: &Arc<str>) -> Arc<str> {
    let file = source.split('!').next().unwrap_or(source);
    let alone = file.ends_with(".eml") || file.contains("/cur/") || file.contains("/new/");
    match file.rsplit_once('/') {
        Some((folder, _)) if alone => format!("{folder}/").into(),
        _ if file.len() == source.len() => source.clone(),
        _ => file.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_mails_count_for_their_folder_and_archives_for_themselves() {
        for (source, want) in [
            ("in/a.eml", "in/"),
            ("box/cur/1.host:2,S", "box/cur/"),
            ("in/mails.zip!x/a.eml", "in/mails.zip"),
            ("in/log.csv", "in/log.csv"),
            ("-", "-"),
        ] {
            assert_eq!(&*input_name(&source.into()), want, "{source}");
        }
    }

    #[test]
    fn only_the_first_origins_of_a_reason_are_kept_but_all_are_counted() {
        let mut summary = Summary::default();
        for index in 0..9 {
            let origin = Origin { source: "a.csv".into(), index };
            let reject = Reject { origin, reason: RejectReason::BadRow, detail: String::new() };
            summary.count_reject(&reject, Role::Bounces);
        }
        let rejects = &summary.rejects[&RejectReason::BadRow];
        assert_eq!((rejects.count, rejects.first.len(), summary.reject_count()), (9, ORIGINS_SHOWN, 9));
    }
}
