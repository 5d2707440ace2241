//! Rows of exports.toml: how a platform's export names what we call recipient, reply, timestamp, ... Detecting a format and
//! reading its records is `parse::record`'s work.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Table;
use crate::bounce::Kind;

/// One export format. A name is a CSV column, or the dotted path of a JSON value; letter case does not matter in columns.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// Unique; what `--input-format` takes and `grammar` prints.
    pub name: String,
    /// Names that must all be there for a record to be of this format; of `a|b` one is enough. The first format whose names are
    /// there is taken, so that the richer of two formats stands first.
    pub needs: Vec<String>,
    /// Names of which none may be there.
    #[serde(default)]
    pub lacks: Vec<String>,
    /// Paths of wrappers in which the record may stand instead of at the top, such as `items` or `Message`. An array there
    /// holds one record an element; a string there is read as JSON.
    #[serde(default)]
    pub inside: Vec<String>,
    /// Paths of arrays within the record: each element becomes an event of its own, what stands outside is shared.
    #[serde(default)]
    pub each: Vec<String>,
    /// Our field -> its names there, in order of preference: the first that is not empty is taken.
    pub fields: BTreeMap<String, OneOrMany<Name>>,
    /// The kind of a record for which no row of `kinds` speaks; absent: by its kind, action and codes.
    pub default_kind: Option<Kind>,
    /// Whether a record that has none but our own names for deliveries is one. Any other that does not say what it is, is asked
    /// about.
    #[serde(default)]
    pub proves_deliveries: bool,
    /// Whether `kinds` are words that people use, and no platform's own: a delivery by such a word, or by a code, is none where
    /// the record tells of a refusal in whatever name.
    #[serde(default)]
    pub by_words: bool,
    /// What the record's own words mean; the first row that holds is taken.
    #[serde(default)]
    pub kinds: Vec<KindRow>,
    /// Where the shape is documented.
    pub source: String,
}

/// One place of a value in a record.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Name {
    /// The value as it is.
    Plain(String),
    /// Several values in one, if all are there: `{ join = ["bounceType", "bounceSubType"], with = "/" }`. A value with which
    /// the next one begins is left out.
    Join {
        /// Their names.
        join: Vec<String>,
        /// What stands between them.
        with: String,
    },
    /// A part of a value: `{ cut = "queue", before = ":" }`.
    Cut {
        /// Its name.
        cut: String,
        /// Only what stands before the first of this; without one there is no value.
        before: Option<String>,
        /// Only what stands after the first of this; without one there is no value.
        after: Option<String>,
    },
}

/// What certain words of a record mean.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindRow {
    /// All must hold: a name (of `a|b` one is enough), and the words it may have there; letter case does not matter, `*` stands
    /// for any text.
    pub when: BTreeMap<String, OneOrMany<String>>,
    /// What such a record is.
    pub kind: Kind,
    /// What the recipient wishes by it, as a Feedback-Type (RFC 5965 7.3): `opt-out` for an unsubscribe, `abuse` for a complaint that
    /// a record of another kind remembers. Such an address is not released.
    pub feedback: Option<String>,
}

/// A single value or a list of them.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// `x = "a"`.
    One(T),
    /// `x = ["a", "b"]`.
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    /// All values.
    pub fn as_slice(&self) -> &[T] {
        match self {
            OneOrMany::One(value) => std::slice::from_ref(value),
            OneOrMany::Many(values) => values,
        }
    }
}

impl Table for Export {
    const FILE: &'static str = "exports.toml";
    const KEY: &'static str = "export";
    const BUILT_IN: &'static str = include_str!("exports.toml");
}
