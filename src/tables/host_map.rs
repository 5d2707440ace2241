//! Look-up by host name. In: names of hosts and domains, in any letter case. Out: what stands for a host or for the
//! domains above it. It is asked for every host of every reply, so it reads a name once, from its end, stops at the
//! first domain that no name lies in, and neither copies nor lowers anything.

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
        let same_hash = self.by_hash.entry(finish(name.bytes().rev().fold(START, step))).or_default();
        let known = same_hash.iter().position(|known| known.name.eq_ignore_ascii_case(name));
        let at = known.unwrap_or_else(|| {
            same_hash.push(Named { name: name.into(), value: None });
            same_hash.len() - 1
        });
        &mut same_hash[at].value
    }

    /// What stands for exactly this name.
    pub fn get(&self, name: &str) -> Option<&V> {
        self.suffixes(name).last().filter(|(at, _)| *at == 0).map(|(_, value)| value)
    }

    /// Every domain above `host`, and last `host` itself, that something stands for: where it begins, and what.
    pub fn suffixes<'m>(&'m self, host: &str) -> impl Iterator<Item = (usize, &'m V)> {
        let bytes = host.as_bytes();
        let (mut state, mut rest, mut begins) = (START, bytes.len(), false);
        std::iter::from_fn(move || {
            while !begins {
                while rest > 0 && bytes[rest - 1] != b'.' {
                    state = step(state, bytes[rest - 1]);
                    rest -= 1;
                }
                let (at, hash) = (rest, finish(state));
                begins = rest == 0;
                if !begins {
                    state = step(state, b'.');
                    rest -= 1;
                }
                let is_it = |known: &&Named<V>| known.value.is_some() && known.name.eq_ignore_ascii_case(&host[at..]);
                // No name has this hash, so none lies below.
                let same_hash = self.by_hash.get(&hash)?;
                if let Some(value) = same_hash.iter().find(is_it).and_then(|known| known.value.as_ref()) {
                    return Some((at, value));
                }
            }
            None
        })
    }
}

const START: u64 = 0xcbf2_9ce4_8422_2325;

/// Takes in one byte, whatever its letter case; what else this mixes up is told apart when names are compared.
fn step(state: u64, byte: u8) -> u64 {
    (state ^ u64::from(byte | 0x20)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Brings the well-mixed high bits down: the map looks at the low ones.
fn finish(state: u64) -> u64 {
    state ^ (state >> 32)
}

/// A hasher for keys that are hashes.
#[derive(Debug, Default, Clone, Copy)]
pub struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |state, byte| step(state, *byte));
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
