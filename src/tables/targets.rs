//! Rows of targets.toml: which files a platform's import takes, down to header and cell. Writing them is `targets`' work.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Table;

/// One platform, or mail server, that takes suppression lists.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Unique; what `--target` takes, and the name of the folder.
    pub name: String,
    /// How far an entry reaches there.
    #[serde(default)]
    pub scope: Scope,
    /// The most rows of one file; absent: no limit is known.
    pub row_limit: Option<usize>,
    /// Words for `{reason}`, by our cause; `default` for the rest.
    #[serde(default)]
    pub reasons: BTreeMap<String, String>,
    /// The files.
    pub files: Vec<TargetFile>,
    /// Where the shape is documented.
    pub source: String,
}

/// How far an entry of a list reaches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// All that the account sends.
    #[default]
    Account,
    /// What one sending domain sends: a file for each.
    SendingDomain,
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holds {
    /// All addresses.
    Addresses,
    /// Addresses that bounced.
    Bounces,
    /// Addresses that complained.
    Complaints,
    /// Domains.
    Domains,
}

/// Whether a file adds or removes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// New entries.
    Add,
    /// Entries that ought to go.
    Remove,
}

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// RFC 4180, LF, UTF-8.
    Csv,
    /// One JSON value a line: `body`, or an object whose keys `header` names.
    Ndjson,
    /// One JSON document, `body`; of its arrays the outermost that names an entry holds its elements for each of them.
    Json,
    /// One JSON object whose only key, `header`, holds the array of the first cells.
    JsonList,
    /// Cells with a blank between.
    Map,
}

/// One file of a target.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetFile {
    /// Its name; `{sending_domain}` is replaced, a number goes before the ending of further files.
    pub name: String,
    /// What it holds.
    pub holds: Holds,
    /// Whether it adds or removes.
    pub change: Change,
    /// Its form.
    pub form: Form,
    /// Names of the cells; none: no header.
    #[serde(default)]
    pub header: Vec<String>,
    /// The rows of one entry, cell by cell. `{email} {domain} {cause} {rule} {reply_code} {status} {first_seen} {last_seen} {expires}
    /// {evidence} {reason} {sending_domain}`, and `{last_seen_rfc2822}`; `{reply_code|550}` gives what stands in for an empty value.
    #[serde(default)]
    pub rows: Vec<Vec<String>>,
    /// Instead of rows: the JSON of a file, of whatever shape. Placeholders stand in its texts; numbers, booleans and other texts are
    /// as they are. `{sending_domain}` may also stand around what repeats.
    pub body: Option<serde_json::Value>,
    /// The whole text of the file on the night of the examples (`targets::example`), which every check makes again.
    pub example: Option<String>,
}

impl Table for Target {
    const FILE: &'static str = "targets.toml";
    const KEY: &'static str = "target";
    const BUILT_IN: &'static str = include_str!("targets.toml");
}
