//! Loading: files -> a night. In: the Parquet files of a night or its shards. Out: a `Night`. Each core gathers a part of
//! the night from whole row groups; then the parts are joined. A night is the same however it is cut.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use polars::prelude::DataFrame;

use super::attempted::Bounced;
use super::gather::{DELIVERIES, Distinct, EVENTS, Gatherer, Known};
use super::names::NONE;
use super::night::{HostFacts, Night};
use crate::frame::RowGroups;
use crate::tables::consumer_domains::ConsumerDomains;
use crate::tables::receivers::Receivers;

/// Reads a night's frames.
pub struct Loader<'a> {
    /// What is known before: names that the user's files give.
    pub night: Night,
    /// List source of each address, from the sender's own list.
    pub contacts: HashMap<u64, u32>,
    receivers: &'a Receivers,
    consumers: &'a ConsumerDomains,
}

impl<'a> Loader<'a> {
    /// An empty night.
    pub fn new(receivers: &'a Receivers, consumers: &'a ConsumerDomains) -> Loader<'a> {
        Loader { night: Night::default(), contacts: HashMap::new(), receivers, consumers }
    }

    /// Reads bounces, delays and complaints, then deliveries.
    ///
    /// # Errors
    /// A file that cannot be read, or lacks a column.
    pub fn load(self, events: &[PathBuf], deliveries: &[PathBuf]) -> anyhow::Result<Night> {
        let known = Known { receivers: self.receivers, consumers: self.consumers, contacts: &self.contacts };
        let (events, deliveries) = (RowGroups::open(events, EVENTS)?, RowGroups::open(deliveries, DELIVERIES)?);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let parts = cores.min(events.len().max(deliveries.len())).max(1);
        let mut gatherers: Vec<Gatherer> = (0..parts).map(|_| Gatherer::new(self.night.clone(), known)).collect();
        share_out(&mut gatherers, &events, Gatherer::events)?;
        let bounced = Bounced::all(gatherers.iter_mut().map(|g| (std::mem::take(&mut g.noted), &g.night)));
        share_out(&mut gatherers, &deliveries, |gatherer, frame| gatherer.deliveries(frame, &bounced))?;
        drop(bounced);
        std::thread::scope(|scope| gatherers.iter_mut().for_each(|gatherer| drop(scope.spawn(|| gatherer.finish()))));
        Ok(self.join(gatherers))
    }

    /// One night of all parts.
    fn join(&self, gatherers: Vec<Gatherer>) -> Night {
        let (mut nights, mut mailed, mut hosts_named) = (vec![], vec![], [(0, 0); 2]);
        for part in gatherers {
            nights.push(part.night);
            mailed.push(part.mailed);
            for (sum, part) in hosts_named.iter_mut().zip(part.hosts_named) {
                *sum = (sum.0 + part.0, sum.1 + part.1);
            }
        }
        let known = Distinct::count(&mailed);
        drop(mailed);
        let mut nights = nights.into_iter();
        let mut night = nights.next().unwrap_or_default();
        nights.for_each(|part| night.join(part));
        let share = |(named, all): (u64, u64)| if all == 0 { 1.0 } else { named as f64 / all as f64 };
        night.receivers_covered = share(hosts_named[1]) >= 0.5 * share(hosts_named[0]);
        night.rates = hosts_named[1].1 > 0;
        night.recipients_mailed = (night.rates && known > 0).then_some(known);
        self.place_consumers(&mut night);
        night
    }

    /// A consumer domain belongs to its provider. One vote only: hosts that answered know better.
    fn place_consumers(&self, night: &mut Night) {
        for domain in 0..night.facts.len() as u32 {
            if night.facts[domain as usize].consumer
                && let Some(provider) = self.consumers.provider_of(night.domains.name(domain))
            {
                let receiver = night.receiver_of(provider, self.receivers);
                night.answered(domain, HostFacts { receiver, customer: NONE }, 1);
            }
        }
    }
}

/// Gives each of these the next row group as soon as it has taken the one before, on a core of its own.
///
/// # Errors
/// A file that cannot be read, or what `take` says.
pub fn share_out<T: Send>(
    takers: &mut [T],
    groups: &RowGroups,
    take: impl Fn(&mut T, &DataFrame) -> anyhow::Result<()> + Sync,
) -> anyhow::Result<()> {
    let (next, take) = (AtomicUsize::new(0), &take);
    std::thread::scope(|scope| {
        let work = |taker: &mut T| loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= groups.len() {
                return Ok(());
            }
            take(taker, &groups.read(at)?)?;
        };
        let threads: Vec<_> = takers.iter_mut().map(|taker| scope.spawn(move || work(taker))).collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}
