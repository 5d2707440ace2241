//! Entry point for fuzzing, and for the test that replays its findings: it panics if something does not hold.

use std::sync::LazyLock;

use crate::bounce::{Event, Kind, Origin};
use crate::parse::reply;

use super::{Cache, Classifier};

/// Any text reads as a reply and is named; memory does not change the answer, and what comes out is bounded by what went in.
pub fn reply(data: &[u8]) {
    static CLASSIFIER: LazyLock<Option<Classifier>> = LazyLock::new(|| Classifier::new(None).ok());
    let Some(classifier) = CLASSIFIER.as_ref() else {
        return;
    };
    let text = String::from_utf8_lossy(data);
    let read = reply::read(&text);
    let length = read.text.as_deref().map_or(0, str::len);
    // A code that stood outside its quotes is put before the text.
    assert!(length <= text.len() + 4, "{length} bytes read of {}", text.len());
    let mut event = Event::new(Origin { source: "fuzz".into(), index: 0 }, Kind::Bounce, "fuzz");
    event.diagnostic_code = Some(text.into_owned());
    event.reply_code = read.code;
    event.status = read.status;
    event.reply = read.text;
    event.command = read.command;
    event.remote_mta = read.host;
    let alone = classifier.classify(&event, &mut Cache::without_memory());
    let mut memory = Cache::default();
    for _ in 0..2 {
        assert_eq!(classifier.classify(&event, &mut memory), alone);
    }
    assert_eq!(classifier.trace(&event).named, alone);
}
