//! Targets: the night's lists in the form that a platform's import takes. In: addresses.csv and domains.csv as the night wrote
//! them, what was released, the sender's contacts and present list. Out: a folder for each target asked for, adds and removes apart, and what a target
//! cannot express. What may be suppressed was decided before; nothing is added here but the contacts of a listed domain.

mod entries;
mod form;
mod names;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;

use crate::bounce::nearest_word;
use crate::tables::targets::{Change, Holds, Scope, Target, TargetFile};
use crate::tables::{self, TableError};

pub use entries::Allowed;
use entries::{Contacts, Lists};
use form::Sheet;

use super::cells::is_formula;
use super::gather::address_hash;
use super::present::Existing;
use super::read_back::Entry;
use super::release::{Members, Release};
use super::{ListFile, acting, leaving};

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

/// What was written for one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The target.
    pub target: String,
    /// Its files.
    pub files: Vec<ListFile>,
    /// What it cannot be told, or not where it belongs; also in `not_expressed.csv`.
    pub not_expressed: BTreeSet<Untold>,
}

/// Something that a target cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Untold {
    /// Whether to add or to remove.
    pub change: Change,
    /// `address`, `domain` or `sending_domain`.
    pub what: &'static str,
    /// Which one.
    pub value: String,
    /// Why.
    pub reason: &'static str,
}

impl Untold {
    fn of(change: Change, entry: &Entry, reason: &'static str) -> Untold {
        let (what, name) = if entry.get("email").is_empty() { ("domain", "domain") } else { ("address", "email") };
        Untold { change, what, value: entry.get(name).to_owned(), reason }
    }
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

/// Writes the targets of a night whose lists are written: what to add beside the lists, what to remove below `release/`. `braked` says
/// that the lists are held; then both are.
///
/// # Errors
/// Lists or contacts that cannot be read, files that cannot be written.
pub fn write(
    night: &Path,
    braked: bool,
    events: &[PathBuf],
    options: &Options,
    releases: &[Release],
) -> anyhow::Result<Vec<Written>> {
    // The lists of a large night are large: they are read again only for those who ask.
    if options.targets.is_empty() {
        return Ok(Vec::new());
    }
    let adds = acting(braked);
    let mut lists = Lists::read(night, adds, options.existing.as_ref(), releases)?;
    if options.targets.iter().any(|target| target.scope == Scope::SendingDomain) {
        lists.find_senders(events)?;
    }
    let contacts = match &options.contacts {
        Some(path) => Some(Contacts::read(path, &lists)?),
        None => None,
    };
    let removes = leaving(braked);
    let mut written = Vec::new();
    for target in &options.targets {
        let folders = [adds, removes].map(|folder| format!("{folder}/{}", target.name));
        let sides = (contacts.as_ref(), options.existing.as_ref());
        written.push(Writing::new(night, folders, target, &lists).all(sides)?);
    }
    Ok(written)
}

/// One target, being written.
struct Writing<'w> {
    night: &'w Path,
    /// Of what to add, and of what to remove.
    folders: [String; 2],
    target: &'w Target,
    lists: &'w Lists,
    written: Written,
}

impl<'w> Writing<'w> {
    fn new(night: &'w Path, folders: [String; 2], target: &'w Target, lists: &'w Lists) -> Writing<'w> {
        let written = Written { target: target.name.clone(), files: Vec::new(), not_expressed: BTreeSet::new() };
        Writing { night, folders, target, lists, written }
    }

    /// Writes all its files.
    fn all(mut self, (contacts, existing): (Option<&Contacts>, Option<&Existing>)) -> anyhow::Result<Written> {
        let (target, lists) = (self.target, self.lists);
        let holds = |change: Change| move |file: &&TargetFile| file.change == change && file.holds == Holds::Domains;
        let takes_domains = target.files.iter().any(|file| holds(Change::Add)(&file));
        let mut expanded: Vec<Entry> = Vec::new();
        let mut domains: Vec<&Entry> = Vec::new();
        for entry in &lists.domains {
            match place(entry, target, takes_domains, contacts) {
                Ok(Place::AsDomain) => domains.push(entry),
                Ok(Place::AsAddresses(contacts)) => expanded.extend(contacts.at(entry, existing)),
                Err(why) => drop(self.written.not_expressed.insert(Untold::of(Change::Add, entry, why))),
            }
        }
        let mut leaving: Vec<Entry> = Vec::new();
        if !target.files.iter().any(|file| holds(Change::Remove)(&file)) {
            lists.removed_domains.iter().for_each(|domain| leaving.extend(self.leaving(domain, contacts)));
        }
        let addresses: Vec<&Entry> = lists.addresses.iter().chain(&expanded).collect();
        for file in &target.files {
            let entries = match (file.change, file.holds) {
                (Change::Add, Holds::Domains) => domains.clone(),
                (Change::Add, holds) => addresses.iter().copied().filter(|entry| entry.is(holds)).collect(),
                (Change::Remove, Holds::Domains) => lists.removed_domains.iter().collect(),
                (Change::Remove, _) => lists.removed_addresses.iter().chain(&leaving).collect(),
            };
            let sheet = Sheet { file, reasons: &target.reasons };
            let entries = self.told(&sheet, entries);
            for (name, entries) in self.scopes(file, &entries) {
                self.file(&name, &sheet, entries)?;
            }
        }
        self.untold()?;
        Ok(self.written)
    }

    /// The addresses that stand for a domain which comes off, where the target takes none: of the contacts there, those that the present
    /// list holds for it. What cannot be told is said.
    fn leaving(&mut self, domain: &Entry, contacts: Option<&Contacts>) -> Vec<Entry> {
        let mut untold = |what, value: &str, reason| {
            let value = value.to_owned();
            self.written.not_expressed.insert(Untold { change: Change::Remove, what, value, reason })
        };
        let name = domain.get("domain");
        let Some(contacts) = contacts else {
            let why =
                "takes no domains; which addresses it was told for this one is not known, --contacts FILE would tell";
            untold("domain", name, why);
            return Vec::new();
        };
        let members = self.lists.members.get(name);
        let off = contacts.among(domain, members.into_iter().flat_map(Members::off));
        let unsure = members.into_iter().flat_map(|members| members.unsure.iter().map(String::as_str));
        let unsure = contacts.among(domain, unsure);
        for address in &unsure {
            untold(
                "address",
                address,
                "its entry gives no reason, so nobody knows whether it is there for its domain, which comes off",
            );
        }
        if off.is_empty() && unsure.is_empty() {
            untold("domain", name, "takes no domains, and no contact there is on the present list for a bounce");
        }
        let names: Arc<[String]> = Arc::from(["email".to_owned()]);
        off.into_iter().map(|address| Entry::of(&names, std::iter::once(address))).collect()
    }

    /// The entries that a file may hold, each once.
    fn told<'e>(&mut self, sheet: &Sheet<'_>, mut entries: Vec<&'e Entry>) -> Vec<&'e Entry> {
        let mut seen = HashSet::new();
        entries.retain(|entry| {
            let refusal = sheet.refusal(entry);
            self.written.not_expressed.extend(refusal.map(|why| Untold::of(sheet.file.change, entry, why)));
            refusal.is_none() && !sheet.file.rows.is_empty() && seen.insert(address_hash(&entry.key()))
        });
        entries
    }

    /// The files that a file of the table stands for: one, or one for each sending domain.
    fn scopes<'e>(&mut self, file: &TargetFile, entries: &[&'e Entry]) -> BTreeMap<String, Vec<&'e Entry>> {
        if self.target.scope == Scope::Account {
            return BTreeMap::from([(file.name.clone(), entries.to_vec())]);
        }
        let mut files: BTreeMap<String, Vec<&Entry>> = BTreeMap::new();
        let all = &self.lists.senders;
        for entry in entries {
            let mut senders: Vec<&str> = entry.senders().collect();
            if senders.is_empty() && all.len() > MOST_SENDERS {
                let why = "no sending domain is known and the night has too many to list it for each; it stands in the file any";
                self.written.not_expressed.insert(Untold::of(file.change, entry, why));
            } else if senders.is_empty() {
                senders.extend(all.iter().map(String::as_str));
            }
            if senders.is_empty() {
                senders.push(UNKNOWN_SENDER);
            }
            for sender in senders {
                let stem = if sender == UNKNOWN_SENDER { sender.into() } else { names::stem(sender) };
                if stem != sender {
                    let why = "is no plain host name; its files are named by the hash behind it";
                    let value = format!("{sender} {stem}");
                    self.written.not_expressed.insert(Untold {
                        change: file.change,
                        what: "sending_domain",
                        value,
                        reason: why,
                    });
                }
                files.entry(file.name.replace("{sending_domain}", &stem)).or_default().push(entry);
            }
        }
        files
    }

    /// One file, or several where the target's limit asks for it; none for no entries.
    fn file(&mut self, name: &str, sheet: &Sheet<'_>, entries: Vec<&Entry>) -> anyhow::Result<()> {
        let [adds, removes] = &self.folders;
        let folder = if sheet.file.change == Change::Add { adds } else { removes };
        let rows_each = sheet.file.rows.len();
        // All rows of an entry stay in one file.
        let limit = self.target.row_limit.map_or(usize::MAX, |limit| (limit / rows_each.max(1)).max(1));
        for (part, entries) in entries.chunks(limit).enumerate() {
            let name = if part == 0 { name.to_owned() } else { numbered(name, part + 1) };
            let path = format!("{folder}/{name}");
            sheet.write(entries, BufWriter::new(create(&self.night.join(&path))?))?;
            self.written.files.push(ListFile { path, rows: (entries.len() * rows_each) as u64 });
        }
        Ok(())
    }

    /// `not_expressed.csv` beside what it is about, where there is anything to say.
    fn untold(&self) -> anyhow::Result<()> {
        let all = &self.written.not_expressed;
        let of = |change| all.iter().filter(move |untold| untold.change == change).collect();
        match &self.folders {
            [adds, removes] if adds == removes => self.untold_in(adds, all.iter().collect()),
            [adds, removes] => {
                self.untold_in(adds, of(Change::Add))?;
                self.untold_in(removes, of(Change::Remove))
            }
        }
    }

    fn untold_in(&self, folder: &str, untold: Vec<&Untold>) -> anyhow::Result<()> {
        if untold.is_empty() {
            return Ok(());
        }
        let path = self.night.join(folder).join("not_expressed.csv");
        let mut sheet = csv::Writer::from_writer(create(&path)?);
        sheet.write_record(["type", "value", "reason"])?;
        for Untold { what, value, reason, .. } in untold {
            // As in quarantine.csv: a JSON string begins with a quote.
            let value = if is_formula(value) { &serde_json::to_string(value)? } else { value };
            sheet.write_record([*what, value.as_str(), *reason])?;
        }
        Ok(sheet.flush()?)
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

/// `add.csv` as `add-2.csv`.
fn numbered(name: &str, part: usize) -> String {
    match name.rsplit_once('.') {
        Some((stem, ending)) => format!("{stem}-{part}.{ending}"),
        None => format!("{name}-{part}"),
    }
}

#[cfg(test)]
mod tests;
