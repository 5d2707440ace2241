//! One thread's memory of templates already named.
//! All that naming may look at is compared before an answer is given, so an answer from here is the answer that naming
//! would give.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, RandomState};

use crate::bounce::Classification;
use crate::tables::host_map::AsItIs;

use super::heard::Heard;
use super::patterns::Hits;
use super::template::{self, KnownHosts};

/// Templates remembered before starting afresh; a night of 10 million bounces has some thousands.
const MAX_ENTRIES: usize = 50_000;
/// Bytes of templates remembered before starting afresh, for nights of long ones.
const MAX_BYTES: usize = 32 << 20;

/// One thread's memory of replies already classified.
#[derive(Debug)]
pub struct Cache {
    /// By the hash of template and context. Of two that share a hash, the later one stays.
    answers: HashMap<u64, Remembered, BuildHasherDefault<AsItIs>>,
    /// Bytes of the templates in `answers`, or more.
    bytes: usize,
    /// So that no input can be made whose hashes crowd together.
    seed: u64,
    template: String,
    context: Vec<u8>,
    hits: Hits,
    forgets: bool,
}

/// An answer, with all that it was the answer to: the template is its own.
#[derive(Debug)]
struct Remembered {
    context: Box<[u8]>,
    answer: Classification,
}

impl Default for Cache {
    fn default() -> Cache {
        Cache {
            answers: HashMap::default(),
            bytes: 0,
            seed: RandomState::new().hash_one(0),
            template: String::new(),
            context: Vec::new(),
            hits: Hits::default(),
            forgets: false,
        }
    }
}

impl Cache {
    /// A cache that remembers no answers: every reply is named anew. For measuring, and for testing that memory changes nothing.
    pub fn without_memory() -> Cache {
        Cache { forgets: true, ..Cache::default() }
    }

    /// The answer for a reply: the one remembered for its template, or a new one.
    pub(super) fn answer(
        &mut self,
        heard: Heard<'_>,
        known: &KnownHosts,
        name: impl FnOnce(Heard<'_>, &str, &mut Hits) -> Classification,
    ) -> Classification {
        template::write(heard.text, known, &mut self.template);
        if self.forgets {
            return name(heard, &self.template, &mut self.hits);
        }
        write_context(&heard, &mut self.context);
        let hash = hash(hash(self.seed, self.template.as_bytes()), &self.context);
        if let Some(known) = self.answers.get(&hash)
            && *known.context == *self.context
            && known.answer.template.as_deref().unwrap_or_default() == self.template
        {
            return known.answer.clone();
        }
        let answer = name(heard, &self.template, &mut self.hits);
        if self.answers.len() >= MAX_ENTRIES || self.bytes >= MAX_BYTES {
            self.answers.clear();
            self.bytes = 0;
        }
        self.bytes += self.template.len();
        self.answers.insert(hash, Remembered { context: self.context.as_slice().into(), answer: answer.clone() });
        answer
    }
}

/// Writes everything beside the template that naming looks at.
fn write_context(heard: &Heard<'_>, context: &mut Vec<u8>) {
    let [class, subject, detail] = heard.status.map_or([0; 3], |s| [u16::from(s.class), s.subject, s.detail]);
    context.clear();
    for number in [heard.code.map_or(0, |code| code.get()), class, subject, detail] {
        context.extend_from_slice(&number.to_le_bytes());
    }
    context.push(heard.command.map_or(0, |command| command as u8 + 1));
    context.push(u8::from(heard.relayed));
    for name in [heard.host.map(|host| host.name.as_str()), heard.provider, heard.wrapper] {
        let name = name.unwrap_or_default();
        context.extend_from_slice(&name.len().to_le_bytes());
        context.extend_from_slice(name.as_bytes());
    }
}

/// A hash of `bytes`, continuing from `state`.
fn hash(state: u64, bytes: &[u8]) -> u64 {
    let (pairs, rest) = bytes.as_chunks::<16>();
    let mut last = [0; 16];
    last[..rest.len()].copy_from_slice(rest);
    pairs.iter().chain([&last]).fold(state ^ bytes.len() as u64, |state, pair| {
        let both = u128::from_le_bytes(*pair);
        let wide = u128::from(both as u64 ^ 0x9e37_79b9_7f4a_7c15) * u128::from((both >> 64) as u64 ^ state);
        wide as u64 ^ (wide >> 64) as u64
    })
}
