//! Receivers under suspicion: several organisations of one receiver refuse us in words that name nobody, and nothing sets the
//! receiver apart. In: cells with the findings so far. Out: findings without confidence about such receivers, in place of as
//! many suspected organisations.

use super::attribution::Attribution;
use super::candidate::{Candidate, Dimension};
use super::stats::ln_beta;
use super::walk::{Place, organisations, walk};
use crate::bounce::{FailureStream, Families, Family};
use crate::facts::cells::{Cells, NOBODY};
use crate::facts::names::NONE;
use crate::facts::night::ReceiverKind;
use crate::tables::policy::Judging;

/// Customers of a shared host that refuse us alike.
const SHARED: f64 = 2.0;

/// Organisations of a receiver that refuse most of our mail for no known reason, and all.
#[derive(Debug, Clone, Copy, Default)]
struct Refusing {
    refusing: u64,
    all: u64,
}

/// Adds the findings.
pub fn find(cells: &mut Cells, search: &mut Attribution) {
    hosts_that_say_so(cells, search);
    if search.stream.name != FailureStream::Policy {
        return;
    }
    let counts = count(cells, search);
    for (receiver, refusing) in (0..).zip(counts) {
        let kind = search.night.receiver_kinds.get(receiver as usize);
        let known = kind.is_some_and(|kind| *kind != ReceiverKind::Other);
        let told = search.findings.iter().any(|f| f.candidate == Candidate::one(Dimension::Receiver, receiver));
        if known && !told && refusing.is_suspect(search.judging, cells.rates, kind == Some(&ReceiverKind::Shared)) {
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
    let j = search.judging;
    let mut counts = vec![(0u64, 0u64); search.night.receivers.len()];
    for nodes in organisations(search.places, cells, 0..cells.nodes.len()) {
        let receiver = cells.nodes[nodes.start].receiver;
        let words = words_of(search.night.receiver_kinds.get(receiver as usize).copied());
        let said = |place: Place| place.fails.iter().any(|fail| words.has(fail.family));
        if let Some((explicit, all)) = counts.get_mut(receiver as usize) {
            *explicit += u64::from(walk(search.night, cells, nodes).any(said));
            *all += 1;
        }
    }
    for (receiver, (explicit, all)) in (0..).zip(counts) {
        let words = words_of(search.night.receiver_kinds.get(receiver as usize).copied());
        let many = explicit as f64 >= j.stock_organisations && explicit as f64 >= j.host_says_so * all as f64;
        if words != Families::NONE && many {
            search.says_so(cells, Candidate::one(Dimension::Receiver, receiver), words);
        }
    }
}

impl Refusing {
    /// With deliveries: one receiver that refuses most of its organisations (share from a Beta(6,1)) is likelier than as many
    /// organisations that each decided alone. Without, most of those with any failure must refuse.
    /// Two customers of a host that no table knows are as much.
    fn is_suspect(self, j: &Judging, rates: bool, shared: bool) -> bool {
        let (k, n) = (self.refusing as f64, self.all as f64);
        if k < if shared { SHARED } else { j.organisations } {
            return false;
        }
        if !rates {
            return k >= j.suspect_share_counts * n;
        }
        let vendor = j.vendor_prior.ln() + ln_beta(k + 6.0, n - k + 1.0) - ln_beta(6.0, 1.0);
        vendor > k * j.tenant_prior.ln() + (n - k) * (1.0 - j.tenant_prior).ln()
    }
}

/// Counts the organisations of each receiver. One with words of its own speaks for itself.
fn count(cells: &Cells, search: &Attribution) -> Vec<Refusing> {
    let receivers = search.night.receivers.len();
    let parts = cells.in_parts(|nodes| {
        let mut counts = vec![Refusing::default(); receivers];
        for nodes in organisations(search.places, cells, nodes) {
            let receiver = cells.nodes[nodes.start].receiver;
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
            if receiver != NONE
                && let Some(count) = counts.get_mut(receiver as usize)
            {
                count.all += u64::from(tried > 0);
                let most = open as f64 >= search.judging.inconclusive_rate * tried as f64;
                count.refusing += u64::from(open > 0 && explicit == 0 && most);
            }
        }
        counts
    });
    let mut counts = vec![Refusing::default(); receivers];
    for (at, part) in parts.into_iter().flat_map(|part| part.into_iter().enumerate()) {
        counts[at].refusing += part.refusing;
        counts[at].all += part.all;
    }
    counts
}
