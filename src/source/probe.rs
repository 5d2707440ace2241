//! Entry points for fuzzing, and for tests that say what must hold whatever the bytes: each panics if it does not.

use std::sync::Arc;

use super::format::mbox::{Scanner, Span};
use super::inputs::{InputFile, Source, SourceOptions};
use super::item::Item;
use super::opener::InMemory;

/// The mbox scanner loses and invents no byte, and finds the same messages however the bytes arrive.
pub fn mbox(data: &[u8]) {
    let whole = scan_in_pieces(data, data.len().max(1));
    let mut after = 0;
    for span in &whole {
        assert!(after <= span.line && span.line <= span.start && span.start <= span.end, "out of order: {span:?}");
        assert!(is_separator(&data[after..span.line], after == 0), "lost between messages: {:?}", after..span.line);
        assert!(span.stray || data[span.line..span.start].starts_with(b"From "), "no `From ` line: {span:?}");
        after = span.end;
    }
    assert!(is_separator(&data[after..], after == 0), "lost at the end: {after}");
    for piece in [1, 7, 64, 1000] {
        // A byte at a time is slow, and shows all it can on a few kilobytes.
        if data.len() / piece <= 5_000 {
            assert_eq!(scan_in_pieces(data, piece), whole, "in pieces of {piece}");
        }
    }
}

/// At most one line end; before the first boundary any blank text.
fn is_separator(bytes: &[u8], at_start: bool) -> bool {
    matches!(bytes, b"" | b"\n" | b"\r\n" | b"\r") || at_start && bytes.iter().all(u8::is_ascii_whitespace)
}

/// The messages of data that arrives so many bytes at a time and is dropped as soon as it is done with; by their places
/// in the whole.
fn scan_in_pieces(data: &[u8], piece: usize) -> Vec<Span> {
    let mut scanner = Scanner::default();
    let mut found = Vec::new();
    let mut dropped = 0;
    let mut arrived = 0;
    loop {
        arrived = data.len().min(arrived + piece);
        let end = arrived == data.len();
        let upto = scanner.scan(&data[dropped..arrived], end);
        assert!(upto <= arrived - dropped, "beyond the data");
        let at = |place: usize| place + dropped;
        let spans = scanner.take(upto).into_iter();
        found.extend(spans.map(|span| Span { line: at(span.line), start: at(span.start), end: at(span.end), ..span }));
        dropped += upto;
        if end {
            assert_eq!(dropped, data.len(), "not all accounted for");
            return found;
        }
    }
}

/// Any bytes at the door become items or rejects, in bounded time and memory.
pub fn door(data: &[u8]) {
    let options =
        SourceOptions { max_item_bytes: 1 << 20, max_decompressed_bytes: 16 << 20, ..SourceOptions::default() };
    let (name, from) = ("probe".into(), Arc::new(InMemory(data.into())));
    let file = InputFile { name, from, bytes: None, in_maildir: false, may_be_stray: false };
    let source = Source { name: file.name.clone(), bytes: None, files: vec![file] };
    let mut seen = 0;
    for batch in source.batches(&options).into_iter().flatten().flatten() {
        batch.each(&mut |item| {
            seen += 1;
            if let Ok(Item::Mail { bytes, .. } | Item::Json { text: bytes, .. }) = item {
                assert!(!bytes.is_empty(), "an empty item");
            }
        });
    }
    assert!(seen > 0 || !data.is_empty(), "nothing at all, not even a reject");
}
