//! Candidates: what could be to blame: receivers, pools, sending IPs, sending domains, campaigns, list sources, and their
//! pairs with receivers. Which of them a night has is `index`'s work, measuring them `measure`'s.

use crate::bounce::Families;
use crate::bounce::{FailureStream, ScopeType};
use crate::facts::identity::Identity;
use crate::facts::names::{NONE, Names};
use crate::facts::night::{Night, ReceiverKind};

/// What a candidate is of. The order breaks ties: narrower knowledge first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Dimension {
    /// A receiver's family.
    Receiver,
    /// A sending IP.
    SendingIp,
    /// A sending domain.
    SendingDomain,
    /// A campaign.
    Campaign,
    /// A list source.
    ListSource,
    /// The consumer pool of a receiver.
    Pool,
    /// All that we send.
    Fleet,
}

impl Dimension {
    /// How many there are.
    pub const COUNT: usize = 7;
    /// All of them, each at the place of its number.
    pub const ALL: [Dimension; Dimension::COUNT] = [
        Dimension::Receiver,
        Dimension::SendingIp,
        Dimension::SendingDomain,
        Dimension::Campaign,
        Dimension::ListSource,
        Dimension::Pool,
        Dimension::Fleet,
    ];
    /// Our side of a message.
    pub const SENDER: [Dimension; 4] =
        [Dimension::SendingIp, Dimension::SendingDomain, Dimension::Campaign, Dimension::ListSource];

    /// Whether it is about our side.
    pub const fn is_sender(self) -> bool {
        !matches!(self, Dimension::Receiver | Dimension::Pool)
    }

    /// The value that an identity has in it; `NONE` where it has none.
    pub const fn value(self, identity: &Identity) -> u32 {
        match self {
            Dimension::SendingIp => identity.ip,
            Dimension::SendingDomain => identity.sending_domain,
            Dimension::Campaign => identity.campaign,
            Dimension::ListSource => identity.list_source,
            _ => NONE,
        }
    }

    /// The names of its values in a night; `None` for what is not of our side, and for the fleet.
    pub const fn names(self, night: &Night) -> Option<&Names> {
        match self {
            Dimension::SendingIp => Some(&night.ips),
            Dimension::SendingDomain => Some(&night.sending_domains),
            Dimension::Campaign => Some(&night.campaigns),
            Dimension::ListSource => Some(&night.list_sources),
            Dimension::Receiver | Dimension::Pool | Dimension::Fleet => None,
        }
    }

    /// Its name in a scope.
    pub const fn scope_type(self, kind: ReceiverKind) -> ScopeType {
        match self {
            Dimension::SendingIp => ScopeType::SendingIp,
            Dimension::SendingDomain => ScopeType::SendingDomain,
            Dimension::Campaign => ScopeType::Campaign,
            Dimension::ListSource => ScopeType::ListSource,
            Dimension::Fleet => ScopeType::Fleet,
            Dimension::Receiver | Dimension::Pool => match kind {
                ReceiverKind::Gateway => ScopeType::Gateway,
                _ => ScopeType::Provider,
            },
        }
    }
}

/// One thing that could be to blame: a value of a dimension, alone or at one receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Candidate {
    /// What it is of.
    pub dimension: Dimension,
    /// Id of its value; for a pool the decider's index.
    pub value: u32,
    /// The receiver of a pair; `NONE` for a single one.
    pub at: u32,
}

impl Candidate {
    /// All that we send.
    pub const FLEET: Candidate = Candidate { dimension: Dimension::Fleet, value: 0, at: NONE };

    /// A single candidate.
    pub const fn one(dimension: Dimension, value: u32) -> Candidate {
        Candidate { dimension, value, at: NONE }
    }

    /// Whether it is a pair.
    pub const fn is_pair(&self) -> bool {
        self.at != NONE
    }

    /// Whether it holds what this receiver and decider got from this identity.
    pub fn holds(&self, receiver: u32, decider: u32, identity: &Identity) -> bool {
        (self.at == NONE || self.at == receiver)
            && match self.dimension {
                Dimension::Fleet => true,
                Dimension::Receiver => self.value == receiver,
                Dimension::Pool => self.value == decider,
                dimension => self.value == dimension.value(identity),
            }
    }
}

/// One stream of failures: which wordings fail, which show that a message got past.
#[derive(Debug, Clone, Copy)]
pub struct Stream {
    /// Which one.
    pub name: FailureStream,
    /// Wordings that a candidate of each dimension may explain.
    pub fails: [Families; Dimension::COUNT],
    /// Wordings that count as got past; messages accepted always do.
    pub passes: Families,
    /// The dimensions weighed.
    pub dimensions: &'static [Dimension],
    /// Whether each sender value is weighed at each receiver too.
    pub pairs: bool,
}
