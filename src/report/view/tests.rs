//! The numbers of a view, and the sentences made of them.

use super::*;
use crate::report::testing::Night;
use crate::tables::policy::Verb;

#[test]
fn a_quiet_night_says_what_is_to_suppress_and_asks_for_nothing() {
    let night = Night::quiet();
    let verdict = night.view().verdict;
    assert_eq!((verdict.level, verdict.sentence.as_str()), (Level::Quiet, "10 addresses to suppress."));
    assert_eq!(verdict.first_step, None);
}

#[test]
fn a_busy_night_names_incidents_first_and_the_first_step() {
    let night = Night::busy();
    let verdict = night.view().verdict;
    assert_eq!(verdict.level, Level::Act);
    assert_eq!(
        verdict.sentence,
        "2 systemic incidents, 1 tenant block, 1 suspected incident, 1 inconclusive finding, 418 addresses to \
         suppress. 3,180 addresses protected from suppression."
    );
    assert_eq!(
        verdict.first_step.as_deref(),
        Some("First: pause all mail from the IP (sending IP 192.0.2.7) until 2026-11-23, because of IP reputation.")
    );
}

#[test]
fn a_tenant_block_that_acts_suppresses_until_its_entry_expires() {
    let night = Night::busy();
    let view = night.view();
    let tenant = view.tenants().next().unwrap();
    let action = &tenant.actions[0];
    assert_eq!((action.verb, action.until), (Verb::Suppress, Some(jiff::civil::date(2027, 11, 20))));
    assert_eq!(action.amount, "all mail to 2 domains");
}

#[test]
fn what_is_unsure_waits_for_a_person() {
    let night = Night::busy();
    let view = night.view();
    let verbs: Vec<_> = view.others().map(|i| i.actions[0].verb).collect();
    assert_eq!(verbs, [Verb::Hold, Verb::Review]);
}

#[test]
fn every_incident_is_shown_in_exactly_one_place() {
    let night = Night::busy();
    let view = night.view();
    let shown = view.systemic().count() + view.tenants().count() + view.others().count();
    assert_eq!(shown, view.incidents.len());
}

#[test]
fn without_deliveries_there_are_counts_and_no_rates() {
    let night = Night::counts_only();
    let view = night.view();
    assert_eq!((view.mode(), view.totals.bounce_rate), ("COUNTS-ONLY", None));
    assert!(view.tiles.iter().all(|t| t.label != "Delivered"));
    assert_eq!(view.tiles[0].value, "1,230");
}

#[test]
fn concentration_is_what_outcome_says_and_needs_two_to_compare() {
    let mut night = Night::busy();
    assert_eq!(night.view().concentration, night.judgement.concentration.as_ref());
    night.judgement.concentration = Concentration::of([7]);
    assert_eq!(night.view().concentration, None);
}

#[test]
fn what_a_sentence_asks_for_is_the_action_of_the_tables() {
    let night = Night::busy();
    for incident in &night.view().incidents {
        let asked = incident.sentence.split_once(" Next: ").map(|(_, next)| next.to_owned());
        let action = incident.actions.first().map(|action| action.words(&incident.scope()));
        assert_eq!(asked, action.map(|(verb, rest)| format!("{verb} {rest}.")), "{}", incident.sentence);
    }
}

#[test]
fn the_rest_of_the_domains_is_counted() {
    let night = Night::busy();
    let (top, rest, bounces) = night.view().top_domains();
    let all: u64 = night.judgement.domains.iter().map(|d| d.bounces).sum();
    assert_eq!((top.len(), rest), (TOP, 16));
    assert_eq!(top.iter().map(|d| d.bounces).sum::<u64>() + bounces, all);
}

#[test]
fn more_complaints_than_deliveries_are_a_count_and_no_rate() {
    let mut night = Night::busy();
    let complaints = night.view().totals.complaints;
    assert!(complaints > 0);
    night.judgement.delivered = Some(complaints - 1);
    let view = night.view();
    assert_eq!(view.totals.complaint_rate, None);
    let tile = view.tiles.iter().find(|tile| tile.label == "Complaints").unwrap();
    assert_eq!(tile.value, complaints.to_string());
}
