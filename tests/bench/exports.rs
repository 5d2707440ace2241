//! Benchmark: reading exports, against the csv crate and serde_json alone on the same bytes in the same run.
//!
//! `cargo bench --bench exports`; pin it (`taskset -c 0`). All rows differ, so that no cache helps. "Fields" is reading: opened,
//! cut into records, every field of ours found, which is what the crates alone do; "events": the fields made ours, replies
//! unwrapped; "named": through classify to frames, and those to Parquet as a run writes them. Tables are compiled before. The ratio counts.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use bouncescope::bounce::Reject;
use bouncescope::frame::{ClassifiedEvent, NightFiles, NightWriter, PlacedDelivery, Sink, delivery_frame, event_frame};
use bouncescope::ingest::{Desk, IngestOptions, Role, Seen};
use bouncescope::parse::{ParseOptions, Parsed, Reader, probe};
use bouncescope::progress::Progress;
use bouncescope::source::{self, SourceOptions};
use polars::prelude::DataFrame;
use serde::Deserialize;

const ROWS: usize = 200_000;
const ROUNDS: usize = 3;
const COLUMNS: &str =
    "timestamp,recipient,reply_code,status,diagnostic_code,remote_mta,sending_ip,sending_domain,campaign_id,message_id";

fn main() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let (rows, lines) = (dir.path().join("rows.csv"), dir.path().join("rows.ndjson"));
    std::fs::write(&rows, csv_text()).expect("written");
    std::fs::write(&lines, json_text()).expect("written");
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool");
    one.install(|| {
        let reader = Reader::new(&ParseOptions::default()).expect("tables");
        let desk = Desk::new(&IngestOptions::default()).expect("tables");
        for (name, path, alone) in [("csv", &rows, csv_alone as fn(&Path)), ("ndjson", &lines, json_alone)] {
            report(
                name,
                path,
                [
                    best(|| alone(path)),
                    best(|| fields(&reader, path)),
                    best(|| read(&reader, path)),
                    best(|| framed(&desk, path)),
                    best(|| named(&desk, path)),
                ],
            );
        }
    });
}

fn report(name: &str, path: &Path, [alone, fields, read, framed, named]: [Duration; 5]) {
    let megabytes = std::fs::metadata(path).expect("written").len() as f64 / 1e6;
    let rate = |took: Duration| ROWS as f64 / took.as_secs_f64();
    let ratio = |took: Duration| alone.as_secs_f64() / took.as_secs_f64();
    println!(
        "{name:7} {megabytes:.0} MB: crate alone {:.0} rows/s; fields {:.0} ({:.2}); events {:.0} ({:.2}); named, in frames {:.0}, in Parquet {:.0}",
        rate(alone),
        rate(fields),
        ratio(fields),
        rate(read),
        ratio(read),
        rate(framed),
        rate(named)
    );
}

/// The fastest of some rounds: noise only ever adds.
fn best(mut work: impl FnMut()) -> Duration {
    let round = |_| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..ROUNDS).map(round).min().expect("at least one round")
}

fn csv_alone(path: &Path) {
    let mut reader = csv::Reader::from_path(path).expect("opened");
    let mut record = csv::StringRecord::new();
    let mut count = 0;
    while reader.read_record(&mut record).expect("a record") {
        count += usize::from(black_box(&record).len() > 1);
    }
    assert_eq!(count, ROWS);
}

/// What a program of one's own would read a line into.
#[derive(Deserialize)]
#[expect(dead_code, reason = "only read into")]
struct Typed {
    timestamp: String,
    recipient: String,
    reply_code: u16,
    status: String,
    diagnostic_code: String,
    remote_mta: String,
    sending_ip: String,
    sending_domain: String,
    campaign_id: String,
    message_id: String,
}

fn json_alone(path: &Path) {
    let bytes = std::fs::read(path).expect("read");
    let mut count = 0;
    for line in bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
        black_box(serde_json::from_slice::<Typed>(line).expect("a row"));
        count += 1;
    }
    assert_eq!(count, ROWS);
}

fn fields(reader: &Reader, path: &Path) {
    let (mut out, mut count, mut bytes) = (Parsed::default(), 0, 0);
    each(path, &mut |item| {
        probe::fields(reader, &item, &mut out, &mut |text| bytes += black_box(text).len());
        count += 1;
    });
    assert!(count == ROWS && bytes > 100 * ROWS, "fields are missing");
}

fn read(reader: &Reader, path: &Path) {
    let (mut out, mut count) = (Parsed::default(), 0);
    each(path, &mut |item| {
        reader.item(&item, &mut out);
        count += black_box(&out).events.len();
        out.events.clear();
    });
    assert_eq!(count, ROWS);
}

fn each(path: &Path, visit: &mut dyn FnMut(source::Item<'_>)) {
    let options = SourceOptions::default();
    for source in source::open(&[path.display().to_string()], &options).expect("listed").sources {
        for batch in source.batches(&options).expect("opened") {
            batch.expect("read").each(&mut |item| visit(item.expect("an item")));
        }
    }
}

fn named(desk: &Desk, path: &Path) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut writer = NightWriter::create(&NightFiles::in_folder(dir.path())).expect("created");
    ingest(desk, path, &mut writer);
    writer.finish().expect("written");
}

/// Frames, made and dropped.
struct Frames(usize);

impl Sink for Frames {
    type Page = [DataFrame; 2];

    fn page(
        &self,
        events: &[ClassifiedEvent],
        deliveries: &[PlacedDelivery],
        rejects: &[Reject],
    ) -> anyhow::Result<Self::Page> {
        assert!(rejects.is_empty(), "a row was not read");
        Ok([event_frame(events)?, delivery_frame(deliveries)?])
    }

    fn write(&mut self, page: Self::Page) -> anyhow::Result<()> {
        self.0 += black_box(page).iter().map(DataFrame::height).sum::<usize>();
        Ok(())
    }
}

fn framed(desk: &Desk, path: &Path) {
    let mut frames = Frames(0);
    ingest(desk, path, &mut frames);
    assert_eq!(frames.0, ROWS);
}

fn ingest(desk: &Desk, path: &Path, sink: &mut (impl Sink<Page: Send> + Send)) {
    let listing = source::open(&[path.display().to_string()], &SourceOptions::default()).expect("listed");
    let summary = desk.ingest(&listing, Role::Bounces, &mut Seen::default(), sink, &Progress::hidden()).expect("read");
    assert_eq!(summary.events, ROWS as u64);
}

/// The replies of the rows; `{r}` is the recipient, `{x}` an id.
const REPLIES: &[(u16, &str, &str)] = &[
    (550, "5.1.1", "550 5.1.1 <{r}>: Recipient address rejected: User unknown in virtual mailbox table"),
    (
        550,
        "5.7.1",
        "550 5.7.1 Service unavailable, Client host [192.0.2.14] blocked using Spamhaus. [{x}.prod.example.net]",
    ),
    (452, "4.2.2", "452 4.2.2 The email account that you tried to reach is over quota. {x} - gsmtp"),
    (554, "5.7.1", "554 5.7.1 Access denied by a rule of the recipient's organisation ({x})"),
    (421, "4.7.0", "421 4.7.0 Try again later, closing connection. {x}"),
];

fn cells(i: usize) -> [String; 10] {
    let id = format!("{:08x}", i.wrapping_mul(2_654_435_761) & 0xffff_ffff);
    let recipient = format!("user.{i}@org{}.example", i % 7919);
    let (code, status, reply) = REPLIES[i % REPLIES.len()];
    [
        format!("2026-11-20T{:02}:{:02}:{:02}Z", i / 3600 % 24, i / 60 % 60, i % 60),
        recipient.clone(),
        code.to_string(),
        status.to_owned(),
        reply.replace("{r}", &recipient).replace("{x}", &id),
        format!("mx{}.org{}.example", i % 3, i % 7919),
        format!("192.0.2.{}", 10 + i % 5),
        "news.fernwell.example".to_owned(),
        format!("autumn-{}", i % 40),
        format!("<{id}.{i}@fernwell.example>"),
    ]
}

fn csv_text() -> String {
    let mut text = format!("{COLUMNS}\n");
    for i in 0..ROWS {
        let quoted = cells(i).map(|f| if f.contains(',') { format!("\"{f}\"") } else { f });
        let _ = writeln!(text, "{}", quoted.join(","));
    }
    text
}

fn json_text() -> String {
    let mut text = String::new();
    for i in 0..ROWS {
        let pairs = COLUMNS.split(',').zip(cells(i)).map(|(name, value)| match name {
            "reply_code" => format!("\"{name}\":{value}"),
            _ => format!("\"{name}\":\"{value}\""),
        });
        let _ = writeln!(text, "{{{}}}", pairs.collect::<Vec<_>>().join(","));
    }
    text
}
