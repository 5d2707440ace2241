//! All regexes of the tables. In: a template. Out: which rows' regexes fit it.
//!
//! One automaton for all of them does not work: with hundreds of loose patterns it makes new states at almost every
//! letter of a new wording (measured: 110 microseconds for a reply not seen before, and 250 MB). So one Aho-Corasick
//! pass finds plain texts, which are matches, and needles, which leave a handful of small regexes to try.

use std::collections::BTreeMap;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};
use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use regex_syntax::ast::Ast;

use crate::tables::blocklists::Blocklist;
use crate::tables::receivers::{Receiver, Receivers};
use crate::tables::rules::Rule;
use crate::tables::{Row, Table, TableError};

use super::literals::{Branch, Edges, branches};
use super::matcher::Matcher;
use super::rules::RuleSet;

/// What a pattern belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Rule,
    Receiver(usize),
    Blocklist(usize),
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
    /// The matcher is worth trying, for its pattern.
    Try(usize, usize),
}

/// The regexes of all tables.
#[derive(Debug)]
pub struct Patterns {
    /// One for each rule, at the rule's own index; then those of receivers, then those of blocklists.
    patterns: Vec<Pattern>,
    rules: usize,
    receivers_end: usize,
    matchers: Vec<Matcher>,
    needles: AhoCorasick,
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
    /// Matchers worth trying.
    worth_trying: Bits,
}

/// A set of small numbers.
#[derive(Debug, Clone, Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn sized(count: usize) -> Bits {
        Bits(vec![0; count.div_ceil(64)])
    }

    fn set(&mut self, at: usize) {
        if let Some(word) = self.0.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }

    fn has(&self, at: usize) -> bool {
        self.0.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    /// The members from `from` to before `to`, in order.
    fn within(&self, from: usize, to: usize) -> impl Iterator<Item = usize> + use<'_> {
        let words = self.0.iter().enumerate().take(to.div_ceil(64)).skip(from / 64);
        let members = words.flat_map(|(at, &word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some(at * 64 + bit)
            })
        });
        members.filter(move |member| (from..to).contains(member))
    }
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
        let built = AhoCorasick::builder().match_kind(MatchKind::Standard).build(making.needles.keys());
        let always = making.always();
        Ok(Patterns {
            patterns: making.patterns,
            rules: rules.rows().len(),
            receivers_end,
            matchers: making.matchers,
            needles: built.map_err(|e| all_rows(Rule::FILE, &e.to_string()))?,
            meanings: making.needles.into_values().collect(),
            always,
            tags: tags(receivers)?,
        })
    }

    /// Finds which patterns fit or may fit; `hits` holds them until the next template.
    pub fn find(&self, template: &str, hits: &mut Hits) {
        hits.lower.clear();
        lower_case(template, &mut hits.lower);
        hits.fit.0.clone_from(&self.always.fit.0);
        hits.may_fit.0.clone_from(&self.always.may_fit.0);
        hits.worth_trying.0.clone_from(&self.always.worth_trying.0);
        for found in self.needles.find_overlapping_iter(&hits.lower) {
            let meanings = self.meanings.get(found.pattern().as_usize());
            for meaning in meanings.into_iter().flatten() {
                match *meaning {
                    Means::Fits(pattern, edges) if edges.hold(hits.lower.as_bytes(), found.start(), found.end()) => {
                        hits.fit.set(pattern);
                        hits.may_fit.set(pattern);
                    }
                    Means::Fits(..) => {}
                    Means::Try(pattern, matcher) => {
                        hits.may_fit.set(pattern);
                        hits.worth_trying.set(matcher);
                    }
                }
            }
        }
    }

    /// The rules whose text may fit, or that have none, in order.
    pub fn rules_that_may_fit<'h>(&self, hits: &'h Hits) -> impl Iterator<Item = usize> + use<'h> {
        hits.may_fit.within(0, self.rules)
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
        self.first(self.receivers_end, self.patterns.len(), hits)
    }

    /// The row of the first pattern of a range that fits.
    fn first(&self, from: usize, to: usize, hits: &Hits) -> Option<usize> {
        let index = hits.may_fit.within(from, to).find(|&index| self.fits(index, hits))?;
        match self.patterns.get(index)?.owner {
            Owner::Receiver(row) | Owner::Blocklist(row) => Some(row),
            Owner::Rule => None,
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
                .filter_map(|at| self.matchers.get(at))
                .any(|matcher| matcher.fits(&hits.lower))
    }

    /// The first vendor tag in a template.
    pub fn vendor_tag(&self, template: &str) -> Option<Arc<str>> {
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
            Branch::Plain(texts, edges) => {
                for text in texts {
                    self.needles.entry(text).or_default().push(Means::Fits(pattern, edges));
                }
            }
            Branch::Regex(hir, needles) => {
                let matcher = self.matchers.len();
                self.matchers.push(Matcher::new(hir));
                match needles {
                    Some(needles) => {
                        for needle in needles {
                            self.needles.entry(needle).or_default().push(Means::Try(pattern, matcher));
                        }
                    }
                    None => self.without_needles.push((pattern, matcher)),
                }
            }
        }
    }

    /// What holds before any needle is found.
    fn always(&self) -> Hits {
        let mut hits = Hits {
            lower: String::new(),
            fit: Bits::sized(self.patterns.len()),
            may_fit: Bits::sized(self.patterns.len()),
            worth_trying: Bits::sized(self.matchers.len()),
        };
        for &pattern in &self.without_text {
            hits.fit.set(pattern);
            hits.may_fit.set(pattern);
        }
        for &(pattern, matcher) in &self.without_needles {
            hits.may_fit.set(pattern);
            hits.worth_trying.set(matcher);
        }
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
    let mut patterns = Vec::new();
    for row in receivers.rows() {
        for tag in &row.value.tags {
            read(tag).map_err(|why| row.error(why))?;
            patterns.push(tag.as_str());
        }
    }
    if patterns.is_empty() {
        return Ok(None);
    }
    let ascii = syntax::Config::new().unicode(false).utf8(false);
    let built = Regex::builder().syntax(ascii).build_many(&patterns);
    built.map(Some).map_err(|e| all_rows(Receiver::FILE, &e.to_string()))
}

/// An error that no single row causes.
fn all_rows(file: &str, why: &str) -> TableError {
    TableError { file: file.to_owned(), line: 1, what: format!("the rows together do not compile: {why}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_regex_is_lowered_without_touching_its_escapes() {
        assert_eq!(lowered(r"RESOLVER\.ADR \S+\\N"), r"resolver\.adr \S+\\n");
    }

    #[test]
    fn members_of_a_set_come_in_order_and_within_bounds() {
        let mut bits = Bits::sized(200);
        [3, 64, 65, 130, 199].into_iter().for_each(|n| bits.set(n));
        assert_eq!(bits.within(0, 200).collect::<Vec<_>>(), [3, 64, 65, 130, 199]);
        assert_eq!(bits.within(64, 130).collect::<Vec<_>>(), [64, 65]);
        assert_eq!(bits.within(66, 66).count(), 0);
    }
}
