//! One thread's memory of templates already named.
//! All that naming may look at is compared before an answer is given, so an answer from here is the answer that naming
//! would give.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault};
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::bounce::Classification;
use crate::tables::host_map::AsItIs;

use super::heard::Heard;
use super::patterns::Hits;
use super::template::{self, KnownHosts};

/// Templates remembered before starting afresh; a night of 10 million bounces has some thousands.
const MAX_ENTRIES: usize = 50_000;
/// Bytes of keys remembered before starting afresh, for nights of long templates; the answers hold as much again.
const MAX_BYTES: usize = 16 << 20;

/// One thread's memory of replies already classified.
#[derive(Debug, Default)]
pub struct Cache {
    /// By the hash of template and context. Of two that share a hash, the later one stays.
    answers: HashMap<u64, Remembered, BuildHasherDefault<AsItIs>>,
    /// Bytes of the keys in `answers`, or more.
    bytes: usize,
    /// Seeded, so that no input can be made whose hashes crowd together.
    hasher: RandomState,
    template: String,
    context: Vec<u8>,
    hits: Hits,
    forgets: bool,
}

/// An answer, with all that it was the answer to.
#[derive(Debug)]
struct Remembered {
    /// The context, whose end is plain from itself, and then the template.
    key: Box<[u8]>,
    answer: Arc<Classification>,
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
    ) -> Arc<Classification> {
        template::write(heard.text, known, &mut self.template);
        if self.forgets {
            return Arc::new(name(heard, &self.template, &mut self.hits));
        }
        write_context(&heard, &mut self.context);
        let hash = self.hasher.hash_one((&self.template, &self.context));
        if let Some(known) = self.answers.get(&hash)
            && known.key.strip_prefix(&*self.context) == Some(self.template.as_bytes())
        {
            return known.answer.clone();
        }
        let answer = Arc::new(name(heard, &self.template, &mut self.hits));
        if self.answers.len() >= MAX_ENTRIES || self.bytes >= MAX_BYTES {
            self.answers.clear();
            self.bytes = 0;
        }
        let key = [&*self.context, self.template.as_bytes()].concat();
        self.bytes += key.len();
        self.answers.insert(hash, Remembered { key: key.into(), answer: answer.clone() });
        answer
    }
}

/// Writes everything beside the template that naming looks at.
fn write_context(heard: &Heard<'_>, context: &mut Vec<u8>) {
    let [class, subject, detail] = heard.status.map_or([0; 3], |s| [u16::from(s.class), s.subject, s.detail]);
    let asked = u16::from(heard.command.map_or(0, |command| command as u8 + 1));
    let numbers = [
        heard.code.map_or(0, |code| code.get()),
        class,
        subject,
        detail,
        asked << 3 | u16::from(heard.fronted) << 2 | u16::from(heard.relayed) << 1 | u16::from(heard.names_us),
    ];
    context.clear();
    context.extend_from_slice(numbers.map(u16::to_le_bytes).as_flattened());
    for name in [heard.host.map(|host| host.name.as_str()), heard.provider, heard.wrapper] {
        if let Some(name) = name {
            context.extend_from_slice(name.as_bytes());
        }
        // No text holds this byte.
        context.push(0xff);
    }
}
