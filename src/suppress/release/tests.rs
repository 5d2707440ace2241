//! The types alone: what may come off, and by what.

use super::evidence::Reply;
use super::*;
use crate::bounce::When;

const HOUR: i64 = 3_600_000;
/// 2026-11-10T12:00:00Z.
const MADE: i64 = 1_794_312_000_000;

fn listed(reason: ListedReason, times: &[When], expires: Option<Date>) -> Listed {
    let text = "ann@example.com".to_owned();
    Listed { text, reason, cause: None, blames: None, since: Since::of(times.to_vec()), expires }
}

fn at(millis: i64) -> When {
    When::At(Timestamp(millis))
}

fn fault(millis: i64) -> OurFault {
    let reply = Reply { at: Timestamp(millis), cause: Cause::IpReputation, evidence: "night.csv#7".to_owned() };
    OurFault { incident: "I1".to_owned(), replies: vec![reply] }
}

#[test]
fn only_a_bounce_can_come_off_at_all() {
    for reason in ListedReason::ALL {
        let entry = listed(*reason, &[at(MADE)], Some(jiff::civil::date(2026, 1, 1)));
        assert_eq!(Releasable::of(&entry).is_some(), *reason == ListedReason::Bounce, "{reason}");
    }
    let formula = Listed { text: "=x@example.com".to_owned(), ..listed(ListedReason::Bounce, &[at(MADE)], None) };
    assert!(Releasable::of(&formula).is_none(), "no file could hold it");
}

#[test]
fn a_delivery_must_be_later_than_every_time_of_the_entry() {
    let midnight = Timestamp(MADE - 12 * HOUR);
    let (day, night) = (When::Day(midnight), When::Night(midnight));
    for (times, delivered, want) in [
        (vec![at(MADE)], MADE, false),
        (vec![at(MADE)], MADE - 1, false),
        (vec![at(MADE)], MADE + 1, true),
        (vec![at(MADE), at(MADE + 5 * HOUR)], MADE + 4 * HOUR, false),
        (vec![at(MADE + 5 * HOUR), at(MADE)], MADE + 4 * HOUR, false),
        (vec![day], MADE + 11 * HOUR, false),
        (vec![day], MADE + 90 * 24 * HOUR, false),
        (vec![day, at(MADE)], MADE + 90 * 24 * HOUR, false),
        (vec![night], MADE + 90 * 24 * HOUR, false),
        (vec![night, at(MADE)], MADE + HOUR, false),
        (vec![night, at(MADE)], MADE + 12 * HOUR, true),
        (vec![], MADE, false),
    ] {
        let entry = listed(ListedReason::Bounce, &times, None);
        let release = Releasable::of(&entry).unwrap().delivered(Timestamp(delivered));
        assert_eq!(release.is_some(), want, "{times:?} {delivered}");
    }
}

#[test]
fn only_the_reply_that_made_the_entry_explains_it() {
    for (times, reply, want) in [
        (vec![at(MADE)], MADE, true),
        (vec![at(MADE)], MADE + HOUR / 12, true),
        (vec![at(MADE)], MADE + HOUR / 12 + 1, false),
        (vec![at(MADE)], MADE + 7 * HOUR, false),
        (vec![at(MADE)], MADE - 24 * HOUR, true),
        (vec![at(MADE)], MADE - 24 * HOUR - 1, false),
        (vec![at(MADE)], MADE - 240 * HOUR, false),
        (vec![at(MADE), at(MADE + 240 * HOUR)], MADE, false),
        (vec![When::Day(Timestamp(MADE - 12 * HOUR))], MADE, false),
        (vec![], MADE, false),
    ] {
        let entry = listed(ListedReason::Bounce, &times, None);
        let release = Releasable::of(&entry).unwrap().explained(&fault(reply));
        assert_eq!(release.is_some(), want, "{times:?} {reply}");
    }
}

#[test]
fn no_reply_of_ours_explains_an_entry_whose_own_words_blame_the_recipients_side() {
    for blames in Blames::ALL {
        let entry = Listed { blames: Some(*blames), ..listed(ListedReason::Bounce, &[at(MADE)], None) };
        let release = Releasable::of(&entry).unwrap().explained(&fault(MADE));
        assert_eq!(release.is_some(), !matches!(blames, Blames::Recipient | Blames::Tenant), "{blames}");
    }
}

#[test]
fn with_its_domain_goes_only_what_is_there_for_no_reason_of_its_own() {
    let domain = Release { cause: Some(Cause::DomainInvalid), ..Release::for_tests("example.com") };
    for (cause, blames, want) in [
        (None, None, true),
        (Some(Cause::DomainInvalid), Some(Blames::Recipient), true),
        (Some(Cause::TenantPolicy), Some(Blames::Tenant), true),
        (None, Some(Blames::Unknown), true),
        (Some(Cause::MailboxUnknown), Some(Blames::Recipient), false),
        (None, Some(Blames::Recipient), false),
    ] {
        let entry = Listed { cause, blames, ..listed(ListedReason::Bounce, &[], None) };
        let release = Releasable::of(&entry).unwrap().with_domain(&domain);
        assert_eq!(release.is_some(), want, "{cause:?} {blames:?}");
    }
}

#[test]
fn an_entry_ends_on_the_day_that_it_names() {
    let night = jiff::civil::date(2026, 11, 20);
    for (expires, want) in [
        (Some(jiff::civil::date(2026, 11, 19)), true),
        (Some(night), true),
        (Some(jiff::civil::date(2026, 11, 21)), false),
        (None, false),
    ] {
        let entry = listed(ListedReason::Bounce, &[], expires);
        assert_eq!(Releasable::of(&entry).unwrap().expired(night).is_some(), want, "{expires:?}");
    }
}

#[test]
fn a_date_that_is_not_later_than_the_entry_ends_nothing() {
    let night = jiff::civil::date(2026, 11, 20);
    for (expires, want) in [("1970-01-01", false), ("2026-11-09", false), ("2026-11-10", false), ("2026-11-11", true)] {
        let entry = listed(ListedReason::Bounce, &[at(MADE)], Some(expires.parse().unwrap()));
        assert_eq!(Releasable::of(&entry).unwrap().expired(night).is_some(), want, "{expires}");
    }
}

#[test]
fn a_row_says_type_day_cause_reason_and_evidence() {
    let entry = listed(ListedReason::Bounce, &[at(MADE)], None);
    let release = Releasable::of(&entry).unwrap().explained(&fault(MADE)).unwrap();
    let want = ["address", "ann@example.com", "2026-11-10", "ip_reputation", "incident", "I1", "night.csv#7"];
    assert_eq!(release.row(), want);
}
