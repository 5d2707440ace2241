//! Decisions on one address, and on whole small nights.

use super::super::record::NONE;
use super::super::testing::{self, DAY, MIDNIGHT, Row, bounce};
use super::super::tests::{column, run, run_with};
use super::super::{Allow, Cap, Fate, Options};
use super::*;
use crate::bounce::{Blames, Cause, Confidence, IncidentKind, Kind, Permanence, ScopeType};
use crate::outcome::incident::{DomainRow, Incident, Judgement};

fn record(signal: Signal, second: u32) -> Record {
    Record {
        address: 1,
        row: 0,
        second,
        target: NONE,
        incident: NONE,
        signal,
        bounce: true,
        policy: false,
        permanent: true,
        allowed: false,
    }
}

fn verdict(records: &[Record]) -> Option<Verdict> {
    Decision::on(records, Rules { full_days: 3, covered: &[] }).map(|r| r.verdict)
}

#[test]
fn the_strongest_signal_decides_not_the_first() {
    use Signal::*;
    for (signals, want) in [
        (&[Ours, Dead][..], Some(Verdict::Suppress)),
        (&[Ours, Full], Some(Verdict::Hold(Hold::MailboxFull))),
        (&[Full, Complaint], Some(Verdict::Suppress)),
        (&[Ours, Ours], Some(Verdict::Protect)),
        (&[Ours, DoubtUnreliable], Some(Verdict::Hold(Hold::UnreliableUnknown))),
        (&[DeadDomain], Some(Verdict::Hold(Hold::DomainAnswered))),
        (&[Transient, Transient], Some(Verdict::Hold(Hold::Transient))),
        (&[Transient, Dead], Some(Verdict::Suppress)),
        (&[Unproven], Some(Verdict::Hold(Hold::Unproven))),
        (&[Unmatched, Delivered], Some(Verdict::Unmatched)),
        (&[Delivered], None),
    ] {
        let records: Vec<_> = signals.iter().map(|s| record(*s, 100)).collect();
        assert_eq!(verdict(&records), want, "{signals:?}");
    }
}

#[test]
fn a_second_day_makes_a_doubtful_answer_believed() {
    let night = [record(Signal::DoubtIncident, 100), record(Signal::DoubtIncident, 200)];
    assert_eq!(verdict(&night), Some(Verdict::Hold(Hold::ReceiverIncident)));
    let nights = [record(Signal::DoubtIncident, 100), record(Signal::DoubtIncident, 86_500)];
    assert_eq!(verdict(&nights), Some(Verdict::Suppress));
}

#[test]
fn what_an_incident_does_not_believe_is_no_second_evidence_on_whatever_day() {
    use Signal::{Dead, DoubtIncident, DoubtUnreliable};
    for (signals, want) in [
        ([DoubtUnreliable, DoubtUnreliable], Verdict::Hold(Hold::UnreliableUnknown)),
        ([DoubtUnreliable, DoubtIncident], Verdict::Hold(Hold::ReceiverIncident)),
        // Another identity heard the same, and nothing is wrong with that one.
        ([DoubtUnreliable, Dead], Verdict::Suppress),
    ] {
        assert_eq!(verdict(&[record(signals[0], 100), record(signals[1], 86_500)]), Some(want), "{signals:?}");
    }
}

#[test]
fn a_mailbox_full_for_three_days_is_given_up() {
    let days = [100, 86_500, 172_900].map(|second| record(Signal::Full, second));
    assert_eq!(verdict(&days[..2]), Some(Verdict::Hold(Hold::MailboxFull)));
    assert_eq!(verdict(&days), Some(Verdict::Suppress));
}

#[test]
fn a_delivery_after_the_bounce_holds_the_address() {
    let later = [record(Signal::Dead, 100), record(Signal::Delivered, 200)];
    let earlier = [record(Signal::Dead, 200), record(Signal::Delivered, 100)];
    assert_eq!(verdict(&later), Some(Verdict::Hold(Hold::DeliveredSince)));
    assert_eq!(verdict(&earlier), Some(Verdict::Suppress));
}

#[test]
fn a_tenant_block_lists_the_domain_and_needs_no_addresses() {
    let dir = tempfile::tempdir().unwrap();
    let block = testing::tenant_block("example.com");
    let owned = |recipient| Row {
        incident: Some("tenant_block-example.com"),
        ..bounce(recipient, Cause::OtherPolicy, Blames::Unknown)
    };
    let rows = [
        owned("ann@example.com"),
        owned("bob@example.com"),
        bounce("cat@example.com", Cause::MailboxUnknown, Blames::Recipient),
    ];
    let judgement = Judgement { incidents: vec![block], ..testing::judgement() };
    let lists = run(&rows, &judgement, dir.path());
    let entry = &lists.domains[0];
    assert_eq!((entry.domain.as_str(), entry.seen.bounces, entry.recipients), ("example.com", 2, 2));
    assert_eq!(entry.seen.evidence(), "night.csv#0 (+1)");
    assert_eq!((lists.covered, column(dir.path(), "addresses.csv", "email")), (2, vec!["cat@example.com".into()]));
    assert_eq!(lists.protected_total(), 0);
}

#[test]
fn a_block_of_one_sending_domain_says_nothing_of_what_the_others_sent() {
    let dir = tempfile::tempdir().unwrap();
    let from = |recipient, domain| Row {
        sending_domain: Some(domain),
        ..bounce(recipient, Cause::OtherPolicy, Blames::Unknown)
    };
    let mut rows = [from("ann@example.com", "news.example.net"), from("bob@example.com", "shop.example.net")];
    rows[0].incident = Some("tenant_block-example.com");
    let mut block = testing::tenant_block("example.com");
    block.scope.parts.push((crate::bounce::ScopeType::SendingDomain, "news.example.net".to_owned()));
    run(&rows, &Judgement { incidents: vec![block], ..testing::judgement() }, dir.path());
    assert_eq!(column(dir.path(), "domains.csv", "sending_domain"), ["news.example.net"]);
    assert_eq!(column(dir.path(), "held.csv", "value"), ["bob@example.com"]);
    assert_eq!(column(dir.path(), "held.csv", "reason"), ["unknown_reply"]);
}

#[test]
fn what_nobody_knows_is_held_unless_a_systemic_incident_explains_it() {
    let unknown = || bounce("ann@example.com", Cause::Unknown, Blames::Unknown);
    let ours = || bounce("ann@example.com", Cause::IpReputation, Blames::SenderIp);
    let incident = |kind, confidence| {
        let mut incident = testing::tenant_block("example.com");
        (incident.kind, incident.confidence) = (kind, confidence);
        incident.scope.parts = vec![(ScopeType::Fleet, "*".to_owned())];
        vec![incident]
    };
    let fleet = |confidence| incident(IncidentKind::FleetReputation, confidence);
    for (rows, incidents, protected) in [
        (vec![unknown()], Vec::new(), 0),
        (vec![unknown()], fleet(Confidence::High), 1),
        (vec![unknown()], fleet(Confidence::Medium), 1),
        (vec![unknown()], fleet(Confidence::Low), 0),
        (vec![unknown()], incident(IncidentKind::Inconclusive, Confidence::Medium), 0),
        (vec![ours()], Vec::new(), 1),
        (vec![unknown(), ours()], Vec::new(), 1),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let told: Vec<_> = incidents.iter().map(|i| (i.kind, i.confidence)).collect();
        let owner = incidents.first().map(|i| i.id.clone());
        let rows: Vec<Row> = rows.iter().map(|row| Row { incident: owner.as_deref(), ..*row }).collect();
        let lists = run(&rows, &Judgement { incidents, ..testing::judgement() }, dir.path());
        let held = lists.held.get(&Hold::UnknownReply).copied().unwrap_or_default();
        assert_eq!((lists.protected_total(), held), (protected, 1 - protected), "{told:?}");
        assert_eq!(lists.addresses_total(), 0);
    }
}

#[test]
fn a_dead_domain_is_listed_once_a_living_one_is_held() {
    for (delivered, domains, held) in [(0, 1, 0), (3, 0, 1)] {
        let dir = tempfile::tempdir().unwrap();
        let rows = [bounce("ann@example.com", Cause::DomainInvalid, Blames::Recipient)];
        let row = DomainRow {
            delivered: Some(delivered),
            causes: vec![(Cause::DomainInvalid, 1)],
            ..testing::domain_row("example.com")
        };
        let lists = run(&rows, &Judgement { domains: vec![row], ..testing::judgement() }, dir.path());
        assert_eq!((lists.domains.len(), lists.held_total()), (domains, held), "{delivered} delivered");
    }
}

#[test]
fn protected_addresses_name_their_incident() {
    let dir = tempfile::tempdir().unwrap();
    let rows = [Row {
        incident: Some("provider_block-google"),
        ..bounce("ann@example.com", Cause::IpReputation, Blames::SenderIp)
    }];
    let block = testing::provider_block("google");
    let id = block.id.clone();
    let lists = run(&rows, &Judgement { incidents: vec![block], ..testing::judgement() }, dir.path());
    assert_eq!(column(dir.path(), "protected.csv", "incident"), [id.as_str()]);
    assert_eq!(lists.protected.get(&Some(id)), Some(&1));
}

#[test]
fn an_unknown_under_a_receivers_incident_waits_with_its_incident_and_is_mailed_by_another_way() {
    let dir = tempfile::tempdir().unwrap();
    let rows = [Row {
        receiver: Some("exchange_online"),
        template: Some("550 5.4.1 Recipient address rejected: Access denied"),
        ..bounce("ann@example.com", Cause::MailboxUnknown, Blames::Recipient)
    }];
    let block = testing::provider_block("exchange_online");
    let id = block.id.clone();
    run(&rows, &Judgement { incidents: vec![block], ..testing::judgement() }, dir.path());
    assert_eq!(column(dir.path(), "held.csv", "reason"), ["receiver_incident"]);
    assert_eq!(column(dir.path(), "held.csv", "incident"), [id.as_str()]);
    assert_eq!(column(dir.path(), "held.csv", "meanwhile"), ["other_identity"]);
}

#[test]
fn a_tripped_brake_holds_both_lists_and_leaves_none_in_their_place() {
    let dir = tempfile::tempdir().unwrap();
    let rows = [bounce("ann@example.com", Cause::MailboxUnknown, Blames::Recipient)];
    let options = Options { cap: Cap::Entries(0), ..testing::options() };
    let lists = run_with(&rows, &testing::judgement(), &options, dir.path());
    assert!(lists.brake.tripped());
    assert_eq!(column(dir.path(), "braked/addresses.csv", "email"), ["ann@example.com"]);
    assert!(!dir.path().join("suppression/addresses.csv").exists());
}

#[test]
fn an_address_that_begins_like_a_formula_goes_to_quarantine() {
    let dir = tempfile::tempdir().unwrap();
    let rows = [
        bounce("=cmd@example.com", Cause::MailboxUnknown, Blames::Recipient),
        bounce("+ann@example.com", Cause::Content, Blames::Message),
    ];
    let lists = run(&rows, &testing::judgement(), dir.path());
    assert_eq!((lists.quarantined, lists.addresses_total(), lists.protected_total()), (2, 0, 0));
    assert_eq!(column(dir.path(), "quarantine.csv", "value"), ["\"=cmd@example.com\"", "\"+ann@example.com\""]);
}

#[test]
fn the_allow_list_wins() {
    let dir = tempfile::tempdir().unwrap();
    let rows = [
        bounce("Ann@example.com", Cause::MailboxUnknown, Blames::Recipient),
        bounce("bob@example.org", Cause::OtherPolicy, Blames::Unknown),
    ];
    let mut options = testing::options();
    options.allow = Allow { domains: ["example.org".to_owned()].into(), ..Allow::default() };
    options.allow.add(&crate::bounce::Address::parse("ann@example.com").unwrap());
    let judgement = Judgement { incidents: vec![testing::tenant_block("example.org")], ..testing::judgement() };
    let lists = run_with(&rows, &judgement, &options, dir.path());
    assert_eq!((lists.addresses_total(), lists.domains.len()), (0, 0));
    assert_eq!(column(dir.path(), "held.csv", "reason"), ["allowed", "unknown_reply", "allowed"]);
}

#[test]
fn one_address_in_two_spellings_is_one_entry() {
    let dir = tempfile::tempdir().unwrap();
    let rows = [
        bounce("Ann@example.com", Cause::MailboxUnknown, Blames::Recipient),
        Row { millis: MIDNIGHT + DAY, ..bounce("ann@example.com", Cause::MailboxUnknown, Blames::Recipient) },
    ];
    run(&rows, &testing::judgement(), dir.path());
    assert_eq!(column(dir.path(), "addresses.csv", "email"), ["Ann@example.com"]);
    assert_eq!(column(dir.path(), "addresses.csv", "bounces"), ["2"]);
    assert_eq!(column(dir.path(), "addresses.csv", "last_seen"), ["2026-11-21T00:00:00Z"]);
}

#[test]
fn a_complaint_outlives_a_later_delivery() {
    let dir = tempfile::tempdir().unwrap();
    let complaint = Row { kind: Kind::Complaint, ..bounce("ann@example.com", Cause::Complaint, Blames::Recipient) };
    let delivered = Row { kind: Kind::Delivered, millis: MIDNIGHT + DAY, ..complaint };
    let lists = run(&[complaint, delivered], &testing::judgement(), dir.path());
    assert_eq!(lists.addresses.get(&Cause::Complaint), Some(&1));
    assert_eq!(column(dir.path(), "addresses.csv", "expires"), [""]);
}

#[test]
fn a_transient_answer_of_nobodys_fault_is_tried_again_unless_an_incident_of_ours_owns_it() {
    for (confidence, protected) in [(Confidence::High, 1), (Confidence::Medium, 1), (Confidence::Low, 0)] {
        let dir = tempfile::tempdir().unwrap();
        let block = Incident { confidence, ..testing::provider_block("google") };
        let deferred = Row {
            permanence: Permanence::Transient,
            incident: Some("provider_block-google"),
            ..bounce("ann@example.com", Cause::RateLimited, Blames::Transient)
        };
        let free = Row { incident: None, recipient: "bob@example.com", ..deferred };
        let lists = run(&[deferred, free], &Judgement { incidents: vec![block], ..testing::judgement() }, dir.path());
        assert_eq!((lists.protected_total(), lists.held_total()), (protected, 0), "{confidence}");
        assert_eq!(lists.fates.all[Fate::Retried as usize], 2 - protected, "{confidence}");
        assert_eq!(lists.fates.of_incidents["provider_block-google"].iter().sum::<u64>(), 1, "{confidence}");
    }
}
