//! Numbers and dates in words. In: values that may be missing. Out: text for people; what is missing is a dash.

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

/// A share as a percentage: `79 %`, `4.6 %`, `0.02 %`; a dash where it is missing.
pub fn percent(share: Option<f64>) -> String {
    let Some(percent) = share.map(|s| s * 100.0).filter(|p| p.is_finite()) else {
        return MISSING.to_owned();
    };
    let digits: i32 = match percent {
        p if p == 0.0 || p >= 99.95 => 0,
        p if p >= 10.0 => 0,
        p if p >= 1.0 => 1,
        _ => 2,
    };
    match percent {
        // Rounding must not turn few into none, nor most into all.
        p if p > 0.0 && p < 0.005 => "< 0.01 %".to_owned(),
        p if (99.5..100.0).contains(&p) => format!("{:.2} %", (p * 100.0).floor() / 100.0),
        // Halves go up, as readers round.
        p => {
            let scale = 10_f64.powi(digits);
            let places = digits.unsigned_abs() as usize;
            format!("{:.places$} %", (p * scale + 0.5).floor() / scale)
        }
    }
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

/// How the verdicts come about, for readers who want to know.
pub const METHOD: &str = "Organisations vote, not messages: four hundred refusals at one company are one decision. For \
each receiver, sending IP, sending domain, campaign and list source the share of organisations that refused is compared \
inside and outside; the candidate that explains most is taken first, its failures are set aside, and the search goes on \
within one budget for errors. What remains at single organisations is a tenant block if it is too frequent there to be \
chance and the same mail reached others, or if the organisation says so in its own words. Where contrast or volume is \
missing, the finding is inconclusive. Rates carry 95 % Wilson intervals. A bounce whose cause lies with the \
sender or the message never suppresses an address: such addresses stand in review/protected.csv. What nobody knows, a bounce \
without words included, waits in review/held.csv, unless a platform's own class says that the address does not exist. Without deliveries (COUNTS-ONLY) \
there are no delivery rates, and a pattern alone is only suspected.";

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
            (Some(0.000_01), "< 0.01 %"),
            (Some(0.000_2), "0.02 %"),
            (Some(0.046), "4.6 %"),
            (Some(0.785), "79 %"),
            (Some(0.999_99), "99.99 %"),
            (Some(1.0), "100 %"),
        ] {
            assert_eq!(percent(share), want, "{share:?}");
        }
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
