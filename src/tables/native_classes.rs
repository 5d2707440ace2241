//! native_classes.toml: what a sending platform's own class says, in our causes. In: the table. Out: whether a class
//! and a cause agree. Which class an export gives is parse's work.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;

use super::{Table, TableError, load};
use crate::bounce::Cause;

/// Classes that say the same.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NativeClass {
    /// As the platforms spell them.
    pub class: Vec<String>,
    /// The causes that agree with them.
    pub causes: Vec<Cause>,
    /// Where the knowledge comes from.
    pub source: String,
}

impl Table for NativeClass {
    const FILE: &'static str = "native_classes.toml";
    const KEY: &'static str = "native_class";
    const BUILT_IN: &'static str = include_str!("native_classes.toml");
}

/// All classes known.
#[derive(Debug)]
pub struct NativeClasses(HashMap<String, Vec<Cause>>);

impl NativeClasses {
    /// Loads the table; where two rows name a class, the first one holds.
    ///
    /// # Errors
    /// A broken row, or one without a source.
    pub fn load(user_tables: Option<&Path>) -> Result<NativeClasses, TableError> {
        let mut classes = HashMap::new();
        for row in load::<NativeClass>(user_tables)? {
            if row.value.source.trim().is_empty() {
                return Err(row.error("no source; say where the classes are described"));
            }
            for class in &row.value.class {
                classes.entry(class.clone()).or_insert_with(|| row.value.causes.clone());
            }
        }
        Ok(NativeClasses(classes))
    }

    /// Whether the platform and we say different things. A class that no row knows, or a failure that no rule knows,
    /// is no disagreement.
    pub fn disagree(&self, class: &str, cause: Cause) -> bool {
        cause != Cause::Unknown && self.0.get(class).is_some_and(|causes| !causes.contains(&cause))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hard_bounce_for_our_reputation_is_a_disagreement() {
        let classes = NativeClasses::load(None).unwrap();
        for (class, cause, want) in [
            ("HardBounce", Cause::IpReputation, true),
            ("HardBounce", Cause::MailboxUnknown, false),
            ("bad-mailbox", Cause::MailboxDisabled, false),
            ("Invalid Address", Cause::Content, true),
            ("no such class", Cause::Content, false),
            ("HardBounce", Cause::Unknown, false),
        ] {
            assert_eq!(classes.disagree(class, cause), want, "{class} {cause}");
        }
    }
}
