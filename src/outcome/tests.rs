//! Small nights made by hand: each clause of the method has one.

use std::collections::HashMap;

use super::incident::{Incident, Judgement};
use super::{build, details};
use crate::bounce::{Basis, Blames, Cause, Confidence, Family, IncidentKind, Key, Kind, Permanence, ScopeType};
use crate::facts::Facts;
use crate::facts::identity::Identity;
use crate::facts::names::{NONE, Names};
use crate::facts::night::{Counted, Night, Outcome, ReceiverKind};
use crate::facts::unknown::Unknown;
use crate::judge::grounds::Grounds;
use crate::judge::{Owners, judge};
use crate::tables::policy;

mod clauses;
mod files;
mod levels;
mod metamorphic;
mod unreliable;
mod witnesses;

/// What one message met: `None` for accepted.
type Fate = Option<Cause>;

/// One message of a small night.
#[derive(Clone)]
struct Mail {
    to: String,
    host: &'static str,
    ip: String,
    domain: &'static str,
    campaign: String,
    source: &'static str,
    fate: Fate,
}

const EXPLICIT: Fate = Some(Cause::TenantPolicy);
const UNKNOWN: Fate = Some(Cause::MailboxUnknown);
const GENERIC: Fate = Some(Cause::OtherPolicy);
const LISTED: Fate = Some(Cause::IpReputation);

fn mail(to: String, n: usize, fate: Fate) -> Mail {
    let (ip, campaign) = (format!("192.0.2.{}", n % 3), format!("c{}", n % 2));
    Mail { to, host: "exchange_online", ip, domain: "news.example", campaign, source: "", fate }
}

/// `mails` messages to each of these organisations; `fate` by organisation and message.
fn company(range: std::ops::Range<usize>, mails: usize, fate: impl Fn(usize, usize) -> Fate) -> Vec<Mail> {
    let all = range.flat_map(|o| (0..mails).map(move |n| (o, n)));
    all.map(|(o, n)| mail(format!("p{n}@company{o}.com"), o + n, fate(o, n))).collect()
}

fn night(mails: &[Mail], rates: bool) -> Night {
    let mut night = gathered(mails, rates);
    night.sort();
    night
}

fn gathered(mails: &[Mail], rates: bool) -> Night {
    let mut night = Night::default();
    (night.rates, night.receivers_covered) = (rates, true);
    for mail in mails {
        let name = mail.to.rsplit('@').next().unwrap();
        let domain = night.domain(name, |d| d == "gmail.com");
        let kind = if mail.host == "mimecast" { ReceiverKind::Gateway } else { ReceiverKind::Provider };
        if !mail.host.is_empty() {
            let receiver = night.receiver(mail.host, kind);
            night.answered(domain, receiver, 1);
        }
        let named = |names: &mut Names, name: &str| if name.is_empty() { NONE } else { names.id(name) };
        let identity = Identity {
            ip: named(&mut night.ips, &mail.ip),
            sending_domain: night.sending_domains.id(mail.domain),
            campaign: night.campaigns.id(&mail.campaign),
            list_source: named(&mut night.list_sources, mail.source),
        };
        let identity = night.identities.id(identity);
        let bucket = if name == "gmail.com" { Key::bucket(Key::default().recipient_of(&mail.to)) as u8 } else { 0 };
        if rates && matches!(mail.fate, None | Some(Cause::Complaint)) {
            night.accept(domain, identity, Some(bucket), 1);
        }
        let Some(cause) = mail.fate else { continue };
        let (blames, basis) = match cause {
            Cause::TenantPolicy => (Blames::Tenant, Basis::ExplicitRule),
            _ => (Blames::Unknown, Basis::Unstated),
        };
        let kind = if cause == Cause::Complaint { Kind::Complaint } else { Kind::Bounce };
        let family = Family::of(kind, cause, Permanence::Permanent, blames, basis).unwrap();
        night.count(Counted { domain, identity, bucket, outcome: Outcome::of(family), count: 1 });
        if cause == Cause::MailboxUnknown {
            let key = Key::default().recipient_of(&mail.to);
            night.unknown.push(Unknown::of(key, (domain, bucket), identity, false));
        }
    }
    night
}

fn judged(mails: &[Mail], rates: bool) -> Judgement {
    judge_night(night(mails, rates))
}

fn judge_night(night: Night) -> Judgement {
    let mut facts = Facts::of(night, &HashMap::new());
    let judging = policy::load(None).unwrap().judging;
    let verdict = judge(&facts.night, &facts.places, &mut facts.cells, &judging);
    let count = verdict.findings.len() + verdict.tenants.len() + verdict.others.len();
    let details = details::of_cells(&facts, &Owners::of_verdict(&verdict, &facts.cells), count);
    let judgement = build::build(&facts, &verdict, &details, &judging).0;
    for incident in &judgement.incidents {
        let scopes = incident.kind.meaning().scopes;
        assert!(
            incident.scope.parts.iter().all(|(part, _)| scopes.contains(part)),
            "{} {}",
            incident.kind,
            incident.scope
        );
    }
    judgement
}

/// Kind, scope and confidence of each incident, in order.
fn found(judgement: &Judgement) -> Vec<String> {
    let say = |i: &Incident| format!("{} {} {}", i.kind, i.scope, i.confidence);
    judgement.incidents.iter().map(say).collect()
}

#[test]
fn a_night_without_refusals_claims_nothing() {
    let mails = company(0..60, 4, |o, n| if (o + n) % 40 == 0 { UNKNOWN } else { None });
    assert_eq!(found(&judged(&mails, true)), Vec::<String>::new());
    assert_eq!(found(&judged(&[], true)), Vec::<String>::new());
    assert_eq!(found(&judged(&[], false)), Vec::<String>::new());
}

#[test]
fn one_organisation_that_refuses_everything_is_a_tenant_block() {
    let mails = company(0..60, 6, |o, _| if o == 7 { GENERIC } else { None });
    assert_eq!(found(&judged(&mails, true)), ["tenant_block organisation company7.com high"]);
}

#[test]
fn without_deliveries_a_pattern_stays_low_and_its_own_words_still_act() {
    let mails = company(0..60, 6, |o, n| match (o, n) {
        (7, _) => GENERIC,
        (8, _) => EXPLICIT,
        (_, 0) => UNKNOWN,
        _ => None,
    });
    let found = found(&judged(&mails, false));
    assert!(found.contains(&"tenant_block organisation company8.com medium".to_owned()), "{found:?}");
    assert!(found.contains(&"tenant_block organisation company7.com low".to_owned()), "{found:?}");
}

#[test]
fn a_receiver_that_refuses_most_of_its_organisations_is_to_blame_and_no_organisation_is() {
    let mut mails = company(0..60, 4, |_, _| None);
    for mail in mails.iter_mut().filter(|m| m.to.ends_with("0.com") || m.to.ends_with("5.com")) {
        (mail.host, mail.fate) = ("mimecast", GENERIC);
    }
    // Medium: there is only one sending domain, so its pair with the receiver holds the same mail.
    assert_eq!(found(&judged(&mails, true)), ["gateway_block gateway mimecast high"]);
}

#[test]
fn a_listed_ip_is_named_and_an_explicit_tenant_inside_it_too() {
    let mut mails = company(0..90, 6, |o, _| if o == 7 { EXPLICIT } else { None });
    for mail in mails.iter_mut().filter(|m| m.ip == "192.0.2.1" && m.fate.is_none()) {
        mail.fate = LISTED;
    }
    let found = found(&judged(&mails, true));
    assert_eq!(found, ["ip_reputation sending_ip 192.0.2.1 high", "tenant_block organisation company7.com high"]);
}

#[test]
fn a_campaign_to_one_organisation_only_is_inconclusive() {
    let mut mails = company(0..60, 4, |_, _| None);
    mails.extend(company(70..71, 12, |_, _| GENERIC).into_iter().map(|m| Mail { campaign: "solo".into(), ..m }));
    let judgement = judged(&mails, true);
    assert_eq!(found(&judgement), ["inconclusive organisation company70.com low"]);
    let identity = (ScopeType::Campaign, "solo".to_owned());
    assert_eq!(judgement.incidents[0].grounds, Some(Grounds::NoContrast { identity, others: 0 }));
}

#[test]
fn several_domains_of_one_name_at_one_receiver_are_one_organisation() {
    let mut mails = company(0..60, 4, |_, _| None);
    for suffix in ["com", "de", "fr", "nl"] {
        mails.extend((0..3).map(|n| mail(format!("p{n}@northwind.{suffix}"), n, GENERIC)));
    }
    let judgement = judged(&mails, true);
    assert_eq!(found(&judgement), ["tenant_block organisation northwind.com high"]);
    assert_eq!(judgement.incidents[0].domains.len(), 4);
}

#[test]
fn a_campaign_full_of_unknown_addresses_is_a_bad_list() {
    let mails = company(0..90, 6, |o, n| if (o + n) % 2 == 1 && n < 4 { UNKNOWN } else { None });
    let found = found(&judged(&mails, true));
    assert!(found.contains(&"list_quality campaign c1 high".to_owned()), "{found:?}");
}

#[test]
fn a_list_source_full_of_unknown_addresses_is_held_as_a_whole() {
    let mut mails = company(0..90, 6, |o, n| if o % 3 == 0 && n < 4 { UNKNOWN } else { None });
    for mail in &mut mails {
        let number: usize = mail.to.trim_end_matches(".com").rsplit("company").next().unwrap().parse().unwrap();
        mail.source = if number.is_multiple_of(3) { "fair" } else { "customers" };
    }
    let judgement = judged(&mails, true);
    let held: Vec<(&str, u64)> = judgement.list_sources.iter().map(|r| (r.list_source.as_str(), r.unknown)).collect();
    assert_eq!(held, [("fair", 120)]);
}

#[test]
fn too_many_blocks_by_pattern_only_are_no_blocks() {
    let mails = company(0..2000, 4, |o, n| match (o % 100, n) {
        (0, _) => GENERIC,
        _ => None,
    });
    let judgement = judged(&mails, true);
    assert_eq!(found(&judgement), ["inconclusive fleet * low"]);
    assert_eq!(judgement.incidents[0].bounces, 80);
}

#[test]
fn the_order_of_rows_changes_nothing() {
    let mut mails = company(0..90, 6, |o, n| match (o % 9, n) {
        (0, _) => GENERIC,
        (_, 1) => UNKNOWN,
        _ => None,
    });
    let said = |j: &Judgement| j.incidents.iter().map(|i| format!("{i:?}")).collect::<Vec<_>>();
    let first = said(&judged(&mails, true));
    mails.reverse();
    assert_eq!(said(&judged(&mails, true)), first);
    assert!(!first.is_empty());
}

#[test]
fn a_night_in_shards_is_the_same_night() {
    let mut mails = company(0..90, 6, |o, n| match (o % 9, n) {
        (0, _) => GENERIC,
        (_, 1) => UNKNOWN,
        _ => None,
    });
    mails.extend((0..60).map(|n| mail(format!("p{n}@gmail.com"), n, if n % 4 == 0 { LISTED } else { None })));
    let whole = judged(&mails, true);
    assert!(!whole.incidents.is_empty());
    for size in [1, 7, 100, 500] {
        let mut shards = mails.chunks(size).map(|shard| gathered(shard, true));
        let mut night = shards.next().unwrap();
        shards.for_each(|shard| drop(night.join(shard)));
        night.sort();
        assert_eq!(format!("{:?}", judge_night(night)), format!("{whole:?}"), "shards of {size}");
    }
}

#[test]
fn doubling_the_mail_inside_one_organisation_changes_no_other_verdict() {
    let mut mails = company(0..90, 6, |o, _| if o == 7 { GENERIC } else { None });
    for mail in mails.iter_mut().filter(|m| m.ip == "192.0.2.1" && m.fate.is_none()) {
        mail.fate = LISTED;
    }
    let before = found(&judged(&mails, true));
    let more: Vec<Mail> = mails.iter().filter(|m| m.to.ends_with("@company9.com")).cloned().collect();
    for copy in 0..20 {
        mails.extend(more.iter().map(|m| Mail { to: format!("x{copy}{}", m.to), ..m.clone() }));
    }
    assert_eq!(found(&judged(&mails, true)), before);
}
