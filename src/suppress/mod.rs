//! ACTING: events and judgement -> what goes on a list, what is held, what is protected. In: event files, a judgement,
//! the policy, options. Out: the lists as CSV files, and their counts.
//!
//! Two readings: the first keeps 32 bytes for each failure and rules on each address, the second writes the rows
//! that the decisions name, so that no text is held and the lists come in the order of their first evidence. What may
//! suppress at all is held by two types, `AddressEntry` and `DomainEntry`; the rest decides whether it ought to.
//! Memory of earlier nights is history's work.

use std::path::{Path, PathBuf};

use polars::prelude::DataFrame;

use crate::frame;
use crate::outcome::incident::Judgement;
use crate::tables::policy::Suppress;

mod brake;
mod decision;
mod delivered;
mod domain_entry;
mod domains;
mod entry;
mod fate;
mod folders;
mod frames;
mod gather;
mod lists;
mod options;
mod plan;
pub mod present;
pub mod provenance;
mod record;
pub mod release;
mod sheet;
mod signal;
mod spreadsheet;
mod unreliable_unknown;
mod write;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use brake::{Brake, Cap};
pub use domain_entry::DomainEntry;
pub use spreadsheet::{is_formula, place, prose};
#[cfg(test)]
pub use {domains::HeldDomain, entry::Seen};

pub use decision::Hold;
pub use fate::{ByFate, Fate};
pub use folders::{BRAKED, acting, leaving};
pub use frames::ListFrames;
pub use lists::{Lists, NotExpressed};
pub use options::{Allow, Keep, Options};
pub use plan::Plan;
pub use release::Released;
pub use sheet::ListFile;
pub use write::{ADDRESSES, DOMAINS};

use decision::{Decision, Rules, Verdict};
use domains::Targets;
use fate::Counting;
use gather::Gather;
use unreliable_unknown::Troubled;

/// Frames with the columns asked for, all event files one after the other.
type Frames = Box<dyn Iterator<Item = anyhow::Result<DataFrame>> + Send>;

/// Rules on every address of the night.
///
/// # Errors
/// Event files that cannot be read or lack a column.
pub fn decide<'a>(
    events: &[PathBuf],
    judgement: &'a Judgement,
    policy: &'a Suppress,
    options: &'a Options,
) -> anyhow::Result<Plan<'a>> {
    let deliveries = frame::scan(&options.deliveries, delivered::COLUMNS)?;
    Plan::from_frames(frame::scan(events, gather::Columns::NAMES)?, deliveries, judgement, policy, options)
}

impl<'a> Plan<'a> {
    fn from_frames(
        events: Frames,
        deliveries: Frames,
        judgement: &'a Judgement,
        policy: &'a Suppress,
        options: &'a Options,
    ) -> anyhow::Result<Plan<'a>> {
        let mut targets = Targets::new(judgement, policy, options);
        let troubled = Troubled::new(&judgement.incidents, &options.receivers);
        let mut gather = Gather::new(judgement, policy, options, &targets, &troubled);
        for frame in events {
            gather.frame(&frame?)?;
        }
        let (mut records, delays) = gather.finish();
        records.extend(delivered::since(&records, deliveries)?);
        records.sort_unstable();
        let shown = domains::shown(&records, &targets);
        let covered = targets.acting(&shown);
        let rules = Rules { full_days: policy.mailbox_full.bounces, covered: &covered };
        let (mut decisions, mut covered_addresses, mut unmatched) = (Vec::new(), 0, 0);
        let mut fates = Counting::with_delays(delays);
        for address in records.chunk_by(|a, b| a.address == b.address) {
            let decision = Decision::on(address, rules);
            decision.iter().for_each(|decision| fates.add(decision, address));
            match decision {
                Some(decision) if decision.verdict == Verdict::Covered => covered_addresses += 1,
                Some(decision) if decision.verdict == Verdict::Unmatched => unmatched += 1,
                Some(decision) if decision.verdict == Verdict::Retry => {}
                decision => decisions.extend(decision),
            }
        }
        drop(records);
        decisions.sort_unstable_by_key(|r| r.row);
        let addresses = decisions.iter().filter(|r| r.verdict == Verdict::Suppress).count();
        let new = (addresses + covered.iter().filter(|c| **c).count()) as u64;
        let brake = Brake::new(new, options.cap, judgement.recipients_mailed, &policy.brake);
        let (covered, fates) = (covered_addresses, fates.finish(&judgement.incidents));
        Ok(Plan { judgement, policy, options, targets, shown, decisions, fates, covered, unmatched, brake })
    }

    /// Writes the lists: what acts to `night/suppression/`, what comes off to `night/release/`, or both to `night/review/braked/` where
    /// the brake has tripped; what is for people to `night/review/`. What is asked for by `keep` is handed on as frames.
    ///
    /// # Errors
    /// Event files that cannot be read again, and files that cannot be written.
    pub fn write(&self, events: &[PathBuf], night: &Path, keep: &Keep<'_>) -> anyhow::Result<Decided> {
        let (mut lists, frames) = write::lists(self, frame::scan(events, write::Columns::NAMES)?, night, keep)?;
        let options = self.options;
        let released = match keep.existing {
            Some(existing) => release::released(&frames, (events, &options.deliveries), options.as_of, existing)?,
            None => Released::default(),
        };
        lists.released = released.by_reason();
        let path = format!("{}/reactivate.csv", leaving(self.brake.tripped()));
        let mut sheet = sheet::Sheet::create(night, path, release::COLUMNS, |_| false)?;
        released.rows().try_for_each(|row| sheet.row(&row, false).map(drop))?;
        // Before what is for people alone.
        let place = lists.files.iter().position(|file| file.path.ends_with("/list_sources.csv"));
        lists.files.insert(place.unwrap_or(lists.files.len()), sheet.finish()?.0);
        Ok(Decided { lists, frames, released })
    }
}

/// All that is decided about a night, written.
#[derive(Debug)]
pub struct Decided {
    /// For reports.
    pub lists: Lists,
    /// What is listed.
    pub frames: ListFrames,
    /// What comes off the present list.
    pub released: Released,
}
