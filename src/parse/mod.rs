//! READING: raw item -> events, deliveries or a reject.
//! In: an item of source. Out: what it says, field by field. What a reply means is classify's work.

mod anatomy;
pub mod date;
mod disguise;
mod fields;
mod html;
mod mail;
mod mailbox;
mod plain;
pub mod probe;
mod prose;
pub mod record;
pub mod reply;
mod report;
mod returned;
pub mod sending_ip;
mod verp;

use mail::{Content, MailReader};
use prose::Layouts;

use crate::bounce::{Delivery, Event, Kind, Origin, Reject, Timestamp};
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
}

/// What one item, or a batch of them, became.
#[derive(Debug, Default)]
pub struct Parsed {
    /// One for each recipient that a report speaks about.
    pub events: Vec<Event>,
    /// What an export says was accepted or sent.
    pub deliveries: Vec<Delivery>,
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
}

impl Reader {
    /// Compiles the tables that reading needs.
    ///
    /// # Errors
    /// A broken table of the user's.
    pub fn new(options: &ParseOptions) -> Result<Reader, TableError> {
        let layouts = Layouts::load(options.tables.as_deref())?;
        Ok(Reader {
            mails: Arc::new(MailReader::new(layouts, options.campaign_headers.clone())),
            records: record::Records::new(options)?,
        })
    }

    /// A reader for lists of what was delivered or sent, with the same tables.
    ///
    /// # Errors
    /// A broken table of the user's.
    pub fn for_deliveries(&self, options: &ParseOptions) -> Result<Reader, TableError> {
        let options = ParseOptions { deliveries: true, ..options.clone() };
        Ok(Reader { mails: self.mails.clone(), records: record::Records::new(&options)? })
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

    /// Reads one item; a panic of the mail parser becomes a reject.
    pub fn item(&self, item: &Item<'_>, out: &mut Parsed) {
        match item {
            Item::Mail { origin, bytes } => self.mail(origin, bytes, out),
            Item::Row { origin, header, record } => self.records.row(&self.mails, origin, header, *record, out),
            Item::Json { origin, text } => self.records.json(&self.mails, origin, text, out),
            Item::Log { origin, before, text } => self.records.log(origin, before, text, out),
        }
    }

    fn mail(&self, origin: &Origin, bytes: &[u8], out: &mut Parsed) {
        match self.mails.content(origin, bytes) {
            Ok(Content::Events(events)) => out.events.extend(events),
            Ok(Content::Json(text, other)) => {
                let mut found = Parsed::default();
                self.records.json(&self.mails, origin, text.as_bytes(), &mut found);
                if found.events.is_empty() && found.deliveries.is_empty() {
                    out.events.push(*other);
                    return;
                }
                found.events.iter_mut().for_each(|event| event.item_hash = other.item_hash);
                out.events.append(&mut found.events);
                out.deliveries.append(&mut found.deliveries);
                out.rejects.append(&mut found.rejects);
            }
            Err(reject) => out.rejects.push(reject),
        }
    }
}
