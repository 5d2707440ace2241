//! What all events of one mail share: place, date, the hosts and the returned message. In: a mail's parts. Out: events
//! that know this much.

use std::net::IpAddr;

use super::super::anatomy::Anatomy;
use super::super::fields::Head;
use super::super::returned::{self, Returned};
use super::super::{date, mailbox, report, sending_ip};
use crate::bounce::{Address, Event, Kind, Origin, Timestamp};

/// Shared facts of a mail.
#[derive(Debug)]
pub(crate) struct Facts {
    origin: Origin,
    /// The mail's own Date.
    pub(crate) date: Option<Timestamp>,
    /// The address in From: whoever reports or answers.
    pub(crate) from: Option<Address>,
    /// Our address: the one that the report was sent to.
    pub(crate) to: Option<Address>,
    pub(crate) returned: Returned,
    pub(crate) reporting_mta: Option<String>,
    pub(crate) sending_ip: Option<IpAddr>,
    pub(crate) tenant_id: Option<String>,
}

impl Facts {
    pub(crate) fn of(origin: &Origin, anatomy: &Anatomy<'_>, head: &Head<'_>, campaign_headers: &[String]) -> Facts {
        let mut facts = Facts {
            origin: origin.clone(),
            date: head.get("Date").and_then(|value| date::rfc5322(&value)),
            from: head.get("From").and_then(|value| sender(&value)),
            to: head.get("To").and_then(|value| mailbox::first(&value)),
            returned: Returned::default(),
            reporting_mta: None,
            sending_ip: None,
            tenant_id: None,
        };
        let own_tenant = head.get("X-MS-Exchange-CrossTenant-Id");
        if let Some(text) = &anatomy.returned {
            facts.take_returned(&Head::read(text), campaign_headers);
            let ours = Head::read(text).get("X-MS-Exchange-CrossTenant-Id");
            facts.tenant_id = facts.tenant_id.or(own_tenant.filter(|own| Some(own) != ours.as_ref()).map(Into::into));
        }
        facts
    }

    /// Takes over what a returned header says.
    pub(crate) fn take_returned(&mut self, head: &Head<'_>, campaign_headers: &[String]) {
        self.returned = returned::read(head, campaign_headers);
        self.sending_ip = sending_ip::from_headers(head, self.reporting_mta.as_deref());
        self.tenant_id = receiving_tenant(head);
    }

    /// An event that knows no more than these facts.
    pub(crate) fn event(&self, kind: Kind, grammar: &'static str) -> Event {
        let mut event = Event::new(self.origin.clone(), kind, grammar);
        event.timestamp = self.date;
        event.reporting_mta.clone_from(&self.reporting_mta);
        event.sending_ip = self.sending_ip;
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

/// The tenant that took the message in, stamped by Exchange Online as `TenantId=...;Ip=[...]`; the plain CrossTenant-Id
/// of a returned message is the sender's own.
fn receiving_tenant(head: &Head<'_>) -> Option<String> {
    let value = head.get("X-MS-Exchange-CrossTenant-OriginalAttributedTenantConnectingIp")?;
    let id = value.split(';').find_map(|part| part.trim().strip_prefix("TenantId="))?;
    Some(id.trim().to_owned()).filter(|id| !id.is_empty() && id.len() <= 64)
}

/// The reporting host of a delivery report.
pub(super) fn reporting_host(value: Option<&str>) -> Option<String> {
    value.and_then(report::host_in)
}

/// A hash of the raw item: 64 bits, the same on every machine. Folded multiplication over 16 bytes a step (the
/// construction of wyhash), for speed; it need not withstand people who search for collisions.
pub(super) fn item_hash(bytes: &[u8]) -> u64 {
    const KEYS: [u64; 2] = [0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db];
    let fold = |a: u64, b: u64| {
        let product = u128::from(a) * u128::from(b);
        (product as u64) ^ ((product >> 64) as u64)
    };
    let word = |chunk: &[u8]| {
        let mut padded = [0; 8];
        padded[..chunk.len()].copy_from_slice(chunk);
        u64::from_le_bytes(padded)
    };
    let mut hash = fold(bytes.len() as u64 ^ KEYS[0], KEYS[1]);
    for chunk in bytes.chunks(16) {
        let (left, right) = chunk.split_at(chunk.len().min(8));
        hash = fold(word(left) ^ KEYS[0] ^ hash, word(right) ^ KEYS[1]);
    }
    fold(hash ^ KEYS[1], KEYS[0])
}
