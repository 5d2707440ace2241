//! What became of the inputs as a whole. In: the summary of reading them. Out: lines on stderr, and the errors of a night
//! for which there is nothing to judge.

use std::path::PathBuf;

use crate::ingest::Summary;
use crate::report::harmless;

/// Nothing in the inputs has a date, and the job names none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no event has a date, so the night has no name; give it one with --as-of 2026-11-20")]
pub struct Undated;

/// The inputs hold nothing at all, and the job names no night.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("nothing to read was found in {inputs}{}; if the night was empty, name it with --as-of 2026-11-20",
    .ours.as_ref().map(|path| format!(" ({path} is output of this program, which is no input)")).unwrap_or_default())]
pub struct Unfound {
    /// As given.
    pub inputs: String,
    /// The first of what was passed over as output of this program.
    pub ours: Option<String>,
}

/// All inputs are files that nobody can place: nothing says whom their rows are about, or what they are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {question}")]
pub struct Unplaced {
    /// The first such row.
    pub place: String,
    /// What to answer.
    pub question: String,
}

impl Unplaced {
    /// The question, if nothing else was read.
    pub fn of(summary: &Summary) -> Option<Unplaced> {
        let (origin, question) = summary.question().filter(|_| summary.events + summary.delivery_rows == 0)?;
        Some(Unplaced { place: harmless(&origin.to_string()).into_owned(), question: harmless(question).into_owned() })
    }
}

/// Paths of one kind told on stderr; the report names more.
const TOLD: usize = 10;

pub(super) fn unfound(inputs: &[PathBuf], ours: &[String]) -> Unfound {
    let inputs: Vec<String> = inputs.iter().map(|path| path.display().to_string()).collect();
    Unfound { inputs: inputs.join(", "), ours: ours.first().cloned() }
}

/// Says on stderr what became of inputs as a whole: those that are lost, those that are read once although they were given
/// twice, those that are ours.
pub fn tell_inputs(summary: &Summary) {
    for lost in &summary.lost {
        tracing::error!("lost: {} ({}): {}", harmless(&lost.source), lost.why, harmless(&lost.detail));
    }
    if summary.lost_beyond > 0 {
        tracing::error!("lost: {} more", summary.lost_beyond);
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
    if let Some((origin, question)) = summary.question().filter(|_| Unplaced::of(summary).is_none()) {
        tracing::error!("counts for nothing: {}: {}", harmless(&origin.to_string()), harmless(question));
    }
    for path in summary.ours.iter().take(TOLD) {
        tracing::info!("{} is output of this program: passed over", harmless(path));
    }
}

/// What to say when nothing but rejects came of the inputs: the first lost file, else the first reject, with its place.
pub fn unread(summary: &Summary) -> Option<anyhow::Error> {
    if summary.events + summary.delivery_rows > 0 {
        return None;
    }
    if let Some(lost) = summary.lost.first() {
        let first = format!("{} ({}): {}", lost.source, lost.why, lost.detail);
        let files = summary.lost_count();
        return Some(anyhow::anyhow!("nothing could be read, files lost: {files}; the first: {}", harmless(&first)));
    }
    let (reason, rejects) = summary.rejects.iter().next()?;
    let (origin, detail) = rejects.first.first()?;
    let first = format!("{origin}: {reason}: {detail}");
    Some(anyhow::anyhow!(
        "nothing could be read, {} items were rejected; the first: {}",
        summary.reject_count(),
        harmless(&first)
    ))
}
