//! The judgement of a night: streams, fleet, merging, tenants. In: night, places, cells, thresholds. Out: a `Verdict` of
//! findings on ids; `tell` turns it into incidents for people.

use std::collections::{HashMap, HashSet};

use super::attribution::{Attribution, Finding, WeighedCandidate};
use super::candidate::{Candidate, Dimension};
use super::grounds::{Grounds, Sign};
use super::other_findings::OtherFinding;
use super::stats::wilson_low;
use super::tenant::{TenantFinding, Tenants};
use super::walk::walk;
use super::{other_findings, stock, streams, suspects, tally, unreliable, witness};
use crate::bounce::{FailureStream, Families, Family};
use crate::facts::cells::{Cells, NOBODY};
use crate::facts::names::NONE;
use crate::facts::night::{Night, ReceiverKind};
use crate::facts::organisation::Places;
use crate::tables::policy::Judging;

/// All findings of a night.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Causes on our side or a receiver's.
    pub findings: Vec<Finding>,
    /// Organisations that refuse us.
    pub tenants: Vec<TenantFinding>,
    /// Organisations that only defer, or whose addresses have gone, or whose MX is stale.
    pub others: Vec<OtherFinding>,
    /// By the numbers of findings, why the "unknown" that they own is not believed.
    pub signs: Vec<(u16, Sign)>,
    /// What was weighed.
    pub weighed: Vec<(FailureStream, WeighedCandidate)>,
    /// Organisations with rules of their own against us, and all mailed, where they are many.
    pub targeting: Option<(u64, u64)>,
    /// Share of refusals at organisations that take our mail.
    pub background_rate: f64,
    /// Dimensions of our side that the deliveries do not name.
    pub uncovered: Vec<Dimension>,
}

impl Verdict {
    /// More refusing organisations than there are ever blocks, known by their pattern only, are one thing that nobody
    /// explains, not as many suspected blocks.
    fn unexplained(&mut self, night: &Night, places: &Places, cells: &mut Cells, judging: &Judging, next: u16) {
        let spread =
            |tenant: &TenantFinding| tenant.because == Some(Grounds::OneOfTooMany) && tenant.tally.explicit == 0;
        let deciders: HashSet<u32> = self.tenants.iter().filter(|t| spread(t)).map(|t| t.tally.decider).collect();
        let told = self.findings.iter().any(|f| f.candidate == Candidate::FLEET && f.stream == FailureStream::Policy);
        if deciders.is_empty() || told {
            return;
        }
        let all = [true; Dimension::COUNT];
        let mut search = Attribution::new((night, places, judging), streams::policy(cells.rates), all, next);
        search.suspect(cells, Candidate::FLEET, |decider| deciders.contains(&decider));
        self.tenants.retain(|tenant| !spread(tenant));
        self.findings.append(&mut search.findings);
    }
}

/// Judges a night; marks the failures in `cells` with the numbers of the findings that explain them.
pub fn judge(night: &Night, places: &Places, cells: &mut Cells, judging: &Judging) -> Verdict {
    let covered = covered(night, cells);
    let mut verdict = Verdict {
        uncovered: Dimension::SENDER.into_iter().filter(|d| !covered[*d as usize]).collect(),
        ..Verdict::default()
    };
    let policy = streams::policy(cells.rates);
    let mut next = 0;
    // Without deliveries unknown addresses are a measure of what was sent, so a bad list comes off before policies.
    let (first, then) = if cells.rates { (policy, streams::LIST) } else { (streams::LIST, policy) };
    let mut unreliable = unreliable::Found::default();
    for stream in [streams::SET_UP, first, then, streams::TRANSIENT] {
        let search = |stream, next| Attribution::new((night, places, judging), stream, covered, next);
        if stream.name == FailureStream::List {
            let mut search = search(streams::UNKNOWN, next);
            unreliable = unreliable::find(cells, &mut search);
            next = search.next;
            verdict.weighed.extend(search.weighed.into_iter().map(|w| (stream.name, w)));
            verdict.findings.extend(search.findings);
        }
        let mut search = search(stream, next);
        search.run(cells);
        if stream.name == FailureStream::Policy {
            merge_pairs(night, cells, &mut search);
            fleet(cells, &mut search);
            witness::find(cells, &mut search);
            suspects::find(cells, &mut search);
        } else if stream.name == FailureStream::SetUp {
            fleet(cells, &mut search);
        } else if stream.name == FailureStream::List && cells.rates {
            // Bad lists all over leave nothing to compare with, but no good list has such a share.
            search.accept_where(cells, |m| {
                m.fails as f64 >= judging.list_missing
                    && wilson_low(m.hits, m.trials) >= judging.list_rate
                    && f64::from(m.hit) >= judging.organisations
            });
        }
        if stream.name == FailureStream::List {
            unreliable::directories(cells, &mut search, &mut unreliable);
            search.findings.retain(|finding| cells.fails.iter().any(|fail| fail.by == finding.number));
        }
        next = search.next;
        verdict.weighed.extend(search.weighed.into_iter().map(|w| (stream.name, w)));
        verdict.findings.extend(search.findings);
    }
    verdict.signs = unreliable.signs;
    let ours: Vec<Candidate> = verdict.findings.iter().map(|f| f.candidate).collect();
    let shares: HashMap<u16, f64> = verdict.findings.iter().map(|f| (f.number, f.measure.rate())).collect();
    let stock = stock::find(night, places, cells, judging, &verdict.findings);
    let (tallies, common) = tally::count(night, places, cells, judging, (policy.passes, &stock));
    let (rules, mailed) = (common.with_rules, common.organisations);
    let many =
        rules as f64 >= judging.targeting_organisations && rules as f64 >= judging.targeting_share * mailed as f64;
    verdict.targeting = many.then_some((rules, mailed));
    let (ours, shares) = (&ours, &shares);
    let tenants = Tenants { night, judging, common: &common, ours, shares, rates: cells.rates, targeted: many };
    verdict.tenants = tenants.find(tallies);
    verdict.unexplained(night, places, cells, judging, next);
    verdict.background_rate = common.background_rate;
    verdict.others = other_findings::find(night, places, cells, judging);
    verdict.others.extend(unreliable.directories);
    verdict
}

/// Which of our dimensions the deliveries name at least half as often as the bounces do.
fn covered(night: &Night, cells: &Cells) -> [bool; Dimension::COUNT] {
    let parts = cells.in_parts(|nodes| {
        let mut sums = [[(0u64, 0u64); 2]; 4];
        for place in walk(night, cells, nodes) {
            let (identity, messages) = (place.identity(), [place.delivered(), place.failed()]);
            for (sum, dimension) in sums.iter_mut().zip(Dimension::SENDER) {
                let known = u64::from(dimension.value(&identity) != NONE);
                for (sum, n) in sum.iter_mut().zip(messages) {
                    *sum = (sum.0 + known * n, sum.1 + n);
                }
            }
        }
        sums
    });
    let mut sums = [[(0u64, 0u64); 2]; 4];
    for part in parts {
        for (sum, part) in sums.as_flattened_mut().iter_mut().zip(part.as_flattened()) {
            *sum = (sum.0 + part.0, sum.1 + part.1);
        }
    }
    let share = |(named, all): (u64, u64)| if all == 0 { 1.0 } else { named as f64 / all as f64 };
    let mut covered = [true; Dimension::COUNT];
    for ([delivered, bounced], dimension) in sums.into_iter().zip(Dimension::SENDER) {
        covered[dimension as usize] = share(delivered) >= 0.5 * share(bounced);
    }
    covered
}

/// Pairs of one sender at several receivers, or together with it alone, are that sender's doing; so is a lack of
/// authentication, wherever it is noticed. Pairs that together cover what we sent to one receiver are that receiver's.
fn merge_pairs(night: &Night, cells: &mut Cells, search: &mut Attribution) {
    let pairs: Vec<Candidate> = search.findings.iter().map(|f| f.candidate).filter(Candidate::is_pair).collect();
    for pair in &pairs {
        let sender = Candidate::one(pair.dimension, pair.value);
        let parts: Vec<&Finding> = search
            .findings
            .iter()
            .filter(|f| Candidate::one(f.candidate.dimension, f.candidate.value) == sender)
            .collect();
        let authentication = |f: &Finding| {
            pair.dimension == Dimension::SendingDomain
                && f.measure.share_named(&[Family::Authentication]) >= search.judging.authentication_share
        };
        let numbers: Vec<u16> = parts.iter().map(|f| f.number).collect();
        if parts.len() > 1 || parts.iter().any(|f| f.candidate.is_pair() && authentication(f)) {
            search.merge(cells, &numbers, sender);
        }
    }
    let mut receivers: Vec<u32> =
        search.findings.iter().filter(|f| f.candidate.is_pair()).map(|f| f.candidate.at).collect();
    receivers.sort_unstable();
    receivers.dedup();
    for receiver in receivers {
        let here: Vec<&Finding> = search.findings.iter().filter(|f| f.candidate.at == receiver).collect();
        let (pairs, numbers): (Vec<Candidate>, Vec<u16>) = here.iter().map(|f| (f.candidate, f.number)).unzip();
        if pairs.len() > 1 && share_held(night, cells, receiver, &pairs) >= search.judging.rival_overlap {
            search.merge(cells, &numbers, Candidate::one(Dimension::Receiver, receiver));
        }
    }
}

/// Share of the messages to a receiver that these pairs hold.
fn share_held(night: &Night, cells: &Cells, receiver: u32, pairs: &[Candidate]) -> f64 {
    let (mut held, mut all) = (0u64, 0u64);
    for place in walk(night, cells, 0..cells.nodes.len()).filter(|place| place.node.receiver == receiver) {
        let messages = place.delivered() + place.failed();
        all += messages;
        held += if pairs.iter().any(|pair| place.is_in(pair)) { messages } else { 0 };
    }
    if all == 0 { 0.0 } else { held as f64 / all as f64 }
}

/// All that we send: what remains is refused by many organisations at several receivers; or several receivers refuse
/// us on one night and there is no second IP or domain to compare with.
fn fleet(cells: &mut Cells, search: &mut Attribution) {
    let j = search.judging;
    let refusing =
        |f: &&Finding| matches!(f.candidate.dimension, Dimension::Receiver | Dimension::Pool) && !f.candidate.is_pair();
    let receivers = search.findings.iter().filter(refusing).count() as f64;
    let alone = search.night.ips.len() <= 1 || search.night.sending_domains.len() <= 1;
    if receivers >= j.fleet_receivers && alone && search.stream.name == FailureStream::Policy {
        let numbers: Vec<u16> = search.findings.iter().filter(refusing).map(|f| f.number).collect();
        search.merge(cells, &numbers, Candidate::FLEET);
        return;
    }
    let m = search.measure_one(cells, Candidate::FLEET);
    let least = if cells.rates { j.fleet_rate } else { j.fleet_rate_counts };
    if m.rate() >= least
        && f64::from(m.hit) >= j.fleet_organisations
        && widely(search.night, cells, search.stream.fails[Dimension::Fleet as usize], j.fleet_receivers)
    {
        search.accept(cells, Candidate::FLEET);
    }
}

/// Whether as many receivers have unexplained failures, or all of at least two where we mail no more; all unknown hosts
/// count as one.
fn widely(night: &Night, cells: &Cells, families: Families, receivers: f64) -> bool {
    let unknown = night.receivers.len();
    let (mut tried, mut hit) = (vec![false; unknown + 1], vec![false; unknown + 1]);
    for (n, node) in cells.nodes.iter().enumerate() {
        let known = night.receiver_kinds.get(node.receiver as usize).is_some_and(|k| *k != ReceiverKind::Other);
        let receiver = if known { node.receiver as usize } else { unknown };
        tried[receiver] = true;
        let mut fails = cells.cells_of(n).flat_map(|c| cells.fails_of(c)).map(|f| &cells.fails[f]);
        hit[receiver] |= fails.any(|f| f.by == NOBODY && families.has(f.family));
    }
    let count = |flags: &[bool]| flags.iter().filter(|flag| **flag).count() as f64;
    count(&hit) >= receivers.min(count(&tried)).max(2.0)
}
