//! Rows of blocklists.toml: lists that a reply may name. Finding a name in a reply is classify's work, telling how to
//! get off a list is advice.s.

use serde::Deserialize;

use super::Table;

/// What a list lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BlocklistKind {
    /// Addresses of hosts.
    Ip,
    /// Domains of senders.
    Domain,
    /// Domains found in links.
    Url,
}

/// Who can look an entry up, and what it judges.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Anybody, and it judges the entry by itself.
    #[default]
    Public,
    /// Nobody but its owner: a receiver's or a vendor's own.
    Private,
    /// It judges whole networks or countries, or sells removal: what it says is weak.
    Network,
}

/// One row.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blocklist {
    /// The word in the column `blocklist`.
    pub name: String,
    /// What it lists.
    pub kind: BlocklistKind,
    /// Regexes on the reply's template; any one names the list.
    #[serde(default)]
    pub text: Vec<String>,
    /// Hosts of the list that templates keep readable.
    #[serde(default)]
    pub domains: Vec<String>,
    /// The page to look an entry up at; `{entry}` stands for the IP or domain.
    pub lookup: Option<String>,
    /// How to get off it.
    pub removal: Option<String>,
    /// Who can look an entry up, and what it judges.
    #[serde(default)]
    pub standing: Standing,
    /// The year in which the list ended.
    pub closed: Option<u16>,
    /// Where the row's knowledge comes from.
    pub source: String,
    /// Replies that must yield this row.
    #[serde(default)]
    pub examples: Vec<String>,
}

impl Blocklist {
    /// Whether it says little about the one who is listed: it judges networks, sells removal, or is closed.
    pub fn is_odd(&self) -> bool {
        self.standing == Standing::Network || self.closed.is_some()
    }

    /// Whether anybody can check what it says of a single entry today.
    pub fn is_public(&self) -> bool {
        self.standing == Standing::Public && self.closed.is_none()
    }
}

impl Table for Blocklist {
    const FILE: &'static str = "blocklists.toml";
    const KEY: &'static str = "blocklist";
    const BUILT_IN: &'static str = include_str!("blocklists.toml");
}
