//! Deliveries since: a mailbox that took mail after it was called dead is not dead. In: the records of the first
//! reading, and frames of deliveries. Out: one record for each address that was delivered to after its last "unknown".

use std::collections::HashMap;

use polars::prelude::DataFrame;

use super::record::{NONE, Record, second};
use super::signal::Signal;
use crate::frame::cells::{Numbers, Times, flags};
use crate::frame::schema;

/// The columns that tell.
pub(super) const COLUMNS: &[&str] = &[schema::RECIPIENT_KEY, schema::TIMESTAMP, schema::ATTEMPTED];

/// The addresses among `records` that were delivered to after they had been called dead. Rows without a date, and rows
/// of a send log, which hold what was attempted, prove nothing.
///
/// # Errors
/// Frames that cannot be read or lack a column.
pub(super) fn since(
    records: &[Record],
    frames: impl Iterator<Item = anyhow::Result<DataFrame>>,
) -> anyhow::Result<Vec<Record>> {
    let mut dead: HashMap<i64, u32> = HashMap::new();
    for record in records.iter().filter(|r| speaks_of_the_mailbox(r.signal) && r.second != NONE) {
        let last = dead.entry(record.address).or_insert(record.second);
        *last = record.second.max(*last);
    }
    let mut found = Vec::new();
    for frame in frames {
        let frame = frame?;
        let recipients = Numbers::of(&frame, schema::RECIPIENT_KEY)?;
        let times = Times::of(&frame, schema::TIMESTAMP)?;
        let attempted = flags(&frame, schema::ATTEMPTED)?;
        for row in (0..frame.height()).filter(|row| attempted.get(*row) != Some(true)) {
            let Some(address) = recipients.get(row) else { continue };
            let second = second(times.get(row));
            // One later delivery says it all.
            if second != NONE && dead.get(&address).is_some_and(|last| second > *last) {
                dead.remove(&address);
                found.push(Record { second, ..Record::of(address, Signal::Delivered) });
            }
        }
    }
    Ok(found)
}

fn speaks_of_the_mailbox(signal: Signal) -> bool {
    matches!(
        signal,
        Signal::Dead | Signal::DoubtWording | Signal::DoubtIncident | Signal::DoubtUnreliable | Signal::Full
    )
}

#[cfg(test)]
mod tests {
    use polars::prelude::{BooleanChunked, IntoColumn, NewChunkedArray};

    use super::*;
    use crate::bounce::{Blames, Cause, Key};
    use crate::suppress::testing::{self, DAY, MIDNIGHT, Row, bounce};

    fn deliveries(recipient: &str, millis: i64, attempted: bool) -> DataFrame {
        let row = Row { millis, ..bounce(recipient, Cause::Unknown, Blames::Unknown) };
        let mut frame = testing::frame(&[row]).select([schema::RECIPIENT_KEY, schema::TIMESTAMP]).unwrap();
        frame.with_column(BooleanChunked::from_slice(schema::ATTEMPTED.into(), &[attempted]).into_column()).unwrap();
        frame
    }

    #[test]
    fn only_a_later_delivery_to_the_same_address_counts() {
        let second = u32::try_from(MIDNIGHT / 1000).unwrap();
        let dead =
            Record { row: 0, second, ..Record::of(Key::default().recipient_of("ann@example.com"), Signal::Dead) };
        for (recipient, millis, attempted, want) in [
            ("Ann@example.com", MIDNIGHT + DAY, false, 1),
            ("ann@example.com", MIDNIGHT - DAY, false, 0),
            ("bob@example.com", MIDNIGHT + DAY, false, 0),
            ("ann@example.com", MIDNIGHT + DAY, true, 0),
        ] {
            let frames = Box::new(std::iter::once(Ok(deliveries(recipient, millis, attempted))));
            assert_eq!(since(&[dead], frames).unwrap().len(), want, "{recipient} {millis} {attempted}");
        }
    }
}
