//! What all events of one mail share: place, date, tenant and the returned message. In: a mail's parts. Out: events
//! that know this much.

use super::super::anatomy::Anatomy;
use super::super::fields::Head;
use super::super::returned::{self, Returned};
use super::super::{date, mailbox};
use crate::bounce::{Address, Event, Kind, Origin, Timestamp};

/// A mail, sorted, with the facts that all its events share.
#[derive(Debug)]
pub(crate) struct Mail<'a> {
    origin: Origin,
    pub(crate) anatomy: &'a Anatomy<'a>,
    pub(crate) head: &'a Head<'a>,
    /// The subject, decoded.
    pub(crate) subject: &'a str,
    /// The header of the message that is reported on.
    pub(crate) returned_head: Option<Head<'a>>,
    /// The mail's own Date.
    date: Option<Timestamp>,
    pub(crate) returned: Returned,
    tenant_id: Option<String>,
}

impl<'a> Mail<'a> {
    pub(super) fn new(
        origin: &Origin,
        anatomy: &'a Anatomy<'a>,
        head: &'a Head<'a>,
        subject: &'a str,
        campaign_headers: &[String],
    ) -> Mail<'a> {
        let returned_head = anatomy.returned.as_deref().map(Head::read);
        Mail {
            origin: origin.clone(),
            anatomy,
            head,
            subject,
            date: head.get("Date").and_then(|value| date::rfc5322(&value)),
            returned: returned_head.as_ref().map(|h| returned::read(h, campaign_headers)).unwrap_or_default(),
            tenant_id: tenant(head, returned_head.as_ref()),
            returned_head,
        }
    }

    /// The address in From: whoever reports or answers.
    pub(crate) fn from(&self) -> Option<Address> {
        self.head.get("From").and_then(|value| sender(&value))
    }

    /// The address in To: ours, to which the report was sent.
    pub(crate) fn to(&self) -> Option<Address> {
        self.head.get("To").and_then(|value| mailbox::first(&value))
    }

    /// An event that knows no more than these facts.
    pub(crate) fn event(&self, kind: Kind, grammar: &'static str) -> Event {
        let mut event = Event::new(self.origin.clone(), kind, grammar);
        event.timestamp = self.date;
        event.tenant_id.clone_from(&self.tenant_id);
        event.message_id.clone_from(&self.returned.message_id);
        event.sending_domain.clone_from(&self.returned.sending_domain);
        event.campaign_id.clone_from(&self.returned.campaign_id);
        event.list_source.clone_from(&self.returned.list_source);
        event
    }
}

/// The last address of a From field: a display name may hold another one.
fn sender(value: &str) -> Option<Address> {
    let bracketed = value.rsplit_once('<').map_or(value, |(_, address)| address);
    mailbox::first(bracketed).or_else(|| mailbox::first(value))
}

/// The recipient's tenant: the one that took the message in, as Exchange Online stamps it into the message
/// (`TenantId=...;Ip=[...]`), or the one that generated this report, if the returned message bears another one (its
/// CrossTenant-Id is the sender's own).
fn tenant(head: &Head<'_>, returned: Option<&Head<'_>>) -> Option<String> {
    const MARK: &str = "X-MS-Exchange-CrossTenant-Id";
    let returned = returned?;
    let connection = returned.get("X-MS-Exchange-CrossTenant-OriginalAttributedTenantConnectingIp");
    let receiving =
        connection.as_deref().and_then(|value| value.split(';').find_map(|part| part.trim().strip_prefix("TenantId=")));
    let generating = || head.get(MARK).filter(|id| Some(id) != returned.get(MARK).as_ref());
    let id = receiving.map(str::to_owned).or_else(|| generating().map(Into::into))?;
    Some(id.trim().to_owned()).filter(|id| !id.is_empty() && id.len() <= 64)
}

/// A hash of the raw item: 64 bits, the same on every machine. Folded multiplication over 16 bytes a step (the
/// construction of wyhash), for speed; it need not withstand people who search for collisions.
pub(super) fn item_hash(bytes: &[u8]) -> u64 {
    const KEYS: [u64; 2] = [0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db];
    let fold = |a: u64, b: u64| {
        let product = u128::from(a) * u128::from(b);
        (product as u64) ^ ((product >> 64) as u64)
    };
    let word = |chunk: [u8; 8]| u64::from_le_bytes(chunk);
    let mut hash = fold(bytes.len() as u64 ^ KEYS[0], KEYS[1]);
    let (chunks, rest) = bytes.as_chunks::<16>();
    for chunk in chunks {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = *chunk;
        hash = fold(word([a, b, c, d, e, f, g, h]) ^ KEYS[0] ^ hash, word([i, j, k, l, m, n, o, p]) ^ KEYS[1]);
    }
    let mut tail = [0; 16];
    tail[..rest.len()].copy_from_slice(rest);
    let tail = u128::from_le_bytes(tail);
    hash = fold(tail as u64 ^ KEYS[0] ^ hash, (tail >> 64) as u64 ^ KEYS[1]);
    fold(hash ^ KEYS[1], KEYS[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_that_differ_in_a_byte_or_in_length_differ_in_hash() {
        let text = b"Reporting-MTA: dns; mail.example.com and some more";
        let mut hashes: Vec<u64> = (0..text.len()).map(|end| item_hash(&text[..end])).collect();
        hashes.push(item_hash(&[&text[..5], b"X", &text[6..]].concat()));
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), text.len() + 1);
    }
}
