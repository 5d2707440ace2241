//! NAMING: event -> Classification: which rule spoke, on what evidence.
//! In: an event as parse left it. Out: cause, permanence, blames, basis, who spoke. What a cluster of them means is analyze's work.

use std::path::Path;

use crate::bounce::{Classification, Event};
use crate::tables::TableError;

/// The compiled rules; shared by all threads.
#[derive(Debug)]
pub struct Classifier {}

/// One thread's memory of replies already classified.
#[derive(Debug, Default)]
pub struct Cache {}

impl Classifier {
    /// Loads and compiles rules, receivers and blocklists, a user's rows first.
    ///
    /// # Errors
    /// A row that is broken, with file, line and reason.
    pub fn new(user_tables: Option<&Path>) -> Result<Classifier, TableError> {
        let _ = user_tables;
        Ok(Classifier {})
    }

    /// Names the cause of one event.
    pub fn classify(&self, event: &Event, cache: &mut Cache) -> Classification {
        // First form: nothing is named until the rules are read.
        let _ = (event, cache);
        Classification {
            cause: crate::bounce::Cause::Unknown,
            permanence: crate::bounce::Permanence::Permanent,
            blames: crate::bounce::Blames::Unknown,
            basis: crate::bounce::Basis::Unstated,
            rejecting_system: None,
            blocklist: None,
            rule: None,
            vendor_tag: None,
            template: None,
        }
    }

    /// The receiver that a host name belongs to, such as `exchange_online`; `None` for hosts that no row names.
    pub fn receiver_of(&self, host: &str) -> Option<&str> {
        let _ = host;
        None
    }
}
