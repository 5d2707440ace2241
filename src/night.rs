//! One night, from paths to a published folder: the rooms in order, and nothing else.
//! In: a job. Out: an outcome for the exit code. How each step works is its room's.

use std::path::PathBuf;

use crate::ingest::{IngestOptions, Summary};

/// A number, or a share of something.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Quantity {
    /// So many.
    Count(u64),
    /// A share, 0..=1.
    Share(f64),
}

impl Quantity {
    /// The number that this is of `whole`, rounded down.
    pub fn of(self, whole: u64) -> u64 {
        match self {
            Quantity::Count(n) => n,
            Quantity::Share(share) => (whole as f64 * share) as u64,
        }
    }
}

/// What `run` is asked to do.
#[derive(Debug, Clone)]
pub struct Job {
    /// Bounces, and deliveries where the format says so.
    pub inputs: Vec<String>,
    /// Files of accepted messages.
    pub delivered: Vec<String>,
    /// Files of attempted messages.
    pub sent: Vec<String>,
    /// Folder of the nights' folders.
    pub out: PathBuf,
    /// Folder of the memory.
    pub state: PathBuf,
    /// The night's name; `None` for the newest event's UTC date.
    pub as_of: Option<String>,
    /// The brake's cap; `None` for the default.
    pub max_suppressions: Option<Quantity>,
    /// Rejects that a run may have; `None` for the default.
    pub max_rejects: Option<Quantity>,
    /// A user's map of domains to organisations.
    pub tenants: Option<PathBuf>,
    /// The sender's own list.
    pub contacts: Option<PathBuf>,
    /// Whether an alert changes the exit code.
    pub exit_on_alert: bool,
    /// Whether nothing new changes the exit code, and publishes nothing.
    pub fail_on_empty: bool,
    /// How to read.
    pub ingest: IngestOptions,
    /// Whether to draw progress.
    pub progress: bool,
}

/// How a night went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// For the terminal, at most 25 lines.
    pub summary: String,
    /// The brake held the lists.
    pub braked: bool,
    /// More rejects than allowed.
    pub too_many_rejects: bool,
    /// An incident of high or medium confidence stands.
    pub alert: bool,
    /// No event at all.
    pub nothing_new: bool,
}

/// Share of the items that may be rejected before the exit code says so.
const REJECTS_ALLOWED: Quantity = Quantity::Share(0.05);

/// Whether a run has more rejects than allowed.
pub fn too_many(summary: &Summary, allowed: Option<Quantity>) -> bool {
    summary.reject_count() > allowed.unwrap_or(REJECTS_ALLOWED).of(summary.items)
}

/// Does a night: reads, judges, decides, reports, publishes.
///
/// # Errors
/// Whatever stops the night; then nothing is published and an earlier night's folder is as it was.
pub fn run(job: &Job) -> anyhow::Result<Outcome> {
    let _ = job;
    todo!("wired when the rooms land")
}
