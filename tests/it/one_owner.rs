//! Who is blamed for a bounce is said once, and everybody repeats it: if an incident counts n bounces, n rows carry its id,
//! `explain` finds n events, the protected addresses name it, and what became of its bounces sums to n.

use std::path::Path;

use crate::program::bouncescope;
use crate::published::Published;
use crate::scratch::{Scratch, Told};
use crate::traffic::{
    CONTENT, Dice, EDGE, Fared, GENERIC, GONE, LISTED, Mail, RELAY, SLOW, TENANT, Traffic, UNKNOWN, UNSIGNED,
};

/// An ordinary night's mail.
fn traffic() -> (Traffic, Dice) {
    let mut dice = Dice(7);
    let traffic = Traffic::to(240, 3, 200, &mut dice);
    (traffic, dice)
}

/// Asserts that a night has an incident, and that all that is told of it and of the others agrees.
fn owns_what_it_counts(scratch: &Scratch, told: &Told, kind: &str, scope: (&str, &str)) -> Published {
    assert!(told.report.is_some(), "{}", told.outcome.stderr);
    let night = Published::read(told.night());
    let found = || night.incidents().iter().map(|i| format!("{} {} {}", i["kind"], i["scope"], i["bounces"]));
    let incident = night.incident(kind, scope).unwrap_or_else(|| panic!("found {:?}", found().collect::<Vec<_>>()));
    assert_eq!(night.faults(), [""; 0]);
    let bounces = incident["bounces"].as_u64().expect("a count");
    assert!(bounces > 0);
    let explained = explain(scratch, told.night(), incident["id"].as_str().expect("an id"));
    let events = explained.lines().find(|line| line.starts_with("events: ")).expect("a count of events");
    assert_eq!(events, format!("events: {bounces}"), "{explained}");
    night
}

/// What `explain` says of an incident, with the maps that the night was judged with.
fn explain(scratch: &Scratch, night: &Path, id: &str) -> String {
    let mut words = vec!["explain", "--incident", id, "--from", night.to_str().expect("a path")];
    for (flag, map) in [("--tenants", "tenants.csv"), ("--contacts", "contacts.csv")] {
        if scratch.path(map).exists() {
            words.extend([flag, map]);
        }
    }
    bouncescope(words).dir(&scratch.path("")).run().behaves(&[0]).stdout
}

/// Asserts that protected.csv names the incident for every address whose bounces it owns and which lists do not name.
fn protects(night: &Published, kind: &str, scope: (&str, &str)) {
    let incident = night.incident(kind, scope).expect("the incident");
    let protected = incident["fates"]["protected"].as_u64().expect("a count");
    assert_eq!(Some(protected), incident["bounces"].as_u64(), "one bounce for each address, all of them protected");
    assert_eq!(Some(protected), incident["protected"].as_u64(), "and all are named in protected.csv");
}

/// Runs the night and asserts both.
fn one_owner(traffic: &Traffic, kind: &str, scope: (&str, &str)) {
    let scratch = Scratch::new();
    let told = scratch.run(traffic.write(&scratch));
    protects(&owns_what_it_counts(&scratch, &told, kind, scope), kind, scope);
}

#[test]
fn a_pool_of_consumers_refused_by_hosts_that_nobody_names() {
    let (mut traffic, mut dice) = traffic();
    traffic.refuse(90, GENERIC, &mut dice, |mail| mail.domain == "gmail.com");
    traffic.mails.iter_mut().for_each(|mail| mail.host.clear());
    one_owner(&traffic, "provider_block", ("provider", "google"));
}

#[test]
fn a_list_source_that_rows_name() {
    let (mut traffic, mut dice) = traffic();
    traffic.refuse(80, GENERIC, &mut dice, |mail| mail.list == "fair");
    one_owner(&traffic, "list_quality", ("list_source", "fair"));
}

#[test]
fn a_list_source_that_only_contacts_name() {
    let (mut traffic, mut dice) = traffic();
    traffic.refuse(80, GENERIC, &mut dice, |mail| mail.list == "fair");
    let scratch = Scratch::new();
    let contacts: String = traffic.mails.iter().map(|mail| format!("{},{}\n", mail.to, mail.list)).collect();
    traffic.mails.iter_mut().for_each(|mail| mail.list.clear());
    let args = traffic.write(&scratch);
    scratch.add("contacts.csv", format!("email,list_source\n{contacts}"));
    let told = scratch.run(&format!("{args} --contacts contacts.csv"));
    let scope = ("list_source", "fair");
    protects(&owns_what_it_counts(&scratch, &told, "list_quality", scope), "list_quality", scope);
}

#[test]
fn an_ip() {
    let (mut traffic, mut dice) = traffic();
    traffic.refuse(70, LISTED, &mut dice, |mail| mail.ip == "192.0.2.11");
    one_owner(&traffic, "ip_reputation", ("sending_ip", "192.0.2.11"));
}

#[test]
fn an_ip_at_one_receiver() {
    let (mut traffic, mut dice) = traffic();
    traffic.refuse(90, LISTED, &mut dice, |mail| mail.ip == "192.0.2.11" && mail.at_host("outlook"));
    one_owner(&traffic, "ip_reputation", ("provider+sending_ip", "exchange_online+192.0.2.11"));
}

#[test]
fn all_that_we_send() {
    let (mut traffic, mut dice) = traffic();
    traffic.refuse(75, GENERIC, &mut dice, |_| true);
    one_owner(&traffic, "fleet_reputation", ("fleet", "*"));
}

#[test]
fn a_campaign() {
    let (mut traffic, mut dice) = traffic();
    traffic.refuse(70, CONTENT, &mut dice, |mail| mail.campaign == "webinar");
    one_owner(&traffic, "content_rejection", ("campaign", "webinar"));
}

#[test]
fn a_domain_without_authentication() {
    let (mut traffic, mut dice) = traffic();
    traffic.refuse(80, UNSIGNED, &mut dice, |mail| mail.sender == "offers.example.com");
    one_owner(&traffic, "authentication_failure", ("sending_domain", "offers.example.com"));
}

#[test]
fn a_receiver_of_two_names() {
    let (mut traffic, mut dice) = traffic();
    traffic.refuse(90, GENERIC, &mut dice, |mail| mail.at_host("google.com"));
    one_owner(&traffic, "provider_block", ("provider", "google"));
}

#[test]
fn a_set_up_that_is_refused() {
    let (mut traffic, mut dice) = traffic();
    traffic.refuse(80, RELAY, &mut dice, |mail| mail.ip == "192.0.2.12");
    one_owner(&traffic, "relay_setup", ("sending_ip", "192.0.2.12"));
}

#[test]
fn a_tenant_of_several_domains() {
    let (mut traffic, mut dice) = traffic();
    for domain in ["alder-group.com", "birch-group.com", "cedar-group.com"] {
        (0..8).for_each(|n| traffic.send(&format!("p{n}"), domain, &format!("mx.{domain}"), &mut dice));
    }
    traffic.refuse(100, TENANT, &mut dice, |mail| mail.domain.ends_with("-group.com"));
    let scratch = Scratch::new();
    let args = traffic.write(&scratch);
    scratch.add(
        "tenants.csv",
        "domain,organisation\nalder-group.com,alder-group.com\nbirch-group.com,alder-group.com\n\
         cedar-group.com,alder-group.com\n",
    );
    let told = scratch.run(&format!("{args} --tenants tenants.csv"));
    let night = owns_what_it_counts(&scratch, &told, "tenant_block", ("organisation", "alder-group.com"));
    let incident = night.incident("tenant_block", ("organisation", "alder-group.com")).expect("the incident");
    assert_eq!((incident["bounces"].as_u64(), incident["fates"]["covered"].as_u64()), (Some(24), Some(24)));
}

#[test]
fn a_tenant_that_refuses_one_of_our_domains() {
    let (mut traffic, mut dice) = traffic();
    (0..40).for_each(|n| traffic.send(&format!("p{n}"), "harbour-works.com", "mx.harbour-works.com", &mut dice));
    let at = |mail: &Mail| mail.domain == "harbour-works.com" && mail.sender == "mail.example.com";
    traffic.refuse(100, TENANT, &mut dice, at);
    let scratch = Scratch::new();
    let told = scratch.run(traffic.write(&scratch));
    let scope = ("organisation+sending_domain", "harbour-works.com+mail.example.com");
    owns_what_it_counts(&scratch, &told, "tenant_block", scope);
}

#[test]
fn a_receiver_that_makes_us_wait_with_the_delays_of_its_bounces() {
    let (mut traffic, mut dice) = traffic();
    traffic.befall(40, &Fared::Delayed(SLOW, 2), &mut dice, |mail| mail.at_host("pphosted"));
    traffic.refuse(80, SLOW, &mut dice, |mail| mail.at_host("pphosted"));
    let scratch = Scratch::new();
    let told = scratch.run(traffic.write(&scratch));
    let night = owns_what_it_counts(&scratch, &told, "transient", ("gateway", "proofpoint"));
    let incident = night.incident("transient", ("gateway", "proofpoint")).expect("the incident");
    let delays = night.rows.iter().filter(|row| row.kind == "delay" && row.incident.is_some()).count();
    assert!(delays > 20, "{delays}");
    assert!(incident["fates"]["retried"].as_u64().is_some_and(|retried| retried >= delays as u64));
}

#[test]
fn a_domain_that_nobody_lives_in() {
    let (mut traffic, mut dice) = traffic();
    (0..12).for_each(|n| traffic.send(&format!("p{n}"), "former-name.com", "mx.former-name.com", &mut dice));
    traffic.refuse(100, UNKNOWN, &mut dice, |mail| mail.domain == "former-name.com");
    let scratch = Scratch::new();
    let told = scratch.run(traffic.write(&scratch));
    owns_what_it_counts(&scratch, &told, "stale_domain", ("organisation", "former-name.com"));
}

/// Asserts that all that an incident owns waits in held.csv and names it, and is on no list.
fn holds(night: &Published, scope: (&str, &str)) {
    let incident = night.incident("unreliable_unknown", scope).expect("the incident");
    assert_eq!(incident["fates"]["held"], incident["bounces"]);
    let held = night.table("review/held.csv");
    let held = held.iter().filter(|row| incident["id"] == row["incident"].as_str());
    let held: Vec<_> = held.map(|row| (row["reason"].as_str(), row["meanwhile"].as_str())).collect();
    assert_eq!(Some(held.len() as u64), incident["recipients"].as_u64());
    assert!(held.iter().all(|row| *row == ("unreliable_unknown", "other_identity")), "{held:?}");
}

#[test]
fn an_ip_to_which_living_people_are_called_unknown() {
    let (mut traffic, mut dice) = traffic();
    traffic.refuse(60, UNKNOWN, &mut dice, |mail| mail.ip == "192.0.2.11");
    traffic.refuse(2, UNKNOWN, &mut dice, |mail| mail.ip == "192.0.2.12");
    let scratch = Scratch::new();
    let told = scratch.run(traffic.write(&scratch));
    let scope = ("sending_ip", "192.0.2.11");
    let night = owns_what_it_counts(&scratch, &told, "unreliable_unknown", scope);
    holds(&night, scope);
    assert!(night.table("suppression/addresses.csv").len() > 1, "who is unknown to another IP is listed");
    assert_eq!(told.at("/verdict/level"), "act");
}

#[test]
fn a_company_whose_directory_knows_nobody_and_consumers_who_are_unavailable_in_masses() {
    let (mut traffic, mut dice) = traffic();
    let (house, consumers) = ("harbour-works.com", "outlook.com");
    (0..9).for_each(|n| {
        traffic.send(&format!("p{n}"), house, "harbour-works-com.mail.protection.outlook.com", &mut dice)
    });
    (0..60).for_each(|n| {
        traffic.send(&format!("someone{n}"), consumers, "outlook-com.olc.protection.outlook.com", &mut dice);
    });
    traffic.refuse(100, EDGE, &mut dice, |mail| mail.domain == house);
    traffic.refuse(60, GONE, &mut dice, |mail| mail.domain == consumers);
    for counts_only in [false, true] {
        let scratch = Scratch::new();
        let args = traffic.write(&scratch);
        let told = scratch.run(if counts_only { "bounces.csv --as-of 2026-11-20" } else { args });
        for scope in [("organisation", house), ("provider", "outlook_consumer")] {
            holds(&owns_what_it_counts(&scratch, &told, "unreliable_unknown", scope), scope);
        }
    }
}

#[test]
fn with_a_log_of_all_that_was_sent() {
    let (mut traffic, mut dice) = traffic();
    traffic.refuse(70, LISTED, &mut dice, |mail| mail.ip == "192.0.2.11");
    let scratch = Scratch::new();
    scratch.add("bounces.csv", traffic.events());
    scratch.add("sent.csv", traffic.log(true));
    let told = scratch.run("bounces.csv --sent sent.csv --as-of 2026-11-20");
    let scope = ("sending_ip", "192.0.2.11");
    protects(&owns_what_it_counts(&scratch, &told, "ip_reputation", scope), "ip_reputation", scope);
}

#[test]
fn read_from_mails() {
    let (mut traffic, mut dice) = traffic();
    traffic.refuse(90, GENERIC, &mut dice, |mail| mail.at_host("outlook"));
    let scratch = Scratch::new();
    scratch.add("bounces.mbox", traffic.mbox());
    scratch.add("accepted.csv", traffic.log(false));
    let told = scratch.run("bounces.mbox --delivered accepted.csv --as-of 2026-11-20");
    let scope = ("provider", "exchange_online");
    protects(&owns_what_it_counts(&scratch, &told, "provider_block", scope), "provider_block", scope);
}

#[test]
fn a_list_that_is_refused_and_whose_addresses_nobody_knows_is_two_incidents_with_an_id_each() {
    let (mut traffic, mut dice) = traffic();
    traffic.refuse(45, UNKNOWN, &mut dice, |mail| mail.list == "fair");
    traffic.refuse(90, GENERIC, &mut dice, |mail| mail.list == "fair");
    let scratch = Scratch::new();
    let told = scratch.run(traffic.write(&scratch));
    let night = owns_what_it_counts(&scratch, &told, "list_quality", ("list_source", "fair"));
    let ids: Vec<&str> = night.incidents().iter().filter_map(|i| i["id"].as_str()).collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
    assert_ne!(ids[0], ids[1]);
    for id in ids {
        let told = explain(&scratch, told.night(), id);
        assert!(told.contains(&format!("events: {}\n", night.owned(id))), "{id}: {told}");
    }
}

#[test]
fn a_night_without_any_event_is_told_as_one() {
    let mut dice = Dice(1);
    let traffic = Traffic::to(20, 3, 5, &mut dice);
    for (bounces, log) in [(traffic.events(), "--delivered log.csv"), (traffic.log(false), "--sent log.csv")] {
        let scratch = Scratch::new();
        scratch.add("in.csv", bounces);
        scratch.add("log.csv", traffic.log(true));
        let told = scratch.run(&format!("in.csv {log} --as-of 2026-11-20"));
        assert!(told.report.is_some(), "{}", told.outcome.stderr);
        let night = Published::read(told.night());
        assert_eq!((night.faults(), night.rows.len()), (vec![], 0));
    }
}
