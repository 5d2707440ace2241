//! Our side of messages as numbers. In: sending IP, sending domain, campaign and list source of each message, as ids. Out:
//! one number for the four, and the four again.
//!
//! While a night is read, numbers are places in a set. Of a night that is complete the four ids lie side by side in the
//! bits of one number: judging asks for them tens of millions of times, and each look into a table waits for memory
//! (measured: a third of the time of judging ten million events). A night with so many names that they do not fit
//! keeps the set, sorted.

use super::names::{NONE, QuickMap, places_of, renumber};

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
    /// Numbers, while the night is read, and of a night that is not packed.
    numbers: QuickMap<Identity, u32>,
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
    /// The number of an identity while the night is read; a new one if it was not known.
    pub fn id(&mut self, identity: Identity) -> u32 {
        let Identities { numbers, list, .. } = self;
        *numbers.entry(identity).or_insert_with(|| {
            list.push(identity);
            list.len() as u32 - 1
        })
    }

    /// The number of an identity of a complete night; `None` if the night does not have it.
    pub fn find(&self, identity: &Identity) -> Option<u32> {
        match &self.packed {
            Some(fields) => Some(pack(fields, identity)),
            None => self.numbers.get(identity).copied(),
        }
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
    pub fn all(&self) -> impl Iterator<Item = &Identity> {
        self.list.iter()
    }

    /// Puts the numbers in the order of the identities, packed where they fit. `parts` gives the ids that the old ones
    /// have become, `names` how many there are of each part. Returns old number -> new number.
    pub fn sort(&mut self, parts: [&[u32]; 4], names: [usize; 4]) -> Vec<u32> {
        let renumbered: Vec<Identity> = self.list.iter().map(|identity| identity.renumbered(parts)).collect();
        self.packed = fields(names);
        (self.numbers, self.list) = (QuickMap::default(), Vec::new());
        if let Some(fields) = self.packed {
            return renumbered.iter().map(|identity| pack(&fields, identity)).collect();
        }
        let mut order: Vec<u32> = (0..renumbered.len() as u32).collect();
        order.sort_unstable_by_key(|old| renumbered[*old as usize]);
        for old in &order {
            self.id(renumbered[*old as usize]);
        }
        places_of(&order)
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

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: [[u32; 4]; 4] = [[2, 0, NONE, 1], [0, NONE, 4, 0], [0, 0, 4, NONE], [NONE, NONE, NONE, NONE]];
    const SAME: &[u32] = &[0, 1, 2, 3, 4];

    /// The given identities in the order of their numbers in a night with so many names.
    fn sorted(names: [usize; 4]) -> Vec<Identity> {
        let (mut identities, given) = (Identities::default(), GIVEN.map(Identity::of));
        let old = given.map(|identity| identities.id(identity));
        assert_eq!((old, identities.id(given[1])), ([0, 1, 2, 3], 1));
        let new = identities.sort([SAME; 4], names);
        let mut numbers = old.map(|id| new[id as usize]);
        assert!(numbers.iter().zip(given).all(|(id, identity)| identities.get(*id) == identity));
        assert!(numbers.iter().zip(given).all(|(id, identity)| identities.find(&identity) == Some(*id)));
        numbers.sort_unstable();
        numbers.map(|id| identities.get(id)).to_vec()
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
