//! Who mailed whom. In: the addresses listed, and the night's events and deliveries, each read once. Out: for each address the sending
//! domains that mailed it, and all of the night.

use std::path::PathBuf;

use polars::prelude::{
    Column, DataFrame, DataFrameJoinOps, IdxCa, IntoColumn, IntoLazy, JoinArgs, JoinType, NewChunkedArray,
    SortMultipleOptions, StringChunked, col, concat, len,
};

use crate::frame::{self, schema};

/// The address in lower case, as a column.
const KEY: &str = "key";
const ROW: &str = "row";
/// Pairs that wait to be joined, at least: a join for each row group would take long where many are listed.
const WORTH_JOINING: usize = 1 << 18;

/// Sending domains, by row of the frame of addresses.
#[derive(Debug)]
pub(super) struct Senders {
    /// Of the pairs, ascending.
    rows: Vec<u32>,
    /// The sending domain of each pair, in order for each row.
    of_row: StringChunked,
    /// All of the night, in order.
    all: StringChunked,
}

impl Senders {
    /// Those that mailed these addresses, whether the mail bounced or arrived.
    pub fn of(addresses: &DataFrame, night: &[&[PathBuf]]) -> anyhow::Result<Senders> {
        let listed = keyed(addresses)?;
        let (mut all, mut pairs, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
        for frame in frame::scan(&night.concat(), &[schema::RECIPIENT, schema::SENDING_DOMAIN])? {
            let key = col(schema::RECIPIENT).str().to_lowercase().alias(KEY);
            let mailed = frame?.lazy().filter(col(schema::SENDING_DOMAIN).is_not_null());
            let mailed = distinct(mailed.with_column(key).collect()?, &[KEY, schema::SENDING_DOMAIN])?;
            all.push(distinct(mailed.clone(), &[schema::SENDING_DOMAIN])?);
            waiting.push(mailed);
            if waiting.iter().map(DataFrame::height).sum::<usize>() > WORTH_JOINING.max(listed.height()) {
                pairs.push(joined(&listed, std::mem::take(&mut waiting))?);
            }
        }
        pairs.push(joined(&listed, waiting)?);
        let by = [ROW, schema::SENDING_DOMAIN];
        let pairs = distinct(together(pairs, &by)?, &by)?.sort(by, SortMultipleOptions::default())?;
        let domain = [schema::SENDING_DOMAIN];
        let all = distinct(together(all, &domain)?, &domain)?.sort(domain, SortMultipleOptions::default())?;
        Ok(Senders {
            rows: pairs.column(ROW)?.u32()?.iter().flatten().collect(),
            of_row: pairs.column(schema::SENDING_DOMAIN)?.str()?.rechunk().into_owned(),
            all: all.column(schema::SENDING_DOMAIN)?.str()?.rechunk().into_owned(),
        })
    }

    /// How many the night has.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// All of the night.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.all.iter().flatten()
    }

    /// Those that mailed the address at a row.
    pub fn mailed(&self, row: usize) -> impl Iterator<Item = &str> {
        let row = row as u32;
        let from = self.rows.partition_point(|known| *known < row);
        let to = self.rows.partition_point(|known| *known <= row);
        (from..to).filter_map(|at| self.of_row.get(at))
    }
}

/// `key row` of the addresses listed.
fn keyed(addresses: &DataFrame) -> anyhow::Result<DataFrame> {
    let rows: Vec<u32> = (0..addresses.height() as u32).collect();
    let row = IdxCa::from_slice(ROW.into(), &rows).into_column();
    if addresses.height() == 0 {
        return Ok(DataFrame::new_infer_height(vec![
            Column::new_empty(KEY.into(), &polars::prelude::DataType::String),
            row,
        ])?);
    }
    let keys = addresses.clone().lazy().select([col("email").str().to_lowercase().alias(KEY)]).collect()?;
    Ok(keys.hstack(&[row])?)
}

/// The pairs of row and sending domain among what waits.
fn joined(listed: &DataFrame, waiting: Vec<DataFrame>) -> anyhow::Result<DataFrame> {
    let by = [KEY, schema::SENDING_DOMAIN];
    let mailed = distinct(together(waiting, &by)?, &by)?;
    let pairs = mailed.join(listed, [KEY], [KEY], JoinArgs::new(JoinType::Inner), None)?;
    Ok(pairs.select([ROW, schema::SENDING_DOMAIN])?)
}

/// The distinct rows of these columns.
fn distinct(frame: DataFrame, by: &[&str]) -> anyhow::Result<DataFrame> {
    let columns: Vec<_> = by.iter().map(|name| col(*name)).collect();
    let groups = frame.lazy().group_by(columns.clone()).agg([len().alias("rows")]);
    Ok(groups.select(columns).collect()?)
}

/// All of these under one another; without any, a frame of no rows.
fn together(frames: Vec<DataFrame>, columns: &[&str]) -> anyhow::Result<DataFrame> {
    if frames.is_empty() {
        let column = |name: &&str| match *name {
            ROW => IdxCa::from_slice(ROW.into(), &[]).into_column(),
            name => StringChunked::from_slice(name.into(), &[] as &[&str]).into_column(),
        };
        return Ok(DataFrame::new_infer_height(columns.iter().map(column).collect())?);
    }
    let frames: Vec<_> = frames.into_iter().map(IntoLazy::lazy).collect();
    Ok(concat(frames, Default::default())?.collect()?)
}
