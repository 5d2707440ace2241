//! A hash table that holds numbers only; what they number lies with its owner. In: a tag, 32 bits of a seeded hash. Out:
//! the numbers under it, for the owner to compare.
//!
//! A night asks for tens of millions of numbers, and each look-up waits for memory. Here a slot is eight bytes, and the
//! slots of many tags are looked at before any of them is followed, so that the waits overlap.

use super::names::NONE;

const EMPTY: u64 = u64::MAX;
const FEWEST: usize = 16;

/// Numbers by tag: tag in the upper half of a slot, number in the lower.
#[derive(Debug, Clone, Default)]
pub struct Slots {
    slots: Vec<u64>,
    taken: usize,
}

impl Slots {
    /// For each tag the number that it probably has; `NONE` where only `find` can tell.
    pub fn guesses(&self, tags: &[u32]) -> Vec<u32> {
        let guess = |tag: &u32| {
            let slot = self.slots.get(self.home(*tag)).copied().unwrap_or(EMPTY);
            if slot >> 32 == u64::from(*tag) { slot as u32 } else { NONE }
        };
        tags.iter().map(guess).collect()
    }

    /// The number under this tag that is the one looked for.
    pub fn find(&self, tag: u32, mut is: impl FnMut(u32) -> bool) -> Option<u32> {
        let probes = (0..self.slots.len()).map(|step| self.slots[(self.home(tag) + step) % self.slots.len()]);
        let mut numbers = probes.take_while(|slot| *slot != EMPTY).filter(|slot| slot >> 32 == u64::from(tag));
        numbers.find(|slot| is(*slot as u32)).map(|slot| slot as u32)
    }

    /// Puts a number, not `NONE`, under a tag.
    pub fn insert(&mut self, tag: u32, number: u32) {
        // Half full at most: most tags are found where they are looked for first.
        if self.taken * 2 >= self.slots.len() {
            let slots = vec![EMPTY; (self.slots.len() * 2).max(FEWEST)];
            let old = std::mem::replace(&mut self.slots, slots);
            old.into_iter().filter(|slot| *slot != EMPTY).for_each(|slot| self.place(slot));
        }
        self.place(u64::from(tag) << 32 | u64::from(number));
        self.taken += 1;
    }

    /// Gives each number a new one.
    pub fn renumber(&mut self, renumbered: &[u32]) {
        for slot in self.slots.iter_mut().filter(|slot| **slot != EMPTY) {
            *slot = (*slot >> 32 << 32) | u64::from(renumbered[*slot as u32 as usize]);
        }
    }

    fn place(&mut self, slot: u64) {
        let (mut at, len) = (self.home((slot >> 32) as u32), self.slots.len());
        while self.slots[at] != EMPTY {
            at = (at + 1) % len;
        }
        self.slots[at] = slot;
    }

    /// Where a tag is looked for first: its share of the table, so that growing needs no hashes.
    fn home(&self, tag: u32) -> usize {
        ((u64::from(tag) * self.slots.len() as u64) >> 32) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_under_one_tag_are_told_apart_by_their_owner() {
        let mut slots = Slots::default();
        (0..100).for_each(|number| slots.insert(u32::MAX, number));
        assert!((0..100).all(|number| slots.find(u32::MAX, |n| n == number) == Some(number)));
        assert_eq!(slots.find(7, |_| true), None);
    }

    #[test]
    fn a_guess_is_a_number_under_the_tag_or_none() {
        let mut slots = Slots::default();
        assert_eq!(slots.guesses(&[1]), [NONE]);
        slots.insert(1, 5);
        assert_eq!(slots.guesses(&[1, 2]), [5, NONE]);
    }
}
