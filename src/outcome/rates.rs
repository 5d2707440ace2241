//! Shares that are a reason by themselves, whatever their cause: unknown users, refusals, transient failures, complaints. In: the
//! cells, the complaints one by one, the sums of the judgement, the policy. Out: a `Rate` for the night, and for each list
//! source, campaign and receiver that stands out. A share counts when its lower bound is beyond a threshold; the rest is
//! figures.

use std::cmp::Reverse;

use super::complaints::Complaint;
use super::incident::{Judgement, Rate};
use crate::bounce::{Cause, Family, Level, RateName, ScopeType};
use crate::facts::Facts;
use crate::facts::names::{NONE, Names};
use crate::facts::night::{Night, ReceiverKind};
use crate::judge::candidate::Dimension;
use crate::judge::scope::Scope;
use crate::judge::stats::wilson_low_of;
use crate::judge::walk;
use crate::tables::policy::{self, Policy};

/// So many times the night's share a part must have to be told apart from it: where all lists are bad, no list is the reason.
const APART: f64 = 1.5;

/// What is counted of the night or one part of it. Messages, but for `complainers`.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    delivered: u64,
    bounces: u64,
    unknown: u64,
    transient: u64,
    complaints: u64,
    /// Distinct recipients who complained.
    complainers: u64,
    /// Accepted by receivers that sent a report.
    heard: u64,
}

/// The sums of the night and its parts, by their numbers in `Night`.
#[derive(Debug, Default)]
struct Parts {
    night: Sums,
    list_sources: Vec<Sums>,
    campaigns: Vec<Sums>,
    receivers: Vec<Sums>,
}

/// What a rate takes of sums: its events, the people behind them, and what they are a share of.
type Take = fn(&Sums) -> (u64, Option<u64>, u64);

const COMPLAINTS: Take = |sums| (sums.complaints, Some(sums.complainers), sums.heard);
const UNKNOWN_USERS: Take = |sums| (sums.unknown, None, sums.delivered + sums.bounces);
const TRANSIENT: Take = |sums| (sums.transient, None, sums.delivered + sums.bounces);

/// All rates but that of unknown replies: those of the night first, each followed by the parts that stand out. `uncovered` are the
/// dimensions that deliveries do not name: there is no share of what is not known.
pub fn find(
    facts: &Facts,
    judgement: &Judgement,
    (complaints, uncovered): (&[Complaint], &[Dimension]),
    policy: &Policy,
) -> Vec<Rate> {
    let (night, parts) = (&facts.night, Parts::count(facts, complaints));
    let covered = |dimension: Dimension| facts.cells.rates && !uncovered.contains(&dimension);
    let source = Part {
        names: &night.list_sources,
        sums: &parts.list_sources,
        kind: &|_| ScopeType::ListSource,
        covered: covered(Dimension::ListSource),
    };
    let campaign = Part {
        names: &night.campaigns,
        sums: &parts.campaigns,
        kind: &|_| ScopeType::Campaign,
        covered: covered(Dimension::Campaign),
    };
    let kind = |id: usize| night.receiver_kinds.get(id).copied().unwrap_or(ReceiverKind::Other);
    let receiver = |id: usize| Dimension::Receiver.scope_type(kind(id));
    let receiver =
        Part { names: &night.receivers, sums: &parts.receivers, kind: &receiver, covered: facts.cells.rates };
    let mut rates = Vec::new();
    let mut add = |row: &policy::Rate, take: Take, parts_of: &[&Part<'_>]| {
        let whole = Found::of(row, fleet(), take(&parts.night)).rate(row, 1);
        let found: Vec<Rate> = parts_of.iter().flat_map(|part| part.standing_out(row, take)).collect();
        let news = found.into_iter().filter(|part| is_news(part, &whole)).collect::<Vec<_>>();
        rates.push(whole);
        rates.extend(news);
    };
    if let Some(row) = policy.rate_of(RateName::Complaints) {
        add(row, COMPLAINTS, &[&source, &campaign, &receiver]);
    }
    // Without deliveries there is nothing that these are a share of.
    let of_tried = |name: RateName| policy.rate_of(name).filter(|_| facts.cells.rates);
    if let Some(row) = of_tried(RateName::UnknownUsers) {
        add(row, UNKNOWN_USERS, &[&source, &campaign]);
    }
    let (transient, people, tried) = TRANSIENT(&parts.night);
    let refused = judgement.codes.iter().filter(|row| row.cause.is_refusal()).map(|row| row.bounces).sum();
    for (name, events) in [(RateName::Refused, refused), (RateName::Transient, transient)] {
        rates.extend(of_tried(name).map(|row| Found::of(row, fleet(), (events, people, tried)).rate(row, 1)));
    }
    rates
}

/// Whether a part says more than the night does: it is more urgent, much worse, or has no share at all.
fn is_news(part: &Rate, whole: &Rate) -> bool {
    let worse = |share: f64| whole.share.is_none_or(|whole| share >= APART * whole);
    part.level > whole.level || part.share.is_none_or(worse)
}

/// The parts of one kind.
struct Part<'a> {
    names: &'a Names,
    sums: &'a [Sums],
    /// The type of the part with that number.
    kind: &'a dyn Fn(usize) -> ScopeType,
    /// Whether the deliveries name them.
    covered: bool,
}

impl Part<'_> {
    /// Those that stand out: they raise the level, or would with more mail behind them; the most urgent first.
    fn standing_out(&self, row: &policy::Rate, take: Take) -> Vec<Rate> {
        let scope = |id: usize| Scope::one((self.kind)(id), self.names.name(id as u32));
        let found = |(id, sums): (usize, &Sums)| {
            let (events, people, of) = take(sums);
            // What nothing was delivered of may be named by failures only, and then its share means nothing.
            let known = self.covered && sums.delivered > 0;
            Found::of(row, scope(id), (events, people, if known { of } else { 0 }))
        };
        let all: Vec<Found> = self.sums.iter().enumerate().map(found).collect();
        let tried = all.iter().filter(|found| found.of.is_some()).count() as u64;
        let mut rates: Vec<Rate> = all.into_iter().map(|found| found.rate(row, tried)).collect();
        rates.retain(|rate| stands_out(rate, row));
        rates.sort_by(|a, b| {
            (Reverse(a.level), Reverse(a.events), &a.scope).cmp(&(Reverse(b.level), Reverse(b.events), &b.scope))
        });
        rates
    }
}

/// Whether a reader wants to see the rate of a part: a share beyond the first threshold, or complaints, whose share is not known
/// without deliveries enough.
fn stands_out(rate: &Rate, row: &policy::Rate) -> bool {
    let enough = rate.events.min(rate.recipients.unwrap_or(rate.events)) >= row.least;
    enough && rate.share.map_or(rate.recipients.is_some(), |share| share > row.watch)
}

/// The share of failures whose reply no rule knows; `None` where the policy leaves it alone.
pub fn of_replies(unknown: u64, failures: u64, policy: &Policy) -> Option<Rate> {
    let row = policy.rate_of(RateName::UnknownReplies)?;
    Some(Found::of(row, fleet(), (unknown, None, failures)).rate(row, 1))
}

/// Failures that nothing names, by rule or class, and all failures.
pub fn unnamed(judgement: &Judgement) -> (u64, u64) {
    let sum = |wanted: &dyn Fn(Cause) -> bool| {
        judgement.codes.iter().filter(|row| wanted(row.cause)).map(|row| row.bounces).sum()
    };
    (sum(&|cause| cause == Cause::Unknown), sum(&|_| true))
}

/// What is counted of one scope.
struct Found {
    scope: Scope,
    events: u64,
    people: Option<u64>,
    of: Option<u64>,
}

impl Found {
    /// What is taken of some sums; of too few messages there is no share.
    fn of(row: &policy::Rate, scope: Scope, (events, people, of): (u64, Option<u64>, u64)) -> Found {
        Found { scope, events, people, of: Some(of).filter(|of| *of >= row.least_of.max(1)) }
    }

    /// The rate that it is as one of so many.
    fn rate(self, row: &policy::Rate, tried: u64) -> Rate {
        let Found { scope, events, people, of } = self;
        // Complaints may be about mail of days before, so there may be more of them than deliveries.
        let within = of.map(|of| (events.min(of), of));
        let share = within.map(|(events, of)| events as f64 / of as f64);
        let low = within.map(|(events, of)| wilson_low_of(tried, events as f64, of as f64));
        let enough = events.min(people.unwrap_or(events)) >= row.least;
        let beyond = |threshold: f64| enough && low.is_some_and(|low| low > threshold);
        let level = match row.act {
            Some(act) if beyond(act) => Level::Act,
            _ if beyond(row.watch) => Level::Watch,
            _ => Level::Quiet,
        };
        Rate { name: row.name, scope, events, recipients: people, of, share, low, level }
    }
}

fn fleet() -> Scope {
    Scope::one(ScopeType::Fleet, "*")
}

impl Parts {
    fn count(facts: &Facts, complaints: &[Complaint]) -> Parts {
        let Facts { night, places, .. } = facts;
        let receiver = |domain: u32| places.receiver_of[domain as usize];
        let mut parts = Parts::of(night);
        // Receivers that are not known are one: any of them may have reported.
        let mut reporting = vec![false; night.receivers.len() + 1];
        let slot = |receiver: u32| (receiver as usize).min(night.receivers.len());
        complaints.iter().for_each(|complaint| reporting[slot(receiver(complaint.domain))] = true);
        for place in walk(night, &facts.cells, 0..facts.cells.nodes.len()) {
            let mut sums = Sums { delivered: place.delivered(), ..Sums::default() };
            for fail in place.fails.iter().filter(|fail| !matches!(fail.family, Family::Complaint | Family::Delay)) {
                let n = u64::from(fail.count);
                sums.bounces += n;
                sums.unknown += if fail.family == Family::Missing { n } else { 0 };
                sums.transient += if fail.family == Family::Transient { n } else { 0 };
            }
            sums.heard = if reporting[slot(place.node.receiver)] { sums.delivered } else { 0 };
            let identity = place.identity();
            parts.each([identity.list_source, identity.campaign, place.node.receiver], |part| part.add(&sums));
        }
        for complaint in complaints {
            let of = [complaint.list_source, complaint.campaign, receiver(complaint.domain)];
            parts.each(of, |part| part.complaints += 1);
        }
        parts.count_people(complaints, receiver);
        parts
    }

    fn of(night: &Night) -> Parts {
        let sums = |names: &Names| vec![Sums::default(); names.len()];
        Parts {
            night: Sums::default(),
            list_sources: sums(&night.list_sources),
            campaigns: sums(&night.campaigns),
            receivers: sums(&night.receivers),
        }
    }

    /// The night and the parts with these numbers; `NONE` is no part.
    fn each(&mut self, [list_source, campaign, receiver]: [u32; 3], mut work: impl FnMut(&mut Sums)) {
        work(&mut self.night);
        let parts =
            [(&mut self.list_sources, list_source), (&mut self.campaigns, campaign), (&mut self.receivers, receiver)];
        parts.into_iter().filter_map(|(sums, id)| sums.get_mut(id as usize)).for_each(work);
    }

    /// Who complained, each once in the night and in each part.
    fn count_people(&mut self, complaints: &[Complaint], receiver: impl Fn(u32) -> u32) {
        type Of<'c> = &'c dyn Fn(&Complaint) -> u32;
        let people = |part: Of<'_>| {
            let mut people: Vec<(u32, i64)> = complaints.iter().map(|c| (part(c), c.recipient)).collect();
            people.sort_unstable();
            people.dedup();
            people
        };
        self.night.complainers = people(&|_| NONE).len() as u64;
        let mut count = |sums: fn(&mut Parts) -> &mut Vec<Sums>, part: Of<'_>| {
            for (id, _) in people(part) {
                sums(self).get_mut(id as usize).into_iter().for_each(|sums| sums.complainers += 1);
            }
        };
        count(|parts| &mut parts.list_sources, &|c| c.list_source);
        count(|parts| &mut parts.campaigns, &|c| c.campaign);
        count(|parts| &mut parts.receivers, &|c| receiver(c.domain));
    }
}

impl Sums {
    fn add(&mut self, other: &Sums) {
        self.delivered += other.delivered;
        self.bounces += other.bounces;
        self.unknown += other.unknown;
        self.transient += other.transient;
        self.heard += other.heard;
    }
}
