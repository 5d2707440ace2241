//! Rows of listed_reasons.toml: what the words mean by which lists say why an entry is on them. Which column holds them is a row of
//! present_lists.toml; finding the rows that fit is `parse::record`'s work.

use serde::Deserialize;

use super::Table;
use crate::bounce::ListedReason;

/// Words of one meaning.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReasonWords {
    /// What they mean. Where rows of several meanings fit a text, the strictest holds; where none fits, the reason is unknown.
    pub means: ListedReason,
    /// A regular expression on the text; letter case aside.
    pub text: String,
    /// Who says so.
    pub source: String,
    /// When that was looked up.
    pub date: String,
    /// Texts of this meaning: the row's tests.
    pub examples: Vec<String>,
}

impl Table for ReasonWords {
    const FILE: &'static str = "listed_reasons.toml";
    const KEY: &'static str = "reason";
    const BUILT_IN: &'static str = include_str!("listed_reasons.toml");
}
