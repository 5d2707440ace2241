//! Who spoke: the host, where it is known; else the wording. In: what was heard and which fingerprints fit. Out: a receiver's name.

use crate::tables::receivers::{ReceiverKind, Receivers};

use super::heard::Heard;
use super::patterns::{Hits, Patterns};

/// The system that spoke.
#[derive(Debug, Clone, Copy)]
pub struct Spoke<'a> {
    /// Its name.
    pub name: &'a str,
    /// Known well enough that a rule's `speaker` does not override it: by host, or by a provider's own wording.
    pub outranks_rules: bool,
}

/// Who spoke. A host that only passed a reply on did not speak it.
pub fn of<'a>(heard: &Heard<'a>, hits: &Hits, patterns: &Patterns, receivers: &'a Receivers) -> Option<Spoke<'a>> {
    if let Some(host) = heard.host.filter(|_| !heard.relayed) {
        return Some(Spoke { name: &host.name, outranks_rules: true });
    }
    let row = receivers.rows().get(patterns.receiver(hits)?)?;
    Some(Spoke { name: &row.value.name, outranks_rules: row.value.kind != ReceiverKind::Software })
}
