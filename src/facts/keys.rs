//! What tells rows apart for judging. In: a frame of events or of deliveries. Out: for each row the domain, the bucket and
//! our side as ids. Both readings of the events ask here, so a row that is counted under a key is found under it again.

use polars::prelude::DataFrame;

use super::identity::Identity;
use super::maps::Contacts;
use super::names::NONE;
use super::night::Night;
use crate::bounce::BUCKETS;
use crate::frame::cells::{Coded, Numbers, Words};
use crate::frame::schema;

/// The columns that are read.
pub const COLUMNS: &[&str] = &[
    schema::RECIPIENT_DOMAIN,
    schema::RECIPIENT_KEY,
    schema::BUCKET,
    schema::SENDING_IP,
    schema::SENDING_DOMAIN,
    schema::CAMPAIGN_ID,
    schema::LIST_SOURCE,
];

/// Names of a night, being learnt or known.
pub trait Naming {
    /// The id of a recipients' domain, and whether it is a consumer domain; `NONE` for one that is not known.
    fn domain(&mut self, name: &str) -> (u32, bool);
    /// The id of one of `Dimension::SENDER`'s names, by its place there.
    fn sender(&mut self, part: usize, name: &str) -> u32;
}

/// A night that is complete: nothing new is learnt.
impl Naming for &Night {
    fn domain(&mut self, name: &str) -> (u32, bool) {
        let id = self.domains.find(name);
        id.map_or((NONE, false), |id| (id, self.facts[id as usize].consumer))
    }

    fn sender(&mut self, part: usize, name: &str) -> u32 {
        let names = [&self.ips, &self.sending_domains, &self.campaigns, &self.list_sources];
        names[part].find(name).unwrap_or(NONE)
    }
}

/// The key columns of one frame.
pub struct Keys<'f> {
    domains: Words<'f>,
    recipients: Numbers<'f>,
    buckets: Numbers<'f>,
    senders: [Coded<'f>; 4],
    contacts: &'f Contacts,
}

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The recipient's domain.
    pub domain: u32,
    /// Of a consumer domain the recipient's bucket, else 0.
    pub bucket: u8,
    /// Our side.
    pub identity: Identity,
}

impl<'f> Keys<'f> {
    /// The columns of a frame. `contacts` tells the list source of rows that do not name theirs.
    ///
    /// # Errors
    /// A column that is not there or holds something else.
    pub fn of(frame: &'f DataFrame, contacts: &'f Contacts) -> anyhow::Result<Keys<'f>> {
        let coded = |name| Coded::of(frame, name);
        Ok(Keys {
            domains: Words::of(frame, schema::RECIPIENT_DOMAIN)?,
            recipients: Numbers::of(frame, schema::RECIPIENT_KEY)?,
            buckets: Numbers::of(frame, schema::BUCKET)?,
            senders: [
                coded(schema::SENDING_IP)?,
                coded(schema::SENDING_DOMAIN)?,
                coded(schema::CAMPAIGN_ID)?,
                coded(schema::LIST_SOURCE)?,
            ],
            contacts,
        })
    }

    /// The recipient's key; `None` where the row names nobody.
    pub fn recipient(&self, row: usize) -> Option<i64> {
        self.recipients.get(row)
    }

    /// What a row is about; `None` without a domain, or with one that is not known.
    pub fn get(&mut self, row: usize, naming: &mut impl Naming) -> Option<Key> {
        let (domain, pool) = naming.domain(self.domains.get(row)?);
        let mut parts = [NONE; 4];
        for (part, (id, words)) in parts.iter_mut().zip(&mut self.senders).enumerate() {
            *id = words.get(row, |name| naming.sender(part, name)).unwrap_or(NONE);
        }
        if parts[3] == NONE
            && let Some(list_source) = self.recipients.get(row).and_then(|key| self.contacts.list_source(key))
        {
            parts[3] = naming.sender(3, list_source);
        }
        let identity = Identity::of(parts);
        let bucket = self.buckets.get(row).filter(|_| pool).map_or(0, |bucket| bucket.rem_euclid(BUCKETS) as u8);
        (domain != NONE).then_some(Key { domain, bucket, identity })
    }
}
