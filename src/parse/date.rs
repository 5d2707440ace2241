//! Dates. In: a date as mail headers, reports, logs and exports write it. Out: a `Timestamp`, or why there is none.
//!
//! Tolerant in form (RFC 5322 with its obsolete years and zones, asctime, ISO 8601, figures as people write them, a
//! spreadsheet's serial number, Unix seconds to nanoseconds), strict in meaning: a time without a zone is not guessed, nor is
//! the order of day and month; the caller may name the zone (`ParseOptions::time_zone`).
//! Which of several dates counts is the caller's decision.

mod behind;
mod civil;
mod numeric;

use crate::bounce::Timestamp;
use behind::{Behind, half_of_day, named_zone, of_day};
pub use civil::Zone;
use civil::{Civil, clock_of, millis_of, offset_seconds};

/// Longest text looked at, in bytes; no date is longer, and headers can be of any length.
const MAX_LEN: usize = 120;

/// Why a text gave no timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoDate {
    /// No form of date that is known, or one that no calendar has.
    Unreadable,
    /// A date and a time, but no zone in the text and none given.
    NoZone,
}

/// A date of a mail header or a report; `None` where it cannot be read or names no zone.
pub fn rfc5322(text: &str) -> Option<Timestamp> {
    read(text, None).ok()
}

/// Any known form; `zone` serves texts that name none.
///
/// # Errors
/// The text is no date, or it names no zone and none is given.
pub fn read(text: &str, zone: Option<&Zone>) -> Result<Timestamp, NoDate> {
    let text = text.trim();
    if let Some(civil) = internet(text.as_bytes()) {
        return Ok(civil.at_offset(0));
    }
    let text = text.get(..MAX_LEN).unwrap_or(text);
    if let Some(instant) = epoch(text) {
        return Ok(instant);
    }
    let read =
        || iso(text).or_else(|| numeric::figures(text)).or_else(|| numeric::serial(text)).or_else(|| words(text));
    let civil = read().ok_or(NoDate::Unreadable)?;
    match (civil.offset, civil.zone.as_ref().or(zone)) {
        (Some(offset), _) => Ok(civil.at_offset(offset)),
        (None, Some(zone)) => zone.instant(&civil).ok_or(NoDate::Unreadable),
        (None, None) => Err(NoDate::NoZone),
    }
}

/// `2024-03-08T18:27:57Z` and no other form: how most exports write, read without looking for anything.
fn internet(text: &[u8]) -> Option<Civil> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2, b'Z'] = *text else {
        return None;
    };
    let digit = |byte: u8| Some(u32::from(byte)).filter(|_| byte.is_ascii_digit()).map(|value| value - u32::from(b'0'));
    let two = |tens, ones| Some(digit(tens)? * 10 + digit(ones)?);
    let civil = Civil {
        year: i64::from(two(y1, y2)? * 100 + two(y3, y4)?),
        month: two(m1, m2)?,
        day: two(d1, d2)?,
        hour: two(h1, h2)?,
        minute: two(n1, n2)?,
        second: two(s1, s2)?,
        millis: 0,
        offset: Some(0),
        zone: None,
    };
    civil.checked()
}

/// Unix time: seconds (9 to 11 digits, decimals allowed), or 13, 16, 19 digits for milli-, micro-, nanoseconds.
fn epoch(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    let millis = match whole.len() {
        9..=11 => number * 1000 + millis_of(fraction),
        13 => number,
        16 => number / 1000,
        19 => number / 1_000_000,
        _ => return None,
    };
    Some(Timestamp(millis))
}

/// `2024-03-08T18:27:57.188Z`, `2024-03-08 18:27:57+01:00`, `2024/03/08 6:27:57 PM`, with or without a zone.
fn iso(text: &str) -> Option<Civil> {
    let (date, rest) = (text.get(..10)?, text.get(10..)?);
    let mut parts = date.split(['-', '/']);
    let mut number = |length: usize| -> Option<u32> {
        let part = parts.next().filter(|p| p.len() == length)?;
        part.parse().ok()
    };
    let (year, month, day) = (number(4)?, number(2)?, number(2)?);
    let rest = rest.strip_prefix(['T', 't', ' ']).unwrap_or(rest);
    let clock_end = rest.find(|c: char| !c.is_ascii_digit() && !matches!(c, ':' | '.' | ',')).unwrap_or(rest.len());
    let (clock, behind) = rest.split_at(clock_end);
    let (hour, minute, second, millis) = if clock.is_empty() { (0, 0, 0, 0) } else { clock_of(clock)? };
    let Behind { afternoon, offset, zone } = Behind::of(behind)?;
    let hour = of_day(hour, afternoon)?;
    Civil { year: i64::from(year), month, day, hour, minute, second, millis, offset, zone }.checked()
}

/// RFC 5322 and its kin, in any order that is clear: `Thu, 29 Apr 2010 23:34:45 +0900 (JST)`, `29-Apr-10 23:34 GMT`,
/// `Thu Oct 13 15:22:22 2015 +0000`, `3 Mar 2024 8:05 PM -0500`.
fn words(text: &str) -> Option<Civil> {
    let (mut year, mut month, mut day) = (None, None, None);
    let (mut clock, mut offset, mut afternoon, mut zone) = (None, None, None, None);
    let (text, comment) = text.split_once('(').unwrap_or((text, ""));
    for word in text.split([' ', ',', '\t', '\r', '\n']).filter(|w| !w.is_empty()) {
        if word.contains(':') && clock.is_none() {
            clock = Some(clock_of(word)?);
        } else if let Some(half) = half_of_day(word) {
            afternoon = Some(half);
        } else if let (true, Some(told)) = (clock.is_some(), offset_seconds(word)) {
            offset = offset.or(Some(told));
        } else if let (true, Some(named)) = (clock.is_some(), named_zone(word)) {
            zone = Some(named);
        } else {
            for piece in word.split('-') {
                if let Some(number) = month_of(piece) {
                    month = month.or(Some(number));
                } else if let Ok(number) = piece.parse::<u32>() {
                    match piece.len() {
                        4 => year = year.or(Some(number)),
                        1 | 2 if day.is_none() => day = Some(number),
                        2 | 3 if year.is_none() => year = Some(full_year(number)),
                        _ => {}
                    }
                }
            }
        }
    }
    if offset.is_none() && zone.is_none() {
        // The zone itself stands before a comment, which may repeat it; consoles put it there alone.
        offset = comment.split([' ', ')']).find_map(offset_seconds);
    }
    let (hour, minute, second, millis) = clock?;
    let hour = of_day(hour, afternoon)?;
    Civil { year: i64::from(year?), month: month?, day: day?, hour, minute, second, millis, offset, zone }.checked()
}

/// RFC 5322 4.3: two digits below 50 are of this century, other two or three digits of the last.
fn full_year(number: u32) -> u32 {
    if number < 50 { 2000 + number } else { 1900 + number }
}

/// The month whose English name starts like `word`.
fn month_of(word: &str) -> Option<u32> {
    const NAMES: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let start = word.get(..3)?;
    let position = NAMES.iter().position(|n| n.eq_ignore_ascii_case(start))?;
    u32::try_from(position + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_one_instant_agree() {
        let instant = Timestamp(1_272_551_685_000);
        for text in [
            "Thu, 29 Apr 2010 23:34:45 +0900",
            "Thu, 29 Apr 2010 23:34:45 +0900 (JST)",
            "Thu, 29 Apr 2010 23:34:45 JST",
            "29 Apr 2010 14:34:45 -0000",
            "Thu, 29 Apr 10 14:34:45 GMT",
            "Thu Apr 29 14:34:45 2010 +0000",
            "Thu, 29 Apr 2010 09:34:45 -0500 (CDT)",
            "29-Apr-2010 14:34:45 UTC",
            "Thu, 29 Apr 2010 2:34:45 PM GMT",
            "2010-04-29T14:34:45Z",
            "2010-04-29T14:34:45.000+00:00",
            "2010-04-29 23:34:45+09:00",
            "2010-04-29 14:34:45 +0000 UTC",
            "2010-04-29 2:34:45 PM UTC",
            "2010-04-29 16:34:45 Europe/Berlin",
            "2010-04-29T16:34:45+02:00[Europe/Berlin]",
            "April 29, 2010, 16:34:45 (UTC+02:00)",
            "April 29, 2010 2:34:45 p.m. UTC",
            "29.04.2010 14:34:45 UTC",
            "29.4.2010, 16:34:45 +0200",
            "4/29/2010 2:34:45 PM UTC",
            "4/29/2010 14:34:45 GMT",
            "29/04/2010 14:34:45 Z",
            "29-04-2010 14:34:45 UTC",
            "1272551685",
            "1272551685000",
            "1272551685000000",
            "1272551685.000",
        ] {
            assert_eq!(read(text, None), Ok(instant), "{text}");
        }
    }

    #[test]
    fn milliseconds_are_kept() {
        assert_eq!(read("2016-10-21T06:58:02.294Z", None), Ok(Timestamp(1_477_033_082_294)));
    }

    #[test]
    fn a_time_without_a_zone_is_read_only_in_the_zone_given() {
        let text = "2024-07-01 12:00:00";
        assert_eq!(read(text, None), Err(NoDate::NoZone));
        let zone = Zone::parse("+02:00");
        assert_eq!(read(text, zone.as_ref()), Ok(Timestamp(1_719_828_000_000)));
    }

    #[test]
    fn a_spreadsheets_serial_number_is_a_wall_clock() {
        assert_eq!(read("46345.34", None), Err(NoDate::NoZone));
        assert_eq!(read("46345.5", Zone::parse("UTC").as_ref()), read("2026-11-19T12:00:00Z", None));
    }

    #[test]
    fn a_zone_in_the_text_goes_before_the_one_given() {
        let zone = Zone::parse("America/New_York");
        for text in ["2026-11-19 14:10:06 Europe/Berlin", "November 19, 2026, 14:10:06 (UTC+01:00)"] {
            assert_eq!(read(text, zone.as_ref()), read("2026-11-19T13:10:06Z", None), "{text}");
        }
    }

    #[test]
    fn a_named_zone_knows_its_summer_time() {
        let zone = Zone::parse("Europe/Berlin");
        for (text, want) in [("2024-07-01 12:00:00", 1_719_828_000_000), ("2024-01-01 12:00:00", 1_704_106_800_000)] {
            assert_eq!(read(text, zone.as_ref()), Ok(Timestamp(want)), "{text}");
        }
    }

    #[test]
    fn nonsense_is_no_date() {
        for text in [
            "",
            "yesterday",
            "31 Feb 2024 10:00:00 +0000",
            "2024-13-01T00:00:00Z",
            "25:00",
            "12",
            "Thu, 29 Apr 2010",
            "é024-01-01T00:00:00Z",
            "2010-04-29 14:34:45 PM UTC",
            "2010-04-29 14:34:45 GMT -0500",
            "2010-04-29 02:34:45 nachm. UTC",
            "2010-04-29 2:34:45 in the afternoon UTC",
            "05/04/2010 14:34:45 UTC",
            "29/29/2010 14:34:45 UTC",
            "31.02.2010 10:00:00 UTC",
            "4/29/2010 13:34 PM UTC",
            "12345.6",
            "99999.5",
        ] {
            assert_eq!(read(text, None), Err(NoDate::Unreadable), "{text}");
        }
    }
}
