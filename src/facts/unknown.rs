//! Contacts that a night calls unknown. In: rows of bounces, and the wordings that are wrong at times. Out: each contact once,
//! with the identity of ours to which it was said first and whether a known liar said it. Whether to believe it is judged on
//! the cells in which they are counted.

use polars::prelude::DataFrame;

use super::names::renumber;
use crate::bounce::Cause;
use crate::frame::cells::{Members, Words};
use crate::frame::schema;
use crate::tables::policy::Doubtful;

/// One contact that is called unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unknown {
    /// Its domain.
    pub domain: u32,
    /// Half of its key: of 10,000 contacts of one domain two are alike with a chance of one in a hundred, and count as one.
    contact: u32,
    /// Our side.
    pub identity: u32,
    /// Of a consumer domain its bucket, else 0.
    pub bucket: u8,
    /// Whether it is said in the words of a known liar.
    pub liar: bool,
}

impl Unknown {
    /// A contact by its key.
    pub const fn of(key: i64, (domain, bucket): (u32, u8), identity: u32, liar: bool) -> Unknown {
        Unknown { domain, contact: (key ^ (key >> 32)) as u32, identity, bucket, liar }
    }

    /// With the numbers of another part of the night.
    pub fn renumbered(self, domains: &[u32], identities: &[u32]) -> Unknown {
        let (domain, identity) = (renumber(self.domain, domains), renumber(self.identity, identities));
        Unknown { domain, identity, ..self }
    }
}

/// Each contact once, with its first identity, in the order of domains.
pub fn settle(unknown: &mut Vec<Unknown>) {
    unknown.sort_unstable();
    unknown.dedup_by(|next, kept| {
        let same = (next.domain, next.contact) == (kept.domain, kept.contact);
        kept.liar |= same && next.liar;
        same
    });
}

/// The columns that tell what was said, and who says it.
pub struct Wordings<'f> {
    liars: &'f [Doubtful],
    causes: Members<'f, Cause>,
    templates: Words<'f>,
    speakers: Words<'f>,
    receivers: Words<'f>,
}

impl<'f> Wordings<'f> {
    /// The columns to read.
    pub const COLUMNS: &'static [&'static str] =
        &[schema::CAUSE, schema::TEMPLATE, schema::REJECTING_SYSTEM, schema::RECEIVER];

    /// The columns of a frame.
    ///
    /// # Errors
    /// A column that is missing or of another type.
    pub fn of(frame: &'f DataFrame, liars: &'f [Doubtful]) -> anyhow::Result<Wordings<'f>> {
        Ok(Wordings {
            liars,
            causes: Members::of(frame, schema::CAUSE)?,
            templates: Words::of(frame, schema::TEMPLATE)?,
            speakers: Words::of(frame, schema::REJECTING_SYSTEM)?,
            receivers: Words::of(frame, schema::RECEIVER)?,
        })
    }

    /// Whether a row speaks of the mailbox, not of its domain.
    pub fn speak_of_mailbox(&self, row: usize) -> bool {
        matches!(self.causes.get(row), Some(Cause::MailboxUnknown | Cause::MailboxDisabled))
    }

    /// Whether it says so in the words of a known liar.
    pub fn lie(&self, row: usize) -> bool {
        let speaker = self.speakers.get(row).or_else(|| self.receivers.get(row));
        let said = |liar: &Doubtful| self.templates.get(row).is_some_and(|reply| liar.says(reply));
        self.liars.iter().any(|liar| liar.in_masses() && liar.speaks(speaker) && said(liar))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_counts_once_whatever_we_sent_to_it() {
        let of = |key, domain, identity, liar| Unknown::of(key, (domain, 0), identity, liar);
        let mut unknown = vec![of(7, 0, 2, true), of(7, 0, 1, false), of(9, 0, 2, false), of(7, 1, 2, false)];
        settle(&mut unknown);
        assert_eq!(unknown, [of(7, 0, 1, true), of(9, 0, 2, false), of(7, 1, 2, false)]);
    }
}
