//! Shares that are a reason by themselves, whatever their cause: unknown users, refusals, transient failures, complaints. In: the
//! cells, the complaints one by one, the sums of the judgement, the policy. Out: a `Rate` for the night, and for each list
//! source, campaign and receiver that stands out. A share counts when its lower bound is beyond a threshold; the rest is
//! figures.

use super::complaints::Complaint;
use super::incident::{Judgement, Rate};
use crate::bounce::{Cause, Family, Level, RateName, ScopeType};
use crate::facts::Facts;
use crate::facts::names::{NONE, Names};
use crate::facts::night::{Night, ReceiverKind};
use crate::judge::scope::Scope;
use crate::judge::stats::wilson_low_of;
use crate::judge::walk;
use crate::tables::policy::{self, Policy};

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

/// All rates but that of unknown replies: those of the night first, then the parts that stand out.
pub fn find(facts: &Facts, judgement: &Judgement, complaints: &[Complaint], policy: &Policy) -> Vec<Rate> {
    let night = &facts.night;
    let parts = Parts::count(facts, complaints);
    let scopes = [
        (ScopeType::ListSource, &night.list_sources, &parts.list_sources),
        (ScopeType::Campaign, &night.campaigns, &parts.campaigns),
    ];
    let mut rates = Vec::new();
    let tried = facts.cells.rates.then_some(parts.night.delivered + parts.night.bounces);
    if let Some(row) = policy.rate_of(RateName::Complaints) {
        let of = |sums: &Sums| Some(sums.heard).filter(|heard| *heard >= row.least_of.max(1));
        let found =
            |scope, sums: &Sums| Found { scope, events: sums.complaints, people: Some(sums.complainers), of: of(sums) };
        rates.push(found(fleet(), &parts.night).rate(row, 1));
        let mut add = |found: Vec<Found>| rates.extend(standing_out(row, found));
        for (kind, names, sums) in scopes {
            add(named(names, sums).map(|(name, sums)| found(Scope::one(kind, name), sums)).collect());
        }
        let receivers = named(&night.receivers, &parts.receivers).zip(&night.receiver_kinds);
        add(receivers.map(|((name, sums), kind)| found(Scope::one(receiver_type(*kind), name), sums)).collect());
    }
    if let Some(row) = policy.rate_of(RateName::UnknownUsers).filter(|_| tried.is_some()) {
        let of = |sums: &Sums| Some(sums.delivered + sums.bounces).filter(|tried| *tried >= row.least_of.max(1));
        let found = |scope, sums: &Sums| Found { scope, events: sums.unknown, people: None, of: of(sums) };
        rates.push(found(fleet(), &parts.night).rate(row, 1));
        for (kind, names, sums) in scopes {
            let all = named(names, sums).map(|(name, sums)| found(Scope::one(kind, name), sums));
            rates.extend(standing_out(row, all.collect()));
        }
    }
    let refused = judgement.codes.iter().filter(|row| row.cause.is_refusal()).map(|row| row.bounces).sum();
    for (name, events) in [(RateName::Refused, refused), (RateName::Transient, parts.night.transient)] {
        let row = policy.rate_of(name).filter(|_| tried.is_some());
        let of = |least: u64| tried.filter(|tried| *tried >= least.max(1));
        rates.extend(row.map(|row| Found { scope: fleet(), events, people: None, of: of(row.least_of) }.rate(row, 1)));
    }
    rates
}

/// The share of failures whose reply no rule knows; `None` where the policy leaves it alone.
pub fn of_replies(unknown: u64, failures: u64, policy: &Policy) -> Option<Rate> {
    let row = policy.rate_of(RateName::UnknownReplies)?;
    let of = Some(failures).filter(|failures| *failures >= row.least_of.max(1));
    Some(Found { scope: fleet(), events: unknown, people: None, of }.rate(row, 1))
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

/// Those of one kind that stand out: they raise the level, or would with more mail behind them; the most urgent first.
fn standing_out(row: &policy::Rate, all: Vec<Found>) -> Vec<Rate> {
    let tried = all.iter().filter(|found| found.of.is_some()).count() as u64;
    let enough = |rate: &Rate| rate.events.min(rate.recipients.unwrap_or(rate.events)) >= row.least;
    let high = |rate: &Rate| match rate.share {
        Some(share) => share > row.watch,
        // Complaints without deliveries enough for a rate are a count that a reader wants to see.
        None => rate.recipients.is_some(),
    };
    let mut rates: Vec<Rate> = all.into_iter().map(|found| found.rate(row, tried)).collect();
    rates.retain(|rate| enough(rate) && high(rate));
    let urgency = |rate: &Rate| (rate.level, rate.low.unwrap_or_default());
    rates.sort_by(|a, b| {
        let ((level, low), (other, other_low)) = (urgency(a), urgency(b));
        other.cmp(&level).then(other_low.total_cmp(&low)).then(b.events.cmp(&a.events)).then(a.scope.cmp(&b.scope))
    });
    rates
}

fn fleet() -> Scope {
    Scope::one(ScopeType::Fleet, "*")
}

const fn receiver_type(kind: ReceiverKind) -> ScopeType {
    match kind {
        ReceiverKind::Gateway => ScopeType::Gateway,
        ReceiverKind::Provider | ReceiverKind::Other => ScopeType::Provider,
    }
}

/// Names with their sums.
fn named<'a>(names: &'a Names, sums: &'a [Sums]) -> impl Iterator<Item = (&'a str, &'a Sums)> {
    (0..).zip(sums).map(|(id, sums)| (names.name(id), sums))
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
        let people = |part: &dyn Fn(&Complaint) -> u32| {
            let mut people: Vec<(u32, i64)> = complaints.iter().map(|c| (part(c), c.recipient)).collect();
            people.sort_unstable();
            people.dedup();
            people
        };
        self.night.complainers = people(&|_| NONE).len() as u64;
        let parts: [(&mut Vec<Sums>, &dyn Fn(&Complaint) -> u32); 3] = [
            (&mut self.list_sources, &|c| c.list_source),
            (&mut self.campaigns, &|c| c.campaign),
            (&mut self.receivers, &|c| receiver(c.domain)),
        ];
        for (sums, part) in parts {
            for (id, _) in people(part) {
                sums.get_mut(id as usize).into_iter().for_each(|sums| sums.complainers += 1);
            }
        }
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
