//! Entries of targets: rows of frames by the names of their columns. In: frames of text. Out: cells, and frames of chosen rows.

use polars::prelude::{BooleanChunked, DataFrame, NewChunkedArray, StringChunked};

use super::senders::Senders;
use crate::bounce::Cause;
use crate::tables::targets::Holds;

/// The columns of a frame, and who mailed its rows.
pub(super) struct Cells<'f> {
    height: usize,
    columns: Vec<(&'f str, &'f StringChunked)>,
    senders: Option<&'f Senders>,
}

impl<'f> Cells<'f> {
    /// The columns of a frame of text.
    pub fn of(frame: &'f DataFrame) -> anyhow::Result<Cells<'f>> {
        let column = |column: &'f polars::prelude::Column| Ok((column.name().as_str(), column.str()?));
        let columns = frame.columns().iter().map(column).collect::<anyhow::Result<_>>()?;
        Ok(Cells { height: frame.height(), columns, senders: None })
    }

    /// These, with the sending domains that mailed each row.
    pub fn with_senders(self, senders: Option<&'f Senders>) -> Cells<'f> {
        Cells { senders, ..self }
    }

    /// All rows.
    pub fn entries(&'f self) -> impl Iterator<Item = Entry<'f>> {
        (0..self.height).map(|row| Entry { cells: self, row })
    }
}

/// One entry.
#[derive(Clone, Copy)]
pub(super) struct Entry<'f> {
    cells: &'f Cells<'f>,
    row: usize,
}

impl<'f> Entry<'f> {
    /// Its row in the frame.
    pub fn row(self) -> usize {
        self.row
    }

    /// A cell; empty where there is no column of that name.
    pub fn get(self, name: &str) -> &'f str {
        let column = self.cells.columns.iter().find(|(known, _)| *known == name);
        column.and_then(|(_, column)| column.get(self.row)).unwrap_or_default()
    }

    /// Its address, or its domain where it is about a whole one.
    pub fn name(self) -> &'f str {
        Some(self.get("email")).filter(|email| !email.is_empty()).unwrap_or_else(|| self.get("domain"))
    }

    /// Whether a file that holds these holds it.
    pub fn is(self, holds: Holds) -> bool {
        let complaint = self.get("cause") == Cause::Complaint.as_str();
        match holds {
            Holds::Addresses => true,
            Holds::Bounces => !complaint,
            Holds::Complaints => complaint,
            Holds::Domains => false,
        }
    }

    /// The sending domains whose lists it belongs on; empty where nobody knows.
    pub fn senders(self) -> impl Iterator<Item = &'f str> {
        let own = Some(self.get("sending_domain")).filter(|domain| !domain.is_empty());
        let all = self.cells.senders.filter(|_| own.is_none());
        own.into_iter().chain(all.into_iter().flat_map(move |senders| senders.mailed(self.row)))
    }
}

/// The rows whose cell is wanted; a frame without the column has none.
pub(super) fn those(frame: &DataFrame, column: &str, wanted: impl Fn(&str) -> bool) -> anyhow::Result<DataFrame> {
    if frame.width() == 0 {
        return Ok(DataFrame::default());
    }
    let cells = frame.column(column)?.str()?.iter();
    let kept: Vec<bool> = cells.map(|cell| cell.is_some_and(&wanted)).collect();
    Ok(frame.filter(&BooleanChunked::from_slice("kept".into(), &kept))?)
}
