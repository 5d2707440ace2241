//! Delimited files (CSV and kin), split at record boundaries so that chunks can be parsed in parallel.
//!
//! In: bytes and a delimiter. Out: one item for each record that has as many fields as the header. Where records end is
//! found with the csv crate's own grammar: a quote opens a field only at its start, anything else is text.
//!
//! Blank lines and stray NULs are nothing. A header that comes again, as in files that were concatenated, is passed over; one
//! with other columns holds from there on. A record with too few or too many fields is a reject, except that empty fields
//! beyond the header are dropped; if it is the last and has no line end either, the file is cut off. A record that is not
//! UTF-8 is read as windows-1252, which has a character for every byte that real exports hold.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::mem;
use std::sync::Arc;

use csv::{ByteRecord, StringRecord};
use memchr::{memchr, memchr3};

use super::contract::{Cutter, Format, HEAD, ROWS_CHUNK, chunks};
use super::lines::lines_of;
use crate::bounce::{Loss, Origin, Reject, RejectReason};
use crate::source::batch::{Batches, Work};
use crate::source::item::{Header, Item, Record, Refused, Visit, too_large};
use crate::source::stream::Stream;

/// The format.
#[derive(Debug)]
pub(super) struct Csv;

impl Format for Csv {
    fn resembles(&self, text: &[u8]) -> bool {
        dialect(text).is_some()
    }

    fn batches(&self, mut stream: Stream, max: usize) -> Batches {
        let (delimiter, skip) = stream.head(HEAD).map_or((b',', 0), delimited);
        stream.skip(skip);
        chunks(stream, RowCutter::new(delimiter), max)
    }
}

/// A record longer than this, or one that the file's end leaves open, has an opening quote that is never closed: its lines
/// are then records of their own. Whole bounce mails in a cell fit.
const LONGEST_RECORD: usize = 12 << 20;

/// NULs on a line of their own that hide no record: no record with two fields is shorter.
const STRAY_NULS: usize = 3;

/// Records of one chunk.
#[derive(Debug)]
struct Rows {
    name: Arc<str>,
    header: Arc<Header>,
    delimiter: u8,
    first: u64,
    data: Vec<u8>,
    /// Where the records start, after the header.
    from: usize,
    /// Whether quotes are broken here, so that each line is a record.
    line_by_line: bool,
    /// The file's last record, if it has no line end: when it is short of fields or lacks a quote, the file is cut off.
    torn: Option<u64>,
}

/// The format's cutter.
pub(super) struct RowCutter {
    delimiter: u8,
    header: Option<Arc<Header>>,
    /// Headers of other files before the records of this data; each has an index.
    headers: u64,
    /// Records whole so far in the data.
    records: u64,
    /// Where the next record starts.
    seen: usize,
    /// Where the records of this data start.
    from: usize,
    line_by_line: bool,
    /// How much of the data is to be read line by line.
    broken: usize,
    /// Whether nothing follows what was cut last.
    at_end: bool,
}

impl RowCutter {
    pub(super) fn new(delimiter: u8) -> Self {
        let (header, line_by_line, at_end) = (None, false, false);
        RowCutter { delimiter, header, headers: 0, records: 0, seen: 0, from: 0, line_by_line, broken: 0, at_end }
    }

    /// The record as a header, if it is the first, or that of another file: those that were concatenated need not have the
    /// same columns. Such a one begins like the header at hand, shares a further name and holds nothing but names.
    fn new_header(&self, record: &[u8]) -> Option<Header> {
        let Some(header) = &self.header else { return Some(read_header(record, self.delimiter)) };
        let first = header.names.first().filter(|name| !name.is_empty())?.as_bytes();
        let bare = record.strip_prefix(b"\"").unwrap_or(record);
        if self.line_by_line || !bare.starts_with(first) {
            return None;
        }
        let other = read_header(record, self.delimiter);
        let names = |name: &String| !name.is_empty() && !name.contains('@');
        let shared = other.names.iter().filter(|name| header.names.contains(name)).count();
        let fits = other.names.first() == header.names.first() && shared > 1 && other.names.iter().all(names);
        (fits && other.names != header.names).then_some(other)
    }

    fn next_end(&self, data: &[u8], end: bool) -> Option<usize> {
        if self.seen < self.broken {
            let line_end = memchr(b'\n', &data[self.seen..]).map(|at| self.seen + at + 1);
            return line_end.or(end.then_some(data.len()));
        }
        record_end(data, self.seen, self.delimiter, end)
    }
}

impl Cutter for RowCutter {
    fn cut(&mut self, data: &[u8], end: bool) -> usize {
        self.line_by_line = self.seen < self.broken;
        loop {
            let blank = data[self.seen..].iter().take_while(|&&b| matches!(b, b'\n' | b'\r')).count();
            self.seen += blank;
            // A batch is of one kind; the turn from broken lines to records ends it.
            if self.seen >= data.len() || self.line_by_line && self.seen >= self.broken && self.records > 0 {
                break;
            }
            let Some(next) = self.next_end(data, end) else {
                let at_first = self.records == 0 && self.seen >= self.broken;
                if !at_first || !end && data.len() - self.seen <= LONGEST_RECORD {
                    break;
                }
                self.broken = data.len();
                self.line_by_line = true;
                continue;
            };
            match self.new_header(&data[self.seen..next]) {
                None => self.records += 1,
                // A batch has one header; the next one begins with this.
                Some(_) if self.records > 0 => break,
                Some(header) => {
                    self.headers += u64::from(self.header.is_some());
                    self.header = Some(Arc::new(header));
                    self.from = next;
                }
            }
            self.seen = next;
        }
        self.at_end = end && self.seen == data.len();
        self.seen
    }

    fn chunk(&self) -> usize {
        ROWS_CHUNK
    }

    fn take(&mut self, name: Arc<str>, first: u64, data: Vec<u8>) -> (Box<dyn Work>, u64) {
        let first_record = first + mem::take(&mut self.headers);
        let next = first_record + mem::take(&mut self.records);
        let has_end = matches!(data.last(), Some(b'\n' | b'\r'));
        let torn = if self.at_end && !has_end { next.checked_sub(1) } else { None };
        self.broken = self.broken.saturating_sub(self.seen);
        self.seen = 0;
        let rows = Rows {
            name,
            header: self.header.clone().unwrap_or_else(|| Arc::new(Header { names: Vec::new(), id: 0 })),
            delimiter: self.delimiter,
            first: first_record,
            data,
            from: mem::take(&mut self.from),
            line_by_line: self.line_by_line,
            torn,
        };
        (Box::new(rows), next - first)
    }

    fn give_up(&mut self) {
        (self.seen, self.broken) = (0, 0);
    }
}

/// Whether a record is no more than a few NULs, as broken writers leave them. Many, as a crash leaves them, stand where
/// records were.
fn is_stray(record: &[u8]) -> bool {
    (1..=STRAY_NULS).contains(&record.len()) && record.iter().all(|&b| b == 0)
}

/// Where the record that starts at `start` ends, with its line end; `None` if the data does not show it, or, at the end,
/// if a quote is never closed.
fn record_end(data: &[u8], start: usize, delimiter: u8, end: bool) -> Option<usize> {
    let mut at = start;
    while let Some(mark) = memchr3(b'\n', b'\r', b'"', &data[at..]).map(|found| at + found) {
        if data[mark] != b'"' {
            return Some(mark + 1);
        }
        let opens = mark == start || data[mark - 1] == delimiter;
        at = if opens { closing_quote(data, mark + 1, end)? } else { mark + 1 };
    }
    end.then_some(data.len())
}

/// After the quote that closes a field whose text starts at `from`.
fn closing_quote(data: &[u8], mut from: usize, end: bool) -> Option<usize> {
    loop {
        let quote = from + memchr(b'"', &data[from..])?;
        match data.get(quote + 1) {
            Some(b'"') => from = quote + 2,
            None if !end => return None,
            _ => return Some(quote + 1),
        }
    }
}

fn reader(data: &[u8], delimiter: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .buffer_capacity((64 << 10).min(data.len().max(16)))
        .from_reader(data)
}

fn read_header(line: &[u8], delimiter: u8) -> Header {
    let mut record = ByteRecord::new();
    // Reading from memory does not fail, and byte records need no encoding.
    let _ = reader(line, delimiter).read_byte_record(&mut record);
    let names: Vec<String> = text_of(record).iter().map(|name| name.replace('\0', "").trim().to_owned()).collect();
    let mut hasher = DefaultHasher::new();
    names.hash(&mut hasher);
    Header { id: hasher.finish(), names }
}

/// The record as text.
fn text_of(record: ByteRecord) -> StringRecord {
    StringRecord::from_byte_record(record).unwrap_or_else(|error| {
        let decode = |field| encoding_rs::WINDOWS_1252.decode_without_bom_handling(field).0;
        error.into_byte_record().iter().map(decode).collect()
    })
}

impl Work for Rows {
    fn visit(&self, max: usize, visit: &mut Visit<'_>) {
        let data = &self.data[self.from..];
        if self.line_by_line {
            self.each_line(data, max, visit);
        } else {
            self.parse(data, &mut (self.first..), max, visit);
        }
    }
}

impl Rows {
    /// Lines as records of their own: those whose quotes are sound, in one go, and a reject for each of the others.
    fn each_line(&self, data: &[u8], max: usize, visit: &mut Visit<'_>) {
        let (mut sound, mut places, mut broken) = (Vec::with_capacity(data.len() + 1), Vec::new(), Vec::new());
        let lines = lines_of(data).filter(|line| !line.iter().all(|&b| b == b'\r'));
        for (index, line) in (self.first..).zip(lines) {
            let start = sound.len();
            sound.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
            sound.push(b'\n');
            if record_end(&sound, start, self.delimiter, false) == Some(sound.len()) {
                places.push(index);
            } else {
                sound.truncate(start);
                broken.push(index);
            }
        }
        let mut broken = broken.into_iter().peekable();
        let reject = |index| {
            let origin = Origin { source: self.name.clone(), index };
            let detail = "a quote is opened and never closed".into();
            self.ragged(Reject { origin, reason: RejectReason::RaggedRow, detail }, true)
        };
        self.parse(&sound, &mut places.into_iter(), max, &mut |item| {
            let index = match &item {
                Ok(item) => item.origin().index,
                Err(refused) => refused.reject().origin.index,
            };
            while let Some(before) = broken.next_if(|&before| before < index) {
                visit(Err(reject(before)));
            }
            visit(item);
        });
        broken.for_each(|index| visit(Err(reject(index))));
    }

    /// Records, each with its index.
    fn parse(&self, data: &[u8], places: &mut dyn Iterator<Item = u64>, max: usize, visit: &mut Visit<'_>) {
        let mut reader = reader(data, self.delimiter);
        let mut bytes = ByteRecord::new();
        while let (Ok(true), Some(index)) = (reader.read_byte_record(&mut bytes), places.next()) {
            if bytes.len() == 1 && is_stray(bytes.as_slice()) {
                continue;
            }
            let origin = Origin { source: self.name.clone(), index };
            if bytes.as_slice().len() > max {
                visit(Err(too_large(origin, max).into()));
                continue;
            }
            let record = text_of(mem::take(&mut bytes));
            if !self.is_header(&record) {
                visit(self.row(origin, &record));
            }
            bytes = record.into_byte_record();
        }
    }

    fn row<'a>(&'a self, origin: Origin, record: &'a StringRecord) -> Result<Item<'a>, Refused> {
        let (wanted, found) = (self.header.names.len(), record.len());
        let surplus_is_empty = || record.iter().skip(wanted).all(|field| field.trim().is_empty());
        if found == wanted || found > wanted && surplus_is_empty() {
            return Ok(Item::Row { origin, header: &self.header, record: Record(record) });
        }
        let detail = format!("{found} fields where the header has {wanted}");
        Err(self.ragged(Reject { origin, reason: RejectReason::RaggedRow, detail }, found < wanted))
    }

    /// A record that is none; if it lacks something and the file ends within it, the file's rest.
    fn ragged(&self, reject: Reject, lacks: bool) -> Refused {
        match self.torn == Some(reject.origin.index) && lacks {
            true => Refused::Source(Loss::CutOff, reject),
            false => Refused::Item(reject),
        }
    }

    /// Whether it is the header again.
    fn is_header(&self, record: &StringRecord) -> bool {
        let names = &self.header.names;
        let starts_like_it = record
            .get(0)
            .zip(names.first())
            .is_some_and(|(field, name)| field.trim_start_matches('\u{feff}').trim() == name);
        starts_like_it && record.len() >= names.len() && names.iter().zip(record).skip(1).all(|(n, f)| f.trim() == n)
    }
}

/// The delimiter, and how many of the first bytes stand before the header, NULs among them.
fn delimited(head: &[u8]) -> (u8, usize) {
    let text: Vec<u8> = head.iter().copied().filter(|&b| b != 0).collect();
    let start = text.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(0);
    let (delimiter, skip) = dialect(&text[start..]).unwrap_or((b',', 0));
    (delimiter, with_nuls(head, start + skip))
}

/// How many bytes hold the first `count` bytes that are no NULs, and the NULs before the next one.
fn with_nuls(head: &[u8], count: usize) -> usize {
    head.iter().enumerate().filter(|(_, b)| **b != 0).nth(count).map_or(head.len(), |(at, _)| at)
}

/// The delimiter, and how many bytes stand before the header.
fn dialect(text: &[u8]) -> Option<(u8, usize)> {
    let line_end = |text: &[u8]| memchr::memchr2(b'\n', b'\r', text).unwrap_or(text.len());
    let first = &text[..line_end(text)];
    // Excel's own way to say it.
    if let Some(&[delimiter]) = first.strip_prefix(b"sep=").map(|rest| rest.trim_ascii_end()) {
        let skip = first.len() + text[first.len()..].iter().take_while(|b| matches!(b, b'\n' | b'\r')).count();
        return Some((delimiter, skip));
    }
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut quoted = false;
    for &byte in first {
        quoted ^= byte == b'"';
        counts.iter_mut().filter(|(delimiter, _)| !quoted && *delimiter == byte).for_each(|(_, count)| *count += 1);
    }
    // The first of those that occur most.
    let (delimiter, count) = counts.into_iter().rev().max_by_key(|&(_, count)| count)?;
    if count > 0 {
        return Some((delimiter, 0)).filter(|_| is_header(first, delimiter));
    }
    let name = first.trim_ascii().trim_ascii_start().to_ascii_lowercase();
    let names = ["mail", "recipient", "rcpt", "address", "domain"];
    let one_column =
        name.len() <= 64 && names.iter().any(|known| memchr::memmem::find(&name, known.as_bytes()).is_some());
    (one_column && !name.contains(&b'@') && !name.contains(&b' ')).then_some((b',', 0))
}

/// Whether a line may be a header: its fields are short, and most are words.
fn is_header(line: &[u8], delimiter: u8) -> bool {
    let fields: Vec<&[u8]> = line.split(|&b| b == delimiter).map(|field| field.trim_ascii()).collect();
    let is_word = |field: &&&[u8]| {
        let field = field.strip_prefix(b"\"").unwrap_or(field);
        field.len() <= 80 && field.iter().take(3).any(|b| b.is_ascii_alphabetic() || *b >= 0x80)
    };
    let words = fields.iter().filter(is_word).count();
    words * 2 > fields.len() && fields.iter().all(|field| field.len() <= 120)
}
