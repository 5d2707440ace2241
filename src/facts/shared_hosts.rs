//! Hosts that no table knows and that serve several organisations. In: a night in which each domain names the hosts that answered
//! for it. Out: those of one registrable domain as a receiver, `other:NAME`. Many customers of one small host are not as many
//! organisations that block us.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::night::{Night, ReceiverKind};
use super::organisation::registrable;

/// What stands before the name of such a receiver.
const OTHER: &str = "other:";
/// Fewer organisations are one decision by itself.
const LEAST_ORGANISATIONS: usize = 2;
/// A host that answers for more of the domains of a night is our own way out, whatever its name: nobody serves nearly all.
const MOST_OF_DOMAINS: f64 = 0.9;
/// Of fewer domains a share says nothing.
const LEAST_DOMAINS: usize = 10;

/// The registrable domain of a host that is not the recipients' own; `None` for their own, an address, a bare name.
pub fn foreign<'h>(host: &'h str, domain: &str) -> Option<&'h str> {
    let host = host.trim_end_matches('.');
    if host.ends_with(domain) || is_ip(host) {
        return None;
    }
    let name = psl::domain_str(host)?;
    (name != registrable(domain) && label(name) != label(registrable(domain))).then_some(name)
}

/// Whether a host is written as an IP; hosts that end in a letter, nearly all, are told at once.
pub fn is_ip(host: &str) -> bool {
    let bare = host.trim_matches(['[', ']']);
    !bare.ends_with(|c: char| c.is_ascii_alphabetic() && !c.is_ascii_hexdigit()) && bare.parse::<IpAddr>().is_ok()
}

/// A domain without its suffix.
fn label(domain: &str) -> &str {
    domain.split('.').next().unwrap_or(domain)
}

/// Makes receivers of shared hosts, and lets them answer for their domains.
pub fn place(night: &mut Night) {
    let mut served: BTreeMap<u32, BTreeSet<&str>> = BTreeMap::new();
    let mut answered = 0;
    for (domain, facts) in (0..).zip(&night.facts).filter(|(_, facts)| !facts.consumer) {
        answered += usize::from(facts.own_host || !facts.hosts.is_empty() || !facts.receivers.is_empty());
        for (host, _) in &facts.hosts {
            served.entry(*host).or_default().insert(registrable(night.domains.name(domain)));
        }
    }
    let ours: BTreeSet<&str> =
        (0..night.sending_domains.len() as u32).map(|domain| registrable(night.sending_domains.name(domain))).collect();
    let is_shared = |host: u32, customers: usize| {
        let nearly_all = answered >= LEAST_DOMAINS && customers as f64 > MOST_OF_DOMAINS * answered as f64;
        customers >= LEAST_ORGANISATIONS && !nearly_all && !ours.contains(night.hosts.name(host))
    };
    let shared: BTreeMap<u32, String> = served
        .iter()
        .filter(|(host, customers)| is_shared(**host, customers.len()))
        .map(|(host, _)| (*host, format!("{OTHER}{}", night.hosts.name(*host))))
        .collect();
    let shared: BTreeMap<u32, u32> =
        shared.into_iter().map(|(host, name)| (host, night.receiver(&name, ReceiverKind::Shared))).collect();
    for domain in 0..night.facts.len() as u32 {
        for (host, count) in std::mem::take(&mut night.facts[domain as usize].hosts) {
            if let Some(receiver) = shared.get(&host) {
                night.answered(domain, *receiver, count);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_of_the_recipients_own_name_is_not_foreign() {
        for (host, domain, want) in [
            ("mx1.hoster.example.net", "fernwell.example", Some("example.net")),
            ("mail.fernwell.example", "fernwell.example", None),
            ("mail.fernwell.example", "uk.fernwell.example", None),
            ("mail.fernwell.com", "fernwell.de", None),
            ("[192.0.2.1]", "fernwell.example", None),
            ("192.0.2.1", "fernwell.example", None),
            ("localhost", "fernwell.example", None),
        ] {
            assert_eq!(foreign(host, domain), want, "{host} for {domain}");
        }
    }

    #[test]
    fn hosts_of_several_organisations_are_a_receiver_unless_they_are_our_way_out() {
        let night = |domains: &[(&str, &str)], ours: &str| {
            let mut night = Night::default();
            night.sending_domains.id(ours);
            for (domain, host) in domains {
                let domain = night.domain(domain, |_| false);
                let host = night.hosts.id(host);
                night.answered_by_host(domain, host, 3);
            }
            place(&mut night);
            night.receivers.get(0).map(str::to_owned)
        };
        let customers =
            [("a.example", "hoster.example"), ("b.example", "hoster.example"), ("c.example", "own.example")];
        assert_eq!(night(&customers, "sender.example"), Some("other:hoster.example".to_owned()));
        assert_eq!(night(&customers, "mail.hoster.example"), None);
        assert_eq!(night(&customers[1..], "sender.example"), None);
        let all: Vec<String> = (0..20).map(|n| format!("c{n}.example")).collect();
        let all: Vec<(&str, &str)> = all.iter().map(|domain| (domain.as_str(), "relay.example")).collect();
        assert_eq!(night(&all, "sender.example"), None);
    }
}
