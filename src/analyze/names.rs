//! Names as numbers. In: text. Out: small ids, and the text again. After `sorted`, ids follow the order of the names, so
//! that sorting by id gives the same order whatever the order of the rows was.

use std::collections::HashMap;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;

use super::slots::Slots;

/// No name: unknown or not given.
pub const NONE: u32 = u32::MAX;

/// A map for many small look-ups: quick, and seeded, so that nobody can send keys that collide.
pub type QuickMap<K, V> = HashMap<K, V, RandomState>;

/// A set of names, each with its id. Their text lies in one piece.
#[derive(Debug, Clone, Default)]
pub struct Names {
    hasher: RandomState,
    slots: Slots,
    text: String,
    /// Where each name ends in the text; it starts where the one before ends.
    ends: Vec<usize>,
}

impl Names {
    /// The id of a name; a new one if it was not known.
    pub fn id(&mut self, name: &str) -> u32 {
        self.id_by(self.tag(name), name)
    }

    /// The ids of many names, sooner than one by one; `NONE` for none.
    pub fn ids(&mut self, names: &[Option<&str>]) -> Vec<u32> {
        let tags: Vec<u32> = names.iter().map(|name| name.map_or(0, |name| self.tag(name))).collect();
        let guesses = self.slots.guesses(&tags);
        let id = |((name, tag), guess): ((&Option<&str>, u32), u32)| match name {
            Some(name) if self.get(guess) == Some(name) => guess,
            Some(name) => self.id_by(tag, name),
            None => NONE,
        };
        names.iter().zip(tags).zip(guesses).map(id).collect()
    }

    /// The id of a name, `NONE` for nothing or white space.
    pub fn id_of(&mut self, name: Option<&str>) -> u32 {
        name.map(str::trim).filter(|n| !n.is_empty()).map_or(NONE, |n| self.id(n))
    }

    /// The id of a name that is already known.
    pub fn find(&self, name: &str) -> Option<u32> {
        self.find_by(self.tag(name), name)
    }

    /// The name of an id; `None` for `NONE`.
    pub fn get(&self, id: u32) -> Option<&str> {
        let end = *self.ends.get(id as usize)?;
        let start = id.checked_sub(1).map_or(0, |before| self.ends[before as usize]);
        Some(&self.text[start..end])
    }

    /// The name of an id, empty for `NONE`: for sorting and keys.
    pub fn name(&self, id: u32) -> &str {
        self.get(id).unwrap_or("")
    }

    /// Adds all names of another set. Returns their ids there -> their ids here; `renumber` applies it.
    pub fn join(&mut self, other: &Names) -> Vec<u32> {
        self.ids(&other.all())
    }

    /// All names in the order of their ids, as `ids` takes them.
    pub fn all(&self) -> Vec<Option<&str>> {
        (0..self.len() as u32).map(|id| self.get(id)).collect()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Gives ids in the order of the names. Returns old id -> new id; `renumber` applies it.
    pub fn sort(&mut self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.len() as u32).collect();
        order.sort_unstable_by(|a, b| self.name(*a).cmp(self.name(*b)));
        let (mut text, mut ends) = (String::with_capacity(self.text.len()), Vec::with_capacity(self.len()));
        let mut renumbered = vec![0; order.len()];
        for (new, old) in order.iter().enumerate() {
            text.push_str(self.name(*old));
            ends.push(text.len());
            renumbered[*old as usize] = new as u32;
        }
        (self.text, self.ends) = (text, ends);
        self.slots.renumber(&renumbered);
        renumbered
    }

    fn tag(&self, name: &str) -> u32 {
        (self.hasher.hash_one(name) >> 32) as u32
    }

    fn find_by(&self, tag: u32, name: &str) -> Option<u32> {
        self.slots.find(tag, |id| self.get(id) == Some(name))
    }

    fn id_by(&mut self, tag: u32, name: &str) -> u32 {
        if let Some(id) = self.find_by(tag, name) {
            return id;
        }
        let id = self.ends.len() as u32;
        self.text.push_str(name);
        self.ends.push(self.text.len());
        self.slots.insert(tag, id);
        id
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

    #[test]
    fn many_names_at_once_get_the_ids_that_they_get_one_by_one() {
        let text: Vec<String> = (0..5_000).map(|n| format!("name{}", n * n % 1_000)).collect();
        let mut row: Vec<Option<&str>> = text.iter().map(|t| Some(t.as_str())).collect();
        row[7] = None;
        let (mut together, mut single) = (Names::default(), Names::default());
        let one_by_one: Vec<u32> = row.iter().map(|name| name.map_or(NONE, |name| single.id(name))).collect();
        assert_eq!(together.ids(&row), one_by_one);
        assert_eq!(together.ids(&row), one_by_one);
        assert_eq!(together.name(one_by_one[8]), row[8].unwrap());
    }
}
