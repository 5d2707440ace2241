//! What fuzzing holds against reading records: any bytes as JSON, as a log, as a row's cells; no panic, and something comes of it.
//! In: bytes. Out: nothing; a panic if something does not hold.

use std::sync::{Arc, LazyLock};

use super::{ParseOptions, Parsed, Reader};
use crate::bounce::Origin;
use crate::source::Item;

static READER: LazyLock<Reader> =
    LazyLock::new(|| Reader::new(&ParseOptions::default()).expect("the built-in tables are tested"));

/// Any bytes as one JSON value become events, deliveries or at least one reject; as log lines, no panic.
pub fn record(data: &[u8]) {
    let origin = Origin { source: Arc::from("probe"), index: 0 };
    let mut out = Parsed::default();
    READER.item(&Item::Json { origin: origin.clone(), text: data }, &mut out);
    assert!(out.events.len() + out.deliveries.len() + out.rejects.len() > 0, "an item is lost");
    let (before, text) = data.split_at(data.len() / 2);
    READER.item(&Item::Log { origin, before, text }, &mut out);
}
