//! A folder of inputs of a test's own, a run over it, and what the run's report says.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{Outcome, bouncescope};

/// The date of all rows here, and so the night's name.
pub const NIGHT: &str = "2026-11-20";

/// A folder.
pub struct Scratch {
    dir: TempDir,
}

/// What a run said.
pub struct Told {
    pub outcome: Outcome,
    /// report.json; `None` if nothing was published.
    pub report: Option<Value>,
    /// Where the night stands, if it was published.
    night: PathBuf,
}

impl Scratch {
    pub fn new() -> Scratch {
        Scratch { dir: tempfile::tempdir().expect("a temporary directory") }
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file, and the folders it stands in.
    pub fn add(&self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("within the folder")).expect("folders can be made");
        fs::write(&path, bytes).expect("a file can be written");
        path
    }

    /// `bouncescope run`, in this folder, with `ARGS` split at blanks.
    pub fn run(&self, args: &str) -> Told {
        self.run_words(args.split_whitespace().map(OsString::from).collect())
    }

    /// The same with arguments that need not be UTF-8.
    pub fn run_words(&self, args: Vec<OsString>) -> Told {
        let mut words: Vec<OsString> = vec!["run".into(), "--no-progress".into()];
        words.extend(args);
        let at = words.iter().position(|word| word == "--out");
        let out = at.and_then(|at| words.get(at + 1)).map_or(OsStr::new("reports"), |out| out);
        let night = self.path(out).join(NIGHT);
        let outcome = bouncescope(&words).dir(self.dir.path()).run().behaves(&[0, 1, 2, 3, 5, 6]);
        let report =
            fs::read(night.join("report.json")).ok().map(|bytes| serde_json::from_slice(&bytes).expect("JSON"));
        Told { outcome, report, night }
    }

    /// `bouncescope parse`, likewise.
    pub fn parse(&self, args: &str) -> Outcome {
        let words = ["parse"].into_iter().chain(args.split_whitespace());
        bouncescope(words).dir(self.dir.path()).run().behaves(&[0, 1, 2, 3])
    }
}

impl Told {
    /// The night's folder.
    pub fn night(&self) -> &Path {
        &self.night
    }

    /// A value of the report, by its path.
    pub fn at(&self, pointer: &str) -> &Value {
        let report = self.report.as_ref().unwrap_or_else(|| panic!("nothing published: {}", self.outcome.stderr));
        report.pointer(pointer).unwrap_or_else(|| panic!("the report has no {pointer}"))
    }

    pub fn count(&self, pointer: &str) -> u64 {
        self.at(pointer).as_u64().unwrap_or_else(|| panic!("{pointer} is no count"))
    }

    /// The sum over `inputs[]`.
    pub fn sum(&self, field: &str) -> u64 {
        let inputs = self.at("/inputs").as_array().expect("a list");
        inputs.iter().map(|input| input[field].as_u64().expect("a count")).sum()
    }

    /// Asserts that the inputs' figures sum to the totals.
    pub fn sums_close(&self) {
        assert_eq!(self.sum("events"), self.count("/totals/events"), "events");
        assert_eq!(self.sum("rejects"), self.count("/totals/rejects"), "rejects");
        assert_eq!(self.sum("lost"), self.count("/quality/lost_total"), "lost");
    }
}

/// A CSV of so many bounces, to `TAGn@...`; each row says its own time.
pub fn bounces(tag: &str, rows: usize) -> String {
    let mut text = "timestamp,recipient,reply_code,diagnostic_code\n".to_owned();
    for n in 0..rows {
        let (minute, second, house) = (n / 60 % 60, n % 60, n % 37);
        let _ = writeln!(
            text,
            "{NIGHT}T02:{minute:02}:{second:02}Z,{tag}{n}@house{house}.example,550,550 5.1.1 No such user here"
        );
    }
    text
}

/// The same as NDJSON.
pub fn bounces_by_line(tag: &str, rows: usize) -> String {
    (0..rows).fold(String::new(), |mut text, n| {
        let _ = writeln!(
            text,
            r#"{{"timestamp":"{NIGHT}T03:00:00Z","recipient":"{tag}{n}@house.example","diagnostic_code":"550 5.1.1 No such user here"}}"#
        );
        text
    })
}

/// A CSV of so many deliveries, without ids of messages.
pub fn deliveries(tag: &str, rows: usize) -> String {
    let mut text = "timestamp,recipient\n".to_owned();
    for n in 0..rows {
        let _ = writeln!(text, "{NIGHT}T01:00:00Z,{tag}{n}@house{}.example", n % 37);
    }
    text
}
