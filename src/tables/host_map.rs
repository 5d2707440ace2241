//! Look-up by host name. In: names of hosts and domains, in any letter case. Out: what stands for a host or for the
//! domains above it. It is asked for every host of every reply, so it reads a name once, from its end, eight bytes at a
//! time, stops at the first domain that no name lies in, and neither copies nor lowers anything.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Values by host name.
#[derive(Debug, Clone)]
pub struct HostMap<V> {
    /// Every name, and every domain above one, by its hash; those that share a hash stand in one list.
    by_hash: HashMap<u64, Vec<Named<V>>, BuildHasherDefault<AsItIs>>,
}

#[derive(Debug, Clone)]
struct Named<V> {
    name: Box<str>,
    /// `None` where only names below stand for something.
    value: Option<V>,
}

impl<V> Default for HostMap<V> {
    fn default() -> Self {
        HostMap { by_hash: HashMap::default() }
    }
}

impl<V> HostMap<V> {
    /// The place for what stands for a name, which has no leading dot.
    pub fn entry(&mut self, name: &str) -> &mut Option<V> {
        for (at, _) in name.match_indices('.') {
            self.place(&name[at + 1..]);
        }
        self.place(name)
    }

    fn place(&mut self, name: &str) -> &mut Option<V> {
        let same_hash = self.by_hash.entry(hash_of(name)).or_default();
        let known = same_hash.iter().position(|known| known.name.eq_ignore_ascii_case(name));
        let at = known.unwrap_or_else(|| {
            same_hash.push(Named { name: name.into(), value: None });
            same_hash.len() - 1
        });
        &mut same_hash[at].value
    }

    /// What stands for exactly this name.
    pub fn get(&self, name: &str) -> Option<&V> {
        value_of(self.by_hash.get(&hash_of(name))?, name)
    }

    /// The last of `suffixes`: where it begins, and what it stands for.
    pub fn deepest(&self, host: &str) -> Option<(usize, &V)> {
        // Names are compared only there, unless a hash deceived.
        let stands = |(_, same_hash): &(usize, &Vec<Named<V>>)| same_hash.iter().any(|known| known.value.is_some());
        let (at, same_hash) = self.hashed(host).filter(stands).last()?;
        match value_of(same_hash, &host[at..]) {
            Some(value) => Some((at, value)),
            None => self.suffixes(host).last(),
        }
    }

    /// Every domain above `host`, and last `host` itself, that something stands for: where it begins, and what.
    pub fn suffixes(&self, host: &str) -> impl Iterator<Item = (usize, &V)> {
        self.hashed(host).filter_map(move |(at, same_hash)| Some((at, value_of(same_hash, &host[at..])?)))
    }

    /// Where each known part of a host begins, shortest first, and the names that may stand there.
    fn hashed(&self, host: &str) -> impl Iterator<Item = (usize, &Vec<Named<V>>)> {
        // When no name has a hash, none lies below.
        hashes(host.as_bytes()).map_while(|(at, hash)| Some((at, self.by_hash.get(&hash)?)))
    }
}

fn value_of<'m, V>(same_hash: &'m [Named<V>], host: &str) -> Option<&'m V> {
    let is_it = |known: &&Named<V>| known.value.is_some() && known.name.eq_ignore_ascii_case(host);
    same_hash.iter().find(is_it)?.value.as_ref()
}

fn hash_of(name: &str) -> u64 {
    hashes(name.as_bytes()).last().map_or(START, |(_, hash)| hash)
}

/// Where each label of a host begins, the last label first, and the hash of the host from there on.
fn hashes(host: &[u8]) -> impl Iterator<Item = (usize, u64)> {
    let (mut state, mut rest, mut more) = (START, host.len(), true);
    std::iter::from_fn(move || {
        if !more {
            return None;
        }
        // A label is taken in by pieces of eight bytes; the last piece is shorter, and empty if need be.
        loop {
            let eight = last_eight(&host[..rest]);
            let behind_dot = (dots(eight).leading_zeros() / 8) as usize;
            let taken = behind_dot.min(rest);
            state = mix(state, eight.checked_shr(64 - 8 * taken as u32).unwrap_or(0));
            rest -= taken;
            if taken < 8 {
                break;
            }
        }
        let begins = rest;
        more = rest > 0;
        rest = rest.saturating_sub(1);
        Some((begins, state))
    })
}

/// The last eight bytes, the very last one highest; zeros where there are fewer.
fn last_eight(bytes: &[u8]) -> u64 {
    let eight = bytes.last_chunk().copied().unwrap_or_else(|| {
        let mut eight = [0; 8];
        eight[8 - bytes.len()..].copy_from_slice(bytes);
        eight
    });
    u64::from_le_bytes(eight)
}

/// The high bit of each byte that is a dot.
fn dots(eight: u64) -> u64 {
    const LOW: u64 = 0x7f * EACH;
    let other = eight ^ (b'.' as u64 * EACH);
    !(((other & LOW) + LOW) | other | LOW)
}

/// One in every byte.
const EACH: u64 = 0x0101_0101_0101_0101;
const START: u64 = 0xcbf2_9ce4_8422_2325;

/// Takes in eight bytes, whatever their letter case; what else this mixes up is told apart when names are compared.
fn mix(state: u64, eight: u64) -> u64 {
    let wide = u128::from(state ^ (eight | (0x20 * EACH))) * u128::from(0x9e37_79b9_7f4a_7c15u64);
    wide as u64 ^ (wide >> 64) as u64
}

/// A hasher for keys that are hashes.
#[derive(Debug, Default, Clone, Copy)]
pub struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |state, byte| mix(state, u64::from(*byte)));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> HostMap<u8> {
        let mut map = HostMap::default();
        *map.entry("Example.com") = Some(1);
        *map.entry("mx.example.com") = Some(2);
        map
    }

    #[test]
    fn suffixes_come_shortest_first_whatever_the_letter_case() {
        let map = map();
        for (host, want) in [
            ("example.com", &[(0, 1)][..]),
            ("a.b.EXAMPLE.com", &[(4, 1)]),
            ("a.MX.example.com", &[(5, 1), (2, 2)]),
            ("mx.example.com", &[(3, 1), (0, 2)]),
            (".example.com", &[(1, 1)]),
            ("xexample.com", &[]),
            ("eight.ex.ample.com", &[]),
            ("longerthaneight.example.com", &[(16, 1)]),
            ("com", &[]),
            (".com.", &[]),
            ("", &[]),
        ] {
            let found: Vec<_> = map.suffixes(host).map(|(at, value)| (at, *value)).collect();
            assert_eq!(found, want, "{host}");
        }
    }

    #[test]
    fn a_name_stands_once_whatever_its_letter_case() {
        let mut map = map();
        *map.entry("EXAMPLE.com") = Some(5);
        assert_eq!((map.get("Example.com"), map.get("a.example.com"), map.get("com")), (Some(&5), None, None));
    }
}
