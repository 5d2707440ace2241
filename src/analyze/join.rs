//! Two parts of one night become one. In: another part, with ids of its own. Out: the night with its rows added, in its
//! own ids. As `finish` sorts everything, it does not matter how a night was cut.

use super::identities::Identity;
use super::names::{NONE, renumber};
use super::night::{Delivered, HostFacts, Night, Row, Voice};

impl Night {
    /// Adds another part of the same night.
    pub fn join(&mut self, mut other: Night) {
        let receivers = self.join_receivers(&other);
        let domains = self.join_domains(&other, &receivers);
        let identities = self.join_identities(&other);
        let voices = self.join_voices(&other, &receivers);
        let (rows, delivered) = (std::mem::take(&mut other.rows), std::mem::take(&mut other.delivered));
        drop(other);
        self.rows.reserve_exact(rows.len());
        self.rows.extend(rows.into_iter().map(|row| Row {
            domain: renumber(row.domain, &domains),
            identity: renumber(row.identity, &identities),
            voice: renumber(row.voice, &voices),
            ..row
        }));
        self.delivered.reserve_exact(delivered.len());
        self.delivered.extend(delivered.into_iter().map(|d| Delivered {
            domain: renumber(d.domain, &domains),
            identity: renumber(d.identity, &identities),
            ..d
        }));
    }

    fn join_receivers(&mut self, other: &Night) -> Vec<u32> {
        let kinds = other.receiver_kinds.iter().enumerate();
        kinds.map(|(id, kind)| self.receiver(other.receivers.name(id as u32), *kind)).collect()
    }

    fn join_domains(&mut self, other: &Night, receivers: &[u32]) -> Vec<u32> {
        let customers = self.customers.join(&other.customers);
        let tenants = self.tenants.join(&other.tenants);
        let domains = self.domain_ids(&other.domains.all(), |_| false);
        for (facts, domain) in other.facts.iter().zip(&domains) {
            let domain = *domain;
            self.facts[domain as usize].consumer |= facts.consumer;
            for (receiver, count) in &facts.receivers {
                let host = HostFacts { receiver: renumber(*receiver, receivers), customer: NONE };
                self.answered(domain, host, *count);
            }
            for customer in &facts.customers {
                let host = HostFacts { receiver: NONE, customer: renumber(*customer, &customers) };
                self.answered(domain, host, 0);
            }
            facts.tenants.iter().for_each(|tenant| self.belongs(domain, renumber(*tenant, &tenants)));
            let delivered = &mut self.facts[domain as usize].delivered;
            *delivered = delivered.saturating_add(facts.delivered);
        }
        domains
    }

    fn join_identities(&mut self, other: &Night) -> Vec<u32> {
        let (ips, domains) = (self.ips.join(&other.ips), self.sending_domains.join(&other.sending_domains));
        let (campaigns, sources) = (self.campaigns.join(&other.campaigns), self.list_sources.join(&other.list_sources));
        let parts = [&ips[..], &domains, &campaigns, &sources];
        let renumbered: Vec<Identity> =
            other.identities.list().iter().map(|identity| identity.renumbered(parts)).collect();
        self.identities.ids(&renumbered)
    }

    fn join_voices(&mut self, other: &Night, receivers: &[u32]) -> Vec<u32> {
        let (blocklists, templates) = (self.blocklists.join(&other.blocklists), self.templates.join(&other.templates));
        let joined = other.voices.iter().map(|voice| {
            self.voice(Voice {
                speaker: renumber(voice.speaker, receivers),
                blocklist: renumber(voice.blocklist, &blocklists),
                template: renumber(voice.template, &templates),
                ..*voice
            })
        });
        joined.collect()
    }
}
