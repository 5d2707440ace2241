//! Rows of layouts.toml: how the makes of mail servers lay out a report in prose. Reading by them is parse's work.

use serde::Deserialize;

use super::Table;
use crate::bounce::Kind;

/// Where the reply stands, seen from the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyPlace {
    /// Wherever the words that tell most are.
    #[default]
    Best,
    /// On the address's line and the lines after it.
    Block,
    /// In the paragraphs after the last address.
    After,
    /// In the paragraphs before the first address.
    Before,
}

/// One layout: the first row of which an opening is in the text (and the sender fits) is taken.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// Unique, lower case; becomes the event's `grammar`.
    pub name: String,
    /// Any of these stands in the report's own text; lower case.
    #[serde(default)]
    pub opening: Vec<String>,
    /// Any of these stands in the From field; lower case. Absent: any sender.
    #[serde(default)]
    pub from: Vec<String>,
    /// Any of these stands in the subject; lower case. Absent: any subject.
    #[serde(default)]
    pub subject: Vec<String>,
    /// Only lines after one that holds this are read for addresses; lower case.
    pub begins: Option<String>,
    /// A line that holds one of these announces the returned message; lower case.
    #[serde(default)]
    pub returned: Vec<String>,
    /// Regexes (crate `regex`, case-insensitive) on one line; `address` and, if it stands there, `reply` are captured.
    /// Absent: the forms that most reports use.
    #[serde(default)]
    pub address: Vec<String>,
    /// Where the reply stands.
    #[serde(default)]
    pub reply: ReplyPlace,
    /// A regex (case-insensitive, across lines) whose `reply` is the reply, for layouts that hide it.
    pub reply_text: Option<String>,
    /// What such a report says, unless its words say otherwise.
    pub kind: Option<Kind>,
    /// Where the row's knowledge comes from.
    pub source: String,
    /// Texts that this row must read.
    #[serde(default)]
    pub examples: Vec<Example>,
}

/// A report's text, and what must be read from it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// The From field, where the row asks for one.
    #[serde(default)]
    pub from: String,
    /// The subject, where the row asks for one.
    #[serde(default)]
    pub subject: String,
    /// The text for people.
    pub text: String,
    /// The recipients, in order, each `address` or `address => words that its reply holds`.
    pub recipients: Vec<String>,
}

impl Table for Layout {
    const FILE: &'static str = "layouts.toml";
    const KEY: &'static str = "layout";
    const BUILT_IN: &'static str = include_str!("layouts.toml");
}
