//! What a mail's wordings say it is. In: sender, subject, text. Out: counted evidence. The wordings are phrases.toml's;
//! what follows from the evidence is decided by the readers.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, Anchored, Input, MatchKind, StartKind};

use crate::bounce::Address;
use crate::tables::phrases::{Meaning, Phrases, Place};
use crate::tables::{self, TableError};

/// Bytes of text that are searched for wordings: a report says at its start what it is.
const SEARCHED: usize = 16 << 10;

/// Longest name of a repeated header field, in bytes, in any language.
const MAX_HEADER_LABEL: usize = 40;

/// Evidence of one mail: distinct wordings by meaning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// The sender is a mail system: a program, or whoever runs it.
    pub(crate) system: bool,
    /// The sender is a program that delivers mail, and nobody else.
    pub(crate) daemon: bool,
    /// Wordings of failure in the subject.
    pub(crate) failed_subject: usize,
    /// Wordings of failure in the text.
    pub(crate) failed_text: usize,
    /// Wordings of delay that other mails have too.
    pub(crate) delay: usize,
    /// Wordings that promise another try.
    pub(crate) retried: usize,
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
        let nobody = sender.trim().is_empty() || sender.trim() == "<>";
        let mut evidence = Evidence {
            system: nobody || self.sender.any(sender, |_| true),
            daemon: nobody || self.sender.any(sender, |meaning| meaning == Meaning::Failure),
            ..Evidence::default()
        };
        let told = self.subject.distinct(subject);
        evidence.failed_subject = told.iter().filter(|meaning| tells_failure(**meaning)).count();
        for meaning in told.into_iter().filter(|meaning| !tells_failure(*meaning)) {
            // `Undeliverable: your order is delayed`: what stands beside a word of failure is the returned message's own.
            if evidence.failed_subject == 0 || meaning == Meaning::Retried {
                evidence.count(meaning);
            }
        }
        if let Some(meaning) = self.subject_start.at_start(subject.trim_start_matches(|c: char| !c.is_alphanumeric())) {
            evidence.count(meaning);
        }
        for meaning in self.text.distinct(start_of(text)) {
            if tells_failure(meaning) {
                evidence.failed_text += 1;
            } else {
                evidence.count(meaning);
            }
        }
        evidence
    }

    /// Whether a piece of text says that something failed, or why.
    pub(crate) fn tells_failure(&self, text: &str) -> bool {
        self.text.any(start_of(text), tells_failure)
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

    /// Whether a line repeats a field of the returned header: what stands in it is no reply.
    pub(crate) fn repeats_header(&self, line: &str) -> bool {
        let Some((label, _)) = line.trim_start().split_once([':', '\u{ff1a}']) else { return false };
        label.len() <= MAX_HEADER_LABEL
            && matches!(self.label(label.trim()), Some(Meaning::Sender | Meaning::Echo | Meaning::Quoted))
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
        words.len() <= 200 && self.line_start.whole_words_at_start(words) == Some(Meaning::Returned)
    }
}

impl Evidence {
    /// Whether the mail may be a report at all: a mail system sent it, or it speaks of failure.
    pub(crate) fn is_report(&self) -> bool {
        self.system || self.failed() + self.delay + self.retried > 0
    }

    /// Wordings of failure, those of the text counted twice at most: one reason is often told in several words.
    pub(crate) fn failed(&self) -> usize {
        self.failed_subject.min(1) + self.failed_text.min(2)
    }

    fn count(&mut self, meaning: Meaning) {
        match meaning {
            Meaning::Delay => self.delay += 1,
            Meaning::Retried => self.retried += 1,
            Meaning::Challenge => self.challenge += 1,
            Meaning::Answer => self.answer += 1,
            Meaning::Held => self.held += 1,
            Meaning::Failure
            | Meaning::Reason
            | Meaning::Returned
            | Meaning::Contact
            | Meaning::Sender
            | Meaning::Echo
            | Meaning::Recipient
            | Meaning::Quoted
            | Meaning::Office => {}
        }
    }
}

fn tells_failure(meaning: Meaning) -> bool {
    matches!(meaning, Meaning::Failure | Meaning::Reason)
}

/// Finds wordings and knows their meanings.
#[derive(Debug)]
struct Finder {
    words: Vec<(String, Meaning)>,
    start: StartKind,
    /// For texts in ASCII, which most are: a table, some megabytes of memory for twice the speed.
    ascii: Automaton,
    /// For all others; made when the first one comes.
    all: OnceLock<Automaton>,
}

/// Some of the wordings, compiled.
#[derive(Debug)]
struct Automaton {
    automaton: AhoCorasick,
    meanings: Vec<Meaning>,
}

impl Automaton {
    fn new<'a>(
        words: impl Iterator<Item = &'a (String, Meaning)>,
        start: StartKind,
        kind: AhoCorasickKind,
    ) -> Automaton {
        let (words, meanings): (Vec<&str>, Vec<Meaning>) =
            words.map(|(word, meaning)| (word.as_str(), *meaning)).unzip();
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(kind))
            .start_kind(start)
            .build(words)
            .expect("a table of wordings is far below the automaton's limits");
        Automaton { automaton, meanings }
    }

    fn find<'t>(&'t self, text: &'t str) -> impl Iterator<Item = (usize, Meaning)> + 't {
        let places = self.automaton.find_iter(text).map(|found| found.pattern().as_usize());
        places.filter_map(|place| Some((place, *self.meanings.get(place)?)))
    }

    /// The wording that `text` starts with: its meaning and its end.
    fn at_start(&self, text: &str) -> Option<(Meaning, usize)> {
        let found = self.automaton.find(Input::new(text).anchored(Anchored::Yes))?;
        Some((*self.meanings.get(found.pattern().as_usize())?, found.end()))
    }
}

impl Finder {
    fn new<'a>(words: impl Iterator<Item = (&'a str, Meaning)>, start: StartKind) -> Finder {
        let words: Vec<(String, Meaning)> = words.map(|(word, meaning)| (word.to_owned(), meaning)).collect();
        let ascii = Automaton::new(words.iter().filter(|(word, _)| word.is_ascii()), start, AhoCorasickKind::DFA);
        Finder { words, start, ascii, all: OnceLock::new() }
    }

    /// The automaton for a text, and the text as the tables spell it: capitals of other scripts are lowered here, those of
    /// ASCII compare without case anyway.
    fn ready<'t>(&self, text: &'t str) -> (&Automaton, Cow<'t, str>) {
        if text.is_ascii() {
            return (&self.ascii, Cow::Borrowed(text));
        }
        // A table for all of them takes longer to make than the few texts take that are no ASCII.
        let kind = AhoCorasickKind::ContiguousNFA;
        let all = self.all.get_or_init(|| Automaton::new(self.words.iter(), self.start, kind));
        let capitals = text.chars().any(|c| !c.is_ascii() && c.is_uppercase());
        (all, if capitals { Cow::Owned(text.to_lowercase()) } else { Cow::Borrowed(text) })
    }

    /// Whether some wording in `text` has a meaning that `wanted` accepts.
    fn any(&self, text: &str, wanted: impl Fn(Meaning) -> bool) -> bool {
        let (automaton, text) = self.ready(text);
        automaton.find(&text).any(|(_, meaning)| wanted(meaning))
    }

    /// The meaning of each wording in `text`, each wording once.
    fn distinct(&self, text: &str) -> Vec<Meaning> {
        let (automaton, text) = self.ready(text);
        let mut found: Vec<(usize, Meaning)> = automaton.find(&text).collect();
        found.sort_unstable_by_key(|(place, _)| *place);
        found.dedup_by_key(|(place, _)| *place);
        found.into_iter().map(|(_, meaning)| meaning).collect()
    }

    /// The meaning of the wording that `text` starts with.
    fn at_start(&self, text: &str) -> Option<Meaning> {
        let (automaton, text) = self.ready(start_of(text));
        automaton.at_start(&text).map(|(meaning, _)| meaning)
    }

    /// The same, where the wording does not end within a word. Scripts that put no space between words have no such ends.
    fn whole_words_at_start(&self, text: &str) -> Option<Meaning> {
        let (automaton, text) = self.ready(start_of(text));
        let (meaning, end) = automaton.at_start(&text)?;
        let goes_on = text.get(end..)?.starts_with(char::is_alphabetic);
        let spaced = text.get(..end)?.chars().next_back().is_some_and(|last| (last as u32) < 0x2e80);
        (!(goes_on && spaced)).then_some(meaning)
    }
}

fn start_of(text: &str) -> &str {
    let mut end = text.len().min(SEARCHED);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
