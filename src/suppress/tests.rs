//! The first promise, as a test of the whole room: whatever the causes, blames, feedback types and incidents of a
//! night, nothing but a recipient's own cause or wish lists an address, and nothing but a tenant block that acts or a
//! dead domain lists a domain.

use std::path::Path;

use proptest::prelude::*;

use super::testing::{self, Row};
use super::{Cap, Lists, Options, Plan};
use crate::bounce::{Blames, Cause, Confidence, IncidentKind, Kind, Permanence, ScopeType, Unproven};
use crate::outcome::incident::{DomainRow, Incident, Judgement, Scope};
use crate::tables::policy;

/// Runs the room on one night.
pub(super) fn run(rows: &[Row<'_>], judgement: &Judgement, night: &Path) -> Lists {
    run_with(rows, judgement, &Options { cap: Cap::Entries(1_000_000), ..testing::options() }, night)
}

pub(super) fn run_with(rows: &[Row<'_>], judgement: &Judgement, options: &Options, night: &Path) -> Lists {
    let policy = policy::load(None).unwrap().suppress;
    let frame = testing::frame(rows);
    let frames = || {
        let (a, b) = frame.split_at((rows.len() / 2) as i64);
        Box::new([Ok(a), Ok(b)].into_iter()) as super::Frames
    };
    let none = Box::new(std::iter::empty());
    let plan = Plan::from_frames(frames(), none, judgement, &policy, options).unwrap();
    super::write::lists(&plan, frames(), night, &super::Keep::default()).unwrap().0
}

/// The cells of one column of a list.
pub(super) fn column(night: &Path, list: &str, column: &str) -> Vec<String> {
    let folder = if matches!(list, "addresses.csv" | "domains.csv") { "suppression" } else { "review" };
    let mut csv = csv::Reader::from_path(night.join(folder).join(list)).unwrap();
    let at = csv.headers().unwrap().iter().position(|h| h == column).unwrap();
    csv.records().map(|r| r.unwrap()[at].to_owned()).collect()
}

fn any_of<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    proptest::sample::select(all)
}

fn any_row() -> impl Strategy<Value = Row<'static>> {
    const RECIPIENTS: &[&str] =
        &["ann@example.com", "bob@example.com", "cat@example.net", "dan@example.org", "eve@gmail.com"];
    const FEEDBACK: &[Option<&str>] = &[None, Some("abuse"), Some("auth-failure"), Some("not-spam"), Some("virus")];
    const UNPROVEN: &[Option<Unproven>] =
        &[None, None, None, Some(Unproven::DeducedRecipient), Some(Unproven::OwnAddress), Some(Unproven::Unmatched)];
    let said = (any_of(Kind::ALL), any_of(Cause::ALL), any_of(Blames::ALL), any_of(Permanence::ALL));
    const OWNERS: &[Option<&str>] = &[
        None,
        Some("tenant_block-example.com"),
        Some("tenant_block-example.net"),
        Some("provider_block-google"),
        Some("ip_reputation-192.0.2.1"),
    ];
    (any_of(RECIPIENTS), said, any_of(FEEDBACK), any_of(UNPROVEN), 0..5_i64, any_of(OWNERS)).prop_map(
        |(recipient, (kind, cause, blames, permanence), feedback_type, unproven, day, incident)| Row {
            incident,
            kind,
            permanence,
            unproven,
            feedback_type,
            millis: testing::MIDNIGHT + day * testing::DAY,
            ..testing::bounce(recipient, cause, blames)
        },
    )
}

fn any_incident() -> impl Strategy<Value = Incident> {
    let scope = (any_of(ScopeType::ALL), any_of(&["example.com", "example.net", "google", "192.0.2.1", "*"]));
    (any_of(IncidentKind::ALL), any_of(Confidence::ALL), scope, any::<bool>()).prop_map(
        |(kind, confidence, (part, key), explicit)| Incident {
            confidence,
            explicit,
            ..testing::incident(kind, Scope::one(part, key))
        },
    )
}

fn domains_of(rows: &[Row<'_>]) -> Vec<DomainRow> {
    ["example.com", "example.net", "example.org", "gmail.com"]
        .into_iter()
        .map(|domain| {
            let own = rows.iter().filter(|r| r.kind == Kind::Bounce && r.recipient.ends_with(domain));
            DomainRow {
                organisation: (domain != "gmail.com").then(|| domain.to_owned()),
                causes: own.map(|r| (r.cause, 1)).collect(),
                ..testing::domain_row(domain)
            }
        })
        .collect()
}

proptest! {
    #[test]
    fn nothing_but_the_recipients_own_cause_lists_an_address_or_a_domain(
        rows in proptest::collection::vec(any_row(), 1..12),
        incidents in proptest::collection::vec(any_incident(), 0..4),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let judgement = Judgement { incidents, domains: domains_of(&rows), ..testing::judgement() };
        let lists = run(&rows, &judgement, dir.path());
        let emails = column(dir.path(), "addresses.csv", "email");
        prop_assert_eq!(emails.len() as u64, lists.addresses_total());
        for email in &emails {
            let proven = rows.iter().filter(|r| r.recipient == email && r.unproven.is_none());
            let own = proven.into_iter().any(|r| match r.kind {
                Kind::Bounce => r.blames == Blames::Recipient && (r.cause == Cause::MailboxFull
                    || r.permanence == Permanence::Permanent && matches!(r.cause,
                        Cause::MailboxUnknown | Cause::MailboxDisabled | Cause::TenantPolicy)),
                Kind::Complaint => matches!(r.feedback_type, None | Some("abuse")),
                _ => false,
            });
            prop_assert!(own, "{}", email);
        }
        for domain in column(dir.path(), "domains.csv", "domain") {
            let blocked = judgement.incidents.iter().any(|i| i.kind == IncidentKind::TenantBlock
                && i.confidence != Confidence::Low && i.scope.part(ScopeType::Organisation) == Some(&domain));
            let dead = rows.iter().any(|r| r.kind == Kind::Bounce && r.recipient.ends_with(&domain)
                && r.cause == Cause::DomainInvalid && r.blames == Blames::Recipient
                && r.permanence == Permanence::Permanent && r.unproven.is_none());
            let blocked = blocked && rows.iter().any(|r| r.permanence == Permanence::Permanent);
            prop_assert!((blocked || dead) && domain != "gmail.com", "{}", domain);
        }
    }

    #[test]
    fn every_address_that_failed_is_on_exactly_one_list_or_under_a_listed_domain(
        rows in proptest::collection::vec(any_row(), 1..12),
        incidents in proptest::collection::vec(any_incident(), 0..4),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let judgement = Judgement { incidents, domains: domains_of(&rows), ..testing::judgement() };
        let lists = run(&rows, &judgement, dir.path());
        let mut failed: Vec<&str> =
            rows.iter().filter(|r| r.kind == Kind::Bounce).map(|r| r.recipient).collect();
        failed.sort_unstable();
        failed.dedup();
        let mut listed = 0;
        for recipient in failed {
            let on = |list, name| column(dir.path(), list, name).iter().filter(|e| *e == recipient).count();
            let places = on("addresses.csv", "email") + on("held.csv", "value") + on("protected.csv", "email");
            prop_assert!(places <= 1, "{} is on {} lists", recipient, places);
            listed += places as u64;
            let domain = recipient.rsplit_once('@').unwrap().1;
            let covered = column(dir.path(), "domains.csv", "domain").iter().any(|d| d == domain);
            let passes = |r: &Row<'_>| r.permanence == Permanence::Transient || r.unproven == Some(Unproven::Unmatched);
            let nothing_to_do = rows.iter().any(|r| r.recipient == recipient && passes(r));
            prop_assert!(places == 1 || covered || nothing_to_do, "{} is nowhere", recipient);
        }
        prop_assert!(listed <= lists.addresses_total() + lists.held_total() + lists.protected_total());
        let bounces = rows.iter().filter(|r| r.kind == Kind::Bounce).count() as u64;
        prop_assert_eq!(lists.fates.all.iter().sum::<u64>(), bounces, "each bounce has one fate");
        for incident in &judgement.incidents {
            let owned = rows.iter().filter(|r| matches!(r.kind, Kind::Bounce | Kind::Delay));
            let owned = owned.filter(|r| r.incident == Some(&incident.id)).count() as u64;
            let fates = lists.fates.of_incidents.get(&incident.id).copied().unwrap_or_default();
            prop_assert_eq!(fates.iter().sum::<u64>(), owned, "{}", incident.id);
        }
    }
}
