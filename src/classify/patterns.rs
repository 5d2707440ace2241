//! All regexes of the tables in one automaton. In: a template. Out: which rows' regexes fit it.
//! One pass finds the rules' texts, the receivers' wordings and the blocklists' names together.

use regex_automata::meta::{self, Regex};
use regex_automata::util::syntax;
use regex_automata::{Input, MatchKind, PatternSet};

use crate::tables::blocklists::Blocklist;
use crate::tables::receivers::{Receiver, Receivers};
use crate::tables::rules::Rule;
use crate::tables::{Row, Table, TableError};

use super::rules::RuleSet;

/// Memory for the automaton's states, in bytes for each thread. The default of 2 MiB thrashes with hundreds of patterns.
const STATES_MEMORY: usize = 64 << 20;

/// What a pattern belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Receiver(usize),
    Blocklist(usize),
}

/// The compiled regexes.
#[derive(Debug)]
pub struct Patterns {
    automaton: Regex,
    /// The pattern of each rule; `None` for rules without text.
    rule_pattern: Vec<Option<usize>>,
    /// Owners of the patterns behind the rules', in order of the tables.
    owners: Vec<(usize, Owner)>,
    tags: Option<Regex>,
}

/// Scratch space and the result of the last search.
#[derive(Debug, Default)]
pub struct Hits {
    found: Option<PatternSet>,
    cache: Option<meta::Cache>,
}

impl Hits {
    fn has(&self, pattern: usize) -> bool {
        let id = regex_automata::PatternID::new(pattern);
        self.found.as_ref().is_some_and(|set| id.is_ok_and(|id| set.contains(id)))
    }
}

impl Patterns {
    /// Compiles all regexes.
    ///
    /// # Errors
    /// A regex that does not read, with its row's file and line.
    pub fn compile(receivers: &Receivers, lists: &[Row<Blocklist>], rules: &RuleSet) -> Result<Patterns, TableError> {
        let mut texts = Vec::new();
        let mut rule_pattern = vec![None; rules.rows().len()];
        for (index, text) in rules.texts() {
            rule_pattern[index] = Some(texts.len());
            texts.push(readable(text).map_err(|why| rules.rows()[index].error(why))?);
        }
        let mut owners = Vec::new();
        for (index, row) in receivers.rows().iter().enumerate() {
            for text in &row.value.says {
                owners.push((texts.len(), Owner::Receiver(index)));
                texts.push(readable(text).map_err(|why| row.error(why))?);
            }
        }
        for (index, row) in lists.iter().enumerate() {
            for text in &row.value.text {
                owners.push((texts.len(), Owner::Blocklist(index)));
                texts.push(readable(text).map_err(|why| row.error(why))?);
            }
        }
        let automaton = meta::Builder::new()
            .configure(config())
            .syntax(ascii())
            .build_many(&texts)
            .map_err(|e| all_rows(Rule::FILE, &e.to_string()))?;
        Ok(Patterns { automaton, rule_pattern, owners, tags: tags(receivers)? })
    }

    /// Finds which patterns fit; `hits` holds them until the next search.
    pub fn find(&self, template: &str, hits: &mut Hits) {
        let cache = hits.cache.get_or_insert_with(|| self.automaton.create_cache());
        let found = hits.found.get_or_insert_with(|| PatternSet::new(self.automaton.pattern_len()));
        found.clear();
        let input = Input::new(template);
        self.automaton.which_overlapping_matches_with(cache, &input, found);
    }

    /// Whether the text of the rule at `index` fitted.
    pub fn rule_fits(&self, index: usize, hits: &Hits) -> bool {
        matches!(self.rule_pattern.get(index), Some(Some(pattern)) if hits.has(*pattern))
    }

    /// The first receiver whose wording fitted.
    pub fn receiver(&self, hits: &Hits) -> Option<usize> {
        self.owners.iter().find_map(|(pattern, owner)| match owner {
            Owner::Receiver(row) if hits.has(*pattern) => Some(*row),
            _ => None,
        })
    }

    /// The first blocklist that is named.
    pub fn blocklist(&self, hits: &Hits) -> Option<usize> {
        self.owners.iter().find_map(|(pattern, owner)| match owner {
            Owner::Blocklist(row) if hits.has(*pattern) => Some(*row),
            _ => None,
        })
    }

    /// The first vendor tag in a template.
    pub fn vendor_tag(&self, template: &str) -> Option<String> {
        let found = self.tags.as_ref()?.find(template)?;
        let tag = template.get(found.range())?;
        Some(tag.trim_matches(|c: char| matches!(c, '(' | ')' | '[' | ']' | ' ')).to_owned())
    }
}

fn config() -> meta::Config {
    meta::Config::new()
        .match_kind(MatchKind::All)
        .utf8_empty(false)
        .nfa_size_limit(Some(256 << 20))
        .hybrid_cache_capacity(STATES_MEMORY)
        .which_captures(regex_automata::nfa::thompson::WhichCaptures::None)
}

/// How regexes are read: letter case ignored; `\b \d \w \s` mean ASCII, because a Unicode word boundary would force the
/// slow engine on every reply that is not ASCII.
fn ascii() -> syntax::Config {
    syntax::Config::new().case_insensitive(true).unicode(false).utf8(false)
}

/// Checks one regex and returns it as the automaton takes it. One that needs Unicode (`[é]`) gets it.
fn readable(text: &str) -> Result<String, String> {
    if syntax::parse_with(text, &ascii()).is_ok() {
        return Ok(text.to_owned());
    }
    let with_unicode = format!("(?u:{text})");
    match syntax::parse_with(&with_unicode, &ascii()) {
        Ok(_) => Ok(with_unicode),
        Err(_) => Err(reason(text)),
    }
}

/// Why a regex does not read, in one line.
fn reason(text: &str) -> String {
    let full = match syntax::parse_with(text, &ascii().unicode(true)) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    };
    // regex-syntax draws the place on several lines and says why on the last.
    let last = full.lines().last().unwrap_or_default();
    let why = last.strip_prefix("error: ").unwrap_or(last);
    format!("not a regex (crate `regex`): {why}")
}

/// Compiles what marks vendor tags; `None` when no row has any.
fn tags(receivers: &Receivers) -> Result<Option<Regex>, TableError> {
    let mut patterns = Vec::new();
    for row in receivers.rows() {
        for tag in &row.value.tags {
            patterns.push(readable(tag).map_err(|why| row.error(why))?);
        }
    }
    if patterns.is_empty() {
        return Ok(None);
    }
    let sensitive = ascii().case_insensitive(false);
    let built = meta::Builder::new().syntax(sensitive).build_many(&patterns);
    built.map(Some).map_err(|e| all_rows(Receiver::FILE, &e.to_string()))
}

/// An error that no single row causes.
fn all_rows(file: &str, why: &str) -> TableError {
    TableError { file: file.to_owned(), line: 1, what: format!("the rows together do not compile: {why}") }
}
