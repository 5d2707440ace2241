//! How much of a scope's mail an incident refuses. In: the cells, a candidate, the failures that it owns. Out: a share of
//! messages. How sure an incident is says nothing about how much it costs, and what to do follows from the cost.

use super::builder::IncidentBuilder;
use crate::bounce::Family;
use crate::judge::candidate::Candidate;
use crate::judge::walk;

/// Share of the messages in a candidate's scope that failed by it, 0..=1; `None` without deliveries.
pub fn of(builder: &IncidentBuilder<'_>, candidate: &Candidate, failures: u64) -> Option<f64> {
    let cells = builder.cells;
    if !cells.rates {
        return None;
    }
    let mut tried = 0;
    for place in walk(builder.night, cells, 0..cells.nodes.len()).filter(|place| place.is_in(candidate)) {
        let final_ones = place.fails.iter().filter(|fail| !matches!(fail.family, Family::Delay | Family::Complaint));
        tried += place.delivered() + final_ones.map(|fail| u64::from(fail.count)).sum::<u64>();
    }
    (tried > 0).then(|| (failures as f64 / tried as f64).min(1.0))
}
