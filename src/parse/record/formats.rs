//! The export formats, loaded and ready to be recognised. In: exports.toml. Out: the format of a header or of a JSON object.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;

use crate::tables::exports::Export;
use crate::tables::{self, Row, TableError};

/// All formats, in the order in which they are tried.
#[derive(Debug)]
pub struct Formats {
    all: Vec<Format>,
}

/// One format.
#[derive(Debug)]
pub struct Format {
    /// Its name.
    pub name: &'static str,
    /// Its row in the table.
    pub export: Export,
}

impl Formats {
    /// Loads the table.
    ///
    /// # Errors
    /// A broken table; a field that we do not have.
    pub fn load(user_tables: Option<&Path>) -> Result<Formats, TableError> {
        let mut all = Vec::new();
        for row in tables::load::<Export>(user_tables)? {
            check(&row)?;
            all.push(Format { name: lasting(&row.value.name), export: row.value });
        }
        Ok(Formats { all })
    }

    /// All formats, in the order in which they are tried.
    pub fn iter(&self) -> impl Iterator<Item = &Format> {
        self.all.iter()
    }

    /// The first format whose names are there.
    pub fn of_columns(&self, has: impl Fn(&str) -> bool) -> Option<&Format> {
        let any = |names: &String| names.split('|').any(&has);
        let fits =
            |format: &&Format| format.export.needs.iter().all(any) && !format.export.lacks.iter().any(|name| has(name));
        self.all.iter().find(fits)
    }
}

fn check(row: &Row<Export>) -> Result<(), TableError> {
    super::layout::Layout::new(&row.value, "", |_| Some(0)).map(drop).map_err(|what| row.error(what))
}

/// The name as one that lives as long as the program: an event borrows its grammar. There are as many as rows in the tables.
fn lasting(name: &str) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(known) = names.get(name) {
        return known;
    }
    let name: &'static str = Box::leak(name.to_owned().into_boxed_str());
    names.insert(name);
    name
}
