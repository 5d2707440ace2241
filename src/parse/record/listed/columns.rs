//! Columns of present lists. In: the names of a record and what it holds under them. Out: what each says of the entry. A name is known by
//! the shape of its list, or by list_columns.toml; a filled cell under any other could be anybody's wish, and is `Column::Unknown`.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::parse::record::formats::Formats;
use crate::tables::exports::{Export, Name, OneOrMany};
use crate::tables::list_columns::{ListColumn, ListColumns};
use crate::tables::present_lists::PresentList;
use crate::tables::{self, TableError};

/// Cells under a name that ask about a wish, and say no.
const NO: [&str; 12] = ["false", "no", "n", "0", "none", "never", "-", "f", "nein", "non", "off", "not"];
/// Cells that hold nothing.
const EMPTY: [&str; 4] = ["", "null", "\\n", "n/a"];

/// What a cell says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// Whom it is about, by its shape.
    Subject,
    /// What its shape reads: reasons, times.
    Read,
    /// What the table says that it holds.
    Of(ListColumn),
    /// Nobody knows.
    Unknown,
}

/// The names that one shape gives.
#[derive(Debug, Default)]
struct Names {
    subject: HashSet<String>,
    read: HashSet<String>,
    /// Documented, and no wish.
    also: HashSet<String>,
    nights: bool,
}

/// What names mean.
#[derive(Debug)]
pub struct Columns {
    shapes: HashMap<&'static str, Names>,
    table: HashMap<String, ListColumn>,
    pages: HashSet<String>,
}

impl Columns {
    /// Loads the table and the names of all shapes.
    ///
    /// # Errors
    /// A broken table; a row without source, date or names.
    pub fn load(formats: &Formats, user_tables: Option<&Path>) -> Result<Columns, TableError> {
        let (mut table, mut pages) = (HashMap::new(), HashSet::new());
        for row in tables::load::<ListColumns>(user_tables)? {
            let ListColumns { holds, names, source, date } = &row.value;
            if source.trim().is_empty() || date.trim().is_empty() || names.is_empty() {
                return Err(row.error(
                    "no source, date or names; say where such names stand, when that was looked up, and which they are",
                ));
            }
            for name in names.iter().map(|name| plain(name)) {
                match holds {
                    ListColumn::Page => drop(pages.insert(name)),
                    // A user's rows stand first.
                    holds => drop(table.entry(name).or_insert(*holds)),
                }
            }
        }
        let mut shapes: HashMap<&'static str, Names> = HashMap::new();
        // A platform's list and its export may have one name.
        formats.iter().for_each(|format| shapes.entry(format.name).or_default().add(&format.export));
        for row in tables::load::<PresentList>(user_tables)? {
            if let Some(shape) = shapes.get_mut(row.value.name.as_str()) {
                shape.also.extend(row.value.also.iter().map(|name| name.to_lowercase()));
                shape.nights |= row.value.nights;
            }
        }
        Ok(Columns { shapes, table, pages })
    }

    /// What a name of a list of that shape means.
    pub fn of(&self, shape: &str, name: &str) -> Column {
        let (names, lower) = (self.shapes.get(shape), name.trim().to_lowercase());
        match names {
            Some(names) if names.subject.contains(&lower) => Column::Subject,
            Some(names) if names.read.contains(&lower) => Column::Read,
            Some(names) if names.also.contains(&lower) => Column::Of(ListColumn::Nothing),
            _ => self.table.get(&plain(name)).map_or(Column::Unknown, |holds| Column::Of(*holds)),
        }
    }

    /// Whether a name around the entries says nothing about them.
    pub fn is_of_a_page(&self, path: &str) -> bool {
        path.split('.').next().is_some_and(|name| self.pages.contains(&plain(name)))
    }

    /// Whether a date alone in `added` of such a list is the name of a night.
    pub fn names_nights(&self, shape: &str) -> bool {
        self.shapes.get(shape).is_some_and(|names| names.nights)
    }
}

impl Names {
    fn add(&mut self, export: &Export) {
        for (field, places) in &export.fields {
            let group = match field.as_str() {
                "recipient" | "original_recipient" | "final_recipient" | "recipient_domain" => &mut self.subject,
                "listed_reason" | "listed_by" | "added" | "last_seen" | "expires" | "timestamp" => &mut self.read,
                _ => &mut self.also,
            };
            for place in OneOrMany::as_slice(places) {
                match place {
                    Name::Plain(name) | Name::Cut { cut: name, .. } => drop(group.insert(name.to_lowercase())),
                    Name::Join { join, .. } => group.extend(join.iter().map(|name| name.to_lowercase())),
                }
            }
        }
        let words = export.kinds.iter().flat_map(|row| row.when.keys()).flat_map(|names| names.split('|'));
        self.also.extend(words.map(str::to_lowercase));
    }
}

/// A name without what spelling varies: letters and digits, in lower case.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a cell holds nothing.
pub fn is_empty(cell: &str) -> bool {
    let cell = cell.trim();
    EMPTY.iter().any(|empty| cell.eq_ignore_ascii_case(empty))
}

/// Whether a cell says no.
pub fn is_no(cell: &str) -> bool {
    let cell = cell.trim();
    NO.iter().any(|no| cell.eq_ignore_ascii_case(no))
}
