//! What stands behind a clock. In: `PM`, `+0200 (CEST)`, `(UTC+02:00)`, `Europe/Berlin`. Out: the half of the day and the zone;
//! nothing where some word is neither, because a time is not read by half.

use super::civil::{Zone, offset_seconds};

/// The words behind a clock.
#[derive(Debug, Clone, Default)]
pub(super) struct Behind {
    /// Whether a clock of twelve hours shows the afternoon.
    pub afternoon: Option<bool>,
    /// The zone as an offset, in seconds east of UTC.
    pub offset: Option<i32>,
    /// The zone by its name.
    pub zone: Option<Zone>,
}

impl Behind {
    /// Reads all words; `None` if one of them is unknown.
    pub fn of(text: &str) -> Option<Behind> {
        let mut behind = Behind::default();
        for word in text.split([' ', '(', ')', '[', ']', ',']).filter(|word| !word.is_empty()) {
            if let Some(afternoon) = half_of_day(word) {
                behind.afternoon = Some(afternoon);
            } else if let Some(offset) = offset_seconds(word) {
                // A comment may repeat the zone; `GMT -0500` are two.
                if behind.offset.is_some_and(|told| told != offset) {
                    return None;
                }
                behind.offset = Some(offset);
            } else {
                behind.zone = Some(named_zone(word)?);
            }
        }
        Some(behind)
    }
}

/// Whether a word is the second half of a day.
pub(super) fn half_of_day(word: &str) -> Option<bool> {
    let is = |names: [&str; 2]| names.iter().any(|name| word.eq_ignore_ascii_case(name));
    match () {
        () if is(["pm", "p.m."]) => Some(true),
        () if is(["am", "a.m."]) => Some(false),
        () => None,
    }
}

/// A zone of the IANA database, by its name with a slash.
pub(super) fn named_zone(word: &str) -> Option<Zone> {
    Some(word).filter(|word| word.contains('/')).and_then(Zone::parse)
}

/// The hour of a day, of one that a clock of twelve hours shows; `None` for one that it has not.
pub(super) fn of_day(hour: u32, afternoon: Option<bool>) -> Option<u32> {
    match afternoon {
        None => Some(hour),
        Some(_) if !(1..=12).contains(&hour) => None,
        Some(true) => Some(hour % 12 + 12),
        Some(false) => Some(hour % 12),
    }
}
