//! Deliveries as columns. In: deliveries of logs and exports. Out: one frame with all of `schema::DELIVERY_COLUMNS`.

use std::fmt::{self, Write as _};

use polars::prelude::*;

use super::{Ip, RowFacts, buckets, made_text, recipient_keys, schema, text, times, whole};
use crate::bounce::{Address, Delivery};

/// A delivery with what the row itself does not hold.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedDelivery {
    /// What was read.
    pub delivery: Delivery,
    /// What it is called by.
    pub id: DeliveryId,
    /// What the row alone tells beside its fields.
    pub facts: RowFacts,
    /// A row of a send log: attempted, bounces still to be subtracted.
    pub attempted: bool,
}

/// The name of a row of deliveries. Rows stand for any number of messages, so two that say the same are two.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeliveryId {
    /// Digest of what was read of its input, up to the end of the batch that holds it.
    pub input: u64,
    /// Position in the input, as the origin has it.
    pub index: u64,
    /// Which of several at that position, from 0.
    pub part: u32,
}

impl fmt::Display for DeliveryId {
    /// `0123456789abcdef-17`, and for a further one at that position `0123456789abcdef-17.1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}-{}", self.input, self.index)?;
        if self.part > 0 { write!(f, ".{}", self.part) } else { Ok(()) }
    }
}

/// The column of ids: the digest, which is that of the row before mostly, is spelled once.
fn ids(rows: &[PlacedDelivery]) -> Column {
    let mut cells = StringChunkedBuilder::new(schema::DELIVERY_ID.into(), rows.len());
    let (mut cell, mut digest) = (String::new(), None);
    for PlacedDelivery { id, .. } in rows {
        if digest != Some(id.input) {
            digest = Some(id.input);
            cell = format!("{:016x}-", id.input);
        }
        let begun = cell.len();
        // A String takes whatever is written.
        let _ = if id.part > 0 { write!(cell, "{}.{}", id.index, id.part) } else { write!(cell, "{}", id.index) };
        cells.append_value(&cell);
        cell.truncate(begun);
    }
    cells.finish().into_column()
}

/// The rows as a frame with the columns of `schema::DELIVERY_COLUMNS`, in that order.
///
/// # Errors
/// None that input can cause; polars checks lengths and types.
pub fn delivery_frame(rows: &[PlacedDelivery]) -> PolarsResult<DataFrame> {
    let columns = vec![
        ids(rows),
        text(schema::SOURCE, rows, |r| Some(&r.delivery.origin.source)),
        whole(schema::SOURCE_INDEX, rows, |r| r.delivery.origin.index),
        text(schema::RECIPIENT, rows, |r| r.delivery.recipient.as_ref().map(Address::as_str)),
        text(schema::RECIPIENT_DOMAIN, rows, |r| Some(&r.delivery.recipient_domain)),
        whole(schema::COUNT, rows, |r| r.delivery.count),
        BooleanChunked::from_iter_values(schema::ATTEMPTED.into(), rows.iter().map(|r| r.attempted)).into_column(),
        times(schema::TIMESTAMP, rows, |r| r.delivery.timestamp),
        made_text(schema::SENDING_IP, rows, |r| r.delivery.sending_ip.map(Ip)),
        text(schema::SENDING_DOMAIN, rows, |r| r.delivery.sending_domain.as_deref()),
        text(schema::CAMPAIGN_ID, rows, |r| r.delivery.campaign_id.as_deref()),
        text(schema::LIST_SOURCE, rows, |r| r.delivery.list_source.as_deref()),
        text(schema::REMOTE_MTA, rows, |r| r.delivery.remote_mta.as_deref()),
        text(schema::MESSAGE_ID, rows, |r| r.delivery.message_id.as_deref()),
        recipient_keys(rows, |r| r.facts.recipient),
        buckets(rows, |r| r.facts.recipient),
        text(schema::RECEIVER_FAMILY, rows, |r| r.facts.receiver_family.as_deref()),
        text(schema::CUSTOMER_KEY, rows, |r| r.facts.customer_key.as_deref()),
    ];
    DataFrame::new(rows.len(), columns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounce::Origin;

    fn delivery() -> Delivery {
        Delivery {
            origin: Origin { source: "d.csv".into(), index: 0 },
            recipient: None,
            recipient_domain: "example.com".into(),
            count: 3,
            timestamp: None,
            sending_ip: None,
            sending_domain: None,
            campaign_id: None,
            list_source: None,
            remote_mta: None,
            message_id: None,
        }
    }

    #[test]
    fn the_frame_has_exactly_the_columns_of_the_schema() {
        let delivery = delivery();
        let rows =
            [PlacedDelivery { delivery, id: DeliveryId::default(), facts: RowFacts::default(), attempted: false }];
        let frame = delivery_frame(&rows).unwrap();
        assert_eq!(frame.get_column_names(), schema::DELIVERY_COLUMNS);
        assert_eq!(frame.column(schema::SENDING_IP).unwrap().null_count(), 1);
    }

    #[test]
    fn the_column_of_ids_spells_each_as_it_is_spelled_alone() {
        let of = |input, index, part| DeliveryId { input, index, part };
        let all = [of(0, 0, 0), of(0, 0, 1), of(0, 12, 0), of(u64::MAX, 7, 0), of(5, u64::MAX, u32::MAX)];
        let rows =
            all.map(|id| PlacedDelivery { delivery: delivery(), id, facts: RowFacts::default(), attempted: false });
        let column = ids(&rows);
        let spelled: Vec<String> = column.str().unwrap().iter().flatten().map(str::to_owned).collect();
        assert_eq!(spelled, all.map(|id| id.to_string()));
    }
}
