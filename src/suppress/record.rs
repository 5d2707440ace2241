//! Records: what one event says about its address, 32 bytes, no text. Addresses are their keys (of ten million two are alike
//! with a chance of one in 400,000; then one of them is on no list), places are indices into the judgement.

use super::signal::Signal;
use crate::bounce::Timestamp;

/// No index, no date.
pub(super) const NONE: u32 = u32::MAX;

/// What one event says, in brief.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Record {
    /// The recipient's key; records of one address are neighbours once sorted.
    pub address: i64,
    /// Position among all events read.
    pub row: u32,
    /// Seconds since 1970, or `NONE`.
    pub second: u32,
    /// Index of the target that a domain entry is about, or `NONE`.
    pub target: u32,
    /// Index of the incident that owns it, or `NONE`.
    pub incident: u32,
    /// What it says.
    pub signal: Signal,
    /// Whether it is a bounce; else a complaint, or a delivery.
    pub bounce: bool,
    /// Whether its family belongs to the policy stream.
    pub policy: bool,
    /// Whether trying again will not help.
    pub permanent: bool,
    /// Whether the allow list names the address or its domain.
    pub allowed: bool,
}

const _: () = assert!(size_of::<Record>() == 32, "a record has 32 bytes");

impl Record {
    /// A record without a place, a date and whatever an event may add.
    pub fn of(address: i64, signal: Signal) -> Record {
        let (row, second, target, incident) = (NONE, NONE, NONE, NONE);
        let (bounce, policy, permanent, allowed) = (false, false, false, false);
        Record { address, row, second, target, incident, signal, bounce, policy, permanent, allowed }
    }
}

/// A time as a record holds it; dates before 1970 and after 2106 are as good as none.
pub(super) fn second(time: Option<Timestamp>) -> u32 {
    time.and_then(|time| u32::try_from(time.0.div_euclid(1000)).ok()).unwrap_or(NONE)
}

/// A second of a record as a timestamp.
pub(super) fn moment(second: u32) -> Option<Timestamp> {
    (second != NONE).then(|| Timestamp(i64::from(second) * 1000))
}
