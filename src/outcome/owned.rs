//! The events once more, with their owners: which incident explains each. In: event files, and the judge's verdict on their
//! cells. Out: the owner of every row, and what is counted of the rows by owner, by recipient domain and by code. Row
//! groups are read on all cores; nothing depends on how they are shared out.

use std::path::PathBuf;
use std::sync::Arc;

use polars::prelude::*;
use rayon::prelude::*;

use super::groups::Groups;
use super::samples::Samples;
use crate::bounce::{Family, Kind, Unproven};
use crate::facts::Facts;
use crate::facts::keys::{self, Keys};
use crate::frame::cells::{Members, places};
use crate::frame::{RowGroups, schema};
use crate::judge::Owners;

/// The recipient's domain, as facts number it.
pub const DOMAIN: &str = "domain_id";
/// The organisation or pool, as facts number it.
pub const DECIDER: &str = "decider";
/// The incident, by its place in the verdict.
pub const OWNER: &str = "owner";

const COLUMNS: &[&str] = &[
    schema::KIND,
    schema::UNPROVEN,
    schema::FAMILY,
    schema::TIMESTAMP,
    schema::CAUSE,
    schema::REPLY_CODE,
    schema::STATUS,
    schema::TEMPLATE,
    schema::BLOCKLIST,
    schema::REJECTING_SYSTEM,
];

/// Columns of few distinct texts, which are grouped by.
const CODED: &[&str] = &[schema::STATUS, schema::TEMPLATE, schema::BLOCKLIST, schema::REJECTING_SYSTEM];

/// What the rows of a night show.
pub struct Owned {
    /// Rows by recipient domain, kind, cause, codes and owner.
    pub domains: Groups,
    /// Bounces by code, cause, speaker and organisation.
    pub codes: Groups,
    /// Bounces by code, cause, speaker and template.
    pub templates: Groups,
    /// Owned rows by owner, cause, template and list named, with their first and last times.
    pub incidents: Groups,
    /// Owned rows by owner and recipient.
    pub recipients: Groups,
    /// The rows to show as samples.
    pub samples: Samples,
    /// The owner of each row, row group by row group in the order of the files.
    pub owners: Vec<Box<[u32]>>,
}

/// No incident owns the row.
pub const NOBODY: u32 = u32::MAX;

impl Owned {
    fn nothing() -> Owned {
        Owned {
            domains: Groups::by(
                &[DOMAIN, schema::KIND, schema::REPLY_CODE, schema::STATUS, schema::CAUSE, OWNER],
                None,
            ),
            codes: Groups::by(
                &[schema::REPLY_CODE, schema::STATUS, schema::CAUSE, schema::REJECTING_SYSTEM, DECIDER],
                None,
            ),
            templates: Groups::by(
                &[schema::REPLY_CODE, schema::STATUS, schema::CAUSE, schema::REJECTING_SYSTEM, schema::TEMPLATE],
                None,
            ),
            incidents: Groups::by(
                &[OWNER, schema::CAUSE, schema::TEMPLATE, schema::BLOCKLIST],
                Some(schema::TIMESTAMP),
            ),
            recipients: Groups::by(&[OWNER, schema::RECIPIENT_KEY], None),
            samples: Samples::default(),
            owners: Vec::new(),
        }
    }

    /// Reads the events.
    ///
    /// # Errors
    /// A file that cannot be read, or lacks a column.
    pub fn read(events: &[PathBuf], facts: &Facts, owners: &Owners) -> anyhow::Result<Owned> {
        let groups = RowGroups::open(events, &[keys::COLUMNS, COLUMNS].concat())?;
        let categories =
            CODED.iter().map(|name| Categories::new((*name).into(), "outcome".into(), CategoricalPhysical::U32));
        let categories: Vec<Arc<Categories>> = categories.collect();
        let all: Vec<usize> = (0..groups.len()).collect();
        let part = |of_part: &[usize]| {
            let mut part = Owned::nothing();
            for at in of_part {
                part.frame(*at, groups.read(*at)?, facts, owners, &categories)?;
            }
            anyhow::Ok(part)
        };
        let size = all.len().div_ceil(rayon::current_num_threads()).max(1);
        let parts: Vec<Owned> = all.par_chunks(size).map(part).collect::<anyhow::Result<_>>()?;
        let mut whole = Owned::nothing();
        if parts.is_empty() {
            // The groups of a night without events have no rows, but columns.
            whole.frame(0, groups.no_rows()?, facts, owners, &categories)?;
        }
        parts.into_iter().try_for_each(|part| whole.join(part))?;
        Ok(whole)
    }

    fn join(&mut self, other: Owned) -> PolarsResult<()> {
        self.domains.join(other.domains)?;
        self.codes.join(other.codes)?;
        self.templates.join(other.templates)?;
        self.incidents.join(other.incidents)?;
        self.recipients.join(other.recipients)?;
        self.samples.join(other.samples);
        self.owners.extend(other.owners);
        Ok(())
    }

    /// Adds the row group at a place in the order of the files.
    fn frame(
        &mut self,
        at: usize,
        mut frame: DataFrame,
        facts: &Facts,
        owners: &Owners,
        categories: &[Arc<Categories>],
    ) -> anyhow::Result<()> {
        let found = Found::of(&frame, facts, owners)?;
        self.samples.add(at, &frame, &found.owners)?;
        let place = |name: &str, found: &[u32]| {
            let places = found.iter().map(|place| Some(*place).filter(|place| *place != NOBODY));
            UInt32Chunked::from_iter_options(name.into(), places).into_column()
        };
        for (name, places) in [(DOMAIN, &found.domains), (DECIDER, &found.deciders), (OWNER, &found.owners)] {
            frame.with_column(place(name, places))?;
        }
        for name in [schema::KIND, schema::CAUSE] {
            frame.with_column(places(&frame, name)?)?;
        }
        for (name, categories) in CODED.iter().zip(categories) {
            let coded = frame.column(name)?.cast(&DataType::from_categories(categories.clone()))?;
            frame.with_column(coded)?;
        }
        self.owners.push(found.owners.into());
        let counted = frame.lazy().filter(col(DOMAIN).is_not_null()).collect()?;
        self.group(counted.lazy())?;
        Ok(())
    }

    fn group(&mut self, rows: LazyFrame) -> PolarsResult<()> {
        let bounces = rows.clone().filter(col(schema::KIND).eq(lit(Kind::Bounce as u32)));
        let owned = rows.clone().filter(col(OWNER).is_not_null());
        self.domains.add(rows)?;
        self.codes.add(bounces.clone())?;
        self.templates.add(bounces.filter(col(schema::TEMPLATE).is_not_null()))?;
        self.incidents.add(owned.clone())?;
        self.recipients.add(owned)
    }
}

/// What is found of each row of a frame; `NOBODY` for rows that take no part.
struct Found {
    domains: Vec<u32>,
    deciders: Vec<u32>,
    owners: Vec<u32>,
}

impl Found {
    fn of(frame: &DataFrame, facts: &Facts, owners: &Owners) -> anyhow::Result<Found> {
        let keys = Keys::of(frame, &facts.contacts)?;
        let families = Members::<Family>::of(frame, schema::FAMILY)?;
        let unproven = Members::<Unproven>::of(frame, schema::UNPROVEN)?;
        let nobody = || vec![NOBODY; frame.height()];
        let mut found = Found { domains: nobody(), deciders: nobody(), owners: nobody() };
        let mut night = &facts.night;
        for row in 0..frame.height() {
            let Some(family) = families.get(row).filter(|_| keys.recipient(row).is_some()) else { continue };
            if unproven.get(row) == Some(Unproven::Unmatched) {
                continue;
            }
            let Some(key) = keys.get(row, &mut night) else { continue };
            let Some(identity) = facts.night.identities.find(&key.identity) else { continue };
            let Some((node, fail)) = facts.cells.find(key.domain, key.bucket, identity, family) else { continue };
            (found.domains[row], found.deciders[row]) = (key.domain, node.decider);
            if let Some(owner) = owners.of(node.decider, family, fail.by) {
                found.owners[row] = owner;
            }
        }
        Ok(found)
    }
}
