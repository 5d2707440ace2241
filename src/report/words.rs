//! Figures, dates and names in words: the one place that spells them, so that no two parts of a report round differently.
//! In: values that may be missing. Out: text; what is missing is a dash.

use jiff::civil::Date;

use crate::bounce::Timestamp;

/// What stands where a value is missing.
pub const MISSING: &str = "–";

/// `1,204`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count, or a dash.
pub fn count_or_missing(n: Option<u64>) -> String {
    n.map_or_else(|| MISSING.to_owned(), count)
}

/// `1 incident`, `2 incidents`.
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// A share of 0..=1 as a percentage, with one decimal below 10 % and above 99 %: `79 %`, `4.6 %`, `99.7 %`; a dash where it is missing.
///
/// Rounding turns neither few into none nor most into all: what lies between is `< 0.1 %` or `> 99.9 %`.
pub fn percent(share: Option<f64>) -> String {
    let Some(percent) = share.map(|s| s * 100.0).filter(|p| p.is_finite()) else {
        return MISSING.to_owned();
    };
    // Halves go up, as readers round.
    let tenths = (percent * 10.0 + 0.5 + SLACK).floor() / 10.0;
    match percent {
        p if p <= 0.0 => "0 %".to_owned(),
        p if p >= 100.0 - SLACK => "100 %".to_owned(),
        p if p < 0.1 - SLACK => "< 0.1 %".to_owned(),
        _ if tenths >= 100.0 => "> 99.9 %".to_owned(),
        p if tenths < 10.0 || p >= 99.0 - SLACK => format!("{tenths:.1} %"),
        p => format!("{:.0} %", (p + 0.5 + SLACK).floor()),
    }
}

/// What multiplying by 100 may be off by.
const SLACK: f64 = 1e-9;

/// A small share per mille, in hundredths: `2.28 ‰`. Few are not rounded to none.
pub fn permille(share: f64) -> String {
    match share * 1000.0 {
        p if p > 0.0 && p < 0.01 - SLACK => "< 0.01 ‰".to_owned(),
        p => format!("{p:.2} ‰"),
    }
}

/// A share for programs: six decimals, and all of them where six would turn few into none or most into all.
pub fn decimal(share: f64) -> String {
    let short = format!("{share:.6}");
    let rounded = matches!(short.as_str(), "0.000000" | "1.000000") && share != 0.0 && share != 1.0;
    if rounded { share.to_string() } else { short }
}

/// A figure of the method in three or four digits: `0.031`, `9.1`, `165`.
pub fn short_number(x: f64) -> String {
    if x == x.trunc() || x.abs() >= 100.0 {
        format!("{x:.0}")
    } else if x.abs() >= 1.0 {
        format!("{x:.1}")
    } else {
        format!("{x:.3}")
    }
}

/// A probability that may be very small: `1.2e-17`.
pub fn scientific(x: f64) -> String {
    format!("{x:.1e}")
}

/// `IP reputation 153, other policy 40`.
pub fn listed(parts: impl Iterator<Item = (String, u64)>) -> String {
    parts.map(|(word, n)| format!("{word} {}", count(n))).collect::<Vec<_>>().join(", ")
}

/// The name of a receiver or a list for people: `exchange_online` is Exchange Online, `spamhaus_zen` Spamhaus ZEN.
pub fn display(name: &str) -> String {
    let word = |(at, word): (usize, &str)| {
        let short = word.len() <= 3 || (at > 0 && word.len() <= 4);
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if !short => first.to_uppercase().chain(letters).collect(),
            _ => word.to_uppercase(),
        }
    };
    name.split('_').enumerate().map(word).collect::<Vec<String>>().join(" ")
}

/// A part of a whole, 0..=1; `None` without a whole.
pub fn share(part: u64, whole: Option<u64>) -> Option<f64> {
    whole.filter(|w| *w > 0).map(|w| part as f64 / w as f64)
}

/// RFC 3339 in UTC, whole seconds.
pub fn iso(moment: Timestamp) -> Option<String> {
    jiff::Timestamp::from_second(moment.0.div_euclid(1000)).ok().map(|t| t.to_string())
}

/// `2026-11-20 02:40 UTC`.
pub fn minute(moment: Timestamp) -> String {
    match jiff::Timestamp::from_second(moment.0.div_euclid(1000)) {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M UTC").to_string(),
        Err(_) => MISSING.to_owned(),
    }
}

/// A date, or a dash.
pub fn date_or_missing(date: Option<Date>) -> String {
    date.map_or_else(|| MISSING.to_owned(), |d| d.to_string())
}

/// `12.4 MB`.
pub fn bytes(n: u64) -> String {
    const STEPS: &[(u64, &str)] = &[(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match STEPS.iter().find(|(step, _)| n >= *step) {
        Some((step, unit)) => format!("{:.1} {unit}", n as f64 / *step as f64),
        None => format!("{n} B"),
    }
}

/// A word of a closed set for reading: `ip_reputation` as `IP reputation`.
pub fn spaced(word: &str) -> String {
    let words = word.split(['_', '+']).map(|part| if part == "ip" { "IP" } else { part });
    words.collect::<Vec<_>>().join(" ")
}

/// The same at the beginning of a line: `tenant_block` as `Tenant block`.
pub fn title(word: &str) -> String {
    let spaced = spaced(word);
    let mut rest = spaced.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_by_thousands() {
        for (n, want) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_203_118, "1,203,118")] {
            assert_eq!(count(n), want);
        }
    }

    #[test]
    fn percentages_round_without_turning_few_into_none_or_most_into_all() {
        for (share, want) in [
            (None, "–"),
            (Some(f64::NAN), "–"),
            (Some(0.0), "0 %"),
            (Some(0.000_01), "< 0.1 %"),
            (Some(0.000_4), "< 0.1 %"),
            (Some(0.001), "0.1 %"),
            (Some(0.001_5), "0.2 %"),
            (Some(0.046), "4.6 %"),
            (Some(0.07), "7.0 %"),
            (Some(0.099_9), "10 %"),
            (Some(0.785), "79 %"),
            (Some(0.984), "98 %"),
            (Some(0.99), "99.0 %"),
            (Some(0.997), "99.7 %"),
            (Some(997.0 / 1003.0), "99.4 %"),
            (Some(0.999_4), "99.9 %"),
            (Some(0.999_6), "> 99.9 %"),
            (Some(0.999_999), "> 99.9 %"),
            (Some(1.0), "100 %"),
        ] {
            assert_eq!(percent(share), want, "{share:?}");
        }
    }

    #[test]
    fn every_share_of_a_thousand_is_all_none_or_between() {
        for whole in [3_u64, 7, 1_000, 1_003, 2_999, 10_000, 999_983] {
            for part in [0, 1, 2, whole / 2, whole - 2, whole - 1, whole] {
                let text = percent(share(part, Some(whole)));
                assert_eq!(text == "0 %", part == 0, "{part} of {whole}: {text}");
                assert_eq!(text == "100 %", part == whole, "{part} of {whole}: {text}");
            }
        }
    }

    #[test]
    fn numbers_for_programs_round_no_further_than_the_words() {
        for (share, want) in [
            (0.0, "0.000000"),
            (0.997, "0.997000"),
            (1.0, "1.000000"),
            (2_999_999.0 / 3_000_000.0, "0.9999996666666666"),
            (0.000_000_1, "0.0000001"),
        ] {
            assert_eq!(decimal(share), want);
        }
        assert_eq!([permille(0.0), permille(0.000_001), permille(0.002_28)], ["0.00 ‰", "< 0.01 ‰", "2.28 ‰"]);
    }

    #[test]
    fn names_read_as_their_owners_write_them() {
        let names: Vec<String> =
            ["exchange_online", "google", "gmx", "spamhaus_zen", "cisco_ironport", ""].map(display).into();
        assert_eq!(names, ["Exchange Online", "Google", "GMX", "Spamhaus ZEN", "Cisco Ironport", ""]);
    }

    #[test]
    fn a_share_of_nothing_is_missing() {
        assert_eq!((share(3, None), share(3, Some(0)), share(1, Some(4))), (None, None, Some(0.25)));
    }

    #[test]
    fn dates_are_utc() {
        assert_eq!(iso(Timestamp(1_795_142_411_999)).as_deref(), Some("2026-11-20T02:40:11Z"));
        assert_eq!(minute(Timestamp(1_795_142_411_999)), "2026-11-20 02:40 UTC");
        assert_eq!(iso(Timestamp(i64::MAX)), None);
    }

    #[test]
    fn words_of_closed_sets_read_like_words() {
        assert_eq!((spaced("ip_reputation"), title("tenant_block")), ("IP reputation".into(), "Tenant block".into()));
        assert_eq!(spaced("organisation+sending_ip"), "organisation sending IP");
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!([bytes(7), bytes(12_400_000)], ["7 B", "12.4 MB"]);
    }
}
