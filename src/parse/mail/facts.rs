//! What all events of one mail share: place, date, tenant and the returned message. In: a mail's parts. Out: events
//! that know this much.

use super::super::anatomy::Anatomy;
use super::super::fields::Head;
use super::super::returned::{self, Returned};
use super::super::verp::{self, Verp};
use super::super::{date, mailbox};
use super::own::OwnAddresses;
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
    /// The addresses that are ours, and so nobody's failure.
    pub(crate) own: OwnAddresses<'a>,
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
            own: OwnAddresses::of(head, returned_head.as_ref(), &anatomy.status),
            tenant_id: tenant(head, returned_head.as_ref()),
            returned_head,
        }
    }

    /// The address in From: whoever reports or answers.
    pub(crate) fn from(&self) -> Option<Address> {
        self.head.get("From").and_then(|value| sender(&value))
    }

    /// The recipient that our own return path names, in the report's address or in the returned header.
    pub(crate) fn verp(&self) -> Option<Verp> {
        let reported = || ["To", "Delivered-To", "X-Original-To"].iter().filter_map(|name| self.head.get(name));
        let returned = || self.returned_head.as_ref()?.get("Return-Path");
        reported().find_map(|value| verp::read(&value)).or_else(|| verp::read(&returned()?))
    }

    /// The only recipient in the returned message's To, if it is nobody of ours.
    pub(crate) fn addressed(&self) -> Option<&Address> {
        self.returned.sole_recipient.as_ref().filter(|address| !self.own.holds(address))
    }

    /// Whom we mailed, where a report on one recipient names another one as the last (RFC 3464 2.3.2): our own record in
    /// the return path, or the address from which the message was forwarded. `None`: nothing says otherwise.
    pub(crate) fn mailed_before(&self, last: &Address) -> Option<Address> {
        if let Some(verp) = self.verp() {
            return (verp.sure && !verp.confirms(last)).then_some(verp.recipient);
        }
        let addressed = self.addressed()?;
        // The same mailbox at another domain is how hosts rewrite an address inside the house.
        let other = !addressed.local().eq_ignore_ascii_case(last.local()) && !self.is_of_sender(addressed);
        (other && self.was_forwarded(addressed)).then(|| addressed.clone())
    }

    /// Whether the mail tells whoever runs our own mail server of a report on a stranger's message: it goes to the
    /// postmaster, and the message was sent to his domain from one that is none of his.
    pub(crate) fn is_copy_for_postmaster(&self) -> bool {
        let Some(returned) = &self.returned_head else { return false };
        let Some(to) = self.head.get("To").and_then(|to| mailbox::first(&to)) else { return false };
        let office = OFFICES.iter().any(|name| to.local().eq_ignore_ascii_case(name));
        let sender = || {
            let path = returned.get("Return-Path").and_then(|path| mailbox::first(&path));
            path.or_else(|| returned.get("From").and_then(|from| sender(&from)))
        };
        // A stranger wrote to our own domain. A relay's postmaster gets copies of reports on what it relays, too.
        let inbound = self.returned.sole_recipient.as_ref().is_some_and(|mailed| mailed.domain() == to.domain());
        office && inbound && sender().is_some_and(|sender| registrable(sender.domain()) != registrable(to.domain()))
    }

    /// Whether an address lies in the domain that sends: a list of ours in To is not whom we mailed.
    pub(crate) fn is_of_sender(&self, address: &Address) -> bool {
        let sender = self.returned.sending_domain.as_deref();
        sender.is_some_and(|sender| registrable(sender) == registrable(address.domain()))
    }

    /// Whether the returned header tells that a host took the message for `address` and sent it on.
    fn was_forwarded(&self, address: &Address) -> bool {
        let Some(head) = &self.returned_head else { return false };
        let names = |value: &str| mailbox::all(value).any(|found| found.address.lower() == address.lower());
        let taken_for = |value: &str| {
            // `for <ann@example.org>;` (RFC 5321 4.4)
            value.rfind(" for ").is_some_and(|at| names(&value[at..]))
        };
        head.all("Received").any(|value| taken_for(&value))
            || ["Delivered-To", "X-Original-To", "X-Forwarded-For", "X-Forwarded-To", "Envelope-To"]
                .iter()
                .any(|name| head.all(name).any(|value| names(&value)))
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
        event.mail_from_domain.clone_from(&self.returned.mail_from_domain);
        if let Some(signature) = &self.returned.signature {
            event.dkim_domain = Some(signature.domain.clone());
            event.dkim_selector = Some(signature.selector.clone());
        }
        event
    }
}

/// Who is told of what happens on a mail server, by the names that servers and scanners use (RFC 2142; amavisd-new).
const OFFICES: [&str; 7] =
    ["postmaster", "root", "mailer-daemon", "virusalert", "spamalert", "spam.police", "bannedalert"];

/// The part of a domain that somebody registered.
fn registrable(domain: &str) -> &str {
    psl::domain_str(domain).unwrap_or(domain)
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
pub(in crate::parse) fn item_hash(bytes: &[u8]) -> u64 {
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
