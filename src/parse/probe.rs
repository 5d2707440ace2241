//! What benches time of reading: a row's or a JSON record's fields, before an event is made of them.
//! What fuzzing holds against reading: any bytes as a record, as a mail, as a report's fields or its prose; no panic, and
//! something comes of it.
//! In: bytes. Out: nothing; a panic if something does not hold.

use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Once};

use super::{ParseOptions, Parsed, Reader};
use crate::bounce::Origin;
use crate::source::Item;

static READER: LazyLock<Reader> =
    LazyLock::new(|| Reader::new(&ParseOptions::default()).expect("the built-in tables are tested"));

/// Whether code of ours has panicked, caught or not.
static OURS_PANICKED: AtomicBool = AtomicBool::new(false);

/// Tells our panics from those of mail-parser, which a few malformed mails bring about: these make a reject, and are no
/// finding.
fn watch_panics() {
    static WATCHING: Once = Once::new();
    WATCHING.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !panic.location().is_some_and(|place| place.file().contains("mail-parser")) {
                OURS_PANICKED.store(true, Ordering::Relaxed);
                before(panic);
            }
        }));
    });
}

/// Any bytes as the fields of a delivery report.
pub fn dsn(data: &[u8]) {
    let head = "From: MAILER-DAEMON@mail.example.com\nSubject: x\nContent-Type: multipart/report; boundary=b\n\n--b\n\nSorry.\n\n--b\n\
        Content-Type: message/delivery-status\n\n";
    mail(&[head.as_bytes(), data, b"\n--b--\n"].concat());
}

/// Any bytes as a report in prose, and as a whole mail.
pub fn prose(data: &[u8]) {
    mail(data);
    mail(&[b"From: MAILER-DAEMON@mail.example.com\nSubject: failure notice\n\n".as_slice(), data].concat());
}

/// A mail becomes events or one reject; a panic over it is caught, so it is looked for.
fn mail(bytes: &[u8]) {
    watch_panics();
    let mut out = Parsed::default();
    READER.item(&Item::Mail { origin: probed(), bytes }, &mut out);
    assert!(out.events.len() + out.deliveries.len() + out.rejects.len() > 0, "a mail is lost");
    assert!(!OURS_PANICKED.load(Ordering::Relaxed), "a panic of ours was caught");
}

/// Any bytes as one JSON value become events, deliveries or at least one reject; a panic over it is caught, so it is
/// looked for.
pub fn record(data: &[u8]) {
    watch_panics();
    let mut out = Parsed::default();
    READER.item(&Item::Json { origin: probed(), text: data }, &mut out);
    assert!(out.events.len() + out.deliveries.len() + out.rejects.len() > 0, "an item is lost");
    assert!(!OURS_PANICKED.load(Ordering::Relaxed), "a panic of ours was caught");
}

/// Any bytes as the lines of a mail log, the first half read before.
pub fn log(data: &[u8]) {
    watch_panics();
    let (before, text) = data.split_at(data.len() / 2);
    for (before, text) in [(&[][..], data), (before, text)] {
        READER.item(&Item::Log { origin: probed(), before, text }, &mut Parsed::default());
    }
    assert!(!OURS_PANICKED.load(Ordering::Relaxed), "a panic of ours was caught");
}

fn probed() -> Origin {
    Origin { source: Arc::from("probe"), index: 0 }
}

/// Calls `visit` with every field of ours that a row or a JSON value holds, as the platform spelled it: a record read, and
/// nothing made of it. `out` gets nothing; it is what one reads into otherwise, and remembers from record to record.
pub fn fields(reader: &Reader, item: &Item<'_>, out: &mut Parsed, visit: &mut dyn FnMut(&str)) {
    reader.records.fields(item, &mut out.memory, visit);
}
