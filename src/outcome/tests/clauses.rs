//! What must be told apart, a night for each: whose fault it is when the same replies come from another side.

use super::{GENERIC, LISTED, Mail, UNKNOWN, company, found, judged, mail};
use crate::bounce::Cause;
use crate::judge::grounds::HoldReason;
use crate::outcome::incident::{Judgement, ListSourceRow};

/// Ninety organisations, six messages each, four campaigns, two sending domains, five IPs, half at each provider.
fn usual() -> Vec<Mail> {
    let mut mails = company(0..90, 6, |_, _| None);
    for (at, mail) in mails.iter_mut().enumerate() {
        let organisation = at / 6;
        mail.campaign = format!("c{}", at % 4);
        mail.domain = if at % 3 == 0 { "offers.example" } else { "news.example" };
        mail.ip = format!("192.0.2.{}", at % 5);
        mail.host = if organisation % 2 == 0 { "exchange_online" } else { "google" };
    }
    mails
}

pub(super) fn refuse(mails: &mut [Mail], cause: Cause, mut which: impl FnMut(&Mail) -> bool) {
    mails.iter_mut().filter(|m| which(m)).for_each(|mail| mail.fate = Some(cause));
}

pub(super) fn number(mail: &Mail) -> usize {
    mail.to.trim_end_matches(".com").rsplit("company").next().and_then(|n| n.parse().ok()).unwrap_or(usize::MAX)
}

/// What was refused for which cause, and the incident that it makes.
type Case = (Cause, fn(&Mail) -> bool, &'static str);

#[test]
fn one_slice_of_what_we_send_is_blamed_by_its_own_kind() {
    let cases: [Case; 5] = [
        (Cause::Content, |m| m.campaign == "c3", "content_rejection campaign c3 high"),
        (
            Cause::Authentication,
            |m| m.domain == "offers.example",
            "authentication_failure sending_domain offers.example high",
        ),
        (
            Cause::DomainReputation,
            |m| m.domain == "offers.example",
            "domain_reputation sending_domain offers.example high",
        ),
        (Cause::IpReputation, |m| m.ip == "192.0.2.4", "ip_reputation sending_ip 192.0.2.4 high"),
        (Cause::RelayDenied, |m| m.ip == "192.0.2.4", "relay_setup sending_ip 192.0.2.4 high"),
    ];
    for (cause, which, incident) in cases {
        let mut mails = usual();
        refuse(&mut mails, cause, which);
        assert_eq!(found(&judged(&mails, true)), [incident]);
    }
}

#[test]
fn one_organisation_that_cannot_relay_has_a_stale_mail_server_and_is_no_block() {
    let mut mails = usual();
    refuse(&mut mails, Cause::RelayDenied, |m| number(m) == 5);
    assert_eq!(found(&judged(&mails, true)), ["relay_setup organisation company5.com medium"]);
}

#[test]
fn an_organisation_whose_addresses_are_gone_is_stale_and_is_no_block() {
    let mut mails = usual();
    mails.extend((0..40).map(|n| mail(format!("old{n}@company5.com"), n, UNKNOWN)));
    refuse(&mut mails, Cause::MailboxUnknown, |m| number(m) == 5);
    assert_eq!(found(&judged(&mails, true)), ["stale_domain organisation company5.com medium"]);
}

#[test]
fn a_provider_is_told_from_a_gateway() {
    for (host, incident) in
        [("google", "provider_block provider google high"), ("mimecast", "gateway_block gateway mimecast high")]
    {
        let mut mails = usual();
        mails.iter_mut().filter(|m| m.host == "google").for_each(|m| m.host = host);
        refuse(&mut mails, Cause::OtherPolicy, |m| m.host == host);
        assert_eq!(found(&judged(&mails, true)), [incident]);
    }
}

#[test]
fn a_consumer_pool_that_refuses_us_is_not_its_providers_business_customers() {
    let mut mails = usual();
    let consumers = (0..200).map(|n| Mail { host: "google", ..mail(format!("p{n}@gmail.com"), n, GENERIC) });
    mails.extend(consumers);
    let found = found(&judged(&mails, true));
    assert_eq!(found, ["provider_block provider google medium"]);
}

#[test]
fn a_handful_of_refusals_at_a_pool_is_no_block_and_fewer_suffice_where_all_name_one_cause() {
    let refused = |rates: bool, count: usize, fate: fn(usize) -> Option<Cause>| {
        let mut mails = usual();
        mails.extend((0..count).map(|n| Mail { host: "google", ..mail(format!("p{n}@gmail.com"), n, fate(n)) }));
        // Counts-only others bounce too, or nothing could be compared.
        refuse(&mut mails, Cause::MailboxUnknown, |m| !rates && m.fate.is_none());
        found(&judged(&mails, rates)).into_iter().filter(|incident| incident.contains("google")).count()
    };
    let named = |_| Some(Cause::Content);
    let mixed = |n| Some(if n == 0 { Cause::IpReputation } else { Cause::Content });
    for rates in [true, false] {
        for (count, of_one_cause, of_several, of_none) in [(4, 0, 0, 0), (5, 1, 0, 0), (9, 1, 0, 0), (10, 1, 1, 1)] {
            let got = [refused(rates, count, named), refused(rates, count, mixed), refused(rates, count, |_| GENERIC)];
            assert_eq!(got, [of_one_cause, of_several, of_none], "{count} refusals, deliveries: {rates}");
        }
    }
}

#[test]
fn three_tenants_of_one_vendor_are_not_the_vendor() {
    let mut mails = usual();
    refuse(&mut mails, Cause::OtherPolicy, |m| [5, 25, 45].contains(&number(m)));
    let mut found = found(&judged(&mails, true));
    found.sort();
    let tenant = |n: u32| format!("tenant_block organisation company{n}.com high");
    assert_eq!(found, [tenant(25), tenant(45), tenant(5)]);
}

#[test]
fn a_tenant_that_refuses_all_shows_behind_a_listed_ip() {
    let mut mails = usual();
    refuse(&mut mails, Cause::OtherPolicy, |m| number(m) == 5);
    refuse(&mut mails, Cause::IpReputation, |m| m.ip == "192.0.2.4");
    let found = found(&judged(&mails, true));
    assert_eq!(found, ["ip_reputation sending_ip 192.0.2.4 high", "tenant_block organisation company5.com high"]);
}

#[test]
fn replies_that_blame_us_are_no_block_of_the_organisation_that_gives_them() {
    for (cause, want) in [
        (Cause::IpReputation, "tenant_block organisation company5.com low"),
        (Cause::Content, "tenant_block organisation company5.com low"),
        (Cause::Authentication, "inconclusive organisation company5.com low"),
    ] {
        let mut mails = usual();
        refuse(&mut mails, cause, |m| number(m) == 5);
        assert_eq!(found(&judged(&mails, true)), [want], "{cause}");
    }
}

#[test]
fn two_causes_that_overlap_are_both_found_and_nothing_between_them() {
    let mut mails = usual();
    refuse(&mut mails, Cause::Content, |m| m.campaign == "c3");
    refuse(&mut mails, Cause::IpReputation, |m| m.ip == "192.0.2.4");
    let found = found(&judged(&mails, true));
    assert_eq!(found, ["content_rejection campaign c3 high", "ip_reputation sending_ip 192.0.2.4 high"]);
}

#[test]
fn a_sender_with_one_ip_and_one_domain_is_told_so_when_all_refuse() {
    let mut mails = usual();
    for mail in &mut mails {
        (mail.ip, mail.domain, mail.campaign) = ("192.0.2.1".into(), "news.example", "c0".into());
    }
    refuse(&mut mails, Cause::OtherPolicy, |m| !number(m).is_multiple_of(5));
    let judgement = judged(&mails, true);
    assert_eq!(found(&judgement), ["fleet_reputation fleet * high"]);
}

#[test]
fn deferrals_of_one_organisation_are_no_block() {
    let mut mails = usual();
    refuse(&mut mails, Cause::RateLimited, |m| number(m) == 5);
    assert_eq!(found(&judged(&mails, true)), ["transient organisation company5.com medium"]);
}

/// The list sources held, and why.
fn held(judgement: &Judgement) -> Vec<(&str, Vec<&str>)> {
    let why = |row: &ListSourceRow| row.reasons.iter().map(HoldReason::as_str).collect();
    judgement.list_sources.iter().map(|row| (row.list_source.as_str(), why(row))).collect()
}

#[test]
fn a_list_source_that_draws_listings_or_complaints_far_beyond_others_is_held() {
    for (cause, why) in [(LISTED, "listings"), (Some(Cause::Complaint), "complaints")] {
        let mut mails = usual();
        for mail in &mut mails {
            mail.source = if number(mail).is_multiple_of(9) { "fair" } else { "customers" };
        }
        for mail in mails.iter_mut().filter(|m| m.source == "fair") {
            mail.fate = cause;
        }
        assert_eq!(held(&judged(&mails, true)), [("fair", vec![why])]);
    }
}
