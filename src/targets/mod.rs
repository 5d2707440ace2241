//! TARGETS: what the night lists, in the form that a platform's import takes. In: frames of what is listed and of what comes off, the
//! sender's contacts and present list, the night's events and deliveries. Out: a folder for each target asked for, adds and removes
//! apart, and what a target cannot express. What may be suppressed was decided before; nothing is added here but the contacts of a
//! listed domain. No file of the night is read back.

mod contacts;
mod entries;
mod example;
mod form;
mod names;
mod senders;

use std::collections::{BTreeMap, BTreeSet, HashSet, btree_map};
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::Context;
use polars::prelude::DataFrame;

use crate::bounce::{Key, nearest_word};
use crate::suppress::present::Existing;
use crate::suppress::{ListFile, ListFrames, Released, acting, is_formula, leaving};
use crate::tables::targets::{Change, Holds, Scope, Target, TargetFile};
use crate::tables::{self, TableError};

pub use example::check;

use contacts::Contacts;
use entries::{Cells, Entry};
use form::Sheet;
use senders::Senders;

/// In the name of a file for one sending domain, where the night does not say which.
const UNKNOWN_SENDER: &str = "any";
/// Sending domains up to which an entry that names none goes to the list of each. Beyond, entries times domains would make files that
/// nobody can import, and a night of forged reports could fill the disk.
const MOST_SENDERS: usize = 50;

/// What is asked for.
#[derive(Debug, Default)]
pub struct Options {
    /// The targets.
    pub targets: Vec<Target>,
    /// The sender's own list (CSV `email`, ...), for targets that take no domains.
    pub contacts: Option<PathBuf>,
    /// What is listed already; then only changes are written.
    pub existing: Option<Existing>,
}

impl Options {
    /// Columns of addresses.csv and domains.csv that the files asked for are made of.
    pub fn columns(&self) -> BTreeSet<String> {
        let files = self.targets.iter().flat_map(|target| &target.files);
        let mut columns: BTreeSet<String> = files.flat_map(form::columns).collect();
        if !self.targets.is_empty() {
            columns.extend(["email", "domain", "cause", "sending_domain"].map(str::to_owned));
        }
        columns
    }
}

/// A night whose lists are decided.
#[derive(Debug, Clone, Copy)]
pub struct Night<'n> {
    /// Its folder.
    pub folder: &'n Path,
    /// The lists are held; then what to add and what to remove is.
    pub braked: bool,
    /// Its events.
    pub events: &'n [PathBuf],
    /// Its deliveries.
    pub deliveries: &'n [PathBuf],
    /// What is listed, at least the columns that were asked for.
    pub lists: &'n ListFrames,
    /// What comes off.
    pub released: &'n Released,
}

/// What was written for one target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// The target.
    pub target: String,
    /// Its files.
    pub files: Vec<ListFile>,
    /// What it cannot express, or not where it belongs; also in `not_expressed.csv`.
    pub not_expressed: BTreeSet<Inexpressible>,
}

/// Something that a target cannot express.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Inexpressible {
    /// Whether to add or to remove.
    pub change: Change,
    /// `address`, `domain` or `sending_domain`.
    pub what: &'static str,
    /// Which one.
    pub value: String,
    /// Why.
    pub reason: &'static str,
}

impl Inexpressible {
    fn of(change: Change, entry: Entry<'_>, reason: &'static str) -> Inexpressible {
        let what = if entry.get("email").is_empty() { "domain" } else { "address" };
        Inexpressible { change, what, value: entry.name().to_owned(), reason }
    }
}

/// The targets of these names.
///
/// # Errors
/// A broken table; a name that it does not have, with the nearest one.
pub fn named(names: &[String], user_tables: Option<&Path>) -> Result<Vec<Target>, TableError> {
    let rows = tables::load::<Target>(user_tables)?;
    rows.iter().filter(|row| names.contains(&row.value.name)).try_for_each(check)?;
    let find = |name: &String| {
        let row = rows.iter().find(|row| row.value.name == *name).map(|row| row.value.clone());
        row.ok_or_else(|| {
            let known = rows.iter().map(|row| row.value.name.as_str());
            let hint = match nearest_word(name, known.clone()) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("known: {}", known.collect::<Vec<_>>().join(", ")),
            };
            TableError { file: "--target".to_owned(), line: 0, what: format!("unknown target \"{name}\"; {hint}") }
        })
    };
    names.iter().map(find).collect()
}

/// Writes the targets of a night: what to add next to the lists, what to remove below `release/`.
///
/// # Errors
/// Contacts, events or deliveries that cannot be read, files that cannot be written.
pub fn write(night: &Night<'_>, options: &Options) -> anyhow::Result<Vec<Written>> {
    if options.targets.is_empty() {
        return Ok(Vec::new());
    }
    let lists = Changes::of(night, options)?;
    let mut written = Vec::new();
    for target in &options.targets {
        let folders = [acting(night.braked), leaving(night.braked)].map(|folder| format!("{folder}/{}", target.name));
        let told = Written { target: target.name.clone(), ..Written::default() };
        written.push(Writing { night: night.folder, folders, target, lists: &lists, written: told }.all()?);
    }
    Ok(written)
}

/// The changes for every target, before its own form.
struct Changes<'n> {
    /// New ones.
    addresses: DataFrame,
    /// New ones.
    domains: DataFrame,
    /// `email`.
    removed_addresses: DataFrame,
    /// `domain`.
    removed_domains: DataFrame,
    released: &'n Released,
    existing: Option<&'n Existing>,
    /// Of the addresses, and of the night; `None` where no target asks.
    senders: Option<Senders>,
    contacts: Option<Contacts>,
}

impl<'n> Changes<'n> {
    /// With a present list only what is new is added; what is removed is what was released.
    fn of(night: &Night<'n>, options: &'n Options) -> anyhow::Result<Changes<'n>> {
        let existing = options.existing.as_ref();
        let is_new = |key: &str| existing.is_none_or(|existing| !existing.holds(&key.to_lowercase()));
        let addresses = entries::those(&night.lists.addresses, "email", is_new)?;
        let domains = entries::those(&night.lists.domains, "domain", is_new)?;
        let removed_addresses = night.released.values("address", "email")?;
        let removed_domains = night.released.values("domain", "domain")?;
        let by_sender = options.targets.iter().any(|target| target.scope == Scope::SendingDomain);
        let senders = match by_sender {
            true => Some(Senders::of(&addresses, &[night.events, night.deliveries])?),
            false => None,
        };
        let contacts = match &options.contacts {
            Some(path) => Some(Contacts::read(path, [&domains, &removed_domains])?),
            None => None,
        };
        let released = night.released;
        Ok(Changes { addresses, domains, removed_addresses, removed_domains, released, existing, senders, contacts })
    }
}

/// One target, being written.
struct Writing<'w> {
    night: &'w Path,
    /// Of what to add, and of what to remove.
    folders: [String; 2],
    target: &'w Target,
    lists: &'w Changes<'w>,
    written: Written,
}

impl<'w> Writing<'w> {
    /// Writes all its files.
    fn all(mut self) -> anyhow::Result<Written> {
        let (target, lists) = (self.target, self.lists);
        let takes = |change: Change| target.files.iter().any(|f| f.change == change && f.holds == Holds::Domains);
        let (known, removed) = (Cells::of(&lists.domains)?, Cells::of(&lists.removed_domains)?);
        let (mut domains, mut expanded) = (Vec::new(), Vec::new());
        for entry in known.entries() {
            match place(entry, target, takes(Change::Add), lists.contacts.as_ref()) {
                Ok(Place::AsDomain) => domains.push(entry),
                Ok(Place::AsAddresses) => expanded.push(entry.row()),
                Err(why) => drop(self.written.not_expressed.insert(Inexpressible::of(Change::Add, entry, why))),
            }
        }
        let expanded = match &lists.contacts {
            Some(contacts) => contacts.at(&lists.domains, expanded, lists.existing)?,
            None => DataFrame::default(),
        };
        let leaving = if takes(Change::Remove) { DataFrame::default() } else { self.leaving(&removed)? };
        let (listed, expanded) =
            (Cells::of(&lists.addresses)?.with_senders(lists.senders.as_ref()), Cells::of(&expanded)?);
        let (off, leaving) = (Cells::of(&lists.removed_addresses)?, Cells::of(&leaving)?);
        for file in &target.files {
            let entries = match (file.change, file.holds) {
                (Change::Add, Holds::Domains) => domains.clone(),
                (Change::Add, holds) => {
                    listed.entries().chain(expanded.entries()).filter(|entry| entry.is(holds)).collect()
                }
                (Change::Remove, Holds::Domains) => removed.entries().collect(),
                (Change::Remove, _) => off.entries().chain(leaving.entries()).collect(),
            };
            let sheet = Sheet::of(file, &target.reasons)?;
            let entries = self.expressible(&sheet, entries);
            for ((name, sender), entries) in self.scopes(file, entries) {
                self.file(&name, &sender, &sheet, &entries)?;
            }
        }
        self.write_inexpressible()?;
        Ok(self.written)
    }

    /// The addresses that stand for domains which come off, where the target takes none: of the contacts there, those that the present
    /// list holds for the domain. What cannot be expressed is reported.
    fn leaving(&mut self, removed: &Cells<'_>) -> anyhow::Result<DataFrame> {
        let mut untold = |what, value: &str, reason| {
            let value = value.to_owned();
            self.written.not_expressed.insert(Inexpressible { change: Change::Remove, what, value, reason });
        };
        let Some(contacts) = &self.lists.contacts else {
            let why =
                "takes no domains; which addresses it was told for this one is not known, --contacts FILE would tell";
            removed.entries().for_each(|domain| untold("domain", domain.name(), why));
            return Ok(DataFrame::default());
        };
        let off = contacts.among(self.lists.released.off_with_domains())?;
        let unsure = contacts.among(self.lists.released.unsure_at_domains())?;
        let (gone, doubted) = (Cells::of(&off)?, Cells::of(&unsure)?);
        for address in doubted.entries() {
            let why = "its entry gives no reason, so nobody knows whether it is there for its domain, which comes off";
            untold("address", address.name(), why);
        }
        let told: HashSet<&str> = gone.entries().chain(doubted.entries()).map(|entry| entry.get("domain")).collect();
        for domain in removed.entries().filter(|domain| !told.contains(domain.name())) {
            let why = "takes no domains, and no contact there is on the present list for a bounce";
            untold("domain", domain.name(), why);
        }
        Ok(off)
    }

    /// The entries that a file may hold, each once.
    fn expressible<'e>(&mut self, sheet: &Sheet<'_>, mut entries: Vec<Entry<'e>>) -> Vec<Entry<'e>> {
        let (key, mut seen) = (Key::default(), HashSet::new());
        entries.retain(|entry| {
            let refusal = sheet.refusal(*entry);
            self.written.not_expressed.extend(refusal.map(|why| Inexpressible::of(sheet.file.change, *entry, why)));
            refusal.is_none() && sheet.rows_each() > 0 && seen.insert(key.recipient_of(entry.name()))
        });
        entries
    }

    /// The files that a file of the table stands for, each with its sending domain: one, or one for each.
    fn scopes<'e>(&mut self, file: &TargetFile, entries: Vec<Entry<'e>>) -> BTreeMap<(String, String), Vec<Entry<'e>>> {
        let mut files: BTreeMap<_, Vec<Entry<'e>>> = BTreeMap::new();
        let Some(all) = self.lists.senders.as_ref().filter(|_| self.target.scope == Scope::SendingDomain) else {
            return BTreeMap::from([((file.name.clone(), String::new()), entries)]);
        };
        for entry in entries {
            let mut senders: Vec<&str> = entry.senders().collect();
            if senders.is_empty() && all.count() > MOST_SENDERS {
                let why = "no sending domain is known and the night has too many to list it for each; it stands in the file any";
                self.written.not_expressed.insert(Inexpressible::of(file.change, entry, why));
            } else if senders.is_empty() {
                senders.extend(all.iter());
            }
            if senders.is_empty() {
                senders.push(UNKNOWN_SENDER);
            }
            for sender in senders {
                let stem = if sender == UNKNOWN_SENDER { sender.into() } else { names::stem(sender) };
                if stem != sender {
                    let (what, value) = ("sending_domain", format!("{sender} {stem}"));
                    let reason = "is no plain host name; its files are named by the hash behind it";
                    self.written.not_expressed.insert(Inexpressible { change: file.change, what, value, reason });
                }
                let name = file.name.replace("{sending_domain}", &stem);
                // In a cell, too, only what is a plain host name stands as it is.
                let sender = if sender == UNKNOWN_SENDER { "" } else { &stem };
                files.entry((name, sender.to_owned())).or_default().push(entry);
            }
        }
        files
    }

    /// One file, or several where the target's limit asks for it; none for no entries.
    fn file(&mut self, name: &str, sender: &str, sheet: &Sheet<'_>, entries: &[Entry<'_>]) -> anyhow::Result<()> {
        let [adds, removes] = &self.folders;
        let folder = if sheet.file.change == Change::Add { adds } else { removes };
        let rows_each = sheet.rows_each();
        // All rows of an entry stay in one file.
        let limit = self.target.row_limit.map_or(usize::MAX, |limit| (limit / rows_each.max(1)).max(1));
        for (part, entries) in entries.chunks(limit).enumerate() {
            let name = if part == 0 { name.to_owned() } else { numbered(name, part + 1) };
            let path = format!("{folder}/{name}");
            sheet.write(entries, sender, BufWriter::new(create(&self.night.join(&path))?))?;
            self.written.files.push(ListFile { path, rows: (entries.len() * rows_each) as u64 });
        }
        Ok(())
    }

    /// `not_expressed.csv` next to what it is about, where it has rows; while the brake holds there is one folder.
    fn write_inexpressible(&self) -> anyhow::Result<()> {
        let mut sheets: BTreeMap<&str, csv::Writer<File>> = BTreeMap::new();
        for Inexpressible { change, what, value, reason } in &self.written.not_expressed {
            let folder = &self.folders[usize::from(*change == Change::Remove)];
            let sheet = match sheets.entry(folder) {
                btree_map::Entry::Occupied(sheet) => sheet.into_mut(),
                btree_map::Entry::Vacant(place) => {
                    let path = self.night.join(folder).join("not_expressed.csv");
                    let sheet = place.insert(csv::Writer::from_writer(create(&path)?));
                    sheet.write_record(["type", "value", "reason"])?;
                    sheet
                }
            };
            // As in quarantine.csv: a JSON string begins with a quote.
            let value = if is_formula(value) { &serde_json::to_string(value)? } else { value };
            sheet.write_record([*what, value.as_str(), *reason])?;
        }
        Ok(sheets.values_mut().try_for_each(csv::Writer::flush)?)
    }
}

/// A new file, and the folders above it.
fn create(path: &Path) -> anyhow::Result<File> {
    let made = || {
        path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        File::create(path)
    };
    made().with_context(|| format!("{}: cannot write the file", path.display()))
}

/// How a target can hold a domain.
enum Place {
    AsDomain,
    AsAddresses,
}

fn place(
    entry: Entry<'_>,
    target: &Target,
    takes_domains: bool,
    contacts: Option<&Contacts>,
) -> Result<Place, &'static str> {
    let own_columns = target.files.iter().any(|file| form::columns(file).any(|column| column == "sending_domain"));
    if !entry.get("sending_domain").is_empty() && target.scope != Scope::SendingDomain && !own_columns {
        return Err("cannot stop one sending domain alone; an entry would stop all of them");
    }
    if takes_domains {
        return Ok(Place::AsDomain);
    }
    let contacts = contacts.ok_or("takes no domains; --contacts FILE would expand it to the addresses there")?;
    match contacts.knows(entry.name()) {
        true => Ok(Place::AsAddresses),
        false => Err("takes no domains, and --contacts has no address there"),
    }
}

/// `add.csv` as `add-2.csv`.
fn numbered(name: &str, part: usize) -> String {
    match name.rsplit_once('.') {
        Some((stem, ending)) => format!("{stem}-{part}.{ending}"),
        None => format!("{name}-{part}"),
    }
}

#[cfg(test)]
mod tests;
