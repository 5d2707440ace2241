//! Forms of target files. In: entries and a file of targets.toml. Out: its rows, and its text: CSV, NDJSON, a JSON list, a map.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::entries::Entry;
use crate::tables::targets::{Form, TargetFile};

/// A file in the making.
pub(super) struct Sheet<'f> {
    file: &'f TargetFile,
    /// Cell by cell.
    pub(super) rows: Vec<Vec<String>>,
}

impl<'f> Sheet<'f> {
    pub(super) fn new(file: &'f TargetFile) -> Sheet<'f> {
        Sheet { file, rows: Vec::new() }
    }

    /// The rows of one entry.
    pub(super) fn add(&mut self, entry: &Entry, reasons: &BTreeMap<String, String>) {
        let file = self.file;
        self.rows.extend(file.rows.iter().map(|row| row.iter().map(|cell| filled(cell, entry, reasons)).collect()));
    }

    /// The text of a file with these rows.
    pub(super) fn text(&self, rows: &[Vec<String>]) -> anyhow::Result<Vec<u8>> {
        match self.file.form {
            Form::Csv => {
                let mut csv = csv::Writer::from_writer(Vec::new());
                if !self.file.header.is_empty() {
                    csv.write_record(&self.file.header)?;
                }
                rows.iter().try_for_each(|row| csv.write_record(row))?;
                Ok(csv.into_inner()?)
            }
            Form::Ndjson => {
                let mut text = Vec::new();
                for row in rows {
                    let pairs = self.file.header.iter().cloned().zip(row.iter().cloned().map(Value::String));
                    serde_json::to_writer(&mut text, &pairs.collect::<Map<_, _>>())?;
                    text.push(b'\n');
                }
                Ok(text)
            }
            Form::JsonList => {
                let values = rows.iter().filter_map(|row| row.first().cloned()).map(Value::String).collect();
                let key = self.file.header.first().cloned().unwrap_or_default();
                let mut text = serde_json::to_vec(&Map::from_iter([(key, Value::Array(values))]))?;
                text.push(b'\n');
                Ok(text)
            }
            Form::Map => Ok(rows.iter().flat_map(|row| format!("{}\n", row.join(" ")).into_bytes()).collect()),
        }
    }
}

/// A cell with its placeholders replaced.
fn filled(cell: &str, entry: &Entry, reasons: &BTreeMap<String, String>) -> String {
    let mut text = String::new();
    let mut rest = cell;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        let (name, instead) = name.split_once('|').unwrap_or((name, ""));
        text.push_str(before);
        let value = match name {
            "reason" => reasons.get(entry.get("cause")).or_else(|| reasons.get("default")).cloned().unwrap_or_default(),
            "last_seen_rfc2822" => rfc2822(entry.get("last_seen")),
            name => entry.get(name).to_owned(),
        };
        text.push_str(if value.is_empty() { instead } else { &value });
        rest = after;
    }
    text.push_str(rest);
    text
}

/// `2026-11-20T01:02:03Z` or `2026-11-20` as `Fri, 20 Nov 2026 01:02:03 GMT`; empty for no time.
fn rfc2822(time: &str) -> String {
    let stamp = time.parse::<jiff::Timestamp>().ok().or_else(|| format!("{time}T00:00:00Z").parse().ok());
    stamp.map(|stamp| stamp.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()).unwrap_or_default()
}
