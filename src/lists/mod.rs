//! LISTS BROUGHT ALONG: the sender's own CSV files (`--contacts`, `--tenants`, `--allow`). In: a path. Out: rows by the names of their
//! columns, one at a time, so that a list of millions costs no memory here. What a row means is the work of the room that asked.
//!
//! All are read alike: the same names of columns, `,` `;` or tab between cells, a byte order mark, quoted cells with line breaks. Errors
//! name the file and the line. Lists that platforms export (`--existing`) are `parse`'s work.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::Context;
use csv::StringRecord;
use serde::Deserialize;

use crate::bounce::{Address, Subject, domain_key};
use crate::tables::TableError;

/// Spellings of a column, lower case, the best first; errors ask for the first.
type Spellings = &'static [&'static str];
const EMAIL: Spellings = &["email", "recipient", "address"];
const LIST_SOURCE: Spellings = &["list_source", "source"];
const DOMAIN: Spellings = &["domain", "recipient_domain"];
const ORGANISATION: Spellings = &["organisation"];
const RECEIVER: Spellings = &["receiver"];

/// Bytes of a row beyond which a quote was opened and never closed: to go on would lose the rest of the list in one cell.
const LONGEST_ROW: usize = 1 << 16;

/// A row of the sender's own list.
#[derive(Debug, Deserialize)]
pub struct Contact<'r> {
    /// The address, as spelled there; empty where the row has none.
    #[serde(default)]
    pub email: &'r str,
    /// Where the address is from; empty where nobody says.
    #[serde(default)]
    pub list_source: &'r str,
}

/// A row of the map of domains to organisations.
#[derive(Debug, Deserialize)]
pub struct Tenant<'r> {
    /// The domain, as spelled there.
    #[serde(default)]
    pub domain: &'r str,
    /// Its organisation: a domain or a name.
    #[serde(default)]
    pub organisation: &'r str,
    /// Who receives its mail; empty where nobody says.
    #[serde(default)]
    pub receiver: &'r str,
}

/// Reads a list of contacts that must tell their list sources.
///
/// # Errors
/// A file that cannot be read to its end; a first line without the columns; what `take` says of a row.
pub fn list_sources(path: &Path, take: impl FnMut(Contact<'_>) -> Result<(), String>) -> anyhow::Result<()> {
    contacts(path, &[EMAIL, LIST_SOURCE], take)
}

/// Reads the addresses of a list of contacts.
///
/// # Errors
/// As `list_sources`.
pub fn addresses(path: &Path, take: impl FnMut(Contact<'_>) -> Result<(), String>) -> anyhow::Result<()> {
    contacts(path, &[EMAIL], take)
}

fn contacts(
    path: &Path,
    needed: &[Spellings],
    mut take: impl FnMut(Contact<'_>) -> Result<(), String>,
) -> anyhow::Result<()> {
    each_named(path, needed, |row, header| {
        let Contact { email, list_source } = row.deserialize(Some(header)).map_err(|error| error.to_string())?;
        take(Contact { email: email.trim(), list_source: list_source.trim() })
    })
}

/// Reads a map of domains to organisations.
///
/// # Errors
/// As `list_sources`.
pub fn tenants(path: &Path, mut take: impl FnMut(Tenant<'_>) -> Result<(), String>) -> anyhow::Result<()> {
    each_named(path, &[DOMAIN, ORGANISATION], |row, header| {
        let Tenant { domain, organisation, receiver } =
            row.deserialize(Some(header)).map_err(|error| error.to_string())?;
        take(Tenant { domain: domain.trim(), organisation: organisation.trim(), receiver: receiver.trim() })
    })
}

/// Reads a list of addresses and domains: one a line, or in the columns that the first line names. Lines that begin with `#` are
/// remarks.
///
/// # Errors
/// A file that cannot be read to its end; a line that is neither an address nor a domain.
pub fn subjects(path: &Path, mut take: impl FnMut(Subject)) -> anyhow::Result<()> {
    let mut columns: Option<Vec<usize>> = None;
    each(path, Some(b'#'), |row| {
        let names = || row.iter().map(name).collect::<Vec<_>>();
        let is_header = columns.is_none() && names().iter().any(|n| [EMAIL, DOMAIN].concat().contains(&n.as_str()));
        let places = columns.get_or_insert_with(|| match is_header {
            true => [EMAIL, DOMAIN].iter().filter_map(|spellings| position(&names(), spellings)).collect(),
            false => vec![0],
        });
        let cell = places.iter().filter_map(|at| row.get(*at)).map(str::trim).find(|cell| !cell.is_empty());
        let Some(text) = cell.filter(|_| !is_header) else { return Ok(()) };
        match (Address::parse(text), domain_key(text).filter(|domain| domain.contains('.'))) {
            (Some(address), _) => take(Subject::Address(address)),
            (None, Some(domain)) => take(Subject::Domain(domain)),
            (None, None) => return Err("neither an address nor a domain; write one a line".to_owned()),
        }
        Ok(())
    })
}

/// Calls `take` with each row below the header and the header, its columns under the first of their spellings.
fn each_named(
    path: &Path,
    needed: &[Spellings],
    mut take: impl FnMut(&StringRecord, &StringRecord) -> Result<(), String>,
) -> anyhow::Result<()> {
    let wanted = || needed.iter().map(|spellings| spellings[0]).collect::<Vec<_>>().join(",");
    let mut header: Option<StringRecord> = None;
    each(path, None, |row| {
        if let Some(header) = &header {
            return take(row, header);
        }
        let names: Vec<String> = row.iter().map(name).collect();
        if let Some(missing) = needed.iter().find(|spellings| position(&names, spellings).is_none()) {
            return Err(format!("no column \"{}\"; the first line must be {}", missing.join("\" or \""), wanted()));
        }
        let mut known = vec![""; names.len()];
        for spellings in [EMAIL, LIST_SOURCE, DOMAIN, ORGANISATION, RECEIVER] {
            position(&names, spellings).into_iter().for_each(|at| known[at] = spellings[0]);
        }
        header = Some(StringRecord::from(known));
        Ok(())
    })?;
    match header {
        Some(_) => Ok(()),
        None => Err(broken(path, 1, format!("it is empty; the first line must be {}", wanted())).into()),
    }
}

/// Calls `take` with each row that has text.
fn each(
    path: &Path,
    remark: Option<u8>,
    mut take: impl FnMut(&StringRecord) -> Result<(), String>,
) -> anyhow::Result<()> {
    // Opened here: an error of the csv crate does not show that the file is not there.
    let cannot = || format!("{}: cannot be read", path.display());
    let mut file = BufReader::with_capacity(LONGEST_ROW, File::open(path).with_context(cannot)?);
    let delimiter = delimiter(file.fill_buf().with_context(cannot)?);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .comment(remark)
        .from_reader(file);
    let (mut row, mut width) = (StringRecord::new(), 0);
    while reader.read_record(&mut row).map_err(|error| unreadable(path, &error))? {
        let line = row.position().map_or(1, csv::Position::line) as usize;
        if row.as_slice().len() > LONGEST_ROW {
            let what = "a row of more than 64 kB: a quote that is opened in it is not closed; close it".to_owned();
            return Err(broken(path, line, what).into());
        }
        // A short row has empty cells.
        width = if width == 0 { row.len() } else { width };
        (row.len()..width).for_each(|_| row.push_field(""));
        if !row.as_slice().trim().is_empty() {
            take(&row).map_err(|what| broken(path, line, what))?;
        }
    }
    Ok(())
}

/// What stands between cells, by the first line that is no remark: spreadsheets of many countries write semicolons. What stands in
/// quotes does not count.
fn delimiter(start: &[u8]) -> u8 {
    let mut lines = start.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    let first = lines.find(|line| !line.starts_with(b"#")).unwrap_or_default();
    let bare = || first.split(|byte| *byte == b'"').step_by(2).flatten();
    *b",;\t".iter().find(|mark| bare().any(|byte| byte == *mark)).unwrap_or(&b',')
}

/// A cell of the first line as a name of a column. The byte order mark is gone only where no quote follows it.
fn name(cell: &str) -> String {
    cell.trim_start_matches('\u{feff}').trim_matches('"').trim().to_lowercase().replace([' ', '-'], "_")
}

/// Where a column is, by the best of its spellings that is there.
fn position(names: &[String], spellings: Spellings) -> Option<usize> {
    spellings.iter().find_map(|spelling| names.iter().position(|name| name == spelling))
}

fn unreadable(path: &Path, error: &csv::Error) -> anyhow::Error {
    let line = error.position().map_or(0, csv::Position::line) as usize;
    let what = match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "is not UTF-8; save the list as CSV in UTF-8".to_owned(),
        _ => format!("cannot be read: {error}"),
    };
    broken(path, line, what).into()
}

/// What the user can put right in the file.
fn broken(path: &Path, line: usize, what: String) -> TableError {
    TableError { file: path.display().to_string(), line, what }
}

#[cfg(test)]
mod tests;
