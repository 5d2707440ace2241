//! Rows of rules.toml: what a reply means. Matching is classify's work.

use serde::{Deserialize, Deserializer};

use super::Table;
use crate::bounce::{Basis, Blames, Cause, Permanence, SmtpCommand};

/// One rule: all columns given must hold; the first row that matches wins.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Unique, lower case, words joined with `-`; printed in lists and reports.
    pub id: String,
    /// Only when one of these systems spoke, such as `exchange_online`.
    #[serde(default, deserialize_with = "one_or_more")]
    pub receiver: Vec<String>,
    /// Only with one of these reply codes; `5xx` style wildcards allowed.
    #[serde(default, deserialize_with = "one_or_more")]
    pub reply_code: Vec<String>,
    /// Only with one of these statuses; `*` for any part: `*.1.10`, `5.7.*`, ranges `5.7.606-649`.
    #[serde(default, deserialize_with = "one_or_more")]
    pub status: Vec<String>,
    /// Regex (crate `regex`, case-insensitive, white space folded) on the innermost reply.
    pub text: Option<String>,
    /// Only in answer to this command.
    pub command: Option<SmtpCommand>,
    /// Why it failed.
    pub cause: Cause,
    /// What it means for the next try; absent: transient for 4xx, permanent otherwise.
    pub permanence: Option<Permanence>,
    /// Whose side it lies on; absent: what the cause usually blames.
    pub blames: Option<Blames>,
    /// On what evidence; absent: what the cause usually rests on.
    pub basis: Option<Basis>,
    /// The list that this wording names; absent: found by blocklists.toml.
    pub blocklist: Option<String>,
    /// The system that this wording gives away; absent: taken from the host.
    pub speaker: Option<String>,
    /// Whether the wording is our own platform's for not having sent at all: such an event is `self_suppressed`, whatever
    /// its format calls it.
    #[serde(default)]
    pub own_drop: bool,
    /// Whether the words themselves ("policy violation") do not say what was found: the cause is from the maker's document, and
    /// such a reply is no testimony about the content.
    #[serde(default)]
    pub vague: bool,
    /// The document in which a product's maker says that this is a customer's own rule; asked of explicit rows that do not
    /// name who made the rule.
    pub document: Option<String>,
    /// Where the row's knowledge comes from.
    pub source: String,
    /// Replies that must reach this row; `HOST | reply` gives the answering host too.
    #[serde(default)]
    pub examples: Vec<String>,
    /// Replies that must not reach this row.
    #[serde(default)]
    pub counter_examples: Vec<String>,
}

/// A column that holds one word or a list of them.
pub(super) fn one_or_more<'de, D: Deserializer<'de>>(column: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a text such as \"5.7.1\", or a list of them")]
    enum Column {
        One(String),
        More(Vec<String>),
    }
    Ok(match Column::deserialize(column)? {
        Column::One(word) => vec![word],
        Column::More(words) => words,
    })
}

impl Table for Rule {
    const FILE: &'static str = "rules.toml";
    const KEY: &'static str = "rule";
    const BUILT_IN: &'static str = include_str!("rules.toml");
}
