//! Words of reason. In: listed_reasons.toml, a text. Out: what it means.

use std::path::Path;

use regex::{Regex, RegexBuilder};

use crate::bounce::ListedReason;
use crate::parse::record::clean;
use crate::tables::listed_reasons::ReasonWords;
use crate::tables::{self, TableError};

/// What the words of lists mean, compiled.
#[derive(Debug)]
pub struct Reasons(Vec<(Regex, ListedReason)>);

impl Reasons {
    /// Loads the table.
    ///
    /// # Errors
    /// A broken row: no source, no example, an expression that is none, an example that means something else.
    pub fn load(user_tables: Option<&Path>) -> Result<Reasons, TableError> {
        let rows = tables::load::<ReasonWords>(user_tables)?;
        let mut compiled = Vec::with_capacity(rows.len());
        for row in &rows {
            if row.value.source.trim().is_empty() || row.value.date.trim().is_empty() || row.value.examples.is_empty() {
                return Err(row.error("no source, date or example; say who says so, when, and which text it is"));
            }
            let built = RegexBuilder::new(&row.value.text).case_insensitive(true).dot_matches_new_line(true).build();
            let regex = built.map_err(|error| row.error(format!("text is no regular expression: {error}")))?;
            compiled.push((regex, row.value.means));
        }
        let reasons = Reasons(compiled);
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
        let fitting = self.0.iter().filter(|(regex, _)| regex.is_match(text)).map(|(_, means)| *means);
        fitting.max().unwrap_or(ListedReason::Unknown)
    }

    /// What a text says beyond being no bounce: a wish, or a person's hand.
    pub fn wish_in(&self, text: &str) -> Option<ListedReason> {
        Some(self.of(text)).filter(|means| *means > ListedReason::Unknown)
    }
}
