//! All regexes of the tables. In: a template. Out: which rows' regexes fit it.
//!
//! One automaton for all of them does not work: with hundreds of loose patterns it makes new states at almost every
//! letter of a new wording (measured: 110 microseconds for a reply not seen before, and 250 MB). So one Aho-Corasick
//! pass finds plain texts, which are matches, and needles, which leave a handful of small regexes to try.

use std::collections::BTreeMap;
use std::sync::Arc;

use aho_corasick::Anchored;
use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::nfa::contiguous;
use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use regex_syntax::ast::Ast;

use crate::tables::blocklists::Blocklist;
use crate::tables::receivers::{Receiver, Receivers};
use crate::tables::rules::Rule;
use crate::tables::{Row, Table, TableError};

use super::bits::Bits;
use super::literals::{Branch, Edges, branches};
use super::matcher::Matcher;
use super::rules::RuleSet;

/// What a pattern belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Rule,
    Receiver(usize),
    Blocklist(usize),
    Tag,
}

/// One row's regex: its branches that are no plain text, as a range of `Patterns::matchers`.
#[derive(Debug)]
struct Pattern {
    owner: Owner,
    matchers: std::ops::Range<usize>,
}

/// What finding a needle means.
#[derive(Debug, Clone, Copy)]
enum Means {
    /// The pattern fits, if the edges hold.
    Fits(usize, Edges),
    /// The matcher is worth trying, for its pattern, if it has no second needle or that is there as well.
    Try(usize, usize),
    /// The matcher's second needle is there.
    Second(usize),
}

/// The regexes of all tables.
#[derive(Debug)]
pub struct Patterns {
    /// One for each rule, at the rule's own index; then those of receivers, of blocklists, and of vendor tags.
    patterns: Vec<Pattern>,
    rules: usize,
    receivers_end: usize,
    lists_end: usize,
    matchers: Vec<Matcher>,
    needles: contiguous::NFA,
    /// Where the automaton of needles starts.
    start: StateID,
    /// What each needle means.
    meanings: Vec<Vec<Means>>,
    /// Set before every search: rules without text fit, matchers without needles are tried.
    always: Hits,
    tags: Option<Regex>,
}

/// What is known of the template last looked at.
#[derive(Debug, Clone, Default)]
pub struct Hits {
    /// The template in lower case.
    lower: String,
    /// Patterns that fit for certain.
    fit: Bits,
    /// Patterns that may fit.
    may_fit: Bits,
    /// Matchers whose first needle is there.
    worth_trying: Bits,
    /// Matchers whose second needle is there, or that have none.
    seconded: Bits,
}

impl Patterns {
    /// Reads all regexes and finds their needles.
    ///
    /// # Errors
    /// A regex that does not read, with its row's file and line.
    pub fn compile(receivers: &Receivers, lists: &[Row<Blocklist>], rules: &RuleSet) -> Result<Patterns, TableError> {
        let mut making = Making::default();
        for row in rules.rows() {
            making.add(row, row.value.text.as_deref(), Owner::Rule)?;
        }
        for (index, row) in receivers.rows().iter().enumerate() {
            for text in &row.value.says {
                making.add(row, Some(text), Owner::Receiver(index))?;
            }
        }
        let receivers_end = making.patterns.len();
        for (index, row) in lists.iter().enumerate() {
            for text in &row.value.text {
                making.add(row, Some(text), Owner::Blocklist(index))?;
            }
        }
        let lists_end = making.patterns.len();
        for row in receivers.rows() {
            for tag in &row.value.tags {
                // In its own letter case too: `[a-Z]` is wrong only there.
                read(tag).map_err(|why| row.error(why))?;
                making.add(row, Some(tag), Owner::Tag)?;
            }
        }
        let all_rows = |why: &dyn std::fmt::Display| all_rows(Rule::FILE, why);
        let needles = contiguous::NFA::new(making.needles.keys()).map_err(|e| all_rows(&e))?;
        let start = needles.start_state(Anchored::No).map_err(|e| all_rows(&e))?;
        let always = making.always();
        Ok(Patterns {
            patterns: making.patterns,
            rules: rules.rows().len(),
            receivers_end,
            lists_end,
            matchers: making.matchers,
            needles,
            start,
            meanings: making.needles.into_values().collect(),
            always,
            tags: tags(receivers)?,
        })
    }

    /// Finds which patterns fit or may fit; `hits` holds them until the next template.
    pub fn find(&self, template: &str, hits: &mut Hits) {
        hits.lower.clear();
        lower_case(template, &mut hits.lower);
        hits.fit.clone_from(&self.always.fit);
        hits.may_fit.clone_from(&self.always.may_fit);
        hits.worth_trying.clone_from(&self.always.worth_trying);
        hits.seconded.clone_from(&self.always.seconded);
        // By hand: the crate's own search for overlapping matches stops at each, and takes a third longer.
        let mut state = self.start;
        for at in 0..hits.lower.len() {
            state = self.needles.next_state(Anchored::No, state, hits.lower.as_bytes()[at]);
            if self.needles.is_special(state) && self.needles.is_match(state) {
                self.found(state, at + 1, hits);
            }
        }
    }

    /// Takes in the needles that end in a state, at `end` of the template.
    fn found(&self, state: StateID, end: usize, hits: &mut Hits) {
        for nth in 0..self.needles.match_len(state) {
            let needle = self.needles.match_pattern(state, nth);
            for meaning in self.meanings.get(needle.as_usize()).into_iter().flatten() {
                match *meaning {
                    Means::Fits(pattern, edges) => {
                        let begin = end - self.needles.pattern_len(needle);
                        if edges.hold(hits.lower.as_bytes(), begin, end) {
                            hits.fit.set(pattern);
                            hits.may_fit.set(pattern);
                        }
                    }
                    Means::Try(pattern, matcher) => {
                        hits.may_fit.set(pattern);
                        hits.worth_trying.set(matcher);
                    }
                    Means::Second(matcher) => hits.seconded.set(matcher),
                }
            }
        }
    }

    /// Those of `rules` whose text may fit, or that have none, in order.
    pub fn that_may_fit(&self, rules: &Bits, hits: &Hits) -> impl Iterator<Item = usize> {
        hits.may_fit.and(rules)
    }

    /// Whether the text of the rule at `index` fits, if it has one.
    pub fn rule_fits(&self, index: usize, hits: &Hits) -> bool {
        self.fits(index, hits)
    }

    /// The first receiver whose wording fits.
    pub fn receiver(&self, hits: &Hits) -> Option<usize> {
        self.first(self.rules, self.receivers_end, hits)
    }

    /// The first blocklist that is named.
    pub fn blocklist(&self, hits: &Hits) -> Option<usize> {
        self.first(self.receivers_end, self.lists_end, hits)
    }

    /// The row of the first pattern of a range that fits.
    fn first(&self, from: usize, to: usize, hits: &Hits) -> Option<usize> {
        let index = hits.may_fit.within(from, to).find(|&index| self.fits(index, hits))?;
        match self.patterns.get(index)?.owner {
            Owner::Receiver(row) | Owner::Blocklist(row) => Some(row),
            Owner::Rule | Owner::Tag => None,
        }
    }

    fn fits(&self, index: usize, hits: &Hits) -> bool {
        let Some(pattern) = self.patterns.get(index) else {
            return false;
        };
        let range = pattern.matchers.clone();
        hits.fit.has(index)
            || hits
                .worth_trying
                .within(range.start, range.end)
                .filter(|&at| hits.seconded.has(at))
                .filter_map(|at| self.matchers.get(at))
                .any(|matcher| matcher.fits(&hits.lower))
    }

    /// The first vendor tag in a template. Most have none, and nothing of one either.
    pub fn vendor_tag(&self, template: &str, hits: &Hits) -> Option<Arc<str>> {
        hits.may_fit.within(self.lists_end, self.patterns.len()).next()?;
        let found = self.tags.as_ref()?.find(template)?;
        let tag = template.get(found.range())?;
        let tag = tag.trim_start_matches(['(', '[', ' ']);
        // A bracket that the tag itself opens, as in `AS(1450)`, belongs to it.
        let closing: &[char] = if tag.contains('(') { &[']', ' '] } else { &[')', ']', ' '] };
        Some(tag.trim_end_matches(closing).into())
    }
}

/// Patterns on the way in.
#[derive(Debug, Default)]
struct Making {
    patterns: Vec<Pattern>,
    matchers: Vec<Matcher>,
    /// What each needle means; sorted, so that the same tables make the same automaton.
    needles: BTreeMap<String, Vec<Means>>,
    without_text: Vec<usize>,
    without_needles: Vec<(usize, usize)>,
    without_second: Vec<usize>,
}

impl Making {
    fn add<T>(&mut self, row: &Row<T>, text: Option<&str>, owner: Owner) -> Result<(), TableError> {
        let index = self.patterns.len();
        let first = self.matchers.len();
        match text {
            Some(text) => {
                let hir = read(&lowered(text)).map_err(|why| row.error(why))?;
                branches(&hir).into_iter().for_each(|branch| self.add_branch(index, branch));
            }
            None => self.without_text.push(index),
        }
        self.patterns.push(Pattern { owner, matchers: first..self.matchers.len() });
        Ok(())
    }

    fn add_branch(&mut self, pattern: usize, branch: Branch) {
        match branch {
            Branch::Plain(texts, edges) => self.mean(texts, Means::Fits(pattern, edges)),
            Branch::Regex(hir, sets) => {
                let matcher = self.matchers.len();
                self.matchers.push(Matcher::new(hir));
                let mut sets = sets.into_iter();
                match sets.next() {
                    Some(first) => self.mean(first, Means::Try(pattern, matcher)),
                    None => self.without_needles.push((pattern, matcher)),
                }
                match sets.next() {
                    Some(second) => self.mean(second, Means::Second(matcher)),
                    None => self.without_second.push(matcher),
                }
            }
        }
    }

    /// Gives each needle of a set its meaning.
    fn mean(&mut self, needles: Vec<String>, meaning: Means) {
        for needle in needles {
            self.needles.entry(needle).or_default().push(meaning);
        }
    }

    /// What holds before any needle is found.
    fn always(&self) -> Hits {
        let mut hits = Hits {
            lower: String::new(),
            fit: Bits::sized(self.patterns.len()),
            may_fit: Bits::sized(self.patterns.len()),
            worth_trying: Bits::sized(self.matchers.len()),
            seconded: Bits::sized(self.matchers.len()),
        };
        for &pattern in &self.without_text {
            hits.fit.set(pattern);
            hits.may_fit.set(pattern);
        }
        for &(pattern, matcher) in &self.without_needles {
            hits.may_fit.set(pattern);
            hits.worth_trying.set(matcher);
        }
        self.without_second.iter().for_each(|&matcher| hits.seconded.set(matcher));
        hits
    }
}

/// Appends `text` in lower case. ASCII, nearly all there is, goes by the byte.
pub fn lower_case(text: &str, out: &mut String) {
    if text.is_ascii() {
        out.push_str(text);
        out.make_ascii_lowercase();
    } else {
        out.extend(text.chars().flat_map(char::to_lowercase));
    }
}

/// The alternatives of a regex as its row spells them, each ready to be tried on its own.
pub fn alternatives(regex: &str) -> Vec<(&str, Matcher)> {
    let whole = regex_syntax::ast::parse::Parser::new().parse(regex).ok();
    let spans = match &whole {
        Some(Ast::Alternation(all)) => all.asts.iter().map(Ast::span).collect(),
        Some(one) => vec![one.span()],
        None => Vec::new(),
    };
    let texts = spans.into_iter().filter_map(|span| regex.get(span.start.offset..span.end.offset));
    texts.filter_map(|text| Some((text, Matcher::new(read(&lowered(text)).ok()?)))).collect()
}

/// A regex in lower case, its escapes left alone: `\S` is not `\s`.
fn lowered(regex: &str) -> String {
    let mut out = String::with_capacity(regex.len());
    let mut chars = regex.chars();
    while let Some(c) = chars.next() {
        if c == '\\' {
            out.push(c);
            out.extend(chars.next());
        } else {
            out.extend(c.to_lowercase());
        }
    }
    out
}

/// Reads one regex. `\b \d \w \s` mean ASCII; one that needs Unicode (`[é]`) gets it.
fn read(regex: &str) -> Result<regex_syntax::hir::Hir, String> {
    let parse = |unicode: bool| {
        let mut parser = regex_syntax::ParserBuilder::new();
        parser.unicode(unicode).utf8(false).build().parse(regex).map_err(Box::new)
    };
    let first = if regex.is_ascii() { parse(false) } else { parse(true) };
    first.or_else(|_| parse(true)).map_err(|error| {
        // regex-syntax draws the place on several lines and says why on the last.
        let full = error.to_string();
        let last = full.lines().last().unwrap_or_default();
        format!("not a regex (crate `regex`): {}", last.strip_prefix("error: ").unwrap_or(last))
    })
}

/// Compiles what marks vendor tags, letter case exact; `None` when no row has any.
fn tags(receivers: &Receivers) -> Result<Option<Regex>, TableError> {
    let patterns: Vec<_> = receivers.rows().iter().flat_map(|row| &row.value.tags).collect();
    if patterns.is_empty() {
        return Ok(None);
    }
    let ascii = syntax::Config::new().unicode(false).utf8(false);
    let built = Regex::builder().syntax(ascii).build_many(&patterns);
    built.map(Some).map_err(|e| all_rows(Receiver::FILE, &e))
}

/// An error that no single row causes.
fn all_rows(file: &str, why: &dyn std::fmt::Display) -> TableError {
    TableError { file: file.to_owned(), line: 1, what: format!("the rows together do not compile: {why}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_regex_is_lowered_without_touching_its_escapes() {
        assert_eq!(lowered(r"RESOLVER\.ADR \S+\\N"), r"resolver\.adr \S+\\n");
    }
}
