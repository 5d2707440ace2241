//! The configuration file, and values that flags, variables and the file share.
//! In: TOML. Out: `Settings`, or an error with file, line and the nearest known key.

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::Deserialize;

use crate::Quantity;
use crate::tables;

/// Usage that the user can put right: exit code 2.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// The keys of the file: the flags of `run`, spelled with `_`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `--tables`.
    pub tables: Option<PathBuf>,
    /// `--out`.
    pub out: Option<PathBuf>,
    /// `--state`.
    pub state: Option<PathBuf>,
    /// `--as-of`.
    pub as_of: Option<String>,
    /// `--max-suppressions`.
    pub max_suppressions: Option<String>,
    /// `--max-rejects`.
    pub max_rejects: Option<String>,
    /// `--tenants`.
    pub tenants: Option<PathBuf>,
    /// `--contacts`.
    pub contacts: Option<PathBuf>,
    /// `--time-zone`.
    pub time_zone: Option<String>,
    /// `--campaign-header`.
    pub campaign_headers: Option<Vec<String>>,
    /// `--own-message-id`.
    pub own_message_ids: Option<Vec<String>>,
    /// `--own-return-path`.
    pub own_return_paths: Option<Vec<String>>,
    /// `--exit-on-alert`.
    pub exit_on_alert: Option<bool>,
    /// `--fail-on-empty`.
    pub fail_on_empty: Option<bool>,
}

impl Settings {
    /// Reads the file; without one, nothing is set.
    ///
    /// # Errors
    /// A file that cannot be read, or a key that nothing knows, with its line.
    pub fn load(path: Option<&Path>) -> Result<Settings, tables::TableError> {
        path.map_or(Ok(Settings::default()), tables::read_file)
    }
}

/// A number, or a share such as `5%`.
///
/// # Errors
/// Anything else, naming the flag.
pub fn quantity(text: &str, flag: &str) -> Result<Quantity, Usage> {
    let wrong = || Usage(format!("{flag} {text:?} is neither a number nor a share; write `500` or `5%`"));
    match text.strip_suffix('%') {
        Some(share) => match share.trim().parse::<f64>() {
            Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(Quantity::Share(percent / 100.0)),
            _ => Err(wrong()),
        },
        None => text.trim().parse().map(Quantity::Count).map_err(|_| wrong()),
    }
}

/// A date, checked.
///
/// # Errors
/// Anything that is not `YYYY-MM-DD`.
pub fn date(text: &str) -> Result<Date, Usage> {
    match text.parse::<Date>() {
        Ok(date) if date.to_string() == text => Ok(date),
        _ => Err(Usage(format!("--as-of {text:?} is not a date; write it as 2026-11-20"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_is_a_number_or_a_share() {
        for (text, want) in [
            ("500", Some(Quantity::Count(500))),
            ("5%", Some(Quantity::Share(0.05))),
            ("0.5 %", Some(Quantity::Share(0.005))),
            ("-1", None),
            ("101%", None),
            ("many", None),
        ] {
            assert_eq!(quantity(text, "--max-rejects").ok(), want, "{text}");
        }
    }

    #[test]
    fn a_date_is_year_month_day() {
        for (text, good) in [("2026-11-20", true), ("2026-02-30", false), ("20.11.2026", false), ("2026-1-2", false)] {
            assert_eq!(date(text).is_ok(), good, "{text}");
        }
    }

    #[test]
    fn an_unknown_key_is_named_with_file_line_and_the_nearest_key() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("night.toml");
        std::fs::write(&path, "out = \"reports\"\nmax_reject = \"3%\"\n").unwrap();
        let error = Settings::load(Some(&path)).unwrap_err().to_string();
        assert!(error.ends_with("night.toml:2: unknown key \"max_reject\"; did you mean \"max_rejects\"?"), "{error}");
    }
}
