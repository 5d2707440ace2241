//! The numbers of a view, and the sentences made of them.

use super::*;
use crate::bounce::{Cause, Confidence, Level, RateName, ScopeType};
use crate::outcome::incident::{Named, Rate, Scope};
use crate::report::testing::Night;
use crate::tables::policy::Verb;

#[test]
fn a_quiet_night_says_what_is_to_suppress_and_asks_for_nothing() {
    let night = Night::quiet();
    let verdict = night.view().verdict;
    assert_eq!((verdict.level(), verdict.sentence.as_str()), (Level::Quiet, "10 addresses to suppress."));
    assert_eq!(verdict.first_step, None);
}

#[test]
fn a_busy_night_names_incidents_first_and_the_first_step() {
    let night = Night::busy();
    let verdict = night.view().verdict;
    assert_eq!(verdict.level(), Level::Act);
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

/// A rate of the night, beyond nothing.
fn rate(name: RateName, events: u64, of: Option<u64>) -> Rate {
    let share = of.map(|of| events as f64 / of as f64);
    let scope = Scope::one(ScopeType::Fleet, "*");
    Rate { name, scope, events, recipients: Some(events), of, share, low: share, level: Level::Quiet }
}

#[test]
fn complaints_without_deliveries_enough_are_a_count_and_no_rate() {
    let mut night = Night::busy();
    let complaints = night.view().totals.complaints;
    assert!(complaints > 0);
    for (of, value) in [(None, complaints.to_string()), (Some(9_000), "0.67 ‰".to_owned())] {
        night.judgement.rates = vec![rate(RateName::Complaints, complaints, of)];
        let view = night.view();
        assert_eq!(view.totals.complaint_rate, of.map(|of| complaints as f64 / of as f64));
        let tile = view.tiles.iter().find(|tile| tile.label == "Complaints").unwrap();
        assert_eq!((&tile.value, tile.level), (&value, Level::Quiet));
    }
}

#[test]
fn a_rate_beyond_its_threshold_is_told_with_its_scope_and_asks_for_the_first_step() {
    let mut night = Night::quiet();
    let fair = Rate {
        scope: Scope::one(ScopeType::ListSource, "autumn-fair"),
        level: Level::Act,
        ..rate(RateName::UnknownUsers, 60, Some(200))
    };
    night.judgement.rates = vec![rate(RateName::UnknownUsers, 60, Some(9_000)), fair];
    let view = night.view();
    assert_eq!(view.verdict.level(), Level::Act);
    assert_eq!(
        view.verdict.sentence,
        "10 addresses to suppress. Dead addresses and domains of list source autumn-fair: 60 of 200 (30 %), act from 10 %."
    );
    assert_eq!(
        view.verdict.first_step.as_deref(),
        Some("First: stop list source autumn-fair until its addresses are checked.")
    );
    let reasons: Vec<_> = view.reasons.iter().map(|r| (r.level, r.kind)).collect();
    assert_eq!(reasons, [(Level::Act, "unknown_users")]);
}

#[test]
fn nothing_to_do_is_never_said_beside_a_listing_or_a_protected_refusal() {
    let mut night = Night::quiet();
    night.lists.addresses.clear();
    assert_eq!(night.view().verdict.sentence, "10 bounces, nothing to do about them.");
    night.judgement.named = Named { lists: vec![("spamcop".to_owned(), 1)], by_list: 1, by_authentication: 0 };
    let verdict = night.view().verdict;
    assert_eq!((verdict.level(), verdict.first_step), (Level::Quiet, None));
    assert_eq!(verdict.sentence, "10 bounces. 1 organisation names a public list: Spamcop.");
    night.judgement.named = Named::default();
    night.lists.protected.insert(None, 2);
    assert_eq!(night.view().verdict.sentence, "10 bounces. 2 addresses protected from suppression.");
}

#[test]
fn a_listing_that_an_incident_tells_is_not_told_twice() {
    let mut night = Night::busy();
    night.judgement.named = Named { lists: vec![("spamhaus_zen".to_owned(), 390)], by_list: 90, by_authentication: 0 };
    assert!(!night.view().verdict.sentence.contains("public list"), "{}", night.view().verdict.sentence);
}

#[test]
fn what_cannot_be_told_is_said_with_what_to_look_at() {
    let mut night = Night::quiet();
    night.facts.kinds.clear();
    let verdict = night.view().verdict;
    assert_eq!(verdict.word(), "CANNOT TELL");
    assert!(verdict.first_step.is_some_and(|step| step.starts_with("First: look whether the export ran")));
    let mut night = Night::quiet();
    night.judgement.codes[0].cause = Cause::Unknown;
    let verdict = night.view().verdict;
    assert_eq!(verdict.word(), "CANNOT TELL");
    assert!(verdict.sentence.ends_with("Nothing tells the cause of 10 of 10 bounces (100 %)."), "{}", verdict.sentence);
}

#[test]
fn a_low_finding_alone_leaves_the_night_quiet_and_asks_for_no_first_step() {
    let mut night = Night::busy();
    night.judgement.incidents.retain(|incident| incident.confidence == Confidence::Low);
    let verdict = night.view().verdict;
    assert_eq!((verdict.level(), verdict.first_step), (Level::Quiet, None));
    assert!(verdict.sentence.starts_with("1 suspected incident, 1 inconclusive finding"), "{}", verdict.sentence);
}
