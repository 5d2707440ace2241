//! The night's level, by reasons: one night for each clause.

use super::*;
use crate::bounce::{IncidentStatus, Level, RateName};
use crate::outcome::complaints::Complaint;
use crate::outcome::incident::{CodeRow, Named, Rate, Scope};
use crate::outcome::level::{Circumstances, NightLevel, Why, weigh};
use crate::outcome::rates;

/// The rates of a night; `complaints` are (domain, list source, who).
fn rates_of(mails: &[Mail], rates: bool, complaints: &[(&str, &str, i64)]) -> Vec<Rate> {
    let facts = Facts::of(night(mails, rates), &HashMap::new());
    let id = |names: &Names, name: &str| names.find(name).unwrap_or(NONE);
    let complaint = |(domain, source, recipient): &(&str, &str, i64)| Complaint {
        domain: id(&facts.night.domains, domain),
        campaign: NONE,
        list_source: id(&facts.night.list_sources, source),
        recipient: *recipient,
    };
    let complaints: Vec<Complaint> = complaints.iter().map(complaint).collect();
    rates::find(&facts, &judged(&[], rates), (&complaints, &[]), &policy::load(None).unwrap())
}

/// Name, scope, events, messages and level of each rate of that name.
fn told(rates: &[Rate], name: RateName) -> Vec<String> {
    let say =
        |r: &Rate| format!("{} {}/{} {}", r.scope, r.events, r.of.map_or("-".to_owned(), |of| of.to_string()), r.level);
    rates.iter().filter(|rate| rate.name == name).map(say).collect()
}

/// `n` people at one company, by number.
fn people(n: i64) -> Vec<(&'static str, &'static str, i64)> {
    (0..n).map(|who| ("company3.com", "", who)).collect()
}

#[test]
fn complaints_are_shares_of_what_receivers_accepted_that_send_reports() {
    let mut mails = company(0..40, 30, |_, _| None);
    // Another receiver's mail is in no share: it has sent no report.
    mails.extend(company(40..80, 100, |_, _| None).into_iter().map(|mail| Mail { host: "google", ..mail }));
    for (n, night) in [(1, "1/1200 quiet"), (2, "2/1200 quiet"), (5, "5/1200 watch"), (12, "12/1200 act")] {
        let rates = rates_of(&mails, true, &people(n));
        assert_eq!(told(&rates, RateName::Complaints)[0], format!("fleet * {night}"), "{n}");
    }
    let rates = rates_of(&mails, true, &people(12));
    assert_eq!(
        told(&rates, RateName::Complaints).len(),
        1,
        "the one receiver that reports says nothing that the night does not"
    );
}

#[test]
fn below_a_thousand_deliveries_complaints_are_a_count() {
    let mails: Vec<Mail> = company(0..40, 24, |_, _| None).into_iter().map(|m| Mail { source: "fair", ..m }).collect();
    let by: Vec<_> = people(40).into_iter().map(|(domain, _, who)| (domain, "fair", who)).collect();
    let rates = rates_of(&mails, true, &by);
    let want = ["fleet * 40/- quiet", "list_source fair 40/- quiet", "provider exchange_online 40/- quiet"];
    assert_eq!(told(&rates, RateName::Complaints), want);
    assert_eq!(told(&rates_of(&mails, false, &by), RateName::Complaints)[0], "fleet * 40/- quiet");
}

#[test]
fn one_person_who_complains_of_everything_is_one_person() {
    let mails = company(0..40, 30, |_, _| None);
    let again: Vec<_> = (0..60).map(|n| ("company3.com", "", n % 2)).collect();
    assert_eq!(told(&rates_of(&mails, true, &again), RateName::Complaints), ["fleet * 60/1200 quiet"]);
}

#[test]
fn unknown_users_are_watched_from_5_percent_and_acted_on_from_10_surely_and_by_source() {
    let dead = |share: usize| company(0..100, 4, move |o, n| if (o * 4 + n) % 100 < share { UNKNOWN } else { None });
    for (share, level) in [(4, "quiet"), (6, "quiet"), (9, "watch"), (12, "watch"), (15, "act")] {
        let want = format!("fleet * {}/400 {level}", share * 4);
        assert_eq!(told(&rates_of(&dead(share), true, &[]), RateName::UnknownUsers)[0], want);
    }
    let mut mails = dead(1);
    let fair = company(100..150, 4, |o, n| if (o + n) % 4 == 0 { UNKNOWN } else { None });
    mails.extend(fair.into_iter().map(|mail| Mail { source: "fair", ..mail }));
    let found = told(&rates_of(&mails, true, &[]), RateName::UnknownUsers);
    assert!(found.contains(&"list_source fair 50/200 act".to_owned()), "{found:?}");
    assert_eq!(told(&rates_of(&mails, false, &[]), RateName::UnknownUsers), Vec::<String>::new());
}

#[test]
fn of_many_parts_a_bound_is_taken_deeper() {
    // 9 of 40: as one of two its lower bound is 11.3 %, as one of 200 it is 7.4 %.
    let part = |dead: usize| move |_: usize, n: usize| if n < dead { UNKNOWN } else { None };
    let campaign = |o: usize, dead: usize| {
        company(o..o + 1, 40, part(dead)).into_iter().map(move |mail| Mail { campaign: format!("c{o}"), ..mail })
    };
    let of_c0 = |parts: usize| {
        let mails: Vec<Mail> = (0..parts).flat_map(|o| campaign(o, if o == 0 { 9 } else { 0 })).collect();
        told(&rates_of(&mails, true, &[]), RateName::UnknownUsers).pop().unwrap()
    };
    assert_eq!([of_c0(2), of_c0(200)], ["campaign c0 9/40 act", "campaign c0 9/40 watch"]);
}

#[test]
fn where_all_sources_are_bad_none_is_named() {
    let bad = company(0..100, 6, |o, _| if o % 6 == 0 { UNKNOWN } else { None });
    let sources = ["crm", "web"].into_iter().cycle();
    let mails: Vec<Mail> = bad.into_iter().zip(sources).map(|(mail, source)| Mail { source, ..mail }).collect();
    assert_eq!(told(&rates_of(&mails, true, &[]), RateName::UnknownUsers), ["fleet * 102/600 act"]);
}

#[test]
fn what_only_failures_name_has_no_share() {
    let mut mails = company(0..100, 4, |_, n| if n == 0 { UNKNOWN } else { None });
    mails.iter_mut().filter(|mail| mail.fate.is_some()).for_each(|mail| mail.source = "fair");
    let found = told(&rates_of(&mails, true, &[]), RateName::UnknownUsers);
    assert!(!found.iter().any(|rate| rate.starts_with("list_source")), "{found:?}");
}

#[test]
fn what_passes_is_watched_from_a_quarter() {
    for (every, level) in [(5, "quiet"), (3, "watch"), (2, "watch")] {
        let mails = company(0..50, 6, |o, n| if (o + n) % every == 0 { Some(Cause::Network) } else { None });
        let found = told(&rates_of(&mails, true, &[]), RateName::Transient);
        assert!(found[0].ends_with(level), "{found:?}");
    }
}

/// A code with so many failures of a cause.
fn code(cause: Cause, bounces: u64) -> CodeRow {
    CodeRow { reply_code: None, status: None, cause, receiver: None, bounces, organisations: 1, template: None }
}

fn weighed(judgement: &Judgement, circumstances: Circumstances) -> NightLevel {
    weigh(judgement, &circumstances, &policy::load(None).unwrap())
}

/// A night in which all was read.
const READ: Circumstances = Circumstances {
    lost: 0,
    unread: 0,
    items: 200,
    bounces: 100,
    unknown_replies: 0,
    deliveries: Some(2_000),
    braked: false,
};

#[test]
fn what_was_not_read_or_not_understood_is_no_quiet_night() {
    let nothing = Circumstances { bounces: 0, deliveries: None, ..READ };
    for (circumstances, want) in [
        (READ, Level::Quiet),
        (Circumstances { bounces: 0, ..READ }, Level::Quiet),
        (Circumstances { deliveries: None, ..READ }, Level::Quiet),
        (nothing, Level::CannotTell),
        (Circumstances { deliveries: Some(0), ..nothing }, Level::CannotTell),
        (Circumstances { lost: 1, ..READ }, Level::CannotTell),
        (Circumstances { unread: 10, ..READ }, Level::Quiet),
        (Circumstances { unread: 11, ..READ }, Level::CannotTell),
        (Circumstances { unknown_replies: 22, ..READ }, Level::Quiet),
        (Circumstances { unknown_replies: 30, ..READ }, Level::Watch),
        (Circumstances { braked: true, lost: 1, ..READ }, Level::Act),
    ] {
        assert_eq!(weighed(&judged(&[], true), circumstances).level, want, "{circumstances:?}");
    }
}

#[test]
fn failures_without_a_cause_leave_nothing_to_tell_when_they_are_most_and_three() {
    let mut judgement = judged(&[], true);
    for (unknown, others, want) in [(2, 0, Level::Quiet), (3, 3, Level::Quiet), (4, 3, Level::CannotTell)] {
        judgement.codes = vec![code(Cause::Unknown, unknown), code(Cause::MailboxUnknown, others)];
        assert_eq!(weighed(&judgement, READ).level, want, "{unknown} of {}", unknown + others);
    }
}

#[test]
fn two_organisations_that_name_a_list_or_failed_authentication_are_worth_a_look() {
    let mut judgement = judged(&[], true);
    for (by_list, by_authentication, want) in [(1, 1, Level::Quiet), (2, 0, Level::Watch), (0, 2, Level::Watch)] {
        judgement.named = Named { lists: vec![], by_list, by_authentication };
        assert_eq!(weighed(&judgement, READ).level, want, "{by_list} {by_authentication}");
    }
}

/// The level of a night with one incident, made from a real one.
fn level_with(rates: bool, change: impl Fn(&mut Incident)) -> Level {
    let mut mails = company(0..90, 6, |_, _| None);
    mails.iter_mut().filter(|m| m.ip == "192.0.2.1").for_each(|mail| mail.fate = LISTED);
    let mut judgement = judged(&mails, true);
    assert_eq!(judgement.incidents.len(), 1);
    judgement.mode = if rates { judgement.mode } else { crate::outcome::incident::Mode::CountsOnly };
    change(&mut judgement.incidents[0]);
    weighed(&judgement, READ).level
}

#[test]
fn a_finding_of_ours_acts_by_its_impact_and_a_receivers_by_being_new() {
    let impact = |impact: f64| level_with(true, |incident| incident.impact = Some(impact));
    assert_eq!([impact(0.05), impact(0.049)], [Level::Act, Level::Watch]);
    assert_eq!(level_with(true, |_| ()), Level::Act, "all of its mail");
    assert_eq!(level_with(false, |incident| incident.impact = None), Level::Watch, "counts-only");
    let receiver = |status| {
        level_with(true, |incident| {
            (incident.kind, incident.impact, incident.status) = (IncidentKind::ProviderBlock, Some(0.01), status);
            incident.scope = Scope::one(ScopeType::Provider, "google");
        })
    };
    assert_eq!([receiver(IncidentStatus::New), receiver(IncidentStatus::Chronic)], [Level::Act, Level::Watch]);
}

#[test]
fn a_tenant_block_is_watched_when_it_is_new_and_a_suspicion_when_it_is_large_and_nothing_is_known_of_deliveries() {
    let tenant = |status| {
        level_with(true, |incident| {
            (incident.kind, incident.status) = (IncidentKind::TenantBlock, status);
            incident.scope = Scope::one(ScopeType::Organisation, "northwind.example");
        })
    };
    assert_eq!([tenant(IncidentStatus::New), tenant(IncidentStatus::Chronic)], [Level::Watch, Level::Quiet]);
    let suspicion = |rates, bounces, scope| {
        level_with(rates, |incident| {
            (incident.confidence, incident.bounces) = (Confidence::Low, bounces);
            incident.scope = Scope::one(scope, "x");
        })
    };
    for (rates, bounces, scope, want) in [
        (false, 30, ScopeType::SendingIp, Level::Watch),
        (false, 29, ScopeType::SendingIp, Level::Quiet),
        (false, 60, ScopeType::Organisation, Level::Quiet),
        (true, 60, ScopeType::SendingIp, Level::Quiet),
    ] {
        assert_eq!(suspicion(rates, bounces, scope), want, "{rates} {bounces} {scope}");
    }
}

#[test]
fn reasons_come_with_the_most_urgent_first() {
    let mut judgement = judged(&[], true);
    judgement.named = Named { lists: vec![], by_list: 4, by_authentication: 0 };
    let night = weighed(&judgement, Circumstances { braked: true, lost: 2, ..READ });
    let why: Vec<Why> = night.reasons.into_iter().map(|reason| reason.why).collect();
    assert_eq!(why, [Why::Brake, Why::Lost(2), Why::Listed(4)]);
}

#[test]
fn people_whose_own_lists_refuse_us_are_a_question_from_the_third_on_and_never_a_block() {
    let judged_with = |recipients: i64, mails: usize| {
        let mut night = gathered(&company(0..20, 6, |_, _| None), true);
        let (domain, host) =
            (night.domain("company99.com", |_| false), night.receiver("exchange_online", ReceiverKind::Provider));
        night.answered(domain, host, 1);
        let identity = night.identities.id(Identity { ip: 0, sending_domain: 0, campaign: 0, list_source: NONE });
        for n in 0..mails {
            night.refused_by(domain, n as i64 % recipients);
            night.count(Counted { domain, identity, bucket: 0, outcome: Outcome::of(Family::Personal), count: 1 });
        }
        night.sort();
        judge_night(night)
    };
    assert_eq!(found(&judged_with(2, 12)), Vec::<String>::new());
    let judgement = judged_with(3, 3);
    assert_eq!(found(&judgement), ["inconclusive organisation company99.com low"]);
    assert_eq!(judgement.incidents[0].grounds, Some(Grounds::PersonalLists));
    assert_eq!((judgement.incidents[0].bounces, weighed(&judgement, READ).level), (3, Level::Quiet));
}
