//! Targets: the night's lists in the form that a platform's import takes. In: addresses.csv and domains.csv as the night wrote
//! them, the sender's contacts and present list. Out: a folder for each target asked for, adds and removes apart, and what a target
//! cannot express. What may be suppressed was decided before; nothing is added here but the contacts of a listed domain.

mod entries;
mod form;
mod reactivate;

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use crate::bounce::nearest_word;
use crate::tables::targets::{Change, Holds, Scope, Target, TargetFile};
use crate::tables::{self, TableError};

pub use entries::{Allowed, Existing, Listed};
use entries::{Contacts, Entry, Lists};
use form::Sheet;
pub use reactivate::reactivate;

use super::ListFile;
use super::gather::address_hash;

/// In the name of a file for one sending domain, where the night does not say which.
const UNKNOWN_SENDER: &str = "any";

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

/// What was written for one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The target.
    pub target: String,
    /// Its files.
    pub files: Vec<ListFile>,
    /// Domains of the night that it cannot express, each with the reason; also in `not_expressed.csv`.
    pub not_expressed: Vec<(String, &'static str)>,
}

/// The targets of these names.
///
/// # Errors
/// A broken table; a name that it does not have, with the nearest one.
pub fn named(names: &[String], user_tables: Option<&Path>) -> Result<Vec<Target>, TableError> {
    let rows = tables::load::<Target>(user_tables)?;
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

/// Writes the targets of a night whose lists are written. `held` says that they lie below `suppression/held/`.
///
/// # Errors
/// Lists or contacts that cannot be read, files that cannot be written.
pub fn write(night: &Path, held: bool, events: &[PathBuf], options: &Options) -> anyhow::Result<Vec<Written>> {
    // The lists of a large night are large: they are read again only for those who ask.
    if options.targets.is_empty() {
        return Ok(Vec::new());
    }
    let folder = if held { "suppression/held" } else { "suppression" };
    let mut lists = Lists::read(night, folder, options.existing.as_ref())?;
    if options.targets.iter().any(|target| target.scope == Scope::SendingDomain) {
        lists.find_senders(events)?;
    }
    let contacts = match &options.contacts {
        Some(path) => Some(Contacts::read(path, &lists)?),
        None => None,
    };
    let mut written = Vec::new();
    for target in &options.targets {
        let path = format!("{folder}/{}", target.name);
        std::fs::create_dir_all(night.join(&path))?;
        written.push(one(night, &path, target, &lists, (contacts.as_ref(), options.existing.as_ref()))?);
    }
    Ok(written)
}

/// Writes one target.
fn one(
    night: &Path,
    folder: &str,
    target: &Target,
    lists: &Lists,
    (contacts, existing): (Option<&Contacts>, Option<&Existing>),
) -> anyhow::Result<Written> {
    let mut written = Written { target: target.name.clone(), files: Vec::new(), not_expressed: Vec::new() };
    let takes_domains = target.files.iter().any(|file| file.holds == Holds::Domains);
    let mut expanded: Vec<Entry> = Vec::new();
    let mut domains: Vec<&Entry> = Vec::new();
    for entry in &lists.domains {
        match place(entry, target, takes_domains, contacts) {
            Ok(Place::AsDomain) => domains.push(entry),
            Ok(Place::AsAddresses(contacts)) => expanded.extend(contacts.at(entry, existing)),
            Err(why) => written.not_expressed.push((entry.get("domain").to_owned(), why)),
        }
    }
    let addresses: Vec<&Entry> = lists.addresses.iter().chain(&expanded).collect();
    for file in &target.files {
        let entries = match (file.change, file.holds) {
            (Change::Add, Holds::Domains) => domains.clone(),
            (Change::Add, holds) => addresses.iter().copied().filter(|entry| entry.is(holds)).collect(),
            (Change::Remove, Holds::Domains) => lists.removed_domains.iter().collect(),
            (Change::Remove, _) => lists.removed_addresses.iter().collect(),
        };
        for (name, entries) in scopes(file, target.scope, &entries) {
            written.files.extend(write_file(night, folder, &name, target, file, &entries)?);
        }
    }
    if !written.not_expressed.is_empty() {
        let mut sheet = csv::Writer::from_path(night.join(folder).join("not_expressed.csv"))?;
        sheet.write_record(["domain", "reason"])?;
        for (domain, why) in &written.not_expressed {
            sheet.write_record([domain.as_str(), why])?;
        }
        sheet.flush()?;
    }
    Ok(written)
}

/// How a target can hold a domain.
enum Place<'c> {
    AsDomain,
    AsAddresses(&'c Contacts),
}

fn place<'c>(
    entry: &Entry,
    target: &Target,
    takes_domains: bool,
    contacts: Option<&'c Contacts>,
) -> Result<Place<'c>, &'static str> {
    let own_columns = target.files.iter().flat_map(|f| f.rows.iter().flatten()).any(|cell| cell == "{sending_domain}");
    if !entry.get("sending_domain").is_empty() && target.scope != Scope::SendingDomain && !own_columns {
        return Err("cannot stop one sending domain alone; an entry would stop all of them");
    }
    if takes_domains {
        return Ok(Place::AsDomain);
    }
    let contacts = contacts.ok_or("takes no domains; --contacts FILE would expand it to the addresses there")?;
    match contacts.knows(entry) {
        true => Ok(Place::AsAddresses(contacts)),
        false => Err("takes no domains, and --contacts has no address there"),
    }
}

/// The files that a file of the table stands for: one, or one for each sending domain.
fn scopes<'e>(file: &TargetFile, scope: Scope, entries: &[&'e Entry]) -> BTreeMap<String, Vec<&'e Entry>> {
    if scope == Scope::Account {
        return BTreeMap::from([(file.name.clone(), entries.to_vec())]);
    }
    let mut files: BTreeMap<String, Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        let mut senders = entry.senders().peekable();
        let unknown = if senders.peek().is_none() { Some(UNKNOWN_SENDER) } else { None };
        for sender in senders.chain(unknown) {
            files.entry(file.name.replace("{sending_domain}", sender)).or_default().push(entry);
        }
    }
    files
}

/// One file, or several where the target's limit asks for it; none for no entries.
fn write_file(
    night: &Path,
    folder: &str,
    name: &str,
    target: &Target,
    file: &TargetFile,
    entries: &[&Entry],
) -> anyhow::Result<Vec<ListFile>> {
    let (sheet, rows_each) = (Sheet { file, reasons: &target.reasons }, file.rows.len());
    let mut seen = HashSet::new();
    let mut entries = entries.to_vec();
    entries.retain(|entry| rows_each > 0 && seen.insert(address_hash(&entry.key())));
    drop(seen);
    // All rows of an entry stay in one file.
    let limit = target.row_limit.map_or(usize::MAX, |limit| (limit / rows_each.max(1)).max(1));
    let mut written = Vec::new();
    for (part, entries) in entries.chunks(limit).enumerate() {
        let name = if part == 0 { name.to_owned() } else { numbered(name, part + 1) };
        let path = format!("{folder}/{name}");
        sheet.write(entries, BufWriter::new(File::create(night.join(&path))?))?;
        written.push(ListFile { path, rows: (entries.len() * rows_each) as u64 });
    }
    Ok(written)
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
