//! What the night itself decided about entries of the present list. In: its lists, as written. Out: which entries it renews, what waits,
//! and who bounced for a reason of ours.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;

use super::Night;
use crate::bounce::{Cause, Timestamp};
use crate::suppress::acting;
use crate::suppress::meanwhile::Meanwhile;
use crate::suppress::present::Existing;
use crate::suppress::read_back::read_csv;

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
    /// Reads the night's lists.
    pub fn read(night: &Night<'_>, existing: &Existing) -> anyhow::Result<Tonight> {
        let acting = night.folder.join(acting(night.braked));
        let known = |key: &str| existing.addresses.contains_key(key) || existing.domains.contains_key(key);
        let mut tonight = Tonight::default();
        for entry in read_csv(&acting.join("addresses.csv"))? {
            tonight.listed.extend(Some(entry?.get("email").to_lowercase()).filter(|key| known(key)));
        }
        for entry in read_csv(&acting.join("domains.csv"))? {
            tonight.domains.insert(entry?.get("domain").to_lowercase());
        }
        for entry in read_csv(&night.folder.join("review/held.csv"))? {
            let entry = entry?;
            let key = entry.get("value").to_lowercase();
            // A word that is none of ours forbids to mail.
            let meanwhile = entry.get("meanwhile").parse().unwrap_or(Meanwhile::DoNotMail);
            if meanwhile == Meanwhile::DoNotMail && !key.contains('@') {
                tonight.unmailed.insert(key.clone());
            }
            if known(&key) {
                let last = entry.get("last_seen").parse::<jiff::Timestamp>().ok();
                let last = last.map(|last| Timestamp(last.as_millisecond()));
                let mail_on = meanwhile == Meanwhile::MailOn;
                let wish = entry.get("cause").parse() == Ok(Cause::Complaint);
                tonight.waiting.insert(key, Waiting { last, mail_on, wish });
            }
        }
        for entry in read_csv(&night.folder.join("review/protected.csv"))? {
            let entry = entry.context("review/protected.csv")?;
            let key = entry.get("email").to_lowercase();
            if known(&key) {
                tonight.protected.insert(key, entry.get("incident").to_owned());
            }
        }
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

/// The domain of an address, or the domain itself.
fn domain_of(key: &str) -> &str {
    key.rsplit_once('@').map_or(key, |(_, domain)| domain)
}
