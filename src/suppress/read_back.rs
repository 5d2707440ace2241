//! Lists read back: the rows of a CSV by the names of its columns. In: a list of the night, or one of the sender's own. Out: entries.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;

use crate::facts::maps::delimiter_of;
use crate::bounce::Cause;
use crate::tables::targets::Holds;

/// One entry: the columns of its list, by name. A night has millions: the names are shared, the cells are one piece.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Of the columns, in order.
    pub names: Arc<[String]>,
    cells: Box<str>,
    /// Where each cell ends; it starts where the one before ends.
    ends: Box<[usize]>,
    /// Sending domains that mailed it; `None` where the night does not say which.
    pub senders: Option<BTreeSet<String>>,
}

impl Entry {
    /// An entry of these cells; what is beyond the names is left out.
    pub fn of<'c>(names: &Arc<[String]>, cells: impl Iterator<Item = &'c str>) -> Entry {
        let (mut text, mut ends) = (String::new(), Vec::with_capacity(names.len()));
        for cell in cells.take(names.len()) {
            text.push_str(cell);
            ends.push(text.len());
        }
        Entry { names: names.clone(), cells: text.into(), ends: ends.into(), senders: None }
    }

    /// A cell; empty where the list has none of that name. Of several columns of one name the last counts.
    pub fn get(&self, name: &str) -> &str {
        let at = self.names[..self.ends.len()].iter().rposition(|known| known == name);
        at.map_or("", |at| self.cell(at))
    }

    /// How many cells it has.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The cell at a position below `len`.
    pub fn cell(&self, at: usize) -> &str {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.cells[start..self.ends[at]]
    }

    /// What tells it from others.
    pub fn key(&self) -> String {
        let of = if self.get("email").is_empty() { "domain" } else { "email" };
        self.get(of).to_lowercase()
    }

    /// Whether a file that holds these holds it.
    pub fn is(&self, holds: Holds) -> bool {
        let complaint = self.get("cause") == Cause::Complaint.as_str();
        match holds {
            Holds::Addresses => true,
            Holds::Bounces => !complaint,
            Holds::Complaints => complaint,
            Holds::Domains => false,
        }
    }

    /// The sending domains whose lists it belongs on; empty where nobody knows.
    pub fn senders(&self) -> impl Iterator<Item = &str> {
        let own = Some(self.get("sending_domain")).filter(|domain| !domain.is_empty());
        let all = if own.is_some() { None } else { self.senders.as_ref() };
        own.into_iter().chain(all.into_iter().flatten().map(String::as_str))
    }
}

/// The rows of a CSV with a header, its names in lower case.
pub(super) fn read_csv(path: &Path) -> anyhow::Result<impl Iterator<Item = anyhow::Result<Entry>>> {
    let context = || format!("{}: reading", path.display());
    let mut file = BufReader::new(File::open(path).with_context(context)?);
    let start = file.fill_buf().with_context(context)?;
    let delimiter = delimiter_of(start.split(|byte| *byte == b'\n').next().unwrap_or_default());
    let mut reader = csv::ReaderBuilder::new().flexible(true).delimiter(delimiter).from_reader(file);
    // Some spreadsheets begin with a byte order mark.
    let name = |cell: &str| cell.trim_start_matches('\u{feff}').trim().to_lowercase();
    let names: Arc<[String]> = reader.headers().with_context(context)?.iter().map(name).collect();
    Ok(reader.into_records().map(move |record| {
        let record = record.with_context(context)?;
        Ok(Entry::of(&names, record.iter().map(str::trim)))
    }))
}
