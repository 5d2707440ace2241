//! The tables' own tests: examples must reach their row, counter-examples must not. In: tables. Out: findings with file,
//! line and remedy. `bouncescope check` and `cargo test` run the same code.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use crate::bounce::{Basis, Blames};
use crate::parse::reply;
use crate::tables::rules::Rule;
use crate::tables::{Row, TableError};

use super::heard::Heard;
use super::patterns::{Hits, alternatives, lower_case};
use super::{Classifier, template};

/// Something wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file, as the user knows it.
    pub file: String,
    /// The row's line, from 1.
    pub line: usize,
    /// What is wrong, and the remedy.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// Checks rules, receivers and blocklists, a user's rows with the built-in ones.
///
/// # Errors
/// A table that does not load at all.
pub fn check(user_tables: Option<&Path>) -> Result<Vec<Finding>, TableError> {
    let classifier = Classifier::new(user_tables)?;
    let mut findings = Vec::new();
    classifier.check_names(&mut findings);
    classifier.check_examples(&mut findings);
    classifier.check_placeholders(&mut findings);
    classifier.check_explicit(&mut findings);
    classifier.check_guards(&mut findings);
    classifier.check_lists(&mut findings);
    classifier.check_alternatives(&mut findings);
    Ok(findings)
}

fn finding<T>(row: &Row<T>, what: String) -> Finding {
    Finding { file: row.file.to_string(), line: row.line, what }
}

impl Classifier {
    /// Ids stand once; receivers and speakers are known ones; every row has a source and an example.
    fn check_names(&self, findings: &mut Vec<Finding>) {
        let mut first: HashMap<&str, &Row<Rule>> = HashMap::new();
        for row in self.rules.rows() {
            if let Some(earlier) = first.insert(&row.value.id, row) {
                findings.push(finding(
                    row,
                    format!(
                        "id \"{}\" stands already at {}:{}; give this row its own",
                        row.value.id, earlier.file, earlier.line
                    ),
                ));
            }
            for name in row.value.receiver.iter().chain(&row.value.speaker) {
                if self.receivers.get(name).is_none() && !name.starts_with("other:") {
                    let known = self.receivers.rows().iter().map(|r| r.value.name.as_str());
                    let hint =
                        crate::bounce::nearest_word(name, known).map(|near| format!("; did you mean \"{near}\"?"));
                    findings.push(finding(
                        row,
                        format!(
                            "rule \"{}\": no row of receivers.toml is named \"{name}\"{}",
                            row.value.id,
                            hint.unwrap_or_default()
                        ),
                    ));
                }
            }
            if row.value.examples.is_empty() {
                findings.push(finding(
                    row,
                    format!("rule \"{}\" has no example; add one reply that must reach it", row.value.id),
                ));
            }
            if row.value.source.trim().is_empty() {
                findings.push(finding(row, format!("rule \"{}\" has no source", row.value.id)));
            }
        }
    }

    /// Every example reaches its row, no counter-example does; says which row took it.
    fn check_examples(&self, findings: &mut Vec<Finding>) {
        let mut hits = Hits::default();
        for row in self.rules.rows() {
            let mut reached = 0;
            let mut takers = Vec::new();
            for example in &row.value.examples {
                match self.reached(example, row, &mut hits) {
                    Reached::First => reached += 1,
                    Reached::Shadowed(by) => {
                        takers.push(by.value.id.as_str());
                        findings.push(finding(row, format!("rule \"{}\": example {example:?} is taken by \"{}\" ({}:{}); move this row before it, or narrow that one", row.value.id, by.value.id, by.file, by.line)));
                    }
                    Reached::Not(by) => findings.push(finding(
                        row,
                        format!(
                            "rule \"{}\": example {example:?} does not fit the row{}",
                            row.value.id,
                            by.map(|by| format!(" (\"{}\" takes it)", by.value.id)).unwrap_or_default()
                        ),
                    )),
                }
            }
            for example in &row.value.counter_examples {
                if matches!(self.reached(example, row, &mut hits), Reached::First) {
                    findings.push(finding(
                        row,
                        format!("rule \"{}\": counter-example {example:?} reaches it", row.value.id),
                    ));
                }
            }
            if reached == 0 && !takers.is_empty() && takers.len() == row.value.examples.len() {
                findings.push(finding(
                    row,
                    format!(
                        "rule \"{}\" is shadowed: every example is taken by an earlier row ({})",
                        row.value.id,
                        takers.join(", ")
                    ),
                ));
            }
        }
    }

    /// No row fits what has no words: a reply of nothing but an address, a host, an IP, an id.
    fn check_placeholders(&self, findings: &mut Vec<Finding>) {
        let mut hits = Hits::default();
        for bare in ["{host}", "{addr}", "{ip}", "{id}", "{date}", "{n}", "{host}: {addr} ({ip}) {id} {date} {n}"] {
            self.patterns.find(bare, &mut hits);
            let worded = self.rules.rows().iter().enumerate().filter(|(_, row)| row.value.text.is_some());
            for (_, row) in worded.filter(|(index, _)| self.patterns.rule_fits(*index, &hits)) {
                let what = format!(
                    "rule \"{}\": its text fits {bare:?}, which has no words; ask for a word of the reply beside it",
                    row.value.id
                );
                findings.push(finding(row, what));
            }
        }
    }

    /// A row that says that the recipient's organisation has a rule against us names the document that says so, or asks
    /// for words that name who made the rule (method 5.4).
    fn check_explicit(&self, findings: &mut Vec<Finding>) {
        for row in self.rules.rows() {
            let rule = &row.value;
            let blames = rule.blames.unwrap_or(rule.cause.meaning().blames);
            let basis = rule.basis.unwrap_or(rule.cause.meaning().basis);
            if (blames, basis) != (Blames::Tenant, Basis::ExplicitRule) {
                continue;
            }
            if rule.document.as_deref().is_some_and(|document| !document.trim().is_empty()) {
                continue;
            }
            let unnamed = rule.examples.iter().find(|example| !names_who_decides(example));
            let what = match unnamed {
                None if !rule.examples.is_empty() => continue,
                None => format!("rule \"{}\" is explicit and has neither document nor example", rule.id),
                Some(example) => format!(
                    "rule \"{}\" is explicit, but {example:?} names nobody who made a rule; give `document`, or say basis = \"unstated\"",
                    rule.id
                ),
            };
            findings.push(finding(row, what));
        }
    }

    /// Every guard holds over its examples, and not over its counter-examples.
    fn check_guards(&self, findings: &mut Vec<Finding>) {
        let mut hits = Hits::default();
        for (index, row) in self.guards.rows().iter().enumerate() {
            let guard = &row.value;
            if guard.source.trim().is_empty() || guard.examples.is_empty() {
                findings.push(finding(row, format!("guard \"{}\" needs a source and an example", guard.id)));
            }
            for (text, wanted) in
                guard.examples.iter().map(|e| (e, true)).chain(guard.counter_examples.iter().map(|e| (e, false)))
            {
                let (rule, holds) = self.guarded(text, index, &mut hits);
                let rule = rule.map_or("no rule", |row| row.value.id.as_str());
                if holds != wanted {
                    let does = if wanted { "does not hold over" } else { "holds over the counter-example" };
                    let what = format!("guard \"{}\" {does} {text:?}, which \"{rule}\" takes", guard.id);
                    findings.push(finding(row, what));
                }
            }
        }
    }

    /// The rule that takes a reply, and whether a guard holds over it.
    fn guarded(&self, example: &str, guard: usize, hits: &mut Hits) -> (Option<&Row<Rule>>, bool) {
        let (host, diagnostic) = host_and_reply(example);
        let reply = reply::read(diagnostic);
        let heard = Heard::of_reply(&reply, host, &self.receivers);
        let mut text = String::new();
        template::write(heard.text, &self.known, &mut text);
        let Some(row) = self.holding(&heard, &text, hits).first().copied() else { return (None, false) };
        let blames = row.value.blames.unwrap_or(row.value.cause.meaning().blames);
        let mut holding = self.guards.holding(row.value.cause, &heard, &self.patterns, hits);
        (Some(row), blames == Blames::Recipient && holding.any(|index| index == guard))
    }

    /// Every list's example yields the list.
    fn check_lists(&self, findings: &mut Vec<Finding>) {
        let mut hits = Hits::default();
        for row in &self.lists {
            for example in &row.value.examples {
                let reply = reply::read(example);
                let mut text = String::new();
                template::write(reply.text.as_deref().unwrap_or_default(), &self.known, &mut text);
                self.patterns.find(&text, &mut hits);
                let found = self.patterns.blocklist(&hits).and_then(|i| self.lists.get(i));
                let name = found.map_or("no list", |found| found.value.name.as_str());
                if name != row.value.name {
                    findings.push(finding(
                        row,
                        format!("blocklist \"{}\": example {example:?} names {name}", row.value.name),
                    ));
                }
            }
        }
    }

    /// Each alternative of a user's regex is used by an example of its row. The built-in rows quote many wordings of
    /// which one example stands for all.
    fn check_alternatives(&self, findings: &mut Vec<Finding>) {
        let users = self.rules.rows().iter().filter(|row| !row.file.starts_with("tables/"));
        for row in users.filter(|row| !row.value.examples.is_empty()) {
            let examples: Vec<String> = row.value.examples.iter().map(|example| self.lower_template(example)).collect();
            for (text, matcher) in alternatives(row.value.text.as_deref().unwrap_or_default()) {
                if !text.is_empty() && !examples.iter().any(|example| matcher.fits(example)) {
                    findings.push(finding(
                        row,
                        format!("rule \"{}\": no example uses '{text}'; add one, or take it out", row.value.id),
                    ));
                }
            }
        }
    }

    /// What the regexes are tried on for an example.
    fn lower_template(&self, example: &str) -> String {
        let reply = reply::read(host_and_reply(example).1);
        let (mut text, mut lower) = (String::new(), String::new());
        template::write(reply.text.as_deref().unwrap_or_default(), &self.known, &mut text);
        lower_case(&text, &mut lower);
        lower
    }

    /// What an example reaches, read as an event would be. `HOST | reply` gives the answering host.
    fn reached(&self, example: &str, row: &Row<Rule>, hits: &mut Hits) -> Reached<'_> {
        let (host, diagnostic) = host_and_reply(example);
        let reply = reply::read(diagnostic);
        let heard = Heard::of_reply(&reply, host, &self.receivers);
        let mut text = String::new();
        template::write(heard.text, &self.known, &mut text);
        let holding = self.holding(&heard, &text, hits);
        let is_row = |candidate: &&Row<Rule>| candidate.line == row.line && candidate.file == row.file;
        match holding.first() {
            Some(first) if is_row(first) => Reached::First,
            Some(first) if holding.iter().any(is_row) => Reached::Shadowed(first),
            first => Reached::Not(first.copied()),
        }
    }
}

/// Whether a reply names who made a rule against us: the recipient's organisation, its domain, whoever runs its mail.
fn names_who_decides(reply: &str) -> bool {
    const NAMES: [&str; 29] = [
        "administra",
        "postmaster",
        "it department",
        "organi",
        "compan",
        "corporat",
        "corp",
        "tenant",
        "customer",
        "recipient",
        "domain",
        "we ",
        "our ",
        "mail us",
        "this site",
        "mail flow",
        "transport rule",
        "transport.rules",
        "unternehmen",
        "firma",
        "wir ",
        "unser",
        "nous ",
        "notre",
        "entreprise",
        "empresa",
        "nuestr",
        "aceptamos",
        "example.com",
    ];
    let lower = reply.to_lowercase();
    NAMES.iter().any(|name| lower.contains(name))
}

/// An example's answering host, if it gives one, and its reply.
fn host_and_reply(example: &str) -> (Option<&str>, &str) {
    match example.split_once(" | ") {
        Some((host, rest)) if !host.contains(' ') => (Some(host), rest),
        _ => (None, example),
    }
}

/// What an example reached.
enum Reached<'a> {
    /// Its own row.
    First,
    /// Its own row holds, but an earlier one takes it.
    Shadowed(&'a Row<Rule>),
    /// Its own row does not hold; perhaps another does.
    Not(Option<&'a Row<Rule>>),
}
