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
    let listed = "status,reason,email,created\n5.7.1,550 blocked using zen.spamhaus.org,ours@example.org,1795136402\n\
        5.1.1,550 user unknown,Back@example.com,1790083507\n5.1.1,550 user unknown,DEAD@example.com,1790083507\n";
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
    let listed = "email,created,reason,status\nback@example.com,1795219200,550 user unknown,5.1.1\n\
        tried@example.com,1790083507,550 user unknown,5.1.1\n";
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

/// Runs a night of one input for some targets; the night's folder.
fn night_of(dir: &Path, name: &str, text: &str, targets: &[&str]) -> std::path::PathBuf {
    fs::write(dir.join(name), text).unwrap();
    let mut args = vec!["run", name, "--no-progress", "--as-of", "2026-11-20", "--max-suppressions", "100000"];
    targets.iter().for_each(|target| args.extend(["--target", target]));
    crate::program::bouncescope(args).dir(dir).run().behaves(&[0, 3]);
    dir.join("reports/2026-11-20")
}

#[test]
fn no_sender_of_a_mail_decides_where_a_file_lies_or_stops_the_night() {
    let long = format!("{}.example", vec!["a".repeat(60); 4].join("."));
    for sender in [long.as_str(), "[../../../x]", "[a/b]", "..", "xn--.example", &"b".repeat(70)] {
        let dir = tempfile::tempdir().unwrap();
        let mail = format!(
            "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\nTo: bounces@example.com\nSubject: Undelivered Mail Returned to Sender\n\
             Date: Thu, 19 Nov 2026 08:00:00 +0000\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
             --b\n\nSorry.\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\n\
             Final-Recipient: rfc822; ann@example.org\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n\n--b\n\
             Content-Type: message/rfc822\n\nFrom: a@{sender}\nTo: ann@example.org\nMessage-ID: <1@example.com>\n\nhello\n--b--\n"
        );
        let night = night_of(dir.path(), "long.eml", &mail, &["mailgun"]);
        let row = format!(
            "recipient,timestamp,diagnostic_code,sending_domain\nann@example.org,2026-11-19T08:00:00Z,550 5.1.1 user unknown,{sender}\n"
        );
        for night in [night, night_of(dir.path(), "row.csv", &row, &["mailgun"])] {
            let files = fs::read_dir(night.join("suppression/mailgun")).unwrap().map(|file| file.unwrap().file_name());
            let names: Vec<String> = files.map(|name| name.into_string().unwrap()).collect();
            let plain = |name: &String| {
                name.len() < 240 && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
            };
            assert!(
                names.iter().all(plain) && names.iter().any(|name| name.ends_with("_bounces_add.csv")),
                "{names:?}"
            );
            assert!(!names.iter().any(|name| name.contains("..")), "{names:?}");
        }
        let mut above: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        above.sort();
        assert_eq!(above, ["long.eml", "reports", "row.csv"]);
    }
}

#[test]
fn an_address_that_names_no_sender_does_not_multiply_by_all_senders() {
    let dir = tempfile::tempdir().unwrap();
    let (senders, addresses) = (200, 2000);
    let mut rows = "recipient,timestamp,diagnostic_code,sending_domain\n".to_owned();
    for n in 0..senders {
        rows += &format!("known{n}@c{n}.example,2026-11-20T01:00:00Z,550 5.1.1 user unknown,s{n}.example\n");
    }
    for n in 0..addresses {
        rows += &format!("u{n}@d{}.example,2026-11-20T01:00:00Z,550 5.1.1 user unknown,\n", n % 997);
    }
    let night = night_of(dir.path(), "in.csv", &rows, &["mailgun"]);
    let folder = night.join("suppression/mailgun");
    let bytes: u64 = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum();
    assert!(bytes < 8 * rows.len() as u64, "{bytes} bytes from {}", rows.len());
    let any = fs::read_to_string(folder.join("any_bounces_add.csv")).unwrap();
    assert_eq!(any.lines().count(), addresses + 1, "all of them stand in one file");
    let untold = fs::read_to_string(folder.join("not_expressed.csv")).unwrap();
    assert!(untold.contains("address,u7@d7.example,no sending domain is known"), "it says so");
    assert_eq!(fs::read_to_string(folder.join("s7.example_bounces_add.csv")).unwrap().lines().count(), 2);
}

#[test]
fn with_few_senders_an_address_that_names_none_is_listed_for_each() {
    let dir = tempfile::tempdir().unwrap();
    let rows = "recipient,timestamp,diagnostic_code,sending_domain\na@c.example,2026-11-20T01:00:00Z,550 5.1.1 user unknown,s1.example\n\
        b@c.example,2026-11-20T01:00:00Z,550 5.1.1 user unknown,s2.example\nc@d.example,2026-11-20T01:00:00Z,550 5.1.1 user unknown,\n";
    let folder = night_of(dir.path(), "in.csv", rows, &["mailgun"]).join("suppression/mailgun");
    for sender in ["s1.example", "s2.example"] {
        let text = fs::read_to_string(folder.join(format!("{sender}_bounces_add.csv"))).unwrap();
        assert!(text.contains("c@d.example,"), "{text}");
    }
    assert!(!folder.join("any_bounces_add.csv").exists() && !folder.join("not_expressed.csv").exists());
}

#[test]
fn every_file_of_a_night_has_a_line_in_its_readme() {
    let dir = tempfile::tempdir().unwrap();
    let rows = "recipient,timestamp,diagnostic_code\na@c.example,2026-11-20T01:00:00Z,550 5.1.1 user unknown\n";
    let night = night_of(dir.path(), "in.csv", rows, &["ses", "postfix"]);
    let guide = fs::read_to_string(night.join("README.txt")).unwrap();
    for name in crate::program::tree(&night).keys() {
        let line = guide.lines().find(|line| line.split("  ").next() == Some(name.as_str()));
        let line = line.unwrap_or_else(|| panic!("{name}: {guide}"));
        assert!(line.len() > name.len() + 8 && !line.contains("more of the night"), "{line}");
    }
}

#[test]
fn forged_recipients_and_contacts_cannot_write_a_targets_rows() {
    let dir = tempfile::tempdir().unwrap();
    let mut rows = "recipient,timestamp,diagnostic_code\n".to_owned();
    for key in [
        "\"\"\"com\"\" DISCARD \"\"x\"\"@corp.example\"",
        "#x@corp.example",
        "\"\"\"\\\"\"@corp.example\"",
        "fine@corp.example",
    ] {
        rows += &format!("{key},2026-11-20T01:00:00Z,550 5.1.1 user unknown\n");
    }
    for n in 0..14 {
        rows += &format!(
            "u{n}@blocky.example,2026-11-20T01:00:00Z,550 5.7.1 Your domain is blocked by the administrator of this organization\n"
        );
    }
    fs::write(dir.path().join("in.csv"), rows).unwrap();
    fs::write(
        dir.path().join("contacts.csv"),
        "email,list_source\n=1+cmd|calc@blocky.example,crm\n+390@blocky.example,crm\nbea@blocky.example,crm\n",
    )
    .unwrap();
    fs::write(dir.path().join("ok.csv"), "recipient,timestamp\nx@elsewhere.example,2026-11-20T02:00:00Z\n".repeat(2))
        .unwrap();
    let args = ["run", "in.csv", "--contacts", "contacts.csv", "--delivered", "ok.csv", "--no-progress"];
    let targets = ["postfix", "ses", "sendgrid"].into_iter().flat_map(|target| ["--target", target]);
    crate::program::bouncescope(args.into_iter().chain(targets)).dir(dir.path()).run().behaves(&[0]);
    let map = list(dir.path(), "postfix/addresses_add");
    assert_eq!(map, "fine@corp.example REJECT mailbox_unknown\n");
    assert!(list(dir.path(), "postfix/not_expressed.csv").contains("DISCARD"));
    let put = list(dir.path(), "ses/put.csv");
    assert!(put.contains("bea@blocky.example,BOUNCE") && !put.contains("calc@") && !put.contains("+390@"), "{put}");
    assert!(list(dir.path(), "sendgrid/not_expressed.csv").contains("address,\"\"\"=1+cmd|calc@blocky.example"));
}

#[test]
fn explain_names_the_list_and_its_folder() {
    let dir = tempfile::tempdir().unwrap();
    run(dir.path(), &["--target", "generic", "--existing", "existing.csv"]);
    for (address, file) in [
        ("ours@example.org", "review/protected.csv"),
        ("back@example.com", "release/generic/addresses_remove.csv"),
        ("back@example.com", "release/reactivate.csv"),
        ("gone@example.net", "suppression/addresses.csv"),
    ] {
        let args = ["explain", "--address", address, "--from", "reports/2026-11-20"];
        let told = crate::program::bouncescope(args).dir(dir.path()).run().behaves(&[0]).stdout;
        assert!(told.contains(&format!("  {file}: ")), "{told}");
    }
}

#[test]
fn a_users_target_of_json_objects_is_cut_in_batches_with_a_file_for_each_sending_domain() {
    let dir = tempfile::tempdir().unwrap();
    let mut rows = "recipient,timestamp,diagnostic_code,sending_domain\n".to_owned();
    for n in 0..5 {
        let sender = if n < 3 { "s1.example" } else { "s2.example" };
        rows += &format!("u{n}@c{n}.example,2026-11-20T01:00:00Z,550 5.1.1 user unknown,{sender}\n");
    }
    fs::create_dir(dir.path().join("tables")).unwrap();
    let table = "[[target]]\nname = \"acme\"\nscope = \"sending_domain\"\nrow_limit = 2\nsource = \"Acme API\"\nfiles = [\n\
        { name = \"{sending_domain}.json\", holds = \"addresses\", change = \"add\", form = \"json\", \
        body = { stream = \"{sending_domain}\", Suppressions = [{ EmailAddress = \"{email}\" }] } },\n]\n";
    fs::write(dir.path().join("tables/targets.toml"), table).unwrap();
    fs::write(dir.path().join("in.csv"), rows).unwrap();
    let sent =
        "recipient,timestamp,message_id,sending_domain\nu4@c4.example,2026-11-19T01:00:00Z,7@x.example,s1.example\n";
    fs::write(dir.path().join("ok.csv"), sent).unwrap();
    let args = ["--tables", "tables", "run", "in.csv", "--delivered", "ok.csv", "--target", "acme", "--no-progress"];
    let args = args.into_iter().chain(["--max-suppressions", "100", "--as-of", "2026-11-20"]);
    crate::program::bouncescope(args).dir(dir.path()).run().behaves(&[0]);
    let body = |sender: &str, names: &[u32]| {
        let entries: Vec<_> = names.iter().map(|n| format!("{{\"EmailAddress\":\"u{n}@c{n}.example\"}}")).collect();
        format!("{{\"Suppressions\":[{}],\"stream\":\"{sender}\"}}\n", entries.join(","))
    };
    assert_eq!(list(dir.path(), "acme/s1.example.json"), body("s1.example", &[0, 1]));
    // The last one had mail of both: what bounced of one, and what arrived of the other.
    assert_eq!(list(dir.path(), "acme/s1.example-2.json"), body("s1.example", &[2, 4]));
    assert_eq!(list(dir.path(), "acme/s2.example.json"), body("s2.example", &[3, 4]));
}

#[test]
fn one_spelling_of_contacts_serves_list_sources_and_targets() {
    let dir = tempfile::tempdir().unwrap();
    let mut bounces = "recipient,timestamp,diagnostic_code\n".to_owned();
    for n in 0..14 {
        bounces += &format!(
            "u{n}@blocky.example,2026-11-20T01:00:00Z,550 5.7.1 Your domain is blocked by the administrator of this organization\n"
        );
    }
    fs::write(dir.path().join("more.csv"), bounces).unwrap();
    for contacts in [
        "recipient,source\nbea@blocky.example,crm\n",
        "\u{feff}Address;Name;List Source\n\"bea@blocky.example\";\"Bea\nof two; lines\";crm\n",
    ] {
        fs::write(dir.path().join("contacts.csv"), contacts).unwrap();
        run(dir.path(), &["more.csv", "--target", "ses", "--contacts", "contacts.csv"]);
        assert!(list(dir.path(), "ses/put.csv").contains("bea@blocky.example,BOUNCE\n"), "{contacts}");
        fs::remove_dir_all(dir.path().join("reports")).unwrap();
    }
}
