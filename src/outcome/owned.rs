//! The events once more, with their owners: which incident explains each. In: event files, and the judge's verdict on their
//! cells. Out: the owner of every row, and what is counted of the rows by owner, by recipient domain and by reply. Row
//! groups are read on all cores; nothing depends on how they are shared out.

use std::path::PathBuf;

use foldhash::fast::RandomState;
use indexmap::IndexSet;
use polars::prelude::DataFrame;

use super::complaints::Complaint;
use super::groups::{Group, Groups, NOBODY, key};
use super::replies::{self, Replies, Reply};
use super::samples::Samples;
use crate::bounce::{Family, Kind, Unproven};
use crate::facts::Facts;
use crate::facts::distinct::Settling;
use crate::facts::keys::{self, Keys};
use crate::facts::shares::shared_out;
use crate::frame::cells::{Members, Times, Words};
use crate::frame::{RowGroups, schema};
use crate::judge::Owners;
use crate::tables::policy;

const COLUMNS: &[&str] = &[schema::UNPROVEN, schema::FAMILY, schema::TIMESTAMP, schema::FEEDBACK_TYPE];

/// What the rows of a night show.
pub struct Owned {
    /// All replies, by their numbers.
    pub replies: IndexSet<Reply, RandomState>,
    /// Rows by recipient domain and reply.
    pub domains: Vec<Group>,
    /// Owned bounces by recipient domain and owner.
    pub owned_domains: Vec<Group>,
    /// Owned rows by owner and reply, with their times.
    pub incidents: Vec<Group>,
    /// Owner and recipient of owned rows.
    pub recipients: Vec<(u32, i64)>,
    /// Feedback reports that are a recipient's wish.
    pub complaints: Vec<Complaint>,
    /// The rows to show as samples.
    pub samples: Samples,
    /// The owner of each row, row group by row group in the order of the files.
    pub owners: Vec<Box<[u32]>>,
}

impl Owned {
    /// Reads the events; `wishes` says which feedback reports are complaints.
    ///
    /// # Errors
    /// A file that cannot be read, or lacks a column.
    pub fn read(
        events: &[PathBuf],
        facts: &Facts,
        owners: &Owners,
        wishes: &policy::Complaint,
    ) -> anyhow::Result<Owned> {
        let groups = RowGroups::open(events, &[keys::COLUMNS, replies::COLUMNS, COLUMNS].concat())?;
        let replies = Replies::default();
        let make = || (Part::default(), replies::Reader::new(&replies));
        let parts = shared_out(&groups, make, |(part, reader), at, frame| {
            part.frame(at, frame, (facts, owners, wishes), reader)
        })?;
        let mut whole = Part::default();
        parts.into_iter().try_for_each(|(part, _)| whole.join(part))?;
        Ok(Owned {
            replies: replies.finish(),
            domains: whole.domains.finish()?,
            owned_domains: whole.owned_domains.finish()?,
            incidents: whole.incidents.finish()?,
            recipients: whole.recipients.finish(),
            complaints: whole.complaints,
            samples: whole.samples,
            owners: whole.owners,
        })
    }
}

/// What is known before the rows are read: the facts, who owns what, and which feedback reports are complaints.
type Known<'a> = (&'a Facts, &'a Owners, &'a policy::Complaint);

/// What one core has seen.
#[derive(Default)]
struct Part {
    domains: Groups,
    owned_domains: Groups,
    incidents: Groups,
    recipients: Settling<(u32, i64)>,
    complaints: Vec<Complaint>,
    samples: Samples,
    owners: Vec<Box<[u32]>>,
}

impl Part {
    fn join(&mut self, other: Part) -> anyhow::Result<()> {
        self.domains.join(other.domains)?;
        self.owned_domains.join(other.owned_domains)?;
        self.incidents.join(other.incidents)?;
        self.recipients.join(other.recipients);
        self.complaints.extend(other.complaints);
        self.samples.join(other.samples);
        self.owners.extend(other.owners);
        Ok(())
    }

    /// Adds the row group at a place in the order of the files.
    fn frame(
        &mut self,
        at: usize,
        frame: &DataFrame,
        known: Known<'_>,
        reader: &mut replies::Reader<'_>,
    ) -> anyhow::Result<()> {
        let (columns, times) = (replies::Columns::of(frame)?, Times::of(frame, schema::TIMESTAMP)?);
        let found = Found::of(frame, known)?;
        self.complaints.extend(&found.complaints);
        let (mut domains, mut owned_domains) = (Vec::with_capacity(frame.height()), Vec::new());
        let (mut incidents, mut moments) = (Vec::new(), Vec::new());
        for (row, (domain, owner)) in found.domains.iter().zip(&found.owners).enumerate() {
            let Some(recipient) = found.recipients[row] else { continue };
            let reply = reader.number(&columns, row);
            domains.push(key(*domain, reply));
            if *owner != NOBODY {
                incidents.push(key(*owner, reply));
                moments.push(times.get(row).map(|time| time.0));
                self.recipients.add((*owner, recipient));
                if columns.kind(row) == Some(Kind::Bounce) {
                    owned_domains.push(key(*domain, *owner));
                }
            }
        }
        self.domains.add(domains, Vec::new())?;
        self.owned_domains.add(owned_domains, Vec::new())?;
        self.incidents.add(incidents, moments)?;
        self.samples.add(at, frame, &found.owners)?;
        self.owners.push(found.owners.into());
        Ok(())
    }
}

/// What is found of each row of a frame; `None` and `NOBODY` for rows that take no part.
struct Found {
    recipients: Vec<Option<i64>>,
    domains: Vec<u32>,
    owners: Vec<u32>,
    complaints: Vec<Complaint>,
}

impl Found {
    fn of(frame: &DataFrame, (facts, owners, wishes): Known<'_>) -> anyhow::Result<Found> {
        let mut keys = Keys::of(frame, &facts.contacts)?;
        let families = Members::<Family>::of(frame, schema::FAMILY)?;
        let unproven = Members::<Unproven>::of(frame, schema::UNPROVEN)?;
        let feedback = Words::of(frame, schema::FEEDBACK_TYPE)?;
        let (rows, mut night) = (frame.height(), &facts.night);
        let mut found = Found {
            recipients: vec![None; rows],
            domains: vec![NOBODY; rows],
            owners: vec![NOBODY; rows],
            complaints: Vec::new(),
        };
        for row in 0..rows {
            let (Some(family), Some(recipient)) = (families.get(row), keys.recipient(row)) else { continue };
            if unproven.get(row) == Some(Unproven::Unmatched) {
                continue;
            }
            let Some(key) = keys.get(row, &mut night) else { continue };
            (found.recipients[row], found.domains[row]) = (Some(recipient), key.domain);
            if family == Family::Complaint && wishes.is_wish(feedback.get(row)) {
                found.complaints.push(Complaint::of(&key, recipient));
            }
            if owners.own_some(family)
                && let Some(identity) = facts.night.identities.find(&key.identity)
                && let Some((node, fail)) = facts.cells.find(key.domain, key.bucket, identity, family)
            {
                found.owners[row] = owners.of(node.decider, family, fail.by).unwrap_or(NOBODY);
            }
        }
        Ok(found)
    }
}
