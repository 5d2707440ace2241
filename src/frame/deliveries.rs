//! Deliveries as columns. In: deliveries of logs and exports. Out: one frame with all of `schema::DELIVERY_COLUMNS`.

use polars::prelude::*;

use super::{Ip, made_text, schema, text, times, whole};
use crate::bounce::{Address, Delivery};

/// A delivery with what the row itself does not hold.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedDelivery {
    /// What was read.
    pub delivery: Delivery,
    /// Registrable domain of the recipient; `None` for consumer domains.
    pub organisation: Option<String>,
    /// The receiver that the accepting host belongs to.
    pub receiver: Option<String>,
    /// A row of a send log: attempted, bounces still to be subtracted.
    pub attempted: bool,
}

/// The rows as a frame with the columns of `schema::DELIVERY_COLUMNS`, in that order.
///
/// # Errors
/// None that input can cause; polars checks lengths and types.
pub fn delivery_frame(rows: &[PlacedDelivery]) -> PolarsResult<DataFrame> {
    let columns = vec![
        text(schema::RECIPIENT, rows, |r| r.delivery.recipient.as_ref().map(Address::as_str)),
        text(schema::RECIPIENT_DOMAIN, rows, |r| Some(&r.delivery.recipient_domain)),
        text(schema::ORGANISATION, rows, |r| r.organisation.as_deref()),
        text(schema::RECEIVER, rows, |r| r.receiver.as_deref()),
        whole(schema::COUNT, rows, |r| r.delivery.count),
        BooleanChunked::from_iter_values(schema::ATTEMPTED.into(), rows.iter().map(|r| r.attempted)).into_column(),
        times(schema::TIMESTAMP, rows, |r| r.delivery.timestamp),
        made_text(schema::SENDING_IP, rows, |r| r.delivery.sending_ip.map(Ip)),
        text(schema::SENDING_DOMAIN, rows, |r| r.delivery.sending_domain.as_deref()),
        text(schema::CAMPAIGN_ID, rows, |r| r.delivery.campaign_id.as_deref()),
        text(schema::LIST_SOURCE, rows, |r| r.delivery.list_source.as_deref()),
        text(schema::REMOTE_MTA, rows, |r| r.delivery.remote_mta.as_deref()),
        text(schema::MESSAGE_ID, rows, |r| r.delivery.message_id.as_deref()),
    ];
    DataFrame::new(rows.len(), columns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounce::Origin;

    #[test]
    fn the_frame_has_exactly_the_columns_of_the_schema() {
        let delivery = Delivery {
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
        };
        let rows = [PlacedDelivery { delivery, organisation: None, receiver: None, attempted: false }];
        let frame = delivery_frame(&rows).unwrap();
        assert_eq!(frame.get_column_names(), schema::DELIVERY_COLUMNS);
        assert_eq!(frame.column(schema::SENDING_IP).unwrap().null_count(), 1);
    }
}
