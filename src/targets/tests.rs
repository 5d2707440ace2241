//! Nights told to targets: what goes to which file, and what cannot be told. The text of each file stands as an example in its table.

use super::*;
use polars::prelude::{IntoColumn, NamedFrom, Series};

use crate::bounce::{Address, ListedReason, Origin, PresentEntry, Subject};

const ADDRESSES: &str = "email,cause,rule,reply_code,status,added,first_seen,last_seen,bounces,expires,incident,evidence\n\
    Ann@example.com,mailbox_unknown,r1,550,5.1.1,2026-11-20,2026-11-20T01:02:03Z,2026-11-20T01:02:03Z,1,,,a.csv#0\n\
    o'neil+x@example.net,complaint,,,,2026-11-20,2026-11-20T02:00:00Z,2026-11-20T02:00:00Z,1,,,a.csv#1\n";
const DOMAINS: &str = "domain,organisation,incident,cause,scope,sending_domain,bounces,recipients,delivered_elsewhere,expires,evidence\n\
    example.org,example.org,I1,tenant_policy,organisation,,9,9,,2027-02-18,a.csv#2\n\
    partial.example,partial.example,I2,tenant_policy,organisation,news.example.com,9,9,,2027-02-18,a.csv#3\n";

/// A list as its CSV.
fn frame(text: &str) -> DataFrame {
    let mut csv = csv::Reader::from_reader(text.as_bytes());
    let header = csv.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
    let column = |(at, name): (usize, &str)| {
        Series::new(name.into(), rows.iter().map(|row| row[at].to_owned()).collect::<Vec<_>>()).into_column()
    };
    DataFrame::new_infer_height(header.iter().enumerate().map(column).collect()).unwrap()
}

fn night() -> ListFrames {
    ListFrames { addresses: frame(ADDRESSES), domains: frame(DOMAINS), ..ListFrames::default() }
}

fn back() -> Released {
    Released::for_tests(&["back@example.com", "back.example"], &[], &[])
}

fn asked(name: &str, options: Options) -> Options {
    Options { targets: named(&[name.to_owned()], None).unwrap(), ..options }
}

fn told(lists: &ListFrames, released: &Released, braked: bool, options: &Options) -> (tempfile::TempDir, Written) {
    let dir = tempfile::tempdir().unwrap();
    let night = Night { folder: dir.path(), braked, events: &[], deliveries: &[], lists, released };
    let written = write(&night, options).unwrap().remove(0);
    (dir, written)
}

fn written(name: &str, options: Options) -> (tempfile::TempDir, Written) {
    told(&night(), &back(), false, &asked(name, options))
}

fn text(dir: &tempfile::TempDir, path: &str) -> String {
    std::fs::read_to_string(dir.path().join("suppression").join(path)).unwrap()
}

fn removed(dir: &tempfile::TempDir, path: &str) -> String {
    std::fs::read_to_string(dir.path().join("release").join(path)).unwrap()
}

fn listed(texts: &[&str]) -> Existing {
    let mut existing = Existing::default();
    for text in texts {
        let subject = Address::parse(text).map_or_else(|| Subject::Domain((*text).to_owned()), Subject::Address);
        let origin = Origin { source: "list".into(), index: 0 };
        let reason = ListedReason::Unknown;
        let (words, cause, blames, since, expires) = (Vec::new(), None, None, None, None);
        existing.add(PresentEntry { origin, subject, reason, words, cause, blames, since, expires });
    }
    existing
}

#[test]
fn a_domain_that_a_target_cannot_take_is_named() {
    let (dir, ses) = written("ses", Options::default());
    assert_eq!(ses.not_expressed.len(), 3);
    assert!(text(&dir, "ses/not_expressed.csv").contains("domain,example.org,takes no domains; --contacts FILE"));
    let (_, brevo) = written("brevo", Options::default());
    let untold = brevo.not_expressed.first().unwrap();
    assert_eq!(untold.value, "partial.example", "an entry for one sending domain must not stop all");
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
    let existing = listed(&["Bea@example.org"]);
    let options = Options { contacts: Some(file.path().to_owned()), existing: Some(existing), ..Options::default() };
    let (dir, ses) = written("ses", options);
    assert!(!text(&dir, "ses/put.csv").contains("bea@"), "listed already");
    assert_eq!(ses.not_expressed.len(), 2, "the entry for one sending domain, and the domain that comes off");
}

#[test]
fn what_is_listed_already_is_not_added_again() {
    let existing = listed(&["ann@EXAMPLE.com", "example.org"]);
    let (dir, _) = written("smartlead", Options { existing: Some(existing), ..Options::default() });
    assert_eq!(text(&dir, "smartlead/block_list_addresses_add.csv"), "email\no'neil+x@example.net\n");
    assert!(!dir.path().join("suppression/smartlead/block_list_domains_add.csv").exists());
}

#[test]
fn a_file_is_split_at_the_targets_limit() {
    let mut options = asked("sparkpost", Options::default());
    options.targets[0].row_limit = Some(3);
    let (_dir, written) = told(&night(), &Released::default(), false, &options);
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
fn every_file_of_every_target_has_an_example_that_comes_true() {
    for row in tables::load::<Target>(None).unwrap() {
        assert!(row.value.files.iter().all(|file| file.example.is_some()), "{}", row.error("a file has no example"));
        check(&row).unwrap();
    }
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
}

#[test]
fn a_braked_night_holds_what_to_add_and_what_to_remove() {
    let released = Released::for_tests(&["back@example.com"], &[], &[]);
    let (dir, written) = told(&night(), &released, true, &asked("generic", Options::default()));
    assert!(written.files.iter().all(|file| file.path.starts_with("review/braked/generic/")), "{written:?}");
    assert!(!dir.path().join("release").exists() && !dir.path().join("suppression").exists());
}

#[test]
fn a_domain_that_comes_off_is_named_where_the_target_cannot_be_told() {
    let (dir, _) = written("generic", Options::default());
    assert_eq!(removed(&dir, "generic/domains_remove.csv"), "domain\nback.example\n");
    let (dir, _) = written("ses", Options::default());
    let told = "domain,back.example,\"takes no domains; which addresses it was told for this one is not known";
    assert!(removed(&dir, "ses/not_expressed.csv").contains(told));
    assert!(!text(&dir, "ses/not_expressed.csv").contains("back.example"), "it is about what comes off");
}

#[test]
fn a_domain_that_comes_off_takes_its_contacts_along_where_the_target_takes_none() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "email\nAnn@back.example\nbea@back.example\ncat@back.example\n").unwrap();
    for (off, unsure, deleted, want) in [
        (&["ann@back.example", "dan@back.example"][..], &[][..], "ann@back.example\n", None),
        (
            &["ann@back.example"],
            &["bea@back.example"],
            "ann@back.example\n",
            Some("address,bea@back.example,\"its entry gives no"),
        ),
        (
            &["dan@back.example"],
            &["eve@back.example"],
            "",
            Some("domain,back.example,\"takes no domains, and no contact"),
        ),
    ] {
        let targets = named(&["ses".to_owned(), "brevo".to_owned()], None).unwrap();
        let options = Options { targets, contacts: Some(file.path().to_owned()), ..Options::default() };
        let (dir, _) = told(&night(), &Released::for_tests(&["back.example"], off, unsure), false, &options);
        let read = |path: &str| std::fs::read_to_string(dir.path().join("release").join(path)).unwrap_or_default();
        assert_eq!(read("ses/delete.csv"), deleted);
        assert_eq!(want.is_some(), !read("ses/not_expressed.csv").is_empty());
        assert!(
            want.is_none_or(|told| read("ses/not_expressed.csv").contains(told)),
            "{}",
            read("ses/not_expressed.csv")
        );
        assert_eq!(read("brevo/blocked_domains_remove.ndjson"), "{\"domain\":\"back.example\"}\n");
        assert_eq!(read("brevo/contacts_remove.csv"), "", "it takes domains, and was told no contact");
    }
}

#[test]
fn a_cell_that_a_spreadsheet_would_run_reaches_no_file_of_any_target() {
    let contacts = tempfile::NamedTempFile::new().unwrap();
    let formulas = ["=1+cmd|calc@example.org", "+390@example.org", "-x@example.org", "\u{ff1d}1@example.org"];
    std::fs::write(contacts.path(), format!("email\nbea@example.org\n{}\n", formulas.join("\n"))).unwrap();
    for target in tables::load::<Target>(None).unwrap() {
        let options = Options { contacts: Some(contacts.path().to_owned()), ..Options::default() };
        let (dir, written) = written(&target.value.name, options);
        for file in &written.files {
            let text = std::fs::read_to_string(dir.path().join(&file.path)).unwrap();
            assert!(formulas.iter().all(|cell| !text.contains(cell)), "{}: {text}", file.path);
        }
        let takes_domains = target.value.files.iter().any(|file| file.holds == Holds::Domains);
        assert_eq!(written.not_expressed.iter().any(|untold| untold.value == formulas[0]), !takes_domains);
        if !takes_domains {
            let untold = text(&dir, &format!("{}/not_expressed.csv", written.target));
            assert!(!untold.lines().any(|line| line.split(',').any(is_formula)), "{untold}");
        }
    }
}

#[test]
fn a_key_that_would_change_the_meaning_of_a_map_is_not_written() {
    let keys = ["\"com\" DISCARD \"x\"@corp.example", "#x@corp.example", "\"\\\"@corp.example", "\"a b\"@corp.example"];
    let rows: Vec<String> =
        keys.iter().map(|key| format!("\"{}\",mailbox_unknown", key.replace('"', "\"\""))).collect();
    let list = format!("email,cause\nann@example.com,mailbox_unknown\n{}\n", rows.join("\n"));
    let lists = ListFrames { addresses: frame(&list), ..night() };
    let (dir, postfix) = told(&lists, &back(), false, &asked("postfix", Options::default()));
    assert_eq!(text(&dir, "postfix/addresses_add"), "ann@example.com REJECT mailbox_unknown\n");
    let untold: Vec<&str> = postfix.not_expressed.iter().map(|untold| untold.value.as_str()).collect();
    assert!(keys.iter().all(|key| untold.contains(key)), "{untold:?}");
}

/// Checks a target of one file.
fn checked(file: &str) -> Result<(), String> {
    let text = format!("[[target]]\nname = \"acme\"\nsource = \"Acme API\"\nfiles = [{{ name = \"x\", {file} }}]\n");
    let (_, rows) = tables::read_rows::<Target>("acme.toml", &text).map_err(|error| error.to_string())?;
    rows.iter().try_for_each(check).map_err(|error| error.to_string())
}

#[test]
fn a_body_is_json_of_any_shape() {
    for (body, want) in [
        (
            r#"form = "json", body = { Suppressions = [{ EmailAddress = "{email}" }] }"#,
            r#"{"Suppressions":[{"EmailAddress":"Ann@example.com"},{"EmailAddress":"o'neil+x@example.net"}]}"#,
        ),
        (r#"form = "json", body = ["{email}"]"#, r#"["Ann@example.com","o'neil+x@example.net"]"#),
        (
            r#"form = "json", body = { data = { kind = "bulk", profiles = [{ a = { mail = "{email}", n = 1.5 }, ids = [7, true] }] } }"#,
            r#"{"data":{"kind":"bulk","profiles":[{"a":{"mail":"Ann@example.com","n":1.5},"ids":[7,true]},{"a":{"mail":"o'neil+x@example.net","n":1.5},"ids":[7,true]}]}}"#,
        ),
        (
            r#"form = "json", body = { all = [{ r = "{email}", t = "a" }, { r = "{email}", t = "{cause}" }], dry = false }"#,
            r#"{"all":[{"r":"Ann@example.com","t":"a"},{"r":"Ann@example.com","t":"mailbox_unknown"},{"r":"o'neil+x@example.net","t":"a"},{"r":"o'neil+x@example.net","t":"complaint"}],"dry":false}"#,
        ),
        (
            r#"form = "json", body = { b = [{ to = ["{email}"] }] }"#,
            r#"{"b":[{"to":["Ann@example.com"]},{"to":["o'neil+x@example.net"]}]}"#,
        ),
        (
            r#"form = "ndjson", body = { who = { mail = "{email}" }, code = "{reply_code|550}", n = 3 }"#,
            "{\"code\":\"550\",\"n\":3,\"who\":{\"mail\":\"Ann@example.com\"}}\n{\"code\":\"550\",\"n\":3,\"who\":{\"mail\":\"o'neil+x@example.net\"}}",
        ),
    ] {
        let example = serde_json::to_string(&format!("{want}\n")).unwrap();
        let told = checked(&format!(r#"holds = "addresses", change = "add", {body}, example = {example}"#));
        assert_eq!(told, Ok(()), "{body}");
    }
}

#[test]
fn a_file_that_nothing_can_be_made_of_is_told_with_its_place() {
    for (file, want) in [
        (r#"form = "csv", rows = [["{mail}"]]"#, "nothing fills {mail}; did you mean {email}?"),
        (r#"form = "json", body = { a = [{ b = "{adress_of_them}" }] }"#, "nothing fills {adress_of_them}; there are "),
        (r#"form = "csv""#, "it needs either rows or a body"),
        (r#"form = "json", rows = [["{email}"]]"#, "a file of form json needs a body"),
        (r#"form = "csv", body = ["{email}"]"#, "only files of form json and ndjson have a body"),
        (r#"form = "json", body = { a = ["b"] }"#, "no array of its body names {email} or {domain}"),
        (r#"form = "json", body = { a = ["{email}"], b = "{cause}" }"#, "{cause} stands outside of what repeats"),
        (r#"form = "json", body = { a = ["{email}"], b = 2026-11-20 }"#, "a date in a body must be in quotes"),
        (r#"form = "csv", rows = [["{email}"]], example = "x\n""#, "its example is \"x\\n\", and it makes \"Ann@"),
    ] {
        let told = checked(&format!(r#"holds = "addresses", change = "add", {file}"#)).unwrap_err();
        assert!(told.starts_with(&format!("acme.toml:1: x: {want}")), "{told}");
    }
}
