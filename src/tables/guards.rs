//! Rows of guards.toml: what takes a dead recipient back. A rule may blame the recipient for words that fit both sides, or
//! that pass; a guard is asked after every such rule and before anything can be listed. Matching is classify's work.

use serde::Deserialize;

use super::Table;
use super::rules::one_or_more;
use crate::bounce::{Basis, Blames, Cause, Permanence, SmtpCommand};

/// One guard: where a rule names one of `over` and all columns given hold, what stands here replaces what the rule says.
/// The first row that names a cause holds; rows that only change the permanence hold besides.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// Unique, lower case, words joined with `-`; printed as the rule where the guard names a cause.
    pub id: String,
    /// The causes that it takes back, where they blame the recipient.
    pub over: Vec<Cause>,
    /// Only with one of these statuses; as in rules.toml.
    #[serde(default, deserialize_with = "one_or_more")]
    pub status: Vec<String>,
    /// Only in answer to this command.
    pub command: Option<SmtpCommand>,
    /// Only where the reply names our sending domain, and neither the recipient nor its domain.
    #[serde(default)]
    pub names_us: bool,
    /// Regex (crate `regex`, case-insensitive, white space folded) on the innermost reply.
    pub text: Option<String>,
    /// Not where this regex fits too.
    pub unless: Option<String>,
    /// What it is instead; absent: the rule's cause stays.
    pub cause: Option<Cause>,
    /// Whose side it lies on instead; absent: what the cause usually blames.
    pub blames: Option<Blames>,
    /// On what evidence; absent: what the cause usually rests on.
    pub basis: Option<Basis>,
    /// What it means for the next try instead.
    pub permanence: Option<Permanence>,
    /// Where the row's knowledge comes from.
    pub source: String,
    /// Replies over which this row must hold; `from=DOMAIN | reply` says what our domain is.
    #[serde(default)]
    pub examples: Vec<String>,
    /// Replies over which it must not hold.
    #[serde(default)]
    pub counter_examples: Vec<String>,
}

impl Table for Guard {
    const FILE: &'static str = "guards.toml";
    const KEY: &'static str = "guard";
    const BUILT_IN: &'static str = include_str!("guards.toml");
}
