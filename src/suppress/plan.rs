//! All decisions of a night, nothing written yet.

use super::brake::Brake;
use super::decision::Decision;
use super::domains::{Shown, Targets};
use super::fate::Fates;
use super::options::Options;
use crate::outcome::incident::Judgement;
use crate::tables::policy::Suppress;

/// What the night's lists will hold: all decisions, nothing written yet.
pub struct Plan<'a> {
    pub(super) judgement: &'a Judgement,
    pub(super) policy: &'a Suppress,
    pub(super) options: &'a Options,
    pub(super) targets: Targets<'a>,
    pub(super) shown: Vec<Shown>,
    /// In order of reading.
    pub(super) decisions: Vec<Decision>,
    pub(super) fates: Fates,
    pub(super) covered: u64,
    pub(super) unmatched: u64,
    pub(super) brake: Brake,
}
