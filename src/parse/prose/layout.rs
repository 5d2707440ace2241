//! Rows of layouts.toml, compiled, and which of them a report follows. In: the table. Out: the first row that fits.

use std::cell::LazyCell;
use std::path::Path;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::{Regex, RegexBuilder};

use super::super::fields::Head;
use super::section::Section;
use crate::bounce::Kind;
use crate::tables::layouts::{self, ReplyPlace};
use crate::tables::{self, Row, TableError};

/// A row, compiled.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) name: String,
    from: Vec<String>,
    subject: Vec<String>,
    has_opening: bool,
    begins: Option<String>,
    returned: Vec<String>,
    pub(super) address: Vec<Regex>,
    pub(super) reply: ReplyPlace,
    pub(super) reply_text: Option<Regex>,
    pub(super) kind: Option<Kind>,
}

/// All rows.
#[derive(Debug)]
pub(super) struct Rows {
    layouts: Vec<Layout>,
    openings: AhoCorasick,
    /// The row of each opening.
    opens: Vec<usize>,
}

/// Bytes of text that are searched for openings.
const SEARCHED: usize = 16 << 10;

impl Rows {
    /// Compiles layouts.toml, a user's rows first.
    pub(super) fn load(user_dir: Option<&Path>) -> Result<Rows, TableError> {
        let rows = tables::load::<layouts::Layout>(user_dir)?;
        let (mut openings, mut opens) = (Vec::new(), Vec::new());
        for (place, row) in rows.iter().enumerate() {
            for opening in &row.value.opening {
                openings.push(opening.clone());
                opens.push(place);
            }
        }
        Ok(Rows { layouts: rows.iter().map(compile).collect::<Result<_, _>>()?, openings: automaton(&openings), opens })
    }

    /// The first row that fits a report.
    pub(super) fn of(&self, head: &Head<'_>, subject: &str, section: &Section<'_>) -> Option<&Layout> {
        let mut opened = vec![false; self.layouts.len()];
        let text = &section.own.as_bytes()[..section.own.len().min(SEARCHED)];
        for found in self.openings.find_overlapping_iter(text) {
            if let Some(&row) = self.opens.get(found.pattern().as_usize()) {
                opened[row] = true;
            }
        }
        let from = LazyCell::new(|| head.get("From").unwrap_or_default().to_lowercase());
        let subject = LazyCell::new(|| subject.to_lowercase());
        let has_one = |text: &str, words: &[String]| words.iter().any(|word| text.contains(word.as_str()));
        let rows = self.layouts.iter().zip(opened);
        let mut fitting = rows.filter(|(row, opened)| {
            (*opened || !row.has_opening)
                && (row.from.is_empty() || has_one(&from, &row.from))
                && (row.subject.is_empty() || has_one(&subject, &row.subject))
                && row.begin(&section.lines).is_some()
        });
        fitting.next().map(|(row, _)| row)
    }
}

impl Layout {
    /// The line from which on this make names recipients; `None` if it always announces them, and does not here.
    pub(super) fn begin(&self, lines: &[&str]) -> Option<usize> {
        let Some(begins) = &self.begins else { return Some(0) };
        lines.iter().position(|line| line.to_lowercase().contains(begins.as_str())).map(|at| at + 1)
    }

    /// Whether this make has words of its own that announce the returned message.
    pub(super) fn has_markers(&self) -> bool {
        !self.returned.is_empty()
    }

    /// Whether a line announces the returned message in this make's words.
    pub(super) fn announces_returned(&self, line: &str) -> bool {
        line.len() <= 200 && {
            let line = line.to_lowercase();
            self.returned.iter().any(|words| line.contains(words.as_str()))
        }
    }
}

fn automaton(words: &[String]) -> AhoCorasick {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(words)
        .expect("a table of wordings is far below the automaton's limits")
}

fn compile(row: &Row<layouts::Layout>) -> Result<Layout, TableError> {
    let layout = &row.value;
    if layout.opening.is_empty() && layout.from.is_empty() {
        return Err(row.error("a layout needs an `opening` or a `from`, or it would fit every mail"));
    }
    let regex = |pattern: &str, group: &str, lines: bool| {
        let regex = RegexBuilder::new(pattern)
            .case_insensitive(true)
            .multi_line(lines)
            .size_limit(1 << 20)
            .build()
            .map_err(|e| row.error(format!("not a regex: {e}")))?;
        let named = regex.capture_names().flatten().any(|name| name == group);
        if named { Ok(regex) } else { Err(row.error(format!("the regex captures no `{group}`: (?<{group}>...)"))) }
    };
    Ok(Layout {
        name: layout.name.clone(),
        from: layout.from.clone(),
        subject: layout.subject.clone(),
        has_opening: !layout.opening.is_empty(),
        begins: layout.begins.clone(),
        returned: layout.returned.clone(),
        address: layout.address.iter().map(|pattern| regex(pattern, "address", false)).collect::<Result<_, _>>()?,
        reply: layout.reply,
        reply_text: layout.reply_text.as_deref().map(|pattern| regex(pattern, "reply", true)).transpose()?,
        kind: layout.kind,
    })
}
