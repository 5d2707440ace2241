//! READING: raw item -> events, deliveries or a reject.
//! In: an item of source. Out: what it says, field by field. What a reply means is classify's work.

mod anatomy;
mod automatic;
pub mod date;
mod disguise;
mod fields;
mod glob;
mod html;
mod leaf;
mod limits;
mod mail;
mod mailbox;
mod options;
mod other_mailbox;
mod parsed;
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
pub use options::{OwnPatterns, ParseOptions};
pub use parsed::Parsed;
use prose::Layouts;

use crate::bounce::{Event, Key, Kind, Origin, Reject, RejectReason};
use crate::guard;
use crate::source::Item;
use crate::tables::TableError;
use std::sync::Arc;

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
