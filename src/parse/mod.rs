//! READING: raw item -> events, deliveries or a reject.
//! In: an item of source. Out: what it says, field by field. What a reply means is classify's work.

mod anatomy;
pub mod date;
mod disguise;
mod fields;
mod glob;
mod html;
mod leaf;
mod mail;
mod mailbox;
mod other_mailbox;
mod plain;
pub mod probe;
mod prose;
pub mod record;
pub mod reply;
mod report;
mod returned;
pub mod sending_ip;
mod verp;

pub use mail::UNREAD_BOUNCE;
use mail::{Content, MailReader, item_hash};
use prose::Layouts;

use crate::bounce::{Delivery, Event, Key, Kind, Origin, PresentEntry, Reject, RejectReason, Timestamp};
use crate::guard;
use crate::source::Item;
use crate::tables::TableError;
use std::path::PathBuf;
use std::sync::Arc;

/// How to read items.
#[derive(Debug, Clone, Default)]
pub struct ParseOptions {
    /// A user's tables.
    pub tables: Option<PathBuf>,
    /// Further header names that carry the campaign id, in order of preference.
    pub campaign_headers: Vec<String>,
    /// What a sender knows of its own mail, against forged reports.
    pub own: OwnPatterns,
    /// A format for all inputs, in place of detection; a name of `source::FORMATS` or of exports.toml.
    pub input_format: Option<String>,
    /// A TOML file whose `[mapping]` names the columns of an export.
    pub mapping: Option<PathBuf>,
    /// The zone of zone-less times in exports, such as `Europe/Berlin` or `+02:00`; without it they are rejects.
    pub time_zone: Option<String>,
    /// The inputs are lists of what was delivered or sent: a record that does not say what it is, is a delivery.
    pub deliveries: bool,
    /// The night, from `--as-of`: log lines without a year are of the last year that does not lie after it.
    pub as_of: Option<Timestamp>,
    /// What rows and recipients are hashed with.
    pub key: Key,
}

/// How our own Message-IDs and return paths look, with `*` for any text; a report that came by mail and fits none of those
/// given is about nothing that we sent. Empty: nothing is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnPatterns {
    /// Message-IDs, without angle brackets: `*@mail.example.com`.
    pub message_ids: Vec<String>,
    /// Return paths: `bounces+*@mail.example.com`.
    pub return_paths: Vec<String>,
}

/// What one item, or a batch of them, became.
#[derive(Debug, Default)]
pub struct Parsed {
    /// One for each recipient that a report speaks about.
    pub events: Vec<Event>,
    /// What an export says was accepted or sent.
    pub deliveries: Vec<Delivery>,
    /// Entries of present lists, where the reader is one for lists.
    pub listed: Vec<PresentEntry>,
    /// What could not be read.
    pub rejects: Vec<Reject>,
    /// Columns that nothing reads, of each header met, with the source that has it.
    pub unread: Vec<(Arc<str>, Arc<[String]>)>,
    memory: record::Memory,
}

impl Parsed {
    /// Notes a header's unread columns; the rows of one header follow one another.
    fn unread_columns(&mut self, source: &Arc<str>, columns: &Arc<[String]>) {
        let known = |(of, last): &(Arc<str>, Arc<[String]>)| Arc::ptr_eq(last, columns) && of == source;
        if !self.unread.last().is_some_and(known) {
            self.unread.push((source.clone(), columns.clone()));
        }
    }
}

/// Reads items; holds the compiled tables, is shared by all threads.
#[derive(Debug)]
pub struct Reader {
    mails: Arc<MailReader>,
    records: record::Records,
    key: Key,
}

impl Reader {
    /// Compiles the tables that reading needs.
    ///
    /// # Errors
    /// A broken table of the user's.
    pub fn new(options: &ParseOptions) -> Result<Reader, TableError> {
        let layouts = Layouts::load(options.tables.as_deref())?;
        Ok(Reader {
            mails: Arc::new(MailReader::new(layouts, options.campaign_headers.clone(), &options.own)),
            records: record::Records::new(options)?,
            key: options.key.clone(),
        })
    }

    /// A reader for lists of what was delivered or sent, with the same tables.
    ///
    /// # Errors
    /// A broken table of the user's.
    pub fn for_deliveries(&self, options: &ParseOptions) -> Result<Reader, TableError> {
        let options = ParseOptions { deliveries: true, ..options.clone() };
        Ok(Reader { mails: self.mails.clone(), records: record::Records::new(&options)?, key: options.key })
    }

    /// A reader of present lists: what it reads are entries, whatever the file is.
    ///
    /// # Errors
    /// A broken table of the user's.
    pub fn for_lists(options: &ParseOptions) -> Result<Reader, TableError> {
        let layouts = Layouts::load(options.tables.as_deref())?;
        Ok(Reader {
            mails: Arc::new(MailReader::new(layouts, options.campaign_headers.clone(), &options.own)),
            records: record::Records::for_lists(options)?,
            key: options.key.clone(),
        })
    }

    /// Reads one item of a present list.
    pub fn list_entry(&self, item: &Item<'_>, out: &mut Parsed) {
        let events = out.events.len();
        self.item(item, out);
        let events = out.events.split_off(events.min(out.events.len()));
        out.listed.extend(events.into_iter().filter_map(record::entry_of_event));
    }

    /// One bounce of which only the reply is known, and perhaps the host that gave it: what `explain "550 ..."` asks.
    pub fn reply_alone(&self, text: &str, remote_mta: Option<&str>) -> Event {
        let origin = Origin { source: "reply".into(), index: 0 };
        let mut event = Event::new(origin, Kind::Bounce, "reply");
        let found = reply::read(text);
        event.diagnostic_code = Some(text.to_owned());
        event.reply_code = found.code;
        event.status = found.status;
        event.command = found.command;
        event.remote_mta = remote_mta.map(str::to_ascii_lowercase).or(found.host);
        event.reply = found.text;
        event.sending_ip = sending_ip::from_reply(text);
        event
    }

    /// Reads one item; a panic over it, wherever in reading, becomes a reject with its place.
    pub fn item(&self, item: &Item<'_>, out: &mut Parsed) {
        let before = (out.events.len(), out.deliveries.len(), out.rejects.len(), out.unread.len());
        let listed = out.listed.len();
        let read = guard::guarded(|| {
            self.unguarded(item, out);
            out.events.iter_mut().skip(before.0).for_each(other_mailbox::mark);
        });
        if let Err(panic) = read {
            out.listed.truncate(listed);
            out.events.truncate(before.0);
            out.deliveries.truncate(before.1);
            out.rejects.truncate(before.2);
            out.unread.truncate(before.3);
            out.memory = record::Memory::default();
            if let Item::Log { origin, before, text } = item
                && let Some((first, second)) = halves(text)
            {
                // A chunk of a log is many entries: only the line over which reading stops is lost.
                self.item(&Item::Log { origin: origin.clone(), before, text: first }, out);
                let lines = memchr::memchr_iter(b'\n', first).count() as u64;
                let origin = Origin { source: origin.source.clone(), index: origin.index + lines };
                self.item(&Item::Log { origin, before: first, text: second }, out);
                return;
            }
            let (origin, reason) = (item.origin().clone(), RejectReason::ParserPanic);
            out.rejects.push(Reject { origin, reason, detail: format!("gave up at {panic}") });
        }
    }

    fn unguarded(&self, item: &Item<'_>, out: &mut Parsed) {
        match item {
            Item::Mail { origin, bytes } => self.mail(origin, bytes, out),
            Item::Row { origin, header, record } => self.records.row(&self.mails, origin, header, *record, out),
            Item::Json { origin, text } => self.records.json(&self.mails, origin, text, out),
            Item::Log { origin, before, text } => self.records.log(origin, before, text, out),
        }
    }

    fn mail(&self, origin: &Origin, bytes: &[u8], out: &mut Parsed) {
        let before = out.events.len();
        match self.mails.content(origin, bytes) {
            Ok(Content::Events(events)) => out.events.extend(events),
            Ok(Content::Json(text, other)) => {
                let mut found = Parsed::default();
                self.records.json(&self.mails, origin, text.as_bytes(), &mut found);
                if found.events.is_empty() && found.deliveries.is_empty() {
                    found = Parsed { events: vec![*other], ..Parsed::default() };
                }
                out.events.append(&mut found.events);
                out.deliveries.append(&mut found.deliveries);
                out.rejects.append(&mut found.rejects);
            }
            Err(reject) => out.rejects.push(reject),
        }
        // How an archive ends its messages is no part of them.
        self.place(out.events.get_mut(before..).unwrap_or_default(), bytes.trim_ascii_end());
    }

    /// Names the events of one mail: by its bytes, and by the place of each in it.
    fn place(&self, events: &mut [Event], bytes: &[u8]) {
        if events.is_empty() {
            return;
        }
        let mut said = [b'm'; 1 + 3 * size_of::<u64>()];
        said[1..9].copy_from_slice(&item_hash(bytes).to_le_bytes());
        said[9..17].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
        for (place, event) in (0_u64..).zip(events) {
            said[17..].copy_from_slice(&place.to_le_bytes());
            event.content = self.key.row(&said);
        }
    }
}

/// A text cut at a line's end near its middle; `None` for a single line.
fn halves(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let inner = text.strip_suffix(b"\n").unwrap_or(text);
    let middle = inner.len() / 2;
    let end =
        memchr::memrchr(b'\n', &inner[..middle]).or_else(|| Some(middle + memchr::memchr(b'\n', &inner[middle..])?))?;
    Some(text.split_at(end + 1))
}
