//! What an incident is about. In: types and keys. Out: a `Scope`.

use std::fmt;

use crate::bounce::ScopeType;

/// What an incident is about: one scope, or a pair.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// Type and key of each part, in the order of `ScopeType`; one or two parts.
    pub parts: Vec<(ScopeType, String)>,
}

impl Scope {
    /// A single scope.
    pub fn one(kind: ScopeType, key: impl Into<String>) -> Scope {
        Scope { parts: vec![(kind, key.into())] }
    }

    /// The types joined with `+`.
    pub fn type_name(&self) -> String {
        self.parts.iter().map(|(t, _)| t.as_str()).collect::<Vec<_>>().join("+")
    }

    /// The keys joined with `+`.
    pub fn key(&self) -> String {
        self.parts.iter().map(|(_, k)| k.as_str()).collect::<Vec<_>>().join("+")
    }

    /// The key of the part of that type, if there is one.
    pub fn part(&self, kind: ScopeType) -> Option<&str> {
        self.parts.iter().find(|(t, _)| *t == kind).map(|(_, k)| k.as_str())
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.type_name(), self.key())
    }
}
