//! What the name of a host tells of who answered there. In: host names, the table of receivers. Out: receiver, its family and
//! the customer's mark; of a host of somebody's these are made once and not once a row.

use std::collections::HashMap;
use std::sync::Arc;

use crate::tables::receivers::Receivers;

/// Hosts remembered; a night has some thousands, hostile input any number.
const MAX_KNOWN: usize = 1 << 16;

/// What a host's name tells.
#[derive(Debug, Clone, Default)]
pub(super) struct HostFacts {
    /// Who runs it.
    pub receiver: Option<Arc<str>>,
    /// The key that incidents join that receiver under.
    pub family: Option<Arc<str>>,
    /// What marks one customer, as `RECEIVER:KEY`.
    pub customer: Option<Arc<str>>,
}

/// The hosts seen so far; what is remembered changes no result.
#[derive(Debug, Default)]
pub(super) struct Hosts(HashMap<String, HostFacts>);

/// The key that incidents join a receiver under, where its words told it and no host did.
pub(super) fn told(receiver: &Arc<str>, receivers: &Receivers) -> HostFacts {
    let family = match receivers.family(receiver) {
        family if family == &**receiver => receiver.clone(),
        family => family.into(),
    };
    HostFacts { family: Some(family), ..HostFacts::default() }
}

impl Hosts {
    /// What a host's name tells; nothing without one.
    pub(super) fn facts(&mut self, host: Option<&str>, receivers: &Receivers) -> HostFacts {
        // Most hosts are nobody's: that is told sooner than found again.
        let Some((host, row)) = host.and_then(|host| Some((host, receivers.of_host(host)?))) else {
            return HostFacts::default();
        };
        if let Some(known) = self.0.get(host) {
            return known.clone();
        }
        if self.0.len() >= MAX_KNOWN {
            self.0.clear();
        }
        let facts = HostFacts {
            receiver: Some(row.name.as_str().into()),
            family: Some(receivers.family(&row.name).into()),
            customer: receivers.customer_key(host).map(Arc::from),
        };
        self.0.insert(host.to_owned(), facts.clone());
        facts
    }
}
