//! policy.toml: thresholds, and what follows from a cause or an incident. In: the built-in text and a user's file,
//! which changes single keys. Out: one typed `Policy`. Judging is judge's work, acting on it suppress's.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{TableError, line_of, suggest};
use crate::bounce::RateName;

mod judging;
mod level;
mod suppress;

pub use judging::Judging;
pub use level::{Levels, Rate};
pub use suppress::{Act, Brake, Complaint, Doubtful, Expires, Expiry, MailboxFull, Suppress, Verb, When};

/// The file's name.
const FILE: &str = "policy.toml";
const BUILT_IN: &str = include_str!("policy.toml");

/// All of policy.toml.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// What follows from a cause or an incident.
    pub suppress: Suppress,
    /// Thresholds of judging.
    pub judging: Judging,
    /// What raises the night's level, besides rates.
    pub level: Levels,
    /// Shares that raise it by themselves; of two rows of one name the first counts.
    #[serde(default)]
    pub rate: Vec<Rate>,
}

impl Policy {
    /// What is said of a share; `None` where the policy leaves it alone.
    pub fn rate_of(&self, name: RateName) -> Option<&Rate> {
        self.rate.iter().find(|rate| rate.name == name)
    }
}

/// The policy: built in, with the keys that the user's `policy.toml` in `user_dir` changes.
///
/// # Errors
/// A user's file that cannot be read, is not TOML, or has a key or value that the policy does not know.
pub fn load(user_dir: Option<&Path>) -> Result<Policy, TableError> {
    match user_dir.map(|dir| dir.join(FILE)).filter(|path| path.exists()) {
        None => read(&format!("tables/{FILE}"), None),
        Some(path) => {
            let file = path.display().to_string();
            let text = std::fs::read_to_string(&path).map_err(|e| TableError {
                file: file.clone(),
                line: 1,
                what: e.to_string(),
            })?;
            read(&file, Some(&text))
        }
    }
}

/// The built-in policy changed by `user`. The built-in text is right by test, so every error is the user's and its
/// span lies in the user's text.
fn read(file: &str, user: Option<&str>) -> Result<Policy, TableError> {
    let text = user.unwrap_or(BUILT_IN);
    let error = |e: toml::de::Error| TableError {
        file: file.to_owned(),
        line: line_of(text, e.span().map_or(0, |s| s.start)),
        what: suggest(e.message()),
    };
    let mut table = DeTable::parse(BUILT_IN).map_err(error)?;
    if let Some(user) = user {
        merge(table.get_mut(), DeTable::parse(user).map_err(error)?.into_inner());
    }
    Policy::deserialize(toml::Deserializer::from(table)).map_err(error)
}

/// Puts each value of `from` in the place of the one in `into`; tables key by key.
fn merge<'a>(into: &mut DeTable<'a>, from: DeTable<'a>) {
    for (key, value) in from {
        match into.get_mut(&key).map(Spanned::get_mut) {
            Some(DeValue::Table(old)) if value.get_ref().is_table() => {
                if let DeValue::Table(new) = value.into_inner() {
                    merge(old, new);
                }
            }
            _ => {
                into.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_policy_is_right() {
        let policy = load(None).unwrap();
        assert_eq!(policy.suppress.expires.tenant_block_pattern, Expiry::Days(90));
        assert_eq!(policy.suppress.expires.mailbox_unknown, Expiry::Never);
    }

    #[test]
    fn a_users_file_changes_single_keys() {
        let policy = read("night/policy.toml", Some("[suppress.expires]\nheld = \"3 days\"\n")).unwrap();
        assert_eq!(policy.suppress.expires.held, Expiry::Days(3));
        assert_eq!(policy.suppress.expires.mailbox_full, Expiry::Days(30));
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let error = read("night/policy.toml", Some("[suppress.expires]\n\ncontent = \"3 days\"\n")).unwrap_err();
        assert_eq!((error.line, error.what.starts_with("unknown key \"content\"")), (3, true), "{error}");
    }

    #[test]
    fn a_bad_expiry_is_named_with_its_line() {
        let error = read("night/policy.toml", Some("[suppress.expires]\nheld = \"3 weeks\"\n")).unwrap_err();
        assert_eq!((error.line, error.what.as_str()), (2, r#"expiry "3 weeks"; write "never" or "N days""#));
    }
}
