//! Counting distinct keys. In: keys of recipients, tens of millions, most of them once. Out: how many differ. Eight bytes
//! for each: a hash set needs twice that.

use rayon::prelude::*;

/// Values of which each is kept once, in the memory that they need themselves.
#[derive(Debug)]
pub struct Settling<T> {
    values: Vec<T>,
    settled: usize,
}

/// Fewer values than this are not worth putting in order while reading.
const SETTLE_FROM: usize = 1 << 18;

impl<T> Default for Settling<T> {
    fn default() -> Settling<T> {
        Settling { values: Vec::new(), settled: 0 }
    }
}

impl<T: Ord> Settling<T> {
    /// Adds a value.
    pub fn add(&mut self, value: T) {
        self.values.push(value);
        if self.values.len() > SETTLE_FROM && self.values.len() > 2 * self.settled {
            self.settle();
        }
    }

    /// Adds those of another part.
    pub fn join(&mut self, other: Settling<T>) {
        if self.values.is_empty() {
            *self = other;
        } else {
            self.values.extend(other.values);
            self.settle();
        }
    }

    /// All of them, in order.
    pub fn finish(mut self) -> Vec<T> {
        self.settle();
        self.values
    }

    fn settle(&mut self) {
        self.values.sort_unstable();
        self.values.dedup();
        self.settled = self.values.len();
    }
}

/// Keys fall into shards by their upper bits, so that putting one in order needs little room beside.
const SHARDS: usize = 16;

/// Distinct keys.
#[derive(Default)]
pub struct Distinct([Settling<i64>; SHARDS]);

impl Distinct {
    /// Adds a key.
    pub fn add(&mut self, key: i64) {
        self.0[(key as u64 >> 60) as usize].add(key);
    }

    /// Adds those of another part.
    pub fn join(&mut self, other: Distinct) {
        self.0.iter_mut().zip(other.0).for_each(|(shard, part)| shard.join(part));
    }

    /// How many there are.
    pub fn count(self) -> u64 {
        self.0.into_par_iter().map(|shard| shard.finish().len() as u64).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_counts_once_whatever_part_it_is_in() {
        let (mut one, mut other) = (Distinct::default(), Distinct::default());
        [1, -1, i64::MAX, 1].into_iter().for_each(|key| one.add(key));
        [i64::MIN, 1].into_iter().for_each(|key| other.add(key));
        one.join(other);
        assert_eq!(one.count(), 4);
    }
}
