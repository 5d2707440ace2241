//! The `[level]` and `[[rate]]` parts of policy.toml: what raises a night's level. In: the tables. Out: numbers by name. What a
//! night comes to is outcome's work; the reasons stand in policy.toml, beside the values.

use serde::Deserialize;

use crate::bounce::RateName;

/// What raises the level, besides rates. Shares are 0..=1.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Levels {
    /// Share of the scope's mail refused from which a finding of ours acts.
    pub impact: f64,
    /// Share of the items unread beyond which nothing can be told.
    pub unread: f64,
    /// Share of the failures without a cause beyond which nothing can be told.
    pub unnamed: f64,
    /// And so many of them.
    pub unnamed_failures: u64,
    /// Organisations that name a public list, or failed authentication.
    pub organisations: u64,
    /// Share of the failures that a suspicion holds, where deliveries are not known.
    pub suspicion_share: f64,
    /// And so many of them.
    pub suspicion_failures: u64,
}

/// A share that raises the level by itself.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Which.
    pub name: RateName,
    /// Beyond it the night is one to watch, 0..=1.
    pub watch: f64,
    /// Beyond it the night is one to act on; `None`: never.
    #[serde(default)]
    pub act: Option<f64>,
    /// Events that must stand behind it; of complaints distinct recipients.
    pub least: u64,
    /// Messages below which there is no rate.
    #[serde(default)]
    pub least_of: u64,
    /// Where the figures come from.
    pub source: String,
}

#[cfg(test)]
mod tests {
    use crate::bounce::RateName;
    use crate::tables::policy;

    #[test]
    fn every_rate_has_a_row_with_its_source_and_acts_later_than_it_is_watched() {
        let policy = policy::load(None).unwrap();
        for name in RateName::ALL {
            let rate = policy.rate_of(*name).unwrap_or_else(|| panic!("{name}: no row"));
            assert!(
                !rate.source.is_empty() && rate.watch > 0.0 && rate.act.is_none_or(|act| act > rate.watch),
                "{name}"
            );
        }
    }

    #[test]
    fn a_user_changes_a_level_and_replaces_the_rates_as_a_whole() {
        let dir = tempfile::tempdir().unwrap();
        let text = "[level]\nimpact = 0.2\n[[rate]]\nname = \"refused\"\nwatch = 0.5\nleast = 9\nsource = \"ours\"\n";
        std::fs::write(dir.path().join("policy.toml"), text).unwrap();
        let (built_in, policy) = (policy::load(None).unwrap(), policy::load(Some(dir.path())).unwrap());
        assert_eq!(policy.level, super::Levels { impact: 0.2, ..built_in.level });
        assert_eq!((policy.rate.len(), policy.rate_of(RateName::Complaints)), (1, None));
    }
}
