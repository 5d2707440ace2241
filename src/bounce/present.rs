//! Present lists: what a sender has listed already. In: nothing. Out: the entry that reading hands to acting, with its reason and its
//! times. What a word of reason means is a table's work, what may be released is suppress's.

use jiff::civil::Date;

use super::{Address, Blames, Cause, ListedReason, Origin, Timestamp};

/// How much later than an entry the reply that made it may be dated: two clocks never agree.
const SKEW: i64 = 5 * 60_000;
/// How far the clocks of two zones may be apart from UTC: a day ends so much later somewhere.
const WESTERNMOST: i64 = 14 * 3_600_000;

/// What an entry is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// One address.
    Address(Address),
    /// All addresses of a domain (`domain_key`).
    Domain(String),
}

/// A time as a list gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    /// With a clock time.
    At(Timestamp),
    /// A date alone, by its first instant in UTC: any time of that day, in a zone that nobody knows.
    Day(Timestamp),
    /// The name of one of our nights, by its first instant: a day in UTC.
    Night(Timestamp),
}

impl When {
    fn start(self) -> Timestamp {
        match self {
            When::At(at) | When::Day(at) | When::Night(at) => at,
        }
    }

    /// The last instant that it can mean. A clock that shows midnight in UTC may stand for a date that lost its form.
    fn end(self) -> i64 {
        let start = self.start().0;
        match self {
            When::At(_) if start.rem_euclid(Timestamp::DAY) != 0 => start,
            When::At(_) | When::Day(_) => start.saturating_add(Timestamp::DAY - 1 + WESTERNMOST),
            When::Night(_) => start.saturating_add(Timestamp::DAY - 1),
        }
    }

    /// Whether a reply of that time may have made an entry of this one.
    fn made_by(self, reply: i64) -> bool {
        let (start, end) = match self {
            When::At(at) => (at.0, at.0),
            When::Night(_) => (self.start().0, self.end()),
            When::Day(_) => return false,
        };
        reply <= end.saturating_add(SKEW) && reply >= start.saturating_sub(Timestamp::DAY)
    }
}

/// Since when an entry stands: all the times that its lists give, at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since(Vec<When>);

impl Since {
    /// By these times; `None` without any.
    pub fn of(mut times: Vec<When>) -> Option<Since> {
        times.sort_unstable();
        times.dedup();
        (!times.is_empty()).then_some(Since(times))
    }

    /// The day on which it was added, by the first of its times, `YYYY-MM-DD`.
    pub fn added(&self) -> Option<String> {
        self.0.iter().map(|time| time.start()).min()?.date()
    }

    /// Whether what happened at `at` is later than all its times. Never where one of them is a date alone, or none has a clock.
    pub fn passed_by(&self, at: Timestamp) -> bool {
        self.is_exact() && self.0.iter().all(|time| at.0 > time.end())
    }

    /// Whether a reply of that time may have made it: in the day before all its times, and later than none by more than clocks differ.
    pub fn made_by(&self, reply: Timestamp) -> bool {
        self.is_exact() && self.0.iter().all(|time| time.made_by(reply.0))
    }

    fn is_exact(&self) -> bool {
        self.0.iter().any(|time| matches!(time, When::At(_))) && !self.0.iter().any(|time| matches!(time, When::Day(_)))
    }

    /// Of one subject listed twice: the times of both.
    pub fn merged(mut self, other: Since) -> Option<Since> {
        self.0.extend(other.0);
        Since::of(self.0)
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
    /// The words that give the reason, as they stand there; a reply as often as not.
    pub words: Vec<String>,
    /// The cause, where the list is one of ours.
    pub cause: Option<Cause>,
    /// Whom its cause and its words blame, once they are weighed; the recipient's side where any of them does.
    pub blames: Option<Blames>,
    /// Since when; `None` also where one of its times cannot be read, or says nothing of the whole entry.
    pub since: Option<Since>,
    /// The first day on which it no longer holds.
    pub expires: Option<Date>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = Timestamp::DAY;
    const HOUR: i64 = 3_600_000;
    /// A noon.
    const NOON: i64 = 12 * HOUR;

    fn since(times: &[When]) -> Since {
        Since::of(times.to_vec()).unwrap()
    }

    #[test]
    fn only_what_is_later_than_every_time_passes_an_entry_and_nothing_passes_a_date_alone() {
        let (noon, evening) = (When::At(Timestamp(NOON)), When::At(Timestamp(NOON + 6 * HOUR)));
        let (day, night) = (When::Day(Timestamp(0)), When::Night(Timestamp(0)));
        for (times, at, want) in [
            (&[noon][..], NOON, false),
            (&[noon], NOON + 1, true),
            (&[noon, evening], NOON + 5 * HOUR, false),
            (&[evening, noon], NOON + 7 * HOUR, true),
            (&[day], 90 * DAY, false),
            (&[day, noon], 90 * DAY, false),
            (&[night], 90 * DAY, false),
            (&[night, noon], NOON + HOUR, false),
            (&[night, noon], DAY, true),
        ] {
            assert_eq!(since(times).passed_by(Timestamp(at)), want, "{times:?} {at}");
        }
        assert_eq!(Since::of(Vec::new()), None);
    }

    #[test]
    fn a_reply_made_an_entry_when_it_came_in_the_day_before_it_and_not_after() {
        let noon = 10 * DAY + NOON;
        let (at, night) = (When::At(Timestamp(noon)), When::Night(Timestamp(10 * DAY)));
        for (times, reply, want) in [
            (&[at][..], noon, true),
            (&[at], noon - DAY, true),
            (&[at], noon - DAY - 1, false),
            (&[at], noon + SKEW, true),
            (&[at], noon + SKEW + 1, false),
            (&[at], noon + 7 * HOUR, false),
            (&[at, night], noon, true),
            (&[at, When::Night(Timestamp(2 * DAY))], noon, false),
            (&[at, When::At(Timestamp(noon - 3 * DAY))], noon, false),
            (&[When::Day(Timestamp(10 * DAY))], noon, false),
            (&[night], noon, false),
        ] {
            assert_eq!(since(times).made_by(Timestamp(reply)), want, "{times:?} {reply}");
        }
    }

    #[test]
    fn midnight_may_be_a_date_that_lost_its_form() {
        let midnight = When::At(Timestamp(10 * DAY));
        assert!(!since(&[midnight]).passed_by(Timestamp(11 * DAY + 5 * HOUR)));
        assert!(since(&[midnight]).passed_by(Timestamp(11 * DAY + 14 * HOUR)));
        assert!(!since(&[midnight]).made_by(Timestamp(10 * DAY + 7 * HOUR)));
    }
}
