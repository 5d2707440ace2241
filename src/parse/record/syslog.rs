//! Lines of system logs. In: a line. Out: its time, program and text. Two forms: `Nov 20 01:02:03 host program[pid]: text`,
//! which names neither year nor zone, and `2026-11-20T01:02:03+01:00 host program[pid]: text`, perhaps with a blank for the T.

use super::build::Setting;
use crate::bounce::Timestamp;
use crate::parse::date;

/// Clocks and files may disagree by that much.
const DAY: i64 = Timestamp::DAY;

/// One line, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry<'t> {
    time: &'t str,
    /// The program, such as `postfix/smtp`.
    pub(super) program: &'t str,
    /// What it says.
    pub(super) text: &'t str,
}

/// Takes a line apart; `None` if it has none of the forms.
pub(super) fn read(line: &str) -> Option<Entry<'_>> {
    let line = match line.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
        Some((_, rest)) => rest,
        None => line,
    };
    let (time, rest) = line.split_at_checked(time_len(line)?)?;
    let (_host, rest) = rest.trim_start().split_once(' ')?;
    let (tag, text) = rest.split_once(": ")?;
    let program = tag.split('[').next().unwrap_or(tag);
    Some(Entry { time, program, text: text.trim_start() })
}

/// `Nov 20 01:02:03` has 15 characters, the day padded with a blank; an ISO time ends at the blank behind its clock.
fn time_len(line: &str) -> Option<usize> {
    if !line.starts_with(|c: char| c.is_ascii_digit()) {
        return Some(15);
    }
    let end = line.find(' ')?;
    if line[..end].contains(':') { Some(end) } else { Some(end + 1 + line[end + 1..].find(' ')?) }
}

impl Entry<'_> {
    /// When it was written; `None` when year or zone are neither in the line nor configured.
    pub(super) fn time(&self, setting: &Setting) -> Option<Timestamp> {
        if self.time.starts_with(|c: char| c.is_ascii_digit()) {
            return date::read(self.time, setting.zone.as_ref()).ok();
        }
        let (as_of, zone) = (setting.as_of?, setting.zone.as_ref()?);
        let year = 1970 + as_of.0.div_euclid(365 * DAY + DAY / 4);
        let (day, clock) = self.time.split_at_checked(6)?;
        // The year in which the line lies last before the night.
        [year + 1, year, year - 1].into_iter().find_map(|year| {
            let at = date::read(&format!("{day} {year}{clock}"), Some(zone)).ok()?;
            (at.0 < as_of.0 + 2 * DAY).then_some(at)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(as_of: &str) -> Setting {
        let as_of = date::read(&format!("{as_of}T00:00:00Z"), None).ok();
        Setting { zone: date::Zone::parse("+01:00"), as_of, ..Setting::default() }
    }

    #[test]
    fn a_line_is_taken_apart_in_either_form() {
        for line in [
            "Nov 20 01:02:03 mx1 postfix/smtp[2113]: 4F2A: to=<a@example.com>",
            "Nov  2 01:02:03 mx1 postfix/smtp[2113]: 4F2A: to=<a@example.com>",
            "2026-11-20T01:02:03.123456+01:00 mx1 postfix/smtp[2113]: 4F2A: to=<a@example.com>",
            "2026-11-20 01:02:03,123 mx1 postfix/smtp[2113]: 4F2A: to=<a@example.com>",
            "<22>Nov 20 01:02:03 mx1 postfix/smtp[2113]: 4F2A: to=<a@example.com>",
        ] {
            let entry = read(line).unwrap();
            assert_eq!((entry.program, entry.text), ("postfix/smtp", "4F2A: to=<a@example.com>"), "{line}");
        }
        for line in ["no log line", "2026-11-20", "2026-11-20 01:02:03", ""] {
            assert_eq!(read(line), None, "{line}");
        }
    }

    #[test]
    fn the_year_is_the_last_one_that_does_not_lie_after_the_night() {
        for (as_of, line, want) in [
            ("2026-11-20", "Nov 20 01:00:00 h p: t", "2026-11-20T00:00:00Z"),
            ("2026-11-20", "Nov 20 23:59:59 h p: t", "2026-11-20T22:59:59Z"),
            ("2026-01-01", "Dec 31 23:00:00 h p: t", "2025-12-31T22:00:00Z"),
            ("2026-01-01", "Jan  1 23:00:00 h p: t", "2026-01-01T22:00:00Z"),
            ("2025-12-31", "Jan  1 00:30:00 h p: t", "2025-12-31T23:30:00Z"),
            ("2026-11-20", "2026-11-19 01:00:00.5 h p: t", "2026-11-19T00:00:00.5Z"),
            ("2028-03-01", "Feb 29 01:00:00 h p: t", "2028-02-29T00:00:00Z"),
        ] {
            let at = read(line).unwrap().time(&setting(as_of));
            assert_eq!(at, date::read(want, None).ok(), "{line} as of {as_of}");
        }
    }

    #[test]
    fn without_a_night_or_a_zone_a_short_line_has_no_time() {
        let line = "Nov 20 01:00:00 h p: t";
        assert_eq!(read(line).unwrap().time(&Setting { as_of: None, ..setting("2026-11-20") }), None);
        assert_eq!(read(line).unwrap().time(&Setting { zone: None, ..setting("2026-11-20") }), None);
    }
}
