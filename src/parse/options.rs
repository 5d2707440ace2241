//! What a caller says of the items to read. Plain data: nothing is read or checked here.

use std::path::PathBuf;

use crate::bounce::{Key, Timestamp};

/// How to read items.
#[derive(Debug, Clone, Default)]
pub struct ParseOptions {
    /// A user's tables.
    pub tables: Option<PathBuf>,
    /// Further header names that carry the campaign id, in order of preference.
    pub campaign_headers: Vec<String>,
    /// What a sender knows of its own mail, against forged reports.
    pub own: OwnPatterns,
    /// A format for all inputs, in place of detection; a name of `source::formats` or of exports.toml.
    pub input_format: Option<String>,
    /// A TOML file whose `[mapping]` names the columns of an export.
    pub mapping: Option<PathBuf>,
    /// The zone of zone-less times in exports, such as `Europe/Berlin` or `+02:00`; without it they are rejects.
    pub time_zone: Option<String>,
    /// The inputs are lists of what was delivered or sent: a record that does not say what it is, is a delivery.
    pub deliveries: bool,
    /// The night, from `--as-of`: log lines without a year are of the last year that does not lie after it.
    pub as_of: Option<Timestamp>,
    /// What rows and recipients are hashed with.
    pub key: Key,
}

/// How our own Message-IDs and return paths look, with `*` for any text; a report that came by mail and fits none of those
/// given is about nothing that we sent. Empty: nothing is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnPatterns {
    /// Message-IDs, without angle brackets: `*@mail.example.com`.
    pub message_ids: Vec<String>,
    /// Return paths: `bounces+*@mail.example.com`.
    pub return_paths: Vec<String>,
}
