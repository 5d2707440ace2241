//! Forms of target files. In: entries and a file of targets.toml. Out: its rows, and its text: CSV, JSON, a map. A JSON file is made of
//! values with placeholders, whatever their shape.

use std::collections::BTreeMap;
use std::io::Write;

use anyhow::Context;
use serde_json::{Map, Value};

use super::entries::Entry;
use crate::bounce::nearest_word;
use crate::suppress::{ADDRESSES, DOMAINS, is_formula};
use crate::tables::targets::{Form, TargetFile};

/// Placeholders that are no column of a list.
const MADE: &str = "reason,last_seen_rfc2822";
/// Stands in a document for the values that repeat.
const REPEATED: &str = "\0";
/// The key under which TOML's own dates come.
const DATE: &str = "$__toml_private_datetime";

/// A file of a target: what its rows are made of.
pub(super) struct Sheet<'f> {
    pub(super) file: &'f TargetFile,
    /// Of each entry: arrays of cells where the file has cells, else JSON.
    values: Vec<Value>,
    /// The document in which `REPEATED` stands for the values of all entries; null where there is none.
    around: Value,
    /// What the target calls the causes.
    reasons: &'f BTreeMap<String, String>,
}

/// The columns of the lists that a file names.
pub(super) fn columns(file: &TargetFile) -> impl Iterator<Item = String> {
    placeholders(file).into_iter().map(|name| name.replace("last_seen_rfc2822", "last_seen"))
}

impl<'f> Sheet<'f> {
    /// The file as its row of the table says.
    ///
    /// # Errors
    /// A row that no file can be made of.
    pub fn of(file: &'f TargetFile, reasons: &'f BTreeMap<String, String>) -> anyhow::Result<Sheet<'f>> {
        let known = [ADDRESSES, DOMAINS, MADE].into_iter().flat_map(|names| names.split(','));
        if let Some(name) = placeholders(file).into_iter().find(|name| known.clone().all(|known| known != name)) {
            let hint = match nearest_word(&name, known.clone()) {
                Some(near) => format!("did you mean {{{near}}}?"),
                None => format!("there are {}", known.collect::<Vec<_>>().join(" ")),
            };
            anyhow::bail!("nothing fills {{{name}}}; {hint}");
        }
        let (around, values) = shape(file)?;
        Ok(Sheet { file, values, around, reasons })
    }

    /// How many rows it has for each entry.
    pub fn rows_each(&self) -> usize {
        self.values.len()
    }

    /// Writes the rows of these entries as the file's text; `sender` is whose file it is, empty for everybody's.
    ///
    /// # Errors
    /// Writing that fails.
    pub fn write(&self, entries: &[Entry<'_>], sender: &str, mut out: impl Write) -> anyhow::Result<()> {
        let mut rows = entries.iter().flat_map(|entry| self.filled(*entry, sender));
        match self.file.form {
            Form::Csv => {
                let mut csv = csv::Writer::from_writer(&mut out);
                if !self.file.header.is_empty() {
                    csv.write_record(&self.file.header)?;
                }
                rows.try_for_each(|row| csv.write_record(texts(&row)))?;
                csv.flush()?;
            }
            Form::Map => rows.try_for_each(|row| writeln!(out, "{}", texts(&row).join(" ")))?,
            Form::Ndjson => rows.try_for_each(|row| writeln!(out, "{row}"))?,
            Form::Json | Form::JsonList => {
                let around = Fill { entry: None, reasons: self.reasons, sender }.value(&self.around).to_string();
                let (before, after) = around.split_once(&Value::from(REPEATED).to_string()).unwrap_or_default();
                write!(out, "{before}[")?;
                rows.enumerate().try_for_each(|(n, row)| write!(out, "{}{row}", if n == 0 { "" } else { "," }))?;
                writeln!(out, "]{after}")?;
            }
        }
        Ok(out.flush()?)
    }

    /// Why this file must not hold an entry; `None`: it may.
    pub fn refusal(&self, entry: Entry<'_>) -> Option<&'static str> {
        if self.filled(entry, "").any(|row| texts(&row).into_iter().any(is_formula)) {
            return Some("has a cell that a spreadsheet would run as a formula");
        }
        let splits =
            |key: &str| key.starts_with('#') || key.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\\'));
        let broken = |row: Value| texts(&row).first().is_none_or(|key| key.is_empty() || splits(key));
        (self.file.form == Form::Map && self.filled(entry, "").any(broken))
            .then_some("cannot be the key of a map: it is quoted, has a blank or a backslash, or begins a remark")
    }

    /// The rows of an entry.
    fn filled<'e>(&'e self, entry: Entry<'e>, sender: &'e str) -> impl Iterator<Item = Value> + 'e {
        let fill = Fill { entry: Some(entry), reasons: self.reasons, sender };
        self.values.iter().map(move |value| fill.value(value))
    }
}

/// The document of a file, null where it is none, and the values of each entry.
fn shape(file: &TargetFile) -> anyhow::Result<(Value, Vec<Value>)> {
    let TargetFile { form, header, rows, body, .. } = file;
    anyhow::ensure!(body.is_some() == rows.is_empty(), "it needs either rows or a body");
    let has_date = body.as_ref().is_some_and(|body| body.to_string().contains(DATE));
    anyhow::ensure!(!has_date, "a date in a body must be in quotes");
    let object = |row: &Vec<String>| header.iter().cloned().zip(row.iter().cloned().map(Value::String)).collect();
    match (form, body) {
        (Form::Csv | Form::Map, None) => Ok((Value::Null, rows.iter().cloned().map(Value::from).collect())),
        (Form::Ndjson, Some(body)) => Ok((Value::Null, vec![body.clone()])),
        (Form::Ndjson, None) => Ok((Value::Null, rows.iter().map(object).map(Value::Object).collect())),
        (Form::JsonList, None) => {
            let key = header.first().cloned().unwrap_or_default();
            let first = rows.iter().filter_map(|row| row.first().cloned()).map(Value::String);
            Ok((Value::Object(Map::from_iter([(key, Value::from(REPEATED))])), first.collect()))
        }
        (Form::Json, Some(body)) => {
            let mut document = body.clone();
            let nothing = "no array of its body names {email} or {domain}: nothing says what repeats";
            let values = repeated(&mut document).context(nothing)?;
            let stray = texts(&document).into_iter().flat_map(names).find(|name| name != "sending_domain");
            anyhow::ensure!(stray.is_none(), "{{{}}} stands outside of what repeats", stray.unwrap_or_default());
            Ok((document, values))
        }
        (Form::Json, None) => anyhow::bail!("a file of form json needs a body"),
        (_, Some(_)) => anyhow::bail!("only files of form json and ndjson have a body"),
    }
}

/// Takes the outermost array of which an element names an entry, and leaves the mark for it.
fn repeated(value: &mut Value) -> Option<Vec<Value>> {
    let names_entry = |value: &Value| texts(value).into_iter().flat_map(names).any(|name| name != "sending_domain");
    match value {
        Value::Array(elements) if elements.iter().any(names_entry) => {
            let values = std::mem::take(elements);
            *value = Value::from(REPEATED);
            Some(values)
        }
        Value::Array(elements) => elements.iter_mut().find_map(repeated),
        Value::Object(object) => object.values_mut().find_map(repeated),
        _ => None,
    }
}

/// All texts of a value.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(elements) => elements.iter().flat_map(texts).collect(),
        Value::Object(object) => object.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// The placeholders of all cells and values of a file.
fn placeholders(file: &TargetFile) -> Vec<String> {
    let cells = file.rows.iter().flatten().map(String::as_str);
    cells.chain(file.body.iter().flat_map(texts)).flat_map(names).collect()
}

/// The placeholders of a text.
fn names(text: &str) -> Vec<String> {
    let inside = text.split('{').skip(1).filter_map(|part| part.split_once('}'));
    inside.map(|(name, _)| name.split('|').next().unwrap_or_default().to_owned()).collect()
}

/// What placeholders are filled with.
#[derive(Clone, Copy)]
struct Fill<'e> {
    /// `None` around what repeats.
    entry: Option<Entry<'e>>,
    reasons: &'e BTreeMap<String, String>,
    sender: &'e str,
}

impl Fill<'_> {
    /// A value with the placeholders of its texts replaced.
    fn value(self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(elements) => elements.iter().map(|element| self.value(element)).collect(),
            Value::Object(object) => object.iter().map(|(key, value)| (key.clone(), self.value(value))).collect(),
            other => other.clone(),
        }
    }

    /// A text with its placeholders replaced.
    fn text(self, template: &str) -> String {
        let (mut text, mut rest) = (String::new(), template);
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else { break };
            let (name, instead) = name.split_once('|').unwrap_or((name, ""));
            text.push_str(before);
            let value = self.named(name);
            text.push_str(if value.is_empty() { instead } else { &value });
            rest = after;
        }
        text.push_str(rest);
        text
    }

    fn named(self, name: &str) -> String {
        let get = |name| self.entry.map_or("", |entry| entry.get(name));
        match name {
            "reason" => {
                let reason = self.reasons.get(get("cause")).or_else(|| self.reasons.get("default"));
                reason.cloned().unwrap_or_default()
            }
            "last_seen_rfc2822" => rfc2822(get("last_seen")),
            "sending_domain" if get(name).is_empty() => self.sender.to_owned(),
            name => get(name).to_owned(),
        }
    }
}

/// `2026-11-20T01:02:03Z` or `2026-11-20` as `Fri, 20 Nov 2026 01:02:03 GMT`; empty for no time.
fn rfc2822(time: &str) -> String {
    let stamp = time.parse::<jiff::Timestamp>().ok().or_else(|| format!("{time}T00:00:00Z").parse().ok());
    stamp.map(|stamp| stamp.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()).unwrap_or_default()
}
