//! All regexes of the tables. In: a template. Out: which rows' regexes fit it.
//!
//! One automaton for all of them does not work: with hundreds of loose patterns it makes new states at almost every
//! letter of a new wording (measured: 110 microseconds for a reply not seen before, and 250 MB). So one Aho-Corasick
//! pass finds plain texts, which are matches, and needles, which leave a handful of small regexes to try.

use std::borrow::Cow;
use std::sync::Arc;

use rayon::prelude::*;
use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use regex_syntax::ast::Ast;

use crate::tables::blocklists::Blocklist;
use crate::tables::guards::Guard;
use crate::tables::receivers::{Receiver, Receivers};
use crate::tables::rules::Rule;
use crate::tables::{Row, Table, TableError};

use super::bits::Bits;
use super::literals::{Branch, Edges, branches};
use super::matcher::Matcher;
use super::needles::Needles;

/// What a pattern belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Rule,
    Receiver(usize),
    Blocklist(usize),
    Tag,
    Guard,
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
    Fits(u32, Edges),
    /// The matcher is worth trying, if it has no second needle or that is there as well.
    Try(u32),
    /// The matcher's second needle is there.
    Second(u32),
}

/// The regexes of all tables.
#[derive(Debug)]
pub struct Patterns {
    /// One for each rule, at the rule's own index; then those of receivers, of blocklists, of vendor tags, and two for each
    /// guard: its text, and what it makes an exception of.
    patterns: Vec<Pattern>,
    rules: usize,
    receivers_end: usize,
    lists_end: usize,
    tags_end: usize,
    matchers: Vec<Matcher>,
    /// The pattern of each matcher.
    of_matcher: Vec<usize>,
    needles: Needles<Means>,
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
    /// Matchers whose needles are there; until all are found, those whose first one is.
    worth_trying: Bits,
    /// Matchers whose second needle is there, or that have none.
    seconded: Bits,
}

impl Patterns {
    /// Reads all regexes and finds their needles.
    ///
    /// # Errors
    /// A regex that does not read, with its row's file and line.
    pub fn compile(
        receivers: &Receivers,
        lists: &[Row<Blocklist>],
        rules: &[Row<Rule>],
        guards: &[Row<Guard>],
    ) -> Result<Patterns, TableError> {
        let texts = Text::all(receivers, lists, rules, guards);
        let receivers_end = texts.partition_point(|text| matches!(text.value.owner, Owner::Rule | Owner::Receiver(_)));
        let lists_end = texts.partition_point(|text| !matches!(text.value.owner, Owner::Tag | Owner::Guard));
        let tags_end = texts.partition_point(|text| text.value.owner != Owner::Guard);
        let mut making = Making::default();
        // To read the regexes is half of what a start takes.
        for (text, branches) in texts.iter().zip(texts.par_iter().map(branches_of).collect::<Vec<_>>()) {
            making.add(text.value.owner, branches?);
        }
        let always = making.always();
        let (needles, tags) = rayon::join(|| Needles::new(making.needles), || tags(receivers));
        Ok(Patterns {
            patterns: making.patterns,
            rules: rules.len(),
            receivers_end,
            lists_end,
            tags_end,
            matchers: making.matchers,
            needles: needles.map_err(|e| all_rows(Rule::FILE, &e))?,
            of_matcher: making.of_matcher,
            always,
            tags: tags?,
        })
    }

    /// Finds which patterns fit or may fit; `hits` holds them until the next template.
    pub fn find(&self, template: &str, hits: &mut Hits) {
        hits.lower.clear();
        lower_case(template, &mut hits.lower);
        self.find_in_lower(hits);
    }

    /// The same for the template without its links, if it has any: what stands in them is the name of a page.
    pub fn find_without_links(&self, hits: &Hits) -> Option<Hits> {
        let lower = without_links(&hits.lower)?;
        let mut plain = Hits { lower, ..Hits::default() };
        self.find_in_lower(&mut plain);
        Some(plain)
    }

    fn find_in_lower(&self, hits: &mut Hits) {
        hits.fit.clone_from(&self.always.fit);
        hits.worth_trying.clone_from(&self.always.worth_trying);
        hits.seconded.clone_from(&self.always.seconded);
        let Hits { lower, fit, may_fit, worth_trying, seconded } = hits;
        self.needles.find(lower, |means, at| match *means {
            Means::Fits(pattern, edges) => {
                if edges.hold(lower.as_bytes(), at.start, at.end) {
                    fit.set(pattern as usize);
                }
            }
            Means::Try(matcher) => worth_trying.set(matcher as usize),
            Means::Second(matcher) => seconded.set(matcher as usize),
        });
        worth_trying.keep(seconded);
        may_fit.clone_from(fit);
        worth_trying
            .iter()
            .filter_map(|matcher| self.of_matcher.get(matcher))
            .for_each(|pattern| may_fit.set(*pattern));
    }

    /// Those of `rules` whose text may fit, or that have none, in order.
    pub fn that_may_fit(&self, rules: &Bits, hits: &Hits) -> impl Iterator<Item = usize> {
        hits.may_fit.and(rules)
    }

    /// Whether the text of the rule at `index` fits, if it has one.
    pub fn rule_fits(&self, index: usize, hits: &Hits) -> bool {
        self.fits(index, hits)
    }

    /// Whether the text of the guard at `index` fits, if it has one, and nothing that it makes an exception of.
    pub fn guard_fits(&self, index: usize, hits: &Hits) -> bool {
        let text = self.tags_end + 2 * index;
        self.fits(text, hits) && !self.fits(text + 1, hits)
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
            Owner::Rule | Owner::Tag | Owner::Guard => None,
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

    /// The first vendor tag in a template. Most have none, and nothing of one either.
    pub fn vendor_tag(&self, template: &str, hits: &Hits) -> Option<Arc<str>> {
        hits.may_fit.within(self.lists_end, self.tags_end).next()?;
        let found = self.tags.as_ref()?.find(template)?;
        let tag = template.get(found.range())?;
        let tag = tag.trim_start_matches(['(', '[', ' ']);
        // A bracket that the tag itself opens, as in `AS(1450)`, belongs to it.
        let closing: &[char] = if tag.contains('(') { &[']', ' '] } else { &[')', ']', ' '] };
        Some(tag.trim_end_matches(closing).into())
    }
}

/// A sign that no template has.
const NEVER: &str = "\u{0}";

/// What a row looks for, as it is spelled; `None` for a rule without text.
struct Text<'t> {
    owner: Owner,
    regex: Option<&'t str>,
}

impl<'t> Text<'t> {
    /// Those of all rows, each at its row's place, in the order of the patterns.
    fn all(
        receivers: &'t Receivers,
        lists: &'t [Row<Blocklist>],
        rules: &'t [Row<Rule>],
        guards: &'t [Row<Guard>],
    ) -> Vec<Row<Text<'t>>> {
        let said = |(index, row): (usize, &'t Row<Receiver>)| {
            row.value.says.iter().map(move |regex| Text::of(row, Some(regex), Owner::Receiver(index)))
        };
        let named = |(index, row): (usize, &'t Row<Blocklist>)| {
            row.value.text.iter().map(move |regex| Text::of(row, Some(regex), Owner::Blocklist(index)))
        };
        let tagged =
            |row: &'t Row<Receiver>| row.value.tags.iter().map(move |tag| Text::of(row, Some(tag), Owner::Tag));
        let taken_back = |row: &'t Row<Guard>| {
            // No text holds of every reply; no exception of none.
            let unless = row.value.unless.as_deref().unwrap_or(NEVER);
            [row.value.text.as_deref(), Some(unless)].map(|regex| Text::of(row, regex, Owner::Guard))
        };
        let rules = rules.iter().map(|row| Text::of(row, row.value.text.as_deref(), Owner::Rule));
        rules
            .chain(receivers.rows().iter().enumerate().flat_map(said))
            .chain(lists.iter().enumerate().flat_map(named))
            .chain(receivers.rows().iter().flat_map(tagged))
            .chain(guards.iter().flat_map(taken_back))
            .collect()
    }

    fn of<T>(row: &Row<T>, regex: Option<&'t str>, owner: Owner) -> Row<Text<'t>> {
        Row { file: row.file.clone(), line: row.line, value: Text { owner, regex } }
    }
}

/// The branches of a text's regex in lower case; `None` if it has no regex.
fn branches_of(text: &Row<Text<'_>>) -> Result<Option<Vec<Branch>>, TableError> {
    let Some(regex) = text.value.regex else {
        return Ok(None);
    };
    if text.value.owner == Owner::Tag {
        // In its own letter case too: `[a-Z]` is wrong only there.
        read(regex).map_err(|why| text.error(why))?;
    }
    Ok(Some(branches(&read(&lowered(regex)).map_err(|why| text.error(why))?)))
}

/// Patterns on the way in.
#[derive(Debug, Default)]
struct Making {
    patterns: Vec<Pattern>,
    matchers: Vec<Matcher>,
    needles: Vec<(String, Means)>,
    without_text: Vec<usize>,
    of_matcher: Vec<usize>,
    without_needles: Vec<usize>,
    without_second: Vec<usize>,
}

impl Making {
    /// Takes in a pattern: its branches, or `None` if its row has no regex.
    fn add(&mut self, owner: Owner, branches: Option<Vec<Branch>>) {
        let index = self.patterns.len();
        let first = self.matchers.len();
        match branches {
            Some(branches) => branches.into_iter().for_each(|branch| self.add_branch(index, branch)),
            None => self.without_text.push(index),
        }
        self.patterns.push(Pattern { owner, matchers: first..self.matchers.len() });
    }

    fn add_branch(&mut self, pattern: usize, branch: Branch) {
        match branch {
            Branch::Plain(texts, edges) => self.mean(texts, Means::Fits(pattern as u32, edges)),
            Branch::Regex(hir, sets) => {
                let matcher = self.matchers.len();
                self.matchers.push(Matcher::new(hir));
                self.of_matcher.push(pattern);
                let mut sets = sets.into_iter();
                match sets.next() {
                    Some(first) => self.mean(first, Means::Try(matcher as u32)),
                    None => self.without_needles.push(matcher),
                }
                match sets.next() {
                    Some(second) => self.mean(second, Means::Second(matcher as u32)),
                    None => self.without_second.push(matcher),
                }
            }
        }
    }

    /// Gives each needle of a set its meaning.
    fn mean(&mut self, needles: Vec<String>, meaning: Means) {
        self.needles.extend(needles.into_iter().map(|needle| (needle, meaning)));
    }

    /// What holds before any needle is found.
    fn always(&self) -> Hits {
        let mut hits = Hits {
            lower: String::new(),
            fit: Bits::sized(self.patterns.len()),
            may_fit: Bits::default(),
            worth_trying: Bits::sized(self.matchers.len()),
            seconded: Bits::sized(self.matchers.len()),
        };
        self.without_text.iter().for_each(|&pattern| hits.fit.set(pattern));
        self.without_needles.iter().for_each(|&matcher| hits.worth_trying.set(matcher));
        self.without_second.iter().for_each(|&matcher| hits.seconded.set(matcher));
        hits
    }
}

/// The placeholders of templates, and what stands between the braces where regexes are tried: a sign that no text has and
/// that is part of no word, so that no row takes a placeholder's name for a word of the reply.
const PLACEHOLDERS: [(&str, char); 6] =
    [("addr", '\u{1}'), ("host", '\u{2}'), ("ip", '\u{3}'), ("id", '\u{4}'), ("date", '\u{5}'), ("n", '\u{6}')];

/// Appends a template as regexes are tried on it: in lower case, placeholders without their names.
pub fn lower_case(template: &str, out: &mut String) {
    let mut rest = template;
    while let Some(open) = memchr::memchr(b'{', rest.as_bytes()) {
        let inside = &rest[open + 1..];
        let named = PLACEHOLDERS.iter().find(|(name, _)| {
            inside.as_bytes().starts_with(name.as_bytes()) && inside.as_bytes().get(name.len()) == Some(&b'}')
        });
        push_lower(&rest[..=open], out);
        rest = inside;
        if let Some((name, sign)) = named {
            out.push(*sign);
            rest = &rest[name.len()..];
        }
    }
    push_lower(rest, out);
}

/// Appends `text` in lower case. ASCII, nearly all there is, goes by the byte.
fn push_lower(text: &str, out: &mut String) {
    if text.is_ascii() {
        let from = out.len();
        out.push_str(text);
        out[from..].make_ascii_lowercase();
    } else {
        out.extend(text.chars().flat_map(char::to_lowercase));
    }
}

/// A reply in lower case without its links; `None` if it has none.
fn without_links(lower: &str) -> Option<String> {
    let mut rest = lower;
    let mut out = String::new();
    while let Some(at) = rest.find("://") {
        let scheme = rest[..at].bytes().rev().take_while(u8::is_ascii_alphabetic).count();
        let end = rest[at..].find(char::is_whitespace).map_or(rest.len(), |end| at + end);
        out.push_str(&rest[..at - scheme]);
        rest = &rest[end..];
    }
    (rest.len() < lower.len()).then(|| out + rest)
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

/// A regex in lower case, its escapes left alone: `\S` is not `\s`; placeholders (`\{host\}`) as they are tried.
pub fn lowered(regex: &str) -> String {
    let mut out = String::with_capacity(regex.len());
    let spelled = PLACEHOLDERS.iter().fold(Cow::Borrowed(regex), |regex, (name, sign)| {
        let escaped = format!("\\{{{name}\\}}");
        if regex.contains(&escaped) { Cow::Owned(regex.replace(&escaped, &format!("\\{{{sign}\\}}"))) } else { regex }
    });
    let regex = &*spelled;
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
pub fn read(regex: &str) -> Result<regex_syntax::hir::Hir, String> {
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
    fn a_placeholder_is_no_word() {
        let mut lower = String::new();
        lower_case("Host {host}: {addr} Ünd {HOST} {x}", &mut lower);
        assert_eq!(lower, "host {\u{2}}: {\u{1}} ünd {host} {x}");
        assert_eq!(lowered(r"\{host\}.*Host\b"), "\\{\u{2}\\}.*host\\b");
    }

    #[test]
    fn a_regex_is_lowered_without_touching_its_escapes() {
        assert_eq!(lowered(r"RESOLVER\.ADR \S+\\N"), r"resolver\.adr \S+\\n");
    }
}
