//! A set of small numbers: which patterns fit, which rules may hold. One bit for each, so that sets are joined by the word.

/// A set of small numbers.
#[derive(Debug, Default)]
pub struct Bits(Vec<u64>);

impl Clone for Bits {
    fn clone(&self) -> Bits {
        Bits(self.0.clone())
    }

    /// Keeps the room that is there.
    fn clone_from(&mut self, other: &Bits) {
        self.0.clone_from(&other.0);
    }
}

impl Bits {
    /// Room for numbers below `count`; empty.
    pub fn sized(count: usize) -> Bits {
        Bits(vec![0; count.div_ceil(64)])
    }

    /// Adds a number; one beyond the room is left out.
    pub fn set(&mut self, at: usize) {
        if let Some(word) = self.0.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }

    /// Whether a number is a member.
    pub fn has(&self, at: usize) -> bool {
        self.0.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    /// Leaves out what is not in `other` too.
    pub fn keep(&mut self, other: &Bits) {
        self.0.iter_mut().zip(&other.0).for_each(|(word, other)| *word &= other);
    }

    /// All members, in order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + use<'_> {
        members(self.0.iter().copied().enumerate())
    }

    /// The members from `from` to before `to`, in order.
    pub fn within(&self, from: usize, to: usize) -> impl Iterator<Item = usize> + use<'_> {
        let words = self.0.iter().copied().enumerate().take(to.div_ceil(64)).skip(from / 64);
        members(words).filter(move |member| (from..to).contains(member))
    }

    /// The members that both have, in order.
    pub fn and(&self, other: &Bits) -> impl Iterator<Item = usize> {
        members(self.0.iter().zip(&other.0).map(|(one, other)| one & other).enumerate())
    }
}

/// The members that words stand for, each word with its place.
fn members(words: impl Iterator<Item = (usize, u64)>) -> impl Iterator<Item = usize> {
    words.flat_map(|(at, word)| {
        let mut left = word;
        std::iter::from_fn(move || {
            let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
            left &= left - 1;
            Some(at * 64 + bit)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_a_set_come_in_order_and_within_bounds() {
        let mut bits = Bits::sized(200);
        [3, 64, 65, 130, 199].into_iter().for_each(|n| bits.set(n));
        assert_eq!(bits.within(0, 200).collect::<Vec<_>>(), [3, 64, 65, 130, 199]);
        assert_eq!(bits.within(64, 130).collect::<Vec<_>>(), [64, 65]);
        assert_eq!(bits.within(66, 66).count(), 0);
        let mut other = Bits::sized(100);
        [4, 64, 65].into_iter().for_each(|n| other.set(n));
        assert_eq!(bits.and(&other).collect::<Vec<_>>(), [64, 65]);
    }
}
