//! What a cause means, in one table: whom it usually blames, on what evidence, whether it passes, whether its reply may name a
//! list, what its row speaks for when clusters are judged. In: a cause, and what naming found beside it. Out: defaults, and one
//! of seventeen wording families with the sets of them. A new cause is a word in `words` and a line here.

use super::words::closed_set;
use super::{Basis, Blames, Cause, Classification, Kind, Permanence};

/// What a cause means where neither a rule nor the reply says more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// Whom it blames.
    pub blames: Blames,
    /// On what evidence it rests.
    pub basis: Basis,
    /// What a bounce of it speaks for.
    pub family: Family,
    /// Whether it passes, where no code says.
    pub passes: bool,
    /// Whether its reply may name a blocklist. A dead mailbox is no listing, whatever page the reply links to.
    pub may_name_a_list: bool,
}

impl Meaning {
    const fn of(blames: Blames, basis: Basis, family: Family) -> Meaning {
        Meaning { blames, basis, family, passes: false, may_name_a_list: true }
    }

    const fn passing(self) -> Meaning {
        Meaning { passes: true, ..self }
    }

    const fn without_list(self) -> Meaning {
        Meaning { may_name_a_list: false, ..self }
    }
}

impl Cause {
    /// What it means.
    pub const fn meaning(self) -> Meaning {
        use {Basis as E, Blames as B, Family as F};
        match self {
            Cause::MailboxUnknown => Meaning::of(B::Recipient, E::Directory, F::Missing).without_list(),
            Cause::MailboxDisabled => Meaning::of(B::Recipient, E::Directory, F::Missing).without_list(),
            Cause::MailboxFull => Meaning::of(B::Recipient, E::System, F::Neutral).without_list(),
            Cause::DomainInvalid => Meaning::of(B::Recipient, E::Directory, F::Missing).without_list(),
            Cause::RelayDenied => Meaning::of(B::Tenant, E::System, F::SetUp),
            Cause::IpReputation => Meaning::of(B::SenderIp, E::Score, F::IpReputation),
            Cause::DomainReputation => Meaning::of(B::SenderDomain, E::Score, F::DomainReputation),
            Cause::Content => Meaning::of(B::Message, E::Score, F::Content),
            Cause::Virus => Meaning::of(B::Message, E::Score, F::Content),
            Cause::Authentication => Meaning::of(B::SenderSetup, E::System, F::Authentication),
            Cause::TenantPolicy => Meaning::of(B::Tenant, E::ExplicitRule, F::Explicit),
            Cause::RateLimited => Meaning::of(B::Transient, E::Rate, F::Transient).passing(),
            Cause::Greylisted => Meaning::of(B::Transient, E::System, F::Transient).passing().without_list(),
            Cause::MessageTooLarge => Meaning::of(B::Message, E::System, F::Neutral).without_list(),
            Cause::Network => Meaning::of(B::Transient, E::System, F::Transient).passing().without_list(),
            Cause::Tls => Meaning::of(B::SenderSetup, E::System, F::Transient),
            Cause::RoutingLoop => Meaning::of(B::Tenant, E::System, F::Neutral),
            Cause::SenderRejected => Meaning::of(B::SenderSetup, E::System, F::SetUp),
            Cause::Protocol => Meaning::of(B::Message, E::System, F::Neutral),
            Cause::Complaint => Meaning::of(B::Recipient, E::ExplicitRule, F::Neutral),
            Cause::OtherPolicy => Meaning::of(B::Unknown, E::Unstated, F::Generic),
            // Permanent or not decides; see `Family::of`.
            Cause::Unknown => Meaning::of(B::Unknown, E::Unstated, F::Transient),
        }
    }
}

closed_set! {
    /// What a row speaks for; the order is the order of evidence in tables and ties. Source: the method's streams and its table
    /// of text evidence.
    Family, "family" {
        /// A product's own text, documented by its maker, for a rule that its customer made.
        CustomerRule = "customer_rule",
        /// The recipient's organisation says in free words that it made a rule against us.
        Explicit = "explicit",
        /// A public list that holds the sending IP: anybody can look it up.
        IpListed = "ip_listed",
        /// Reputation of the sending IP by somebody's own score or list.
        IpReputation = "ip_reputation",
        /// A list that judges networks or countries, sells removal, or is closed: asking it is an odd choice.
        OddList = "odd_list",
        /// A public list that holds the sending domain.
        DomainListed = "domain_listed",
        /// Reputation of the sending domain by somebody's own score or list.
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
        /// Takes part nowhere, but shows that we got past the policies: full mailboxes, groups for insiders, ...
        Neutral = "neutral",
        /// A recipient's own list: past the policies like `Neutral`, yet of many at one organisation a question.
        Personal = "personal",
        /// A deferral report: not final, so no trial.
        Delay = "delay",
        /// A complaint: the message had been delivered.
        Complaint = "complaint",
    }
}

impl Family {
    /// How many there are.
    pub const COUNT: usize = Family::ALL.len();

    /// The families of the policy stream, in order.
    pub const POLICY: [Family; 10] = [
        Family::CustomerRule,
        Family::Explicit,
        Family::IpListed,
        Family::IpReputation,
        Family::OddList,
        Family::DomainListed,
        Family::DomainReputation,
        Family::Authentication,
        Family::Content,
        Family::Generic,
    ];

    /// The family of a row; `None` for what neither failed, waited nor drew a complaint.
    pub fn of(kind: Kind, cause: Cause, permanence: Permanence, blames: Blames, basis: Basis) -> Option<Family> {
        match kind {
            Kind::Bounce => Some(Self::of_bounce(cause, permanence, blames, basis)),
            Kind::Delay => Some(Family::Delay),
            Kind::Complaint => Some(Family::Complaint),
            _ => None,
        }
    }

    /// The family of a row as named.
    pub fn of_named(kind: Kind, named: &Classification) -> Option<Family> {
        let family = Family::of(kind, named.cause, named.permanence, named.blames, named.basis)?;
        Some(match family {
            Family::Explicit if named.documented => Family::CustomerRule,
            Family::Content if named.vague => Family::Generic,
            Family::IpReputation if named.odd_list => Family::OddList,
            Family::IpReputation if named.public_list => Family::IpListed,
            Family::DomainReputation if named.public_list => Family::DomainListed,
            family => family,
        })
    }

    fn of_bounce(cause: Cause, permanence: Permanence, blames: Blames, basis: Basis) -> Family {
        match (cause, blames, basis) {
            // Personal lists and internal-only groups are the wish of one mailbox's owner, not of the tenant.
            (Cause::TenantPolicy, Blames::Recipient, Basis::ExplicitRule | Basis::Unstated) => Family::Personal,
            (Cause::TenantPolicy, Blames::Recipient, _) => Family::Neutral,
            (Cause::TenantPolicy, _, Basis::Directory | Basis::System) => Family::Neutral,
            (Cause::TenantPolicy, Blames::Tenant, Basis::ExplicitRule) => Family::Explicit,
            (Cause::TenantPolicy, ..) => Family::Generic,
            (Cause::Unknown, ..) if permanence == Permanence::Permanent => Family::Generic,
            (cause, ..) => cause.meaning().family,
        }
    }

    /// The set that holds only this one.
    pub const fn set(self) -> Families {
        Families(1 << self as u32)
    }
}

/// A set of families.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Families(u32);

impl Families {
    /// None.
    pub const NONE: Families = Families(0);
    /// Words of an organisation about a rule of its own.
    pub const EXPLICIT: Families = Family::CustomerRule.set().with(Family::Explicit.set());
    /// The sending IP is to blame.
    pub const IP: Families = Family::IpListed.set().with(Family::IpReputation.set());
    /// The sending domain is to blame.
    pub const DOMAIN: Families = Family::DomainListed.set().with(Family::DomainReputation.set());
    /// What anybody can check: a public list, authentication.
    pub const CHECKABLE: Families =
        Family::IpListed.set().with(Family::DomainListed.set()).with(Family::Authentication.set());
    /// Testimony about us: never evidence that an organisation chose to block us.
    pub const TESTIMONY: Families = Families::IP
        .with(Families::DOMAIN)
        .with(Family::Authentication.set())
        .with(Family::Content.set())
        .with(Family::OddList.set());
    /// The policy stream without the explicit wording of tenants: what a cause on our side can explain.
    pub const OURS: Families = Families::TESTIMONY.with(Family::Generic.set());
    /// The policy stream.
    pub const POLICY: Families = Families::OURS.with(Families::EXPLICIT);

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
        self.0 & (1 << family as u32) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenants_own_rule_is_explicit_and_a_mailbox_owners_wish_is_personal() {
        for (blames, basis, want) in [
            (Blames::Tenant, Basis::ExplicitRule, Family::Explicit),
            (Blames::Tenant, Basis::Unstated, Family::Generic),
            (Blames::Unknown, Basis::ExplicitRule, Family::Generic),
            (Blames::Recipient, Basis::ExplicitRule, Family::Personal),
            (Blames::Recipient, Basis::Directory, Family::Neutral),
            (Blames::Tenant, Basis::Directory, Family::Neutral),
        ] {
            let family = Family::of(Kind::Bounce, Cause::TenantPolicy, Permanence::Permanent, blames, basis);
            assert_eq!(family, Some(want), "{blames} {basis}");
        }
    }

    #[test]
    fn what_no_rule_knows_is_policy_if_permanent_and_passes_if_not() {
        let family =
            |permanence| Family::of(Kind::Bounce, Cause::Unknown, permanence, Blames::Unknown, Basis::Unstated);
        assert_eq!(family(Permanence::Permanent), Some(Family::Generic));
        assert_eq!(family(Permanence::Transient), Some(Family::Transient));
    }

    #[test]
    fn only_what_failed_waited_or_drew_a_complaint_has_a_family() {
        for kind in Kind::ALL {
            let family = Family::of(*kind, Cause::Network, Permanence::Transient, Blames::Transient, Basis::System);
            let has = matches!(kind, Kind::Bounce | Kind::Delay | Kind::Complaint);
            assert_eq!(family.is_some(), has, "{kind}");
        }
    }
}
