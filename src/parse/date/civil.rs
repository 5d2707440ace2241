//! What clocks and calendars show, and the instants that they mean. In: fields. Out: a `Timestamp`; nothing for what no calendar
//! has. Texts are read elsewhere, but for clocks and offsets, which every form has.

use jiff::tz::{Offset, TimeZone};

use crate::bounce::Timestamp;

/// A zone for times that name none.
#[derive(Debug, Clone)]
pub struct Zone(TimeZone);

impl Zone {
    /// `UTC`, an offset such as `+02:00`, or a name of the IANA database such as `Europe/Berlin`.
    pub fn parse(name: &str) -> Option<Zone> {
        let name = name.trim();
        if let Some(seconds) = offset_seconds(name) {
            return Offset::from_seconds(seconds).ok().map(|offset| Zone(offset.to_time_zone()));
        }
        TimeZone::get(name).ok().map(Zone)
    }

    /// The instant at which clocks of this zone show these fields; of two (end of summer time), the earlier.
    pub(super) fn instant(&self, civil: &Civil) -> Option<Timestamp> {
        let date = jiff::civil::DateTime::new(
            i16::try_from(civil.year).ok()?,
            i8::try_from(civil.month).ok()?,
            i8::try_from(civil.day).ok()?,
            i8::try_from(civil.hour).ok()?,
            i8::try_from(civil.minute).ok()?,
            i8::try_from(civil.second.min(59)).ok()?,
            0,
        )
        .ok()?;
        let instant = self.0.to_timestamp(date).ok()?;
        Some(Timestamp(instant.as_millisecond() + civil.millis))
    }
}

/// What a clock and a calendar on a wall show, and the wall's offset from UTC in seconds or its zone, if one is told.
#[derive(Debug, Clone)]
pub(super) struct Civil {
    pub(super) year: i64,
    pub(super) month: u32,
    pub(super) day: u32,
    pub(super) hour: u32,
    pub(super) minute: u32,
    pub(super) second: u32,
    pub(super) millis: i64,
    pub(super) offset: Option<i32>,
    pub(super) zone: Option<Zone>,
}

impl Civil {
    pub(super) fn checked(self) -> Option<Civil> {
        let leap = self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0);
        let days = match self.month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        let fits = (1..=days).contains(&self.day)
            && self.hour < 24
            && self.minute < 60
            && self.second <= 60
            && (1970..=9999).contains(&self.year);
        fits.then_some(self)
    }

    /// Days since 1970-01-01 by Hinnant's algorithm ("days_from_civil"), then the clock, then the offset.
    pub(super) fn at_offset(&self, offset: i32) -> Timestamp {
        let year = self.year - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let month = i64::from((self.month + 9) % 12);
        let of_year = (153 * month + 2) / 5 + i64::from(self.day) - 1;
        let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
        let seconds =
            days * 86_400 + i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second)
                - i64::from(offset);
        Timestamp(seconds * 1000 + self.millis)
    }
}

/// The first three decimals of a second as milliseconds.
pub(super) fn millis_of(decimals: &str) -> i64 {
    let digits = decimals.bytes().filter(u8::is_ascii_digit);
    digits.chain(std::iter::repeat(b'0')).take(3).fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'))
}

/// Hour, minute, second, milliseconds of `23:34`, `23:34:45`, `23:34:45.678`.
pub(super) fn clock_of(text: &str) -> Option<(u32, u32, u32, i64)> {
    let mut parts = text.split(':');
    let hour = parts.next()?.parse().ok()?;
    let minute = parts.next()?.parse().ok()?;
    let (second, decimals) = match parts.next() {
        None => ("0", ""),
        Some(seconds) => seconds.split_once(['.', ',']).unwrap_or((seconds, "")),
    };
    Some((hour, minute, second.parse().ok()?, millis_of(decimals)))
}

/// `+0900`, `+09:00`, `-05`, `GMT+2`, `UTC`, `EST`: seconds east of UTC. Letters of RFC 822's military zones other
/// than `Z` are not read: RFC 5322 4.3 calls them unknown.
pub(super) fn offset_seconds(word: &str) -> Option<i32> {
    let hours = match word {
        "Z" | "z" | "UT" | "UTC" | "GMT" | "WET" => 0,
        "EST" | "CDT" => -5,
        "EDT" => -4,
        "CST" | "MDT" => -6,
        "MST" | "PDT" => -7,
        "PST" => -8,
        "CET" | "MEZ" | "BST" => 1,
        "CEST" | "MESZ" | "EET" => 2,
        "EEST" | "MSK" => 3,
        "JST" | "KST" => 9,
        _ => return numeric_offset(word),
    };
    Some(hours * 3600)
}

fn numeric_offset(word: &str) -> Option<i32> {
    let word = word.strip_prefix("GMT").or_else(|| word.strip_prefix("UTC")).unwrap_or(word);
    let (sign, digits) = match word.as_bytes().first()? {
        b'+' => (1, &word[1..]),
        b'-' => (-1, &word[1..]),
        _ => return None,
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None if digits.len() == 4 => (digits.get(..2)?, digits.get(2..)?),
        None => (digits, "0"),
    };
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    ((0..=14).contains(&hours) && (0..60).contains(&minutes)).then(|| sign * (hours * 3600 + minutes * 60))
}
