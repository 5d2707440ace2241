//! Names as numbers. In: text. Out: small ids, and the text again. Once sorted, ids follow the order of the names, so that
//! sorting by id gives the same order whatever the order of the rows was.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault};

use foldhash::fast::RandomState;

use crate::bounce::AsIs;

/// No name: unknown or not given.
pub const NONE: u32 = u32::MAX;

/// A map for many small look-ups: quick, and seeded, so that nobody can send keys that collide.
pub type QuickMap<K, V> = HashMap<K, V, RandomState>;

/// A set of names, each with its id. Names are known by seeded hashes of 64 bits: of a million names two are alike with a
/// chance of one in 10⁷, nobody can bring that about, and a look-up waits for memory once where comparing text waits thrice.
#[derive(Debug, Clone, Default)]
pub struct Names {
    hasher: RandomState,
    ids: HashMap<u64, u32, BuildHasherDefault<AsIs>>,
    names: Vec<Box<str>>,
}

impl Names {
    /// The id of a name; a new one if it was not known.
    pub fn id(&mut self, name: &str) -> u32 {
        let Names { hasher, ids, names } = self;
        *ids.entry(hasher.hash_one(name)).or_insert_with(|| {
            names.push(name.into());
            names.len() as u32 - 1
        })
    }

    /// The id of a name that is already known.
    pub fn find(&self, name: &str) -> Option<u32> {
        self.ids.get(&self.hasher.hash_one(name)).copied()
    }

    /// The name of an id; `None` for `NONE`.
    pub fn get(&self, id: u32) -> Option<&str> {
        self.names.get(id as usize).map(|name| &**name)
    }

    /// The name of an id, empty for `NONE`: for sorting and keys.
    pub fn name(&self, id: u32) -> &str {
        self.get(id).unwrap_or("")
    }

    /// Adds all names of another set. Returns their ids there -> their ids here; `renumber` applies it.
    pub fn join(&mut self, other: &Names) -> Vec<u32> {
        other.names.iter().map(|name| self.id(name)).collect()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Puts ids in the order of the names. Returns old id -> new id.
    pub fn sort(&mut self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.len() as u32).collect();
        order.sort_unstable_by_key(|old| self.name(*old));
        let renumbered = places_of(&order);
        self.ids.values_mut().for_each(|id| *id = renumbered[*id as usize]);
        self.names.sort_unstable();
        renumbered
    }
}

/// The new id of an old one; `NONE` stays.
pub fn renumber(old: u32, renumbered: &[u32]) -> u32 {
    renumbered.get(old as usize).copied().unwrap_or(NONE)
}

/// Where each number stands in an order of all numbers.
pub fn places_of(order: &[u32]) -> Vec<u32> {
    let mut places = vec![0; order.len()];
    for (new, old) in order.iter().enumerate() {
        places[*old as usize] = new as u32;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorted_ids_follow_the_names_whatever_came_first() {
        let mut names = Names::default();
        let old = ["b", "c", "a", "b"].map(|name| names.id(name));
        let new = names.sort();
        assert_eq!(old.map(|id| new[id as usize]), [1, 2, 0, 1]);
        assert_eq!([0, 1, 2].map(|id| names.name(id)), ["a", "b", "c"]);
        assert_eq!((names.find("c"), names.get(NONE), renumber(NONE, &new)), (Some(2), None, NONE));
    }

    #[test]
    fn a_joined_set_gives_its_names_the_ids_of_the_other() {
        let (mut ours, mut theirs) = (Names::default(), Names::default());
        ours.id("a");
        ["b", "a"].into_iter().for_each(|name| assert!(theirs.id(name) < 2));
        assert_eq!(ours.join(&theirs), [1, 0]);
        assert_eq!(ours.len(), 2);
    }
}
