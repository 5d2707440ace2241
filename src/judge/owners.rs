//! Who owns a failure. In: a verdict. Out: for the failures of a decider and family, with the finding that explains them,
//! the place of the one incident that they belong to. This is the only answer to that question in the program: it is
//! written into each row, and everybody else reads it there.

use std::collections::HashMap;

use super::verdict::Verdict;
use crate::bounce::{Families, Family};
use crate::facts::cells::{Cells, NOBODY};

/// The owner of each failure: the place of an incident in the order findings, tenants, others.
#[derive(Debug)]
pub struct Owners {
    /// By the number in `Fail::by`.
    by_number: HashMap<u16, u32>,
    /// By organisation, with the families that are owned there, for failures that no finding explains.
    by_decider: HashMap<u32, Vec<(Families, u32)>>,
    /// The families of which some failures are owned: others need no look-up.
    owned: Families,
}

impl Owners {
    /// The owners that a verdict names on the cells that it has judged.
    pub fn of_verdict(verdict: &Verdict, cells: &Cells) -> Owners {
        let explained = cells.fails.iter().filter(|fail| fail.by != NOBODY);
        let owned = explained.fold(Families::NONE, |owned, fail| owned.with(fail.family.set()));
        let mut owners = Owners { by_number: HashMap::new(), by_decider: HashMap::new(), owned };
        for (at, finding) in (0..).zip(&verdict.findings) {
            owners.by_number.insert(finding.number, at);
        }
        let tenants = verdict.tenants.iter().map(|tenant| (tenant.tally.decider, Families::POLICY));
        let first_other = (verdict.findings.len() + verdict.tenants.len()) as u32;
        for (at, other) in (first_other..).zip(&verdict.others).filter(|(_, other)| other.number != NOBODY) {
            owners.by_number.insert(other.number, at);
        }
        let others = verdict.others.iter().map(|other| (other.decider, other.families()));
        for (at, (decider, families)) in (verdict.findings.len() as u32..).zip(tenants.chain(others)) {
            owners.by_decider.entry(decider).or_default().push((families, at));
            owners.owned = owners.owned.with(families);
        }
        owners
    }

    /// Whether an incident owns some failures of that family.
    pub fn own_some(&self, family: Family) -> bool {
        self.owned.has(family)
    }

    /// The incident that owns the failures of a decider.
    pub fn of(&self, decider: u32, family: Family, by: u16) -> Option<u32> {
        if by != NOBODY {
            return self.by_number.get(&by).copied();
        }
        let owned = self.by_decider.get(&decider)?;
        owned.iter().find(|(families, _)| families.has(family)).map(|(_, incident)| *incident)
    }
}
