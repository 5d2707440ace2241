//! Benchmark: reading mails, against mail-parser alone on the same bytes in the same run.
//!
//! `cargo bench --bench reading`; pin it (`taskset -c 0`) for the one-thread figures. Every mail differs in addresses,
//! ids and times, so that neither a cache nor the removal of duplicates helps. The ratio is what counts, not the rate.
//! For a profiler: `cargo bench --bench reading -- named mbox 2000` (or `read`, `alone`; `maildir`) works that off once.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bouncescope::bounce::Reject;
use bouncescope::frame::{ClassifiedEvent, PlacedDelivery, Sink};
use bouncescope::ingest::{Desk, IngestOptions, Role, Seen};
use bouncescope::parse::{ParseOptions, Parsed, Reader};
use bouncescope::progress::Progress;
use bouncescope::source::{self, SourceOptions};
use mail_parser::MessageParser;

const MAILS: usize = 20_000;
const ROUNDS: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let mails = match arguments.as_slice() {
        [_, _, mails] => mails.parse().expect("a number of mails"),
        _ => MAILS,
    };
    let dir = tempfile::tempdir().expect("a temporary folder");
    let (mbox, maildir) = lay_down(dir.path(), mails);
    let desk = Desk::new(&IngestOptions::default()).expect("tables");
    let reader = Reader::new(&ParseOptions::default()).expect("tables");
    if let [work, container, ..] = arguments.as_slice() {
        let path = if container == "mbox" { &mbox } else { &maildir };
        match work.as_str() {
            "alone" => alone(path, container, mails),
            "read" => read(path, &reader, mails),
            _ => named(path, &desk, mails),
        }
        return;
    }
    let (one, two) = (pool(1), pool(2));
    for (name, path) in [("mbox", &mbox), ("maildir", &maildir)] {
        let alone_1 = best(|| one.install(|| alone(path, name, mails)));
        let read_1 = best(|| one.install(|| read(path, &reader, mails)));
        let named_1 = best(|| one.install(|| named(path, &desk, mails)));
        let alone_2 = best(|| two.install(|| alone_on_two(path, name, mails)));
        let named_2 = best(|| two.install(|| named(path, &desk, mails)));
        let rate = |took: Duration| mails as f64 / took.as_secs_f64();
        println!(
            "{name:8} one thread: mail-parser alone {:.0} mails/s, read {:.0} (ratio {:.2}), read and named {:.0} (ratio {:.2})",
            rate(alone_1),
            rate(read_1),
            gain(alone_1, read_1),
            rate(named_1),
            gain(alone_1, named_1)
        );
        println!(
            "{name:8} two threads: mail-parser gains {:.2}, bouncescope {:.2}; ratio of gains {:.2}",
            gain(alone_1, alone_2),
            gain(named_1, named_2),
            gain(named_1, named_2) / gain(alone_1, alone_2)
        );
    }
}

/// Writes the mails as an mbox and as a Maildir.
fn lay_down(dir: &Path, mails: usize) -> (PathBuf, PathBuf) {
    let mails: Vec<String> = (0..mails).map(mail).collect();
    let mbox = dir.join("returned.mbox");
    let text: String = mails.iter().map(|m| format!("From MAILER-DAEMON Fri Nov 20 02:00:00 2026\n{m}\n")).collect();
    std::fs::write(&mbox, &text).expect("written");
    let maildir = dir.join("maildir");
    for sub in ["cur", "new", "tmp"] {
        std::fs::create_dir_all(maildir.join(sub)).expect("made");
    }
    for (i, mail) in mails.iter().enumerate() {
        std::fs::write(maildir.join("cur").join(format!("{i:06}.host:2,S")), mail).expect("written");
    }
    println!("{} mails, {:.1} MB, all different", mails.len(), text.len() as f64 / 1e6);
    (mbox, maildir)
}

/// How much faster `with` is than `without`.
fn gain(without: Duration, with: Duration) -> f64 {
    without.as_secs_f64() / with.as_secs_f64()
}

fn pool(threads: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool")
}

/// The fastest of some rounds: noise only ever adds.
fn best(mut work: impl FnMut()) -> Duration {
    (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .min()
        .expect("at least one round")
}

/// mail-parser alone: open, split as the mbox says, parse.
fn alone(path: &Path, kind: &str, mails: usize) {
    let parser = MessageParser::default();
    let mut count = 0;
    if kind == "mbox" {
        let bytes = std::fs::read(path).expect("read");
        for mail in boundaries(&bytes) {
            count += usize::from(black_box(parser.parse(mail)).is_some());
        }
    } else {
        for file in files(path) {
            let bytes = std::fs::read(file).expect("read");
            count += usize::from(black_box(parser.parse(&bytes)).is_some());
        }
    }
    assert_eq!(count, mails);
}

/// The same with the mails spread over the threads of the pool.
fn alone_on_two(path: &Path, kind: &str, mails: usize) {
    use rayon::prelude::*;
    let parse = |mail: &[u8]| usize::from(black_box(MessageParser::default().parse(mail)).is_some());
    let count: usize = if kind == "mbox" {
        let bytes = std::fs::read(path).expect("read");
        boundaries(&bytes).par_iter().with_min_len(64).map(|mail| parse(mail)).sum()
    } else {
        files(path).par_iter().with_min_len(64).map(|file| parse(&std::fs::read(file).expect("read"))).sum()
    };
    assert_eq!(count, mails);
}

fn boundaries(bytes: &[u8]) -> Vec<&[u8]> {
    let starts: Vec<usize> = memchr::memmem::find_iter(bytes, b"\nFrom MAILER-DAEMON ").map(|at| at + 1).collect();
    let starts: Vec<usize> = std::iter::once(0).chain(starts).chain([bytes.len()]).collect();
    let after_line = |mail: &'_ [u8]| memchr::memchr(b'\n', mail).map_or(0, |end| end + 1);
    starts.windows(2).map(|w| &bytes[w[0]..w[1]]).map(|mail| &mail[after_line(mail)..]).collect()
}

fn files(path: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(path.join("cur")).expect("listed");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

/// Reading alone: open, split, parse; events are counted and dropped.
fn read(path: &Path, reader: &Reader, mails: usize) {
    let options = SourceOptions::default();
    let listing = source::open(&[path.display().to_string()], &options).expect("listed");
    let mut count = 0;
    for batch in listing.sources.iter().flat_map(|source| source.batches(&options).expect("opened")) {
        let mut parsed = Parsed::default();
        batch.expect("read").each(&mut |item| reader.item(&item.expect("a mail"), &mut parsed));
        count += black_box(&parsed.events).len();
    }
    assert_eq!(count, mails);
}

/// Reading and naming, as a night does it: rows are counted and dropped.
fn named(path: &Path, desk: &Desk, mails: usize) {
    let listing = source::open(&[path.display().to_string()], &SourceOptions::default()).expect("listed");
    let mut sink = Counted(0);
    desk.ingest(&listing, Role::Bounces, &mut Seen::default(), &mut sink, &Progress::hidden()).expect("read");
    assert_eq!(sink.0, mails);
}

struct Counted(usize);

impl Sink for Counted {
    type Page = usize;

    fn page(&self, events: &[ClassifiedEvent], _: &[PlacedDelivery], _: &[Reject]) -> anyhow::Result<usize> {
        Ok(black_box(events).len())
    }

    fn write(&mut self, page: usize) -> anyhow::Result<()> {
        self.0 += page;
        Ok(())
    }
}

/// A bounce of about 4 kB, in turn a delivery report, a report by Exchange, and prose.
fn mail(i: usize) -> String {
    let id = i.wrapping_mul(2_654_435_761) & 0xffff_ffff;
    let rcpt = format!("user.{i}@org{}.example", i % 7919);
    let returned = returned(i, id, &rcpt);
    match i % 3 {
        0 | 1 => format!(
            "Return-Path: <>\nReceived: by mx1.fernwell.example (Postfix)\n\tid {id:08X}; Fri, 20 Nov 2026 02:{:02}:{:02} +0000 (UTC)\n\
             Date: Fri, 20 Nov 2026 02:{:02}:{:02} +0000 (UTC)\nFrom: MAILER-DAEMON@mx1.fernwell.example (Mail Delivery System)\n\
             Subject: Undelivered Mail Returned to Sender\nTo: bounces+{i}@fernwell.example\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n\
             Content-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"{id:08X}.1763604000/mx1.fernwell.example\"\n\
             Message-Id: <{id:08x}.{i}@mx1.fernwell.example>\n\nThis is a MIME-encapsulated message.\n\n--{id:08X}.1763604000/mx1.fernwell.example\n\
             Content-Description: Notification\nContent-Type: text/plain; charset=us-ascii\n\nThis is the mail system at host mx1.fernwell.example.\n\n\
             I'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients. It's attached below.\n\n\
             <{rcpt}>: host mail.org{}.example[203.0.113.{}] said: 550 5.1.1\n    <{rcpt}>: Recipient address rejected: User unknown in virtual\n    mailbox table (in reply to RCPT TO command)\n\n\
             --{id:08X}.1763604000/mx1.fernwell.example\nContent-Description: Delivery report\nContent-Type: message/delivery-status\n\n\
             Reporting-MTA: dns; mx1.fernwell.example\nX-Postfix-Queue-ID: {id:08X}\nX-Postfix-Sender: rfc822; bounces+{i}@fernwell.example\n\
             Arrival-Date: Fri, 20 Nov 2026 01:{:02}:{:02} +0000 (UTC)\n\nFinal-Recipient: rfc822; {rcpt}\nOriginal-Recipient: rfc822;{rcpt}\n\
             Action: failed\nStatus: 5.1.1\nRemote-MTA: dns; mail.org{}.example\nDiagnostic-Code: smtp; 550 5.1.1 <{rcpt}>: Recipient address\n    rejected: User unknown in virtual mailbox table\n\n\
             --{id:08X}.1763604000/mx1.fernwell.example\nContent-Description: Undelivered Message\nContent-Type: message/rfc822\n\n{returned}\n\
             --{id:08X}.1763604000/mx1.fernwell.example--\n",
            i / 60 % 60,
            i % 60,
            i / 60 % 60,
            i % 60,
            i % 7919,
            i % 250,
            i / 60 % 60,
            i % 60,
            i % 7919,
        ),
        _ => format!(
            "Return-path: <>\nReceived: from Debian-exim by mx2.fernwell.example with local (Exim 4.96)\n\tid 1{id:08x}-00{i:04x}-1A\n\
             \tfor bounces+{i}@fernwell.example; Fri, 20 Nov 2026 02:{:02}:{:02} +0000\nX-Failed-Recipients: {rcpt}\nAuto-Submitted: auto-replied\n\
             From: Mail Delivery System <Mailer-Daemon@mx2.fernwell.example>\nTo: bounces+{i}@fernwell.example\n\
             Subject: Mail delivery failed: returning message to sender\nMessage-Id: <E1{id:08x}-{i}@mx2.fernwell.example>\n\
             Date: Fri, 20 Nov 2026 02:{:02}:{:02} +0000\n\nThis message was created automatically by mail delivery software.\n\n\
             A message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n\
             \x20 {rcpt}\n    host mx.org{}.example [203.0.113.{}]\n    SMTP error from remote mail server after RCPT TO:<{rcpt}>:\n    550 No such user here\n\n\
             ------ This is a copy of the message, including all the headers. ------\n\n{returned}\n",
            i / 60 % 60,
            i % 60,
            i / 60 % 60,
            i % 60,
            i % 7919,
            i % 250,
        ),
    }
}

fn returned(i: usize, id: usize, rcpt: &str) -> String {
    let mut body = String::new();
    for line in 0..28 {
        let _ = writeln!(
            body,
            "Line {line} of letter {i}: paper, card and envelopes by the ream, ref {:x}.",
            id ^ (line * 7919)
        );
    }
    format!(
        "Return-Path: <bounces+{i}@fernwell.example>\nReceived: from app{}.fernwell.example (unknown [192.0.2.{}])\n\tby mx1.fernwell.example (Postfix) with ESMTPS id {id:08X}\n\
         \tfor <{rcpt}>; Fri, 20 Nov 2026 01:{:02}:{:02} +0000 (UTC)\nDKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=fernwell.example; s=s1;\n\
         \tt=17636{i:05}; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;\n\th=From:To:Subject:Date; b={id:064x}\nFrom: Fernwell Paper <news@fernwell.example>\n\
         To: <{rcpt}>\nSubject: Paper for the dark months {i}\nMessage-ID: <{id:x}.{i}@fernwell.example>\nX-Campaign-ID: autumn-{}\nFeedback-ID: autumn:{}:fernwell\n\
         List-Unsubscribe: <https://fernwell.example/u/{id:x}>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{body}",
        i % 9,
        10 + i % 5,
        i / 60 % 60,
        i % 60,
        i % 40,
        i % 40,
    )
}
