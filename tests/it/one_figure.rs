//! A share is spelled once: the sentence, the tables, the page and the numbers for programs say the same. In: a night of
//! organisations of which each refuses another share of its mail. Out: what the files of the night say of each.

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

use crate::program::bouncescope;

/// Refused, tried, and the share as people read it.
const BLOCKS: &[(u64, u64, &str)] = &[
    (997, 1_000, "99.7 %"),
    (1_999, 2_000, "> 99.9 %"),
    (200, 200, "100 %"),
    (299, 300, "99.7 %"),
    (99, 100, "99.0 %"),
    (59, 60, "98 %"),
    (39, 40, "98 %"),
    (19, 20, "95 %"),
    (9, 10, "90 %"),
    (5, 6, "83 %"),
];

/// The night's bounces and deliveries; organisations that take all our mail stand for contrast.
fn night() -> (String, String) {
    let mut bounces = String::from("recipient,timestamp,diagnostic_code,remote_mta,sending_domain\n");
    let mut accepted = String::from("recipient_domain,count,sending_domain\n");
    for (number, (refused, tried, _)) in BLOCKS.iter().enumerate() {
        let domain = format!("block{number}-figure.net");
        for recipient in 0..*refused {
            let _ = writeln!(
                bounces,
                "p{recipient}@{domain},2026-11-19T23:00:00Z,550 5.7.1 TRANSPORT.RULES.RejectMessage; the message was \
                 rejected by organization policy,{}.mail.protection.outlook.com,news{}.example.com",
                domain.replace('.', "-"),
                recipient % 3
            );
        }
        if tried > refused {
            let _ = writeln!(accepted, "{domain},{},news0.example.com", tried - refused);
        }
    }
    for number in 0..80 {
        let _ = writeln!(accepted, "firm{number}-figure.net,9,news{}.example.com", number % 3);
    }
    (bounces, accepted)
}

#[test]
fn every_file_of_a_night_spells_a_share_the_same() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let (bounces, accepted) = night();
    fs::write(folder.path().join("bounces.csv"), bounces).expect("bounces");
    fs::write(folder.path().join("accepted.csv"), accepted).expect("deliveries");
    let run =
        ["run", "bounces.csv", "--delivered", "accepted.csv", "--no-progress", "--quiet", "--as-of", "2026-11-20"];
    bouncescope(run).dir(folder.path()).run().behaves(&[0, 5]);
    let read = |name: &str| fs::read_to_string(folder.path().join("reports/2026-11-20").join(name)).expect(name);
    let (markdown, page, table) = (read("report.md"), read("report.html"), read("incidents.csv"));
    let report: Value = serde_json::from_str(&read("report.json")).expect("a report in JSON");
    for (number, (refused, tried, share)) in BLOCKS.iter().enumerate() {
        let domain = format!("block{number}-figure.net");
        let of = |i: &&Value| i["scope"]["key"] == domain.as_str();
        let incident = report["incidents"].as_array().expect("incidents").iter().find(of).expect(&domain);
        assert_eq!(incident["kind"], "tenant_block", "{domain}");
        let exact = *refused as f64 / *tried as f64;
        assert!(incident["rate"].as_f64().is_some_and(|rate| (rate - exact).abs() < 1e-12), "{domain}");
        let sentence = incident["sentence"].as_str().expect("a sentence");
        assert!(sentence.contains(&format!(" messages ({share}, 95 % interval")), "{share}: {sentence}");
        let row = table.lines().find(|line| line.contains(&format!(",{domain},"))).expect(&domain);
        assert!(row.contains(sentence) && row.contains(&format!(",{exact:.6},")), "{row}");
        let row = markdown.lines().find(|line| line.starts_with(&format!("| `{domain}` | 1 "))).expect(&domain);
        assert!(row.contains(&format!("| {share}, 95 % interval")), "{share}: {row}");
        let row = page.split("<tr id=").find(|row| row.contains(&format!("{domain}</td>"))).expect(&domain);
        let shown = share.replace('>', "&gt;");
        assert!(row.contains(&format!("<td class=\"n\">{shown}<br>")), "{shown}: {row}");
    }
}

#[test]
fn the_refusals_of_a_night_are_counted_once() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let out = folder.path().to_str().expect("a plain path");
    let run = ["run", "sample_data", "--no-progress", "--quiet", "--out", out];
    bouncescope(run).dir(&crate::program::root("")).run().behaves(&[0]);
    let report = fs::read(folder.path().join("2026-11-20/report.json")).expect("a report");
    let totals = &serde_json::from_slice::<Value>(&report).expect("a report in JSON")["totals"];
    assert!(totals["policy_bounces"].as_u64() > Some(0), "{totals}");
    assert_eq!(totals["policy_bounces"], totals["concentration"]["bounces"], "{totals}");
}
