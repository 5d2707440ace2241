//! What became of the inputs as a whole. In: the summary of reading them. Out: lines on stderr, and the errors of a night
//! for which there is nothing to judge.

use std::path::PathBuf;

use crate::bounce::{Loss, RejectReason};
use crate::ingest::Summary;
use crate::report::harmless;
use crate::report::words::counted;
use crate::source::{Listing, Passed, Stray};

/// Nothing in the inputs has a date, and the job names none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no event and no delivery has a date, so the night has no name; give it one with --as-of 2026-11-20")]
pub struct Undated;

/// The inputs hold nothing at all: they are empty and the job names no night, or all of them were passed over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("nothing to read was found in {inputs}{}", self.why())]
pub struct Unfound {
    /// As given.
    pub inputs: String,
    /// The first of what was passed over; `None` if there was nothing.
    pub passed_over: Option<PassedOver>,
}

/// What was passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// Its path.
    pub path: String,
    /// Why, as the end of a sentence about it.
    pub why: &'static str,
}

impl PassedOver {
    fn stray(stray: &Passed) -> PassedOver {
        let why = match stray.what {
            Stray::Binary => "is binary, which is no input in a folder",
            Stray::Pipe => "is a named pipe, which is no input in a folder",
            Stray::Socket => "is a socket, which is no input",
            Stray::Device => "is a device, which is no input in a folder",
        };
        PassedOver { path: stray.name.to_string(), why }
    }
}

impl Unfound {
    /// The refusal, if all that was given as input was passed over: a night without what was meant would replace an earlier
    /// one. Other paths to what is read as deliveries are not passed over.
    pub fn all_passed_over(inputs: &[PathBuf], listing: &Listing) -> Option<Unfound> {
        if !listing.sources.is_empty() || !listing.again.is_empty() {
            return None;
        }
        let first = |paths: &[PathBuf], why| Some(PassedOver { path: paths.first()?.display().to_string(), why });
        let ours = first(&listing.ours, "is output of this program, which is no input");
        let named = || first(&listing.skipped, "is no input by its name");
        let passed_over = ours.or_else(named).or_else(|| listing.strays.first().map(PassedOver::stray))?;
        Some(Unfound { passed_over: Some(passed_over), ..Unfound::empty(inputs) })
    }

    /// There is nothing in the inputs.
    pub fn empty(inputs: &[PathBuf]) -> Unfound {
        let inputs: Vec<String> = inputs.iter().map(|path| path.display().to_string()).collect();
        Unfound { inputs: harmless(&inputs.join(", ")).into_owned(), passed_over: None }
    }

    fn why(&self) -> String {
        match &self.passed_over {
            Some(PassedOver { path, why }) => {
                format!(" ({} {why}); name the files of the night", harmless(path))
            }
            None => "; if the night was empty, name it with --as-of 2026-11-20".to_owned(),
        }
    }
}

/// All inputs are files that nobody can place: nothing says whom their rows are about, or what they are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {question}")]
pub struct Unplaced {
    /// The first such file.
    pub place: String,
    /// What to answer.
    pub question: String,
}

impl Unplaced {
    /// The question, if nothing else was read.
    pub fn of(summary: &Summary) -> Option<Unplaced> {
        let file = summary.lost.not_understood().filter(|_| summary.nothing_read())?;
        let question = harmless(&file.detail).into_owned();
        Some(Unplaced { place: harmless(&file.source).into_owned(), question })
    }
}

/// Paths of one kind told on stderr; the report names more.
const TOLD: usize = 10;

/// Says on stderr what became of inputs as a whole: those that are lost, those that are empty, those that are read once although
/// they were given twice, those that are ours.
pub fn tell_inputs(summary: &Summary) {
    for lost in summary.lost.named() {
        let (name, detail) = (harmless(&lost.source), harmless(&lost.detail));
        match lost.why {
            Loss::NotUnderstood => tracing::warn!("counts for nothing: {name}: {detail}"),
            why => tracing::warn!("lost: {name} ({why}): {detail}"),
        }
    }
    if summary.lost.beyond() > 0 {
        tracing::warn!("lost: {} more", summary.lost.beyond());
    }
    let empty = || summary.inputs.iter().filter(|(_, input)| input.is_empty()).map(|((name, _), _)| name);
    empty().take(TOLD).for_each(|name| tracing::warn!("{} is empty", harmless(name)));
    if empty().count() > TOLD {
        tracing::warn!("{} more inputs are empty", empty().count() - TOLD);
    }
    for again in summary.again.iter().take(TOLD) {
        let (name, role) = (harmless(&again.name), again.role.as_str());
        match again.name == again.kept {
            true => tracing::warn!("{name} is given more than once: read once, as {role}"),
            false => tracing::warn!("{name} is the same as {}: read once, as {role}", harmless(&again.kept)),
        }
    }
    if summary.again.len() > TOLD {
        tracing::warn!("{} more paths lead to what is read already", summary.again.len() - TOLD);
    }
    for stray in summary.strays.iter().take(TOLD) {
        tracing::info!("{} is {} and was not named: passed over", harmless(&stray.name), stray.what.as_str());
    }
    if summary.strays.len() > TOLD {
        tracing::info!("{} more files are no inputs: passed over", summary.strays.len() - TOLD);
    }
    for path in summary.ours.iter().take(TOLD) {
        tracing::info!("{} is output of this program: passed over", harmless(path));
    }
}

/// Why nothing is made of inputs of which nothing could be read: the question of the files, if that is all that is wrong
/// with them, else the first lost file, else the first reject, with its place; or that all of them are stray files. `None` if
/// something was read, or if there was nothing to read.
pub fn unread(inputs: &[PathBuf], summary: &Summary) -> Option<anyhow::Error> {
    if let (0, Some(stray)) = (summary.items, summary.strays.first()) {
        let passed_over = Some(PassedOver::stray(stray));
        return Some(Unfound { passed_over, ..Unfound::empty(inputs) }.into());
    }
    if !summary.nothing_read() {
        return None;
    }
    if let Some(lost) = summary.lost.broken() {
        let first = format!("{} ({}): {}", lost.source, lost.why, lost.detail);
        let files = summary.lost.total();
        return Some(anyhow::anyhow!("nothing could be read, files lost: {files}; the first: {}", harmless(&first)));
    }
    if let Some(question) = Unplaced::of(summary) {
        return Some(question.into());
    }
    let (reason, rejects) = summary.rejects.iter().find(|(reason, _)| **reason != RejectReason::Empty)?;
    let (origin, detail) = rejects.first.first()?;
    let first = format!("{origin}: {reason}: {detail}");
    Some(anyhow::anyhow!(
        "nothing could be read, {} rejected; the first: {}",
        counted(summary.reject_count(), "item", "items"),
        harmless(&first)
    ))
}
