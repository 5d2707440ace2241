//! FACTS: events and deliveries -> who decides where, and cells. In: a night's Parquet files or its shards', the user's map
//! and list. Out: `Facts`; of the rows nothing is left but counts. Nothing is judged here.
//!
//! The way: `observe` reads (`keys` tells rows apart, `send_log` takes bounces off attempts), `night` counts,
//! `organisation` says who decides where, `cells` is the contract that the judge reads.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use crate::bounce::Key;
use crate::tables::consumer_domains::ConsumerDomains;
use crate::tables::policy::Doubtful;
use crate::tables::receivers::Receivers;

pub mod cells;
pub mod distinct;
pub mod identity;
pub mod keys;
pub mod maps;
pub mod names;
pub mod night;
mod observe;
pub mod organisation;
mod parts;
mod send_log;
mod shared_hosts;
pub mod shares;
pub mod unknown;

use cells::Cells;
use maps::Contacts;
use night::Night;
use observe::Known;
use organisation::Places;

/// What is known of a night.
#[derive(Debug, Default)]
pub struct Facts {
    /// Names and what is known of domains.
    pub night: Night,
    /// Organisations and pools.
    pub places: Places,
    /// Counts.
    pub cells: Cells,
    /// The sender's own list, for rows that do not name their list source.
    pub contacts: Contacts,
}

/// What facts are made from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// events.parquet of the night, or of its shards.
    pub events: Vec<PathBuf>,
    /// deliveries.parquet; empty: counts-only.
    pub deliveries: Vec<PathBuf>,
    /// The user's tables.
    pub user_tables: Option<PathBuf>,
    /// The user's map: `domain,organisation[,receiver]`.
    pub tenants: Option<PathBuf>,
    /// The sender's own list: `email,list_source`.
    pub contacts: Option<PathBuf>,
    /// The key under which recipients are known in the files.
    pub key: Key,
}

impl Facts {
    /// Reads a night. `liars` are wordings of "unknown" that are wrong at times.
    ///
    /// # Errors
    /// A file that cannot be read, or lacks a column; a table or map with a bad row.
    pub fn read(sources: &Sources, liars: &[Doubtful]) -> anyhow::Result<Facts> {
        let tables = sources.user_tables.as_deref();
        let (receivers, consumers) = (Receivers::load(tables)?, ConsumerDomains::load(tables)?);
        let map = match &sources.tenants {
            Some(path) => maps::tenants(path, |name| receivers.family(name).to_owned())?,
            None => HashMap::new(),
        };
        let contacts = match &sources.contacts {
            Some(path) => Contacts::read(path, &[&sources.events, &sources.deliveries], &sources.key)?,
            None => Contacts::default(),
        };
        let named: BTreeSet<&str> = map.values().filter_map(|mapped| mapped.receiver.as_deref()).collect();
        let known = Known { receivers: &receivers, consumers: &consumers, contacts: &contacts, liars };
        let named: Vec<&str> = named.into_iter().collect();
        let night = observe::observe(&sources.events, &sources.deliveries, &named, known)?;
        let facts = Facts::of(night, &map);
        Ok(Facts { contacts, ..facts })
    }

    /// The facts of a night that is in order.
    pub fn of(mut night: Night, map: &HashMap<String, organisation::Mapped>) -> Facts {
        let places = Places::find(&night, map);
        let cells = Cells::build(&mut night, &places);
        Facts { night, places, cells, contacts: Contacts::default() }
    }
}
