//! The lists that a job brings along and asks for. In: its paths and names. Out: what must never be suppressed, what is listed
//! already, and after the night the targets' folders. What may go on a list is suppress's decision.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;

use super::Job;
use crate::frame::NightFiles;
use crate::parse::{ParseOptions, Parsed, Reader};
use crate::source::{self, Refused};
use crate::suppress::targets::{self, Allowed, Existing};
use crate::suppress::{Allow, Lists, NotExpressed};
use crate::tables::TableError;

/// What a job brings along, read before the night begins, so that a wrong path or name fails at once.
#[derive(Debug)]
pub struct Brought {
    pub allow: Allow,
    options: targets::Options,
}

impl Brought {
    /// Reads all of it.
    ///
    /// # Errors
    /// A file that cannot be read; a target that there is none of.
    pub fn read(job: &Job) -> anyhow::Result<Brought> {
        let mut allow = Allow::default();
        for path in &job.allow {
            allow.extend(Allowed::read(path).with_context(|| format!("--allow {}", path.display()))?);
        }
        let existing = if job.existing.is_empty() { None } else { Some(existing(job)?) };
        let targets = targets::named(&job.targets, job.ingest.tables.as_deref())?;
        Ok(Brought { allow, options: targets::Options { targets, contacts: job.contacts.clone(), existing } })
    }

    /// Writes what is to be reactivated and the targets' folders, and adds their files to the lists.
    ///
    /// # Errors
    /// Lists that cannot be read again, files that cannot be written.
    pub fn write(&self, night: &Path, files: &NightFiles, lists: &mut Lists) -> anyhow::Result<()> {
        let held = lists.brake.tripped();
        if let Some(existing) = &self.options.existing {
            let deliveries = [files.deliveries.clone()];
            let rows = targets::reactivate(night, held, &deliveries, existing)?;
            if let Some(list) = lists.files.iter_mut().find(|list| list.path.ends_with("/reactivate.csv")) {
                list.rows += rows;
            }
        }
        for written in targets::write(night, held, std::slice::from_ref(&files.events), &self.options)? {
            let missing = written.not_expressed.len();
            if missing > 0 {
                tracing::warn!("{missing} domains cannot be told to {0}; see {0}/not_expressed.csv", written.target);
            }
            let mut reasons: BTreeMap<&'static str, u64> = BTreeMap::new();
            written.not_expressed.iter().for_each(|(_, reason)| *reasons.entry(reason).or_default() += 1);
            let untold = |(reason, domains)| NotExpressed { target: written.target.clone(), reason, domains };
            lists.not_expressed.extend(reasons.into_iter().map(untold));
            lists.files.extend(written.files);
        }
        Ok(())
    }
}

/// The sender's present lists, in any input format: every address, and every domain of rows without one.
fn existing(job: &Job) -> anyhow::Result<Existing> {
    let reader = Reader::new(&ParseOptions { deliveries: true, ..job.ingest.parse.clone() })?;
    let mut existing = Existing::default();
    for source in source::open(&job.existing, &job.ingest.source)?.sources {
        let (mut entries, mut refused, mut lost) = (0, None, None);
        for batch in source.batches(&job.ingest.source)? {
            let mut parsed = Parsed::default();
            batch?.each(&mut |item| match item {
                Ok(item) => reader.item(&item, &mut parsed),
                Err(refused) => {
                    if let Refused::Source(why, reject) = &refused {
                        lost.get_or_insert_with(|| format!("{} ({why}): {}", reject.origin, reject.detail));
                    }
                    parsed.rejects.push(refused.into_reject());
                }
            });
            for event in &parsed.events {
                if let Some(recipient) = &event.recipient {
                    existing.add(recipient.as_str(), event.timestamp);
                }
            }
            for delivery in &parsed.deliveries {
                let listed = delivery.recipient.as_ref().map_or(&*delivery.recipient_domain, |r| r.as_str());
                existing.add(listed, delivery.timestamp);
            }
            entries += parsed.events.len() + parsed.deliveries.len();
            if let Some(reject) = parsed.rejects.first() {
                tracing::warn!(count = parsed.rejects.len(), "--existing: {}: {}", reject.origin, reject.detail);
                refused.get_or_insert_with(|| reject.detail.clone());
            }
        }
        // To go on as if nothing were listed would write the whole list anew, and reactivate nothing.
        if let (0, Some(detail)) = (entries, refused) {
            let what = format!(
                "--existing: no entry could be read: {detail}; a list of addresses needs a first line such as email"
            );
            return Err(TableError { file: source.name.to_string(), line: 0, what }.into());
        }
        if let Some(lost) = lost {
            let what = format!("--existing: not read to its end: {lost}; get it again whole");
            return Err(TableError { file: source.name.to_string(), line: 0, what }.into());
        }
    }
    Ok(existing)
}
