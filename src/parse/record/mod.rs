//! Records: the rows of CSV exports, JSON objects and log lines. In: one record as source found it. Out: an event, a delivery or
//! a reject. Formats are rows of exports.toml; what a reply means is classify's work.

mod build;
mod clean;
mod content;
mod field;
mod formats;
mod json;
mod layout;
mod listed;
mod mapping;
mod memory;
mod notice;
mod postfix;
mod rows;
mod syslog;
mod unplaced;

use self::build::{Builder, Setting};
use self::formats::Formats;
use self::json::Keys;
use self::layout::{Layout, Slot, Values};
use self::listed::Lists;
pub use self::listed::{begins_with_an_entry, of_event as entry_of_event};
pub(super) use self::memory::Memory;
use super::date::Zone;
use super::mail::MailReader;
use super::{ParseOptions, Parsed};
use crate::bounce::{Origin, Reject, RejectReason};
use crate::source::{Header, Item, Record};
use crate::tables::TableError;

/// Reads records; shared by all threads.
#[derive(Debug)]
pub struct Records {
    setting: Setting,
    formats: Formats,
    plans: rows::Plans,
    keys: Keys,
    shapes: Vec<Shape>,
}

/// A format as JSON spells it.
#[derive(Debug)]
struct Shape {
    /// Of each group one.
    needs: Vec<Vec<Slot>>,
    lacks: Vec<Slot>,
    each: bool,
    layout: Layout,
}

impl Records {
    /// Loads and compiles the formats.
    ///
    /// # Errors
    /// A broken table; a time zone that is none.
    pub fn new(options: &ParseOptions) -> Result<Records, TableError> {
        Records::of(options, Formats::load(options)?, None)
    }

    /// The same for present lists: what is read there are entries.
    ///
    /// # Errors
    /// As `new`.
    pub fn for_lists(options: &ParseOptions) -> Result<Records, TableError> {
        let formats = Formats::of_lists(options)?;
        let lists = Lists::load(&formats, options.tables.as_deref())?;
        Records::of(options, formats, Some(lists))
    }

    fn of(options: &ParseOptions, formats: Formats, lists: Option<Lists>) -> Result<Records, TableError> {
        let zone = options.time_zone.as_deref().map(zone).transpose()?;
        let mut keys = Keys::default();
        let shapes = formats.iter().map(|format| shape(format, &mut keys)).collect::<Result<_, _>>()?;
        let (as_of, deliveries, key) = (options.as_of, options.deliveries, options.key.clone());
        let setting = Setting { zone, as_of, deliveries, key, lists };
        Ok(Records { setting, formats, plans: rows::Plans::default(), keys, shapes })
    }

    /// Reads one row of a delimited file.
    pub(super) fn row(
        &self,
        mails: &MailReader,
        origin: &Origin,
        header: &Header,
        record: Record<'_>,
        out: &mut Parsed,
    ) {
        let mut memory = std::mem::take(&mut out.memory);
        let Memory { plan, said, .. } = &mut memory;
        let plan = self.plans.of(header, &self.formats, plan);
        if !plan.unread.is_empty() {
            out.unread_columns(&origin.source, &plan.unread);
        }
        match &plan.layout {
            Ok(layout) => {
                if let Some(lists) = &self.setting.lists {
                    let texts = |column: usize| record.get(column).unwrap_or_default();
                    let cells = header.names.iter().enumerate().map(|(at, name)| (name.as_str(), texts(at)));
                    listed::record(lists, (self.setting.zone.as_ref(), origin), layout, &record, cells, out);
                    out.memory = memory;
                    return;
                }
                let unclear = || plan.unclear(header, &self.formats);
                let before = out.events.len();
                Builder { setting: &self.setting, mails, origin, json: None, unclear: &unclear }
                    .record(layout, &record, out);
                if let Some(event) = out.events.get_mut(before) {
                    event.content = content::of_row(&self.setting.key, plan.names, &record, said);
                }
            }
            Err(detail) => out.rejects.push(reject(origin, RejectReason::UnknownFormat, detail.clone())),
        }
        out.memory = memory;
    }

    /// Every field that an item's records hold, as spelled there.
    pub(super) fn fields(&self, item: &Item<'_>, memory: &mut Memory, visit: &mut dyn FnMut(&str)) {
        match item {
            Item::Row { header, record, .. } => {
                if let Ok(layout) = &self.plans.of(header, &self.formats, &mut memory.plan).layout {
                    layout.each(record, visit);
                }
            }
            Item::Json { text, .. } => {
                // What is no JSON has no fields.
                let _ = json::read(&self.keys, &mut memory.room, text, &mut |slots| {
                    if let Some(shape) = self.shape(slots) {
                        shape.layout.each(slots, visit);
                    }
                });
            }
            Item::Mail { .. } | Item::Log { .. } => {}
        }
    }

    /// The first format whose names are there.
    fn shape(&self, slots: &json::Slots<'_>) -> Option<&Shape> {
        self.shapes.get(self.place_of_shape(slots)?)
    }

    fn place_of_shape(&self, slots: &json::Slots<'_>) -> Option<usize> {
        let any = |any: &Vec<Slot>| any.iter().any(|slot| slots.has(*slot));
        let fits = |shape: &Shape| shape.needs.iter().all(any) && !shape.lacks.iter().any(|slot| slots.has(*slot));
        self.shapes.iter().position(fits)
    }

    /// The same, remembered: only names tell the shape, and the lines of a file mostly have the same.
    fn known_shape(&self, slots: &json::Slots<'_>, (names, place): &mut (Vec<Slot>, Option<usize>)) -> Option<&Shape> {
        if !slots.names().eq(names.iter().copied()) || place.is_none() {
            names.clear();
            names.extend(slots.names());
            *place = self.place_of_shape(slots);
        }
        self.shapes.get((*place)?)
    }

    /// Reads one JSON value: an object, or an array of them, perhaps in wrappers.
    pub(super) fn json(&self, mails: &MailReader, origin: &Origin, text: &[u8], out: &mut Parsed) {
        if let Some(lists) = &self.setting.lists {
            return self.list(lists, origin, text, out);
        }
        let json = unplaced::Json::new(text, &self.formats.hints);
        let unclear = || json.unclear().unwrap_or_default();
        let builder = Builder { setting: &self.setting, mails, origin, json: Some(&json), unclear: &unclear };
        let (key, mut alone) = (&self.setting.key, 0);
        let emit = &mut |layout: &Layout, slots: &json::Slots<'_>, out: &mut Parsed| {
            let before = out.events.len();
            builder.record(layout, slots, out);
            if let Some(event) = out.events.get_mut(before) {
                event.content = if slots.is_listed() {
                    content::of_element(key, layout, slots)
                } else {
                    alone += 1;
                    content::of_text(key, text, alone)
                };
            }
        };
        self.each_record(origin, text, &json, emit, out);
    }

    /// Reads a JSON value of a present list: an address, an entry, or a page of them.
    fn list(&self, lists: &Lists, origin: &Origin, text: &[u8], out: &mut Parsed) {
        let place = (self.setting.zone.as_ref(), origin);
        let read = |text: &[u8], cells: Option<&[(String, String)]>, out: &mut Parsed| {
            let json = unplaced::Json::new(text, &self.formats.hints);
            // Of what is no JSON as a whole nobody knows what else it says.
            let unknown = [("\u{fffd}".to_owned(), "\u{fffd}".to_owned())];
            let cells = cells.unwrap_or(&unknown);
            let cells = || cells.iter().map(|(path, cell)| (path.as_str(), cell.as_str()));
            let emit = &mut |layout: &Layout, slots: &json::Slots<'_>, out: &mut Parsed| {
                listed::record(lists, place, layout, slots, cells(), out);
            };
            self.each_record(origin, text, &json, emit, out);
        };
        let Ok(value) = serde_json::from_slice(text) else { return read(text, None, out) };
        let (page, before) = (listed::Page::of(value, &self.keys), out.listed.len());
        for (record, cells) in &page.records {
            match record.as_str() {
                Some(line) => listed::lines(&lists.reasons, origin, line.as_bytes(), out),
                None => read(record.to_string().as_bytes(), Some(cells), out),
            }
        }
        if let Some(said) = lists.around(&page) {
            out.listed.iter_mut().skip(before).for_each(|entry| entry.reason = entry.reason.max(said));
        }
    }

    /// Hands every record of a JSON value to `emit`, with the layout of its shape.
    fn each_record(
        &self,
        origin: &Origin,
        text: &[u8],
        json: &unplaced::Json<'_>,
        emit: &mut dyn FnMut(&Layout, &json::Slots<'_>, &mut Parsed),
        out: &mut Parsed,
    ) {
        let mut records = 0_u64;
        let before = (out.events.len() + out.deliveries.len(), out.rejects.len());
        let mut memory = std::mem::take(&mut out.memory);
        let read = json::read(&self.keys, &mut memory.room, text, &mut |slots| {
            records += 1;
            let Some(shape) = self.known_shape(slots, &mut memory.shape) else {
                out.rejects.push(reject(
                    origin,
                    RejectReason::UnknownFormat,
                    "no export format has these keys".to_owned(),
                ));
                return;
            };
            let mut told = false;
            slots.each(|slots| {
                // An element of another format than the whole is a record in a wrapper.
                let found =
                    if shape.each { Some(shape) } else { self.shape(slots).filter(|it| !std::ptr::eq(*it, shape)) };
                if let Some(found) = found {
                    told = true;
                    emit(&found.layout, slots, out);
                }
            });
            if !told {
                emit(&shape.layout, slots, out);
            }
        });
        out.memory = memory;
        match read {
            Err(error) => {
                if out.events.len() + out.deliveries.len() == before.0 {
                    // Nothing was read: the damage is the one reason.
                    out.rejects.truncate(before.1);
                }
                out.rejects.push(reject(origin, RejectReason::BadJson, error.to_string()));
            }
            Ok(()) if records == 0 => {
                let detail = json.no_recipient().unwrap_or_else(|| "no object with a known key".to_owned());
                out.rejects.push(reject(origin, RejectReason::UnknownFormat, detail));
            }
            Ok(()) => {}
        }
    }

    /// Reads consecutive lines of a log; those `before` only tell what the later ones belong to.
    pub(super) fn log(&self, origin: &Origin, before: &[u8], text: &[u8], out: &mut Parsed) {
        if let Some(lists) = &self.setting.lists {
            return listed::lines(&lists.reasons, origin, text, out);
        }
        let (before, text) = (String::from_utf8_lossy(before), String::from_utf8_lossy(text));
        postfix::read(&self.setting, origin, &before, &text, out);
    }
}

fn shape(format: &formats::Format, keys: &mut Keys) -> Result<Shape, TableError> {
    let export = &format.export;
    let full = || TableError { file: "exports.toml".to_owned(), line: 1, what: "more than 65,535 names".to_owned() };
    let mut add = |path: &str| keys.add(path, &export.inside).ok_or_else(full);
    let needs = export.needs.iter().map(|any| any.split('|').map(&mut add).collect()).collect::<Result<_, _>>()?;
    let lacks = export.lacks.iter().map(|path| add(path)).collect::<Result<_, _>>()?;
    for wrapper in &export.inside {
        keys.mark_wrapper(wrapper);
    }
    for each in &export.each {
        keys.mark_each(each, &export.inside);
    }
    let layout = Layout::new(export, format.name, |path| keys.add(path, &export.inside))
        .map_err(|what| TableError { file: "exports.toml".to_owned(), line: 1, what })?;
    Ok(Shape { needs, lacks, each: !export.each.is_empty(), layout })
}

fn reject(origin: &Origin, reason: RejectReason, detail: String) -> Reject {
    Reject { origin: origin.clone(), reason, detail }
}

fn zone(name: &str) -> Result<Zone, TableError> {
    Zone::parse(name).ok_or_else(|| TableError {
        file: "--time-zone".to_owned(),
        line: 0,
        what: format!(
            "\"{}\" is no zone; use UTC, an offset such as \"+02:00\", or a name such as \"Europe/Berlin\"",
            clean::excerpt(name)
        ),
    })
}

#[cfg(test)]
mod proof_tests;
#[cfg(test)]
mod tests;
