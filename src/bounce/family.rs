//! Wording families: what a reply's cause means for judging. In: a classified row. Out: one of twelve families, and the
//! sets of them that count as failures of a candidate. Source: the method's streams and its table of text evidence.

use std::fmt;

use super::words::{UnknownWord, nearest};
use crate::bounce::{Basis, Blames, Cause, Kind, Permanence};

closed_set! {
    /// What a row speaks for; the order is the order of evidence in tables and ties.
    Family, "family" {
        /// The recipient's organisation says that it made a rule against us.
        Explicit = "explicit",
        /// Listing or reputation of the sending IP.
        IpReputation = "ip_reputation",
        /// Listing or reputation of the sending domain.
        DomainReputation = "domain_reputation",
        /// SPF, DKIM, DMARC.
        Authentication = "authentication",
        /// Content or malware.
        Content = "content",
        /// Policy that does not say whose or why.
        Generic = "generic",
        /// Relaying refused, or the sender's own set-up.
        SetUp = "set_up",
        /// No such mailbox or domain.
        Missing = "missing",
        /// Passes by itself.
        Transient = "transient",
        /// Takes part nowhere, but shows that we got past the policies.
        Neutral = "neutral",
        /// A deferral report: not final, so no trial.
        Delay = "delay",
        /// A complaint: the message had been delivered.
        Complaint = "complaint",
    }
}

impl Family {
    /// How many there are.
    pub const COUNT: usize = 12;

    /// The families of the policy stream, in order.
    pub const POLICY: [Family; 6] = [
        Family::Explicit,
        Family::IpReputation,
        Family::DomainReputation,
        Family::Authentication,
        Family::Content,
        Family::Generic,
    ];

    /// The family of a row.
    pub fn of(kind: Kind, cause: Cause, permanence: Permanence, blames: Blames, basis: Basis) -> Option<Family> {
        match kind {
            Kind::Bounce => Some(Self::of_bounce(cause, permanence, blames, basis)),
            Kind::Delay => Some(Family::Delay),
            Kind::Complaint => Some(Family::Complaint),
            _ => None,
        }
    }

    fn of_bounce(cause: Cause, permanence: Permanence, blames: Blames, basis: Basis) -> Family {
        match cause {
            Cause::TenantPolicy => match (blames, basis) {
                // Personal lists and internal-only groups are the wish of one mailbox's owner, not of the tenant.
                (Blames::Recipient, _) | (_, Basis::Directory | Basis::System) => Family::Neutral,
                (Blames::Tenant, Basis::ExplicitRule) => Family::Explicit,
                _ => Family::Generic,
            },
            Cause::IpReputation => Family::IpReputation,
            Cause::DomainReputation => Family::DomainReputation,
            Cause::Authentication => Family::Authentication,
            Cause::Content | Cause::Virus => Family::Content,
            Cause::OtherPolicy => Family::Generic,
            Cause::Unknown if permanence == Permanence::Permanent => Family::Generic,
            Cause::RelayDenied | Cause::SenderRejected => Family::SetUp,
            Cause::MailboxUnknown | Cause::MailboxDisabled | Cause::DomainInvalid => Family::Missing,
            Cause::RateLimited | Cause::Greylisted | Cause::Network | Cause::Tls | Cause::Unknown => Family::Transient,
            Cause::MailboxFull | Cause::MessageTooLarge | Cause::RoutingLoop | Cause::Protocol | Cause::Complaint => {
                Family::Neutral
            }
        }
    }

    /// The set that holds only this one.
    pub const fn set(self) -> Families {
        Families(1 << self as u16)
    }
}

/// A set of families.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Families(u16);

impl Families {
    /// None.
    pub const NONE: Families = Families(0);
    /// The policy stream with the explicit wording of tenants.
    pub const POLICY: Families = Families(0b11_1111);
    /// The policy stream without it: what a cause on our side can explain.
    pub const OURS: Families = Families(0b11_1110);

    /// Both sets.
    pub const fn with(self, other: Families) -> Families {
        Families(self.0 | other.0)
    }

    /// This set without the other.
    pub const fn without(self, other: Families) -> Families {
        Families(self.0 & !other.0)
    }

    /// Whether the family is in it.
    pub const fn has(self, family: Family) -> bool {
        self.0 & (1 << family as u16) != 0
    }
}
