//! OUTCOME: a verdict and the events once more -> incidents, domains, codes, samples. In: facts, the judge's verdict, event
//! files. Out: a `Judgement`, and the incident that owns each row. What is done about it is suppress's work, how it is
//! told report's.

use crate::facts::{Facts, Sources};
use crate::history::EarlierNight;
use crate::judge::{Owners, judge};
use crate::tables::policy;
use crate::tables::receivers::Receivers;

mod build;
mod builder;
pub mod chronic;
mod complaints;
pub mod details;
mod groups;
mod impact;
pub mod incident;
pub mod level;
mod named;
mod owned;
mod rates;
mod replies;
mod samples;
pub mod sources;
mod tables;

use incident::Judgement;
use owned::Owned;

/// A judgement, and the incident that owns each event.
#[derive(Debug)]
pub struct Outcome {
    /// What is found.
    pub judgement: Judgement,
    /// Of each event of the files, in their order.
    pub owners: RowOwners,
}

/// The incident of each row.
#[derive(Debug, Default)]
pub struct RowOwners {
    /// Ids of the incidents.
    ids: Vec<String>,
    /// Places in `ids`, row group by row group.
    rows: Vec<Box<[u32]>>,
}

impl RowOwners {
    /// The incidents of the rows of a row group; `None` for a row that none owns.
    pub fn of_group(&self, group: usize) -> impl ExactSizeIterator<Item = Option<&str>> {
        let rows = self.rows.get(group).map_or(&[][..], |rows| rows);
        rows.iter().map(|at| self.ids.get(*at as usize).map(String::as_str))
    }

    /// Whether no row has an owner.
    pub fn is_empty(&self) -> bool {
        self.rows.iter().flatten().all(|at| *at == groups::NOBODY)
    }
}

/// Judges a night. `earlier` are the nights before, oldest first.
///
/// # Errors
/// A file that cannot be read, or lacks a column; a table or map with a bad row.
pub fn run(sources: &Sources, earlier: &[EarlierNight]) -> anyhow::Result<Outcome> {
    let tables = sources.user_tables.as_deref();
    let policy = policy::load(tables)?;
    let judging = &policy.judging;
    let mut facts = Facts::read(sources, &policy.suppress.doubtful)?;
    let verdict = judge(&facts.night, &facts.places, &mut facts.cells, judging);
    let owners = Owners::of_verdict(&verdict, &facts.cells);
    let rows = Owned::read(&sources.events, &facts, &owners, &policy.suppress.complaint)?;

    let count = verdict.findings.len() + verdict.tenants.len() + verdict.others.len();
    let mut details = details::of_cells(&facts, &owners, count);
    details::of_rows(&mut details, &rows);
    for (owner, sample) in rows.samples.read(&sources.events)? {
        details[owner as usize].sample = Some(sample);
    }
    let (mut judgement, ids) = build::build(&facts, &verdict, &details, judging);
    (judgement.domains, judgement.domain_codes) = self::tables::domains(&rows, &facts, &ids);
    judgement.codes = self::tables::codes(&rows, &facts, &Receivers::load(tables)?);
    judgement.concentration = self::tables::concentration(&rows, &facts);
    self::tables::sums(&mut judgement, &facts);
    judgement.named = named::count(&rows, &facts, &named::public_lists(tables)?);
    judgement.rates = rates::find(&facts, &judgement, (&rows.complaints, &verdict.uncovered), &policy);
    chronic::mark(&mut judgement.incidents, earlier);
    Ok(Outcome { judgement, owners: RowOwners { ids, rows: rows.owners } })
}

#[cfg(test)]
mod tests;
