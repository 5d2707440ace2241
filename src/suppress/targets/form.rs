//! Forms of target files. In: entries and a file of targets.toml. Out: its rows, and its text: CSV, NDJSON, a JSON list, a map.

use std::collections::BTreeMap;
use std::io::Write;

use serde::Serializer as _;
use serde_json::{Map, Value};

use crate::suppress::cells::is_formula;
use crate::suppress::read_back::Entry;
use crate::tables::targets::{Form, TargetFile};

/// A file of a target: what its rows are made of.
#[derive(Clone, Copy)]
pub(super) struct Sheet<'f> {
    pub(super) file: &'f TargetFile,
    /// What the target calls the causes.
    pub(super) reasons: &'f BTreeMap<String, String>,
}

impl Sheet<'_> {
    /// Writes the rows of these entries as the file's text.
    ///
    /// # Errors
    /// Writing that fails.
    pub(super) fn write(&self, entries: &[&Entry], mut out: impl Write) -> anyhow::Result<()> {
        let header = &self.file.header;
        match self.file.form {
            Form::Csv => {
                let mut csv = csv::Writer::from_writer(&mut out);
                if !header.is_empty() {
                    csv.write_record(header)?;
                }
                self.rows(entries).try_for_each(|row| csv.write_record(row))?;
                csv.flush()?;
            }
            Form::Ndjson => {
                for row in self.rows(entries) {
                    let pairs = header.iter().cloned().zip(row.into_iter().map(Value::String));
                    serde_json::to_writer(&mut out, &pairs.collect::<Map<_, _>>())?;
                    out.write_all(b"\n")?;
                }
            }
            Form::JsonList => {
                let key = header.first().map_or("", String::as_str);
                write!(out, "{{{}:", serde_json::to_string(key)?)?;
                let values = self.rows(entries).filter_map(|row| row.into_iter().next());
                serde_json::Serializer::new(&mut out).collect_seq(values)?;
                out.write_all(b"}\n")?;
            }
            Form::Map => {
                for row in self.rows(entries) {
                    writeln!(out, "{}", row.join(" "))?;
                }
            }
        }
        Ok(out.flush()?)
    }

    /// Why this file must not hold an entry; `None`: it may.
    pub(super) fn refusal(&self, entry: &Entry) -> Option<&'static str> {
        let rows = || self.rows(std::slice::from_ref(&entry));
        if rows().flatten().any(|cell| is_formula(&cell)) {
            return Some("has a cell that a spreadsheet would run as a formula");
        }
        let splits =
            |key: &String| key.starts_with('#') || key.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\\'));
        let map = self.file.form == Form::Map;
        (map && rows().any(|row| row.first().is_none_or(|key| key.is_empty() || splits(key))))
            .then_some("cannot be the key of a map: it is quoted, has a blank or a backslash, or begins a remark")
    }

    /// The rows of these entries, cell by cell.
    fn rows(&self, entries: &[&Entry]) -> impl Iterator<Item = Vec<String>> {
        let row = |row: &Vec<String>, entry| row.iter().map(|cell| filled(cell, entry, self.reasons)).collect();
        entries.iter().flat_map(move |entry| self.file.rows.iter().map(move |cells| row(cells, entry)))
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
