//! Benchmark: classifying replies.
//!
//! Figures from one run, on one core: replies that share no template; a realistic night (2,000 templates in 5 million
//! replies, each with its own ids and addresses); the same night as if all of it came from Microsoft, whose replies end
//! with the longest ids; and the distinct replies through a plain `RegexSet` of 135 patterns with the default cache, the
//! way KumoMTA's classifier works. `cargo bench --bench naming [-- SCALE]` takes a scale below 1 for a quick look.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use bouncescope::bounce::{Event, Kind, Origin};
use bouncescope::classify::{Cache, Classifier};
use bouncescope::parse::reply;
use bouncescope::tables::{load, rules::Rule};

/// Patterns of the set compared with: as many as KumoMTA ships.
const PEER_PATTERNS: usize = 135;
/// Templates of a night.
const TEMPLATES: usize = 2_000;
/// Replies of a night.
const NIGHT: usize = 5_000_000;
/// Replies without a common template.
const DISTINCT: usize = 300_000;

fn main() {
    let scale = std::env::args().filter_map(|a| a.parse::<f64>().ok()).next().unwrap_or(1.0);
    let of = |n: usize| ((n as f64 * scale) as usize).max(1_000);

    let start = Instant::now();
    let classifier = match Classifier::new(None) {
        Ok(classifier) => classifier,
        Err(error) => {
            eprintln!("{error}");
            return;
        }
    };
    println!("tables loaded and compiled    {:>10.1} ms", start.elapsed().as_secs_f64() * 1e3);

    let stems = stems();
    let distinct: Vec<Event> = (0..of(DISTINCT)).map(|i| event(&distinct_reply(&stems, i))).collect();
    let ours = rate(distinct.len(), || {
        // A fresh memory for every few replies: nothing is remembered, the automaton stays warm.
        let mut cache = Cache::without_memory();
        for event in &distinct {
            black_box(classifier.classify(event, &mut cache));
        }
    });
    println!("distinct replies              {ours:>10.0} /s   (goal 300,000)");

    let peer = peer_set(&stems);
    let sample = &distinct[..distinct.len() / 10];
    let theirs = rate(sample.len(), || {
        for event in sample {
            let text = event.reply.as_deref().unwrap_or_default();
            black_box(peer.matches(text).iter().next());
        }
    });
    println!("plain RegexSet, {PEER_PATTERNS} patterns   {theirs:>10.0} /s");
    println!("ours against the plain set    {:>10.1} x", ours / theirs);

    let templates: Vec<String> = (0..TEMPLATES).map(|i| distinct_reply(&stems, i)).collect();
    let mixed = night(&classifier, &templates, of(NIGHT), |i| ENDS[i % ENDS.len()]);
    println!("a night of {TEMPLATES} templates     {mixed:>10.0} /s   (goal 2,000,000)");
    let microsoft = night(&classifier, &templates, of(NIGHT), |_| End::Microsoft);
    println!("the same, all from Microsoft  {microsoft:>10.0} /s");
}

/// Replies a second in a night of `count` replies.
fn night(classifier: &Classifier, templates: &[String], count: usize, end: impl Fn(usize) -> End) -> f64 {
    let batch = 100_000;
    let (mut spent, mut done, mut cache) = (Duration::ZERO, 0, Cache::default());
    while done < count {
        // Made outside the clock: reading is measured elsewhere.
        let reply = |i| with_ids(&templates[skewed(i)], i, end(i));
        let events: Vec<Event> = (done..done + batch).map(|i| event(&reply(i))).collect();
        let start = Instant::now();
        for event in &events {
            black_box(classifier.classify(event, &mut cache));
        }
        spent += start.elapsed();
        done += batch;
    }
    done as f64 / spent.as_secs_f64()
}

/// Replies a second.
fn rate(count: usize, work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    count as f64 / start.elapsed().as_secs_f64()
}

/// The tables' own examples: real wordings.
fn stems() -> Vec<String> {
    let rows = load::<Rule>(None).unwrap_or_default();
    rows.into_iter().flat_map(|row| row.value.examples).collect()
}

/// A reply whose template no other `i` has: a stem with words of its own.
fn distinct_reply(stems: &[String], i: usize) -> String {
    let stem = &stems[i % stems.len()];
    let round = i / stems.len();
    format!("{stem} ref {}", letters(round * 7919 + i))
}

/// A number as a word: digits would become a placeholder.
fn letters(mut n: usize) -> String {
    let mut word = String::new();
    while word.len() < 6 {
        word.push(char::from(b'a' + (n % 26) as u8));
        n /= 26;
    }
    word
}

/// How a reply ends: with the ids of the system that gave it.
#[derive(Clone, Copy)]
enum End {
    Microsoft,
    Google,
    Postfix,
}

/// A third each; replies are then as long as real ones, or longer.
const ENDS: [End; 3] = [End::Microsoft, End::Google, End::Postfix];

/// The same reply with its own address and ids, as every bounce of a night has.
fn with_ids(template: &str, i: usize, end: End) -> String {
    let mut reply = template.replace("192.0.2.1", &format!("192.0.2.{}", i % 250));
    let _ = write!(reply, " <user{i}@example.com>");
    let (short, long) = (i % 1_000, i * 7_919_777);
    let _ = match end {
        End::Microsoft => write!(
            reply,
            " [AM{i:06}FT019.eop-EUR02.prod.protection.outlook.com 2026-03-08T18:27:57.{short:03}Z {long:016X}]"
        ),
        End::Google => write!(reply, " ffacd0b85a97d-{long:013x}si{i}f8f.{short} - gsmtp"),
        End::Postfix => write!(reply, " (in reply to 4{:09X}Zz{short:03})", long % 0xf_ffff_ffff),
    };
    reply
}

/// A few templates make most of a night.
fn skewed(i: usize) -> usize {
    let mixed = i.wrapping_mul(2_654_435_761) % 1_000_000;
    let share = mixed as f64 / 1e6;
    ((share * share * share) * TEMPLATES as f64) as usize
}

fn event(text: &str) -> Event {
    let read = reply::read(text);
    let mut event = Event::new(Origin { source: "bench".into(), index: 0 }, Kind::Bounce, "bench");
    event.reply_code = read.code;
    event.status = read.status;
    event.reply = read.text;
    event.command = read.command;
    event.remote_mta = read.host;
    event
}

/// As many regexes as the peer has, of the same make, in one set with the default cache.
fn peer_set(stems: &[String]) -> regex::RegexSet {
    let rows = load::<Rule>(None).unwrap_or_default();
    let texts: Vec<String> = rows
        .iter()
        .filter_map(|row| row.value.text.as_deref())
        .take(PEER_PATTERNS)
        .map(|text| format!("(?i){text}"))
        .collect();
    assert!(!stems.is_empty() && texts.len() == PEER_PATTERNS, "the tables are too small to compare");
    regex::RegexSet::new(&texts).unwrap_or_else(|_| regex::RegexSet::empty())
}
