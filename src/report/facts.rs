//! Facts of the reading wing that a report shows. In: whatever `lib` fills in from the run's summary. Out: plain data;
//! report computes with it, and never reads an event itself.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::bounce::{Cause, Kind, LostFile, Origin, RejectReason, Timestamp};

/// What was read, and how well.
#[derive(Debug, Clone)]
pub struct NightFacts {
    /// The program's version.
    pub tool_version: String,
    /// Hash of the tables in effect, hex.
    pub tables_hash: String,
    /// The night's name.
    pub as_of: Date,
    /// First and last event; `None` without dates.
    pub window: Option<(Timestamp, Timestamp)>,
    /// What was read, sorted by name.
    pub inputs: Vec<InputFact>,
    /// Raw items: messages, records, lines.
    pub items: u64,
    /// Bytes read, after decompression.
    pub bytes: u64,
    /// Events kept, by kind.
    pub kinds: BTreeMap<Kind, u64>,
    /// Rejects, by reason.
    pub rejects: Vec<RejectFact>,
    /// Events that were the same as an earlier one.
    pub duplicates: u64,
    /// Mails that report a failure of which no recipient could be read.
    pub unread_bounces: u64,
    /// Complaints whose sender hides who complained.
    pub hidden_complainers: u64,
    /// Messages that delivery rows stand for; `None` when none were given.
    pub deliveries: Option<u64>,
    /// Files passed over by name.
    pub skipped: Vec<String>,
    /// Files lost as a whole or from some place on; of very many the first.
    pub lost: Vec<LostFile>,
    /// All lost files, also those that are not in `lost`.
    pub lost_total: u64,
    /// Those of them of which nothing says what their rows are.
    pub not_understood: u64,
    /// Files and folders that this program wrote, passed over.
    pub ours: Vec<String>,
    /// Files in folders that are no inputs, passed over: their paths, and what they are.
    pub strays: Vec<(String, &'static str)>,
    /// Paths to what was read under another path.
    pub again: Vec<AgainFact>,
    /// Replies that no rule knows, most frequent first; the first twenty are shown.
    pub unknown_templates: Vec<UnknownFact>,
    /// Failures whose reply no rule knows, all of them.
    pub unknown_replies: u64,
    /// Where the exporting platform's class and our cause disagree, most frequent first.
    pub native_disagreements: Vec<NativeFact>,
    /// Columns that nothing reads, and in how many inputs.
    pub unknown_columns: Vec<(String, u64)>,
}

impl NightFacts {
    /// Facts of a night that read nothing.
    pub fn empty(as_of: Date) -> NightFacts {
        NightFacts {
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            tables_hash: String::new(),
            as_of,
            window: None,
            inputs: Vec::new(),
            items: 0,
            bytes: 0,
            kinds: BTreeMap::new(),
            rejects: Vec::new(),
            duplicates: 0,
            unread_bounces: 0,
            hidden_complainers: 0,
            deliveries: None,
            skipped: Vec::new(),
            lost: Vec::new(),
            lost_total: 0,
            not_understood: 0,
            ours: Vec::new(),
            strays: Vec::new(),
            again: Vec::new(),
            unknown_templates: Vec::new(),
            unknown_replies: 0,
            native_disagreements: Vec::new(),
            unknown_columns: Vec::new(),
        }
    }

    /// Events of one kind.
    pub fn of_kind(&self, kind: Kind) -> u64 {
        self.kinds.get(&kind).copied().unwrap_or_default()
    }

    /// All events.
    pub fn events(&self) -> u64 {
        self.kinds.values().sum()
    }

    /// All rejects.
    pub fn rejects_total(&self) -> u64 {
        self.rejects.iter().map(|r| r.count).sum()
    }
}

/// One input: a file, or a folder of small files.
#[derive(Debug, Clone)]
pub struct InputFact {
    /// The path as given or found.
    pub name: String,
    /// What it was read as: `input`, `delivered`, `sent`.
    pub role: &'static str,
    /// What read it, most rows first.
    pub grammars: Vec<String>,
    /// Events.
    pub events: u64,
    /// Messages that its delivery rows stand for.
    pub deliveries: u64,
    /// Events and delivery rows that came before.
    pub duplicates: u64,
    /// Rejects.
    pub rejects: u64,
    /// Files lost, as a whole or from some place on.
    pub lost: u64,
}

/// A further path to a file or folder that was read once.
#[derive(Debug, Clone)]
pub struct AgainFact {
    /// The path that was not read.
    pub name: String,
    /// The path under which it was read.
    pub kept: String,
    /// What it was read as: `input`, `delivered`, `sent`.
    pub role: &'static str,
}

/// Rejects of one reason.
#[derive(Debug, Clone)]
pub struct RejectFact {
    /// Why.
    pub reason: RejectReason,
    /// How many.
    pub count: u64,
    /// The first five: where, and what exactly.
    pub first: Vec<(Origin, String)>,
}

/// Replies of one template that no rule knows.
#[derive(Debug, Clone)]
pub struct UnknownFact {
    /// The reply with placeholders.
    pub template: String,
    /// How many.
    pub count: u64,
    /// The first of them, verbatim.
    pub example: String,
    /// Who answered it.
    pub remote_mta: Option<String>,
}

/// A platform's class beside our cause.
#[derive(Debug, Clone)]
pub struct NativeFact {
    /// The platform's class.
    pub native_class: String,
    /// Ours.
    pub cause: Cause,
    /// How often.
    pub count: u64,
}
