//! The doors from outside: files in a fresh folder, read as a user would.

use std::fs;
use std::path::Path;

use super::*;
use crate::bounce::Origin;

/// What came of all inputs: items as `place: text`, rejects as `place! reason`.
pub(super) fn read(inputs: &[&Path], options: &SourceOptions) -> Vec<String> {
    let inputs: Vec<String> = inputs.iter().map(|path| path.display().to_string()).collect();
    let listing = open(&inputs, options).expect("readable");
    let mut seen = Vec::new();
    for source in &listing.sources {
        for batch in source.batches(options).expect("opens") {
            batch.expect("reads").each(&mut |item| seen.push(shown(item)));
        }
    }
    seen
}

fn shown(item: Result<Item<'_>, Refused>) -> String {
    let place = |origin: &Origin| {
        let name = origin.source.rsplit('/').next().unwrap_or_default();
        format!("{name}#{}", origin.index)
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match item {
        Ok(Item::Mail { origin, bytes }) => format!("{} mail {}", place(&origin), text(bytes)),
        Ok(Item::Json { origin, text: bytes }) => format!("{} json {}", place(&origin), text(bytes)),
        Ok(Item::Log { origin, text: bytes, .. }) => format!("{} log {}", place(&origin), text(bytes)),
        Ok(Item::Row { origin, header, record }) => {
            let cells: Vec<&str> = (0..header.names.len()).filter_map(|at| record.get(at)).collect();
            format!("{} row {}", place(&origin), cells.join("|"))
        }
        Err(refused) => format!("{}! {}", place(&refused.reject().origin), refused.reject().reason),
    }
}

/// One file of these bytes, read.
fn read_bytes(bytes: &[u8]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("f");
    fs::write(&path, bytes).expect("written");
    read(&[&path], &SourceOptions::default())
}

#[test]
fn every_format_is_told_from_its_content() {
    let cases: &[(&[u8], &[&str])] = &[
        (b"From: a@example.com\n\nhi\n", &["f#0 mail From: a@example.com\n\nhi\n"]),
        (b"From: a@example.com\r\n\r\nhi", &["f#0 mail From: a@example.com\r\n\r\nhi"]),
        (b"Subject: x\rTo: b@example.com\r\rhi\r", &["f#0 mail Subject: x\rTo: b@example.com\r\rhi\r"]),
        (b"\xef\xbb\xbfSubject: x\n\nhi\n", &["f#0 mail Subject: x\n\nhi\n"]),
        (b"From a Mon Sep 21 12:00:00 2026\nTo: b\n\nhi\n", &["f#0 mail To: b\n\nhi\n"]),
        (b"email,status\na@example.com,5.1.1\n", &["f#0 row a@example.com|5.1.1"]),
        (b"\xef\xbb\xbfemail;status\r\na@example.com;5.1.1\r\n", &["f#0 row a@example.com|5.1.1"]),
        (b"email\treason\na@example.com\tx, y; z\n", &["f#0 row a@example.com|x, y; z"]),
        (b"sep=;\r\nemail;n\r\na@example.com;1\r\n", &["f#0 row a@example.com|1"]),
        (b"email\na@example.com\n", &["f#0 row a@example.com"]),
        (b"email,name\ra@example.com,x\r", &["f#0 row a@example.com|x"]),
        (b"{\"a\":1}\n{\"a\":2}\n", &["f#0 json {\"a\":1}", "f#1 json {\"a\":2}"]),
        (b"{\"a\":1}", &["f#0 json {\"a\":1}"]),
        (b"{\n \"a\": {}\n}\n", &["f#0 json {\n \"a\": {}\n}"]),
        (b"[{\"a\":1},\n{\"a\":\"],}\"}]", &["f#0 json {\"a\":1}", "f#1 json {\"a\":\"],}\"}"]),
        (b"[{\"a\":1}]\n[{\"b\":1},{\"c\":1}]\n", &["f#0 json {\"a\":1}", "f#1 json {\"b\":1}", "f#1 json {\"c\":1}"]),
        (b"Sep  1 12:00:00 mx postfix/smtp[1]: x\n", &["f#0 log Sep  1 12:00:00 mx postfix/smtp[1]: x\n"]),
        (b"", &["f#0! empty"]),
        (b" \r\n\r\n", &["f#0! empty"]),
        (b"\x7fELF\0\0\0\x01", &["f#0! binary"]),
        (b"dear all,\nhello\n", &["f#0! unknown_format"]),
        (b"BZh91AY&SY", &["f#0! unknown_format"]),
    ];
    for (bytes, want) in cases {
        assert_eq!(read_bytes(bytes), *want, "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn utf16_is_read_with_either_byte_order() {
    let text = "email,reason\r\na@example.com,\u{fc}ber\r\n";
    let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for bytes in [[b"\xff\xfe".as_slice(), &le].concat(), [b"\xfe\xff".as_slice(), &be].concat(), le] {
        assert_eq!(read_bytes(&bytes), ["f#0 row a@example.com|\u{fc}ber"]);
    }
}

#[test]
fn a_broken_first_line_of_an_mbox_is_a_reject_and_its_mail_is_read() {
    let mbox = b"From nobody knows when\nTo: a\n\none\n\nFrom b Mon Sep 21 12:00:00 2026\nTo: b\n\ntwo\n";
    assert_eq!(read_bytes(mbox), ["f#0! not_mail", "f#0 mail To: a\n\none\n", "f#1 mail To: b\n\ntwo\n"]);
    let mbox = b"garbage\n\nFrom b Mon Sep 21 12:00:00 2026\nTo: b\n\ntwo\n";
    assert_eq!(read_bytes(mbox), ["f#0! not_mail", "f#1 mail To: b\n\ntwo\n"]);
}

#[test]
fn ragged_rows_are_rejects_and_repeated_headers_nothing() {
    let csv =
        b"email,n\na@example.com,1\nb@example.com\nemail,n\nc@example.com,1,2\nd@example.com,1,\n\n\"e\n\",\"1\"\n";
    let want =
        ["f#0 row a@example.com|1", "f#1! ragged_row", "f#3! ragged_row", "f#4 row d@example.com|1", "f#5 row e\n|1"];
    assert_eq!(read_bytes(csv), want);
}

#[test]
fn a_quote_never_closed_on_one_endless_line_is_a_reject() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("f");
    let mut bytes = b"email,reason\na@example.com,\"".to_vec();
    bytes.resize(30 << 20, b'x');
    fs::write(&path, bytes).expect("written");
    let options = SourceOptions { max_item_bytes: 10 << 20, ..SourceOptions::default() };
    assert_eq!(read(&[&path], &options), ["f#0! too_large"]);
}

#[test]
fn a_quote_never_closed_costs_its_own_line_and_no_other() {
    for rows in [3_usize, 700_000] {
        let mut csv = b"email,n\na@example.com,\"1\n".to_vec();
        (0..rows).for_each(|n| csv.extend_from_slice(format!("user{n}@example.com,{n}\n").as_bytes()));
        let seen = read_bytes(&csv);
        assert_eq!(seen.len(), rows + 1);
        assert_eq!(seen[0], "f#0! ragged_row");
        assert_eq!(seen[1], "f#1 row user0@example.com|0");
        assert_eq!(seen[rows], format!("f#{rows} row user{0}@example.com|{0}", rows - 1));
    }
}

#[test]
fn a_row_that_is_not_utf8_is_read_as_windows_1252() {
    assert_eq!(
        read_bytes(b"email,n\na@example.com,\xfc\x80\nb@example.com,\xc3\xbc\n"),
        ["f#0 row a@example.com|\u{fc}\u{20ac}", "f#1 row b@example.com|\u{fc}"]
    );
}

#[test]
fn folders_are_read_in_order_without_what_is_no_input() {
    let folder = tempfile::tempdir().expect("a folder");
    let make = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("in the folder")).expect("made");
        fs::write(path, text).expect("written");
    };
    for name in ["b.eml", "a.eml", "deep/c.eml", "box/cur/1.x:2,S", "box/new/2.x", "box/.Sub/cur/3.x"] {
        make(name, &format!("Subject: {name}\n\n"));
    }
    for name in ["README.md", "SOURCES.md", "LICENSE", ".hidden", "box/tmp/4.x", "box/dovecot-uidlist", ".git/x"] {
        make(name, "Subject: not me\n\n");
    }
    fs::create_dir_all(folder.path().join("box/.Sub/new")).expect("made");
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path(), folder.path().join("deep/circle")).expect("linked");
    let options = SourceOptions::default();
    let seen = read(&[folder.path()], &options);
    let subjects: Vec<&str> = seen.iter().filter_map(|s| s.split("Subject: ").nth(1)).map(str::trim).collect();
    assert_eq!(subjects, ["a.eml", "b.eml", "box/.Sub/cur/3.x", "box/cur/1.x:2,S", "box/new/2.x", "deep/c.eml"]);
    let listing = open(&[folder.path().display().to_string()], &options).expect("readable");
    assert_eq!((listing.sources.len(), listing.skipped.len()), (1, 7), "{listing:?}");
}

#[test]
fn what_cannot_be_read_is_named_before_anything_is_read() {
    let options = SourceOptions::default();
    for input in ["/nowhere/at/all.eml", "/nowhere/*.eml"] {
        let error = open(&[input.to_owned()], &options).expect_err("not there");
        assert!(error.to_string().contains(input), "{error:#}");
    }
}

#[test]
fn a_folder_called_a_maildir_must_be_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = SourceOptions { input_format: Some("maildir".into()), ..SourceOptions::default() };
    let input = folder.path().display().to_string();
    let error = open(std::slice::from_ref(&input), &options).expect_err("no Maildir");
    assert!(error.to_string().starts_with(&input), "{error:#}");
}

#[test]
fn an_item_beyond_the_cap_is_a_reject_and_the_next_is_read() {
    let options = SourceOptions { max_item_bytes: 1 << 20, ..SourceOptions::default() };
    let folder = tempfile::tempdir().expect("a folder");
    let long = "x".repeat(9 << 20);
    let first = "From a Mon Sep 21 12:00:00 2026\nSubject: one\n\n";
    for (name, text, want) in [
        ("a.mbox", format!("{first}{long}\n\n{first}"), vec!["a.mbox#0! too_large", "a.mbox#1 mail Subject: one\n"]),
        ("b.eml", format!("Subject: one\n\n{long}"), vec!["b.eml#0! too_large"]),
        (
            "c.json",
            format!("{{\"a\":1}}\n{{\"a\":\"{long}\"}}\n{{}}\n"),
            vec!["c.json#0 json {\"a\":1}", "c.json#1! too_large", "c.json#2 json {}"],
        ),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("written");
        assert_eq!(read(&[&path], &options), want, "{name}");
    }
}

#[test]
fn an_input_need_not_be_a_path() {
    let mut zip = ::zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("a.eml", ::zip::write::SimpleFileOptions::default()).expect("in memory");
    std::io::Write::write_all(&mut zip, b"Subject: x\n\nhi\n").expect("in memory");
    let zip = zip.finish().expect("in memory").into_inner();
    for (bytes, want) in [
        (b"email,n\na@example.com,1\n".to_vec(), "store/f#0 row a@example.com|1"),
        (zip, "store/f!a.eml#0 mail Subject: x\n\nhi\n"),
    ] {
        let from = std::sync::Arc::new(super::opener::InMemory(bytes.into()));
        let file = InputFile { name: "store/f".into(), from, bytes: None, in_maildir: false, may_be_stray: false };
        let source = Source { name: file.name.clone(), bytes: None, files: vec![file] };
        let mut seen = Vec::new();
        for batch in source.batches(&SourceOptions::default()).expect("opens") {
            batch.expect("reads").each(&mut |item| seen.push(format!("store/{}", shown(item))));
        }
        assert_eq!(seen, [want]);
    }
}

#[test]
fn a_name_of_a_format_leads_to_one() {
    let mut names: Vec<&str> = formats().collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), formats().count());
}
