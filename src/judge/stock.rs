//! Stock texts: free words about "a rule" that many unrelated organisations use alike on one night. In: the words of each domain,
//! cells with the findings. Out: the refusals of each organisation that are no words of its own; where a finding covers
//! them they are its.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::attribution::Finding;
use super::walk::{organisations, walk};
use crate::bounce::{FailureStream, Families, Family};
use crate::facts::cells::{Cells, NOBODY};
use crate::facts::night::Night;
use crate::facts::organisation::Places;
use crate::tables::policy::Judging;

/// Refusals in stock texts, by organisation.
pub type Stock = HashMap<u32, u64>;

/// Finds the stock texts of a night, and gives what findings of the policy stream cover to them.
pub fn find(night: &Night, places: &Places, cells: &mut Cells, judging: &Judging, findings: &[Finding]) -> Stock {
    let users = users(night, places);
    let often: BTreeMap<u32, BTreeSet<u32>> =
        users.into_iter().filter(|(_, deciders)| deciders.len() as f64 >= judging.stock_organisations).collect();
    if often.is_empty() {
        return Stock::new();
    }
    let holds = |f: &&Finding| f.by_contrast && f.stream == FailureStream::Policy;
    let findings: Vec<&Finding> = findings.iter().filter(holds).collect();
    let shares = Shares::of(night, places, cells, &findings);
    let most = judging.breaker_tenants.max(judging.breaker_share * shares.organisations as f64);
    let is_stock = |deciders: &BTreeSet<u32>| deciders.len() as f64 > most || shares.no_higher_than_findings(deciders);
    let stock: BTreeSet<u32> =
        often.iter().filter(|(_, deciders)| is_stock(deciders)).map(|(words, _)| *words).collect();
    let counts = count(night, places, &stock);
    give(night, cells, &findings, &counts);
    counts
}

/// The organisations that use each text.
fn users(night: &Night, places: &Places) -> BTreeMap<u32, BTreeSet<u32>> {
    let mut users: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for (facts, decider) in night.facts.iter().zip(&places.decider_of) {
        for (words, _) in &facts.words {
            users.entry(*words).or_default().insert(*decider);
        }
    }
    users
}

fn count(night: &Night, places: &Places, stock: &BTreeSet<u32>) -> Stock {
    let mut counts = Stock::new();
    for (facts, decider) in night.facts.iter().zip(&places.decider_of) {
        for (_, n) in facts.words.iter().filter(|(words, _)| stock.contains(words)) {
            *counts.entry(*decider).or_default() += n;
        }
    }
    counts
}

/// What organisations refuse, and what the findings that hold them do.
struct Shares {
    /// Share refused by each organisation with free words, and the largest share of a finding that holds it.
    of: HashMap<u32, (f64, f64)>,
    /// Organisations mailed.
    organisations: u64,
}

impl Shares {
    fn of(night: &Night, places: &Places, cells: &Cells, findings: &[&Finding]) -> Shares {
        let parts = cells.in_parts(|nodes| {
            let (mut of, mut mailed) = (HashMap::new(), 0u64);
            for nodes in organisations(places, cells, nodes) {
                mailed += 1;
                let decider = cells.nodes[nodes.start].decider;
                let (mut refused, mut tried, mut covering, mut speaks) = (0u64, 0u64, 0.0f64, false);
                for place in walk(night, cells, nodes) {
                    speaks |= place.fails.iter().any(|fail| fail.family == Family::Explicit);
                    tried += place.delivered() + place.failed();
                    let refusals = place.fails.iter().filter(|fail| Families::POLICY.has(fail.family));
                    refused += refusals.map(|fail| u64::from(fail.count)).sum::<u64>();
                    let holding = findings.iter().filter(|f| place.is_in(&f.candidate));
                    covering = holding.map(|f| f.measure.rate()).fold(covering, f64::max);
                }
                if speaks && tried > 0 {
                    of.insert(decider, (refused as f64 / tried as f64, covering));
                }
            }
            (of, mailed)
        });
        let mut shares = Shares { of: HashMap::new(), organisations: 0 };
        for (of, mailed) in parts {
            shares.of.extend(of);
            shares.organisations += mailed;
        }
        shares
    }

    /// Whether these organisations refuse, taken together, no more than the findings that hold them.
    fn no_higher_than_findings(&self, deciders: &BTreeSet<u32>) -> bool {
        let shares = deciders.iter().filter_map(|decider| self.of.get(decider));
        let (refused, covering) = shares.fold((0.0, 0.0), |sum, (own, of)| (sum.0 + own, sum.1 + of));
        covering > 0.0 && refused <= covering
    }
}

/// Gives the stock texts of organisations without other free words to the findings that hold them.
fn give(night: &Night, cells: &mut Cells, findings: &[&Finding], stock: &Stock) {
    let mut free: HashMap<u32, u64> = HashMap::new();
    for (n, node) in cells.nodes.iter().enumerate() {
        for fail in cells.cells_of(n).flat_map(|cell| &cells.fails[cells.fails_of(cell)]) {
            if fail.family == Family::Explicit && fail.by == NOBODY {
                *free.entry(node.decider).or_default() += u64::from(fail.count);
            }
        }
    }
    cells.give(|node, identity| {
        stock.get(&node.decider).filter(|n| free.get(&node.decider).is_some_and(|all| all <= *n))?;
        let identity = night.identities.get(identity);
        let holding = findings.iter().find(|f| f.candidate.holds(node.receiver, node.decider, &identity));
        Some((Family::Explicit.set(), holding?.number))
    });
}
