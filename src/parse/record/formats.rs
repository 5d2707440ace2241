//! The export formats, loaded and ready to be recognised. In: exports.toml. Out: the format of a header or of a JSON object.

use std::collections::BTreeSet;
use std::sync::Mutex;

use super::mapping;
use crate::bounce::nearest_word;
use crate::parse::ParseOptions;
use crate::source;
use crate::tables::column_hints::ColumnHints;
use crate::tables::exports::Export;
use crate::tables::present_lists::PresentList;
use crate::tables::{self, Row, TableError};

/// The format of our own column names.
const GENERIC: &str = "generic";
/// The one log format, which is no row of the table; what `grammar` prints.
pub(super) const POSTFIX: &str = "postfix";

/// All formats, in the order in which they are tried.
#[derive(Debug)]
pub struct Formats {
    all: Vec<Format>,
    /// What the names of unknown columns are about.
    pub hints: ColumnHints,
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
    /// Loads the table, and a mapping before it. A format asked for by name is the only one, and its names are not looked for.
    ///
    /// # Errors
    /// A broken table or mapping; a field that we do not have; a name that no format has.
    pub fn load(options: &ParseOptions) -> Result<Formats, TableError> {
        let rows = tables::load::<Export>(options.tables.as_deref())?;
        let mut all = Vec::new();
        if let Some(path) = &options.mapping {
            let generic = rows.iter().find(|row| row.value.name == GENERIC).map(|row| &row.value);
            let export = mapping::read(path, generic)?;
            all.push(Format { name: lasting(&export.name), export });
        }
        for row in rows {
            check(&row)?;
            all.push(Format { name: lasting(&row.value.name), export: row.value });
        }
        match options.input_format.as_deref() {
            Some(name) if !source::formats().any(|format| format == name) && name != POSTFIX => all = only(all, name)?,
            _ => {}
        }
        Ok(Formats { all, hints: ColumnHints::load(options.tables.as_deref())? })
    }

    /// The shapes of present lists: a mapping, those of present_lists.toml, the exports that have words for bounces before its last
    /// one, the other exports after it, and then that one whatever the names are, so that it says what is missing. A format asked for
    /// by name is one of the night's inputs, so it is not looked at.
    ///
    /// # Errors
    /// As `load`.
    pub fn of_lists(options: &ParseOptions) -> Result<Formats, TableError> {
        let mut all = Vec::new();
        for row in tables::load::<PresentList>(options.tables.as_deref())? {
            let export = row.value.clone().export();
            super::layout::Layout::new(&export, "", |_| Some(0)).map_err(|what| row.error(what))?;
            all.push(Format { name: lasting(&export.name), export });
        }
        let any = all.pop();
        if let Some(path) = &options.mapping {
            let export = mapping::read(path, any.as_ref().map(|list| &list.export))?;
            all.insert(0, Format { name: lasting(&export.name), export });
        }
        let exports = tables::load::<Export>(options.tables.as_deref())?.into_iter().map(|row| row.value);
        let exports = exports.filter(|export| export.name != GENERIC);
        let (telling, others): (Vec<Export>, Vec<Export>) = exports.partition(|export| !export.kinds.is_empty());
        let format = |export: Export| Format { name: lasting(&export.name), export };
        all.extend(telling.into_iter().map(format));
        all.extend(any.iter().map(|any| Format { name: any.name, export: any.export.clone() }));
        all.extend(others.into_iter().map(format));
        all.extend(any.map(|any| Format { export: Export { needs: Vec::new(), ..any.export }, ..any }));
        Ok(Formats { all, hints: ColumnHints::load(options.tables.as_deref())? })
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

/// The format of that name, without detection.
fn only(all: Vec<Format>, name: &str) -> Result<Vec<Format>, TableError> {
    let names: Vec<&str> = all.iter().map(|format| format.name).chain(source::formats()).collect();
    let Some(at) = all.iter().position(|format| format.name == name) else {
        let hint = match nearest_word(name, names.iter().copied()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("known: {}", names.join(", ")),
        };
        let what = format!("unknown format \"{name}\"; {hint}");
        return Err(TableError { file: "--input-format".to_owned(), line: 0, what });
    };
    let mut all = all;
    let mut format = all.swap_remove(at);
    format.export.needs.clear();
    format.export.lacks.clear();
    Ok(vec![format])
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
