//! Rules, compiled: a row's columns as conditions, checked in order. In: rows of rules.toml. Out: the first that holds.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use crate::bounce::{Basis, Blames, Cause, EnhancedStatus, Permanence, SmtpCommand};
use crate::tables::rules::Rule;
use crate::tables::{Row, TableError, load};

use super::bits::Bits;
use super::heard::Heard;
use super::patterns::{Hits, Patterns};
use super::speaker::Spoke;

/// A rule ready to be checked.
#[derive(Debug)]
pub struct CompiledRule {
    /// The row's id.
    pub id: Arc<str>,
    /// Why it failed.
    pub cause: Cause,
    /// What the row says beyond the cause's usual meaning.
    pub permanence: Option<Permanence>,
    /// Likewise.
    pub blames: Option<Blames>,
    /// Likewise.
    pub basis: Option<Basis>,
    /// The list that the wording names.
    pub blocklist: Option<Arc<str>>,
    /// The system that the wording gives away.
    pub speaker: Option<Arc<str>>,
    /// Whether the wording is our own platform's for not having sent.
    pub own_drop: bool,
    /// Whether the words hide what was found.
    pub vague: bool,
    /// Whether a product's maker documents the wording as a customer's own rule.
    pub documented: bool,
    codes: Vec<CodePattern>,
    statuses: Vec<StatusPattern>,
    command: Option<SmtpCommand>,
}

/// `550`, `5xx`, `55x`.
#[derive(Debug, Clone, Copy)]
struct CodePattern {
    low: u16,
    high: u16,
}

/// `5.7.1`, `*.1.10`, `5.7.*`, `5.7.606-649`: inclusive bounds of each part.
#[derive(Debug, Clone, Copy)]
pub struct StatusPattern {
    class: (u16, u16),
    subject: (u16, u16),
    detail: (u16, u16),
}

/// All rules in order, with the rows they come from.
#[derive(Debug)]
pub struct RuleSet {
    rows: Vec<Row<Rule>>,
    compiled: Vec<CompiledRule>,
    /// The rules that name no receiver.
    of_anyone: Bits,
    /// By receiver that a rule names: the rules that name it, and those that name none.
    of_receiver: HashMap<String, Bits>,
}

impl RuleSet {
    /// Loads the rules, a user's first.
    ///
    /// # Errors
    /// A column that does not read, with file and line.
    pub fn load(user_tables: Option<&Path>) -> Result<RuleSet, TableError> {
        let rows = load::<Rule>(user_tables)?;
        let compiled = rows.iter().map(compile).collect::<Result<_, _>>()?;
        let mut of_anyone = Bits::sized(rows.len());
        let unbound = rows.iter().enumerate().filter(|(_, row)| row.value.receiver.is_empty());
        unbound.for_each(|(index, _)| of_anyone.set(index));
        let mut of_receiver = HashMap::new();
        for (index, row) in rows.iter().enumerate() {
            for receiver in &row.value.receiver {
                of_receiver.entry(receiver.clone()).or_insert_with(|| of_anyone.clone()).set(index);
            }
        }
        Ok(RuleSet { rows, compiled, of_anyone, of_receiver })
    }

    /// The rows, in order.
    pub fn rows(&self) -> &[Row<Rule>] {
        &self.rows
    }

    /// The regexes, each with the index of its row.
    pub fn texts(&self) -> impl Iterator<Item = (usize, &str)> {
        self.rows.iter().enumerate().filter_map(|(index, row)| row.value.text.as_deref().map(|text| (index, text)))
    }

    /// The first rule of which all columns hold.
    pub fn first(
        &self,
        heard: &Heard<'_>,
        spoke: Option<Spoke<'_>>,
        hits: &Hits,
        patterns: &Patterns,
    ) -> Option<&CompiledRule> {
        self.holding(heard, spoke, hits, patterns).next().and_then(|index| self.compiled.get(index))
    }

    /// The indices of all rules of which all columns hold, in order.
    pub fn holding(
        &self,
        heard: &Heard<'_>,
        spoke: Option<Spoke<'_>>,
        hits: &Hits,
        patterns: &Patterns,
    ) -> impl Iterator<Item = usize> {
        let spoken = spoke.and_then(|s| self.of_receiver.get(s.name)).unwrap_or(&self.of_anyone);
        patterns.that_may_fit(spoken, hits).filter(move |&index| {
            self.compiled.get(index).is_some_and(|rule| rule.holds_beside_words(heard))
                && patterns.rule_fits(index, hits)
        })
    }
}

impl CompiledRule {
    /// Whether all but text and receiver hold.
    fn holds_beside_words(&self, heard: &Heard<'_>) -> bool {
        let code = self.codes.is_empty() || heard.code.is_some_and(|c| self.codes.iter().any(|p| p.holds(c.get())));
        let status = self.statuses.is_empty() || heard.status.is_some_and(|s| self.statuses.iter().any(|p| p.holds(s)));
        let command = self.command.is_none() || self.command == heard.command;
        code && status && command
    }
}

impl CodePattern {
    fn parse(text: &str) -> Option<CodePattern> {
        let bytes = text.as_bytes();
        let wild = |b: u8| matches!(b, b'x' | b'X' | b'*');
        let digits = bytes.len() == 3 && matches!(bytes.first(), Some(b'2'..=b'5'));
        if !digits || !bytes.iter().all(|&b| b.is_ascii_digit() || wild(b)) {
            return None;
        }
        let bound = |fill: u8| bytes.iter().fold(0, |n, &b| n * 10 + u16::from(if wild(b) { fill } else { b - b'0' }));
        Some(CodePattern { low: bound(0), high: bound(9) })
    }

    fn holds(&self, code: u16) -> bool {
        (self.low..=self.high).contains(&code)
    }
}

impl StatusPattern {
    /// Reads a pattern.
    pub fn parse(text: &str) -> Option<StatusPattern> {
        let mut parts = text.split('.').map(|part| match part.split_once('-') {
            _ if part == "*" || part == "x" => Some((0, 999)),
            Some((low, high)) => Some((low.parse().ok()?, high.parse().ok()?)),
            None => part.parse().ok().map(|n| (n, n)),
        });
        let pattern = StatusPattern { class: parts.next()??, subject: parts.next()??, detail: parts.next()?? };
        let ordered =
            [pattern.class, pattern.subject, pattern.detail].iter().all(|(low, high)| low <= high && *high <= 999);
        (parts.next().is_none() && ordered).then_some(pattern)
    }

    /// Whether a status fits.
    pub fn holds(&self, status: EnhancedStatus) -> bool {
        let within = |(low, high): (u16, u16), n: u16| (low..=high).contains(&n);
        within(self.class, u16::from(status.class))
            && within(self.subject, status.subject)
            && within(self.detail, status.detail)
    }
}

/// Reads a row's columns.
fn compile(row: &Row<Rule>) -> Result<CompiledRule, TableError> {
    let rule = &row.value;
    let well_named = !rule.id.is_empty()
        && rule.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.'));
    if !well_named {
        return Err(row.error(format!("id \"{}\" must be lower-case words joined with \"-\"", rule.id)));
    }
    let codes = rule
        .reply_code
        .iter()
        .map(|text| {
            CodePattern::parse(text).ok_or_else(|| {
                row.error(format!("reply_code \"{text}\" must be three digits such as \"550\", or \"5xx\""))
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let statuses = rule
        .status
        .iter()
        .map(|text| {
            StatusPattern::parse(text).ok_or_else(|| {
                row.error(format!(
                    "status \"{text}\" needs three parts, such as \"5.7.1\", \"5.7.*\" or \"5.7.606-649\""
                ))
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let empty = rule.text.is_none()
        && codes.is_empty()
        && statuses.is_empty()
        && rule.receiver.is_empty()
        && rule.command.is_none();
    if empty {
        return Err(row.error(format!(
            "rule \"{}\" has no condition; give it text, status, reply_code, receiver or command",
            rule.id
        )));
    }
    Ok(CompiledRule {
        id: rule.id.as_str().into(),
        cause: rule.cause,
        permanence: rule.permanence,
        blames: rule.blames,
        basis: rule.basis,
        blocklist: rule.blocklist.as_deref().map(Arc::from),
        speaker: rule.speaker.as_deref().map(Arc::from),
        own_drop: rule.own_drop,
        vague: rule.vague,
        documented: rule.document.is_some(),
        codes,
        statuses,
        command: rule.command,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_pattern_covers_its_range() {
        for (pattern, code, want) in
            [("550", 550, true), ("550", 551, false), ("5xx", 599, true), ("5xx", 450, false), ("45x", 451, true)]
        {
            assert_eq!(CodePattern::parse(pattern).unwrap().holds(code), want, "{pattern} {code}");
        }
        for bad in ["5", "5000", "x50", "abc", ""] {
            assert!(CodePattern::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_status_pattern_covers_its_range() {
        for (pattern, status, want) in [
            ("5.7.1", "5.7.1", true),
            ("*.1.10", "4.1.10", true),
            ("5.7.*", "5.7.26", true),
            ("5.7.606-649", "5.7.620", true),
            ("5.7.606-649", "5.7.650", false),
        ] {
            assert_eq!(
                StatusPattern::parse(pattern).unwrap().holds(status.parse().unwrap()),
                want,
                "{pattern} {status}"
            );
        }
        for bad in ["5.7", "5.7.1.2", "5.7.9-1", "5.7.x1", ""] {
            assert!(StatusPattern::parse(bad).is_none(), "{bad}");
        }
    }
}
