//! One night from files to a judgement: the room's steps in order. In: options. Out: a `Judgement`.

use std::collections::{BTreeSet, HashMap};

use super::cells::Cells;
use super::incident::Judgement;
use super::load::Loader;
use super::organisation::Places;
use super::{AnalyzeOptions, chronic, judge, maps, rows, samples, tell};
use crate::tables::consumer_domains::ConsumerDomains;
use crate::tables::policy;
use crate::tables::receivers::Receivers;

/// Judges a night.
///
/// # Errors
/// A file that cannot be read, or lacks a column; a table or map with a bad row.
pub fn run(options: &AnalyzeOptions) -> anyhow::Result<Judgement> {
    let tables = options.user_tables.as_deref();
    let judging = policy::load(tables)?.judging;
    let (receivers, consumers) = (Receivers::load(tables)?, ConsumerDomains::load(tables)?);
    let mut loader = Loader::new(&receivers, &consumers);
    let map = match &options.tenants {
        Some(path) => maps::tenants(path, |name| receivers.family(name).to_owned())?,
        None => HashMap::new(),
    };
    let named: BTreeSet<&str> = map.values().filter_map(|m| m.receiver.as_deref()).collect();
    for receiver in named {
        loader.night.receiver_of(receiver, &receivers);
    }
    if let Some(path) = &options.contacts {
        loader.contacts =
            maps::contacts(path, &[&options.events, &options.deliveries], &mut loader.night.list_sources)?;
    }
    let mut night = loader.load(&options.events, &options.deliveries)?.finish();
    let places = Places::find(&night, &map);
    let mut cells = Cells::build(&mut night, &places);
    let verdict = judge::judge(&night, &places, &mut cells, &judging);
    let told = tell::tell(&night, &places, &cells, verdict, &judging);
    let mut judgement = told.judgement;
    rows::add(&mut judgement, &night, &places, &cells, &told.owners, &told.ids);
    chronic::mark(&mut judgement.incidents, &options.earlier);
    samples::add(&mut judgement, &told.samples, &options.events)?;
    Ok(judgement)
}
