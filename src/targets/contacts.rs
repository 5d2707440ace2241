//! The sender's contacts at domains that are listed, or come off: where a target takes no domains, they stand for them. In: the list,
//! read once, and frames. Out: frames of addresses. Of other contacts nothing is kept.

use std::collections::HashSet;
use std::path::Path;

use polars::prelude::{
    DataFrame, DataFrameJoinOps, IdxCa, IdxSize, IntoColumn, JoinArgs, JoinType, MaintainOrderJoin, NewChunkedArray,
    StringChunkedBuilder,
};

use super::entries::those;
use crate::bounce::{Address, Key};
use crate::lists;
use crate::suppress::present::Existing;

/// `domain email key`: the contacts there, each once, in the order of the list; the key is the address in lower case.
#[derive(Debug)]
pub(super) struct Contacts {
    frame: DataFrame,
    domains: HashSet<String>,
}

impl Contacts {
    /// Reads those at the domains of these frames.
    pub fn read(path: &Path, listed: [&DataFrame; 2]) -> anyhow::Result<Contacts> {
        let mut domains = HashSet::new();
        for frame in listed.into_iter().filter(|frame| frame.height() > 0) {
            domains.extend(frame.column("domain")?.str()?.iter().flatten().map(str::to_owned));
        }
        let mut columns = ["domain", "email", "key"].map(|name| StringChunkedBuilder::new(name.into(), 0));
        let (key_of, mut seen, mut known) = (Key::default(), HashSet::new(), HashSet::new());
        lists::addresses(path, |contact| {
            let domain = contact.email.rsplit_once('@').map(|(_, domain)| domain);
            if domain.is_none() || domains.is_empty() {
                return Ok(());
            }
            let Some(address) = Address::parse(contact.email) else { return Ok(()) };
            if domains.contains(address.domain()) && seen.insert(key_of.recipient(&address)) {
                let [domain, email, key] = &mut columns;
                domain.append_value(address.domain());
                email.append_value(address.as_str());
                key.append_value(address.key());
                if !known.contains(address.domain()) {
                    known.insert(address.domain().to_owned());
                }
            }
            Ok(())
        })?;
        let frame = DataFrame::new_infer_height(columns.map(|column| column.finish().into_column()).into())?;
        Ok(Contacts { frame, domains: known })
    }

    /// Whether it has addresses at a domain.
    pub fn knows(&self, domain: &str) -> bool {
        self.domains.contains(domain)
    }

    /// Those rows of `domain email` whose address is a contact.
    pub fn among(&self, members: &DataFrame) -> anyhow::Result<DataFrame> {
        let keys: HashSet<&str> = self.frame.column("key")?.str()?.iter().flatten().collect();
        those(members, "email", |email| keys.contains(email.to_lowercase().as_str()))
    }

    /// The addresses at some rows of the listed domains, with all that the domain's row says; without those listed already.
    pub fn at(&self, listed: &DataFrame, rows: Vec<usize>, existing: Option<&Existing>) -> anyhow::Result<DataFrame> {
        if rows.is_empty() {
            return Ok(DataFrame::default());
        }
        let rows: Vec<IdxSize> = rows.into_iter().map(|row| row as IdxSize).collect();
        let domains = listed.take(&IdxCa::from_slice("row".into(), &rows))?;
        let order = JoinArgs { maintain_order: MaintainOrderJoin::LeftRight, ..JoinArgs::new(JoinType::Inner) };
        let addresses = domains.join(&self.frame, ["domain"], ["domain"], order, None)?;
        those(&addresses, "key", |key| existing.is_none_or(|existing| !existing.addresses.contains_key(key)))
    }
}
