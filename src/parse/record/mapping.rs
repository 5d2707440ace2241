//! A user's own mapping. In: a TOML file whose `[mapping]` says which column holds which of our fields. Out: an export format that
//! is tried before all others. Fields that it does not name are read from columns of our own names.

use std::path::Path;

use serde::Deserialize;
use toml::{Table, Value};

use super::field::Field;
use crate::tables::exports::{Export, KindRow, Name, OneOrMany};
use crate::tables::{self, TableError};

/// Keys of `[mapping]` that are no fields.
const OWN_KEYS: &[&str] = &["name", "needs", "lacks", "inside", "each", "kinds", "default_kind", "fields"];

/// The file: `[mapping]` and nothing else.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    mapping: Table,
}

/// Reads a mapping; what it leaves out it takes from `generic`.
///
/// # Errors
/// A file that cannot be read or is not TOML; a key that is neither a field nor an option; no recipient.
pub(super) fn read(path: &Path, generic: Option<&Export>) -> Result<Export, TableError> {
    let file = path.display().to_string();
    let at = |line: usize, what: String| TableError { file: file.clone(), line, what };
    let text = std::fs::read_to_string(path).map_err(|e| at(1, e.to_string()))?;
    let mapping = tables::read_text::<File>(&file, &text)?.mapping;
    let mut fields = Table::new();
    let mut row = Table::new();
    row.insert("name".into(), "mapping".into());
    row.insert("needs".into(), Value::Array(Vec::new()));
    row.insert("source".into(), file.clone().into());
    for (key, value) in mapping {
        match value {
            Value::Table(named) if key == "fields" => fields.extend(named),
            value if OWN_KEYS.contains(&key.as_str()) => drop(row.insert(key, value)),
            value => drop(fields.insert(key, value)),
        }
    }
    for key in fields.keys() {
        Field::named(key).map_err(|what| at(line_of(&text, key), what))?;
    }
    row.insert("fields".into(), Value::Table(fields));
    let mut export = Export::deserialize(row).map_err(|e| at(1, tables::suggest(e.message())))?;
    if export.needs.is_empty() {
        export.needs.push(recipient_names(&export).ok_or_else(|| {
            at(line_of(&text, "[mapping]"), "no recipient; add such as recipient = \"E-mail\"".to_owned())
        })?);
    }
    if let Some(generic) = generic {
        for (field, names) in &generic.fields {
            export.fields.entry(field.clone()).or_insert_with(|| names.clone());
        }
        if export.kinds.is_empty() {
            export.kinds = kinds_of(generic, export.fields.get("kind"));
            export.by_words = generic.by_words;
        }
    }
    Ok(export)
}

/// The kinds of the generic format; its words are looked for in the column that the mapping names, if it names one.
fn kinds_of(generic: &Export, kind: Option<&OneOrMany<Name>>) -> Vec<KindRow> {
    let plain = |name: &Name| if let Name::Plain(name) = name { Some(name.clone()) } else { None };
    let named: Vec<String> = kind.map(|names| names.as_slice().iter().filter_map(plain).collect()).unwrap_or_default();
    let is_kind = |key: &String| key.split('|').any(|name| name == "kind");
    let renamed = |(key, words): (&String, &OneOrMany<String>)| match !named.is_empty() && is_kind(key) {
        true => (named.join("|"), words.clone()),
        false => (key.clone(), words.clone()),
    };
    let rows = generic.kinds.iter();
    rows.map(|row| KindRow {
        when: row.when.iter().map(renamed).collect(),
        kind: row.kind,
        feedback: row.feedback.clone(),
    })
    .collect()
}

/// The names that can hold the recipient, as `a|b`.
fn recipient_names(export: &Export) -> Option<String> {
    let fields = ["recipient", "original_recipient", "final_recipient", "recipient_domain"];
    let names = fields.iter().filter_map(|field| export.fields.get(*field)).flat_map(OneOrMany::as_slice);
    let plain: Vec<&str> = names
        .filter_map(|name| match name {
            Name::Plain(name) | Name::Cut { cut: name, .. } => Some(name.as_str()),
            Name::Join { .. } => None,
        })
        .collect();
    (!plain.is_empty()).then(|| plain.join("|"))
}

/// The line, from 1, on which a key stands.
fn line_of(text: &str, key: &str) -> usize {
    1 + text.lines().position(|line| line.trim_start().trim_start_matches('"').starts_with(key)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(text: &str) -> Result<Export, TableError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read(file.path(), None)
    }

    #[test]
    fn a_mapping_is_known_by_its_recipient_column() {
        let export =
            mapping("[mapping]\nrecipient = [\"E-Mail\", \"Adresse\"]\ndiagnostic_code = \"Grund\"\n").unwrap();
        assert_eq!(export.needs, ["E-Mail|Adresse"]);
        assert_eq!(export.fields.len(), 2);
    }

    #[test]
    fn a_wrong_key_is_named_with_its_line_and_the_nearest_field() {
        let error = mapping("[mapping]\nrecipient = \"E-Mail\"\ndiagnostic_cod = \"Grund\"\n").unwrap_err();
        assert_eq!(
            (error.line, error.what.as_str()),
            (3, "unknown field \"diagnostic_cod\"; did you mean \"diagnostic_code\"?")
        );
    }

    #[test]
    fn a_mapping_without_a_recipient_says_what_to_add() {
        let error = mapping("[mapping]\ntimestamp = \"Zeit\"\n").unwrap_err();
        assert!(error.what.contains("recipient ="), "{error}");
    }
}
