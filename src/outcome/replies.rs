//! What rows say, apart from whom they are about, as numbers. In: the columns of a frame. Out: for each row the number of
//! its reply; a night has thousands of replies where it has millions of rows. Groups are built on such numbers: polars
//! groups by one number twice as fast as by the columns behind it (measured, ten million events).

use std::hash::BuildHasher;
use std::sync::{Mutex, PoisonError};

use foldhash::fast::RandomState;
use indexmap::IndexSet;
use polars::prelude::DataFrame;

use crate::bounce::{Cause, EnhancedStatus, Kind, ReplyCode};
use crate::facts::names::QuickMap;
use crate::frame::cells::{Members, Numbers, Words};
use crate::frame::schema;

/// The columns that are read.
pub const COLUMNS: &[&str] = &[
    schema::KIND,
    schema::CAUSE,
    schema::REPLY_CODE,
    schema::STATUS,
    schema::REJECTING_SYSTEM,
    schema::TEMPLATE,
    schema::BLOCKLIST,
];

/// Reply code, status and cause: what a row of codes.csv is about.
pub type Code = (Option<ReplyCode>, Option<EnhancedStatus>, Cause);

/// What a row says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reply {
    /// What it is.
    pub kind: Kind,
    /// What it says in numbers, and why.
    pub code: Code,
    /// The system that spoke.
    pub system: Option<Box<str>>,
    /// The reply's text with placeholders.
    pub template: Option<Box<str>>,
    /// The list that it names.
    pub blocklist: Option<Box<str>>,
}

/// The replies of a night, for all threads.
#[derive(Debug, Default)]
pub struct Replies(Mutex<IndexSet<Reply, RandomState>>);

impl Replies {
    /// All of them, by their numbers. These follow the order in which threads met them, so nothing may depend on it.
    pub fn finish(self) -> IndexSet<Reply, RandomState> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One thread's way to the replies: those that it met before need no lock.
pub struct Reader<'r> {
    replies: &'r Replies,
    hasher: RandomState,
    /// Numbers by the seeded hash of the cells: among a million replies two are alike with a chance of one in 10⁷.
    met: QuickMap<u64, u32>,
}

impl<'r> Reader<'r> {
    /// A reader that has met nothing.
    pub fn new(replies: &'r Replies) -> Reader<'r> {
        Reader { replies, hasher: RandomState::default(), met: QuickMap::default() }
    }

    /// The number of a row's reply.
    pub fn number(&mut self, columns: &Columns<'_>, row: usize) -> u32 {
        let Reader { replies, hasher, met } = self;
        let [status, system, template, blocklist] = columns.texts.each_ref().map(|column| column.get(row));
        let (kind, cause, code) = (columns.kinds.get(row), columns.causes.get(row), columns.codes.get(row));
        let hash = hasher.hash_one((kind, cause, code, status, system, template, blocklist));
        *met.entry(hash).or_insert_with(|| {
            let code = code.and_then(|code| ReplyCode::new(u16::try_from(code).ok()?));
            let status = status.and_then(|status| status.parse().ok());
            let reply = Reply {
                kind: kind.unwrap_or(Kind::Other),
                code: (code, status, cause.unwrap_or(Cause::Unknown)),
                system: system.map(Into::into),
                template: template.map(Into::into),
                blocklist: blocklist.map(Into::into),
            };
            replies.0.lock().unwrap_or_else(PoisonError::into_inner).insert_full(reply).0 as u32
        })
    }
}

/// The columns of one frame.
pub struct Columns<'f> {
    kinds: Members<'f, Kind>,
    causes: Members<'f, Cause>,
    codes: Numbers<'f>,
    texts: [Words<'f>; 4],
}

impl<'f> Columns<'f> {
    /// The columns of a frame.
    ///
    /// # Errors
    /// A column that is not there or holds something else.
    pub fn of(frame: &'f DataFrame) -> anyhow::Result<Columns<'f>> {
        let words = |name| Words::of(frame, name);
        Ok(Columns {
            kinds: Members::of(frame, schema::KIND)?,
            causes: Members::of(frame, schema::CAUSE)?,
            codes: Numbers::of(frame, schema::REPLY_CODE)?,
            texts: [
                words(schema::STATUS)?,
                words(schema::REJECTING_SYSTEM)?,
                words(schema::TEMPLATE)?,
                words(schema::BLOCKLIST)?,
            ],
        })
    }

    /// What the row is; `None` for a word that nobody knows.
    pub fn kind(&self, row: usize) -> Option<Kind> {
        self.kinds.get(row)
    }
}
