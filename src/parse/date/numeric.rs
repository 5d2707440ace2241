//! Dates in figures, as people and spreadsheets write them. In: `19.11.2026 02:10:06`, `11/19/2026 5:35:08 AM`,
//! `21-01-2026 10:22:05`, `46345.34`. Out: what clock and calendar show; nothing where day and month cannot be told apart.

use super::behind::Behind;
use super::civil::{Civil, clock_of};

/// A day, a month and a year of four digits, and perhaps a clock.
pub(super) fn figures(text: &str) -> Option<Civil> {
    let (date, rest) = text.split_once([' ', 'T', ',']).unwrap_or((text, ""));
    let separator = date.chars().find(|c| matches!(c, '.' | '/' | '-'))?;
    let mut parts = date.split(separator);
    let mut number = |lengths: std::ops::RangeInclusive<usize>| -> Option<u32> {
        parts.next().filter(|part| lengths.contains(&part.len()))?.parse().ok()
    };
    let (first, second, year) = (number(1..=2)?, number(1..=2)?, number(4..=4)?);
    if parts.next().is_some() {
        return None;
    }
    let rest = rest.trim_start_matches([',', ' ']);
    let (clock, behind) = rest.split_once([' ', '(']).unwrap_or((rest, ""));
    let behind = Behind::of(behind)?;
    let (hour, minute, second_, millis) = if clock.is_empty() { (0, 0, 0, 0) } else { clock_of(clock)? };
    let (day, month) = order(separator, (first, second), behind.afternoon.is_some())?;
    let Behind { afternoon, offset, zone } = behind;
    let hour = super::behind::of_day(hour, afternoon)?;
    Civil { year: i64::from(year), month, day, hour, minute, second: second_, millis, offset, zone }.checked()
}

/// Day and month: dots and hyphens put the day first; slashes too, but the month where a clock of twelve hours is told, which
/// is American. Else a number above 12 tells, and two that are one and the same; what neither tells is not guessed.
fn order(separator: char, (first, second): (u32, u32), twelve_hours: bool) -> Option<(u32, u32)> {
    match separator {
        '/' if twelve_hours => Some((second, first)),
        '/' if first > 12 || first == second => Some((first, second)),
        '/' if second > 12 => Some((second, first)),
        '/' => None,
        _ => Some((first, second)),
    }
}

/// A spreadsheet's serial number: days since 1899-12-30, the clock as a fraction. Of 2000 to 2099, so that other numbers are
/// none.
pub(super) fn serial(text: &str) -> Option<Civil> {
    const FIRST: i64 = 36_526;
    const LAST: i64 = 73_050;
    const SECONDS: f64 = 86_400.0;
    let (days, fraction) = text.split_once('.')?;
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let days: i64 = Some(days).filter(|days| days.len() == 5 && digits(days))?.parse().ok()?;
    if !digits(fraction) || !(FIRST..=LAST).contains(&days) {
        return None;
    }
    let seconds = (format!("0.{fraction}").parse::<f64>().ok()? * SECONDS).round() as i64;
    let start = jiff::civil::date(1899, 12, 30).at(0, 0, 0, 0);
    let at = start.checked_add(jiff::Span::new().days(days).seconds(seconds)).ok()?;
    let part = |number: i8| u32::try_from(number).ok();
    Some(Civil {
        year: i64::from(at.year()),
        month: part(at.month())?,
        day: part(at.day())?,
        hour: part(at.hour())?,
        minute: part(at.minute())?,
        second: part(at.second())?,
        millis: 0,
        offset: None,
        zone: None,
    })
}
