//! What each kind of incident means, in one table. In: a kind. Out: the failures that it speaks of, whose fault it is, what
//! its scope may be. What follows from a fault (who acts, what is listed, what is protected) stands beside it, so that no
//! room decides it for itself. A kind is added here; its action and advice are rows of `policy.toml` and `advice.toml`.

use super::words::{Cause, ScopeType, closed_set};

closed_set! {
    /// What an incident is.
    IncidentKind, "incident kind" {
        /// One recipient organisation refuses us.
        TenantBlock = "tenant_block",
        /// A sending IP is listed or scored badly.
        IpReputation = "ip_reputation",
        /// A sending domain is listed or scored badly.
        DomainReputation = "domain_reputation",
        /// A mailbox provider refuses us across its organisations.
        ProviderBlock = "provider_block",
        /// A filtering vendor refuses us across its customers.
        GatewayBlock = "gateway_block",
        /// SPF, DKIM or DMARC of a sending domain fail.
        AuthenticationFailure = "authentication_failure",
        /// One campaign's content is refused.
        ContentRejection = "content_rejection",
        /// A relay or connector is set up wrongly.
        RelaySetup = "relay_setup",
        /// All that we send is refused widely.
        FleetReputation = "fleet_reputation",
        /// A campaign or list source full of unknown users.
        ListQuality = "list_quality",
        /// "No such user" from who does not tell us the truth: the mailboxes live.
        UnreliableUnknown = "unreliable_unknown",
        /// Many organisations have written rules of their own against us.
        Targeting = "targeting",
        /// Deferrals that pass.
        Transient = "transient",
        /// One organisation's addresses have gone.
        StaleDomain = "stale_domain",
        /// Failures without the contrast or volume for a judgement.
        Inconclusive = "inconclusive",
    }
}

closed_set! {
    /// A stream of failures that is judged by itself.
    FailureStream, "failure stream" {
        /// Somebody decided against our mail.
        Policy = "policy",
        /// Relaying refused, or the sender's own set-up.
        SetUp = "set_up",
        /// Addresses or domains that do not exist.
        List = "list",
        /// Deferrals.
        Transient = "transient",
    }
}

impl FailureStream {
    /// Whether failures of that cause belong to it.
    pub const fn holds(self, cause: Cause) -> bool {
        match self {
            FailureStream::Policy => matches!(
                cause,
                Cause::IpReputation
                    | Cause::DomainReputation
                    | Cause::Authentication
                    | Cause::Content
                    | Cause::Virus
                    | Cause::TenantPolicy
                    | Cause::OtherPolicy
                    | Cause::Unknown
            ),
            FailureStream::SetUp => matches!(cause, Cause::RelayDenied | Cause::SenderRejected),
            FailureStream::List => {
                matches!(cause, Cause::MailboxUnknown | Cause::MailboxDisabled | Cause::DomainInvalid)
            }
            FailureStream::Transient => {
                matches!(cause, Cause::RateLimited | Cause::Greylisted | Cause::Network | Cause::Tls)
            }
        }
    }
}

impl Cause {
    /// Whether a failure of that cause is a refusal by policy or reputation. What nobody knows may be one and is told apart.
    pub const fn is_refusal(self) -> bool {
        FailureStream::Policy.holds(self) && !matches!(self, Cause::Unknown)
    }
}

/// Whose fault an incident is. All that follows from a kind follows from this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Ours: an IP, a domain, a campaign, a list, the set-up.
    Sender,
    /// A receiver refuses us for all that it serves.
    Receiver,
    /// One organisation refuses us.
    Organisation,
    /// The addresses of one organisation are out of date.
    Addresses,
    /// Nobody's: it passes.
    Nobody,
    /// Not known.
    Open,
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindMeaning {
    /// The failures that it speaks of.
    pub failures: FailureStream,
    /// Whose fault it is.
    pub fault: Fault,
    /// The types that the parts of its scope may have.
    pub scopes: &'static [ScopeType],
}

const PLACE: &[ScopeType] = &[ScopeType::Provider, ScopeType::Gateway];
const IP: &[ScopeType] = &[ScopeType::SendingIp, ScopeType::Provider, ScopeType::Gateway];
const DOMAIN: &[ScopeType] = &[ScopeType::SendingDomain, ScopeType::Provider, ScopeType::Gateway];
const ANY: &[ScopeType] = &[
    ScopeType::SendingIp,
    ScopeType::SendingDomain,
    ScopeType::ListSource,
    ScopeType::Fleet,
    ScopeType::Provider,
    ScopeType::Gateway,
];
const CAMPAIGN: &[ScopeType] = &[ScopeType::Campaign, ScopeType::Fleet, ScopeType::Provider, ScopeType::Gateway];
const LIST: &[ScopeType] = &[ScopeType::Campaign, ScopeType::ListSource, ScopeType::Provider, ScopeType::Gateway];
const FLEET: &[ScopeType] = &[ScopeType::Fleet];
const TARGETED: &[ScopeType] = &[ScopeType::Campaign, ScopeType::Fleet];
const ORGANISATION: &[ScopeType] = &[ScopeType::Organisation];
const IDENTITY: &[ScopeType] =
    &[ScopeType::Organisation, ScopeType::SendingIp, ScopeType::SendingDomain, ScopeType::Campaign];
const UNSURE: &[ScopeType] =
    &[ScopeType::Organisation, ScopeType::SendingIp, ScopeType::SendingDomain, ScopeType::Campaign, ScopeType::Fleet];
const SET_UP: &[ScopeType] =
    &[ScopeType::Organisation, ScopeType::SendingIp, ScopeType::SendingDomain, ScopeType::Campaign, ScopeType::Fleet];
const UNRELIABLE: &[ScopeType] =
    &[ScopeType::Organisation, ScopeType::SendingIp, ScopeType::SendingDomain, ScopeType::Provider, ScopeType::Gateway];
const DEFERRED: &[ScopeType] = &[ScopeType::Organisation, ScopeType::Provider, ScopeType::Gateway];

const fn row(failures: FailureStream, fault: Fault, scopes: &'static [ScopeType]) -> KindMeaning {
    KindMeaning { failures, fault, scopes }
}

impl IncidentKind {
    /// The table.
    pub const fn meaning(self) -> KindMeaning {
        use FailureStream::{List, Policy, SetUp, Transient};
        match self {
            IncidentKind::TenantBlock => row(Policy, Fault::Organisation, IDENTITY),
            IncidentKind::IpReputation => row(Policy, Fault::Sender, IP),
            IncidentKind::DomainReputation => row(Policy, Fault::Sender, DOMAIN),
            IncidentKind::ProviderBlock => row(Policy, Fault::Receiver, PLACE),
            IncidentKind::GatewayBlock => row(Policy, Fault::Receiver, PLACE),
            IncidentKind::AuthenticationFailure => row(Policy, Fault::Sender, ANY),
            IncidentKind::ContentRejection => row(Policy, Fault::Sender, CAMPAIGN),
            IncidentKind::RelaySetup => row(SetUp, Fault::Sender, SET_UP),
            IncidentKind::FleetReputation => row(Policy, Fault::Sender, FLEET),
            IncidentKind::ListQuality => row(List, Fault::Sender, LIST),
            IncidentKind::UnreliableUnknown => row(List, Fault::Receiver, UNRELIABLE),
            IncidentKind::Targeting => row(Policy, Fault::Nobody, TARGETED),
            IncidentKind::Transient => row(Transient, Fault::Nobody, DEFERRED),
            IncidentKind::StaleDomain => row(List, Fault::Addresses, ORGANISATION),
            IncidentKind::Inconclusive => row(Policy, Fault::Open, UNSURE),
        }
    }

    /// Whether anything follows from it at high or medium confidence.
    pub const fn may_act(self) -> bool {
        !matches!(self.meaning().fault, Fault::Open)
    }

    /// Whether the problem is ours, or a receiver's with us: stop and fix, list nobody.
    pub const fn is_systemic(self) -> bool {
        matches!(self.meaning().fault, Fault::Sender | Fault::Receiver)
    }

    /// Whether the domain that it is about may be listed, if it acts.
    pub const fn lists_domain(self) -> bool {
        matches!(self.meaning().fault, Fault::Organisation)
    }

    /// Whether a bounce that it explains is protected, if it acts, although the reply itself names nobody.
    pub const fn protects(self) -> bool {
        !matches!(self.meaning().fault, Fault::Organisation | Fault::Open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_systemic_lists_nobody_and_is_protected() {
        for kind in IncidentKind::ALL {
            assert!(!(kind.is_systemic() && kind.lists_domain()), "{kind}");
            assert!(!kind.is_systemic() || (kind.protects() && kind.may_act()), "{kind}");
        }
    }

    #[test]
    fn only_a_tenant_block_lists_a_domain_and_only_the_inconclusive_never_acts() {
        let kinds = |holds: fn(IncidentKind) -> bool| {
            IncidentKind::ALL.iter().copied().filter(|kind| holds(*kind)).collect::<Vec<_>>()
        };
        assert_eq!(kinds(IncidentKind::lists_domain), [IncidentKind::TenantBlock]);
        assert_eq!(kinds(|kind| !kind.may_act()), [IncidentKind::Inconclusive]);
    }

    #[test]
    fn no_cause_belongs_to_two_streams() {
        for cause in Cause::ALL {
            assert!(FailureStream::ALL.iter().filter(|stream| stream.holds(*cause)).count() <= 1, "{cause}");
        }
    }
}
