//! What the night itself decided about entries of the present list. In: its lists. Out: which entries it renews, what waits,
//! and who bounced for a reason of ours.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::DataFrame;

use crate::bounce::{Cause, Timestamp};
use crate::frame::cells::Words;
use crate::suppress::decision::Meanwhile;
use crate::suppress::frames::ListFrames;
use crate::suppress::present::Existing;

/// What waits in held.csv.
#[derive(Debug)]
struct Waiting {
    /// The last failure that it waits for; `None` where the list says none.
    last: Option<Timestamp>,
    /// Whether it may be mailed while it waits.
    mail_on: bool,
    /// Whether it is about a feedback report, which no delivery and no date outlives.
    wish: bool,
}

/// The night's decisions, of entries of the present list only.
#[derive(Debug, Default)]
pub(super) struct Tonight {
    listed: BTreeSet<String>,
    /// All domains of domains.csv: an address is listed with its domain.
    domains: BTreeSet<String>,
    waiting: BTreeMap<String, Waiting>,
    /// Domains that must not be mailed while they wait.
    unmailed: BTreeSet<String>,
    /// Incident of each protected address; empty where none explains it.
    pub protected: BTreeMap<String, String>,
}

impl Tonight {
    /// What the night's lists say.
    pub fn of(lists: &ListFrames, existing: &Existing) -> anyhow::Result<Tonight> {
        let mut tonight = Tonight::default();
        each(&lists.addresses, ["email"], |[email]| {
            tonight.listed.extend(Some(email.to_lowercase()).filter(|key| existing.holds(key)));
        })?;
        each(&lists.domains, ["domain"], |[domain]| tonight.domains.extend([domain.to_lowercase()]))?;
        each(&lists.held, ["value", "meanwhile", "last_seen", "cause"], |[value, meanwhile, last, cause]| {
            let key = value.to_lowercase();
            // A word that is none of ours forbids to mail.
            let meanwhile = meanwhile.parse().unwrap_or(Meanwhile::DoNotMail);
            if meanwhile == Meanwhile::DoNotMail && !key.contains('@') {
                tonight.unmailed.insert(key.clone());
            }
            if existing.holds(&key) {
                let last = last.parse::<jiff::Timestamp>().ok().map(|last| Timestamp(last.as_millisecond()));
                let (mail_on, wish) = (meanwhile == Meanwhile::MailOn, cause.parse() == Ok(Cause::Complaint));
                tonight.waiting.insert(key, Waiting { last, mail_on, wish });
            }
        })?;
        each(&lists.protected, ["email", "incident"], |[email, incident]| {
            let key = email.to_lowercase();
            if existing.holds(&key) {
                tonight.protected.insert(key, incident.to_owned());
            }
        })?;
        Ok(tonight)
    }

    /// Whether the night lists it anew, or its domain.
    pub fn lists(&self, key: &str) -> bool {
        self.listed.contains(key) || self.domains.contains(domain_of(key))
    }

    /// Whether nothing that waits about it is as late as `at`.
    pub fn failed_before(&self, key: &str, at: Timestamp) -> bool {
        // The list shows whole seconds.
        let before = |waiting: &Waiting| !waiting.wish && waiting.last.is_some_and(|last| last.0 + 999 < at.0);
        self.waiting.get(key).is_none_or(before)
    }

    /// Whether nothing waits that forbids to mail it.
    pub fn may_be_mailed(&self, key: &str) -> bool {
        self.waiting.get(key).is_none_or(|waiting| waiting.mail_on && !waiting.wish)
            && !self.unmailed.contains(domain_of(key))
    }
}

/// Calls `take` with these cells of each row.
fn each<const N: usize>(frame: &DataFrame, columns: [&str; N], mut take: impl FnMut([&str; N])) -> anyhow::Result<()> {
    let columns = columns.into_iter().map(|name| Words::of(frame, name)).collect::<anyhow::Result<Vec<_>>>()?;
    (0..frame.height()).for_each(|row| take(std::array::from_fn(|at| columns[at].get(row).unwrap_or_default())));
    Ok(())
}

/// The domain of an address, or the domain itself.
fn domain_of(key: &str) -> &str {
    key.rsplit_once('@').map_or(key, |(_, domain)| domain)
}
