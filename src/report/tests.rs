//! The outputs together.

use super::testing::Night;
use super::*;

#[test]
fn a_night_has_all_its_reports() {
    let mut names = Vec::new();
    render(&Night::busy().view(), |name| {
        names.push(name.to_owned());
        Ok(Vec::new())
    })
    .unwrap();
    names.sort();
    let want =
        ["codes.csv", "domain_codes.csv", "domains.csv", "incidents.csv", "report.html", "report.json", "report.md"];
    assert_eq!(names, want);
}

#[test]
fn the_same_view_gives_the_same_bytes() {
    let night = Night::busy();
    let bytes = || {
        let mut all = Vec::new();
        for output in OUTPUTS {
            output.render(&night.view(), &mut all).unwrap();
        }
        all
    };
    assert_eq!(bytes(), bytes());
}

#[test]
fn the_report_for_programs_has_every_field_of_the_contract_and_null_for_what_is_missing() {
    let night = Night::counts_only();
    let mut out = Vec::new();
    json::Json.render(&night.view(), &mut out).unwrap();
    let report: serde_json::Value = serde_json::from_slice(&out).unwrap();
    for field in [
        "schema_version",
        "tool_version",
        "tables_hash",
        "as_of",
        "window",
        "inputs",
        "totals",
        "incidents",
        "domains",
        "codes",
        "lists",
        "quality",
    ] {
        assert!(report.get(field).is_some(), "{field}");
    }
    let inconclusive = &report["incidents"][4];
    for field in [
        "id",
        "kind",
        "scope",
        "confidence",
        "bounces",
        "organisations_hit",
        "organisations_exposed",
        "recipients",
        "rate",
        "rate_low",
        "rate_high",
        "rate_elsewhere",
        "evidence",
        "blocklists",
        "template",
        "confounded_with",
        "domains",
        "first_seen",
        "status",
        "actions",
        "advice",
    ] {
        assert!(inconclusive.get(field).is_some(), "{field}");
    }
    assert!(inconclusive["rate"].is_null() && report["totals"]["tried"].is_null());
    assert_eq!(report["incidents"][0]["scope"]["type"], "sending_ip");
    assert_eq!(report["incidents"][0]["confounded_with"][0]["key"], "news.example.net");
    assert_eq!(report["incidents"][1]["actions"][0]["until"], "2027-11-20");
}
