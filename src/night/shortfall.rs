//! What a reading fell short of: the reasons for exit code 3, apart, each with its numbers. In: the summary of reading. Out:
//! plain data, and one line of text.

use std::fmt;

use super::job::Quantity;
use crate::bounce::{LostFile, RejectReason};
use crate::ingest::Summary;
use crate::report::harmless;
use crate::report::words::{count, counted};

/// Share of the items that may be rejected before the exit code says so.
const REJECTS_ALLOWED: Quantity = Quantity::Share(0.05);

/// What was not read of inputs that were there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shortfall {
    /// More items were rejected than allowed.
    pub rejects: Option<TooManyRejects>,
    /// Files are lost, as a whole or from some place on.
    pub lost: Option<UnreadFiles>,
    /// Nothing says what the rows of these files are.
    pub asked: Option<UnreadFiles>,
}

/// Rejects beyond what is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooManyRejects {
    /// Items rejected.
    pub rejected: u64,
    /// Of so many.
    pub items: u64,
    /// So many were allowed.
    pub allowed: u64,
    /// Who allowed no more, as `more than ... allows`: a flag, or the default.
    pub by: &'static str,
    /// Where the first of them stands, and what is wrong with it; `None` if it is of a file that is told by name.
    pub first: Option<String>,
}

/// Files of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadFiles {
    /// How many.
    pub count: u64,
    /// The first of them.
    pub first: LostFile,
}

impl Shortfall {
    /// What the summary of a night tells. `allowed` is what `--max-rejects` says; `None` for the default share.
    pub fn of_night(summary: &Summary, allowed: Option<Quantity>) -> Shortfall {
        Shortfall::of(summary, allowed, "--max-rejects allows")
    }

    /// What the summary of a reading tells for which nobody can allow more than the default share.
    pub fn of_reading(summary: &Summary) -> Shortfall {
        Shortfall::of(summary, None, "5 %")
    }

    fn of(summary: &Summary, allowed: Option<Quantity>, by: &'static str) -> Shortfall {
        let (rejected, items) = (summary.rejects_unread(), summary.items);
        let allowed = allowed.unwrap_or(REJECTS_ALLOWED).of(items);
        let alone = summary.lost.total() == 0;
        // What is empty says little of what is wrong.
        let of_those = |empty: bool| {
            let rejects = summary.rejects.iter().filter(|(reason, _)| (**reason == RejectReason::Empty) == empty);
            rejects.filter_map(|(_, of)| of.first.first()).min()
        };
        let first = || of_those(false).or_else(|| of_those(true)).filter(|_| alone);
        let rejects = (rejected > allowed).then(|| TooManyRejects {
            rejected,
            items,
            allowed,
            by,
            first: first().map(|(origin, detail)| format!("{origin}: {detail}")),
        });
        let (lost, asked) = (&summary.lost, summary.lost.not_understood_total());
        let files = |first: Option<&LostFile>, count| first.map(|first| UnreadFiles { count, first: first.clone() });
        Shortfall {
            rejects,
            lost: files(lost.broken(), lost.total() - asked),
            asked: files(lost.not_understood(), asked),
        }
    }

    /// Whether all was read.
    pub fn is_none(&self) -> bool {
        *self == Shortfall::default()
    }
}

impl fmt::Display for Shortfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if let Some(UnreadFiles { count, first }) = &self.lost {
            let files = counted(*count, "file lost", "files lost");
            parts.push(format!("{files}, the first {} ({})", harmless(&first.source), first.why));
        }
        if let Some(UnreadFiles { count: files, first }) = &self.asked {
            let more = if *files > 1 { format!(" and of {} more", count(files - 1)) } else { String::new() };
            parts.push(format!("nothing says what the rows of {}{more} are", harmless(&first.source)));
        }
        if let Some(TooManyRejects { rejected, items, allowed, by, first }) = &self.rejects {
            let first = first.as_ref().map(|first| format!("; the first: {}", harmless(first))).unwrap_or_default();
            let (rejected, items) = (count(*rejected), counted(*items, "item", "items"));
            parts.push(format!("{rejected} of {items} rejected, more than {by} ({}){first}", count(*allowed)));
        }
        f.write_str(&parts.join("; "))
    }
}
