//! PANTRY: what varies, as data. In: the TOML files compiled in, and a user's directory. Out: typed rows that know
//! their file and line. What a row *means* is the work of the room that uses it.
//!
//! A user's file of the same name puts its rows before the built-in ones (first match wins), or in their place when
//! it says `replace = true`.

pub mod advice;
pub mod blocklists;
pub mod column_hints;
pub mod consumer_domains;
pub mod exports;
pub mod guards;
pub mod host_map;
pub mod layouts;
pub mod list_columns;
pub mod listed_reasons;
pub mod native_classes;
pub mod phrases;
pub mod policy;
pub mod present_lists;
pub mod receivers;
pub mod rules;
pub mod targets;

use std::path::Path;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::de::IntoDeserializer;
use toml::de::{DeTable, DeValue};

/// A table file that could not be used: where, what, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {what}", self.place())]
pub struct TableError {
    /// The file as the user knows it; built-in ones as `tables/NAME`.
    pub file: String,
    /// Line, from 1; 0 where there is none, as in a flag.
    pub line: usize,
    /// What is wrong, and the remedy.
    pub what: String,
}

impl TableError {
    fn place(&self) -> String {
        match self.line {
            0 => self.file.clone(),
            line => format!("{}:{line}", self.file),
        }
    }
}

/// One row and the place it stands at.
#[derive(Debug, Clone)]
pub struct Row<T> {
    /// The file as the user knows it; built-in ones as `tables/NAME`.
    pub file: Arc<str>,
    /// Line of the row's first key or header, from 1.
    pub line: usize,
    /// The row.
    pub value: T,
}

impl<T> Row<T> {
    /// An error at this row's place.
    pub fn error(&self, what: impl Into<String>) -> TableError {
        TableError { file: self.file.to_string(), line: self.line, what: what.into() }
    }
}

/// A kind of table: an array of tables of one name in a file of one name.
pub trait Table: DeserializeOwned {
    /// The file's name, such as `rules.toml`.
    const FILE: &'static str;
    /// The name of the array, such as `rule` for `[[rule]]`.
    const KEY: &'static str;
    /// The text compiled in.
    const BUILT_IN: &'static str;
}

/// All rows of a table: a user's first, if `user_dir` holds a file of that name.
///
/// # Errors
/// A file that cannot be read, is not TOML, or has a key or value that the row's type does not know.
pub fn load<T: Table>(user_dir: Option<&Path>) -> Result<Vec<Row<T>>, TableError> {
    let built_in = read_rows::<T>(&format!("tables/{}", T::FILE), T::BUILT_IN)?.1;
    let Some(path) = user_dir.map(|dir| dir.join(T::FILE)).filter(|path| path.exists()) else {
        return Ok(built_in);
    };
    let file = path.display().to_string();
    let text =
        std::fs::read_to_string(&path).map_err(|e| TableError { file: file.clone(), line: 1, what: e.to_string() })?;
    let (replace, mut rows) = read_rows::<T>(&file, &text)?;
    if !replace {
        rows.extend(built_in);
    }
    Ok(rows)
}

/// The rows of one text, and whether it replaces the built-in ones.
pub(crate) fn read_rows<T: Table>(file: &str, text: &str) -> Result<(bool, Vec<Row<T>>), TableError> {
    let at = |offset: usize, what: String| TableError { file: file.to_owned(), line: line_of(text, offset), what };
    let from_toml = |e: toml::de::Error| at(e.span().map_or(0, |s| s.start), suggest(e.message()));
    let name: Arc<str> = file.into();
    let (mut replace, mut rows) = (false, Vec::new());
    for (key, value) in DeTable::parse(text).map_err(from_toml)?.into_inner() {
        let offset = value.span().start;
        match (key.get_ref().as_ref(), value.into_inner()) {
            ("replace", DeValue::Boolean(flag)) => replace = flag,
            (k, DeValue::Array(array)) if k == T::KEY => {
                let (mut line, mut counted) = (1, 0);
                for row in array {
                    let start = row.span().start;
                    line += text.as_bytes().get(counted..start).map_or(0, breaks);
                    counted = start;
                    let value = T::deserialize(row.into_deserializer()).map_err(&from_toml)?;
                    rows.push(Row { file: name.clone(), line, value });
                }
            }
            (k, _) => {
                return Err(at(
                    offset,
                    format!("unknown key \"{k}\"; this file takes `replace = true` and [[{}]]", T::KEY),
                ));
            }
        }
    }
    Ok((replace, rows))
}

/// All table files, with the text compiled in.
const ALL: &[(&str, &str)] = &[
    ("advice.toml", include_str!("advice.toml")),
    ("blocklists.toml", include_str!("blocklists.toml")),
    ("column_hints.toml", include_str!("column_hints.toml")),
    ("consumer_domains.toml", include_str!("consumer_domains.toml")),
    ("exports.toml", include_str!("exports.toml")),
    ("guards.toml", include_str!("guards.toml")),
    ("layouts.toml", include_str!("layouts.toml")),
    ("list_columns.toml", include_str!("list_columns.toml")),
    ("listed_reasons.toml", include_str!("listed_reasons.toml")),
    ("native_classes.toml", include_str!("native_classes.toml")),
    ("phrases.toml", include_str!("phrases.toml")),
    ("policy.toml", include_str!("policy.toml")),
    ("present_lists.toml", include_str!("present_lists.toml")),
    ("receivers.toml", include_str!("receivers.toml")),
    ("rules.toml", include_str!("rules.toml")),
];

/// The hash of the tables in effect: 16 hex digits over the built-in texts and the user's files.
///
/// # Errors
/// A user's file that cannot be read.
pub fn hash(user_dir: Option<&Path>) -> Result<String, TableError> {
    let mut hash = blake3::Hasher::new();
    for (file, built_in) in ALL {
        hash.update(built_in.as_bytes());
        if let Some(path) = user_dir.map(|dir| dir.join(file)).filter(|path| path.exists()) {
            let text = std::fs::read(&path).map_err(|e| TableError {
                file: path.display().to_string(),
                line: 1,
                what: e.to_string(),
            })?;
            hash.update(file.as_bytes()).update(&text);
        }
    }
    Ok(hash.finalize().to_hex().chars().take(16).collect())
}

/// One value of a type from a TOML file, such as a configuration.
///
/// # Errors
/// A file that cannot be read, is not TOML, or has a key or value that the type does not know.
pub fn read_file<T: DeserializeOwned>(path: &Path) -> Result<T, TableError> {
    let file = path.display().to_string();
    let text =
        std::fs::read_to_string(path).map_err(|e| TableError { file: file.clone(), line: 1, what: e.to_string() })?;
    read_text(&file, &text)
}

/// One value of a type from TOML text; `file` is for errors.
///
/// # Errors
/// As `read_file`.
pub fn read_text<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, TableError> {
    toml::from_str(text).map_err(|e| TableError {
        file: file.to_owned(),
        line: line_of(text, e.span().map_or(0, |s| s.start)),
        what: suggest(e.message()),
    })
}

/// The line, from 1, that holds the byte at `offset`.
fn line_of(text: &str, offset: usize) -> usize {
    1 + breaks(&text.as_bytes()[..offset.min(text.len())])
}

fn breaks(text: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', text).count()
}

/// serde's "unknown field `x`, expected one of `a`, `b`" as ours: unknown key "x"; did you mean "a"?
pub fn suggest(message: &str) -> String {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match (message.starts_with("unknown field"), quoted.split_first()) {
        (true, Some((unknown, known))) => match crate::bounce::nearest_word(unknown, known.iter().copied()) {
            Some(near) => format!("unknown key \"{unknown}\"; did you mean \"{near}\"?"),
            None => format!("unknown key \"{unknown}\"; known keys: {}", known.join(", ")),
        },
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Fruit {
        name: String,
        #[serde(default)]
        weight: u32,
    }

    impl Table for Fruit {
        const FILE: &'static str = "fruits.toml";
        const KEY: &'static str = "fruit";
        const BUILT_IN: &'static str = "[[fruit]]\nname = \"apple\"\n";
    }

    fn user_dir(text: &str) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("fruits.toml"), text).unwrap();
        dir
    }

    #[test]
    fn a_users_rows_stand_before_the_built_in_ones() {
        let dir = user_dir("[[fruit]]\nname = \"pear\"\nweight = 3\n");
        let names: Vec<_> = load::<Fruit>(Some(dir.path()))
            .unwrap()
            .into_iter()
            .map(|r| (r.line, r.value.name, r.value.weight))
            .collect();
        assert_eq!(names, [(1, "pear".to_owned(), 3), (1, "apple".to_owned(), 0)]);
    }

    #[test]
    fn replace_leaves_only_the_users_rows() {
        let dir = user_dir("replace = true\n[[fruit]]\nname = \"pear\"\n");
        assert_eq!(load::<Fruit>(Some(dir.path())).unwrap().len(), 1);
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_the_nearest_known_one() {
        let dir = user_dir("[[fruit]]\nname = \"pear\"\n\n[[fruit]]\nname = \"fig\"\nwieght = 2\n");
        let error = load::<Fruit>(Some(dir.path())).unwrap_err();
        assert_eq!((error.line, error.what.as_str()), (6, "unknown key \"wieght\"; did you mean \"weight\"?"));
    }

    #[test]
    fn broken_toml_is_named_with_its_line() {
        let dir = user_dir("[[fruit]]\nname = \"pear\n");
        assert_eq!(load::<Fruit>(Some(dir.path())).unwrap_err().line, 2);
    }
}
