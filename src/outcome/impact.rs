//! Impact: how much of a scope's mail an incident refuses. In: cells with their owners, the verdict. Out: for each finding, tenant
//! and other, in the order of the verdict, refused and tried messages. How sure an incident is says nothing about how much it
//! costs: the action follows the impact.

use std::ops::Range;

use crate::bounce::Family;
use crate::facts::Facts;
use crate::judge::candidate::Dimension;
use crate::judge::{Verdict, walk};

/// Messages refused and tried.
pub type Impact = (u64, u64);

/// The impact of each incident; `None` counts-only, where deliveries do not name the scope, and for an organisation's own
/// incident, which says nothing about the mail of an identity of ours.
pub fn of_verdict(facts: &Facts, verdict: &Verdict) -> Vec<Option<Impact>> {
    let rates = facts.cells.rates;
    let named = |dimension: &Dimension| {
        let place = matches!(dimension, Dimension::Receiver | Dimension::Pool);
        !verdict.uncovered.contains(dimension) && (!place || facts.night.receivers_covered)
    };
    let findings = of_findings(facts, verdict);
    let findings = verdict.findings.iter().zip(findings);
    findings
        .map(|(finding, impact)| Some(impact).filter(|_| named(&finding.candidate.dimension)))
        .chain((0..verdict.tenants.len() + verdict.others.len()).map(|_| None))
        .map(|impact| impact.filter(|(_, tried)| rates && *tried > 0))
        .collect()
}

fn of_findings(facts: &Facts, verdict: &Verdict) -> Vec<Impact> {
    let count = |nodes: Range<usize>| {
        let mut impacts = vec![(0, 0); verdict.findings.len()];
        if impacts.is_empty() {
            return impacts;
        }
        for place in walk(&facts.night, &facts.cells, nodes) {
            let counts = |family| !matches!(family, Family::Delay | Family::Complaint);
            let failed: u64 = place.fails.iter().filter(|f| counts(f.family)).map(|f| u64::from(f.count)).sum();
            for ((refused, tried), finding) in impacts.iter_mut().zip(&verdict.findings) {
                let owned = place.fails.iter().filter(|f| f.by == finding.number && counts(f.family));
                let owned: u64 = owned.map(|fail| u64::from(fail.count)).sum();
                *refused += owned;
                *tried += if place.is_in(&finding.candidate) { place.delivered() + failed } else { owned };
            }
        }
        impacts
    };
    let mut sums = vec![(0, 0); verdict.findings.len()];
    for part in facts.cells.in_parts(count) {
        sums.iter_mut()
            .zip(part)
            .for_each(|(sum, part): (&mut Impact, Impact)| *sum = (sum.0 + part.0, sum.1 + part.1));
    }
    sums
}
