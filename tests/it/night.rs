//! The whole night of `sample_data/night`, judged: what SOURCES.md says was planted is found, and nobody innocent is suppressed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{bouncescope, root};

/// The night, run once for all tests here.
static NIGHT: LazyLock<TempDir> = LazyLock::new(|| {
    let out = tempfile::tempdir().expect("a temporary directory");
    let night = "sample_data/night";
    let args = ["run", night, "--no-progress", "--out"].map(AsRef::as_ref);
    bouncescope(args.into_iter().chain([out.path().as_os_str()])).dir(&root("")).run().behaves(&[0]);
    out
});

fn read(name: &str) -> String {
    let path = NIGHT.path().join("2026-11-20").join(name);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The first column of a list.
fn listed(name: &str) -> BTreeSet<String> {
    column(read(name).as_bytes(), 0)
}

fn column(bytes: &[u8], at: usize) -> BTreeSet<String> {
    csv::Reader::from_reader(bytes).records().map(|record| record.expect("a CSV")[at].to_owned()).collect()
}

fn report() -> Value {
    serde_json::from_str(&read("report.json")).expect("JSON")
}

/// `kind scope key confidence` of every finding that acts.
fn claims() -> BTreeSet<String> {
    let word = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    report()["incidents"]
        .as_array()
        .expect("incidents")
        .iter()
        .filter(|i| i["confidence"] != "low" && i["kind"] != "inconclusive" && i["kind"] != "stale_domain")
        .map(|i| format!("{} {} {}", word(&i["kind"]), word(&i["scope"]["type"]), word(&i["scope"]["key"])))
        .collect()
}

#[test]
fn what_was_planted_is_found_and_nothing_else_is_claimed() {
    let expected = [
        "ip_reputation sending_ip 192.0.2.14",
        "list_quality list_source tradeshow-2024",
        "relay_setup organisation movedhouse.example",
        "tenant_block organisation cedargate.example",
        "tenant_block organisation harborlight.example",
    ];
    assert_eq!(claims(), BTreeSet::from(expected.map(String::from)));
}

#[test]
fn the_domains_of_tenant_blocks_and_dead_domains_are_suppressed_and_no_other() {
    let expected = ["cedargate.example", "formerbrand.example", "harborlight.example", "oldmill.example"];
    assert_eq!(listed("suppression/domains.csv"), BTreeSet::from(expected.map(String::from)));
}

#[test]
fn a_campaign_to_one_organisation_proves_nothing() {
    let incidents = report()["incidents"].as_array().expect("incidents").clone();
    let lone = incidents.iter().find(|i| i["scope"]["key"] == "quarrystone.example").expect("it is told");
    assert_eq!(lone["kind"], "inconclusive");
    assert!(lone["missing"].as_array().is_some_and(|m| !m.is_empty()), "it says what is missing: {lone}");
}

#[test]
fn an_address_is_suppressed_only_when_its_own_reply_says_so() {
    let suppressed = listed("suppression/addresses.csv");
    let mut dead = BTreeSet::new();
    let path = root("sample_data/night/bounces.csv");
    for record in csv::Reader::from_path(&path).expect("the night").records() {
        let record = record.expect("a CSV");
        let reply = record[4].to_lowercase();
        let words =
            ["not found", "not exist", "unknown", "invalid recipient", "no such", "address rejected", "inactive"];
        if words.iter().any(|w| reply.contains(w)) && !reply.contains("greylisted") {
            dead.insert(record[1].to_owned());
        }
    }
    let innocent: Vec<&String> = suppressed.difference(&dead).collect();
    assert!(innocent.is_empty(), "{innocent:?}");
    assert!(suppressed.len() > 90, "only {} of the dead addresses are listed", suppressed.len());
}

#[test]
fn a_bad_list_source_is_held_as_a_whole() {
    assert_eq!(listed("review/list_sources.csv"), BTreeSet::from(["tradeshow-2024".to_owned()]));
}

#[test]
fn a_delivered_address_is_on_no_list() {
    let delivered = column(&fs::read(root("sample_data/night/delivered.csv")).expect("the night"), 1);
    let suppressed = listed("suppression/addresses.csv");
    let domains = listed("suppression/domains.csv");
    for address in &delivered {
        let domain = address.rsplit('@').next().unwrap_or_default();
        assert!(!suppressed.contains(address) && !domains.contains(domain), "{address} took our mail tonight");
    }
}

#[test]
fn a_folder_of_bounces_and_deliveries_is_told_apart_by_columns() {
    let lines = |name: &str| fs::read_to_string(Path::new(&root("sample_data/night")).join(name)).expect("the night");
    let rows = |name: &str| lines(name).lines().count() as u64 - 1;
    let totals = report()["totals"].clone();
    assert_eq!(totals["bounces"], rows("bounces.csv"));
    assert_eq!(totals["delivered"], rows("delivered.csv"));
}
