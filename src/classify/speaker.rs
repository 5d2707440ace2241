//! Who spoke: the host, where it is known; else the wording. In: what was heard and which fingerprints fit. Out: a receiver's name.

use crate::tables::receivers::{ReceiverKind, Receivers};

use super::heard::Heard;
use super::patterns::{Hits, Patterns};

/// The system that spoke.
#[derive(Debug, Clone, Copy)]
pub struct Spoke<'a> {
    /// Its name.
    pub name: &'a str,
    /// Only presumed, from the recipient's domain.
    pub presumed: bool,
    /// Known well enough that a rule's `speaker` does not override it: by host, or by a provider's own wording.
    pub outranks_rules: bool,
}

/// Who spoke: the host, a wording of its own, the provider of the recipient's domain, a server's wording, and last who
/// wrapped it. A host that only passed a reply on did not speak it.
pub fn of<'a>(heard: &Heard<'a>, hits: &Hits, patterns: &Patterns, receivers: &'a Receivers) -> Option<Spoke<'a>> {
    let worded = patterns.receiver(hits).and_then(|row| receivers.rows().get(row));
    if let Some(host) = heard.host.filter(|_| !heard.relayed) {
        let installed = worded.filter(|row| row.value.appliance && host.kind == ReceiverKind::Provider);
        let name = installed.map_or(&host.name, |row| &row.value.name);
        return Some(Spoke { name, presumed: false, outranks_rules: true });
    }
    let worded = worded.map(|row| Spoke {
        name: &row.value.name,
        presumed: false,
        outranks_rules: row.value.kind != ReceiverKind::Software,
    });
    let presumed =
        heard.provider.filter(|_| !heard.relayed).map(|name| Spoke { name, presumed: true, outranks_rules: false });
    // A provider may well run Postfix: its name says more than its software's.
    let wrapper = heard.wrapper.map(|name| Spoke { name, presumed: false, outranks_rules: false });
    worded.filter(|spoke| spoke.outranks_rules).or(presumed).or(worded).or(wrapper)
}
