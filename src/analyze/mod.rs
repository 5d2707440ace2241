//! THINKING: events and deliveries -> cells -> candidates -> incidents.
//!
//! In: a night's Parquet files. Out: a `Judgement`. What is done about it is suppress's work, how it is told report's.
//! The way: `load` has frames gathered into a `night`, `organisation` says who decides where, `cells` counts, `judge`
//! explains the failures (`explain`, `tenant`, `quiet` on `streams` of `candidate`s that `pass` measures and `weigh`
//! compares by `stats`), `tell` puts it into incidents, `support` says by numbers and closed sets (`grounds`) what each rests on.

use std::path::PathBuf;

use crate::history::EarlierNight;

pub mod attempted;
pub mod candidate;
pub mod cells;
pub mod chronic;
pub mod columns;
pub mod details;
pub mod explain;
pub mod family;
pub mod gather;
pub mod grounds;
pub mod identities;
pub mod incident;
pub mod index;
mod join;
pub mod judge;
pub mod load;
pub mod maps;
pub mod measure;
pub mod names;
pub mod night;
pub mod organisation;
mod parts;
pub mod pass;
pub mod quiet;
pub mod rows;
mod run;
pub mod samples;
pub mod scope;
pub mod slots;
pub mod sources;
pub mod stats;
pub mod streams;
pub mod support;
pub mod tally;
pub mod tell;
pub mod teller;
pub mod tenant;
mod voices;
pub mod weigh;

pub use run::run;

/// What a judgement is made from.
#[derive(Debug, Clone, Default)]
pub struct AnalyzeOptions {
    /// events.parquet of the night, or of its shards.
    pub events: Vec<PathBuf>,
    /// deliveries.parquet; empty: counts-only.
    pub deliveries: Vec<PathBuf>,
    /// The user's tables.
    pub user_tables: Option<PathBuf>,
    /// The user's map: `domain,organisation[,receiver]`.
    pub tenants: Option<PathBuf>,
    /// The sender's own list: `email,list_source`.
    pub contacts: Option<PathBuf>,
    /// Earlier nights, oldest first.
    pub earlier: Vec<EarlierNight>,
}

#[cfg(test)]
mod tests;
