//! What sentences say of an incident, and that no figure in them differs from the tables.

use super::*;
use crate::bounce::Confidence;
use crate::judge::grounds::Counted;
use crate::report::testing::Night;
use crate::suppress::testing::{incident, provider_block, tenant_block};

fn said(incident: &Incident) -> String {
    finding(incident, Mode::Rates)
}

#[test]
fn an_ip_is_told_with_who_refused_it_and_who_did_not() {
    let night = Night::busy();
    assert_eq!(
        said(&night.judgement.incidents[0]),
        "212 of 270 organisations refused mail from 192.0.2.7 (79 %, 95 % interval 73 % to 83 %), elsewhere 4 of 1,900 \
         (0.2 %, 95 % interval < 0.1 % to 0.5 %); Spamhaus ZEN named in 61 % of the replies; since 2026-11-20 02:00 UTC; not ruled out: \
         news.example.net; confidence high: evidence 410 nats, 9 needed"
    );
}

#[test]
fn a_tenant_is_told_by_its_own_words() {
    let night = Night::busy();
    assert_eq!(
        said(&night.judgement.incidents[1]),
        "example.com refused 14 of 14 messages (100 %, 95 % interval 70 % to 100 %); 14 replies say that it blocks us; \
         Exchange Online accepted 120 messages for others; background rate elsewhere 0.2 %; since 2026-11-20 03:00 UTC; \
         confidence high"
    );
}

#[test]
fn most_is_not_all_in_a_sentence() {
    let most = Incident {
        counted: Counted::Messages { failed: 997, tried: 1_000, explained: 2, explicit: 0 },
        rate: Some(0.997),
        rate_low: Some(0.991),
        rate_high: Some(0.999_6),
        causes: vec![(Cause::OtherPolicy, 10)],
        confidence: Confidence::Low,
        grounds: Some(Grounds::AcceptsMost),
        ..tenant_block("example.com")
    };
    let text = said(&most);
    assert!(text.contains("997 of 1,000 messages (99.7 %, 95 % interval 99.1 % to > 99.9 %)"), "{text}");
    assert!(text.contains("another incident explains 2 further refusals there"), "{text}");
    assert!(text.contains("cause other policy in 100 % of the replies"), "{text}");
    assert!(text.ends_with("confidence low: it accepts most of our mail"), "{text}");
}

#[test]
fn each_stream_has_its_verb() {
    let scope = |kind, key: &str| Scope::one(kind, key);
    for (kind, scope, verb) in [
        (IncidentKind::RelaySetup, scope(ScopeType::SendingIp, "192.0.2.7"), "refused to relay mail from 192.0.2.7"),
        (IncidentKind::ListQuality, scope(ScopeType::ListSource, "fair"), "do not know addresses of list source fair"),
        (IncidentKind::Transient, scope(ScopeType::Provider, "yahoo"), "behind Yahoo deferred our mail"),
        (
            IncidentKind::AuthenticationFailure,
            scope(ScopeType::SendingDomain, "news.example.net"),
            "refused mail from news.example.net as not authenticated",
        ),
        (IncidentKind::FleetReputation, scope(ScopeType::Fleet, "*"), "1 of 1 organisations refused our mail"),
    ] {
        let counted = Counted::Organisations { hit_elsewhere: 0, exposed_elsewhere: 0, bounds_elsewhere: None };
        let text = said(&Incident { counted, ..incident(kind, scope) });
        assert!(text.contains(verb), "{text}");
    }
}

#[test]
fn consumer_mailboxes_are_told_by_the_share_of_their_mail() {
    let pool = Incident {
        counted: Counted::ConsumerMailboxes,
        rate: Some(0.42),
        rate_low: Some(0.2),
        rate_high: Some(0.6),
        recipients: 1_204,
        ..provider_block("google")
    };
    let text = said(&pool);
    let want = "Google refused 42 % of the mail to its consumer mailboxes (95 % interval 20 % to 60 %), 1,204 of them";
    assert!(text.starts_with(want), "{text}");
}

#[test]
fn without_deliveries_bounces_are_no_messages() {
    let text = finding(&tenant_block("example.com"), Mode::CountsOnly);
    assert!(text.contains("10 of 10 bounces") && !text.contains("background"), "{text}");
}

#[test]
fn a_list_source_is_told_by_what_it_is_held_for() {
    let reasons = [
        HoldReason::UnknownAddresses { unknown: 997, tried: 1_000 },
        HoldReason::Listings { hit: 12, exposed: 40, mean: 0.25, mean_elsewhere: 0.0004 },
        HoldReason::Complaints { complaints: 30, tried: 4_000, share_elsewhere: 0.0 },
    ];
    assert_eq!(
        hold_reasons(&reasons, Mode::Rates),
        "997 of 1,000 messages (99.7 %) to unknown addresses; 12 of 40 organisations (30 %) answer with a listing or \
         reputation; mean share of their messages 25 %, elsewhere < 0.1 %; 30 of 4,000 messages (0.8 %) drew a \
         complaint, elsewhere 0 %"
    );
}
