//! Our side of messages as numbers. In: sending IP, sending domain, campaign and list source of each message, as ids. Out:
//! one number for the four, and the four again.
//!
//! While a night is read, numbers are places in a list. A night that is complete has its numbers packed: the four ids
//! side by side in the bits of one number, so that the tens of millions of times that judging asks for them cost no look
//! into memory. A night with so many names that they do not fit keeps its list, sorted.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;

use super::names::{NONE, renumber};
use super::slots::Slots;

/// Our side of a message: ids into the night's names, `NONE` where unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// Sending IP.
    pub ip: u32,
    /// Sending domain.
    pub sending_domain: u32,
    /// Campaign.
    pub campaign: u32,
    /// List source.
    pub list_source: u32,
}

impl Identity {
    /// Sending IP, sending domain, campaign, list source.
    pub const fn parts(&self) -> [u32; 4] {
        [self.ip, self.sending_domain, self.campaign, self.list_source]
    }

    /// Of its parts, in the same order.
    pub const fn of([ip, sending_domain, campaign, list_source]: [u32; 4]) -> Identity {
        Identity { ip, sending_domain, campaign, list_source }
    }

    /// With the ids that the old ones of each part have become.
    pub fn renumbered(&self, parts: [&[u32]; 4]) -> Identity {
        let old = self.parts();
        Identity::of(std::array::from_fn(|at| renumber(old[at], parts[at])))
    }
}

/// Distinct identities and their numbers.
#[derive(Debug, Clone, Default)]
pub struct Identities {
    hasher: RandomState,
    slots: Slots,
    list: Vec<Identity>,
    packed: Option<[Field; 4]>,
}

/// The bits of one id in a packed number; all set for `NONE`.
#[derive(Debug, Clone, Copy, Default)]
struct Field {
    shift: u32,
    mask: u32,
}

impl Identities {
    /// The number of an identity; a new one if it was not known.
    pub fn id(&mut self, identity: Identity) -> u32 {
        self.id_by(self.tag(&identity), identity)
    }

    /// The numbers of many identities, sooner than one by one.
    pub fn ids(&mut self, identities: &[Identity]) -> Vec<u32> {
        let tags: Vec<u32> = identities.iter().map(|identity| self.tag(identity)).collect();
        let guesses = self.slots.guesses(&tags);
        let id = |((identity, tag), guess): ((&Identity, u32), u32)| match self.list.get(guess as usize) {
            Some(guessed) if guessed == identity => guess,
            _ => self.id_by(tag, *identity),
        };
        identities.iter().zip(tags).zip(guesses).map(id).collect()
    }

    /// The identity of a number that was given.
    pub fn get(&self, id: u32) -> Identity {
        let Some(fields) = &self.packed else { return self.list[id as usize] };
        Identity::of(fields.map(|Field { shift, mask }| match id.checked_shr(shift).unwrap_or(0) & mask {
            none if none == mask => NONE,
            part => part,
        }))
    }

    /// All identities in the order of their numbers, while the night is read.
    pub fn list(&self) -> &[Identity] {
        &self.list
    }

    /// Puts the numbers in the order of the identities, packed where they fit. `parts` gives the ids that the old ones
    /// have become, `names` how many there are of each part. Returns old number -> new number.
    pub fn sort(&mut self, parts: [&[u32]; 4], names: [usize; 4]) -> Vec<u32> {
        self.list.iter_mut().for_each(|identity| *identity = identity.renumbered(parts));
        self.slots = Slots::default();
        self.packed = fields(names);
        match self.packed {
            Some(fields) => std::mem::take(&mut self.list).iter().map(|identity| pack(&fields, identity)).collect(),
            None => sort_ids(&mut self.list),
        }
    }

    fn tag(&self, identity: &Identity) -> u32 {
        (self.hasher.hash_one(identity) >> 32) as u32
    }

    fn id_by(&mut self, tag: u32, identity: Identity) -> u32 {
        if let Some(id) = self.slots.find(tag, |id| self.list[id as usize] == identity) {
            return id;
        }
        let id = self.list.len() as u32;
        self.list.push(identity);
        self.slots.insert(tag, id);
        id
    }
}

/// Bits for so many names of each part, the first part uppermost; `None` if they are more than a number has.
fn fields(names: [usize; 4]) -> Option<[Field; 4]> {
    let (mut fields, mut shift) = ([Field::default(); 4], 0);
    for (field, names) in fields.iter_mut().zip(names).rev() {
        let bits = usize::BITS - names.leading_zeros();
        let mask = u32::try_from((1u64.checked_shl(bits)?) - 1).ok()?;
        *field = Field { shift, mask };
        shift += bits;
    }
    (shift <= u32::BITS).then_some(fields)
}

fn pack(fields: &[Field; 4], identity: &Identity) -> u32 {
    let part = |(field, id): (&Field, u32)| (id & field.mask).checked_shl(field.shift).unwrap_or(0);
    fields.iter().zip(identity.parts()).map(part).sum()
}

/// Sorts the values; returns old index -> new index.
pub fn sort_ids<T: Ord + Copy>(values: &mut Vec<T>) -> Vec<u32> {
    let mut order: Vec<u32> = (0..values.len() as u32).collect();
    order.sort_unstable_by_key(|old| values[*old as usize]);
    let mut renumbered = vec![0; values.len()];
    for (new, old) in order.iter().enumerate() {
        renumbered[*old as usize] = new as u32;
    }
    *values = order.iter().map(|old| values[*old as usize]).collect();
    renumbered
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: [[u32; 4]; 4] = [[2, 0, NONE, 1], [0, NONE, 4, 0], [0, 0, 4, NONE], [NONE, NONE, NONE, NONE]];
    const SAME: &[u32] = &[0, 1, 2, 3, 4];

    /// The given identities in the order of their numbers in a night with so many names.
    fn sorted(names: [usize; 4]) -> Vec<Identity> {
        let (mut identities, given) = (Identities::default(), GIVEN.map(Identity::of));
        let old = identities.ids(&given);
        assert_eq!((&old[..], identities.id(given[1])), (&[0, 1, 2, 3][..], 1));
        let new = identities.sort([SAME; 4], names);
        let mut numbers: Vec<u32> = old.iter().map(|id| new[*id as usize]).collect();
        assert!(numbers.iter().zip(given).all(|(id, identity)| identities.get(*id) == identity));
        numbers.sort_unstable();
        numbers.iter().map(|id| identities.get(*id)).collect()
    }

    #[test]
    fn numbers_have_the_order_of_identities_packed_or_not() {
        let mut ordered = GIVEN.map(Identity::of);
        ordered.sort_unstable();
        assert!(fields([3, 1, 5, 2]).is_some() && fields([1 << 20; 4]).is_none());
        assert_eq!(sorted([3, 1, 5, 2]), ordered);
        assert_eq!(sorted([1 << 20; 4]), ordered);
    }

    #[test]
    fn a_night_that_names_nothing_of_us_has_one_identity() {
        let (mut identities, nobody) = (Identities::default(), Identity::of([NONE; 4]));
        assert_eq!((identities.id(nobody), identities.id(nobody)), (0, 0));
        assert_eq!(identities.sort([&[]; 4], [0; 4]), [0]);
        assert_eq!(identities.get(0), nobody);
    }
}
