//! What replies testify about us, and who does. In: nothing. Out: plain types. Finding witnesses is `witness`'s work.

use super::candidate::Dimension;
use crate::bounce::{Confidence, Families, Family};

/// Who testifies about a finding.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Witnesses {
    /// What they say.
    pub testimony: Testimony,
    /// Voices that say so.
    pub voices: u64,
    /// Voices that were mailed from what they name; counts-only those with any failure.
    pub mailed: u64,
    /// What that amounts to.
    pub confidence: Confidence,
}

/// What a testimony says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Testimony {
    /// The sending IP is on a list, or has a bad name.
    Ip,
    /// The sending domain is on a list, or has a bad name.
    Domain,
    /// The sending domain fails authentication.
    Authentication,
    /// The content is spam.
    Content,
}

impl Testimony {
    /// All of them.
    pub const ALL: [Testimony; 4] = [Testimony::Ip, Testimony::Domain, Testimony::Authentication, Testimony::Content];

    /// What of ours it is about.
    pub const fn about(self) -> Dimension {
        match self {
            Testimony::Ip => Dimension::SendingIp,
            Testimony::Domain | Testimony::Authentication => Dimension::SendingDomain,
            Testimony::Content => Dimension::Campaign,
        }
    }

    /// The wordings that make it.
    pub const fn families(self) -> Families {
        match self {
            Testimony::Ip => Families::IP,
            Testimony::Domain => Families::DOMAIN,
            Testimony::Authentication => Family::Authentication.set(),
            Testimony::Content => Family::Content.set(),
        }
    }
}
