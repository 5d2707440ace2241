//! The user's two small files. In: `domain,organisation[,receiver]` and `email,list_source`, and the night's files. Out: look-up tables.
//! Reading them is `lists`' work.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use foldhash::fast::RandomState;

use super::names::Names;
use super::organisation::Mapped;
use crate::bounce::{Key, domain_key};
use crate::frame::{RowGroups, schema};
use crate::lists;

/// Bytes of a contact's line, at least: how many a file may hold.
const SHORTEST_LINE: u64 = 16;

/// Reads the map of tenants; `family` gives the family of a receiver's name.
///
/// # Errors
/// A file that cannot be read; a first line without the columns; a line without a domain and an organisation.
pub fn tenants(path: &Path, mut family: impl FnMut(&str) -> String) -> anyhow::Result<HashMap<String, Mapped>> {
    let mut map = HashMap::new();
    lists::tenants(path, |row| {
        let domain = domain_key(row.domain).ok_or_else(|| format!("\"{}\" is not a domain", row.domain))?;
        if row.organisation.is_empty() {
            return Err(format!("no organisation for {domain}"));
        }
        let organisation = domain_key(row.organisation).unwrap_or_else(|| row.organisation.to_owned());
        let receiver = Some(row.receiver).filter(|receiver| !receiver.is_empty()).map(&mut family);
        map.insert(domain, Mapped { organisation, receiver });
        Ok(())
    })?;
    Ok(map)
}

/// The sender's own list: where each address is from, by the address's key.
#[derive(Debug, Default)]
pub struct Contacts {
    list_sources: Names,
    of_recipient: HashMap<i64, u32, RandomState>,
}

impl Contacts {
    /// Reads it. Of a list that is larger than the night only the addresses that the night mailed are kept: the smaller of
    /// the two decides about memory. `key` is the one that the night's files were made with.
    ///
    /// # Errors
    /// As `tenants`; files of the night that cannot be read.
    pub fn read(path: &Path, night: &[&[PathBuf]], key: &Key) -> anyhow::Result<Contacts> {
        let most = std::fs::metadata(path).map_or(0, |file| file.len() / SHORTEST_LINE);
        let mailed = mailed(night, most)?;
        Contacts::of_those(path, |recipient| mailed.as_ref().is_none_or(|mailed| mailed.contains(&recipient)), key)
    }

    /// The list sources of the recipients asked for.
    fn of_those(path: &Path, wanted: impl Fn(i64) -> bool, key: &Key) -> anyhow::Result<Contacts> {
        let mut contacts = Contacts::default();
        lists::list_sources(path, |row| {
            let recipient = key.recipient_of(row.email);
            if !row.list_source.is_empty() && wanted(recipient) {
                contacts.of_recipient.insert(recipient, contacts.list_sources.id(row.list_source));
            }
            Ok(())
        })?;
        Ok(contacts)
    }

    /// Where a recipient's address is from; `None` where the list does not say.
    pub fn list_source(&self, recipient: i64) -> Option<&str> {
        self.list_sources.get(*self.of_recipient.get(&recipient)?)
    }
}

/// The recipients of a night; `None` for a night of more rows than `most`.
fn mailed(night: &[&[PathBuf]], most: u64) -> anyhow::Result<Option<HashSet<i64, RandomState>>> {
    let groups = RowGroups::open(&night.concat(), &[schema::RECIPIENT_KEY])?;
    if groups.rows() as u64 > most {
        return Ok(None);
    }
    let mut found = HashSet::default();
    for at in 0..groups.len() {
        found.extend(groups.read(at)?.column(schema::RECIPIENT_KEY)?.i64()?.iter().flatten());
    }
    Ok(Some(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn a_map_may_leave_out_the_receiver_and_order_its_columns_as_it_likes() {
        let file = file("organisation,domain\n\"Example, Inc.\",Example.COM\nexample.org,example.net\n");
        let map = tenants(file.path(), str::to_owned).unwrap();
        assert_eq!(map["example.com"].organisation, "Example, Inc.");
        assert_eq!(map["example.net"], Mapped { organisation: "example.org".into(), receiver: None });
    }

    #[test]
    fn a_bad_line_is_named_with_its_place() {
        let file = file("domain,organisation\nexample.com,\n");
        let error = tenants(file.path(), str::to_owned).unwrap_err();
        assert!(format!("{error:#}").ends_with(":2: no organisation for example.com"), "{error:#}");
    }

    #[test]
    fn contacts_are_found_whatever_the_case_and_only_those_asked_for_are_kept() {
        let list = "recipient,source\nAnn@Example.com,fair\nbob@example.com,crm\n";
        let (file, key) = (file(list), Key::default());
        let [ann, bob] = ["ann@example.COM", "bob@example.com"].map(|address| key.recipient_of(address));
        let contacts = Contacts::of_those(file.path(), |address| address == ann, &key).unwrap();
        assert_eq!((contacts.list_source(ann), contacts.list_source(bob)), (Some("fair"), None));
    }
}
