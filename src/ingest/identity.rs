//! Which rows are one event: the same message, recipient, action and reply, however often and wherever it is reported.
//!
//! In: a classified event. Out: its id, and whether it was seen before in this run. The reply counts by its template,
//! because each retry of one message draws a new queue id. A report without a Message-ID is the same as another only if
//! their bytes are; an export row without one, only if its time and sender are. Anything else is its own event.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

use crate::bounce::{Classification, Delivery, Event};

/// Bytes for which what makes an event itself is given room at once.
const USUAL_LEN: usize = 512;

/// 128 bits of BLAKE3 over what makes an event itself.
pub fn event_id(event: &Event, classification: &Classification) -> u128 {
    // Hashed in one go: the hasher is slow with many small pieces.
    let mut said = Vec::with_capacity(USUAL_LEN);
    let mut part = |tag: u8, bytes: &[u8]| {
        said.push(tag);
        said.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        said.extend_from_slice(bytes);
    };
    match (&event.message_id, event.item_hash, event.timestamp) {
        (Some(id), _, _) => part(b'm', id.as_bytes()),
        (None, 0, Some(time)) => {
            part(b't', &time.0.to_le_bytes());
            part(b'i', event.sending_ip.map(|ip| ip.to_string()).unwrap_or_default().as_bytes());
            part(b's', event.sending_domain.as_deref().unwrap_or_default().as_bytes());
            part(b'c', event.campaign_id.as_deref().unwrap_or_default().as_bytes());
        }
        (None, 0, None) => {
            part(b'o', event.origin.source.as_bytes());
            part(b'n', &event.origin.index.to_le_bytes());
        }
        (None, item, _) => part(b'h', &item.to_le_bytes()),
    }
    part(b'k', event.kind.as_str().as_bytes());
    part(b'a', event.action.map(|a| a.as_str()).unwrap_or_default().as_bytes());
    if let Some(recipient) = &event.recipient {
        part(b'r', recipient.lower().as_bytes());
    }
    match (&classification.template, &event.reply) {
        (Some(template), _) => part(b'p', template.as_bytes()),
        (None, Some(reply)) => part(b'p', reply.as_bytes()),
        (None, None) => {}
    }
    id_of(&said)
}

/// The first 128 bits of the hash.
fn id_of(said: &[u8]) -> u128 {
    let mut id = [0; 16];
    id.copy_from_slice(&blake3::hash(said).as_bytes()[..16]);
    u128::from_le_bytes(id)
}

/// The same for a delivery, which platforms also report more than once; `None` for one that names no message or no recipient.
pub fn delivery_id(delivery: &Delivery, attempted: bool) -> Option<u128> {
    let (message, recipient) = (delivery.message_id.as_ref()?, delivery.recipient.as_ref()?);
    let mut said = Vec::with_capacity(USUAL_LEN);
    said.extend_from_slice(&[b'd', u8::from(attempted)]);
    said.extend_from_slice(&(message.len() as u64).to_le_bytes());
    said.extend_from_slice(message.as_bytes());
    said.extend_from_slice(recipient.lower().as_bytes());
    Some(id_of(&said))
}

/// The events of this run so far, by half of their ids: 8 bytes each, and at 30 million events a chance of one in
/// 40,000 that two different ones are taken for one.
#[derive(Debug)]
pub struct Seen(Option<HashSet<u64, BuildHasherDefault<AsIs>>>);

impl Default for Seen {
    fn default() -> Seen {
        Seen(Some(HashSet::default()))
    }
}

impl Seen {
    /// Remembers nothing, so that every event is new: for listing what inputs hold, where a repetition is a row too.
    pub fn nothing() -> Seen {
        Seen(None)
    }

    /// Whether this id comes for the first time.
    pub fn is_new(&mut self, id: u128) -> bool {
        self.0.as_mut().is_none_or(|ids| ids.insert(id as u64))
    }
}

/// The ids are hashes already.
#[derive(Debug, Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounce::{Address, Basis, Blames, Cause, Kind, Origin, Permanence, Timestamp};

    fn event(source: &str, index: u64) -> Event {
        let mut event = Event::new(Origin { source: source.into(), index }, Kind::Bounce, "generic");
        event.recipient = Address::parse("ann@example.com");
        event.reply = Some("550 5.1.1 no such user (id 4711)".into());
        event
    }

    fn id(event: &Event, template: Option<&str>) -> u128 {
        let classification = Classification {
            template: template.map(Into::into),
            ..Classification::new(Cause::MailboxUnknown, Permanence::Permanent, Blames::Recipient, Basis::Directory)
        };
        event_id(event, &classification)
    }

    #[test]
    fn one_message_reported_by_two_files_is_one_event() {
        let (mut a, mut b) = (event("a.csv", 0), event("b.csv", 9));
        a.message_id = Some("1@example.net".into());
        b.message_id = a.message_id.clone();
        assert_eq!(id(&a, None), id(&b, None));
    }

    #[test]
    fn a_retry_that_differs_only_in_its_queue_id_is_the_same_event() {
        let (mut a, mut b) = (event("a.csv", 0), event("a.csv", 1));
        a.message_id = Some("1@example.net".into());
        b.message_id = a.message_id.clone();
        b.reply = Some("550 5.1.1 no such user (id 4712)".into());
        assert_eq!(id(&a, Some("no such user (id {n})")), id(&b, Some("no such user (id {n})")));
    }

    #[test]
    fn two_recipients_of_one_message_are_two_events() {
        let (mut a, mut b) = (event("a.csv", 0), event("a.csv", 1));
        a.message_id = Some("1@example.net".into());
        b.message_id = a.message_id.clone();
        b.recipient = Address::parse("bob@example.com");
        assert_ne!(id(&a, None), id(&b, None));
    }

    #[test]
    fn rows_without_message_or_time_are_never_taken_for_one() {
        assert_ne!(id(&event("a.csv", 0), None), id(&event("a.csv", 1), None));
    }

    #[test]
    fn rows_with_one_time_and_sender_are_one_event() {
        let (mut a, mut b) = (event("a.csv", 0), event("b.csv", 1));
        a.timestamp = Some(Timestamp(1));
        b.timestamp = a.timestamp;
        assert_eq!(id(&a, None), id(&b, None));
        b.campaign_id = Some("spring".into());
        assert_ne!(id(&a, None), id(&b, None));
    }

    #[test]
    fn a_report_read_twice_is_one_event_wherever_it_lies() {
        let (mut a, mut b) = (event("a.eml", 0), event("b.mbox", 3));
        a.item_hash = 77;
        b.item_hash = 77;
        assert_eq!(id(&a, None), id(&b, None));
    }

    #[test]
    fn a_delivery_reported_twice_is_one_and_an_attempt_is_another_thing() {
        let delivery = |message: Option<&str>, recipient: &str| Delivery {
            origin: Origin { source: "a".into(), index: 0 },
            recipient: Address::parse(recipient),
            recipient_domain: "example.com".into(),
            count: 1,
            timestamp: None,
            sending_ip: None,
            sending_domain: None,
            campaign_id: None,
            list_source: None,
            remote_mta: None,
            message_id: message.map(str::to_owned),
        };
        let one = delivery_id(&delivery(Some("1"), "Ann@example.com"), false);
        assert_eq!(one, delivery_id(&delivery(Some("1"), "ann@example.com"), false));
        assert_ne!(one, delivery_id(&delivery(Some("1"), "bob@example.com"), false));
        assert_ne!(one, delivery_id(&delivery(Some("1"), "Ann@example.com"), true));
        assert_eq!(delivery_id(&delivery(None, "ann@example.com"), false), None);
    }

    #[test]
    fn an_id_is_new_only_once() {
        let mut seen = Seen::default();
        assert!(seen.is_new(5) && !seen.is_new(5) && seen.is_new(6));
    }
}
