//! What an incident rests on, as numbers and members of closed sets: what was counted, what speaks for it, why the confidence
//! is what it is, what is missing. In: nothing. Out: plain types. The sentences made of them are `report`'s work.

use super::scope::Scope;
use crate::bounce::{ScopeType, closed_set};

/// What a judgement counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Counted {
    /// Organisations with a failure among those tried: the incident's own figures inside, these elsewhere.
    Organisations {
        /// Organisations outside with such a failure.
        hit_elsewhere: u64,
        /// Organisations tried outside; 0 where there is nobody to compare with.
        exposed_elsewhere: u64,
        /// 95 % bounds of their share (Wilson 1927); `None` without trials.
        bounds_elsewhere: Option<(f64, f64)>,
    },
    /// The mail to the consumer mailboxes of one receiver, which decide as one.
    ConsumerMailboxes,
    /// Messages to one organisation; in a night without deliveries bounces.
    Messages {
        /// Failures of the incident's kind.
        failed: u64,
        /// Messages tried.
        tried: u64,
        /// Further refusals there that another incident explains.
        explained: u64,
        /// Refusals that say in their own words that the organisation blocks us.
        explicit: u64,
    },
}

/// One thing that speaks for an incident.
#[derive(Debug, Clone, PartialEq)]
pub enum Evidence {
    /// How the candidate scored against all others.
    Weighed {
        /// Log-likelihood ratio, nats.
        evidence: f64,
        /// Nats needed for the night's error budget.
        needed: f64,
        /// Odds of failure inside against outside.
        odds: f64,
    },
    /// Mean over organisations of the share of messages that failed, 0..=1.
    MeanShare {
        /// Inside the scope.
        inside: f64,
        /// Outside; `None` where nobody was tried.
        elsewhere: Option<f64>,
    },
    /// Probability of as many failures at the background rate alone.
    Chance(f64),
    /// The mailboxes that are called unknown live.
    MailboxesLive(Sign),
    /// Distinct receivers among the failures.
    Receivers(u64),
    /// Domains of one name at one receiver are taken as one organisation.
    AssumedOrganisation,
    /// Where the sample reply was read.
    FirstReply {
        /// File or folder.
        source: String,
        /// Place in it.
        index: u64,
    },
}

/// What shows that mailboxes live which are called unknown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sign {
    /// The same organisations take our mail through another identity.
    OtherIdentity {
        /// Organisations that call contacts unknown, and take mail through another identity tonight.
        taking: u64,
        /// All that call contacts unknown.
        hit: u64,
        /// Mean share unknown at organisations mailed through both, 0..=1.
        inside: f64,
        /// The same through the others.
        outside: f64,
    },
    /// Organisations lost all their contacts at once.
    AllLost {
        /// Such organisations.
        lost: u64,
        /// Those with two contacts mailed or more; without deliveries all with an unknown contact.
        mailed: u64,
    },
    /// The words are those of a known liar, and many contacts hear them.
    KnownLiar {
        /// Contacts that hear them.
        contacts: u64,
        /// Messages tried.
        tried: u64,
    },
    /// Without deliveries: nearly all unknown users of the night, but not the other failures, stand with one of several identities.
    OneOfSeveral {
        /// Unknown contacts of the identity.
        unknown: u64,
        /// All of the night.
        all: u64,
        /// Other failures of the identity.
        others: u64,
        /// All of the night.
        all_others: u64,
    },
}

/// Why the confidence is what it is.
#[derive(Debug, Clone, PartialEq)]
pub enum Grounds {
    /// Unrelated voices say the same about us.
    Witnesses {
        /// Voices that say so.
        voices: u64,
        /// Voices mailed; counts-only those with any failure.
        mailed: u64,
    },
    /// The replies blame us: they are no evidence that the organisation chose to block us.
    BlamesUs,
    /// Without deliveries nobody knows what else the organisation took.
    TakesUnknown,
    /// Evidence beyond what was needed; nats both.
    Evidence {
        /// Log-likelihood ratio.
        evidence: f64,
        /// What was needed.
        needed: f64,
    },
    /// Another candidate asks for another remedy, and the replies do not say which.
    RemedyOpen,
    /// Deliveries are unknown.
    CountsOnly,
    /// Neither a receiver nor an identity of ours stands out.
    NothingStandsOut,
    /// Another candidate is not ruled out.
    AlternativeOpen,
    /// Few organisations are hit.
    FewOrganisations,
    /// Few messages were tried.
    SmallVolume,
    /// Replies say that we are blocked, yet the organisation accepts most of our mail.
    AcceptsMost,
    /// Only one reply says that we are blocked.
    OneReply,
    /// Too few messages for any judgement.
    TooFewMessages,
    /// Without deliveries a pattern alone shows no block.
    PatternAlone,
    /// Several of its organisations refuse us, and nothing sets it apart.
    NothingSetsApart,
    /// Several organisations of one receiver refuse us: it may be the receiver's decision.
    MaybeReceiver {
        /// The receiver.
        receiver: String,
        /// Its organisations that refuse us.
        refusing: u64,
        /// Its organisations that we tried.
        tried: u64,
    },
    /// The mail that was refused went to hardly anybody else.
    NoContrast {
        /// Which identity of ours carries the refusals.
        identity: (ScopeType, String),
        /// Other organisations that it went to.
        others: u64,
    },
    /// One night does not tell a directory that fails from addresses that have gone.
    OneDirectory,
    /// One of too many patterns that nothing explains.
    OneOfTooMany,
    /// Lists of single recipients refuse us; whether that is one decision is not known.
    PersonalLists,
}

/// What would make the answer better.
#[derive(Debug, Clone, PartialEq)]
pub enum Missing {
    /// Deliveries at all.
    Deliveries,
    /// Deliveries that name an identity of that type.
    DeliveriesNaming(ScopeType),
    /// Deliveries that name the host which took them.
    ReceivingHosts,
    /// Mail that one scope carries without the other.
    Contrast {
        /// The scope that may be at fault as well.
        carries: Scope,
        /// The incident's own.
        without: Scope,
    },
    /// More mail of the kind that these grounds lack.
    MoreMail(Grounds),
}

/// Why a list source is held for review as a whole.
#[derive(Debug, Clone, PartialEq)]
pub enum HoldReason {
    /// Unknown addresses among messages; in a night without deliveries among bounces.
    UnknownAddresses {
        /// Unknown, disabled and dead addresses.
        unknown: u64,
        /// What they are counted among.
        tried: u64,
    },
    /// Organisations that answer with a listing or reputation far more often than those of other sources.
    Listings {
        /// Organisations that answer so.
        hit: u64,
        /// Organisations tried.
        exposed: u64,
        /// Mean share of their messages answered so, 0..=1.
        mean: f64,
        /// The same at other sources.
        mean_elsewhere: f64,
    },
    /// Far more complaints than other sources draw.
    Complaints {
        /// Complaints.
        complaints: u64,
        /// Messages tried.
        tried: u64,
        /// Share of complaints at other sources, 0..=1.
        share_elsewhere: f64,
    },
}

impl HoldReason {
    /// The word in list_sources.csv.
    pub const fn as_str(&self) -> &'static str {
        match self {
            HoldReason::UnknownAddresses { .. } => "unknown_addresses",
            HoldReason::Listings { .. } => "listings",
            HoldReason::Complaints { .. } => "complaints",
        }
    }

    /// How many of how many.
    pub const fn figures(&self) -> (u64, u64) {
        match self {
            HoldReason::UnknownAddresses { unknown, tried } => (*unknown, *tried),
            HoldReason::Listings { hit, exposed, .. } => (*hit, *exposed),
            HoldReason::Complaints { complaints, tried, .. } => (*complaints, *tried),
        }
    }
}

closed_set! {
    /// What a gate looks at; the words are those of policy.toml.
    GateName, "gate" {
        /// Nats of evidence.
        Evidence = "evidence",
        /// Odds inside against outside.
        Odds = "odds",
        /// Organisations tried outside.
        OutsideOrganisations = "outside_organisations",
        /// Share outside a consumer pool, at most.
        PoolOutside = "pool_outside",
        /// Odds of a consumer pool without deliveries.
        PoolOddsCounts = "pool_odds_counts",
        /// Refusals of a consumer pool, fewer if all name one cause.
        PoolRefusals = "pool_refusals",
        /// Organisations hit.
        Organisations = "organisations",
        /// Lower bound of a receiver's share.
        ReceiverLow = "receiver_low",
        /// Mean share of an identity of ours.
        SenderShare = "sender_share",
    }
}

/// One gate that a candidate had to pass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gate {
    /// What it looks at.
    pub name: GateName,
    /// Whether the threshold is a least, not a most.
    pub at_least: bool,
    /// The threshold.
    pub threshold: f64,
    /// What was found.
    pub found: f64,
}

impl Gate {
    /// A gate for what must be so much or more.
    pub const fn at_least(name: GateName, found: f64, threshold: f64) -> Gate {
        Gate { name, at_least: true, threshold, found }
    }

    /// A gate for what must be so much or less.
    pub const fn at_most(name: GateName, found: f64, threshold: f64) -> Gate {
        Gate { name, at_least: false, threshold, found }
    }

    /// Whether the candidate passed it.
    pub fn passed(&self) -> bool {
        if self.at_least { self.found >= self.threshold } else { self.found <= self.threshold }
    }
}

/// How concentrated the refusals of a night are over those who decide: organisations, and the consumer mailboxes of a receiver as
/// one.
#[derive(Debug, Clone, PartialEq)]
pub struct Concentration {
    /// Refusals of each, the largest first; never empty.
    pub sizes: Vec<u64>,
    /// All refusals.
    pub refusals: u64,
    /// Share of the largest, 0..=1.
    pub top_share: f64,
    /// How many of equal size would be as spread: 1/Σs², the inverse Simpson index.
    pub effective: f64,
}

impl Concentration {
    /// Of the refusals of each who decides; `None` without any.
    pub fn of(sizes: impl IntoIterator<Item = u64>) -> Option<Concentration> {
        let mut sizes: Vec<u64> = sizes.into_iter().filter(|n| *n > 0).collect();
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        let refusals: u64 = sizes.iter().sum();
        let share = |n: &u64| *n as f64 / refusals as f64;
        let top_share = sizes.first().map(share)?;
        let effective = 1.0 / sizes.iter().map(|n| share(n) * share(n)).sum::<f64>();
        Some(Concentration { sizes, refusals, top_share, effective })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concentration_tells_one_from_many() {
        let many = Concentration::of(vec![5; 40]).unwrap();
        assert_eq!((many.sizes.len(), many.refusals, many.top_share), (40, 200, 0.025));
        assert!((many.effective - 40.0).abs() < 1e-9, "{}", many.effective);
        let one = Concentration::of([1, 1_000_000, 0, 2]).unwrap();
        assert_eq!(one.sizes, [1_000_000, 2, 1]);
        assert!(one.effective < 1.01 && one.top_share > 0.99, "{one:?}");
        assert_eq!(Concentration::of([0, 0]), None);
    }

    #[test]
    fn a_gate_at_its_threshold_is_passed() {
        assert!(
            Gate::at_least(GateName::Odds, 3.0, 3.0).passed()
                && Gate::at_most(GateName::PoolOutside, 0.1, 0.1).passed()
        );
        assert!(
            !Gate::at_least(GateName::Odds, 2.9, 3.0).passed()
                && !Gate::at_most(GateName::PoolOutside, 0.2, 0.1).passed()
        );
    }
}
