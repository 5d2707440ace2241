//! A sample reply for each incident, verbatim. In: the rows that incidents own. Out: for each incident the reply of its first
//! row, and where it was read. The texts are large, so only the row groups that hold a sample are read for them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use polars::prelude::DataFrame;

use super::groups::NOBODY;
use crate::bounce::Origin;
use crate::frame::cells::{Numbers, Times, Words};
use crate::frame::{RowGroups, schema};

const COLUMNS: &[&str] = &[schema::REPLY, schema::SOURCE, schema::SOURCE_INDEX];

/// The first rows of each incident: by time, then by recipient. Rows that agree in both stand here together, and their
/// texts decide, so the choice does not depend on the order of the files. They are many only where one recipient's rows say no time.
#[derive(Debug, Default)]
pub struct Samples(BTreeMap<u32, First>);

/// Time and recipient of the first row, and where the rows lie that have them: row group and row.
#[derive(Debug)]
struct First {
    order: (Option<i64>, Option<i64>),
    places: Vec<(usize, usize)>,
}

impl Samples {
    /// Looks at the rows of a row group with their owners.
    ///
    /// # Errors
    /// A column that is missing.
    pub fn add(&mut self, group: usize, frame: &DataFrame, owners: &[u32]) -> anyhow::Result<()> {
        let times = Times::of(frame, schema::TIMESTAMP)?;
        let recipients = Numbers::of(frame, schema::RECIPIENT_KEY)?;
        for (row, owner) in owners.iter().enumerate().filter(|(_, owner)| **owner != NOBODY) {
            let order = (times.get(row).map(|time| time.0), recipients.get(row));
            self.show(*owner, First { order, places: vec![(group, row)] });
        }
        Ok(())
    }

    /// Those of another part too.
    pub fn join(&mut self, other: Samples) {
        other.0.into_iter().for_each(|(owner, first)| self.show(owner, first));
    }

    fn show(&mut self, owner: u32, first: First) {
        match self.0.entry(owner) {
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(first);
            }
            std::collections::btree_map::Entry::Occupied(mut shown) if first.order < shown.get().order => {
                shown.insert(first);
            }
            std::collections::btree_map::Entry::Occupied(mut shown) => {
                let shown = shown.get_mut();
                if shown.order == first.order {
                    shown.places.extend(first.places);
                }
            }
        }
    }

    /// The sample of each incident: its text, and where it was read.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read(&self, events: &[PathBuf]) -> anyhow::Result<BTreeMap<u32, (String, Origin)>> {
        let groups = RowGroups::open(events, COLUMNS)?;
        let mut wanted: BTreeMap<usize, Vec<(usize, u32)>> = BTreeMap::new();
        for (owner, first) in &self.0 {
            first.places.iter().for_each(|(group, row)| wanted.entry(*group).or_default().push((*row, *owner)));
        }
        let mut samples: BTreeMap<u32, (String, Origin)> = BTreeMap::new();
        for (group, rows) in wanted {
            let frame = groups.read(group)?;
            let (replies, sources) = (Words::of(&frame, schema::REPLY)?, Words::of(&frame, schema::SOURCE)?);
            let indices = Numbers::of(&frame, schema::SOURCE_INDEX)?;
            for (row, owner) in rows {
                let Some(reply) = replies.get(row) else { continue };
                let index = indices.get(row).and_then(|index| u64::try_from(index).ok()).unwrap_or_default();
                let origin = Origin { source: sources.get(row).unwrap_or_default().into(), index };
                let found = (reply.to_owned(), origin);
                if samples.get(&owner).is_none_or(|known| found < *known) {
                    samples.insert(owner, found);
                }
            }
        }
        Ok(samples)
    }
}
