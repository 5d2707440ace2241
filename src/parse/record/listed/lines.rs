//! Lists without a header. In: lines. Out: an entry each: an address or a domain, then perhaps words of reason.

use super::reasons::Reasons;
use super::{reject, subject_of};
use crate::bounce::{ListedReason, Origin, PresentEntry};
use crate::parse::Parsed;

/// What parts the cells of a line, the more telling one first.
const DELIMITERS: [char; 4] = ['\t', ';', '|', ','];

/// The cells of a line of a list without a header; the first holds whom it is about.
fn cells(line: &str) -> Vec<&str> {
    let line = line.trim();
    let parts: Vec<&str> = match DELIMITERS.iter().find(|delimiter| line.contains(**delimiter)) {
        // A local part may be quoted, blanks and all.
        None if subject_of(line).is_some() => vec![line],
        None => line.split_whitespace().collect(),
        Some(delimiter) => line.split(*delimiter).collect(),
    };
    let bare = |cell: &str| cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"')).map(str::len);
    parts
        .into_iter()
        .map(|cell| cell.trim())
        .map(|cell| if bare(cell).is_some() { &cell[1..cell.len() - 1] } else { cell })
        .collect()
}

/// Whether a line says nothing.
fn is_remark(line: &str) -> bool {
    line.trim().is_empty() || line.trim_start().starts_with('#')
}

/// Whether a list that begins with this text has no header: its first line that says anything is an entry.
pub fn begins_with_an_entry(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let Some(line) = text.lines().find(|line| !is_remark(line)) else { return false };
    let first = cells(line.trim_start_matches('\u{feff}')).first().copied().and_then(subject_of);
    !line.trim_start().starts_with(['{', '[']) && first.is_some()
}

/// Actions of a Postfix map that stop nobody.
const HARMLESS: [&str; 6] = ["OK", "DUNNO", "PERMIT", "PREPEND", "WARN", "INFO"];

/// Reads lines of a list without a header: an address or a domain, then perhaps words. Dates there say nothing, as no name tells which
/// they are.
pub fn read(reasons: &Reasons, origin: &Origin, text: &[u8], out: &mut Parsed) {
    let text = String::from_utf8_lossy(text);
    for (line, index) in text.lines().zip(origin.index..).filter(|(line, _)| !is_remark(line)) {
        let origin = Origin { source: origin.source.clone(), index };
        let cells = cells(line.trim_start_matches('\u{feff}'));
        if cells.get(1).is_some_and(|word| HARMLESS.iter().any(|known| word.eq_ignore_ascii_case(known))) {
            continue;
        }
        let Some(subject) = cells.first().and_then(|cell| subject_of(cell)) else {
            let detail = "neither an address nor a domain; write one a line".to_owned();
            out.rejects.push(reject(&origin, detail));
            continue;
        };
        let words = cells.iter().skip(1).filter(|cell| !cell.is_empty());
        let words: Vec<String> = words.map(|word| (*word).to_owned()).collect();
        let reason = words.iter().map(|word| reasons.of(word)).max().unwrap_or(ListedReason::Unknown);
        out.listed.push(PresentEntry {
            origin,
            subject,
            reason,
            words,
            cause: None,
            blames: None,
            since: None,
            expires: None,
        });
    }
}
