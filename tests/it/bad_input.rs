//! Input that is broken, huge or hostile: each is a row or a counted reject with its place; never a panic, an endless loop, or more memory
//! than promised. Every case runs as a process of its own, beside one good export row, as a night would have it.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::program::{Outcome, bouncescope};

/// Done, or done with many rejects.
const DONE: &[i32] = &[0, 3];

/// A night with one good row and some bad files.
struct Night {
    dir: TempDir,
}

/// One line of rejects.csv.
#[derive(Debug)]
struct Rejected {
    reason: String,
    source: String,
    index: String,
}

/// A night, run.
struct Told {
    outcome: Outcome,
    rejects: Vec<Rejected>,
    /// Data rows of events, by the file's name.
    events: Vec<serde_json::Value>,
}

impl Night {
    fn new() -> Night {
        let dir = tempfile::tempdir().expect("a temporary directory");
        fs::create_dir(dir.path().join("in")).expect("a folder for inputs");
        let night = Night { dir };
        night.add("good.csv", b"timestamp,recipient,reply_code,diagnostic_code\n2026-11-20T01:00:00Z,a@northwind.example,550,550 5.1.1 User unknown\n");
        night
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("in").join(name)
    }

    fn add(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).expect("an input can be written");
    }

    /// Writes an input of `megabytes` times a million bytes: `head`, then `fill`, then `tail`.
    fn add_huge(&self, name: &str, head: &[u8], fill: u8, megabytes: usize, tail: &[u8]) {
        let file = File::create(self.path(name)).expect("an input can be written");
        let mut out = BufWriter::new(file);
        let block = vec![fill; 1_000_000];
        out.write_all(head).expect("written");
        for _ in 0..megabytes {
            out.write_all(&block).expect("written");
        }
        out.write_all(tail).expect("written");
        out.flush().expect("written");
    }

    fn tell(&self) -> Told {
        let out = self.dir.path().join("out");
        let input = self.dir.path().join("in");
        let outcome = bouncescope([
            "run".as_ref(),
            input.as_os_str(),
            "--out".as_ref(),
            out.as_os_str(),
            "--no-progress".as_ref(),
        ])
        .run()
        .behaves(DONE);
        let rejects = rejects(&out.join("2026-11-20/rejects.csv"));
        let parsed = bouncescope(["parse".as_ref(), input.as_os_str(), "--format".as_ref(), "ndjson".as_ref()])
            .run()
            .behaves(DONE);
        Told { events: parsed.lines(), outcome, rejects }
    }
}

impl Told {
    fn events_of(&self, name: &str) -> usize {
        self.events.iter().filter(|e| e["source"].as_str().is_some_and(|s| s.ends_with(name))).count()
    }

    fn reasons_of(&self, name: &str) -> Vec<&str> {
        let of = |r: &&Rejected| r.source.contains(name);
        self.rejects.iter().filter(of).map(|r| r.reason.as_str()).collect()
    }

    /// Asserts that the bad file became rejects only, for one of these reasons, and that the night went on and says so.
    fn rejected(&self, name: &str, reasons: &[&str]) {
        let found = self.reasons_of(name);
        assert!(
            !found.is_empty() && found.iter().all(|r| reasons.contains(r)),
            "{name}: rejected as {found:?}, expected one of {reasons:?}; all rejects: {:?}",
            self.rejects
        );
        assert_eq!(self.events_of("good.csv"), 1, "the good row is kept");
        assert_eq!(self.outcome.code, Some(3), "half of the items were rejected:\n{}", self.outcome.stderr);
    }
}

fn rejects(path: &Path) -> Vec<Rejected> {
    let mut reader = csv::Reader::from_path(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let header = reader.headers().expect("a header").clone();
    let column = |name: &str| {
        header.iter().position(|h| h == name).unwrap_or_else(|| panic!("rejects.csv has no column {name}: {header:?}"))
    };
    let (reason, source, index) = (column("reason"), column("source"), column("source_index"));
    reader
        .records()
        .map(|record| {
            let record = record.expect("rejects.csv is a CSV");
            Rejected { reason: record[reason].into(), source: record[source].into(), index: record[index].into() }
        })
        .collect()
}

/// A delivery report with these per-recipient fields.
fn report(fields: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx1.fernwell.example\nTo: bounces@fernwell.example\nSubject: Undelivered Mail Returned to Sender\n\
         Date: Fri, 20 Nov 2026 01:00:00 +0000\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n--b\nContent-Type: text/plain\n\nNot delivered.\n\n\
         --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx1.fernwell.example\n\n{fields}\n--b--\n"
    )
}

#[test]
fn an_empty_file_beside_others_is_told_and_no_more() {
    let night = Night::new();
    night.add("empty.eml", b"");
    let told = night.tell();
    assert_eq!(told.events_of("good.csv"), 1, "the good row is kept");
    assert_eq!(told.outcome.code, Some(0), "{}", told.outcome.stderr);
    assert!(told.outcome.stderr.contains("is empty"), "{}", told.outcome.stderr);
}

#[test]
fn a_binary_file_is_a_counted_reject() {
    let night = Night::new();
    let mut bytes = b"\x7fELF\x02\x01\x01\0".to_vec();
    bytes.extend((0..100_000u32).flat_map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()));
    night.add("program.csv", &bytes);
    night.tell().rejected("program.csv", &["binary", "not_mail", "unknown_format", "bad_encoding"]);
}

#[test]
fn a_report_without_a_recipient_is_a_counted_reject() {
    let night = Night::new();
    night.add(
        "nobody.eml",
        report("Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n").as_bytes(),
    );
    night.tell().rejected("nobody.eml", &["no_recipient"]);
}

#[test]
fn a_report_cut_off_anywhere_is_a_row_or_a_reject() {
    let night = Night::new();
    let whole = report(
        "Final-Recipient: rfc822; b@northwind.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n",
    );
    let cuts: Vec<usize> = (1..whole.len()).step_by(23).collect();
    for cut in &cuts {
        night.add(&format!("cut{cut:04}.eml"), &whole.as_bytes()[..*cut]);
    }
    let told = night.tell();
    for cut in cuts {
        let name = format!("cut{cut:04}.eml");
        let rows = told.events_of(&name) + told.reasons_of(&name).len();
        assert_eq!(rows, 1, "{name}: neither a row nor a reject, or both");
    }
}

#[test]
fn a_line_of_100_mb_is_rejected_and_the_lines_around_it_are_kept() {
    let night = Night::new();
    let row = r#"{"recipient":"RR@northwind.example","timestamp":"2026-11-20T01:00:00Z","diagnostic_code":"550 5.1.1 User unknown"}"#;
    let before = format!("{}\n{{\"recipient\":\"", row.replace("RR", "before"));
    let after = format!("\"}}\n{}\n", row.replace("RR", "after"));
    night.add_huge("line.ndjson", before.as_bytes(), b'x', 100, after.as_bytes());
    let told = night.tell();
    assert_eq!(told.reasons_of("line.ndjson"), ["too_large"]);
    assert_eq!(told.events_of("line.ndjson"), 2, "the lines before and after are kept");
    assert_eq!(told.rejects[0].index, "1", "the reject says which line");
}

#[test]
fn a_csv_field_of_100_mb_is_rejected() {
    let night = Night::new();
    night.add_huge(
        "field.csv",
        b"recipient,timestamp,diagnostic_code\nb@northwind.example,2026-11-20T01:00:00Z,\"550 ",
        b'x',
        100,
        b"\"\n",
    );
    night.tell().rejected("field.csv", &["too_large"]);
}

#[test]
fn a_mail_with_a_line_of_100_mb_is_rejected() {
    let night = Night::new();
    night.add_huge("line.eml", b"From: a@northwind.example\nSubject: x\n\n", b'x', 100, b"\n");
    night.tell().rejected("line.eml", &["too_large"]);
}

#[test]
fn ten_thousand_nested_parts_end_in_a_row_or_a_reject() {
    let night = Night::new();
    let mut multiparts = String::from("From: a@northwind.example\nMIME-Version: 1.0\n");
    for level in 0..10_000 {
        let _ = write!(multiparts, "Content-Type: multipart/mixed; boundary=\"n{level}\"\n\n--n{level}\n");
    }
    night.add("multiparts.eml", multiparts.as_bytes());
    let messages = "Content-Type: message/rfc822\nMIME-Version: 1.0\n\n".repeat(10_000);
    night.add("messages.eml", format!("From: a@northwind.example\n{messages}").as_bytes());
    let told = night.tell();
    for name in ["multiparts.eml", "messages.eml"] {
        assert_eq!(told.events_of(name) + told.reasons_of(name).len(), 1, "{name} is lost: {:?}", told.rejects);
    }
}

#[test]
fn an_mbox_with_a_broken_first_line_loses_no_later_message() {
    let night = Night::new();
    let mut mbox = String::from("Frmo MAILER-DAEMON Fri Nov 20 01:00:00 2026\n");
    for n in 0..4 {
        if n > 0 {
            mbox.push_str("From MAILER-DAEMON Fri Nov 20 01:00:00 2026\n");
        }
        mbox.push_str(&report(&format!(
            "Final-Recipient: rfc822; r{n}@northwind.example\nAction: failed\nStatus: 5.1.1\n"
        )));
        mbox.push('\n');
    }
    night.add("broken.mbox", mbox.as_bytes());
    let told = night.tell();
    assert_eq!(told.events_of("broken.mbox"), 4, "{:?}", told.rejects);
    assert_eq!(
        told.reasons_of("broken.mbox").len(),
        1,
        "what stands before the first message is told: {:?}",
        told.rejects
    );
}

#[test]
fn a_ragged_csv_row_is_one_reject_with_its_place() {
    let night = Night::new();
    night.add(
        "ragged.csv",
        b"recipient,timestamp,diagnostic_code\n\
          b@northwind.example,2026-11-20T01:00:00Z,550 5.1.1 User unknown\n\
          c@northwind.example,2026-11-20T01:00:00Z\n\
          d@northwind.example,2026-11-20T01:00:00Z,550 5.1.1 User unknown,more,and more\n\
          e@northwind.example,2026-11-20T01:00:00Z,550 5.1.1 User unknown\n",
    );
    let told = night.tell();
    assert_eq!(told.reasons_of("ragged.csv"), ["ragged_row", "ragged_row"]);
    assert_eq!(told.events_of("ragged.csv"), 2);
    let places: Vec<&str> = told.rejects.iter().map(|r| r.index.as_str()).collect();
    assert_eq!(places, ["1", "2"]);
}

#[test]
fn a_csv_in_no_known_encoding_is_told() {
    let night = Night::new();
    // UTF-32 with its mark; then bytes that are no UTF-8 and no sensible Windows-1252 either.
    let utf32: Vec<u8> = "\u{feff}recipient,diagnostic_code\nb@northwind.example,550 no\n"
        .chars()
        .flat_map(|c| (c as u32).to_le_bytes())
        .collect();
    night.add("utf32.csv", &utf32);
    night
        .add("bytes.csv", b"recipient,diagnostic_code\nb\xff\xfe\x81\x8d@northwind.example,550 \x81\x8d\x8f\x90\x9d\n");
    let told = night.tell();
    assert!(!told.reasons_of("utf32.csv").is_empty(), "{:?}", told.rejects);
    let bytes = told.events_of("bytes.csv") + told.reasons_of("bytes.csv").len();
    assert_eq!(bytes, 1, "the row is a row or a reject: {:?}", told.rejects);
}

#[test]
fn a_gzip_bomb_is_a_counted_reject() {
    let night = Night::new();
    // A member holds 64 MiB of zeros in 64 KiB; members may follow each other: 4 GiB in 4 MB.
    let mut member = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![0u8; 1 << 20];
    for _ in 0..64 {
        member.write_all(&zeros).expect("compressed");
    }
    let member = member.finish().expect("compressed");
    night.add("bomb.gz", &member.repeat(64));
    night.tell().rejected("bomb.gz", &["compression_bomb", "too_large", "binary"]);
}

#[test]
fn a_damaged_gzip_file_is_a_counted_reject() {
    let night = Night::new();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed
        .write_all(report("Final-Recipient: rfc822; b@northwind.example\nAction: failed\nStatus: 5.1.1\n").as_bytes())
        .expect("compressed");
    let mut packed = packed.finish().expect("compressed");
    packed.truncate(packed.len() / 2);
    night.add("half.eml.gz", &packed);
    night.tell().rejected("half.eml.gz", &["damaged_archive"]);
}

#[test]
fn fifty_thousand_recipients_in_one_report_are_fifty_thousand_events_and_no_brake() {
    let night = Night::new();
    let mut fields = String::new();
    for n in 0..50_000 {
        let _ = write!(
            fields,
            "Final-Recipient: rfc822; user{n}@northwind.example\nAction: failed\nStatus: 5.1.1\n\
             Diagnostic-Code: smtp; 550 5.1.1 <user{n}@northwind.example>: Recipient address rejected: User unknown\n\n"
        );
    }
    night.add("many.eml", report(&fields).as_bytes());
    let told = night.tell();
    assert_eq!(told.events_of("many.eml"), 50_000);
    assert_eq!(told.outcome.code, Some(0), "{}", told.outcome.stderr);
    assert!(!night.dir.path().join("out/2026-11-20/review/braked/addresses.csv").exists());
}

#[test]
fn when_nothing_can_be_read_the_error_names_the_file() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("nothing.eml");
    fs::write(&file, b"").expect("written");
    let out = dir.path().join("out");
    let told = bouncescope(["run".as_ref(), file.as_os_str(), "--out".as_ref(), out.as_os_str()]).run().behaves(&[2]);
    assert!(told.stderr.contains("nothing.eml"), "{}", told.stderr);
}

#[test]
fn json_cut_off_within_arrays_costs_one_item_and_not_the_night() {
    for cut in [r#"{"messages":[[""#, r#"{"messages":[[1"#, r#"{"count":1,"contacts":[[""#] {
        let night = Night::new();
        night.add("cut.json", cut.as_bytes());
        night.tell().rejected("cut.json", &["bad_json"]);
    }
}
