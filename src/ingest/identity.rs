//! Which rows are one. An event is its content, so equal rows are one event wherever they are read, and the id is the content's.
//! Rows of deliveries are named by their input and their place in it: each may stand for any number of messages, so two that say
//! the same are two. Only one that names its message and its recipient, and stands for that message alone, is dropped when it
//! comes again: platforms report those more than once.
//!
//! In: events, deliveries. Out: whether one was seen before in this run; what a delivery is called by. Of an input only what was
//! read is known when its rows are made, so its digest is over the deliveries read of it, up to the end of their batch: batches
//! are cut by content alone, so it is the same through a pipe, from a path, and for any number of threads. An input that begins as
//! one before it has a digest of its own, by how many such there were.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasherDefault;
use std::net::IpAddr;
use std::sync::Arc;

use crate::bounce::{Address, AsIs, Delivery, Key};
use crate::frame::DeliveryId;

/// Bytes for which what a delivery says is given room at once.
const USUAL_LEN: usize = 256;

/// What tells one message to one recipient; `None` for a row that names none, or stands for several.
pub(super) fn message_id(key: &Key, delivery: &Delivery, attempted: bool) -> Option<u128> {
    let (message, recipient) = (delivery.message_id.as_ref()?, delivery.recipient.as_ref()?);
    if delivery.count != 1 {
        return None;
    }
    let mut said = Vec::with_capacity(USUAL_LEN);
    said.extend_from_slice(&[b'd', u8::from(attempted)]);
    said.extend_from_slice(&(message.len() as u64).to_le_bytes());
    said.extend_from_slice(message.as_bytes());
    said.extend_from_slice(recipient.lower().as_bytes());
    Some(key.row(&said))
}

/// The deliveries that a batch holds of each of its sources, by their content.
pub(super) fn digests(key: &Key, deliveries: &[Delivery]) -> Vec<(Arc<str>, u64)> {
    let rows = deliveries.chunk_by(|a, b| a.origin.source == b.origin.source);
    let mut said = Vec::new();
    let digest = |rows: &[Delivery]| {
        said.clear();
        rows.iter().for_each(|row| say(row, &mut said));
        Some((rows.first()?.origin.source.clone(), key.row(&said) as u64))
    };
    rows.filter_map(digest).collect()
}

/// Adds what a row says, so that no other row looks the same.
fn say(row: &Delivery, said: &mut Vec<u8>) {
    let mut piece = |bytes: &[u8]| {
        said.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        said.extend_from_slice(bytes);
    };
    piece(&row.origin.index.to_le_bytes());
    piece(&row.count.to_le_bytes());
    piece(row.recipient.as_ref().map_or(row.recipient_domain.as_str(), Address::as_str).as_bytes());
    match row.timestamp {
        Some(at) => piece(&at.0.to_le_bytes()),
        None => piece(b""),
    }
    match row.sending_ip {
        Some(IpAddr::V4(ip)) => piece(&ip.octets()),
        Some(IpAddr::V6(ip)) => piece(&ip.octets()),
        None => piece(b""),
    }
    for text in [&row.sending_domain, &row.campaign_id, &row.list_source, &row.remote_mta, &row.message_id] {
        piece(text.as_deref().unwrap_or_default().as_bytes());
    }
}

/// The ids of a batch's deliveries, in order, but for the digests of their inputs.
pub(super) fn places(deliveries: &[Delivery]) -> Vec<DeliveryId> {
    let mut ids: Vec<DeliveryId> = Vec::with_capacity(deliveries.len());
    for (at, row) in deliveries.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| Some((deliveries.get(at)?, ids.get(at)?)));
        let part = match before {
            Some((last, id)) if last.origin == row.origin => id.part + 1,
            _ => 0,
        };
        ids.push(DeliveryId { input: 0, index: row.origin.index, part });
    }
    ids
}

/// What of this run was seen so far. Of each event half of its id: 8 bytes each, and at 30 million events a chance of one in
/// 40,000 that two different ones are taken for one.
#[derive(Debug)]
pub struct Seen {
    ids: Option<HashSet<u64, BuildHasherDefault<AsIs>>>,
    /// How many inputs began with these deliveries.
    begun: HashMap<u64, u64>,
    /// The input that deliveries were read of last, and its digest so far.
    last: Option<(Arc<str>, u64)>,
}

impl Default for Seen {
    fn default() -> Seen {
        Seen { ids: Some(HashSet::default()), begun: HashMap::new(), last: None }
    }
}

impl Seen {
    /// Remembers no events, so that every one is new: for listing what inputs hold, where a repetition is a row too.
    pub fn nothing() -> Seen {
        Seen { ids: None, ..Seen::default() }
    }

    /// Whether this id comes for the first time.
    pub fn is_new(&mut self, id: u128) -> bool {
        self.ids.as_mut().is_none_or(|ids| ids.insert(id as u64))
    }

    /// The digest of an input up to the end of a batch, of which `part` tells the deliveries. Batches come in order.
    pub(super) fn input(&mut self, source: &Arc<str>, part: u64) -> u64 {
        let digest = match self.last.take() {
            Some((name, digest)) if name == *source => joined(b'b', digest, part),
            _ => {
                let before = self.begun.entry(part).or_default();
                *before += 1;
                if *before == 1 { part } else { joined(b'n', part, *before) }
            }
        };
        self.last = Some((source.clone(), digest));
        digest
    }
}

/// A digest with what follows it: a further batch, or how many inputs began so.
fn joined(tag: u8, digest: u64, part: u64) -> u64 {
    let mut said = [tag; 17];
    said[1..9].copy_from_slice(&digest.to_le_bytes());
    said[9..].copy_from_slice(&part.to_le_bytes());
    blake3::hash(&said).as_bytes().first_chunk().map_or(0, |first| u64::from_le_bytes(*first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounce::Origin;

    fn delivery(message: Option<&str>, recipient: &str, count: u64) -> Delivery {
        Delivery {
            origin: Origin { source: "a".into(), index: 0 },
            recipient: Address::parse(recipient),
            recipient_domain: "example.com".into(),
            count,
            timestamp: None,
            sending_ip: None,
            sending_domain: None,
            campaign_id: None,
            list_source: None,
            remote_mta: None,
            message_id: message.map(str::to_owned),
        }
    }

    #[test]
    fn a_message_delivered_once_and_reported_twice_is_one_and_an_attempt_is_another_thing() {
        let id = |message, recipient, count, attempted| {
            message_id(&Key::default(), &delivery(message, recipient, count), attempted)
        };
        let one = id(Some("1"), "Ann@example.com", 1, false);
        assert!(one.is_some());
        assert_eq!(one, id(Some("1"), "ann@example.com", 1, false));
        assert_ne!(one, id(Some("1"), "bob@example.com", 1, false));
        assert_ne!(one, id(Some("1"), "Ann@example.com", 1, true));
        assert_eq!(id(None, "ann@example.com", 1, false), None);
        assert_eq!(id(Some("1"), "ann@example.com", 2, false), None);
    }

    #[test]
    fn rows_are_named_by_what_was_read_of_their_input_and_their_place() {
        let mut rows = vec![delivery(None, "ann@example.com", 1), delivery(None, "ann@example.com", 1)];
        rows.push(Delivery { origin: Origin { source: "a".into(), index: 4 }, ..delivery(None, "bob@example.com", 7) });
        let ids: Vec<String> = places(&rows).iter().map(DeliveryId::to_string).collect();
        assert_eq!(ids, ["0000000000000000-0", "0000000000000000-0.1", "0000000000000000-4"]);
        let digests = digests(&Key::default(), &rows);
        assert_eq!(digests.len(), 1);
        assert_eq!(&*digests[0].0, "a");
    }

    #[test]
    fn an_input_that_begins_as_another_has_names_of_its_own() {
        let (a, b): (Arc<str>, Arc<str>) = ("a.csv".into(), "b.csv".into());
        let mut seen = Seen::default();
        let of_a = [seen.input(&a, 1), seen.input(&a, 2)];
        let of_b = [seen.input(&b, 1), seen.input(&b, 2)];
        assert_eq!(of_a[0], 1, "alone it has the same names whatever else is read");
        let all: HashSet<u64> = of_a.into_iter().chain(of_b).collect();
        assert_eq!(all.len(), 4);
    }

    #[test]
    fn an_id_is_new_only_once() {
        let mut seen = Seen::default();
        assert!(seen.is_new(5) && !seen.is_new(5) && seen.is_new(6));
        let mut nothing = Seen::nothing();
        assert!(nothing.is_new(5) && nothing.is_new(5));
    }
}
