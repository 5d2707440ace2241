//! Benchmark: mails that are as large, as long or as deep as a mail may be, at one size and at its double.
//!
//! `cargo bench --bench limits`. What counts is the last column, the time at the double size by the time at the size:
//! about 2 is linear, 4 is quadratic. Each row says what came of the mail, so that nothing is fast by being refused.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bouncescope::bounce::Origin;
use bouncescope::parse::{ParseOptions, Parsed, Reader};
use bouncescope::source::Item;

const ROUNDS: usize = 3;

/// A mail by its size, and the smaller of the two sizes.
struct Case {
    name: &'static str,
    unit: &'static str,
    size: usize,
    mail: fn(usize) -> String,
}

const CASES: &[Case] = &[
    Case { name: "returned message", unit: "MB", size: 25, mail: |mb| report(BLOCK, &lines(mb)) },
    Case { name: "encoded text", unit: "MB", size: 25, mail: |mb| encoded(mb) },
    Case { name: "prose, an address on each line", unit: "MB", size: 25, mail: |mb| prose(&addresses(mb)) },
    Case { name: "prose, one line", unit: "MB", size: 25, mail: |mb| prose(&"word ".repeat((mb << 20) / 5)) },
    Case { name: "one line of at signs", unit: "MB", size: 25, mail: |mb| prose(&"@".repeat(mb << 20)) },
    Case {
        name: "lines that may be boundaries",
        unit: "MB",
        size: 25,
        mail: |mb| report(BLOCK, &"--b\n".repeat(mb << 18)),
    },
    Case { name: "one field", unit: "MB", size: 25, mail: |mb| report(&one_field(mb), "x") },
    Case { name: "recipients of a report", unit: "", size: 50_000, mail: |n| report(&blocks(n), "x") },
    Case { name: "recipients in prose", unit: "", size: 50_000, mail: |n| prose(&listed(n)) },
    Case { name: "recipients in X-Failed-Recipients", unit: "", size: 50_000, mail: failed },
    Case { name: "attached messages, nested", unit: "", size: 500, mail: |n| nested(n, "message/rfc822") },
    Case { name: "multiparts, nested", unit: "", size: 500, mail: multiparts },
    Case { name: "attached reports, side by side", unit: "", size: 500, mail: digest },
];

const BLOCK: &str = "Final-Recipient: rfc822; ann@example.org\nAction: failed\nStatus: 5.1.1\n";

fn main() {
    let reader = Reader::new(&ParseOptions::default()).expect("tables");
    println!("{:<36} {:>12} {:>10} {:>10} {:>10} {:>6}", "what", "size", "rows", "time", "double", "ratio");
    for case in CASES {
        let (once, rows) = time(&reader, &(case.mail)(case.size));
        let (twice, _) = time(&reader, &(case.mail)(2 * case.size));
        println!(
            "{:<36} {:>12} {:>10} {:>7.1} ms {:>7.1} ms {:>6.2}",
            case.name,
            format!("{} {}", case.size, case.unit),
            rows,
            once.as_secs_f64() * 1e3,
            twice.as_secs_f64() * 1e3,
            twice.as_secs_f64() / once.as_secs_f64()
        );
    }
}

/// The fastest of some rounds, and how many rows came of the mail.
fn time(reader: &Reader, mail: &str) -> (Duration, usize) {
    let origin = Origin { source: Arc::from("bench"), index: 0 };
    let mut rows = 0;
    let round = |_| {
        let mut out = Parsed::default();
        let start = Instant::now();
        reader.item(&Item::Mail { origin: origin.clone(), bytes: mail.as_bytes() }, &mut out);
        let took = start.elapsed();
        rows = black_box(&out).events.len();
        took
    };
    let best = (0..ROUNDS).map(round).min().expect("at least one round");
    (best, rows)
}

fn report(status: &str, returned: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mail.example.com\nTo: eve@example.com\nSubject: Undelivered\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b/1\"\n\n--b/1\n\nSorry.\n--b/1\n\
         Content-Type: message/delivery-status\n\nReporting-MTA: dns; mail.example.com\n\n{status}\n--b/1\n\
         Content-Type: message/rfc822\n\nMessage-ID: <1@example.com>\nFrom: eve@example.com\n\n{returned}\n--b/1--\n"
    )
}

fn prose(text: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mail.example.com\nTo: eve@example.com\nSubject: failure notice\n\nUndeliverable:\n\n{text}\n"
    )
}

fn lines(mb: usize) -> String {
    "A line of a letter: paper, card, envelopes; write to bob@example.net.\n".repeat((mb << 20) / 70)
}

fn addresses(mb: usize) -> String {
    let mut text = String::new();
    for i in 0..(mb << 20) / 40 {
        let _ = writeln!(text, "mail to u{i:08}@example.org failed");
    }
    text
}

fn encoded(mb: usize) -> String {
    let text = "ann=40example.org: unbekannter Empf=E4nger, leider nicht zustellbar =\n".repeat((mb << 20) / 72);
    format!(
        "From: MAILER-DAEMON@mail.example.com\nSubject: Undelivered\nMIME-Version: 1.0\nContent-Type: text/plain; charset=iso-8859-1\n\
         Content-Transfer-Encoding: quoted-printable\n\n{text}\n"
    )
}

fn one_field(mb: usize) -> String {
    format!("{BLOCK}Diagnostic-Code: smtp; 550 no\n{}", " and so on\n".repeat((mb << 20) / 11))
}

fn blocks(recipients: usize) -> String {
    let mut text = String::new();
    for i in 0..recipients {
        let _ = writeln!(text, "Final-Recipient: rfc822; u{i}@example.org\nAction: failed\nStatus: 5.0.0\n");
    }
    text
}

fn listed(recipients: usize) -> String {
    let mut text = String::new();
    for i in 0..recipients {
        let _ = writeln!(text, "<u{i}@example.org>:\n    550 5.1.1 User unknown\n");
    }
    text
}

fn failed(recipients: usize) -> String {
    let mut header = String::new();
    for i in 0..recipients {
        let _ = writeln!(header, "X-Failed-Recipients: u{i}@example.org");
    }
    format!(
        "From: MAILER-DAEMON@mail.example.com\n{header}Subject: Mail delivery failed\n\nIt could not be delivered.\n"
    )
}

fn nested(depth: usize, kind: &str) -> String {
    format!("{}{}", format!("From: a@example.com\nContent-Type: {kind}\n\n").repeat(depth), report(BLOCK, "x"))
}

fn multiparts(depth: usize) -> String {
    let mut open = String::from("From: MAILER-DAEMON@mail.example.com\nSubject: Undelivered\nMIME-Version: 1.0\n");
    let mut close = String::new();
    for i in 0..depth {
        let _ = write!(open, "Content-Type: multipart/mixed; boundary=\"b{i}\"\n\n--b{i}\n");
        close = format!("\n--b{i}--\n{close}");
    }
    format!("{open}Content-Type: message/delivery-status\n\n{BLOCK}{close}")
}

fn digest(reports: usize) -> String {
    let one = format!("--o\nContent-Type: message/rfc822\n\n{}\n", report(BLOCK, "x"));
    format!(
        "From: a@example.com\nSubject: look\nContent-Type: multipart/mixed; boundary=o\n\n{}--o--\n",
        one.repeat(reports)
    )
}
