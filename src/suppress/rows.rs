//! Columns of the event files, read cell by cell. In: a frame. Out: typed cells; a word that its closed set does not
//! know reads as missing, as a null does.

use anyhow::Context;
use polars::prelude::{Categorical8Type, CategoricalChunked, ChunkedArray, DataFrame, DataType, Int64Type};
use polars::prelude::{Int32Type, StringChunked};

use super::cover::Place;
use crate::bounce::Timestamp;
use crate::frame::schema;

/// A column of text: plain, or a closed set.
pub(super) enum Text<'a> {
    Plain(&'a StringChunked),
    Closed(&'a CategoricalChunked<Categorical8Type>),
}

impl<'a> Text<'a> {
    /// The column of that name.
    pub fn of(frame: &'a DataFrame, name: &str) -> anyhow::Result<Text<'a>> {
        let column = frame.column(name)?;
        if let Ok(text) = column.str() {
            return Ok(Text::Plain(text));
        }
        column
            .try_cat8()
            .map(Text::Closed)
            .with_context(|| format!("column {name}: expected text, found {}", column.dtype()))
    }

    /// The cell; `None` where it is null.
    pub fn get(&self, row: usize) -> Option<&'a str> {
        match self {
            Text::Plain(column) => column.get(row),
            Text::Closed(column) => column.get_mapping().cat_to_str(u32::from(column.physical().get(row)?)),
        }
    }

    /// The cell as a member of a closed set.
    pub fn word<W: std::str::FromStr>(&self, row: usize) -> Option<W> {
        self.get(row)?.parse().ok()
    }
}

/// The columns that say where an event belongs.
pub(super) struct PlaceColumns<'a> {
    organisation: Text<'a>,
    receiver: Text<'a>,
    sending_ip: Text<'a>,
    sending_domain: Text<'a>,
    campaign: Text<'a>,
    list_source: Text<'a>,
}

impl<'a> PlaceColumns<'a> {
    pub fn of(frame: &'a DataFrame) -> anyhow::Result<PlaceColumns<'a>> {
        let text = |name| Text::of(frame, name);
        Ok(PlaceColumns {
            organisation: text(schema::ORGANISATION)?,
            receiver: text(schema::RECEIVER)?,
            sending_ip: text(schema::SENDING_IP)?,
            sending_domain: text(schema::SENDING_DOMAIN)?,
            campaign: text(schema::CAMPAIGN_ID)?,
            list_source: text(schema::LIST_SOURCE)?,
        })
    }

    pub fn get(&self, row: usize) -> Place<'a> {
        Place {
            organisation: self.organisation.get(row),
            receiver: self.receiver.get(row),
            sending_ip: self.sending_ip.get(row),
            sending_domain: self.sending_domain.get(row),
            campaign: self.campaign.get(row),
            list_source: self.list_source.get(row),
        }
    }
}

/// The column of timestamps.
pub(super) struct Times<'a>(&'a ChunkedArray<Int64Type>);

impl<'a> Times<'a> {
    pub fn of(frame: &'a DataFrame, name: &str) -> anyhow::Result<Times<'a>> {
        let column = frame.column(name)?;
        let times = column.datetime().with_context(|| format!("column {name}: found {}", column.dtype()))?;
        Ok(Times(times.physical()))
    }

    pub fn get(&self, row: usize) -> Option<Timestamp> {
        self.0.get(row).map(Timestamp)
    }
}

/// The column of reply codes.
pub(super) fn codes<'a>(frame: &'a DataFrame, name: &str) -> anyhow::Result<&'a ChunkedArray<Int32Type>> {
    Ok(frame.column(name)?.i32()?)
}

/// A column of counts or positions.
pub(super) fn counts<'a>(frame: &'a DataFrame, name: &str) -> anyhow::Result<&'a ChunkedArray<Int64Type>> {
    let column = frame.column(name)?;
    anyhow::ensure!(*column.dtype() == DataType::Int64, "column {name}: expected i64, found {}", column.dtype());
    Ok(column.i64()?)
}
