//! Entries of targets. In: the night's lists, the sender's contacts, what is listed already. Out: entries to add and to remove.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;

use crate::analyze::maps::delimiter_of;
use crate::bounce::{Address, Cause, Timestamp, domain_key};
use crate::frame::{self, schema};
use crate::suppress::Allow;
use crate::suppress::rows::Text;
use crate::tables::TableError;
use crate::tables::targets::Holds;

/// What the sender has listed already.
#[derive(Debug, Clone, Default)]
pub struct Existing {
    /// Addresses by their key (`Address::key`).
    pub addresses: BTreeMap<String, Listed>,
    /// Domains (`domain_key`).
    pub domains: BTreeMap<String, Listed>,
}

/// One entry of such a list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// As spelled there.
    pub text: String,
    /// When it was put there, the last time that the list says; `None` if it says none.
    pub since: Option<Timestamp>,
}

impl Existing {
    /// Adds an address, or a domain.
    pub fn add(&mut self, text: &str, since: Option<Timestamp>) {
        let (entries, key, text) = match Address::parse(text) {
            Some(address) => (&mut self.addresses, address.key(), address.as_str().to_owned()),
            None => match domain_key(text) {
                Some(domain) => (&mut self.domains, domain.clone(), domain),
                None => return,
            },
        };
        let listed = entries.entry(key).or_insert(Listed { text, since });
        listed.since = listed.since.max(since);
    }
}

/// Reads what must never be suppressed: an address or a domain a line, or in the first column of a CSV.
pub struct Allowed;

impl Allowed {
    /// Reads the file.
    ///
    /// # Errors
    /// A file that cannot be read; a line that is neither address nor domain, with its number.
    pub fn read(path: &Path) -> anyhow::Result<Allow> {
        // Opened here: an error of the csv crate does not show that the file is not there.
        let file = File::open(path)?;
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(file);
        let mut allow = Allow::default();
        for (line, record) in reader.records().enumerate() {
            let record = record.with_context(|| format!("{}: line {}", path.display(), line + 1))?;
            let text = record.get(0).unwrap_or_default().trim();
            let header =
                line == 0 && ["email", "domain", "address", "recipient"].contains(&text.to_lowercase().as_str());
            if text.is_empty() || text.starts_with('#') || header {
                continue;
            }
            match (Address::parse(text), domain_key(text).filter(|domain| domain.contains('.'))) {
                (Some(address), _) => allow.add(&address),
                (None, Some(domain)) => drop(allow.domains.insert(domain)),
                (None, None) => {
                    let what = "neither an address nor a domain; write one a line".to_owned();
                    return Err(TableError { file: path.display().to_string(), line: line + 1, what }.into());
                }
            };
        }
        Ok(allow)
    }
}

/// One entry: the columns of its list, by name. A night has millions: the names are shared, the cells are one piece.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    names: Arc<[String]>,
    cells: Box<str>,
    /// Where each cell ends; it starts where the one before ends.
    ends: Box<[usize]>,
    /// Sending domains that mailed it.
    senders: BTreeSet<String>,
}

impl Entry {
    fn of<'c>(names: &Arc<[String]>, cells: impl Iterator<Item = &'c str>) -> Entry {
        let (mut text, mut ends) = (String::new(), Vec::with_capacity(names.len()));
        for cell in cells.take(names.len()) {
            text.push_str(cell);
            ends.push(text.len());
        }
        Entry { names: names.clone(), cells: text.into(), ends: ends.into(), senders: BTreeSet::new() }
    }

    /// A cell; empty where the list has none of that name. Of several columns of one name the last counts.
    pub(super) fn get(&self, name: &str) -> &str {
        let at = self.names[..self.ends.len()].iter().rposition(|known| known == name);
        at.map_or("", |at| self.cell(at))
    }

    fn cell(&self, at: usize) -> &str {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.cells[start..self.ends[at]]
    }

    /// What tells it from others.
    pub(super) fn key(&self) -> String {
        let of = if self.get("email").is_empty() { "domain" } else { "email" };
        self.get(of).to_lowercase()
    }

    /// Whether a file that holds these holds it.
    pub(super) fn is(&self, holds: Holds) -> bool {
        let complaint = self.get("cause") == Cause::Complaint.as_str();
        match holds {
            Holds::Addresses => true,
            Holds::Bounces => !complaint,
            Holds::Complaints => complaint,
            Holds::Domains => false,
        }
    }

    /// The sending domains whose lists it belongs on.
    pub(super) fn senders(&self) -> impl Iterator<Item = &str> {
        let own = Some(self.get("sending_domain")).filter(|domain| !domain.is_empty());
        let all = if own.is_some() { None } else { Some(self.senders.iter().map(String::as_str)) };
        own.into_iter().chain(all.into_iter().flatten())
    }
}

/// The night's lists, against what is listed already.
#[derive(Debug, Default)]
pub(super) struct Lists {
    pub(super) addresses: Vec<Entry>,
    pub(super) domains: Vec<Entry>,
    pub(super) removed_addresses: Vec<Entry>,
    pub(super) removed_domains: Vec<Entry>,
}

impl Lists {
    /// Reads the lists of a night. With a present list only what is new is added, and what reactivate.csv names is removed.
    pub(super) fn read(night: &Path, folder: &str, existing: Option<&Existing>) -> anyhow::Result<Lists> {
        let mut lists = Lists {
            addresses: new_in(&night.join(folder).join("addresses.csv"), |entry| {
                existing.is_none_or(|existing| !existing.addresses.contains_key(&entry.key()))
            })?,
            domains: new_in(&night.join(folder).join("domains.csv"), |entry| {
                existing.is_none_or(|existing| !existing.domains.contains_key(entry.get("domain")))
            })?,
            ..Lists::default()
        };
        let [email, domain] = ["email", "domain"].map(|name| Arc::from([name.to_owned()]));
        for entry in read_csv(&night.join("suppression/reactivate.csv"))? {
            let entry = entry?;
            let listed = entry.get("email");
            match listed.contains('@') {
                true => lists.removed_addresses.push(Entry::of(&email, std::iter::once(listed))),
                false => lists.removed_domains.push(Entry::of(&domain, std::iter::once(listed))),
            }
        }
        Ok(lists)
    }

    /// Finds the sending domains that mailed each address, and those of the night for entries that name none.
    pub(super) fn find_senders(&mut self, events: &[PathBuf]) -> anyhow::Result<()> {
        let mut wanted: BTreeMap<String, BTreeSet<String>> =
            self.addresses.iter().map(|entry| (entry.key(), BTreeSet::new())).collect();
        let mut all = BTreeSet::new();
        for frame in frame::scan(events, &[schema::RECIPIENT, schema::SENDING_DOMAIN])? {
            let frame = frame?;
            let (recipients, senders) =
                (Text::of(&frame, schema::RECIPIENT)?, Text::of(&frame, schema::SENDING_DOMAIN)?);
            for row in 0..frame.height() {
                let Some(sender) = senders.get(row) else { continue };
                if !all.contains(sender) {
                    all.insert(sender.to_owned());
                }
                let recipient = recipients.get(row).map(str::to_lowercase).unwrap_or_default();
                if let Some(found) = wanted.get_mut(&recipient)
                    && !found.contains(sender)
                {
                    found.insert(sender.to_owned());
                }
            }
        }
        for entry in &mut self.addresses {
            entry.senders =
                wanted.remove(&entry.key()).filter(|found| !found.is_empty()).unwrap_or_else(|| all.clone());
        }
        for entry in self.domains.iter_mut().chain(&mut self.removed_addresses).chain(&mut self.removed_domains) {
            entry.senders.clone_from(&all);
        }
        Ok(())
    }
}

/// The sender's contacts at the domains that are listed.
#[derive(Debug)]
pub(super) struct Contacts(BTreeMap<String, Vec<String>>);

impl Contacts {
    /// Reads the addresses at domains of the lists; others are passed over.
    pub(super) fn read(path: &Path, lists: &Lists) -> anyhow::Result<Contacts> {
        let mut found: BTreeMap<String, Vec<String>> =
            lists.domains.iter().map(|entry| (entry.get("domain").to_owned(), Vec::new())).collect();
        for entry in read_csv(path)? {
            let entry = entry?;
            let email = ["email", "recipient", "address"]
                .into_iter()
                .map(|name| entry.get(name))
                .find(|email| !email.is_empty());
            let Some(address) = email.and_then(Address::parse) else { continue };
            if let Some(addresses) = found.get_mut(address.domain()) {
                addresses.push(address.as_str().to_owned());
            }
        }
        Ok(Contacts(found))
    }

    /// Whether it has addresses at a listed domain.
    pub(super) fn knows(&self, domain: &Entry) -> bool {
        self.0.get(domain.get("domain")).is_some_and(|addresses| !addresses.is_empty())
    }

    /// The addresses at a listed domain, as entries with the domain's cause and evidence; without those listed already.
    pub(super) fn at(&self, domain: &Entry, existing: Option<&Existing>) -> Vec<Entry> {
        let addresses = self.0.get(domain.get("domain")).into_iter().flatten();
        let is_new = |email: &&String| existing.is_none_or(|e| !e.addresses.contains_key(&email.to_lowercase()));
        let known = domain.ends.len();
        let names: Arc<[String]> = domain.names[..known].iter().cloned().chain(["email".to_owned()]).collect();
        let entry = |email: &String| {
            let cells = (0..known).map(|at| domain.cell(at)).chain([email.as_str()]);
            Entry { senders: domain.senders.clone(), ..Entry::of(&names, cells) }
        };
        addresses.filter(is_new).map(entry).collect()
    }
}

/// The entries of a list that are new.
fn new_in(path: &Path, is_new: impl Fn(&Entry) -> bool) -> anyhow::Result<Vec<Entry>> {
    read_csv(path)?.filter(|entry| entry.as_ref().map_or(true, &is_new)).collect()
}

/// The rows of a CSV with a header, its names in lower case.
pub(super) fn read_csv(path: &Path) -> anyhow::Result<impl Iterator<Item = anyhow::Result<Entry>>> {
    let context = || format!("{}: reading", path.display());
    let mut file = BufReader::new(File::open(path).with_context(context)?);
    let start = file.fill_buf().with_context(context)?;
    let delimiter = delimiter_of(start.split(|byte| *byte == b'\n').next().unwrap_or_default());
    let mut reader = csv::ReaderBuilder::new().flexible(true).delimiter(delimiter).from_reader(file);
    // Some spreadsheets begin with a byte order mark.
    let name = |cell: &str| cell.trim_start_matches('\u{feff}').trim().to_lowercase();
    let names: Arc<[String]> = reader.headers().with_context(context)?.iter().map(name).collect();
    Ok(reader.into_records().map(move |record| {
        let record = record.with_context(context)?;
        Ok(Entry::of(&names, record.iter().map(str::trim)))
    }))
}
