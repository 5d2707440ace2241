//! Rows of list_columns.toml: what the columns of present lists hold whose shape does not name them. Reading an entry is
//! `parse::record`'s work; a column that neither its shape nor a row here names is understood by nobody, and keeps the entry listed.

use serde::Deserialize;

use super::Table;

/// Columns of one meaning.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListColumns {
    /// What they hold.
    pub holds: ListColumn,
    /// Their names; only letters and digits count, and letter case does not.
    pub names: Vec<String>,
    /// Where such names stand.
    pub source: String,
    /// When that was looked up.
    pub date: String,
}

/// What a column of a present list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListColumn {
    /// Words that say why the entry is there, or who put it there.
    Reason,
    /// Whether its owner, or somebody by hand, asked for it: anything but a no is a yes.
    Wish,
    /// When it was added.
    Added,
    /// When it was changed, or its evidence seen, last.
    LastSeen,
    /// The first day on which it no longer holds.
    Expires,
    /// Nothing that could say why it is there.
    Nothing,
    /// Of a page around the entries: nothing about them.
    Page,
}

impl Table for ListColumns {
    const FILE: &'static str = "list_columns.toml";
    const KEY: &'static str = "column";
    const BUILT_IN: &'static str = include_str!("list_columns.toml");
}
