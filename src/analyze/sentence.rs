//! The judgement in words. In: an incident without words and what it rests on. Out: its sentence, evidence, and what is
//! missing for a better answer. No figure is computed here that the incident does not hold.

use super::details::Details;
use super::explain::Finding;
use super::incident::Incident;
use super::quiet::QuietFinding;
use super::tell::Teller;
use super::tenant::TenantFinding;

/// Words for a finding of our side or a receiver's.
pub fn systemic(_teller: &Teller, _incident: &mut Incident, _finding: &Finding, _details: &Details) {}

/// Words for an organisation that refuses us.
pub fn tenant(_teller: &Teller, incident: &mut Incident, finding: &TenantFinding, _details: &Details) {
    incident.evidence.push(format!("{:?} {}", finding.tally, finding.because));
}

/// Words for an organisation that fails without refusing.
pub fn quiet(_teller: &Teller, incident: &mut Incident, finding: &QuietFinding, _details: &Details) {
    incident.evidence.push(format!("Q {} {}", finding.fails, finding.tried));
}
