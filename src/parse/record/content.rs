//! What makes a row itself: its content, and neither its file nor its place there. In: the cells as read. Out: 128 bits under the
//! run's key. A row of a table is all its cells under its header, in the order of the columns: the same rows in another order of
//! columns, or under other names, are other rows. A JSON record is its text, however it is laid out; one that
//! stands in a list within a text is what it says in the fields that its format reads. A log entry is its line.

use super::layout::{Layout, Values};
use crate::bounce::Key;
use crate::source::Record;

/// The content of a row of a table; `names` are its header's, by `of_names`. `said` is room that is kept.
pub(super) fn of_row(key: &Key, names: u128, record: &Record<'_>, said: &mut Vec<u8>) -> u128 {
    said.clear();
    said.push(b'r');
    said.extend_from_slice(&names.to_le_bytes());
    // Each row is hashed: what stands between the cells is kept short.
    let mut cells = 0;
    while let Some(cell) = record.get(cells) {
        said.extend_from_slice(&(cell.len() as u32).to_le_bytes());
        said.extend_from_slice(cell.as_bytes());
        cells += 1;
    }
    key.row(said)
}

/// The names of a header, as one number.
pub(super) fn of_names(names: &[String]) -> u128 {
    let hash = blake3::hash(names.join("\n").as_bytes());
    hash.as_bytes().first_chunk().map_or(0, |first| u128::from_le_bytes(*first))
}

/// The content of a text that is a record; `place` counts those of one text, which mostly has one.
pub(super) fn of_text(key: &Key, text: &[u8], place: u64) -> u128 {
    let mut said = Vec::with_capacity(text.len() + 26);
    said.push(b'j');
    said.extend_from_slice(&place.to_le_bytes());
    without_layout(text, &mut said);
    key.row(&said)
}

/// A JSON text without the white space between its values: a line and an indented document may say the same.
fn without_layout(text: &[u8], said: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(start) = memchr::memchr(b'"', rest) {
        let (between, from) = rest.split_at(start);
        said.extend(between.iter().filter(|byte| !byte.is_ascii_whitespace()));
        let end = end_of_string(from);
        said.extend_from_slice(&from[..end]);
        rest = &from[end..];
    }
    said.extend(rest.iter().filter(|byte| !byte.is_ascii_whitespace()));
}

/// Where the string ends that a text begins with; the text's end where it is never closed.
fn end_of_string(text: &[u8]) -> usize {
    let mut at = 1;
    while let Some(found) = text.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += found;
        if text[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    text.len()
}

/// The content of a record that stands in a list: it is the same on another page, between others.
pub(super) fn of_element(key: &Key, layout: &Layout, record: &impl Values) -> u128 {
    let mut said = Vec::new();
    piece(&mut said, b'e', layout.name.as_bytes());
    layout.each_named(record, &mut |field, text| {
        piece(&mut said, b'f', field.as_bytes());
        piece(&mut said, b'v', text.as_bytes());
    });
    key.row(&said)
}

/// The content of a log entry about one recipient.
pub(super) fn of_line(key: &Key, line: &str, recipient: &str) -> u128 {
    let mut said = Vec::with_capacity(line.len() + recipient.len() + 18);
    piece(&mut said, b'l', line.trim_end().as_bytes());
    piece(&mut said, b'a', recipient.as_bytes());
    key.row(&said)
}

/// Adds a piece so that no other pieces look the same.
fn piece(said: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    said.push(tag);
    said.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    said.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid_out(text: &str) -> String {
        let mut said = Vec::new();
        without_layout(text.as_bytes(), &mut said);
        String::from_utf8(said).unwrap()
    }

    #[test]
    fn the_layout_of_a_json_text_is_nothing_and_its_strings_are_all() {
        for (text, want) in [
            ("{ \"a\" : 1,\n  \"b\": [ true ] }\r\n", r#"{"a":1,"b":[true]}"#),
            (r#"{"a": "x  y", "b" : " \" z "}"#, r#"{"a":"x  y","b":" \" z "}"#),
            (r#"{"a": "\\", "b": 1 }"#, r#"{"a":"\\","b":1}"#),
            (r#"{"a": "never closed  "#, r#"{"a":"never closed  "#),
            (r#"{"a": "\"#, r#"{"a":"\"#),
            ("", ""),
        ] {
            assert_eq!(laid_out(text), want, "{text}");
        }
    }
}
