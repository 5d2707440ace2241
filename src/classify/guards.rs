//! Guards: what takes a dead recipient back. In: what a rule named, the reply, and what is known around it. Out: the same,
//! or what the first guard that holds says instead. They are asked only where a rule blames the recipient, and there
//! always: no rule, however wide, lists an address for words that are about us, that leave the reason open, or that pass.

use std::path::Path;
use std::sync::Arc;

use crate::bounce::{Blames, Cause, Classification, Permanence};
use crate::tables::guards::Guard;
use crate::tables::{Row, TableError, load};

use super::heard::Heard;
use super::patterns::{Hits, Patterns};
use super::rules::StatusPattern;

/// All guards in order, with the rows they come from.
#[derive(Debug)]
pub struct Guards {
    rows: Vec<Row<Guard>>,
    compiled: Vec<Compiled>,
}

/// A guard ready to be asked.
#[derive(Debug)]
struct Compiled {
    id: Arc<str>,
    statuses: Vec<StatusPattern>,
}

impl Guards {
    /// Loads the guards, a user's first.
    ///
    /// # Errors
    /// A column that does not read, with file and line.
    pub fn load(user_tables: Option<&Path>) -> Result<Guards, TableError> {
        let rows = load::<Guard>(user_tables)?;
        let compiled = rows.iter().map(compile).collect::<Result<_, _>>()?;
        Ok(Guards { rows, compiled })
    }

    /// The rows, in order.
    pub fn rows(&self) -> &[Row<Guard>] {
        &self.rows
    }

    /// Takes back what a rule named, where a guard holds. `hits` is what `patterns` know of the template.
    pub fn take_back(&self, named: &mut Classification, heard: &Heard<'_>, patterns: &Patterns, hits: &Hits) {
        // What no rule knows may still say that it passes.
        if named.blames != Blames::Recipient && named.cause != Cause::Unknown {
            return;
        }
        let mut cause_stands = true;
        for index in self.holding(named.cause, heard, patterns, hits).collect::<Vec<_>>() {
            let (guard, compiled) = (&self.rows[index].value, &self.compiled[index]);
            match guard.cause {
                Some(cause) if cause_stands => {
                    named.cause = cause;
                    named.blames = guard.blames.unwrap_or(cause.meaning().blames);
                    named.basis = guard.basis.unwrap_or(cause.meaning().basis);
                    named.rule = Some(compiled.id.clone());
                    cause_stands = false;
                }
                Some(_) => continue,
                None => {}
            }
            named.permanence = guard.permanence.unwrap_or(named.permanence);
        }
    }

    /// The guards that hold over a cause which blames the recipient, in order.
    pub fn holding(
        &self,
        cause: Cause,
        heard: &Heard<'_>,
        patterns: &Patterns,
        hits: &Hits,
    ) -> impl Iterator<Item = usize> {
        let holds = move |(row, compiled): (&Row<Guard>, &Compiled)| {
            let guard = &row.value;
            let status = || heard.status.is_some_and(|status| compiled.statuses.iter().any(|p| p.holds(status)));
            guard.over.contains(&cause)
                && (compiled.statuses.is_empty() || status())
                && guard.command.is_none_or(|command| heard.command == Some(command))
                && (!guard.names_us || heard.names_us)
        };
        let plain = patterns.find_without_links(hits);
        let fits = move |index: usize| patterns.guard_fits(index, plain.as_ref().unwrap_or(hits));
        let rows = self.rows.iter().zip(&self.compiled).enumerate();
        rows.filter(move |(index, row)| holds(*row) && fits(*index)).map(|(index, _)| index)
    }
}

/// Reads a row's columns.
fn compile(row: &Row<Guard>) -> Result<Compiled, TableError> {
    let guard = &row.value;
    let statuses = guard.status.iter().map(|text| {
        StatusPattern::parse(text)
            .ok_or_else(|| row.error(format!("status \"{text}\" needs three parts, such as \"5.7.1\" or \"*.1.7\"")))
    });
    let conditions = !guard.status.is_empty() || guard.command.is_some() || guard.names_us || guard.text.is_some();
    if !conditions {
        return Err(
            row.error(format!("guard \"{}\" has no condition; give it text, status, command or names_us", guard.id))
        );
    }
    if guard.cause.is_none() && guard.permanence != Some(Permanence::Transient) {
        return Err(row
            .error(format!("guard \"{}\" changes nothing; give it a cause, or permanence = \"transient\"", guard.id)));
    }
    if guard.cause.is_some_and(may_list) && guard.permanence != Some(Permanence::Transient) {
        return Err(row.error(format!("guard \"{}\" names a cause that lists the recipient itself", guard.id)));
    }
    Ok(Compiled { id: guard.id.as_str().into(), statuses: statuses.collect::<Result<_, _>>()? })
}

/// The causes by which one answer lists an address or a domain.
const fn may_list(cause: Cause) -> bool {
    matches!(cause, Cause::MailboxUnknown | Cause::MailboxDisabled | Cause::DomainInvalid)
}
