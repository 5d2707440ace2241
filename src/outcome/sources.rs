//! List sources to hold for review as a whole. In: the cells, and the incidents that name a source. Out: the rows of
//! list_sources.csv. Single unknown addresses are suppressed anyway; a source full of them, or one that draws listings
//! and complaints far beyond the others, must not be mailed at all until somebody has looked at it.

use super::builder::IncidentBuilder;
use super::incident::{Incident, ListSourceRow};
use crate::bounce::{Families, Family, ScopeType};
use crate::facts::names::NONE;
use crate::judge::candidate::{Dimension, Stream};
use crate::judge::grounds::HoldReason;
use crate::judge::index::Index;
use crate::judge::measure::Measure;
use crate::judge::pass::measure;
use crate::judge::stats::{likelihood_ratio, odds_ratio, wilson_low};
use crate::judge::{streams, walk};

/// Replies that a trap or a spoilt list leads to.
const LISTINGS: Families = Families::IP.with(Families::DOMAIN).with(Family::OddList.set());

/// What is counted of one source.
#[derive(Debug, Clone, Copy, Default)]
struct Counted {
    delivered: u64,
    bounces: u64,
    unknown: u64,
    listings: u64,
    complaints: u64,
}

impl Counted {
    fn tried(&self) -> f64 {
        (self.delivered + self.bounces) as f64
    }
}

/// The sources to hold, by name.
pub fn hold(builder: &IncidentBuilder, incidents: &[Incident]) -> Vec<ListSourceRow> {
    let (night, cells) = (builder.night, builder.cells);
    if night.list_sources.is_empty() {
        return vec![];
    }
    let counts = count(builder);
    let all = counts.iter().fold(Counted::default(), |sum, c| Counted {
        delivered: sum.delivered + c.delivered,
        bounces: sum.bounces + c.bounces,
        complaints: sum.complaints + c.complaints,
        ..sum
    });
    let listed = listed(builder);
    let mut held = Vec::new();
    for (source, counted) in counts.iter().enumerate() {
        let name = night.list_sources.name(source as u32);
        let incident = incidents.iter().find(|i| i.scope.part(ScopeType::ListSource) == Some(name));
        let mut reasons = Vec::new();
        reasons.extend(full_of_unknown(builder, counted, incident));
        reasons.extend(listed.iter().find(|(s, _)| *s as usize == source).map(|(_, reason)| reason.clone()));
        reasons.extend(complained(builder, counted, &all));
        if !reasons.is_empty() {
            held.push(ListSourceRow {
                list_source: name.to_owned(),
                tried: cells.rates.then_some(counted.delivered + counted.bounces),
                unknown: counted.unknown,
                listings: counted.listings,
                complaints: counted.complaints,
                reasons,
                incident: incident.map(|i| i.id.clone()),
            });
        }
    }
    held
}

/// What each source met. Who is called unknown by somebody that is not believed is no fault of its source.
fn count(builder: &IncidentBuilder) -> Vec<Counted> {
    let (night, cells) = (builder.night, builder.cells);
    let believed = |by: u16| builder.verdict.signs.iter().all(|(number, _)| *number != by);
    let mut counts = vec![Counted::default(); night.list_sources.len()];
    for place in walk(night, cells, 0..cells.nodes.len()) {
        let source = place.identity().list_source;
        let Some(counted) = counts.get_mut(source as usize).filter(|_| source != NONE) else { continue };
        counted.delivered += place.delivered();
        for fail in place.fails {
            let n = u64::from(fail.count);
            match fail.family {
                Family::Complaint => counted.complaints += n,
                Family::Delay => {}
                family => {
                    counted.bounces += n;
                    counted.unknown += if family == Family::Missing && believed(fail.by) { n } else { 0 };
                    counted.listings += if LISTINGS.has(family) { n } else { 0 };
                }
            }
        }
    }
    counts
}

/// Enough unknown addresses, and surely a large share of what was tried; or an incident says so.
fn full_of_unknown(builder: &IncidentBuilder, counted: &Counted, incident: Option<&Incident>) -> Option<HoldReason> {
    let j = builder.judging;
    let low = wilson_low(counted.unknown as f64, counted.tried());
    let bad = builder.cells.rates && counted.unknown as f64 >= j.list_missing && low >= j.list_rate;
    let reason = HoldReason::UnknownAddresses { unknown: counted.unknown, tried: counted.tried() as u64 };
    (bad || incident.is_some_and(|i| counted.unknown * 2 >= i.bounces)).then_some(reason)
}

/// Sources whose organisations answer with listings or reputation far more often than the others'.
fn listed(builder: &IncidentBuilder) -> Vec<(u32, HoldReason)> {
    let j = builder.judging;
    let stream = Stream {
        fails: [LISTINGS; Dimension::COUNT],
        dimensions: &[Dimension::ListSource],
        pairs: false,
        ..streams::policy(builder.cells.rates)
    };
    let index = Index::build(builder.night, builder.places, builder.cells, &stream, j.organisations as u32);
    let view = builder.view(&stream).with_all();
    let needed = (index.tried.max(1) as f64 / j.error_budget).ln();
    let (measures, _) = measure(view, &index);
    let beyond = |m: &Measure| f64::from(m.hit) >= j.organisations && m.odds() >= j.odds && m.evidence() >= needed;
    let reason = |m: &Measure| HoldReason::Listings {
        hit: m.hit.into(),
        exposed: m.exposed.into(),
        mean: m.rate(),
        mean_elsewhere: m.rate_out(),
    };
    index.candidates.iter().zip(&measures).filter(|(_, m)| beyond(m)).map(|(c, m)| (c.value, reason(m))).collect()
}

/// Far more complaints than the other sources draw.
fn complained(builder: &IncidentBuilder, counted: &Counted, all: &Counted) -> Option<HoldReason> {
    let j = builder.judging;
    if !builder.cells.rates || (counted.complaints as f64) < j.stale_failures {
        return None;
    }
    let inside = (counted.complaints as f64, counted.tried());
    let outside = ((all.complaints - counted.complaints) as f64, all.tried() - counted.tried());
    let beyond =
        odds_ratio(inside, outside) >= j.odds && likelihood_ratio(inside, outside) >= (1.0 / j.error_budget).ln();
    beyond.then(|| HoldReason::Complaints {
        complaints: counted.complaints,
        tried: counted.tried() as u64,
        share_elsewhere: outside.0 / outside.1.max(1.0),
    })
}
