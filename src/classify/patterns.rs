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

/// What a pattern belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Rule,
    Receiver(usize),
    Blocklist(usize),
}

/// One regex, compiled when it is first tried.
#[derive(Debug)]
struct Pattern {
    text: String,
    owner: Owner,
    regex: OnceLock<Option<Regex>>,
}

/// The regexes of all tables.
#[derive(Debug)]
pub struct Patterns {
    patterns: Vec<Pattern>,
    /// The pattern of each rule; `None` for rules without text.
    of_rule: Vec<Option<usize>>,
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

    fn has(&self, pattern: usize) -> bool {
        self.may_fit.get(pattern / 64).is_some_and(|word| word >> (pattern % 64) & 1 == 1)
    }
}

impl Patterns {
    /// Reads all regexes and finds their needles.
    ///
    /// # Errors
    /// A regex that does not read, with its row's file and line.
    pub fn compile(receivers: &Receivers, lists: &[Row<Blocklist>], rules: &RuleSet) -> Result<Patterns, TableError> {
        let mut made = Making::default();
        let mut of_rule = Vec::with_capacity(rules.rows().len());
        for row in rules.rows() {
            let index = row.value.text.as_deref().map(|text| made.add(row, text, Owner::Rule));
            of_rule.push(index.transpose()?);
        }
        for (index, row) in receivers.rows().iter().enumerate() {
            for text in &row.value.says {
                made.add(row, text, Owner::Receiver(index))?;
            }
        }
        for (index, row) in lists.iter().enumerate() {
            for text in &row.value.text {
                made.add(row, text, Owner::Blocklist(index))?;
            }
        }
        let (needles, owners) = made.automaton()?;
        Ok(Patterns { patterns: made.patterns, of_rule, needles, owners, always: made.always, tags: tags(receivers)? })
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

    /// Whether the text of the rule at `index` may fit; cheap.
    pub fn rule_may_fit(&self, index: usize, hits: &Hits) -> bool {
        matches!(self.of_rule.get(index), Some(Some(pattern)) if hits.has(*pattern))
    }

    /// Whether the text of the rule at `index` fits.
    pub fn rule_fits(&self, index: usize, template: &str, hits: &Hits) -> bool {
        matches!(self.of_rule.get(index), Some(Some(pattern)) if self.fits(*pattern, template, hits))
    }

    /// The first receiver whose wording fits.
    pub fn receiver(&self, template: &str, hits: &Hits) -> Option<usize> {
        self.patterns.iter().enumerate().find_map(|(index, pattern)| match pattern.owner {
            Owner::Receiver(row) if self.fits(index, template, hits) => Some(row),
            _ => None,
        })
    }

    /// The first blocklist that is named.
    pub fn blocklist(&self, template: &str, hits: &Hits) -> Option<usize> {
        self.patterns.iter().enumerate().find_map(|(index, pattern)| match pattern.owner {
            Owner::Blocklist(row) if self.fits(index, template, hits) => Some(row),
            _ => None,
        })
    }

    /// The first vendor tag in a template.
    pub fn vendor_tag(&self, template: &str) -> Option<String> {
        let found = self.tags.as_ref()?.find(template)?;
        let tag = template.get(found.range())?;
        Some(tag.trim_matches(|c: char| matches!(c, '(' | ')' | '[' | ']' | ' ')).to_owned())
    }

    fn fits(&self, index: usize, template: &str, hits: &Hits) -> bool {
        hits.has(index)
            && self.patterns.get(index).is_some_and(|pattern| {
                let regex = pattern.regex.get_or_init(|| {
                    // It was read when the tables were; only its size can still stop it.
                    Regex::builder().syntax(ascii()).build(&pattern.text).ok()
                });
                regex.as_ref().is_some_and(|regex| regex.is_match(template))
            })
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
    fn add<T>(&mut self, row: &Row<T>, text: &str, owner: Owner) -> Result<usize, TableError> {
        let (text, needles) = read(text).map_err(|why| row.error(why))?;
        let index = self.patterns.len();
        let number = u32::try_from(index).map_err(|_| row.error("more rows than this program can number"))?;
        match needles {
            Some(needles) => self.needles.extend(needles.into_iter().map(|needle| (needle, number))),
            None => self.always.push(number),
        }
        self.patterns.push(Pattern { text, owner, regex: OnceLock::new() });
        Ok(index)
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
