//! The brake: when a run would add too much at once. In: the number of new entries, the cap, the recipients mailed.
//! Out: whether the lists are held.

use std::str::FromStr;

use crate::tables::policy;

/// The cap as asked for.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Cap {
    /// The policy's: the larger of a number and a share of the recipients mailed; off where these are not known.
    #[default]
    Policy,
    /// So many new entries.
    Entries(u64),
    /// A share of the recipients mailed, 0..=1.
    Share(f64),
}

impl FromStr for Cap {
    type Err = String;

    /// `N` or `P%`.
    fn from_str(text: &str) -> Result<Cap, String> {
        let wrong = || format!("{text:?} is no cap; write a number of entries, such as 500, or a share, such as 2%");
        match text.strip_suffix('%') {
            Some(percent) => match percent.trim().parse::<f64>() {
                Ok(p) if (0.0..=100.0).contains(&p) => Ok(Cap::Share(p / 100.0)),
                _ => Err(wrong()),
            },
            None => text.parse().map(Cap::Entries).map_err(|_| wrong()),
        }
    }
}

/// How the brake stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Brake {
    /// New entries, addresses and domains.
    pub new: u64,
    /// The most that a run may add; `None`: off, because the recipients mailed are not known.
    pub cap: Option<u64>,
}

impl Brake {
    /// Compares.
    pub fn new(new: u64, cap: Cap, recipients_mailed: Option<u64>, policy: &policy::Brake) -> Brake {
        let share = |share: f64| recipients_mailed.map(|mailed| (share * mailed as f64).floor() as u64);
        let cap = match cap {
            Cap::Policy => share(policy.share).map(|entries| entries.max(policy.entries)),
            Cap::Entries(entries) => Some(entries),
            Cap::Share(asked) => share(asked),
        };
        Brake { new, cap }
    }

    /// Whether the lists are held.
    pub fn tripped(&self) -> bool {
        self.cap.is_some_and(|cap| self.new > cap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_the_larger_of_fifty_and_five_percent() {
        let policy = policy::load(None).unwrap().suppress.brake;
        for (new, mailed, tripped) in [
            (50, Some(100), false),
            (51, Some(100), true),
            (100, Some(2_000), false),
            (101, Some(2_000), true),
            (1_000_000, None, false),
        ] {
            assert_eq!(Brake::new(new, Cap::Policy, mailed, &policy).tripped(), tripped, "{new} of {mailed:?}");
        }
    }

    #[test]
    fn a_number_holds_without_deliveries_a_share_does_not() {
        let policy = policy::load(None).unwrap().suppress.brake;
        assert!(Brake::new(11, Cap::Entries(10), None, &policy).tripped());
        assert!(!Brake::new(11, Cap::Share(0.0), None, &policy).tripped());
    }

    #[test]
    fn a_cap_is_a_number_or_a_percentage() {
        for (text, want) in [
            ("500", Some(Cap::Entries(500))),
            ("2%", Some(Cap::Share(0.02))),
            ("0", Some(Cap::Entries(0))),
            ("-1", None),
            ("200%", None),
            ("NaN%", None),
            ("", None),
        ] {
            assert_eq!(text.parse::<Cap>().ok(), want, "{text}");
        }
    }
}
