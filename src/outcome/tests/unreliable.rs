//! Nights in which somebody calls living mailboxes unknown, and nights in which the lists are rotten. They look alike until
//! one asks who takes our mail otherwise. Each is judged with deliveries and without.

use super::{Mail, UNKNOWN, company, found, judged};
use crate::bounce::{Cause, IncidentKind};
use crate::judge::grounds::{Evidence, Sign};

/// What somebody calls unknown, and what is found with deliveries and without.
struct Case {
    name: &'static str,
    mails: fn() -> Vec<Mail>,
    rates: &'static [&'static str],
    counts: &'static [&'static str],
}

/// A number of an organisation or a contact, spread evenly over 0..100.
fn spread(name: &str) -> u64 {
    name.bytes().fold(7, |sum: u64, byte| sum.wrapping_mul(31).wrapping_add(byte.into())) % 100
}

fn house(mail: &Mail) -> &str {
    mail.to.rsplit('@').next().unwrap()
}

/// Two hundred organisations with `contacts` each, through three IPs, two campaigns, two sources; a third behind each of a
/// provider, another, and a gateway. Two of a hundred contacts are dead.
fn usual(organisations: usize, contacts: usize) -> Vec<Mail> {
    let mut mails = company(0..organisations, contacts, |_, _| None);
    for (at, mail) in mails.iter_mut().enumerate() {
        let organisation = at / contacts;
        mail.host = ["exchange_online", "google", "mimecast"][organisation % 3];
        mail.campaign = format!("c{}", spread(&format!("campaign {}", mail.to)) % 2);
        mail.source = if (at / 2 + organisation).is_multiple_of(2) { "shop" } else { "fair" };
        mail.domain = if (at + organisation).is_multiple_of(3) { "offers.example" } else { "news.example" };
        mail.ip = format!("192.0.2.{}", (at + organisation) % 4);
        mail.fate = if spread(&mail.to) < 2 { UNKNOWN } else { None };
    }
    mails
}

fn call_unknown(mails: &mut [Mail], which: impl Fn(&Mail) -> bool) {
    mails.iter_mut().filter(|m| which(m)).for_each(|mail| mail.fate = UNKNOWN);
}

/// The share of organisations that lie to whom they have flagged.
fn lies(mail: &Mail, percent: u64) -> bool {
    spread(house(mail)) < percent
}

fn rotten(mail: &Mail, percent: u64) -> bool {
    spread(&format!("{}{}", mail.to, mail.ip)) < percent
}

const CASES: &[Case] = &[
    Case {
        name: "one IP of four, at two thirds of the organisations",
        mails: || {
            let mut mails = usual(120, 4);
            call_unknown(&mut mails, |m| m.ip == "192.0.2.3" && lies(m, 65));
            mails
        },
        rates: &["unreliable_unknown sending_ip 192.0.2.3 high"],
        counts: &["unreliable_unknown sending_ip 192.0.2.3 medium"],
    },
    Case {
        name: "one sending domain of two, of a small sender",
        mails: || {
            let mut mails = usual(50, 3);
            call_unknown(&mut mails, |m| m.domain == "offers.example" && lies(m, 60));
            mails
        },
        rates: &["unreliable_unknown sending_domain offers.example high"],
        counts: &["unreliable_unknown sending_domain offers.example medium"],
    },
    Case {
        name: "one IP at one receiver, which only deliveries tell",
        mails: || {
            let mut mails = usual(180, 6);
            call_unknown(&mut mails, |m| m.ip == "192.0.2.1" && m.host == "google" && lies(m, 85));
            mails
        },
        rates: &["unreliable_unknown provider+sending_ip google+192.0.2.1 high"],
        counts: &[],
    },
    Case {
        name: "a gateway for all of its customers",
        mails: || {
            let mut mails = usual(90, 3);
            call_unknown(&mut mails, |m| m.host == "mimecast");
            mails
        },
        rates: &["unreliable_unknown gateway mimecast high"],
        counts: &["unreliable_unknown gateway mimecast medium"],
    },
    Case {
        name: "a provider for half of its customers",
        mails: || {
            let mut mails = usual(150, 2);
            call_unknown(&mut mails, |m| m.host == "google" && lies(m, 55));
            mails
        },
        rates: &["unreliable_unknown provider google high"],
        counts: &["unreliable_unknown provider google medium"],
    },
    Case {
        name: "a gateway, and nobody else is mailed",
        mails: || {
            let mut mails = company(0..20, 2, |_, _| UNKNOWN);
            mails.iter_mut().for_each(|mail| mail.host = "mimecast");
            mails
        },
        rates: &["unreliable_unknown gateway mimecast medium"],
        counts: &["unreliable_unknown gateway mimecast medium"],
    },
    Case {
        name: "a rotten source at every receiver",
        mails: || {
            let mut mails = usual(120, 4);
            mails.iter_mut().filter(|m| spread(&m.to).is_multiple_of(4)).for_each(|m| m.source = "bought");
            call_unknown(&mut mails, |m| m.source == "bought" && rotten(m, 60));
            mails
        },
        rates: &["list_quality list_source bought high"],
        counts: &["list_quality list_source bought medium"],
    },
    Case {
        name: "a rotten source that one IP alone sends",
        mails: || {
            let mut mails = usual(120, 4);
            mails.iter_mut().filter(|m| m.ip == "192.0.2.2").for_each(|m| m.source = "bought");
            call_unknown(&mut mails, |m| m.source == "bought" && rotten(m, 60));
            mails
        },
        rates: &["list_quality list_source bought high"],
        counts: &["list_quality list_source bought medium"],
    },
    Case {
        name: "guessed addresses: nearly all dead, whole companies, at every receiver",
        mails: || {
            let mut mails = usual(60, 2);
            let guessed = company(300..360, 3, |_, n| (n != 7).then_some(Cause::MailboxUnknown));
            mails.extend(guessed.into_iter().enumerate().map(|(at, m)| {
                let host = ["exchange_online", "google", "mimecast"][at / 3 % 3];
                Mail { host, campaign: "guessed".into(), source: "guessed", ..m }
            }));
            mails
        },
        rates: &["list_quality campaign guessed medium"],
        counts: &["list_quality campaign guessed medium"],
    },
    Case { name: "a quiet night", mails: || usual(200, 5), rates: &[], counts: &[] },
];

#[test]
fn who_calls_living_mailboxes_unknown_is_told_from_a_rotten_list() {
    let mut wrong = Vec::new();
    for case in CASES {
        for (rates, want) in [(true, case.rates), (false, case.counts)] {
            let mut mails = (case.mails)();
            if !rates {
                // A few failures of other kinds tell how much each identity sends.
                let full = |m: &&mut Mail| m.fate.is_none() && spread(&m.to) % 25 == 3;
                mails.iter_mut().filter(full).for_each(|m| m.fate = Some(Cause::MailboxFull));
            }
            let found = found(&judged(&mails, rates));
            if found != want {
                wrong.push(format!("{}, deliveries {rates}: {found:?}", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_rotten_campaign_and_a_flagged_ip_are_both_found_and_each_owns_its_own() {
    let mut mails = usual(150, 6);
    mails.iter_mut().filter(|m| spread(&m.to).is_multiple_of(3)).for_each(|m| m.campaign = "old".into());
    call_unknown(&mut mails, |m| m.campaign == "old" && rotten(m, 45));
    call_unknown(&mut mails, |m| m.ip == "192.0.2.3" && lies(m, 70));
    let judgement = judged(&mails, true);
    let mut kinds = found(&judgement);
    kinds.sort();
    assert_eq!(kinds, ["list_quality campaign old high", "unreliable_unknown sending_ip 192.0.2.3 high"]);
    let of_ip = mails.iter().filter(|m| m.ip == "192.0.2.3" && m.fate.is_some()).count() as u64;
    let ip = judgement.incidents.iter().find(|i| i.kind == IncidentKind::UnreliableUnknown).unwrap();
    assert_eq!(ip.bounces, of_ip);
    assert!(ip.evidence.iter().any(|e| matches!(e, Evidence::MailboxesLive(Sign::OtherIdentity { .. }))));
}

#[test]
fn no_source_is_held_for_what_is_not_believed() {
    let mut mails = usual(120, 4);
    call_unknown(&mut mails, |m| m.ip == "192.0.2.3" && lies(m, 65));
    let judgement = judged(&mails, true);
    assert!(judgement.list_sources.is_empty(), "{:?}", judgement.list_sources);
}

#[test]
fn a_night_sent_twice_loses_no_company_twice() {
    // One dead contact at each of forty companies, to which two messages went, is no company that lost two.
    let once = company(0..40, 1, |_, _| UNKNOWN);
    let mut mails: Vec<Mail> = once.iter().cloned().chain(once.iter().cloned()).collect();
    for (at, mail) in mails.iter_mut().enumerate() {
        (mail.host, mail.campaign) = ("mimecast", format!("c{at}"));
    }
    for rates in [true, false] {
        let kinds: Vec<IncidentKind> = judged(&mails, rates).incidents.iter().map(|i| i.kind).collect();
        assert!(!kinds.contains(&IncidentKind::UnreliableUnknown), "{kinds:?}");
    }
}

#[test]
fn where_deliveries_do_not_name_the_ip_no_organisation_is_said_to_take_mail_through_another() {
    let mut mails = usual(120, 4);
    call_unknown(&mut mails, |m| m.ip == "192.0.2.3" && rotten(m, 60));
    mails.iter_mut().filter(|m| m.fate.is_none()).for_each(|m| m.ip = String::new());
    let judgement = judged(&mails, true);
    let taking = |e: &Evidence| matches!(e, Evidence::MailboxesLive(Sign::OtherIdentity { .. }));
    assert!(!judgement.incidents.iter().any(|i| i.evidence.iter().any(taking)), "{:?}", found(&judgement));
}
