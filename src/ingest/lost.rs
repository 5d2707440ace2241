//! The files of which no number says what they held, each once. In: losses, in the order of the input. Out: the first of
//! them by name, and how many there are.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::bounce::{Loss, LostFile};

/// Files told by name; an archive of damaged members may have any number.
const NAMED: usize = 1000;

/// Lost files.
#[derive(Debug, Clone, Default)]
pub struct LostFiles {
    /// The first, in the order of the input.
    named: Vec<LostFile>,
    /// All of them, by a hash of their name: of a million files the names would not fit.
    known: HashSet<u64>,
    /// Those of them that are not understood, likewise.
    not_understood: HashSet<u64>,
}

impl LostFiles {
    /// Keeps a file, the first loss of several; whether it is new.
    pub(super) fn add(&mut self, lost: &LostFile) -> bool {
        let hash = hash(&lost.source);
        let new = self.known.insert(hash);
        if new && lost.why == Loss::NotUnderstood {
            self.not_understood.insert(hash);
        }
        if new && self.named.len() < NAMED {
            self.named.push(lost.clone());
        }
        new
    }

    /// Adds those of a later listing.
    pub(super) fn merge(&mut self, later: LostFiles) {
        for lost in &later.named {
            self.add(lost);
        }
        self.not_understood.extend(later.not_understood.difference(&self.known).copied().collect::<Vec<_>>());
        self.known.extend(later.known);
    }

    /// The first of them, in the order of the input.
    pub fn named(&self) -> &[LostFile] {
        &self.named
    }

    /// How many there are.
    pub fn total(&self) -> u64 {
        self.known.len() as u64
    }

    /// How many are not told by name.
    pub fn beyond(&self) -> u64 {
        self.total() - self.named.len() as u64
    }

    /// How many were read without anybody knowing what their rows are.
    pub fn not_understood_total(&self) -> u64 {
        self.not_understood.len() as u64
    }

    /// The first that was there and could be read, and of which nobody knows what its rows are.
    pub fn not_understood(&self) -> Option<&LostFile> {
        self.named.iter().find(|lost| lost.why == Loss::NotUnderstood)
    }

    /// The first that is lost in another way.
    pub fn broken(&self) -> Option<&LostFile> {
        self.named.iter().find(|lost| lost.why != Loss::NotUnderstood)
    }
}

fn hash(name: &str) -> u64 {
    // With fixed keys: the same input gives the same figures.
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(n: usize) -> LostFile {
        LostFile { source: format!("in/{n}.csv").into(), why: Loss::CutOff, detail: String::new() }
    }

    #[test]
    fn a_file_counts_once_also_beyond_those_that_are_named_and_across_listings() {
        let (mut first, mut second) = (LostFiles::default(), LostFiles::default());
        for n in (0..NAMED + 50).chain(0..NAMED + 50) {
            first.add(&lost(n));
        }
        for n in NAMED..NAMED + 60 {
            second.add(&lost(n));
        }
        first.merge(second);
        assert_eq!((first.named().len(), first.total(), first.beyond()), (NAMED, NAMED as u64 + 60, 60));
    }
}
