//! From the reading wing's summary to what a report shows. In: a summary, the tables. Out: report's own plain types.

use jiff::civil::Date;

use super::job::Job;
use crate::bounce::Cause;
use crate::ingest::Summary;
use crate::outcome::incident::Incident;
use crate::report::{AdviceLine, AgainFact, InputFact, NativeFact, NightFacts, RejectFact, UnknownFact};
use crate::source::ReadOnce;
use crate::tables;
use crate::tables::advice::{About, Advice, Case, Step};
use crate::tables::native_classes::NativeClasses;

/// What was read, and how well.
///
/// # Errors
/// A table of the user's that cannot be read.
pub fn facts(summary: &Summary, as_of: Date, job: &Job) -> anyhow::Result<NightFacts> {
    Ok(NightFacts {
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        tables_hash: tables::hash(job.ingest.tables.as_deref())?,
        as_of,
        window: summary.window,
        inputs: inputs(summary),
        items: summary.items,
        bytes: summary.bytes,
        kinds: summary.kinds.clone(),
        rejects: rejects(summary),
        duplicates: summary.duplicates,
        unread_bounces: summary.unread_bounces,
        hidden_complainers: summary.hidden_complainers,
        deliveries: (summary.delivery_rows > 0).then_some(summary.deliveries),
        skipped: summary.skipped.clone(),
        lost: summary.lost.named().to_vec(),
        lost_total: summary.lost.total(),
        not_understood: summary.lost.not_understood_total(),
        ours: summary.ours.clone(),
        strays: summary.strays.iter().map(|s| (s.name.to_string(), s.what.as_str())).collect(),
        again: again(summary),
        unknown_templates: unknown(summary),
        unknown_replies: summary.unknown.values().map(|u| u.count).sum::<u64>() + summary.unknown_beyond,
        native_disagreements: disagreements(summary, job)?,
        unknown_columns: unread_columns(summary),
    })
}

fn inputs(summary: &Summary) -> Vec<InputFact> {
    let by_rows = |grammars: &std::collections::BTreeMap<String, u64>| {
        let mut names: Vec<_> = grammars.iter().collect();
        names.sort_by_key(|(name, rows)| (std::cmp::Reverse(**rows), (*name).clone()));
        names.into_iter().map(|(name, _)| name.clone()).collect()
    };
    summary
        .inputs
        .iter()
        .map(|((name, role), input)| InputFact {
            name: name.to_string(),
            role: role.as_str(),
            grammars: by_rows(&input.grammars),
            events: input.grammars.values().sum(),
            deliveries: input.deliveries,
            duplicates: input.duplicates,
            rejects: input.rejects,
            lost: input.lost,
        })
        .collect()
}

fn again(summary: &Summary) -> Vec<AgainFact> {
    let fact = |again: &ReadOnce| AgainFact {
        name: again.name.to_string(),
        kept: again.kept.to_string(),
        role: again.role.as_str(),
    };
    summary.again.iter().map(fact).collect()
}

/// In most inputs first; a log line says how many there are.
fn unread_columns(summary: &Summary) -> Vec<(String, u64)> {
    let mut columns: Vec<(String, u64)> =
        summary.unread_columns.iter().map(|(name, inputs)| (name.clone(), inputs.len() as u64)).collect();
    columns.sort_by_key(|(name, inputs)| (std::cmp::Reverse(*inputs), name.clone()));
    if !columns.is_empty() {
        tracing::debug!("{} columns are read by nothing; the report names them", columns.len());
    }
    columns
}

fn rejects(summary: &Summary) -> Vec<RejectFact> {
    let fact = |(reason, of): (&crate::bounce::RejectReason, &crate::ingest::RejectSummary)| RejectFact {
        reason: *reason,
        count: of.count,
        first: of.first.clone(),
    };
    summary.rejects.iter().map(fact).collect()
}

fn unknown(summary: &Summary) -> Vec<UnknownFact> {
    let mut all: Vec<_> = summary.unknown.iter().collect();
    all.sort_by_key(|(template, unknown)| (std::cmp::Reverse(unknown.count), (*template).clone()));
    all.truncate(20);
    all.into_iter()
        .map(|(template, unknown)| UnknownFact {
            template: template.to_string(),
            count: unknown.count,
            example: unknown.example.clone(),
            remote_mta: unknown.remote_mta.clone(),
        })
        .collect()
}

/// Where the platform's class and our cause differ, most frequent first.
fn disagreements(summary: &Summary, job: &Job) -> anyhow::Result<Vec<NativeFact>> {
    let classes = NativeClasses::load(job.ingest.tables.as_deref())?;
    let differ = |(class, cause): &(String, Cause)| classes.disagree(class, *cause);
    let mut facts: Vec<NativeFact> = summary
        .native_classes
        .iter()
        .filter(|(pair, _)| differ(pair))
        .map(|((class, cause), count)| NativeFact { native_class: class.clone(), cause: *cause, count: *count })
        .collect();
    facts.sort_by_key(|fact| (std::cmp::Reverse(fact.count), fact.native_class.clone(), fact.cause));
    Ok(facts)
}

/// A look-up of advice.toml for an incident.
///
/// # Errors
/// A table of the user's that cannot be read.
pub fn advice(job: &Job) -> anyhow::Result<impl Fn(&Incident) -> Vec<AdviceLine>> {
    let advice = Advice::load(job.ingest.tables.as_deref())?;
    Ok(move |incident: &Incident| {
        let lists: Vec<&str> = incident.blocklists.iter().map(|(name, _)| name.as_str()).collect();
        let case = Case { receiver: incident.receiver.as_deref(), blocklists: &lists, rule: None };
        advice.for_case(About::Incident(incident.kind), &case).into_iter().map(line).collect()
    })
}

fn line(step: &Step) -> AdviceLine {
    AdviceLine {
        text: step.text.clone(),
        link: step.link.clone(),
        takes: step.takes.clone(),
        source: Some(step.source.clone()),
    }
}
