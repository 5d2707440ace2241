//! Words of reason. In: listed_reasons.toml, a text. Out: what it means.

use std::path::Path;

use regex::{RegexSet, RegexSetBuilder};

use crate::bounce::{Cause, ListedReason};
use crate::parse::record::clean;
use crate::tables::listed_reasons::ReasonWords;
use crate::tables::{self, Table, TableError};

/// What the words of lists mean, compiled; every cell of a list is asked, so all rows are one set.
#[derive(Debug)]
pub struct Reasons {
    texts: RegexSet,
    /// By row.
    means: Vec<ListedReason>,
}

impl Reasons {
    /// Loads the table.
    ///
    /// # Errors
    /// A broken row: no source, no example, an expression that is none, an example that means something else.
    pub fn load(user_tables: Option<&Path>) -> Result<Reasons, TableError> {
        let rows = tables::load::<ReasonWords>(user_tables)?;
        for row in &rows {
            if row.value.source.trim().is_empty() || row.value.date.trim().is_empty() || row.value.examples.is_empty() {
                return Err(row.error("no source, date or example; say who says so, when, and which text it is"));
            }
            set([expanded(&row.value.text)])
                .map_err(|error| row.error(format!("text is no regular expression: {error}")))?;
        }
        let texts = set(rows.iter().map(|row| expanded(&row.value.text)));
        let texts = texts.map_err(|error| TableError {
            file: ReasonWords::FILE.to_owned(),
            line: 0,
            what: format!("the texts of all rows together: {error}"),
        })?;
        let reasons = Reasons { texts, means: rows.iter().map(|row| row.value.means).collect() };
        for row in &rows {
            let other = row.value.examples.iter().find(|example| reasons.of(example) != row.value.means);
            if let Some(example) = other {
                let found = reasons.of(example);
                return Err(row.error(format!("example {example:?} means {found}, not {}", row.value.means)));
            }
        }
        Ok(reasons)
    }

    /// What one text means: the strictest of all rows that fit, unknown where none does.
    pub fn of(&self, text: &str) -> ListedReason {
        let text = clean::capped(text.trim(), clean::MAX_TEXT);
        let fitting = self.texts.matches(text).into_iter().filter_map(|row| self.means.get(row).copied());
        fitting.max().unwrap_or(ListedReason::Unknown)
    }

    /// What a text says beyond being no bounce: a wish, or a person's hand.
    pub fn wish_in(&self, text: &str) -> Option<ListedReason> {
        Some(self.of(text)).filter(|means| *means > ListedReason::Unknown)
    }
}

/// What `<cause>` stands for in the table.
const ANY_CAUSE: &str = "<cause>";

/// A text with our own causes where it asks for them, so that none is forgotten there.
fn expanded(text: &str) -> String {
    let causes = Cause::ALL.iter().filter(|cause| !matches!(cause, Cause::Complaint | Cause::Unknown));
    let causes: Vec<&str> = causes.map(|cause| cause.as_str()).collect();
    text.replace(ANY_CAUSE, &format!("({})", causes.join("|")))
}

fn set(texts: impl IntoIterator<Item = String>) -> Result<RegexSet, regex::Error> {
    RegexSetBuilder::new(texts).case_insensitive(true).dot_matches_new_line(true).build()
}
