//! Entries of targets. In: the night's lists, the sender's contacts, what is listed already, what was released. Out: entries to add and to remove.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;

use crate::bounce::{Address, domain_key};
use crate::frame::{self, schema};
use crate::suppress::Allow;
use crate::suppress::present::Existing;
use crate::suppress::read_back::{Entry, read_csv};
use crate::suppress::release::{Members, Release};
use crate::frame::cells::Words;
use crate::tables::TableError;

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

/// The night's lists, against what is listed already.
#[derive(Debug, Default)]
pub(super) struct Lists {
    pub(super) addresses: Vec<Entry>,
    pub(super) domains: Vec<Entry>,
    pub(super) removed_addresses: Vec<Entry>,
    pub(super) removed_domains: Vec<Entry>,
    /// Of the domains among them that come off: their addresses on the list, by domain.
    pub(super) members: BTreeMap<String, Members>,
    /// All sending domains of the night; empty until they are looked for.
    pub(super) senders: BTreeSet<String>,
}

impl Lists {
    /// Reads the lists of a night. With a present list only what is new is added; what is removed is what was released.
    pub(super) fn read(
        night: &Path,
        folder: &str,
        existing: Option<&Existing>,
        releases: &[Release],
    ) -> anyhow::Result<Lists> {
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
        for release in releases {
            let (removed, names) = match release.is_address() {
                true => (&mut lists.removed_addresses, &email),
                false => (&mut lists.removed_domains, &domain),
            };
            if !release.is_address() {
                lists.members.insert(release.text().to_owned(), release.members().clone());
            }
            removed.push(Entry::of(names, std::iter::once(release.text())));
        }
        Ok(lists)
    }

    /// Finds the sending domains that mailed each address, and all those of the night.
    pub(super) fn find_senders(&mut self, events: &[PathBuf]) -> anyhow::Result<()> {
        let mut wanted: BTreeMap<String, BTreeSet<String>> =
            self.addresses.iter().map(|entry| (entry.key(), BTreeSet::new())).collect();
        for frame in frame::scan(events, &[schema::RECIPIENT, schema::SENDING_DOMAIN])? {
            let frame = frame?;
            let (recipients, senders) =
                (Words::of(&frame, schema::RECIPIENT)?, Words::of(&frame, schema::SENDING_DOMAIN)?);
            for row in 0..frame.height() {
                let Some(sender) = senders.get(row) else { continue };
                if !self.senders.contains(sender) {
                    self.senders.insert(sender.to_owned());
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
            entry.senders = wanted.remove(&entry.key()).filter(|found| !found.is_empty());
        }
        Ok(())
    }
}

/// The sender's contacts at the domains that are listed, or come off.
#[derive(Debug)]
pub(super) struct Contacts(BTreeMap<String, Vec<String>>);

impl Contacts {
    /// Reads the addresses at domains of the lists; others are passed over.
    pub(super) fn read(path: &Path, lists: &Lists) -> anyhow::Result<Contacts> {
        let domains = lists.domains.iter().chain(&lists.removed_domains);
        let mut found: BTreeMap<String, Vec<String>> =
            domains.map(|entry| (entry.get("domain").to_owned(), Vec::new())).collect();
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

    /// Those contacts at a domain that are among these entries, as these spell them.
    pub(super) fn among<'e>(&self, domain: &Entry, entries: impl Iterator<Item = &'e str>) -> Vec<&'e str> {
        let contacts: BTreeSet<String> =
            self.0.get(domain.get("domain")).into_iter().flatten().map(|email| email.to_lowercase()).collect();
        entries.filter(|entry| contacts.contains(&entry.to_lowercase())).collect()
    }

    /// The addresses at a listed domain, as entries with the domain's cause and evidence; without those listed already.
    pub(super) fn at(&self, domain: &Entry, existing: Option<&Existing>) -> Vec<Entry> {
        let addresses = self.0.get(domain.get("domain")).into_iter().flatten();
        let is_new = |email: &&String| existing.is_none_or(|e| !e.addresses.contains_key(&email.to_lowercase()));
        let known = domain.len();
        let names: Arc<[String]> = domain.names[..known].iter().cloned().chain(["email".to_owned()]).collect();
        let entry = |email: &String| {
            let cells = (0..known).map(|at| domain.cell(at)).chain([email.as_str()]);
            let mut entry = Entry::of(&names, cells);
            entry.senders.clone_from(&domain.senders);
            entry
        };
        addresses.filter(is_new).map(entry).collect()
    }
}

/// The entries of a list that are new.
fn new_in(path: &Path, is_new: impl Fn(&Entry) -> bool) -> anyhow::Result<Vec<Entry>> {
    read_csv(path)?.filter(|entry| entry.as_ref().map_or(true, &is_new)).collect()
}
