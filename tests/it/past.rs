//! Asking a published night: `explain --incident`, with the user's own map of organisations.

use std::fs;

use serde_json::Value;

use crate::program::{bouncescope, root};

/// Two companies of the night, said to be one.
const MAP: &str = "domain,organisation\ncedargate.example,gategroup.example\nharborlight.example,gategroup.example\n";

#[test]
fn an_incident_of_a_mapped_organisation_is_explained_with_the_map_of_its_run() {
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let (map, out) = (scratch.path().join("map.csv"), scratch.path().join("reports"));
    fs::write(&map, MAP).expect("a map");
    let night = out.join("2026-11-20");
    let [map, out, from] = [&map, &out, &night].map(|path| path.to_str().expect("a plain path"));
    let run = ["run", "sample_data/night", "--no-progress", "--out", out, "--tenants", map];
    bouncescope(run).dir(&root("")).run().behaves(&[0]);
    let report: Value =
        serde_json::from_slice(&fs::read(night.join("report.json")).expect("a report")).expect("a report in JSON");
    let incidents = report["incidents"].as_array().expect("incidents").iter();
    let ids: Vec<&str> =
        incidents.filter(|i| i["scope"]["key"] == "gategroup.example").filter_map(|i| i["id"].as_str()).collect();
    assert_eq!(ids.len(), 1, "the two are judged as one");
    let told = bouncescope(["explain", "--incident", ids[0], "--from", from, "--tenants", map]).run().behaves(&[0]);
    for domain in ["cedargate.example", "harborlight.example"] {
        assert!(told.stdout.contains(domain), "{}", told.stdout);
    }
    let told = bouncescope(["explain", "--incident", ids[0], "--from", from]).run().behaves(&[1]);
    assert!(told.stderr.contains("no incident"), "{}", told.stderr);
}
