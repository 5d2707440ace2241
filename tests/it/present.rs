//! Present lists (`--existing`): each shape that a sender may have, with its reason and its times. In: a list and a night. Out: what comes
//! off the list, what is not added again, and what stays whatever the night says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::Path;

use crate::program::{Outcome, bouncescope};

/// All targets: what comes off is looked for in the remove files of each.
const TARGETS: [&str; 9] =
    ["generic", "sendgrid", "ses", "mailgun", "sparkpost", "brevo", "smartlead", "instantly", "postfix"];

/// A night with deliveries at 09:30 and refusals of ours at 08:00.
const DELIVERED: &str = "recipient,timestamp\n\
    okay@example.org,2026-11-20T09:30:00Z\nother@example.org,2026-11-20T09:30:00Z\nthird@example.org,2026-11-20T09:30:00Z\n\
    dated@example.org,2026-11-20\nfuture@example.org,2031-01-01T10:00:00Z\n";
const BOUNCES: &str = "recipient,timestamp,diagnostic_code,sending_ip\n\
    dead@example.net,2026-11-20T08:00:00Z,550 5.1.1 <dead@example.net>: user unknown,192.0.2.4\n\
    blocked@example.net,2026-11-20T08:00:00Z,554 5.7.1 Service unavailable; Client host [192.0.2.4] blocked using zen.spamhaus.org,192.0.2.4\n";

/// What a night did with a list.
struct Done {
    told: Outcome,
    /// Rows of reactivate.csv: value to reason.
    released: BTreeMap<String, String>,
    /// Everything that stands in remove files.
    removed: BTreeSet<String>,
    /// addresses_add.csv of the target `generic`.
    added: String,
}

fn night(name: &str, list: &[u8], flags: &[&str]) -> Done {
    let dir = tempfile::tempdir().expect("a folder");
    let at = |name: &str| dir.path().join(name);
    fs::write(at("in.csv"), BOUNCES).expect("written");
    fs::write(at("ok.csv"), DELIVERED).expect("written");
    fs::write(at(name), list).expect("written");
    let mut args = vec!["run", "in.csv", "--delivered", "ok.csv", "--existing", name, "--no-progress", "--out", "out"];
    TARGETS.iter().for_each(|target| args.extend(["--target", target]));
    args.extend(flags);
    let told = bouncescope(args).dir(dir.path()).run().behaves(&[0, 2]);
    let night = at("out/2026-11-20");
    let added = fs::read_to_string(night.join("suppression/generic/addresses_add.csv")).unwrap_or_default();
    Done { told, released: released(&night), removed: removed(&night), added }
}

pub fn released(night: &Path) -> BTreeMap<String, String> {
    let Ok(mut rows) = csv::Reader::from_path(night.join("release/reactivate.csv")) else { return BTreeMap::new() };
    rows.records().map(|row| row.expect("a row")).map(|row| (row[1].to_lowercase(), row[4].to_owned())).collect()
}

/// Every word of every remove file, wherever it lies.
pub fn removed(night: &Path) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for folder in ["release", "review/braked", "suppression"] {
        for target in TARGETS {
            let Ok(files) = fs::read_dir(night.join(folder).join(target)) else { continue };
            for file in files.map(|file| file.expect("a file").path()) {
                let name = file.file_name().expect("a name").to_string_lossy().into_owned();
                if folder == "release" || name.contains("remove") || name.contains("delete") {
                    let text = fs::read_to_string(&file).expect("text").to_lowercase();
                    let parts = text.split(|c: char| c.is_whitespace() || ",;\"[]{}:".contains(c));
                    words.extend(parts.filter(|word| word.contains(['@', '.'])).map(str::to_owned));
                }
            }
        }
    }
    words
}

/// A list, and what of it comes off.
type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

fn check(cases: &[Case<'_>]) {
    for (name, list, want) in cases {
        let done = night(name, list.as_bytes(), &[]);
        assert_eq!(done.told.code, Some(0), "{list}\n{}", done.told.stderr);
        let want: BTreeMap<String, String> = want.iter().map(|(who, why)| ((*who).into(), (*why).into())).collect();
        assert_eq!(done.released, want, "{list}");
        let off: BTreeSet<String> = want.into_keys().collect();
        assert_eq!(done.removed, off, "{list}");
    }
}

#[test]
fn a_wish_of_the_night_keeps_an_entry_whatever_was_delivered() {
    let dir = tempfile::tempdir().expect("a folder");
    let at = |name: &str| dir.path().join(name);
    let names = ["ann", "bob", "cy", "di", "ed", "flo"].map(|name| format!("{name}@example.org"));
    let rows = |tail: &str| names.iter().map(|name| format!("{name},{tail}\n")).collect::<String>();
    fs::write(at("list.csv"), format!("email,reason,added\n{}", rows("bounce,2026-01-02T10:00:00Z"))).expect("written");
    fs::write(at("ok.csv"), format!("recipient,timestamp\n{}", rows("2026-11-20T09:30:00Z"))).expect("written");
    let sendgrid = |event: &str, name: &str, more: &str| {
        format!(
            "{{\"event\":\"{event}\",\"email\":\"{name}\",\"timestamp\":1795165200,\"sg_event_id\":\"{event}{name}\"{more}}}\n"
        )
    };
    let events = [
        sendgrid("unsubscribe", &names[0], ""),
        sendgrid("group_unsubscribe", &names[1], ""),
        sendgrid("dropped", &names[2], ",\"reason\":\"Unsubscribed Address\""),
        sendgrid("dropped", &names[3], ",\"reason\":\"Spam Reporting Address\""),
        sendgrid("open", &names[4], ""),
    ];
    fs::write(at("in.ndjson"), events.concat()).expect("written");
    fs::write(at("in.csv"), format!("event,email\nunsubscribed,{}\n", names[5])).expect("written");
    let args =
        ["run", "in.ndjson", "in.csv", "--delivered", "ok.csv", "--existing", "list.csv", "--as-of", "2026-11-20"];
    bouncescope(args.into_iter().chain(["--target", "sendgrid", "--out", "out"])).dir(dir.path()).run().behaves(&[0]);
    let released = released(&at("out/2026-11-20"));
    assert_eq!(released.keys().collect::<Vec<_>>(), [&names[4]]);
}

#[test]
fn a_delivery_by_a_wrong_clock_releases_nobody() {
    let list = "email,reason,added\nfuture@example.org,bounce,2026-01-02T10:00:00Z\nokay@example.org,bounce,2026-01-02T10:00:00Z\n";
    let done = night("list.csv", list.as_bytes(), &[]);
    assert_eq!(done.released.keys().collect::<Vec<_>>(), ["okay@example.org"]);
}

#[test]
fn only_a_bounce_is_released_by_a_delivery_whatever_platform_lists_it() {
    check(&[
        (
            "page.json",
            r#"{"SuppressedDestinationSummaries":[{"EmailAddress":"Okay@example.org","Reason":"BOUNCE","LastUpdateTime":1785500000.5},
            {"EmailAddress":"other@example.org","Reason":"COMPLAINT","LastUpdateTime":1785500000.5},{"EmailAddress":"third@example.org","LastUpdateTime":1785500000.5,"Reason":""}],"NextToken":"x"}"#,
            &[("okay@example.org", "delivered")],
        ),
        (
            "bounces.json",
            r#"[{"created":1785500000,"email":"okay@example.org","reason":"550 5.1.1 no mailbox","status":"5.1.1"},
            {"created":1785500000,"email":"other@example.org","reason":"Unsubscribed by link","status":""}]"#,
            &[("okay@example.org", "delivered")],
        ),
        ("spam.json", r#"[{"created":1785500000,"email":"okay@example.org","ip":"192.0.2.9"}]"#, &[]),
        (
            "bounces.csv",
            "address,code,error,created_at\nokay@example.org,550,\"No such mailbox\",\"Fri, 02 Jan 2026 11:02:55 GMT\"\n\
             other@example.org,605,Not delivering to previously bounced address,\"Fri, 02 Jan 2026 11:02:55 GMT\"\n",
            &[("okay@example.org", "delivered")],
        ),
        ("complaints.csv", "address,created_at\nokay@example.org,\"Fri, 02 Jan 2026 11:02:55 GMT\"\n", &[]),
        (
            "dump.json",
            r#"{"Suppressions":[{"EmailAddress":"okay@example.org","SuppressionReason":"HardBounce","Origin":"Recipient","CreatedAt":"2026-02-01T09:00:00-05:00"},
            {"EmailAddress":"other@example.org","SuppressionReason":"HardBounce","Origin":"Customer","CreatedAt":"2026-02-01T09:00:00-05:00"},
            {"EmailAddress":"third@example.org","SuppressionReason":"ManualSuppression","Origin":"Customer","CreatedAt":"2026-02-01T09:00:00-05:00"}]}"#,
            &[("okay@example.org", "delivered")],
        ),
        (
            "results.json",
            r#"{"results":[{"recipient":"okay@example.org","type":"transactional","source":"Bounce Rule","description":"550: no","created":"2026-02-01T00:00:00+00:00","updated":"2026-03-01T00:00:00+00:00"},
            {"recipient":"other@example.org","type":"transactional","source":"Manually Added","description":"550 said so","created":"2026-02-01T00:00:00+00:00"},
            {"recipient":"third@example.org","type":"non_transactional","source":"Bounce Rule","description":"also an unsubscribe","created":"2026-02-01T00:00:00+00:00"}]}"#,
            &[("okay@example.org", "delivered")],
        ),
        (
            "contacts.json",
            r#"{"count":3,"contacts":[{"email":"okay@example.org","reason":{"code":"hardBounce","message":"Hard bounced"},"blockedAt":"2026-02-01T17:35:56Z"},
            {"email":"other@example.org","reason":{"code":"adminBlocked","message":""},"blockedAt":"2026-02-01T17:35:56Z"},
            {"email":"third@example.org","reason":{"code":"contactFlaggedAsSpam"},"blockedAt":"2026-02-01T17:35:56Z"}]}"#,
            &[("okay@example.org", "delivered")],
        ),
        (
            "rejects.json",
            r#"[{"email":"okay@example.org","reason":"hard-bounce","detail":"smtp;550","created_at":"2026-02-01T10:00:00Z","last_event_at":"2026-02-02T10:00:00Z"},
            {"email":"other@example.org","reason":"custom","created_at":"2026-02-01T10:00:00Z","last_event_at":"2026-02-02T10:00:00Z"}]"#,
            &[("okay@example.org", "delivered")],
        ),
    ]);
}

#[test]
fn a_list_of_ones_own_columns_is_read_with_reason_time_and_expiry() {
    check(&[
        (
            "mine.csv",
            "E-Mail;Reason;Created at\nokay@example.org;hard bounce;2026-01-02T03:04:05Z\nother@example.org;told us to stop;2026-01-02T03:04:05Z\n\
             third@example.org;;2026-01-02T03:04:05Z\n",
            &[("okay@example.org", "delivered")],
        ),
        (
            "hand.csv",
            "address,created_at,reason\nokay@example.org,2026-01-02,bounced\nother@example.org,2026-01-02T03:04:05Z,bounced\n",
            &[("other@example.org", "delivered")],
        ),
        (
            "events.csv",
            "event,email,timestamp,sg_event_id,reason\nbounce,okay@example.org,1785500000,x,550 no\nopen,other@example.org,1785500000,y,\n",
            &[("okay@example.org", "delivered")],
        ),
        (
            "names.csv",
            "name,email,reason,added\nBea,Bea <okay@example.org>,bounced,2026-01-02T03:04:05Z\n",
            &[("okay@example.org", "delivered")],
        ),
        ("undated.csv", "email,reason\nokay@example.org,bounce\n", &[]),
        ("unreadable.csv", "email,reason,added\nokay@example.org,bounce,last spring\n", &[]),
        ("zoneless.csv", "email,reason,added\nokay@example.org,bounce,2026-01-02 03:04:05\n", &[]),
        (
            "twice.csv",
            "email,reason,added\nokay@example.org,bounce,2026-01-02\nOKAY@example.org,complaint,2026-01-02\n",
            &[],
        ),
        ("by.csv", "email,reason,source,added\nokay@example.org,bounce,added by hand,2026-01-02\n", &[]),
        (
            "list.csv",
            "type,value,cause,status,added,last_seen,expires,incident,evidence\n\
             address,okay@example.org,mailbox_unknown,active,2026-01-02,2026-01-02T03:04:05Z,,,x\n\
             address,quiet@example.net,mailbox_full,active,2026-01-02,2026-01-02T03:04:05Z,2026-11-20,,x\n\
             domain,gone.example,other_policy,active,2026-01-02,2026-01-02T03:04:05Z,2026-11-19,,x\n\
             domain,still.example,other_policy,active,2026-01-02,2026-01-02T03:04:05Z,2026-11-21,,x\n",
            &[("okay@example.org", "delivered"), ("quiet@example.net", "expired"), ("gone.example", "expired")],
        ),
        (
            "domains.csv",
            "domain,organisation,incident,cause,scope,sending_domain,bounces,recipients,delivered_elsewhere,expires,evidence\n\
             gone.example,gone.example,I1,unknown,organisation,,9,9,,2026-11-01,x\n\
             still.example,still.example,I2,tenant_policy,organisation,,9,9,,2027-11-01,x\n",
            &[("gone.example", "expired")],
        ),
        (
            "add.csv",
            "email,cause,expires,evidence\nquiet@example.net,mailbox_full,2026-11-01,x\nwish@example.net,complaint,2026-11-01,x\n",
            &[("quiet@example.net", "expired")],
        ),
    ]);
}

/// Each of these entries would come off by the delivery, but for what stands beside its reason.
#[test]
fn a_column_that_nobody_understands_keeps_its_entry_and_so_does_a_wish_wherever_it_stands() {
    const OKAY: &str = "okay@example.org,550 5.1.1 user unknown,2026-01-02T03:04:05Z";
    let row = |name: &str, cell: &str| format!("email,reason,created,{name}\n{OKAY},{cell}\n");
    let stays = [
        ("type", "complaint"),
        ("type", "unsubscribe"),
        ("source", "manual"),
        ("source", "unsubscribe"),
        ("source", "the fair in May"),
        ("note", "asked by phone to be removed"),
        ("note", "spoke to Bea"),
        ("unsubscribed_at", "2026-01-03T00:00:01Z"),
        ("complaint", "1"),
        ("unsubscribed", "yes"),
        ("opt_out", "x"),
        ("Wunsch", "keine Post mehr"),
        ("reason", "complaint"),
        ("last_seen", "2026-11-20T10:00:00Z"),
        ("updated_at", "2026-11-20T10:00:00Z"),
        ("updated_at", "2026-11-19"),
        ("modified", "last week"),
        ("company", "has unsubscribed"),
    ];
    for (name, cell) in stays {
        check(&[("list.csv", &row(name, cell), &[])]);
    }
    let leaves =
        [("type", ""), ("unsubscribed", "false"), ("complaints", "0"), ("company", "Example Ltd"), ("id", "17")];
    for (name, cell) in leaves {
        check(&[("list.csv", &row(name, cell), &[("okay@example.org", "delivered")])]);
    }
    check(&[
        ("end.csv", &row("expires", "2026-11-19"), &[("okay@example.org", "delivered")]),
        (
            "ended.csv",
            "email,reason,created,expires\nquiet@example.net,bounced,2026-01-02,2026-11-19\n",
            &[("quiet@example.net", "expired")],
        ),
        ("words.csv", "email,reason,created\nokay@example.org,550 asked us not to mail,2026-01-02T03:04:05Z\n", &[]),
        (
            "flag.csv",
            "email,bounce_reason,unsubscribed,added\nokay@example.org,bounced,yes,2026-01-02T03:04:05Z\n",
            &[],
        ),
        (
            "e.ndjson",
            r#"{"email":"okay@example.org","reason":"bounced","created":1785500000,"event":"unsubscribe"}"#,
            &[],
        ),
        (
            "u.json",
            r#"[{"email":"okay@example.org","reason":"bounced","created":1785500000,"unsubscribed":true}]"#,
            &[],
        ),
        (
            "t.json",
            r#"[{"email":"okay@example.org","reason":"bounced","created":1785500000,"tags":["a","opt-out"]}]"#,
            &[],
        ),
        (
            "n.json",
            r#"[{"email":"okay@example.org","reason":"bounced","created":1785500000,"flags":{"wish":{"no":1}}}]"#,
            &[],
        ),
        (
            "p.json",
            r#"{"list":"unsubscribes","items":[{"email":"okay@example.org","reason":"bounced","created":1785500000}]}"#,
            &[],
        ),
        (
            "k.json",
            r#"{"items":[{"email":"okay@example.org","reason":"bounced","created":1785500000,"id":7,"unsubscribed":false}],"paging":{"next":"https://api.example.com/2"}}"#,
            &[("okay@example.org", "delivered")],
        ),
    ]);
}

#[test]
fn a_delivery_releases_only_what_is_older_than_it() {
    let own = |added: &str, last: &str, who: &str| {
        format!(
            "email,cause,rule,reply_code,status,added,first_seen,last_seen,bounces,expires,incident,evidence\n\
             {who}@example.org,mailbox_unknown,,550,5.1.1,{added},{last},{last},1,,,x\n"
        )
    };
    let released: &[(&str, &str)] = &[("okay@example.org", "delivered")];
    for (added, last, who, want) in [
        ("2026-11-19", "2026-11-18T22:00:00Z", "okay", released),
        ("2026-11-19", "2026-11-20T09:30:00Z", "okay", &[]),
        ("2026-11-19", "2026-11-20T10:00:00Z", "okay", &[]),
        ("2026-11-20", "2026-11-18T22:00:00Z", "okay", &[]),
        ("2026-11-01", "2026-11-19", "okay", &[]),
        ("2026-11-20", "2026-11-20T01:00:00Z", "okay", &[]),
        ("2026-11-01", "2026-11-20", "okay", &[]),
        ("2026-11-01", "2026-11-01T10:00:00Z", "dated", &[]),
        ("", "", "okay", &[]),
    ] {
        check(&[("own.csv", &own(added, last, who), want)]);
    }
}

#[test]
fn a_reply_that_blames_us_releases_the_entry_that_it_made_and_no_older_one() {
    const OURS: &str = "554 5.7.1 blocked using zen.spamhaus.org";
    let entry = |created: &str, reason: &str| format!("email,created,reason\nblocked@example.net,{created},{reason}\n");
    for (created, reason, want) in [
        ("2026-11-20T08:00:03Z", OURS, &[("blocked@example.net", "incident")][..]),
        ("2026-11-20T15:00:00Z", OURS, &[("blocked@example.net", "incident")]),
        ("2026-11-20T07:56:00Z", "bounced", &[("blocked@example.net", "incident")]),
        ("2026-11-20T07:54:00Z", OURS, &[]),
        ("2026-11-20T01:00:00Z", OURS, &[]),
        ("2026-11-19T09:00:00Z", OURS, &[]),
        ("2026-11-21T09:00:00Z", OURS, &[]),
        ("2026-01-18T09:00:00Z", OURS, &[]),
        ("2026-11-20", OURS, &[]),
        ("2026-11-20T08:00:03Z", "550 5.1.1 User unknown", &[]),
        ("2026-11-20T08:00:03Z", "mailbox_disabled", &[]),
        ("2026-11-20T08:00:03Z", "tenant_policy", &[]),
        ("2026-11-20T08:00:03Z", "No such user", &[]),
        ("2026-11-20T08:00:03Z", "complained", &[]),
        ("2026-11-20T08:00:03Z", "blocked by admin", &[]),
    ] {
        check(&[("blocks.csv", &entry(created, reason), want)]);
    }
}

#[test]
fn a_domain_comes_off_by_a_delivery_unless_it_goes_on_failing() {
    let list =
        "domain,reason,added\nexample.org,bounced,2026-01-02T03:04:05Z\nexample.net,bounced,2026-01-02T03:04:05Z\n";
    check(&[("domains.csv", list, &[("example.org", "delivered")])]);
    let dir = tempfile::tempdir().expect("a folder");
    for (name, text) in [
        ("in.csv", BOUNCES),
        ("list.csv", list),
        ("ok.csv", "recipient,timestamp\na@example.net,2026-11-20T07:59:00Z\n"),
    ] {
        fs::write(dir.path().join(name), text).expect("written");
    }
    let args = ["run", "in.csv", "--delivered", "ok.csv", "--existing", "list.csv", "--no-progress", "--out", "out"];
    bouncescope(args).dir(dir.path()).run().behaves(&[0]);
    assert_eq!(released(&dir.path().join("out/2026-11-20")), BTreeMap::new());
}

#[test]
fn who_complains_tonight_keeps_the_entry_even_where_the_allow_list_names_him() {
    let dir = tempfile::tempdir().expect("a folder");
    let complaint = r#"{"event":"spamreport","email":"okay@example.org","timestamp":1795137000,"sg_event_id":"e","sg_message_id":"m"}"#;
    for (name, text) in [
        ("in.ndjson", complaint),
        ("ok.csv", DELIVERED),
        ("allow.txt", "okay@example.org\n"),
        ("list.csv", "email,reason,added,expires\nokay@example.org,bounced,2026-01-02,2026-11-01\n"),
    ] {
        fs::write(dir.path().join(name), text).expect("written");
    }
    let args = [
        "run",
        "in.ndjson",
        "--delivered",
        "ok.csv",
        "--existing",
        "list.csv",
        "--allow",
        "allow.txt",
        "--no-progress",
        "--out",
        "out",
    ];
    bouncescope(args).dir(dir.path()).run().behaves(&[0]);
    let night = dir.path().join("out/2026-11-20");
    assert!(fs::read_to_string(night.join("review/held.csv")).expect("a list").contains("okay@example.org,allowed"));
    assert_eq!(released(&night), BTreeMap::new());
}

#[test]
fn what_the_night_lists_anew_does_not_end() {
    let head = "email,cause,rule,reply_code,status,first_seen,last_seen,bounces,expires,evidence\n";
    let entry = |who: &str| {
        format!("{head}{who},mailbox_unknown,,,,2026-01-01T00:00:00Z,2026-01-01T00:00:00Z,3,2026-10-01,x\n")
    };
    check(&[
        ("own.csv", &entry("Dead@example.net"), &[]),
        ("own.csv", &entry("quiet@example.net"), &[("quiet@example.net", "expired")]),
    ]);
}

#[test]
fn a_list_without_a_header_is_read_and_nothing_of_it_comes_off() {
    for (name, list) in [
        ("put.csv", "dead@example.net,BOUNCE\nokay@example.org,BOUNCE\n"),
        ("one.csv", "Dead@Example.NET,BOUNCE"),
        (
            "quoted.csv",
            "\"dead@example.net\",\"BOUNCE\",\"2026-01-01T00:00:00Z\"\n\"okay@example.org\",\"BOUNCE\",\"2026-01-01T00:00:00Z\"\n",
        ),
        ("plain.txt", "# ours\n\ndead@example.net\nokay@example.org\n"),
        ("single.txt", "dead@example.net"),
        ("mark.txt", "\u{feff}dead@example.net\r\nokay@example.org\r\n"),
        ("map", "okay@example.org REJECT mailbox_unknown\ndead@example.net REJECT mailbox_unknown\nexample.com OK\n"),
        ("tabs.tsv", "dead@example.net\tmailbox_unknown\nokay@example.org\tmailbox_unknown\n"),
        ("array.json", "[\"okay@example.org\",\"dead@example.net\"]"),
        ("bulk.json", "{\"bl_values\":[\"okay@example.org\",\"dead@example.net\"]}"),
        ("global.json", "{\"recipient_emails\":[\"okay@example.org\",\"dead@example.net\"]}"),
        (
            "put.ndjson",
            "{\"emailAddress\":\"okay@example.org\",\"reason\":\"BOUNCE\"}\n{\"emailAddress\":\"dead@example.net\",\"reason\":\"BOUNCE\"}\n",
        ),
        (
            "download.csv",
            "id,bl_value,is_domain,timestamp_created\n1,dead@example.net,false,2026-01-01T00:00:00Z\n2,okay@example.org,false,2026-01-01T00:00:00Z\n",
        ),
        ("upload.csv", "EMAIL\ndead@example.net\nokay@example.org\n"),
    ] {
        let done = night(name, list.as_bytes(), &[]);
        assert_eq!(done.told.code, Some(0), "{name}: {}", done.told.stderr);
        assert!(!done.added.contains("dead@"), "{name}: listed already, {}", done.added);
        assert!(done.removed.is_empty() && done.released.is_empty(), "{name}: {:?}", done.removed);
    }
    assert!(night("other.txt", b"okay@example.org\n", &[]).added.contains("dead@"), "the night's own entry is new");
}

#[test]
fn a_packed_list_and_one_in_utf_16_are_read_too() {
    let utf16: Vec<u8> =
        [0xfe_u8, 0xff].into_iter().chain("dead@example.net\n".encode_utf16().flat_map(u16::to_be_bytes)).collect();
    assert!(!night("wide.txt", &utf16, &[]).added.contains("dead@"));
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(b"dead@example.net,BOUNCE\n").expect("packed");
    assert!(!night("put.csv.gz", &packed.finish().expect("packed"), &[]).added.contains("dead@"));
}

#[test]
fn what_every_target_is_told_to_add_is_a_present_list() {
    let first = night("none.txt", b"nobody@example.com\n", &[]);
    assert!(first.added.contains("dead@example.net"));
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join("in.csv"), BOUNCES).expect("written");
    let mut args = vec!["run", "in.csv", "--no-progress", "--out", "out"];
    TARGETS.iter().for_each(|target| args.extend(["--target", target]));
    bouncescope(args).dir(dir.path()).run().behaves(&[0]);
    let night_of = dir.path().join("out/2026-11-20/suppression");
    let mut lists = vec![night_of.join("addresses.csv")];
    for target in TARGETS {
        let files = fs::read_dir(night_of.join(target)).expect("a folder").map(|file| file.expect("a file").path());
        lists.extend(files.filter(|file| fs::read_to_string(file).expect("text").contains("dead@")));
    }
    assert!(lists.len() > TARGETS.len(), "{lists:?}");
    for list in lists {
        let text = fs::read(&list).expect("text");
        let name = list.file_name().expect("a name").to_string_lossy().into_owned();
        let done = night(&name, &text, &[]);
        assert_eq!(done.told.code, Some(0), "{name}: {}", done.told.stderr);
        assert!(!done.added.contains("dead@"), "{}: {}", list.display(), done.added);
        assert!(done.removed.is_empty(), "{}: {:?}", list.display(), done.removed);
    }
}

#[test]
fn the_format_of_the_inputs_is_not_asked_of_the_lists() {
    let done = night("plain.txt", b"dead@example.net\n", &["--input-format", "csv"]);
    assert_eq!(done.told.code, Some(0), "{}", done.told.stderr);
    assert!(!done.added.contains("dead@"));
}
