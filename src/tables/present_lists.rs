//! Rows of present_lists.toml: how the lists that a sender has already (`--existing`) name address, reason, times and expiry. Reading
//! an entry is `parse::record`'s work; what the reason's words mean stands in listed_reasons.toml.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Table;
use super::exports::{Export, Name, OneOrMany};

/// One shape of list. Names are as in exports.toml.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresentList {
    /// Unique.
    pub name: String,
    /// Names that must all be there; of `a|b` one is enough. The first shape whose names are there is taken.
    pub needs: Vec<String>,
    /// Names of which none may be there.
    #[serde(default)]
    pub lacks: Vec<String>,
    /// Paths of wrappers in which the entries may stand.
    #[serde(default)]
    pub inside: Vec<String>,
    /// Paths of arrays of which each element is an entry.
    #[serde(default)]
    pub each: Vec<String>,
    /// Our field -> its names there. `recipient` may also hold a domain. All names of `listed_reason` count, the strictest meaning
    /// holds; of `listed_by` only what is a wish or a person's hand counts; of `added` and `last_seen` the latest. Names that stand
    /// neither here nor in `also` are looked up in list_columns.toml.
    pub fields: BTreeMap<String, OneOrMany<Name>>,
    /// Names that it documents besides, and that cannot hold a wish.
    #[serde(default)]
    pub also: Vec<String>,
    /// Whether a date alone in `added` is the name of one of our nights: a day in UTC.
    #[serde(default)]
    pub nights: bool,
    /// Where the shape is documented.
    pub source: String,
    /// When that was looked up.
    pub date: String,
}

impl PresentList {
    /// The shape as a format that records are read by.
    pub fn export(self) -> Export {
        Export {
            name: self.name,
            needs: self.needs,
            lacks: self.lacks,
            inside: self.inside,
            each: self.each,
            fields: self.fields,
            default_kind: None,
            proves_deliveries: false,
            by_words: false,
            kinds: Vec::new(),
            source: self.source,
        }
    }
}

impl Table for PresentList {
    const FILE: &'static str = "present_lists.toml";
    const KEY: &'static str = "present_list";
    const BUILT_IN: &'static str = include_str!("present_lists.toml");
}
