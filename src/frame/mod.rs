//! SHELVES: events and deliveries -> columns -> Parquet, and back as frames, one row group at a time.
//!
//! In: classified events, deliveries, rejects. Out: `DataFrame`s and the Parquet files of a night. The files hold text,
//! `Int64`, `Int32`, `Boolean` and UTC milliseconds, which every engine knows; in memory closed sets are `Enum`. Text stays
//! text: Parquet's own dictionaries keep it small, and the bytes do not depend on threads. Counting is facts' and outcome's work.

pub mod cells;
mod convert;
mod deliveries;
mod events;
mod night;
mod read;
mod rewrite;
pub mod schema;
mod unmatched;

use std::fmt::{self, Display, Write};
use std::net::IpAddr;
use std::sync::Arc;

use polars::prelude::{
    ChunkFullNull, Column, Int32Chunked, Int64Chunked, IntoColumn, NewChunkedArray, StringChunked,
    StringChunkedBuilder, TimeUnit, TimeZone,
};

use crate::bounce::Key;

pub use deliveries::{DeliveryId, PlacedDelivery, delivery_frame};
pub use events::{ClassifiedEvent, event_frame, names_a_cause};
pub use night::{EventsWriter, NightFiles, NightWriter, Sink, rejects};
pub use read::{RowGroups, scan};
pub use rewrite::name_incidents;
pub use unmatched::mark as mark_unmatched;

/// What a row of either table tells beside its fields; computed once, when it is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowFacts {
    /// The recipient under the run's key; `None` without one.
    pub recipient: Option<i64>,
    /// The family of the receiver that the host belongs to, or without one the reply's own words; `None` where neither says
    /// anything of the recipient's domain.
    pub receiver_family: Option<Arc<str>>,
    /// What marks one customer in the host's name, as `RECEIVER:KEY`; `None` as above, and where hosts are shared.
    pub customer_key: Option<Arc<str>>,
}

/// The column of recipients' keys.
fn recipient_keys<R>(rows: &[R], key: impl Fn(&R) -> Option<i64>) -> Column {
    Int64Chunked::from_iter_options(schema::RECIPIENT_KEY.into(), rows.iter().map(key)).into_column()
}

/// The column of their buckets.
fn buckets<R>(rows: &[R], key: impl Fn(&R) -> Option<i64>) -> Column {
    let buckets = rows.iter().map(|row| key(row).map(Key::bucket));
    Int32Chunked::from_iter_options(schema::BUCKET.into(), buckets).into_column()
}

/// A text column.
fn text<'a, R>(name: &str, rows: &'a [R], field: impl Fn(&'a R) -> Option<&'a str>) -> Column {
    // Of forty columns most inputs leave half empty.
    if rows.iter().all(|row| field(row).is_none()) {
        return StringChunked::full_null(name.into(), rows.len()).into_column();
    }
    StringChunked::from_iter_options(name.into(), rows.iter().map(field)).into_column()
}

/// A text column whose cells are made, not borrowed: all in one buffer.
fn made_text<R, D: Display>(name: &str, rows: &[R], field: impl Fn(&R) -> Option<D>) -> Column {
    let mut cells = StringChunkedBuilder::new(name.into(), rows.len());
    let mut cell = String::new();
    for row in rows {
        cell.clear();
        let made = field(row).map(|value| write!(cell, "{value}").expect("a String takes whatever is written"));
        cells.append_option(made.map(|()| cell.as_str()));
    }
    cells.finish().into_column()
}

/// Our IP as its column spells it.
struct Ip(IpAddr);

impl Display for Ip {
    /// Version 4 in one piece: one number after the other takes four times as long, and each row has one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let IpAddr::V4(ip) = self.0 else { return self.0.fmt(f) };
        let (mut text, mut end) = ([b'.'; 15], 0);
        for byte in ip.octets() {
            let digits = [byte / 100, byte / 10 % 10, byte % 10];
            let from = if byte >= 100 { 0 } else { 2 - usize::from(byte >= 10) };
            for digit in &digits[from..] {
                text[end] = b'0' + digit;
                end += 1;
            }
            // The last one has no dot behind it.
            end += 1;
        }
        f.write_str(str::from_utf8(&text[..end - 1]).map_err(|_| fmt::Error)?)
    }
}

/// A column of counts and positions. None is beyond what an `Int64` holds, save in input made to be so.
fn whole<R>(name: &str, rows: &[R], field: impl Fn(&R) -> u64) -> Column {
    Int64Chunked::from_iter_values(name.into(), rows.iter().map(|r| i64::try_from(field(r)).unwrap_or(i64::MAX)))
        .into_column()
}

/// A column of UTC milliseconds.
fn times<R>(name: &str, rows: &[R], field: impl Fn(&R) -> Option<crate::bounce::Timestamp>) -> Column {
    Int64Chunked::from_iter_options(name.into(), rows.iter().map(|r| field(r).map(|t| t.0)))
        .into_datetime(TimeUnit::Milliseconds, Some(TimeZone::UTC))
        .into_column()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ip_is_spelled_as_everywhere() {
        for ip in ["0.0.0.0", "192.0.2.1", "10.9.99.100", "255.255.255.255", "2001:db8::1"] {
            assert_eq!(Ip(ip.parse().unwrap()).to_string(), ip);
        }
    }
}
