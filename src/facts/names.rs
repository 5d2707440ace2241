//! Names as numbers. In: text. Out: small ids, and the text again. Once sorted, ids follow the order of the names, so that
//! sorting by id gives the same order whatever the order of the rows was.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use indexmap::IndexSet;

/// No name: unknown or not given.
pub const NONE: u32 = u32::MAX;

/// A map for many small look-ups: quick, and seeded, so that nobody can send keys that collide.
pub type QuickMap<K, V> = HashMap<K, V, RandomState>;

/// A set of names, each with its id.
#[derive(Debug, Clone, Default)]
pub struct Names(IndexSet<Box<str>, RandomState>);

impl Names {
    /// The id of a name; a new one if it was not known.
    pub fn id(&mut self, name: &str) -> u32 {
        let known = self.0.get_index_of(name);
        known.unwrap_or_else(|| self.0.insert_full(name.into()).0) as u32
    }

    /// The id of a name that is already known.
    pub fn find(&self, name: &str) -> Option<u32> {
        self.0.get_index_of(name).map(|id| id as u32)
    }

    /// The name of an id; `None` for `NONE`.
    pub fn get(&self, id: u32) -> Option<&str> {
        self.0.get_index(id as usize).map(|name| &**name)
    }

    /// The name of an id, empty for `NONE`: for sorting and keys.
    pub fn name(&self, id: u32) -> &str {
        self.get(id).unwrap_or("")
    }

    /// Adds all names of another set. Returns their ids there -> their ids here; `renumber` applies it.
    pub fn join(&mut self, other: &Names) -> Vec<u32> {
        other.0.iter().map(|name| self.id(name)).collect()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts ids in the order of the names. Returns old id -> new id.
    pub fn sort(&mut self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.len() as u32).collect();
        order.sort_unstable_by_key(|old| self.name(*old));
        let renumbered = places_of(&order);
        self.0.sort_unstable();
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
