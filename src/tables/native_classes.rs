//! native_classes.toml: what a sending platform's own class says, in our causes. In: the table. Out: whether a class
//! and a cause agree, and what a class means where nothing else speaks. Which class an export gives is parse's work.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;

use super::rules::one_or_more;
use super::{Table, TableError, load};
use crate::bounce::{Cause, Permanence};

/// Classes that say the same.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NativeClass {
    /// As the platforms spell them.
    #[serde(deserialize_with = "one_or_more")]
    pub class: Vec<String>,
    /// The export formats in which the class means this; absent: in any.
    #[serde(default, deserialize_with = "one_or_more")]
    pub format: Vec<String>,
    /// The causes that agree with them.
    pub causes: Vec<Cause>,
    /// Whether the platform means it for good; absent: the class does not tell.
    pub permanence: Option<Permanence>,
    /// The cause of a bounce of which nothing is known but the class; absent: the class is too wide to name one.
    pub alone: Option<Cause>,
    /// Whether the class says that the platform sent nothing.
    #[serde(default)]
    pub own_drop: bool,
    /// The name under which lists show what rests on the class alone; asked of rows with `alone`.
    pub id: Option<String>,
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
pub struct NativeClasses(HashMap<String, Vec<Meaning>>);

/// What a class means in some formats.
#[derive(Debug, Clone)]
struct Meaning {
    /// None: in all of them.
    formats: Arc<[String]>,
    causes: Arc<[Cause]>,
    alone: Alone,
}

/// What a class says of a bounce of which nothing else is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alone {
    /// Why it failed, and the name of the row that says so; `None`: the class does not tell.
    pub cause: Option<(Cause, Arc<str>)>,
    /// Whether trying again may help; `None`: the class does not tell.
    pub permanence: Option<Permanence>,
    /// Whether the platform sent nothing.
    pub own_drop: bool,
}

impl NativeClasses {
    /// Loads the table; where two rows name a class for the same format, the first one holds.
    ///
    /// # Errors
    /// A broken row, or one without a source; a cause for classes alone without the formats in which it holds, or without
    /// an id.
    pub fn load(user_tables: Option<&Path>) -> Result<NativeClasses, TableError> {
        let mut classes: HashMap<String, Vec<Meaning>> = HashMap::new();
        for row in load::<NativeClass>(user_tables)? {
            let class = &row.value;
            if class.source.trim().is_empty() {
                return Err(row.error("no source; say where the classes are described"));
            }
            let cause = match (class.alone, &class.id) {
                (None, _) => None,
                (Some(cause), Some(id)) if !class.format.is_empty() => Some((cause, Arc::from(id.as_str()))),
                (Some(_), _) => return Err(row.error("`alone` needs an `id` and the `format` in which it holds")),
            };
            let alone = Alone { cause, permanence: class.permanence, own_drop: class.own_drop };
            let (formats, causes) = (Arc::from(class.format.as_slice()), Arc::from(class.causes.as_slice()));
            let meaning = Meaning { formats, causes, alone };
            for name in &class.class {
                classes.entry(name.to_lowercase()).or_default().push(meaning.clone());
            }
        }
        Ok(NativeClasses(classes))
    }

    /// Whether the platform and we say different things. A class that no row knows, or a failure that no rule knows,
    /// is no disagreement; of rows for several formats one that agrees is enough.
    pub fn disagree(&self, class: &str, cause: Cause) -> bool {
        let known = self.0.get(&class.to_lowercase());
        cause != Cause::Unknown && known.is_some_and(|known| known.iter().all(|row| !row.causes.contains(&cause)))
    }

    /// What a class of that export format means alone; `None` for classes that no row knows there.
    pub fn alone(&self, class: &str, format: &str) -> Option<&Alone> {
        let known = self.0.get(&class.to_lowercase())?;
        let fits = |row: &&Meaning| row.formats.is_empty() || row.formats.iter().any(|known| known == format);
        known.iter().find(fits).map(|row| &row.alone)
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

    #[test]
    fn only_a_class_that_says_so_in_its_own_format_names_a_cause() {
        let classes = NativeClasses::load(None).unwrap();
        let cause = |class, format| Some(classes.alone(class, format)?.cause.as_ref()?.0);
        for (class, format, want) in [
            ("Permanent/NoEmail", "ses", Some(Cause::MailboxUnknown)),
            ("permanent/noemail", "ses", Some(Cause::MailboxUnknown)),
            ("Permanent/General", "ses", None),
            ("HardBounce", "postmark", None),
            ("10", "sparkpost", Some(Cause::MailboxUnknown)),
            ("10", "generic", None),
            ("22", "sparkpost", Some(Cause::MailboxFull)),
            ("50", "sparkpost", None),
            ("bad-mailbox", "powermta", Some(Cause::MailboxUnknown)),
            ("no such class", "ses", None),
        ] {
            assert_eq!(cause(class, format), want, "{class} {format}");
        }
        assert_eq!(classes.alone("Permanent/General", "ses").unwrap().permanence, Some(Permanence::Permanent));
        assert_eq!(classes.alone("Transient/General", "ses").unwrap().permanence, Some(Permanence::Transient));
    }

    #[test]
    fn a_cause_for_classes_alone_is_one_of_those_that_agree() {
        for row in load::<NativeClass>(None).unwrap() {
            assert!(row.value.alone.is_none_or(|cause| row.value.causes.contains(&cause)), "{:?}", row.value);
        }
    }
}
