//! Counting distinct keys. In: keys of recipients, tens of millions, most of them once. Out: how many differ. Eight bytes
//! for each: a hash set needs twice that.

use rayon::prelude::*;

/// Keys fall into shards by their upper bits, so that putting one in order needs little room beside.
const SHARDS: usize = 16;
/// Fewer keys than this are not worth putting in order while reading.
const SETTLE_FROM: usize = 1 << 18;

/// Distinct keys.
#[derive(Default)]
pub struct Distinct([Shard; SHARDS]);

#[derive(Default)]
struct Shard {
    keys: Vec<i64>,
    settled: usize,
}

impl Distinct {
    /// Adds a key.
    pub fn add(&mut self, key: i64) {
        let shard = &mut self.0[(key as u64 >> 60) as usize];
        shard.keys.push(key);
        if shard.keys.len() > SETTLE_FROM && shard.keys.len() > 2 * shard.settled {
            shard.settle();
        }
    }

    /// Adds those of another part.
    pub fn join(&mut self, other: Distinct) {
        for (shard, part) in self.0.iter_mut().zip(other.0) {
            if shard.keys.is_empty() {
                *shard = part;
            } else {
                shard.keys.extend(part.keys);
                shard.settle();
            }
        }
    }

    /// How many there are.
    pub fn count(&mut self) -> u64 {
        self.0.par_iter_mut().for_each(Shard::settle);
        self.0.iter().map(|shard| shard.keys.len() as u64).sum()
    }
}

impl Shard {
    fn settle(&mut self) {
        self.keys.sort_unstable();
        self.keys.dedup();
        self.settled = self.keys.len();
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
