//! The lists that a run brings along and asks for: targets, what must never be listed, what is listed already.

use std::fs;
use std::path::Path;

use assert_cmd::Command;

/// A night of two dead addresses, one protected one and two deliveries; `flags` come on top.
fn run(dir: &Path, flags: &[&str]) {
    let bounces = "recipient,timestamp,diagnostic_code,sending_ip,message_id\n\
        dead@example.com,2026-11-20T01:00:00Z,550 5.1.1 <dead@example.com>: user unknown,192.0.2.1,1@x.example\n\
        gone@example.net,2026-11-20T01:00:01Z,550 5.1.1 <gone@example.net>: user unknown,192.0.2.1,2@x.example\n\
        ours@example.org,2026-11-20T01:00:02Z,554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org,192.0.2.1,3@x.example\n";
    fs::write(dir.join("bounces.csv"), bounces).unwrap();
    fs::write(dir.join("delivered.csv"), "recipient,timestamp\nback@example.com,2026-11-20T02:00:00Z\n").unwrap();
    fs::write(dir.join("allow.txt"), "gone@example.net\n").unwrap();
    let listed = "status,reason,email,created\n5.7.1,550 blocked,ours@example.org,1795136402\n\
        5.1.1,550 unknown,Back@example.com,1790083507\n5.1.1,550 unknown,DEAD@example.com,1790083507\n";
    fs::write(dir.join("existing.csv"), listed).unwrap();
    let mut command = Command::cargo_bin("bouncescope").unwrap();
    command.current_dir(dir).args(["run", "bounces.csv", "--delivered", "delivered.csv", "--no-progress"]).args(flags);
    command.assert().success();
}

/// A list, in whichever folder of the night it belongs to; empty where there is none.
fn list(dir: &Path, name: &str) -> String {
    let night = dir.join("reports/2026-11-20");
    let found = ["suppression", "release", "review"].iter().map(|folder| night.join(folder).join(name));
    found.into_iter().find_map(|path| fs::read_to_string(path).ok()).unwrap_or_default()
}

#[test]
fn a_target_gets_the_addresses_of_the_night() {
    let dir = tempfile::tempdir().unwrap();
    run(dir.path(), &["--target", "ses"]);
    assert_eq!(list(dir.path(), "ses/put.csv"), "dead@example.com,BOUNCE\ngone@example.net,BOUNCE\n");
}

#[test]
fn what_is_allowed_is_on_no_list_and_the_conflict_is_shown() {
    let dir = tempfile::tempdir().unwrap();
    run(dir.path(), &["--target", "ses", "--allow", "allow.txt"]);
    assert_eq!(list(dir.path(), "ses/put.csv"), "dead@example.com,BOUNCE\n");
    assert!(
        list(dir.path(), "held.csv").contains("address,gone@example.net,allowed,mail_on,"),
        "{}",
        list(dir.path(), "held.csv")
    );
}

#[test]
fn against_a_present_list_only_changes_are_written() {
    let dir = tempfile::tempdir().unwrap();
    run(dir.path(), &["--target", "ses", "--existing", "existing.csv"]);
    assert_eq!(list(dir.path(), "ses/put.csv"), "gone@example.net,BOUNCE\n");
    assert_eq!(list(dir.path(), "ses/delete.csv"), "Back@example.com\nours@example.org\n");
    let reactivate = list(dir.path(), "reactivate.csv");
    for row in [
        "address,Back@example.com,2026-09-22,,delivered,,delivered 2026-11-20T02:00:00Z\n",
        "address,ours@example.org,2026-11-20,ip_reputation,incident,",
    ] {
        assert!(reactivate.contains(row), "{row}: {reactivate}");
    }
    assert!(!reactivate.to_lowercase().contains("dead@"), "{reactivate}");
}

#[test]
fn what_came_before_the_listing_and_what_was_only_attempted_is_no_evidence() {
    let dir = tempfile::tempdir().unwrap();
    let listed = "email,created,reason,status\nback@example.com,1795219200,550 unknown,5.1.1\n\
        tried@example.com,1790083507,550 unknown,5.1.1\n";
    fs::write(dir.path().join("later.csv"), listed).unwrap();
    fs::write(dir.path().join("sent.csv"), "recipient,timestamp\ntried@example.com,2026-11-20T02:00:00Z\n").unwrap();
    run(dir.path(), &["--target", "ses", "--existing", "later.csv", "--sent", "sent.csv"]);
    assert_eq!(list(dir.path(), "reactivate.csv"), "type,value,added,cause,reason,incident,evidence\n");
}

#[test]
fn a_domain_with_an_allowed_address_is_held_and_never_expanded() {
    let dir = tempfile::tempdir().unwrap();
    let mut bounces = "recipient,timestamp,diagnostic_code\n".to_owned();
    for n in 0..14 {
        bounces += &format!(
            "u{n}@blocky.example,2026-11-20T01:00:00Z,550 5.7.1 Your domain is blocked by the administrator of this organization\n"
        );
    }
    fs::write(dir.path().join("more.csv"), bounces).unwrap();
    fs::write(dir.path().join("vip.txt"), "vip@blocky.example\n").unwrap();
    fs::write(dir.path().join("contacts.csv"), "email,list_source\nvip@blocky.example,crm\nu1@blocky.example,crm\n")
        .unwrap();
    run(dir.path(), &["more.csv", "--target", "ses", "--target", "postfix", "--contacts", "contacts.csv"]);
    assert!(list(dir.path(), "domains.csv").contains("blocky.example"), "{}", list(dir.path(), "domains.csv"));
    fs::remove_dir_all(dir.path().join("reports")).unwrap();
    run(dir.path(), &["more.csv", "--target", "ses", "--contacts", "contacts.csv", "--allow", "vip.txt"]);
    assert!(!list(dir.path(), "domains.csv").contains("blocky.example"));
    assert!(!list(dir.path(), "ses/put.csv").contains("blocky.example"));
    assert!(
        list(dir.path(), "held.csv").contains("domain,blocky.example,allowed,mail_on,"),
        "{}",
        list(dir.path(), "held.csv")
    );
}

#[test]
fn an_unknown_target_stops_the_run_before_it_begins() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("bounces.csv"), "recipient,diagnostic_code\na@example.com,550 no\n").unwrap();
    let mut command = Command::cargo_bin("bouncescope").unwrap();
    let output = command.current_dir(dir.path()).args(["run", "bounces.csv", "--target", "sess"]).output().unwrap();
    assert_ne!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stderr).contains("did you mean \"ses\""));
    assert!(!dir.path().join("reports").exists());
}

#[test]
fn lists_are_split_at_the_row_limit_of_a_users_own_target_and_nothing_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let rows: String = (0..7)
        .map(|i| format!("gone{i}@example.com,2026-11-20T01:00:0{i}Z,550 5.1.1 <gone{i}@example.com>: user unknown,{i}@x.example\n"))
        .collect();
    fs::write(dir.path().join("in.csv"), format!("recipient,timestamp,diagnostic_code,message_id\n{rows}")).unwrap();
    fs::create_dir(dir.path().join("tables")).unwrap();
    let table = "[[target]]\nname = \"acme\"\nrow_limit = 5\nsource = \"Acme API\"\nfiles = [\n\
        { name = \"one.csv\", holds = \"addresses\", change = \"add\", form = \"csv\", header = [\"mail\"], rows = [[\"{email}\"]] },\n\
        { name = \"two.ndjson\", holds = \"addresses\", change = \"add\", form = \"ndjson\", header = [\"mail\", \"kind\"], \
        rows = [[\"{email}\", \"a\"], [\"{email}\", \"b\"]] },\n]\n";
    fs::write(dir.path().join("tables/targets.toml"), table).unwrap();
    let mut command = Command::cargo_bin("bouncescope").unwrap();
    let flags =
        ["--tables", "tables", "run", "in.csv", "--target", "acme", "--max-suppressions", "100", "--no-progress"];
    command.current_dir(dir.path()).args(flags).assert().success();

    let all: Vec<String> = (0..7).map(|i| format!("gone{i}@example.com")).collect();
    let (first, second) = (list(dir.path(), "acme/one.csv"), list(dir.path(), "acme/one-2.csv"));
    assert_eq!((first.lines().next(), second.lines().next()), (Some("mail"), Some("mail")));
    assert_eq!((first.lines().count(), second.lines().count()), (6, 3));
    assert!(first.lines().skip(1).chain(second.lines().skip(1)).eq(&all), "{first}{second}");

    // The two rows of an entry stay together, so that a file holds four of five.
    let parts = ["acme/two.ndjson", "acme/two-2.ndjson", "acme/two-3.ndjson", "acme/two-4.ndjson"];
    let parts = parts.map(|name| list(dir.path(), name));
    assert_eq!(parts.each_ref().map(|part| part.lines().count()), [4, 4, 4, 2]);
    assert!(all.iter().all(|mail| parts.iter().any(|part| part.matches(mail.as_str()).count() == 2)), "{parts:?}");
    assert_eq!(list(dir.path(), "acme/two-5.ndjson"), "");
}
