//! Each target's files, read back by the rules that its import documents.

use serde_json::Value;

use super::*;

const ADDRESSES: &str = "email,cause,rule,reply_code,status,first_seen,last_seen,bounces,expires,evidence\n\
    Ann@example.com,mailbox_unknown,r1,550,5.1.1,2026-11-20T01:02:03Z,2026-11-20T01:02:03Z,1,,a.csv#0\n\
    o'neil+x@example.net,complaint,,,,2026-11-20T02:00:00Z,2026-11-20T02:00:00Z,1,,a.csv#1\n";
const DOMAINS: &str = "domain,organisation,incident,cause,scope,sending_domain,bounces,recipients,delivered_elsewhere,expires,evidence\n\
    example.org,example.org,I1,tenant_policy,organisation,,9,9,,2027-02-18,a.csv#2\n\
    partial.example,partial.example,I2,tenant_policy,organisation,news.example.com,9,9,,2027-02-18,a.csv#3\n";
const REACTIVATE: &str = "email,added,cause,reason,incident,evidence\nback@example.com,,,,,\n";

fn night() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("suppression")).unwrap();
    for (name, text) in [("addresses.csv", ADDRESSES), ("domains.csv", DOMAINS), ("reactivate.csv", REACTIVATE)] {
        std::fs::write(dir.path().join("suppression").join(name), text).unwrap();
    }
    dir
}

fn written(name: &str, options: Options) -> (tempfile::TempDir, Written) {
    let dir = night();
    let options = Options { targets: named(&[name.to_owned()], None).unwrap(), ..options };
    let written = write(dir.path(), false, &[], &options).unwrap().remove(0);
    (dir, written)
}

fn text(dir: &tempfile::TempDir, path: &str) -> String {
    std::fs::read_to_string(dir.path().join("suppression").join(path)).unwrap()
}

#[test]
fn ses_takes_csv_without_a_header_and_ndjson_with_two_reasons() {
    let (dir, _) = written("ses", Options::default());
    assert_eq!(text(&dir, "ses/put.csv"), "Ann@example.com,BOUNCE\no'neil+x@example.net,COMPLAINT\n");
    let objects: Vec<Value> =
        text(&dir, "ses/put.ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects[1], serde_json::json!({"emailAddress": "o'neil+x@example.net", "reason": "COMPLAINT"}));
    assert_eq!(text(&dir, "ses/delete.csv"), "back@example.com\n");
}

#[test]
fn sparkpost_takes_exact_column_names_and_both_types_of_each_address() {
    let (dir, _) = written("sparkpost", Options::default());
    let text = text(&dir, "sparkpost/add.csv");
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("recipient,type,description"));
    assert_eq!(lines.next(), Some("Ann@example.com,transactional,mailbox_unknown"));
    assert_eq!(lines.next(), Some("Ann@example.com,non_transactional,mailbox_unknown"));
}

#[test]
fn sendgrid_brevo_smartlead_and_instantly_take_a_column_or_a_list() {
    for (target, file, want) in [
        ("sendgrid", "global_unsubscribes_add.csv", "email\nAnn@example.com\no'neil+x@example.net\n"),
        (
            "sendgrid",
            "global_unsubscribes_add.json",
            "{\"recipient_emails\":[\"Ann@example.com\",\"o'neil+x@example.net\"]}\n",
        ),
        ("brevo", "contacts_add.csv", "EMAIL\nAnn@example.com\no'neil+x@example.net\n"),
        ("brevo", "blocked_domains_add.ndjson", "{\"domain\":\"example.org\"}\n"),
        ("smartlead", "block_list_domains_add.csv", "domain\nexample.org\n"),
        ("instantly", "domains_add.json", "{\"bl_values\":[\"example.org\"]}\n"),
        ("instantly", "addresses_remove.csv", "bl_value\nback@example.com\n"),
        ("postfix", "domains_add", "example.org REJECT tenant_policy\n"),
        (
            "generic",
            "domains_add.csv",
            "domain,cause,sending_domain,expires,evidence\nexample.org,tenant_policy,,2027-02-18,a.csv#2\npartial.example,tenant_policy,news.example.com,2027-02-18,a.csv#3\n",
        ),
    ] {
        let (dir, _) = written(target, Options::default());
        assert_eq!(text(&dir, &format!("{target}/{file}")), want, "{target}/{file}");
    }
}

#[test]
fn a_domain_that_a_target_cannot_take_is_named() {
    let (dir, ses) = written("ses", Options::default());
    assert_eq!(ses.not_expressed.len(), 2);
    assert!(text(&dir, "ses/not_expressed.csv").contains("example.org,takes no domains; --contacts FILE"));
    let (_, brevo) = written("brevo", Options::default());
    assert_eq!(brevo.not_expressed[0].0, "partial.example", "an entry for one sending domain must not stop all");
}

#[test]
fn contacts_expand_a_domain_where_the_target_takes_none() {
    let file = tempfile::NamedTempFile::new().unwrap();
    for list in [
        "email,list_source\nbea@example.org,crm\ncarl@elsewhere.example,crm\n",
        "\u{feff}Email;List_Source\nbea@example.org;crm\n",
        "list_source\temail\ncrm\tbea@example.org\n",
    ] {
        std::fs::write(file.path(), list).unwrap();
        let options = Options { contacts: Some(file.path().to_owned()), ..Options::default() };
        let (dir, _) = written("ses", options);
        assert!(text(&dir, "ses/put.csv").ends_with("bea@example.org,BOUNCE\n"), "{list}");
    }
    let mut existing = Existing::default();
    existing.add("Bea@example.org", None);
    let options = Options { contacts: Some(file.path().to_owned()), existing: Some(existing), ..Options::default() };
    let (dir, ses) = written("ses", options);
    assert!(!text(&dir, "ses/put.csv").contains("bea@"), "listed already");
    assert_eq!(ses.not_expressed.len(), 1, "only the entry for one sending domain");
}

#[test]
fn what_is_listed_already_is_not_added_again() {
    let mut existing = Existing::default();
    ["ann@EXAMPLE.com", "example.org"].iter().for_each(|text| existing.add(text, None));
    let (dir, _) = written("smartlead", Options { existing: Some(existing), ..Options::default() });
    assert_eq!(text(&dir, "smartlead/block_list_addresses_add.csv"), "email\no'neil+x@example.net\n");
    assert!(!dir.path().join("suppression/smartlead/block_list_domains_add.csv").exists());
}

#[test]
fn a_file_is_split_at_the_targets_limit() {
    let dir = night();
    let mut targets = named(&["sparkpost".to_owned()], None).unwrap();
    targets[0].row_limit = Some(3);
    let written = write(dir.path(), false, &[], &Options { targets, ..Options::default() }).unwrap().remove(0);
    let adds: Vec<_> =
        written.files.iter().filter(|f| f.path.contains("add")).map(|f| (f.path.as_str(), f.rows)).collect();
    assert_eq!(adds, [("suppression/sparkpost/add.csv", 2), ("suppression/sparkpost/add-2.csv", 2)]);
}

#[test]
fn an_unknown_target_is_answered_with_the_nearest() {
    let error = named(&["sendgird".to_owned()], None).unwrap_err().to_string();
    assert_eq!(error, "--target: unknown target \"sendgird\"; did you mean \"sendgrid\"?");
}

#[test]
fn the_allow_list_takes_addresses_and_domains() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "email\nAnn@Example.com\nexample.org,our partner\n\n# note\n").unwrap();
    let allow = Allowed::read(file.path()).unwrap();
    assert!(allow.addresses.contains("ann@example.com") && allow.domains.contains("example.org"));
    std::fs::write(file.path(), "not an address\n").unwrap();
    assert!(Allowed::read(file.path()).unwrap_err().to_string().contains(":1: neither"));
}

#[test]
fn without_a_target_the_lists_are_not_even_read() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(write(dir.path(), false, &[], &Options::default()).unwrap(), []);
}

#[test]
fn mailgun_gets_a_file_for_each_sending_domain() {
    let (dir, _) = written("mailgun", Options::default());
    assert_eq!(
        text(&dir, "mailgun/any_bounces_add.csv"),
        "address,code,error,created_at\nAnn@example.com,550,mailbox_unknown,\"Fri, 20 Nov 2026 01:02:03 GMT\"\n"
    );
    assert_eq!(
        text(&dir, "mailgun/any_complaints_add.csv"),
        "address,created_at\no'neil+x@example.net,\"Fri, 20 Nov 2026 02:00:00 GMT\"\n"
    );
    let entry = Lists::read(dir.path(), "suppression", None).unwrap().domains.remove(1);
    assert_eq!(entry.senders().collect::<Vec<_>>(), ["news.example.com"]);
}

#[test]
fn a_listed_address_whose_bounce_blames_us_is_to_be_reactivated() {
    let dir = night();
    let protected = "email,cause,blames,rule,reply_code,status,first_seen,last_seen,bounces,incident,evidence\n\
        Cleo@example.com,ip_reputation,sender_ip,r2,554,5.7.1,,,1,I9,a.csv#4\nann@example.com,content,message,,,,,,1,,a.csv#5\n";
    std::fs::write(dir.path().join("suppression/protected.csv"), protected).unwrap();
    let mut existing = Existing::default();
    ["cleo@example.com", "ann@example.com", "dan@example.com"].iter().for_each(|text| existing.add(text, None));
    assert_eq!(reactivate(dir.path(), false, &[], &existing).unwrap(), 1);
    let text = text(&dir, "reactivate.csv");
    assert!(text.ends_with("cleo@example.com,,ip_reputation,bounce_blames_us,I9,a.csv#4\n"), "{text}");
}
