//! "Unknown user" that is not believed. In: cells before the lists are judged. Out: findings about a receiver, an IP or a
//! domain of ours, or a pair of them, and about single organisations, of which a sign shows that the mailboxes live; their
//! failures are marked. Without a sign it is a rotten list, and that must not be protected: traps follow.
//!
//! The signs: the same organisations take our mail through another identity; many organisations lost all their contacts at
//! once; the words are a known liar's and many hear them; without deliveries, nearly all of the night's unknown users stand
//! with one of several identities. What earlier nights tell is memory's work.

use std::collections::BTreeMap;

use super::attribution::{Attribution, Finding};
use super::candidate::{Candidate, Dimension};
use super::grounds::Sign;
use super::other_findings::OtherFinding;
use super::stats::odds_ratio;
use super::walk::{Place, organisations, walk};
use crate::bounce::{Confidence, Family, IncidentKind};
use crate::facts::cells::{Cells, NOBODY};
use crate::facts::names::NONE;
use crate::facts::night::ReceiverKind;

/// More single organisations than this are not told one by one; those with most contacts are.
const MOST_DIRECTORIES: usize = 10_000;
/// What carries addresses, and so may be rotten itself.
const LISTS: [Dimension; 2] = [Dimension::Campaign, Dimension::ListSource];
/// Whom a receiver may lie to.
const IDENTITIES: [Dimension; 2] = [Dimension::SendingIp, Dimension::SendingDomain];

/// What was found beside the findings of the search.
#[derive(Debug, Default)]
pub struct Found {
    /// Organisations and pools by themselves.
    pub directories: Vec<OtherFinding>,
    /// By the numbers of all of them, what shows that the mailboxes live.
    pub signs: Vec<(u16, Sign)>,
}

/// Finds them. The search comes back with the findings that have a sign, and their failures marked.
pub fn find(cells: &mut Cells, search: &mut Attribution<'_>) -> Found {
    let mut found = Found::default();
    if cells.contacts.is_empty() {
        return found;
    }
    search.run(cells);
    for finding in &search.findings {
        found.signs.extend(sign(cells, search, finding).map(|sign| (finding.number, sign)));
    }
    let believed = |number: u16| found.signs.iter().all(|(of, _)| *of != number);
    for fail in cells.fails.iter_mut().filter(|fail| fail.family == Family::Missing && fail.by != NOBODY) {
        fail.by = if believed(fail.by) { NOBODY } else { fail.by };
    }
    search.findings.retain(|finding| !believed(finding.number));
    without_contrast(cells, search, &mut found);
    found
}

/// What one organisation did on one side of a candidate.
#[derive(Debug, Clone, Copy, Default)]
struct Side {
    delivered: u64,
    /// Messages that met "unknown" and that no other finding explains.
    unknown: u64,
    /// Distinct contacts among them.
    contacts: u64,
    /// Contacts that heard a known liar's words.
    liars: u64,
    /// Failures that show that a mailbox lives, such as a full one.
    living: u64,
    tried: u64,
}

impl Side {
    /// Adds a cell; of its unknown contacts those whose finding is `open`.
    fn add(&mut self, cells: &Cells, place: &Place<'_>, open: impl Fn(u16) -> bool) {
        self.delivered += place.delivered();
        self.tried += place.delivered();
        for fail in place.fails.iter().filter(|fail| !matches!(fail.family, Family::Delay | Family::Complaint)) {
            let n = u64::from(fail.count);
            self.tried += n;
            match fail.family {
                Family::Missing if open(fail.by) => {
                    let contacts = cells.contacts_of(place.at);
                    self.unknown += n;
                    self.contacts += u64::from(contacts.unknown);
                    self.liars += u64::from(contacts.liars);
                }
                Family::Neutral => self.living += n,
                _ => {}
            }
        }
    }

    /// Whether all of so many contacts are lost.
    fn lost(&self, contacts: f64) -> bool {
        self.contacts as f64 >= contacts && self.delivered + self.living == 0
    }

    /// Share of messages that met "unknown", 0..=1; 0 without messages.
    fn share(&self) -> f64 {
        if self.tried == 0 { 0.0 } else { self.unknown as f64 / self.tried as f64 }
    }
}

/// Whether failures are explained by nobody, or by that finding.
fn nobodys_or(number: u16) -> impl Fn(u16) -> bool {
    move |by| by == NOBODY || by == number
}

/// Both sides of a candidate at each organisation that was tried: inside, outside.
fn sides(cells: &Cells, search: &Attribution<'_>, candidate: &Candidate, number: u16) -> Vec<[Side; 2]> {
    let of = |nodes: std::ops::Range<usize>| {
        let mut sides = [Side::default(); 2];
        for place in walk(search.night, cells, nodes) {
            sides[usize::from(!place.is_in(candidate))].add(cells, &place, nobodys_or(number));
        }
        sides
    };
    cells.in_parts(|nodes| organisations(search.places, cells, nodes).map(of).collect::<Vec<_>>()).concat()
}

/// What shows that the mailboxes of a finding live; `None` where nothing does, or where its lists may as well be rotten.
fn sign(cells: &Cells, search: &Attribution<'_>, finding: &Finding) -> Option<Sign> {
    let candidate = &finding.candidate;
    if LISTS.contains(&candidate.dimension) || !suffer_only(cells, search, candidate, finding.number) {
        return None;
    }
    let all = sides(cells, search, candidate, finding.number);
    let named = candidate.dimension.is_sender() && search.covered[candidate.dimension as usize] && cells.rates;
    let other = if named { other_identity(search, &all) } else { None };
    other
        .or_else(|| {
            let hosts = candidate.dimension.is_sender() && !candidate.is_pair() || search.night.receivers_covered;
            all_lost(search, &all, cells.rates, cells.rates && hosts)
        })
        .or_else(|| known_liar(search, &all))
}

/// Whether the campaigns and sources inside are mailed elsewhere too, where few of their addresses are unknown. A list that
/// is unknown wherever it goes is rotten.
fn suffer_only(cells: &Cells, search: &Attribution<'_>, candidate: &Candidate, number: u16) -> bool {
    let j = search.judging;
    let mut lists: [BTreeMap<u32, [Side; 2]>; 2] = Default::default();
    for place in walk(search.night, cells, 0..cells.nodes.len()) {
        let (identity, side) = (place.identity(), usize::from(!place.is_in(candidate)));
        for (lists, dimension) in lists.iter_mut().zip(LISTS) {
            let value = dimension.value(&identity);
            if value != NONE {
                lists.entry(value).or_default()[side].add(cells, &place, nobodys_or(number));
            }
        }
    }
    lists.iter().all(|lists| {
        let cleared = |sides: &[Side; 2]| {
            let [inside, outside] = sides;
            outside.tried as f64 >= j.unreliable_elsewhere && outside.share() * j.unreliable_ratio <= inside.share()
        };
        let sum = |lists: &mut dyn Iterator<Item = &[Side; 2]>| lists.map(|sides| sides[0].unknown).sum::<u64>();
        2 * sum(&mut lists.values().filter(|sides| cleared(sides))) >= sum(&mut lists.values())
    })
}

/// The same organisations take our mail through another identity.
fn other_identity(search: &Attribution<'_>, all: &[[Side; 2]]) -> Option<Sign> {
    let j = search.judging;
    let hit = all.iter().filter(|[inside, _]| inside.unknown > 0).count();
    let taking = all.iter().filter(|[inside, outside]| inside.unknown > 0 && outside.delivered > 0).count();
    let both = all.iter().filter(|[inside, outside]| inside.tried > 0 && outside.tried > 0);
    let (shares, n) = both
        .fold(([0.0, 0.0], 0.0), |([a, b], n), [inside, outside]| ([a + inside.share(), b + outside.share()], n + 1.0));
    let (inside, outside) = (shares[0] / f64::max(n, 1.0), shares[1] / f64::max(n, 1.0));
    let enough = taking as f64 >= j.organisations && taking as f64 >= j.unreliable_taking * hit as f64;
    let sign = Sign::OtherIdentity { taking: taking as u64, hit: hit as u64, inside, outside };
    (enough && inside >= j.unreliable_ratio * outside).then_some(sign)
}

/// Organisations lost all their contacts at once. `rates`: deliveries are known; `named`: they can be told apart by it.
fn all_lost(search: &Attribution<'_>, all: &[[Side; 2]], rates: bool, named: bool) -> Option<Sign> {
    let j = search.judging;
    let share = if named { j.unreliable_share } else { j.unreliable_share_counts };
    let (lost, mailed) = lost_of(search, all.iter().map(|sides| &sides[0]), rates);
    let enough = lost as f64 >= j.unreliable_lost && lost as f64 >= share * mailed as f64;
    enough.then_some(Sign::AllLost { lost, mailed })
}

/// Organisations that lost all, and those that could have.
fn lost_of<'a>(search: &Attribution<'_>, sides: impl Iterator<Item = &'a Side>, rates: bool) -> (u64, u64) {
    let contacts = search.judging.unreliable_contacts;
    sides.fold((0, 0), |(lost, mailed), side| {
        let could = if rates { side.tried as f64 >= contacts } else { side.contacts > 0 };
        (lost + u64::from(side.lost(contacts)), mailed + u64::from(could))
    })
}

/// Most organisations that are hit use a known liar's words on many contacts.
fn known_liar(search: &Attribution<'_>, all: &[[Side; 2]]) -> Option<Sign> {
    let j = search.judging;
    let hit: Vec<&Side> = all.iter().map(|sides| &sides[0]).filter(|side| side.unknown > 0).collect();
    let liars: Vec<&&Side> = hit.iter().filter(|side| lies(search, side)).collect();
    let most = liars.len() as f64 >= j.organisations && liars.len() * 2 >= hit.len();
    let sum = |of: fn(&Side) -> u64| liars.iter().map(|side| of(side)).sum();
    most.then(|| Sign::KnownLiar { contacts: sum(|side| side.liars), tried: sum(|side| side.tried) })
}

/// Whether enough contacts of an organisation hear a known liar's words.
fn lies(search: &Attribution<'_>, side: &Side) -> bool {
    let j = search.judging;
    side.liars as f64 >= j.liar_contacts && side.liars as f64 >= j.liar_share * side.tried as f64
}

/// What is not compared by deliveries: receivers where nothing is known of others, and identities that deliveries do not name.
fn without_contrast(cells: &mut Cells, search: &mut Attribution<'_>, found: &mut Found) {
    let mut candidates: Vec<(Candidate, Sign)> = Vec::new();
    // So many organisations have at least so many contacts, each in one cell or more.
    let contacts: u64 = cells.contacts.iter().map(|contacts| u64::from(contacts.unknown)).sum();
    if (contacts as f64) < search.judging.unreliable_lost * search.judging.unreliable_contacts {
        return;
    }
    for receiver in 0..search.night.receivers.len() as u32 {
        if search.night.receiver_kinds[receiver as usize] != ReceiverKind::Other {
            let candidate = Candidate::one(Dimension::Receiver, receiver);
            candidates.extend(lone(cells, search, &candidate).map(|sign| (candidate, sign)));
        }
    }
    for dimension in IDENTITIES {
        if candidates.is_empty() && !(cells.rates && search.covered[dimension as usize]) {
            candidates.extend(one_of_several(cells, search, dimension));
        }
    }
    for (candidate, sign) in candidates {
        found.signs.push((search.next, sign));
        search.accept(cells, candidate);
    }
}

/// A receiver at which most organisations lost all, and elsewhere hardly any, or where there is no elsewhere.
fn lone(cells: &Cells, search: &Attribution<'_>, candidate: &Candidate) -> Option<Sign> {
    let j = search.judging;
    let all = sides(cells, search, candidate, NOBODY);
    let elsewhere = all.iter().filter(|[_, outside]| outside.tried > 0).count();
    if cells.rates && elsewhere as f64 >= j.outside_organisations {
        return None;
    }
    let sign = all_lost(search, &all, cells.rates, false)?;
    let inside = lost_of(search, all.iter().map(|sides| &sides[0]), cells.rates);
    let outside = lost_of(search, all.iter().map(|sides| &sides[1]), cells.rates);
    let pair = |(lost, all): (u64, u64)| (lost as f64, all as f64);
    // What is lost at other receivers too is lost by its list.
    let elsewhere_too = 2.0 * outside.0 as f64 >= j.unreliable_share_counts * outside.1 as f64;
    let stands_out = odds_ratio(pair(inside), pair(outside)) >= j.odds && !elsewhere_too;
    ((outside.1 as f64) < j.organisations || stands_out).then_some(sign)
}

/// Unknown contacts and other failures.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Failures {
    unknown: u64,
    others: u64,
    /// Unknown contacts of the organisation or pool that was counted last, and the most that one has.
    last: (u32, u64),
    most: u64,
}

impl Failures {
    /// Adds a cell. Those of an organisation follow each other.
    fn add(&mut self, decider: u32, unknown: u64, others: u64) {
        self.last = (decider, unknown + if self.last.0 == decider { self.last.1 } else { 0 });
        self.most = self.most.max(self.last.1);
        (self.unknown, self.others) = (self.unknown + unknown, self.others + others);
    }
}

/// The one of several values of a dimension with which nearly all unknown users of the night stand, and not the other
/// failures. Not where a campaign or list source does the same: then the list may as well be rotten.
fn one_of_several(cells: &Cells, search: &Attribution<'_>, dimension: Dimension) -> Option<(Candidate, Sign)> {
    let j = search.judging;
    let (of_dimension, all) = failures(cells, search, dimension);
    let stands_out = |f: &Failures| {
        f.unknown as f64 >= j.unreliable_missing_counts
            && f.unknown as f64 >= j.unreliable_identity_share * all.unknown as f64
            // One company that answers so is no word about the identity.
            && 2 * f.most <= f.unknown
            && (all.others == 0 || (f.others as f64) < j.unreliable_identity_others * all.others as f64)
    };
    if of_dimension.len() < 2 {
        return None;
    }
    let (value, failures_of) = of_dimension.iter().find(|(_, f)| stands_out(f))?;
    let list = |dimension| {
        let (lists, _) = failures(cells, search, dimension);
        lists.len() > 1 && lists.values().any(stands_out)
    };
    let Failures { unknown, others, .. } = *failures_of;
    let sign = Sign::OneOfSeveral { unknown, all: all.unknown, others, all_others: all.others };
    (!LISTS.into_iter().any(list)).then_some((Candidate::one(dimension, *value), sign))
}

/// The failures of each value of a dimension that has any, and of all.
fn failures(cells: &Cells, search: &Attribution<'_>, dimension: Dimension) -> (BTreeMap<u32, Failures>, Failures) {
    let (mut of_values, mut all) = (BTreeMap::<u32, Failures>::new(), Failures::default());
    for place in walk(search.night, cells, 0..cells.nodes.len()).filter(|place| !place.fails.is_empty()) {
        let other = |family| !matches!(family, Family::Missing | Family::Delay | Family::Complaint);
        let others = place.fails.iter().filter(|fail| other(fail.family)).map(|fail| u64::from(fail.count)).sum();
        let (unknown, value) = (u64::from(cells.contacts_of(place.at).unknown), dimension.value(&place.identity()));
        all.add(place.node.decider, unknown, others);
        if value != NONE {
            of_values.entry(value).or_default().add(place.node.decider, unknown, others);
        }
    }
    (of_values, all)
}

/// Organisations and pools of which many contacts hear a known liar's words. They come after the lists: one company says
/// nothing about a list, and a list nothing about the company; but their addresses are not believed to be dead, whoever
/// owned them.
pub fn directories(cells: &mut Cells, search: &mut Attribution<'_>, found: &mut Found) {
    let believed = |number: u16| found.signs.iter().all(|(of, _)| *of != number);
    let mut liars = tallies(cells, search, believed);
    liars.retain(|(decider, side)| side.unknown > 0 && lies(search, side) && enough(cells, search, *decider, side));
    liars.sort_by_key(|(decider, side)| (std::cmp::Reverse(side.liars), *decider));
    liars.truncate(MOST_DIRECTORIES);
    let (mut numbers, first) = (BTreeMap::new(), search.next);
    for (decider, side) in liars {
        let (kind, number) = (IncidentKind::UnreliableUnknown, search.next);
        search.next += 1;
        numbers.insert(decider, number);
        found.signs.push((number, Sign::KnownLiar { contacts: side.liars, tried: side.tried }));
        // One night does not tell a directory that fails from a company that has gone.
        let (fails, tried, confidence) = (side.unknown, side.tried, Confidence::Low);
        found.directories.push(OtherFinding { decider, kind, fails, tried, confidence, number });
    }
    let of_receivers: Vec<u16> = found.signs.iter().map(|(number, _)| *number).filter(|n| *n < first).collect();
    for node in 0..cells.nodes.len() {
        let Some(number) = numbers.get(&cells.nodes[node].decider) else { continue };
        for cell in cells.cells_of(node) {
            let of_cell = cells.fails_of(cell);
            for fail in cells.fails[of_cell].iter_mut().filter(|fail| fail.family == Family::Missing) {
                fail.by = if of_receivers.contains(&fail.by) { fail.by } else { *number };
            }
        }
    }
}

/// Without deliveries every share is one of bounces, so that more contacts must say it; and of consumer mailboxes many.
fn enough(cells: &Cells, search: &Attribution<'_>, decider: u32, side: &Side) -> bool {
    let j = search.judging;
    let least = match search.places.is_pool(decider) {
        _ if cells.rates => j.liar_contacts,
        true => j.liar_pool_counts,
        false => j.liar_contacts_counts,
    };
    side.liars as f64 >= least
}

/// Each organisation and pool with unknown contacts; those that a receiver is not believed about are left out.
fn tallies(cells: &Cells, search: &Attribution<'_>, believed: impl Fn(u16) -> bool + Sync + Send) -> Vec<(u32, Side)> {
    let parts = cells.in_parts(|nodes| {
        let mut tallies: Vec<(u32, Side)> = Vec::new();
        for place in walk(search.night, cells, nodes) {
            if tallies.last().is_none_or(|(decider, _)| *decider != place.node.decider) {
                tallies.pop_if(|(_, side)| side.liars == 0);
                tallies.push((place.node.decider, Side::default()));
            }
            if let Some((_, side)) = tallies.last_mut() {
                side.add(cells, &place, &believed);
            }
        }
        tallies
    });
    parts.concat()
}
