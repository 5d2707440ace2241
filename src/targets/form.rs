//! Forms of target files. In: entries and a file of targets.toml. Out: its rows, and its text: CSV, JSON, a map. A JSON file is made of
//! values with placeholders, whatever their shape.

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::{Map, Value};

use super::entries::Entry;
use super::example;
use crate::bounce::nearest_word;
use crate::suppress::{ADDRESSES, DOMAINS, is_formula};
use crate::tables::targets::{Form, Target, TargetFile};
use crate::tables::{Row, TableError};

/// Placeholders that are no column of a list.
const MADE: &str = "reason,last_seen_rfc2822";
/// Stands in a document for the values that repeat.
const REPEATED: &str = "\0";
/// The key under which TOML's own dates come.
const DATE: &str = "$__toml_private_datetime";

/// A file of a target: what its rows are made of.
pub(super) struct Sheet<'f> {
    pub(super) file: &'f TargetFile,
    shape: Shape,
    /// What the target calls the causes.
    reasons: &'f BTreeMap<String, String>,
}

/// What a file is made of, for each entry.
enum Shape {
    /// Lines of cells.
    Cells,
    /// JSON values, each on a line.
    Lines(Vec<Value>),
    /// One JSON document, in which `REPEATED` stands for the values of all entries.
    Document(Value, Vec<Value>),
}

/// What is wrong with a target: a body that is none, a placeholder that nothing fills, an example that does not come true.
///
/// # Errors
/// The first of them, at the target's place.
pub fn check(row: &Row<Target>) -> Result<(), TableError> {
    row.value.files.iter().try_for_each(|file| {
        let told = |what: String| row.error(format!("{}: {what}", file.name));
        let sheet = Sheet::of(file, &row.value.reasons).map_err(|error| told(error.to_string()))?;
        let Some(want) = &file.example else { return Ok(()) };
        let made = example::text(&sheet).map_err(|error| told(error.to_string()))?;
        if made == *want { Ok(()) } else { Err(told(format!("its example is {want:?}, and it makes {made:?}"))) }
    })
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
        let mut known = [ADDRESSES, DOMAINS, MADE].into_iter().flat_map(|names| names.split(','));
        if let Some(name) = placeholders(file).into_iter().find(|name| known.clone().all(|known| known != name)) {
            match nearest_word(&name, known.clone()) {
                Some(near) => anyhow::bail!("nothing fills {{{name}}}; did you mean {{{near}}}?"),
                None => anyhow::bail!(
                    "nothing fills {{{name}}}; there are {}",
                    known.by_ref().collect::<Vec<_>>().join(" ")
                ),
            }
        }
        Ok(Sheet { file, shape: Shape::of(file)?, reasons })
    }

    /// How many rows it has for each entry.
    pub fn rows_each(&self) -> usize {
        match &self.shape {
            Shape::Cells => self.file.rows.len(),
            Shape::Lines(values) | Shape::Document(_, values) => values.len(),
        }
    }

    /// Writes the rows of these entries as the file's text; `sender` is whose file it is, empty for everybody's.
    ///
    /// # Errors
    /// Writing that fails.
    pub fn write(&self, entries: &[Entry<'_>], sender: &str, mut out: impl Write) -> anyhow::Result<()> {
        match &self.shape {
            Shape::Cells if self.file.form == Form::Map => {
                for row in entries.iter().flat_map(|entry| self.rows(self.fill(*entry, sender))) {
                    writeln!(out, "{}", row.join(" "))?;
                }
            }
            Shape::Cells => {
                let mut csv = csv::Writer::from_writer(&mut out);
                if !self.file.header.is_empty() {
                    csv.write_record(&self.file.header)?;
                }
                entries
                    .iter()
                    .flat_map(|entry| self.rows(self.fill(*entry, sender)))
                    .try_for_each(|row| csv.write_record(row))?;
                csv.flush()?;
            }
            Shape::Lines(values) => {
                for (entry, value) in each(entries, values) {
                    serde_json::to_writer(&mut out, &self.fill(entry, sender).value(value))?;
                    out.write_all(b"\n")?;
                }
            }
            Shape::Document(document, values) => {
                let around = Fill { entry: None, reasons: self.reasons, sender }.value(document).to_string();
                let mark = Value::from(REPEATED).to_string();
                let (mut before, after) = around.split_once(&mark).unwrap_or((&around, ""));
                write!(out, "{before}")?;
                before = "[";
                for (entry, value) in each(entries, values) {
                    write!(out, "{before}")?;
                    serde_json::to_writer(&mut out, &self.fill(entry, sender).value(value))?;
                    before = ",";
                }
                writeln!(out, "]{after}")?;
            }
        }
        Ok(out.flush()?)
    }

    /// Why this file must not hold an entry; `None`: it may.
    pub fn refusal(&self, entry: Entry<'_>) -> Option<&'static str> {
        let fill = self.fill(entry, "");
        let values = match &self.shape {
            Shape::Cells => &[][..],
            Shape::Lines(values) | Shape::Document(_, values) => values,
        };
        let texts = values.iter().flat_map(texts).map(|text| fill.text(text));
        if self.rows(fill).flatten().chain(texts).any(|cell| is_formula(&cell)) {
            return Some("has a cell that a spreadsheet would run as a formula");
        }
        let splits =
            |key: &String| key.starts_with('#') || key.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\\'));
        let map = self.file.form == Form::Map;
        (map && self.rows(fill).any(|row| row.first().is_none_or(|key| key.is_empty() || splits(key))))
            .then_some("cannot be the key of a map: it is quoted, has a blank or a backslash, or begins a remark")
    }

    fn fill<'e>(&'e self, entry: Entry<'e>, sender: &'e str) -> Fill<'e> {
        Fill { entry: Some(entry), reasons: self.reasons, sender }
    }

    /// The rows of an entry, cell by cell, where the file has cells.
    fn rows(&self, fill: Fill<'_>) -> impl Iterator<Item = Vec<String>> {
        let cells = matches!(self.shape, Shape::Cells).then_some(&self.file.rows);
        cells.into_iter().flatten().map(move |row| row.iter().map(|cell| fill.text(cell)).collect())
    }
}

impl Shape {
    fn of(file: &TargetFile) -> anyhow::Result<Shape> {
        let TargetFile { form, header, rows, body, .. } = file;
        anyhow::ensure!(body.is_some() != !rows.is_empty(), "it needs either rows or a body");
        anyhow::ensure!(body.as_ref().is_none_or(|body| !has_date(body)), "a date in a body must be in quotes");
        let cells = |row: &Vec<String>| row.iter().cloned().map(Value::String).collect::<Vec<_>>();
        match (form, body) {
            (Form::Csv | Form::Map, None) => Ok(Shape::Cells),
            (Form::Ndjson, Some(body)) => Ok(Shape::Lines(vec![body.clone()])),
            (Form::Ndjson, None) => {
                let object = |row| Value::Object(header.iter().cloned().zip(cells(row)).collect::<Map<_, _>>());
                Ok(Shape::Lines(rows.iter().map(object).collect()))
            }
            (Form::JsonList, None) => {
                let key = header.first().cloned().unwrap_or_default();
                let document = Value::Object(Map::from_iter([(key, Value::from(REPEATED))]));
                Ok(Shape::Document(document, rows.iter().filter_map(|row| cells(row).into_iter().next()).collect()))
            }
            (Form::Json, Some(body)) => {
                let mut document = body.clone();
                let values = repeated(&mut document).ok_or_else(|| {
                    anyhow::anyhow!("no array of its body names {{email}} or {{domain}}: nothing says what repeats")
                })?;
                let stray = texts(&document).into_iter().flat_map(names).find(|name| name != "sending_domain");
                anyhow::ensure!(stray.is_none(), "{{{}}} stands outside of what repeats", stray.unwrap_or_default());
                Ok(Shape::Document(document, values))
            }
            (Form::Json, None) => anyhow::bail!("a file of form json needs a body"),
            (_, Some(_)) => anyhow::bail!("only files of form json and ndjson have a body"),
        }
    }
}

/// Each value for each entry.
fn each<'e>(entries: &'e [Entry<'e>], values: &'e [Value]) -> impl Iterator<Item = (Entry<'e>, &'e Value)> {
    entries.iter().flat_map(move |entry| values.iter().map(move |value| (*entry, value)))
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

fn has_date(value: &Value) -> bool {
    match value {
        Value::Array(elements) => elements.iter().any(has_date),
        Value::Object(object) => object.contains_key(DATE) || object.values().any(has_date),
        _ => false,
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
