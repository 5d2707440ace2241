//! Who spoke: the host, where it is known; else the wording. In: what was heard and which fingerprints fit. Out: a receiver's name.

use crate::bounce::Cause;
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
    /// Told by its own wording, or by what it put around others' words; not by the host, by the domain mailed, or by having passed
    /// a reply on.
    pub by_words: bool,
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
        return Some(Spoke { name, presumed: false, by_words: heard.fronted, outranks_rules: true });
    }
    let worded = worded.map(|row| Spoke {
        name: &row.value.name,
        presumed: false,
        by_words: true,
        outranks_rules: row.value.kind != ReceiverKind::Software,
    });
    let guessed = |name, presumed| Spoke { name, presumed, by_words: false, outranks_rules: false };
    let presumed = heard.provider.filter(|_| !heard.relayed).map(|name| guessed(name, true));
    // A provider may well run Postfix: its name says more than its software's.
    let wrapper = heard.wrapper.map(|name| guessed(name, false));
    worded.filter(|spoke| spoke.outranks_rules).or(presumed).or(worded).or(wrapper)
}

/// Whether who is named here serves the recipient, by the words alone. Software and appliances stand in anybody's house, who
/// passed a reply on may be our own relay, and what a sending server writes itself (of a time-out, a look-up, a loop, its own
/// customers) speaks of no receiver.
pub fn serves_recipient(
    name: &str,
    spoke: Option<Spoke<'_>>,
    heard: &Heard<'_>,
    cause: Cause,
    receivers: &Receivers,
) -> bool {
    // A name that is not who spoke is the rule's, which its text gave away.
    let by_words = spoke.is_none_or(|spoke| spoke.name != name || spoke.by_words);
    let serves = receivers.get(name).is_some_and(|row| row.kind != ReceiverKind::Software && !row.appliance);
    let by_sender = matches!(
        cause,
        Cause::SenderRejected | Cause::Network | Cause::Tls | Cause::RoutingLoop | Cause::DomainInvalid
    );
    by_words && serves && !by_sender && !heard.relayed
}
