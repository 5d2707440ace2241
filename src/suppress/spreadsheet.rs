//! Cells of machine CSV. In: text. Out: what may stand in a cell. The files are exact (RFC 4180, UTF-8, LF); a
//! spreadsheet runs a cell that begins like a formula, so such an address or domain goes to quarantine.csv instead,
//! as a JSON string, which begins with a quote; and text for people gets an apostrophe in front.

use std::borrow::Cow;

/// Whether a spreadsheet might run the cell. Source: OWASP, CSV Injection; the full-width signs because spreadsheets
/// normalise them.
pub fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

/// Text for people (a template, a detail): harmless, but no longer exact where it began like a formula.
pub fn prose(cell: &str) -> Cow<'_, str> {
    if is_formula(cell) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// A place: paths that begin like a formula get `./` in front, standard input its name.
pub fn place(cell: &str) -> Cow<'_, str> {
    match cell.strip_prefix('-') {
        Some(index) if index.starts_with('#') => Cow::Owned(format!("stdin{index}")),
        _ if is_formula(cell) => Cow::Owned(format!("./{cell}")),
        _ => Cow::Borrowed(cell),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_begins_like_a_formula_is_known() {
        for cell in ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"] {
            assert!(is_formula(cell), "{cell}");
        }
        for cell in ["ann@example.com", "'=1", "\"=1\"", "", " =1"] {
            assert!(!is_formula(cell), "{cell}");
        }
    }

    #[test]
    fn prose_and_places_no_longer_begin_like_a_formula() {
        assert_eq!(prose("=1+1"), "'=1+1");
        assert_eq!(place("-#7"), "stdin#7");
        assert_eq!(place("=night.mbox#7"), "./=night.mbox#7");
        assert_eq!(place("night.mbox#7"), "night.mbox#7");
    }
}
