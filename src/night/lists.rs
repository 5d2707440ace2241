//! The lists that a job brings along and asks for. In: its paths and names. Out: what must never be suppressed, what is listed
//! already, and after the night the targets' folders. What may go on a list is suppress's decision.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;

use super::job::Job;
use crate::bounce::Event;
use crate::classify::{Cache, Classifier};
use crate::frame::NightFiles;
use crate::lists;
use crate::parse::record::begins_with_an_entry;
use crate::parse::{ParseOptions, Parsed, Reader};
use crate::source::{self, Item, Refused, Source, SourceOptions};
use crate::suppress::present::Existing;
use crate::suppress::{Allow, Decided, Keep, Lists, NotExpressed};
use crate::tables::TableError;
use crate::targets::{self, Written};

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
    pub fn read(job: &Job, classifier: &Classifier) -> anyhow::Result<Brought> {
        let mut allow = Allow::default();
        for path in &job.allow {
            let read = lists::subjects(path, |subject| allow.add_subject(subject));
            read.with_context(|| format!("--allow {}", path.display()))?;
        }
        let existing = if job.existing.is_empty() { None } else { Some(existing(job, classifier)?) };
        let targets = targets::named(&job.targets, job.ingest.tables.as_deref())?;
        Ok(Brought { allow, options: targets::Options { targets, contacts: job.contacts.clone(), existing } })
    }

    /// What of the lists is to be handed on.
    pub fn keep(&self) -> Keep<'_> {
        Keep { columns: self.options.columns(), existing: self.options.existing.as_ref() }
    }

    /// Writes the targets' folders, and adds their files to the lists.
    ///
    /// # Errors
    /// Files of the night that cannot be read, files that cannot be written.
    pub fn write(&self, folder: &Path, files: &NightFiles, decided: Decided) -> anyhow::Result<Lists> {
        let Decided { mut lists, frames, released } = decided;
        let (events, deliveries) = ([files.events.clone()], [files.deliveries.clone()]);
        let night = targets::Night {
            folder,
            braked: lists.brake.tripped(),
            events: &events,
            deliveries: &deliveries,
            lists: &frames,
            released: &released,
        };
        for written in targets::write(&night, &self.options)? {
            let missing = written.not_expressed.len();
            if missing > 0 {
                let Written { target, .. } = &written;
                tracing::warn!(
                    "{missing} entries cannot be told to {target} as they are; see {target}/not_expressed.csv"
                );
            }
            let mut reasons: BTreeMap<&'static str, u64> = BTreeMap::new();
            written.not_expressed.iter().for_each(|untold| *reasons.entry(untold.reason).or_default() += 1);
            let untold = |(reason, entries)| NotExpressed { target: written.target.clone(), reason, entries };
            lists.not_expressed.extend(reasons.into_iter().map(untold));
            lists.files.extend(written.files);
        }
        Ok(lists)
    }
}

/// The sender's present lists, in any format: every address, and every domain of rows without one.
fn existing(job: &Job, classifier: &Classifier) -> anyhow::Result<Existing> {
    // What was named for the night's inputs is not the format of its lists.
    let options = SourceOptions { input_format: None, ..job.ingest.source.clone() };
    let reader = Reader::for_lists(&ParseOptions { input_format: None, ..job.ingest.parse.clone() })?;
    let (mut cache, mut existing) = (Cache::default(), Existing::default());
    for source in source::open(&job.existing, &options)?.sources {
        for file in &source.files {
            // One by one: each may have a header or none.
            let name = if source.files.len() == 1 { source.name.clone() } else { file.name.clone() };
            let file = Source { name, bytes: file.bytes, files: vec![file.clone()] };
            one_list(&file, (&reader, classifier, &mut cache), &options, &mut existing)?;
        }
    }
    Ok(existing)
}

/// Adds the entries of one file.
fn one_list(
    source: &Source,
    (reader, classifier, cache): (&Reader, &Classifier, &mut Cache),
    options: &SourceOptions,
    existing: &mut Existing,
) -> anyhow::Result<()> {
    let lines = SourceOptions { input_format: Some("maillog".to_owned()), ..options.clone() };
    let options = if is_bare(source, &lines)? { &lines } else { options };
    let (mut entries, mut refused, mut lost) = (0, None, None);
    let failed = |what: String| TableError { file: source.name.to_string(), line: 0, what }.into();
    for batch in source.batches(options)? {
        let mut parsed = Parsed::default();
        batch?.each(&mut |item| match item {
            Ok(item) => reader.list_entry(&item, &mut parsed),
            Err(refused) => {
                if let Refused::Source(why, reject) = &refused {
                    lost.get_or_insert_with(|| format!("{} ({why}): {}", reject.origin, reject.detail));
                }
                parsed.rejects.push(refused.into_reject());
            }
        });
        entries += parsed.listed.len();
        for mut entry in parsed.listed.drain(..) {
            let quoted: Vec<Event> = entry.words.iter().map(|words| reader.reply_alone(words, None)).collect();
            classifier.weigh(&mut entry, &quoted, cache);
            existing.add(entry);
        }
        if let Some(reject) = parsed.rejects.first() {
            tracing::warn!(count = parsed.rejects.len(), "--existing: {}: {}", reject.origin, reject.detail);
            refused.get_or_insert_with(|| reject.detail.clone());
        }
    }
    // To go on as if nothing were listed would write the whole list anew, and release nothing.
    if let (0, Some(detail)) = (entries, refused) {
        let what = format!(
            "--existing: no entry could be read: {detail}; a list holds an address or a domain a line, or has a first line such as email"
        );
        return Err(failed(what));
    }
    if let Some(lost) = lost {
        return Err(failed(format!("--existing: not read to its end: {lost}; get it again whole")));
    }
    Ok(())
}

/// Whether a list has no header: looked up in its first lines. Standard input cannot be looked at twice and must have one.
fn is_bare(source: &Source, lines: &SourceOptions) -> anyhow::Result<bool> {
    if !source.files.iter().all(|file| file.from.opens_again()) {
        return Ok(false);
    }
    let (mut bare, mut batches) = (false, source.batches(lines)?);
    if let Some(batch) = batches.next() {
        batch?.each(&mut |item| {
            if let Ok(Item::Log { text, .. }) = item {
                bare = bare || begins_with_an_entry(text);
            }
        });
    }
    Ok(bare)
}
