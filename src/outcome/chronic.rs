//! New or chronic: tonight's verdicts against those of earlier nights. In: incidents, earlier nights. Out: their status.
//! The statistics are done by then; memory changes no verdict, only what is said about its age.

use super::incident::{Incident, Scope};
use crate::bounce::{IncidentKind, IncidentStatus};
use crate::history::{EarlierNight, EarlierVerdict};

/// Nights with traffic that are looked back on.
const WINDOW: usize = 7;
/// Nights of the window with the same verdict that make it chronic.
const NIGHTS: usize = 2;

/// Says of each incident whether it is new or chronic. `earlier` is oldest first.
pub fn mark(incidents: &mut [Incident], earlier: &[EarlierNight]) {
    for incident in incidents {
        incident.status = status(incident.kind, &incident.scope, earlier);
    }
}

fn status(kind: IncidentKind, scope: &Scope, earlier: &[EarlierNight]) -> IncidentStatus {
    let (scope_type, scope_key) = (scope.type_name(), scope.key());
    let same = |verdict: &EarlierVerdict| {
        verdict.kind == kind && verdict.scope_type == scope_type && verdict.scope_key == scope_key
    };
    let nights = earlier.iter().rev().take(WINDOW).filter(|night| night.verdicts.iter().any(same)).count();
    if nights >= NIGHTS { IncidentStatus::Chronic } else { IncidentStatus::New }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounce::{Confidence, ScopeType};

    fn nights(blocked: &[bool]) -> Vec<EarlierNight> {
        let verdict = EarlierVerdict {
            kind: IncidentKind::TenantBlock,
            scope_type: "organisation".into(),
            scope_key: "northwind.example".into(),
            confidence: Confidence::High,
            bounces: 5,
            organisations_hit: 1,
            organisations_exposed: 1,
        };
        let night = |(day, blocked): (usize, &bool)| EarlierNight {
            night: format!("2026-11-{:02}", day + 1),
            verdicts: if *blocked { vec![verdict.clone()] } else { Vec::new() },
        };
        blocked.iter().enumerate().map(night).collect()
    }

    #[test]
    fn the_same_verdict_on_two_of_the_last_seven_nights_is_chronic() {
        let scope = Scope::one(ScopeType::Organisation, "northwind.example");
        let (new, chronic) = (IncidentStatus::New, IncidentStatus::Chronic);
        for (blocked, want) in [
            (&[][..], new),
            (&[true], new),
            (&[true, true], chronic),
            (&[true, false, false, false, false, false, true], chronic),
            (&[true, true, false, false, false, false, false, false], new),
        ] {
            assert_eq!(status(IncidentKind::TenantBlock, &scope, &nights(blocked)), want, "{blocked:?}");
        }
    }

    #[test]
    fn another_kind_or_scope_is_another_verdict() {
        let earlier = nights(&[true, true]);
        let same = Scope::one(ScopeType::Organisation, "northwind.example");
        let other = Scope::one(ScopeType::Organisation, "fernwell.example");
        assert_eq!(status(IncidentKind::StaleDomain, &same, &earlier), IncidentStatus::New);
        assert_eq!(status(IncidentKind::TenantBlock, &other, &earlier), IncidentStatus::New);
    }
}
