//! What a night is asked to do. Plain data; what it means is each room's.

use std::path::PathBuf;

use jiff::civil::Date;

use crate::ingest::IngestOptions;

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
    pub inputs: Vec<PathBuf>,
    /// Files of accepted messages.
    pub delivered: Vec<PathBuf>,
    /// Files of attempted messages.
    pub sent: Vec<PathBuf>,
    /// Folder of the nights' folders.
    pub out: PathBuf,
    /// Folder of the memory.
    pub state: PathBuf,
    /// The night's name; `None` for the newest event's UTC date, or the newest delivery's.
    pub as_of: Option<Date>,
    /// The brake's cap; `None` for the policy's.
    pub max_suppressions: Option<Quantity>,
    /// Rejects that a run may have; `None` for the default.
    pub max_rejects: Option<Quantity>,
    /// A user's map of domains to organisations.
    pub tenants: Option<PathBuf>,
    /// The sender's own list.
    pub contacts: Option<PathBuf>,
    /// Lists of what must never be suppressed.
    pub allow: Vec<PathBuf>,
    /// The sender's present lists.
    pub existing: Vec<PathBuf>,
    /// Targets whose import files are wanted.
    pub targets: Vec<String>,
    /// Whether an alert changes the exit code.
    pub exit_on_alert: bool,
    /// Whether nothing new changes the exit code, and publishes nothing.
    pub fail_on_empty: bool,
    /// How to read.
    pub ingest: IngestOptions,
    /// Whether to draw progress.
    pub progress: bool,
}
