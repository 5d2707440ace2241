//! One thread's memory of templates already named.
//! A key holds all that naming may look at, so an answer from here is the answer that naming would give.

use std::collections::HashMap;

use crate::bounce::Classification;

use super::heard::Heard;
use super::patterns::Hits;
use super::template::{self, KnownHosts};

/// Templates remembered before starting afresh; a night of 10 million bounces has some thousands.
const MAX_ENTRIES: usize = 50_000;

/// One thread's memory of replies already classified.
#[derive(Debug, Default)]
pub struct Cache {
    answers: HashMap<Box<[u8]>, Classification>,
    template: String,
    hits: Hits,
    forgets: bool,
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
        let words = self.template.len();
        push_context(&mut self.template, &heard);
        if let Some(answer) = self.answers.get(self.template.as_bytes()) {
            return answer.clone();
        }
        let answer = name(heard, &self.template[..words], &mut self.hits);
        if self.forgets {
            return answer;
        }
        let key: Box<[u8]> = self.template.as_bytes().into();
        if self.answers.len() >= MAX_ENTRIES {
            self.answers.clear();
        }
        self.answers.insert(key, answer.clone());
        answer
    }
}

/// Appends everything beside the template that naming looks at, behind a byte that no template holds.
fn push_context(key: &mut String, heard: &Heard<'_>) {
    let number = |key: &mut String, n: u16| {
        // Any injective spelling will do; three ASCII bytes hold 21 bits.
        for shift in [14, 7, 0] {
            key.push(char::from((u32::from(n) >> shift & 0x7f) as u8));
        }
    };
    key.push('\u{1}');
    number(key, heard.code.map_or(0, |code| code.get()));
    let status = heard.status.map_or([0; 3], |s| [u16::from(s.class), s.subject, s.detail]);
    status.into_iter().for_each(|part| number(key, part));
    key.push(char::from(heard.command.map_or(0, |command| command as u8 + 1)));
    key.push(if heard.relayed { '1' } else { '0' });
    key.push_str(heard.host.map_or("", |host| host.name.as_str()));
    key.push('\u{1}');
    key.push_str(heard.provider.unwrap_or(""));
    key.push('\u{1}');
    key.push_str(heard.wrapper.unwrap_or(""));
}
