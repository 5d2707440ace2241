//! Receivers under suspicion: several organisations of one receiver refuse us in words that name nobody, and nothing sets the
//! receiver apart. In: cells with the findings so far. Out: findings without confidence about such receivers, in place of as
//! many suspected organisations.

use std::ops::Range;

use super::attribution::Attribution;
use super::candidate::{Candidate, Dimension};
use super::stats::ln_beta;
use super::walk::{Place, organisations, walk};
use crate::bounce::{Families, Family};
use crate::facts::cells::{Cells, NOBODY};
use crate::facts::night::ReceiverKind;
use crate::tables::policy::Judging;

/// Customers of a shared host that refuse us alike.
const SHARED: f64 = 2.0;

/// Organisations of a receiver: those that something holds of, and all.
#[derive(Debug, Clone, Copy, Default)]
struct Customers {
    hit: u64,
    all: u64,
}

/// Adds the findings.
pub fn find(cells: &mut Cells, search: &mut Attribution) {
    hosts_that_say_so(cells, search);
    let counts = refusing(cells, search);
    for (receiver, customers) in (0..).zip(counts) {
        let kind = search.night.receiver_kinds.get(receiver as usize);
        let known = kind.is_some_and(|kind| *kind != ReceiverKind::Other);
        let told = search.findings.iter().any(|f| f.candidate == Candidate::one(Dimension::Receiver, receiver));
        if known && !told && customers.is_suspect(search.judging, cells.rates, kind == Some(&ReceiverKind::Shared)) {
            search.suspect(cells, Candidate::one(Dimension::Receiver, receiver), |_| true);
        }
    }
}

/// The words of its customers that may be a receiver's own. A mailbox provider's documented ones say that they are not.
const fn words_of(kind: Option<ReceiverKind>) -> Families {
    match kind {
        Some(ReceiverKind::Gateway | ReceiverKind::Shared) => Families::EXPLICIT,
        Some(ReceiverKind::Provider) => Family::Explicit.set(),
        Some(ReceiverKind::Other) | None => Families::NONE,
    }
}

/// Explicit words from most customers of one receiver are its own, not as many rules.
fn hosts_that_say_so(cells: &mut Cells, search: &mut Attribution) {
    let (j, night) = (search.judging, search.night);
    let kind = |receiver: u32| night.receiver_kinds.get(receiver as usize).copied();
    let counts = customers(cells, search, |nodes| {
        let words = words_of(kind(cells.nodes[nodes.start].receiver));
        let said = |place: Place| place.fails.iter().any(|fail| words.has(fail.family));
        (walk(search.night, cells, nodes).any(said), true)
    });
    for (receiver, Customers { hit: explicit, all }) in (0..).zip(counts) {
        let words = words_of(kind(receiver));
        let many = explicit as f64 >= j.stock_organisations && explicit as f64 >= j.host_says_so * all as f64;
        if words != Families::NONE && many {
            search.says_so(cells, Candidate::one(Dimension::Receiver, receiver), words);
        }
    }
}

impl Customers {
    /// With deliveries: that the receiver decided is likelier. Without, most of those with any failure must refuse. Two
    /// customers of a host that no table knows are as much.
    fn is_suspect(self, j: &Judging, rates: bool, shared: bool) -> bool {
        let (k, n) = (self.hit as f64, self.all as f64);
        let enough = k >= if shared { SHARED } else { j.organisations };
        enough && if rates { is_one_decision(k, n, j) } else { k >= j.suspect_share_counts * n }
    }
}

/// Whether one receiver that refuses most of its organisations (share from a Beta(6,1)) is likelier than `k` of its `n`
/// organisations that each decided alone.
pub(super) fn is_one_decision(k: f64, n: f64, j: &Judging) -> bool {
    let one = j.vendor_prior.ln() + ln_beta(k + 6.0, n - k + 1.0) - ln_beta(6.0, 1.0);
    one > k * j.tenant_prior.ln() + (n - k) * (1.0 - j.tenant_prior).ln()
}

/// Organisations of each receiver that refuse most of our mail for no known reason. One with words of its own speaks for
/// itself.
fn refusing(cells: &Cells, search: &Attribution) -> Vec<Customers> {
    customers(cells, search, |nodes| {
        let (mut open, mut explicit, mut tried) = (0, 0, 0);
        for place in walk(search.night, cells, nodes) {
            tried += place.delivered();
            for fail in place.fails.iter().filter(|f| !matches!(f.family, Family::Delay | Family::Complaint)) {
                let n = u64::from(fail.count);
                tried += n;
                explicit += if Families::EXPLICIT.has(fail.family) { n } else { 0 };
                open += if fail.by == NOBODY && Families::OURS.has(fail.family) { n } else { 0 };
            }
        }
        let most = open as f64 >= search.judging.inconclusive_rate * tried as f64;
        (open > 0 && explicit == 0 && most, tried > 0)
    })
}

/// Counts the organisations of each receiver: `of` tells of one by its nodes whether it is hit, and whether it counts.
fn customers(
    cells: &Cells,
    search: &Attribution,
    of: impl Fn(Range<usize>) -> (bool, bool) + Send + Sync,
) -> Vec<Customers> {
    let none = || vec![Customers::default(); search.night.receivers.len()];
    let parts = cells.in_parts(|nodes| {
        let mut counts = none();
        for nodes in organisations(search.places, cells, nodes) {
            if let Some(count) = counts.get_mut(cells.nodes[nodes.start].receiver as usize) {
                let (hit, counts) = of(nodes);
                (count.hit, count.all) = (count.hit + u64::from(hit), count.all + u64::from(counts));
            }
        }
        counts
    });
    let mut sums = none();
    for (sum, part) in parts.iter().flat_map(|part| (0..).zip(part)) {
        let sum: &mut Customers = &mut sums[sum];
        (sum.hit, sum.all) = (sum.hit + part.hit, sum.all + part.all);
    }
    sums
}
