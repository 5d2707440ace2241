//! All regexes of the tables. In: a template. Out: which rows' regexes fit it.
//!
//! One automaton for all of them does not work: with hundreds of loose patterns it makes new states at almost every
//! letter of a new wording (measured: 110 microseconds for a reply not seen before). So one Aho-Corasick pass over
//! the regexes' needles finds the few that can fit, and those are tried when somebody asks.

use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, MatchKind};
use regex_automata::meta::Regex;
use regex_automata::util::syntax;

use crate::tables::blocklists::Blocklist;
use crate::tables::receivers::{Receiver, Receivers};
use crate::tables::rules::Rule;
use crate::tables::{Row, Table, TableError};

use super::literals;
use super::rules::RuleSet;

/// Memory for one regex's states, in bytes, taken as needed. With the default of 2 MiB the largest rules thrash.
const STATES_MEMORY: usize = 32 << 20;

/// What a pattern belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Rule,
    Receiver(usize),
    Blocklist(usize),
}

/// One regex, compiled when it is first tried; without one, only the other columns count.
#[derive(Debug)]
struct Pattern {
    text: Option<String>,
    owner: Owner,
    regex: OnceLock<Option<Regex>>,
}

/// The regexes of all tables.
#[derive(Debug)]
pub struct Patterns {
    /// One for each rule, at the rule's own index; then those of receivers, then those of blocklists.
    patterns: Vec<Pattern>,
    rules: usize,
    receivers_end: usize,
    needles: AhoCorasick,
    /// The patterns that each needle stands for.
    owners: Vec<Vec<u32>>,
    /// Patterns without needles: always tried.
    always: Vec<u32>,
    tags: Option<Regex>,
}

/// Which patterns may fit the template last looked at.
#[derive(Debug, Default)]
pub struct Hits {
    may_fit: Vec<u64>,
}

impl Hits {
    fn clear(&mut self, patterns: usize) {
        self.may_fit.clear();
        self.may_fit.resize(patterns.div_ceil(64), 0);
    }

    fn set(&mut self, pattern: u32) {
        if let Some(word) = self.may_fit.get_mut(pattern as usize / 64) {
            *word |= 1 << (pattern % 64);
        }
    }

    /// The patterns from `from` to before `to` that may fit, in order.
    fn within(&self, from: usize, to: usize) -> impl Iterator<Item = usize> + use<'_> {
        let words = self.may_fit.iter().enumerate().skip(from / 64).take(to.div_ceil(64) - from / 64);
        let bits = words.flat_map(|(at, &word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some(at * 64 + bit)
            })
        });
        bits.filter(move |index| (from..to).contains(index))
    }
}

impl Patterns {
    /// Reads all regexes and finds their needles.
    ///
    /// # Errors
    /// A regex that does not read, with its row's file and line.
    pub fn compile(receivers: &Receivers, lists: &[Row<Blocklist>], rules: &RuleSet) -> Result<Patterns, TableError> {
        let mut made = Making::default();
        for row in rules.rows() {
            made.add(row, row.value.text.as_deref(), Owner::Rule)?;
        }
        for (index, row) in receivers.rows().iter().enumerate() {
            for text in &row.value.says {
                made.add(row, Some(text), Owner::Receiver(index))?;
            }
        }
        let receivers_end = made.patterns.len();
        for (index, row) in lists.iter().enumerate() {
            for text in &row.value.text {
                made.add(row, Some(text), Owner::Blocklist(index))?;
            }
        }
        let (needles, owners) = made.automaton()?;
        let rules = rules.rows().len();
        Ok(Patterns {
            patterns: made.patterns,
            rules,
            receivers_end,
            needles,
            owners,
            always: made.always,
            tags: tags(receivers)?,
        })
    }

    /// Finds which patterns may fit; `hits` holds them until the next template.
    pub fn find(&self, template: &str, hits: &mut Hits) {
        hits.clear(self.patterns.len());
        self.always.iter().for_each(|&pattern| hits.set(pattern));
        for found in self.needles.find_overlapping_iter(template) {
            let owners = self.owners.get(found.pattern().as_usize());
            owners.into_iter().flatten().for_each(|&pattern| hits.set(pattern));
        }
    }

    /// The rules whose text may fit, or that have none, in order.
    pub fn rules_that_may_fit<'h>(&self, hits: &'h Hits) -> impl Iterator<Item = usize> + use<'h> {
        hits.within(0, self.rules)
    }

    /// Whether the text of the rule at `index` fits, if it has one.
    pub fn rule_fits(&self, index: usize, template: &str) -> bool {
        self.patterns.get(index).is_some_and(|pattern| pattern.fits(template))
    }

    /// The first receiver whose wording fits.
    pub fn receiver(&self, template: &str, hits: &Hits) -> Option<usize> {
        self.first(self.rules, self.receivers_end, template, hits)
    }

    /// The first blocklist that is named.
    pub fn blocklist(&self, template: &str, hits: &Hits) -> Option<usize> {
        self.first(self.receivers_end, self.patterns.len(), template, hits)
    }

    /// The row of the first pattern of a range that fits.
    fn first(&self, from: usize, to: usize, template: &str, hits: &Hits) -> Option<usize> {
        let fitting = |index| self.patterns.get(index).filter(|pattern: &&Pattern| pattern.fits(template));
        hits.within(from, to).find_map(fitting).and_then(|pattern| match pattern.owner {
            Owner::Receiver(row) | Owner::Blocklist(row) => Some(row),
            Owner::Rule => None,
        })
    }

    /// The first vendor tag in a template.
    pub fn vendor_tag(&self, template: &str) -> Option<String> {
        let found = self.tags.as_ref()?.find(template)?;
        let tag = template.get(found.range())?;
        Some(tag.trim_matches(|c: char| matches!(c, '(' | ')' | '[' | ']' | ' ')).to_owned())
    }
}

impl Pattern {
    fn fits(&self, template: &str) -> bool {
        let Some(text) = &self.text else {
            return true;
        };
        // It was read when the tables were; only its size can still stop it.
        let compile = || {
            Regex::builder()
                .syntax(ascii())
                .configure(Regex::config().hybrid_cache_capacity(STATES_MEMORY))
                .build(text)
                .ok()
        };
        self.regex.get_or_init(compile).as_ref().is_some_and(|regex| regex.is_match(template))
    }
}

/// Patterns on the way in.
#[derive(Debug, Default)]
struct Making {
    patterns: Vec<Pattern>,
    needles: Vec<(String, u32)>,
    always: Vec<u32>,
}

impl Making {
    fn add<T>(&mut self, row: &Row<T>, text: Option<&str>, owner: Owner) -> Result<(), TableError> {
        let (text, needles) = match text {
            Some(text) => {
                let (text, needles) = read(text).map_err(|why| row.error(why))?;
                (Some(text), needles)
            }
            None => (None, None),
        };
        let index = self.patterns.len();
        let number = u32::try_from(index).map_err(|_| row.error("more rows than this program can number"))?;
        match needles {
            Some(needles) => self.needles.extend(needles.into_iter().map(|needle| (needle, number))),
            None => self.always.push(number),
        }
        self.patterns.push(Pattern { text, owner, regex: OnceLock::new() });
        Ok(())
    }

    /// One automaton over all needles, each once.
    fn automaton(&mut self) -> Result<(AhoCorasick, Vec<Vec<u32>>), TableError> {
        self.needles.sort_unstable();
        let (mut texts, mut owners) = (Vec::<&str>::new(), Vec::<Vec<u32>>::new());
        for (needle, pattern) in &self.needles {
            if texts.last() != Some(&needle.as_str()) {
                texts.push(needle);
                owners.push(Vec::new());
            }
            if let Some(last) = owners.last_mut() {
                last.push(*pattern);
            }
        }
        let built = AhoCorasick::builder().match_kind(MatchKind::Standard).ascii_case_insensitive(true).build(&texts);
        let automaton = built.map_err(|e| all_rows(Rule::FILE, &e.to_string()))?;
        Ok((automaton, owners))
    }
}

/// How regexes are read: letter case ignored; `\b \d \w \s` mean ASCII, because a Unicode word boundary would force the
/// slow engine on every reply that is not ASCII.
fn ascii() -> syntax::Config {
    syntax::Config::new().case_insensitive(true).unicode(false).utf8(false)
}

/// Reads one regex: as it will be compiled, and its needles. One that needs Unicode (`[é]`) gets it.
fn read(text: &str) -> Result<(String, Option<Vec<String>>), String> {
    let plain = |unicode: bool| {
        let mut parser = regex_syntax::ParserBuilder::new();
        parser.unicode(unicode).utf8(false).build().parse(text)
    };
    if let Ok(hir) = plain(false) {
        return Ok((text.to_owned(), literals::needles(&hir)));
    }
    match plain(true) {
        Ok(hir) => Ok((format!("(?u:{text})"), literals::needles(&hir))),
        Err(error) => {
            // regex-syntax draws the place on several lines and says why on the last.
            let full = error.to_string();
            let last = full.lines().last().unwrap_or_default();
            let why = last.strip_prefix("error: ").unwrap_or(last);
            Err(format!("not a regex (crate `regex`): {why}"))
        }
    }
}

/// Compiles what marks vendor tags; `None` when no row has any.
fn tags(receivers: &Receivers) -> Result<Option<Regex>, TableError> {
    let mut patterns = Vec::new();
    for row in receivers.rows() {
        for tag in &row.value.tags {
            patterns.push(read(tag).map_err(|why| row.error(why))?.0);
        }
    }
    if patterns.is_empty() {
        return Ok(None);
    }
    let sensitive = ascii().case_insensitive(false);
    let built = Regex::builder().syntax(sensitive).build_many(&patterns);
    built.map(Some).map_err(|e| all_rows(Receiver::FILE, &e.to_string()))
}

/// An error that no single row causes.
fn all_rows(file: &str, why: &str) -> TableError {
    TableError { file: file.to_owned(), line: 1, what: format!("the rows together do not compile: {why}") }
}
