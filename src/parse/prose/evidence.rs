//! What a mail's wordings say it is. In: sender, subject, text. Out: counted evidence. The wordings are phrases.toml's;
//! what follows from the evidence is decided by the readers.

use std::collections::HashMap;
use std::path::Path;

use aho_corasick::{AhoCorasick, AhoCorasickKind, Anchored, Input, MatchKind, StartKind};

use crate::bounce::Address;
use crate::tables::phrases::{Meaning, Phrases, Place};
use crate::tables::{self, TableError};

/// Bytes of text that are searched for wordings: a report says at its start what it is.
const SEARCHED: usize = 16 << 10;

/// Evidence of one mail: distinct wordings by meaning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// The sender is a mail system.
    pub(crate) system: bool,
    /// Wordings of failure in the subject.
    pub(crate) failed_subject: usize,
    /// Wordings of failure in the text.
    pub(crate) failed_text: usize,
    pub(crate) delay: usize,
    pub(crate) challenge: usize,
    pub(crate) answer: usize,
    pub(crate) held: usize,
}

/// The wordings, compiled by place.
#[derive(Debug)]
pub(crate) struct Wordings {
    subject: Finder,
    subject_start: Finder,
    text: Finder,
    line_start: Finder,
    sender: Finder,
    labels: HashMap<String, Meaning>,
    before_senders: Vec<String>,
    local_parts: HashMap<String, Meaning>,
}

impl Wordings {
    /// Compiles phrases.toml, a user's rows included.
    pub(crate) fn load(user_dir: Option<&Path>) -> Result<Wordings, TableError> {
        let rows = tables::load::<Phrases>(user_dir)?;
        let of = |place: Place, start: StartKind| {
            let rows = rows.iter().map(|row| &row.value).filter(|row| row.place == place);
            Finder::new(rows.flat_map(|row| row.words.iter().map(|word| (word.as_str(), row.means))), start)
        };
        let whole = |place: Place| -> HashMap<String, Meaning> {
            let rows = rows.iter().map(|row| &row.value).filter(|row| row.place == place);
            rows.flat_map(|row| row.words.iter().map(|word| (word.clone(), row.means))).collect()
        };
        Ok(Wordings {
            labels: whole(Place::Label),
            before_senders: whole(Place::Before).into_keys().collect(),
            local_parts: whole(Place::LocalPart),
            subject: of(Place::Subject, StartKind::Unanchored),
            subject_start: of(Place::SubjectStart, StartKind::Anchored),
            text: of(Place::Text, StartKind::Unanchored),
            line_start: of(Place::LineStart, StartKind::Anchored),
            sender: of(Place::Sender, StartKind::Unanchored),
        })
    }

    /// Weighs a mail.
    pub(crate) fn weigh(&self, sender: &str, subject: &str, text: &str) -> Evidence {
        let mut evidence = Evidence {
            system: sender.trim().is_empty() || sender.trim() == "<>" || self.sender.any(sender, |_| true),
            ..Evidence::default()
        };
        for meaning in self.subject.distinct(subject) {
            match meaning {
                Meaning::Failure | Meaning::Reason => evidence.failed_subject += 1,
                other => evidence.count(other),
            }
        }
        if let Some(meaning) = self.subject_start.at_start(subject.trim_start()) {
            evidence.count(meaning);
        }
        for meaning in self.text.distinct(start_of(text)) {
            match meaning {
                Meaning::Failure | Meaning::Reason => evidence.failed_text += 1,
                other => evidence.count(other),
            }
        }
        evidence
    }

    /// Whether a piece of text says that something failed, or why.
    pub(crate) fn tells_failure(&self, text: &str) -> bool {
        self.text.any(start_of(text), |meaning| matches!(meaning, Meaning::Failure | Meaning::Reason))
    }

    /// Whether a piece of text says why something failed.
    pub(crate) fn tells_reason(&self, text: &str) -> bool {
        self.text.any(start_of(text), |meaning| meaning == Meaning::Reason)
    }

    /// Whether a piece of text says whom to ask.
    pub(crate) fn names_contact(&self, text: &str) -> bool {
        self.text.any(start_of(text), |meaning| meaning == Meaning::Contact)
    }

    /// Whose address a label announces, if not a recipient's.
    pub(crate) fn label(&self, label: &str) -> Option<Meaning> {
        self.labels.get(&label.to_lowercase()).copied()
    }

    /// Whether a text ends with words that make the address behind it the sender's.
    pub(crate) fn ends_with_sender(&self, text: &str) -> bool {
        let ends = |words: &str| {
            let at = text.len().checked_sub(words.len())?;
            let same = text.get(at..)?.eq_ignore_ascii_case(words);
            // A label without a sentence before it is an echo.
            Some(same && text[..at].ends_with(char::is_whitespace))
        };
        self.before_senders.iter().any(|words| ends(words).unwrap_or(false))
    }

    /// Whether an address is that of whoever runs the mail system.
    pub(crate) fn is_office(&self, address: &Address) -> bool {
        self.local_parts.get(&address.local().to_lowercase()) == Some(&Meaning::Office)
    }

    /// Whether a line announces the returned message.
    pub(crate) fn announces_returned(&self, line: &str) -> bool {
        let words = line.trim_start_matches(|c: char| {
            c.is_whitespace() || matches!(c, '-' | '=' | '*' | '_' | '#' | '.' | '+' | '|')
        });
        words.len() <= 200 && self.line_start.at_start(words) == Some(Meaning::Returned)
    }
}

impl Evidence {
    /// Whether the mail may be a report at all: a mail system sent it, or it speaks of failure.
    pub(crate) fn is_report(&self) -> bool {
        self.system || self.failed_subject + self.failed_text + self.delay > 0
    }

    fn count(&mut self, meaning: Meaning) {
        match meaning {
            Meaning::Delay => self.delay += 1,
            Meaning::Challenge => self.challenge += 1,
            Meaning::Answer => self.answer += 1,
            Meaning::Held => self.held += 1,
            Meaning::Failure
            | Meaning::Reason
            | Meaning::Returned
            | Meaning::Contact
            | Meaning::Sender
            | Meaning::Echo
            | Meaning::Office => {}
        }
    }
}

/// Finds wordings and knows their meanings.
#[derive(Debug)]
struct Finder {
    automaton: AhoCorasick,
    meanings: Vec<Meaning>,
}

impl Finder {
    fn new<'a>(words: impl Iterator<Item = (&'a str, Meaning)>, start: StartKind) -> Finder {
        let (words, meanings): (Vec<&str>, Vec<Meaning>) = words.unzip();
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            // Some megabytes of memory for twice the speed.
            .kind(Some(AhoCorasickKind::DFA))
            .start_kind(start)
            .build(words)
            .expect("a table of wordings is far below the automaton's limits");
        Finder { automaton, meanings }
    }

    /// Whether some wording in `text` has a meaning that `wanted` accepts.
    fn any(&self, text: &str, wanted: impl Fn(Meaning) -> bool) -> bool {
        let meanings = self.automaton.find_iter(text).filter_map(|m| self.meanings.get(m.pattern().as_usize()));
        meanings.copied().any(wanted)
    }

    /// The meaning of each wording in `text`, each wording once.
    fn distinct(&self, text: &str) -> Vec<Meaning> {
        let mut found: Vec<usize> = self.automaton.find_iter(text).map(|m| m.pattern().as_usize()).collect();
        found.sort_unstable();
        found.dedup();
        found.into_iter().filter_map(|word| self.meanings.get(word).copied()).collect()
    }

    /// The meaning of the wording that `text` starts with.
    fn at_start(&self, text: &str) -> Option<Meaning> {
        let found = self.automaton.find(Input::new(start_of(text)).anchored(Anchored::Yes))?;
        self.meanings.get(found.pattern().as_usize()).copied()
    }
}

fn start_of(text: &str) -> &str {
    let mut end = text.len().min(SEARCHED);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
