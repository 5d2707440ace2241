//! Present lists: what a sender has listed already. In: nothing. Out: the entry that reading hands to acting, with its reason and its
//! times. What a word of reason means is a table's work, what may be released is suppress's.

use jiff::civil::Date;

use super::{Address, Cause, ListedReason, Origin, Timestamp};

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// What an entry is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// One address.
    Address(Address),
    /// All addresses of a domain (`domain_key`).
    Domain(String),
}

/// A time as a list gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// With a clock time.
    At(Timestamp),
    /// A date alone, by its first instant: it stands for any time of that day.
    Day(Timestamp),
}

impl When {
    /// The last instant that it can mean.
    pub fn end(self) -> Timestamp {
        match self {
            When::At(at) => at,
            When::Day(start) => Timestamp(start.0.saturating_add(DAY - 1)),
        }
    }

    /// The instant, where there is a clock time.
    pub fn exact(self) -> Option<Timestamp> {
        match self {
            When::At(at) => Some(at),
            When::Day(_) => None,
        }
    }

    fn start(self) -> Timestamp {
        match self {
            When::At(at) | When::Day(at) => at,
        }
    }
}

/// Since when an entry stands, by all the times that its list gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// The day on which it was added, by the first of its times, `YYYY-MM-DD`.
    pub added: Option<String>,
    /// The last instant that any of them can mean: what is later is later than the entry.
    pub end: Timestamp,
    /// The last one with a clock time.
    pub exact: Option<Timestamp>,
}

impl Since {
    /// By these times; `None` without any.
    pub fn of(times: &[When]) -> Option<Since> {
        let first = times.iter().map(|time| time.start()).min()?;
        Some(Since {
            added: first.date(),
            end: times.iter().map(|time| time.end()).max()?,
            exact: times.iter().filter_map(|time| time.exact()).max(),
        })
    }

    /// Of one subject listed twice: the later of each, the day of the earlier.
    pub fn merged(self, other: Since) -> Since {
        Since {
            added: [self.added, other.added].into_iter().flatten().min(),
            end: self.end.max(other.end),
            exact: self.exact.max(other.exact),
        }
    }
}

/// One entry of a present list. What the list does not say is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresentEntry {
    /// Where it was read.
    pub origin: Origin,
    /// What it is about.
    pub subject: Subject,
    /// Why it is there.
    pub reason: ListedReason,
    /// The cause, where the list is one of ours.
    pub cause: Option<Cause>,
    /// Since when; `None` also where one of its times cannot be read, or says nothing of the whole entry.
    pub since: Option<Since>,
    /// The first day on which it no longer holds.
    pub expires: Option<Date>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_alone_ends_with_its_day_and_is_no_exact_time() {
        let (noon, day) = (When::At(Timestamp(DAY / 2)), When::Day(Timestamp(0)));
        assert_eq!((noon.end(), noon.exact()), (Timestamp(DAY / 2), Some(Timestamp(DAY / 2))));
        assert_eq!((day.end(), day.exact()), (Timestamp(DAY - 1), None));
        let since = Since::of(&[noon, day]).unwrap();
        assert_eq!(since.end, Timestamp(DAY - 1));
        assert_eq!((since.exact, since.added.as_deref()), (Some(Timestamp(DAY / 2)), Some("1970-01-01")));
        assert_eq!(Since::of(&[]), None);
    }
}
