//! What may change when a night is told with more or less evidence, and what may not: more never makes an answer worse, less never
//! makes one surer, and names, order and size are no evidence at all.

use super::clauses::{number, refuse};
use super::*;

/// Nights with something planted, and what is found of it with all that is known.
fn nights() -> Vec<(&'static str, Vec<Mail>)> {
    let usual = || {
        let mut mails = company(0..120, 6, |o, n| if (o + n) % 40 == 0 { UNKNOWN } else { None });
        for mail in mails.iter_mut().filter(|m| number(m).is_multiple_of(3)) {
            mail.host = if number(mail).is_multiple_of(2) { "mimecast" } else { "" };
        }
        mails
    };
    let planted = |cause: Cause, which: fn(&Mail) -> bool| {
        let mut mails = usual();
        refuse(&mut mails, cause, which);
        mails
    };
    vec![
        ("quiet", usual()),
        ("an IP", planted(Cause::IpReputation, |m| m.ip == "192.0.2.1" && number(m).is_multiple_of(2))),
        ("a provider", planted(Cause::OtherPolicy, |m| m.host == "exchange_online")),
        ("a campaign", planted(Cause::Content, |m| m.campaign == "c1" && number(m) % 2 == 1)),
        ("the domain", planted(Cause::Authentication, |m| number(m).is_multiple_of(4))),
        ("an organisation", planted(Cause::TenantPolicy, |m| number(m) == 7)),
        ("a silent organisation", planted(Cause::OtherPolicy, |m| number(m) == 9)),
    ]
}

/// Kind, scope and confidence of what acts.
fn acting(judgement: &Judgement) -> Vec<String> {
    let acts = judgement.incidents.iter().filter(|i| i.confidence != Confidence::Low);
    acts.map(|i| format!("{} {} {}", i.kind, i.scope, i.confidence)).collect()
}

#[test]
fn names_and_order_are_no_evidence() {
    for (name, mails) in nights() {
        let usual = acting(&judged(&mails, true));
        let mut renamed = mails.clone();
        renamed.reverse();
        renamed.iter_mut().for_each(|mail| mail.to = mail.to.replace("company", "another"));
        let renamed: Vec<String> =
            acting(&judged(&renamed, true)).iter().map(|i| i.replace("another", "company")).collect();
        assert_eq!(renamed, usual, "{name}");
    }
}

#[test]
fn a_night_told_twice_is_no_less_sure_and_finds_nothing_else() {
    let scopes = |found: &[String]| -> Vec<String> {
        let mut scopes: Vec<String> =
            found.iter().filter_map(|i| i.rsplit_once(' ')).map(|(what, _)| what.to_owned()).collect();
        scopes.sort();
        scopes
    };
    for (name, mails) in nights() {
        let once = acting(&judged(&mails, true));
        let twice = acting(&judged(&[mails.clone(), mails].concat(), true));
        assert_eq!(scopes(&twice), scopes(&once), "{name}");
        for sure in once.iter().filter(|i| i.ends_with("high")) {
            assert!(twice.contains(sure), "{name}: {sure}, then {twice:?}");
        }
    }
}

#[test]
fn without_deliveries_nothing_is_high_and_no_domain_may_be_listed() {
    for (name, mails) in nights() {
        let judgement = judged(&mails, false);
        for incident in &judgement.incidents {
            assert_ne!(incident.confidence, Confidence::High, "{name}: {} {}", incident.kind, incident.scope);
            assert!(!incident.lists_domain(), "{name}: {} {}", incident.kind, incident.scope);
        }
    }
}

#[test]
fn without_hosts_no_organisation_is_blamed_that_was_not() {
    for (name, mails) in nights() {
        let tenants = |judgement: &Judgement| -> Vec<String> {
            let blocks = judgement.incidents.iter().filter(|i| i.lists_domain());
            blocks.map(|i| i.scope.to_string()).collect()
        };
        let known = tenants(&judged(&mails, true));
        let mut hidden = mails.clone();
        hidden.iter_mut().for_each(|mail| mail.host = "");
        for tenant in tenants(&judged(&hidden, true)) {
            assert!(known.contains(&tenant), "{name}: {tenant} is blamed without hosts only");
        }
    }
}

#[test]
fn an_ip_split_in_two_is_still_ours() {
    let (name, mails) = nights().swap_remove(1);
    let mut split = mails;
    for mail in split.iter_mut().filter(|m| m.ip == "192.0.2.1" && number(m).is_multiple_of(3)) {
        mail.ip = "192.0.2.200".into();
    }
    let found = judged(&split, true);
    let ours = found.incidents.iter().filter(|i| i.is_systemic()).count();
    assert!(ours > 0 && !found.incidents.iter().any(Incident::lists_domain), "{name}: {:?}", acting(&found));
}
