//! Names as numbers. In: text. Out: small ids, and the text again. After `sorted`, ids follow the order of the names, so
//! that sorting by id gives the same order whatever the order of the rows was.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

/// No name: unknown or not given.
pub const NONE: u32 = u32::MAX;

/// A map for many small look-ups: quick, and seeded, so that nobody can send keys that collide.
pub type QuickMap<K, V> = HashMap<K, V, RandomState>;

/// A set of names, each with its id.
#[derive(Debug, Clone, Default)]
pub struct Names {
    ids: QuickMap<Arc<str>, u32>,
    names: Vec<Arc<str>>,
}

impl Names {
    /// The id of a name; a new one if it was not known.
    pub fn id(&mut self, name: &str) -> u32 {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let (id, name): (u32, Arc<str>) = (self.names.len() as u32, name.into());
        self.names.push(name.clone());
        self.ids.insert(name, id);
        id
    }

    /// The id of a name, `NONE` for nothing or white space.
    pub fn id_of(&mut self, name: Option<&str>) -> u32 {
        name.map(str::trim).filter(|n| !n.is_empty()).map_or(NONE, |n| self.id(n))
    }

    /// The id of a name that is already known.
    pub fn find(&self, name: &str) -> Option<u32> {
        self.ids.get(name).copied()
    }

    /// The name of an id; `None` for `NONE`.
    pub fn get(&self, id: u32) -> Option<&str> {
        self.names.get(id as usize).map(|n| &**n)
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

    /// Gives ids in the order of the names. Returns old id -> new id; `renumber` applies it.
    pub fn sort(&mut self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.names.len() as u32).collect();
        order.sort_unstable_by(|a, b| self.names[*a as usize].cmp(&self.names[*b as usize]));
        let mut renumbered = vec![0; order.len()];
        for (new, old) in order.iter().enumerate() {
            renumbered[*old as usize] = new as u32;
        }
        self.names = order.iter().map(|old| self.names[*old as usize].clone()).collect();
        for id in self.ids.values_mut() {
            *id = renumbered[*id as usize];
        }
        renumbered
    }
}

/// The new id of an old one; `NONE` stays.
pub fn renumber(id: u32, renumbered: &[u32]) -> u32 {
    renumbered.get(id as usize).copied().unwrap_or(NONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_sorting_ids_follow_the_names_and_look_ups_still_hold() {
        let mut names = Names::default();
        let (pear, fig) = (names.id("pear"), names.id("fig"));
        let new = names.sort();
        assert_eq!((renumber(pear, &new), renumber(fig, &new), renumber(NONE, &new)), (1, 0, NONE));
        assert_eq!((names.find("fig"), names.get(1), names.get(NONE)), (Some(0), Some("pear"), None));
    }
}
