//! Sums, tiles, and the small tables behind the charts.

use std::collections::BTreeMap;

use super::rates::level_of;
use crate::bounce::{Cause, Kind, Level, RateName, ScopeType};
use crate::outcome::incident::{Judgement, Mode, Rate};
use crate::report::facts::NightFacts;
use crate::report::words::{count, percent, permille, share};

/// Receivers shown.
const RECEIVERS: usize = 10;

/// Sums of a night. Rates are `None` where deliveries are not known.
#[derive(Debug, Clone, PartialEq)]
pub struct Totals {
    /// Raw items read.
    pub items: u64,
    /// Rows made of them.
    pub events: u64,
    /// Items that became no row.
    pub rejects: u64,
    /// Events dropped because the same one came before.
    pub duplicates: u64,
    /// Failures.
    pub bounces: u64,
    /// Not delivered yet.
    pub delays: u64,
    /// Complaints.
    pub complaints: u64,
    /// Dropped by our own platform.
    pub self_suppressed: u64,
    /// Messages tried.
    pub tried: Option<u64>,
    /// Messages accepted.
    pub delivered: Option<u64>,
    /// Distinct recipients mailed.
    pub recipients_mailed: Option<u64>,
    /// Failures whose reply names a policy or a reputation.
    pub policy_bounces: u64,
    /// Failures that nothing names: no reply, and no class of a platform that says more. Neither a refusal nor a reply that no
    /// rule knows.
    pub wordless_bounces: u64,
    /// Dead mailboxes and domains.
    pub dead_bounces: u64,
    /// Failures among messages tried.
    pub bounce_rate: Option<f64>,
    /// Policy failures among messages tried.
    pub policy_rate: Option<f64>,
    /// Complaints that name who complained, and the messages that receivers which sent any accepted; `None` where these are
    /// too few for a rate.
    pub complaints_of: Option<(u64, u64)>,
    /// The share of the one among the other.
    pub complaint_rate: Option<f64>,
    /// Failures whose reply no rule knows, among all failures.
    pub unknown_share: Option<f64>,
}

impl Totals {
    pub(super) fn new(facts: &NightFacts, judgement: &Judgement) -> Totals {
        let bounces = facts.of_kind(Kind::Bounce);
        let policy_bounces = failures(judgement, Cause::is_refusal);
        let unknown = failures(judgement, |cause| cause == Cause::Unknown);
        let dead = |cause| matches!(cause, Cause::MailboxUnknown | Cause::MailboxDisabled | Cause::DomainInvalid);
        let complaints = facts.of_kind(Kind::Complaint);
        let told = complaint_rate(judgement);
        Totals {
            items: facts.items,
            events: facts.events(),
            rejects: facts.rejects_total(),
            duplicates: facts.duplicates,
            bounces,
            delays: facts.of_kind(Kind::Delay),
            complaints,
            self_suppressed: facts.of_kind(Kind::SelfSuppressed),
            tried: judgement.tried,
            delivered: judgement.delivered,
            recipients_mailed: judgement.recipients_mailed,
            policy_bounces,
            wordless_bounces: unknown.saturating_sub(facts.unknown_replies),
            dead_bounces: failures(judgement, dead),
            bounce_rate: share(bounces, judgement.tried),
            policy_rate: share(policy_bounces, judgement.tried),
            complaints_of: told.and_then(|rate| Some((rate.events, rate.of?))),
            complaint_rate: told.and_then(|rate| rate.share),
            unknown_share: unknown_share(facts),
        }
    }

    /// Five figures at a glance: rates where deliveries are known, counts otherwise.
    pub(super) fn tiles(&self, mode: Mode, rates: &[Rate]) -> Vec<Tile> {
        let of_tried = |part: u64, rate: Option<f64>| match mode {
            Mode::Rates => (percent(rate), format!("{} messages", count(part))),
            Mode::CountsOnly => (count(part), "no deliveries given, so no rate".to_owned()),
        };
        let (bounced, bounced_note) = of_tried(self.bounces, self.bounce_rate);
        let (policy, policy_note) = of_tried(self.policy_bounces, self.policy_rate);
        let (dead, dead_note) = of_tried(self.dead_bounces, share(self.dead_bounces, self.tried));
        let (complaints, complaints_note) = match (self.complaint_rate, self.complaints_of) {
            (Some(rate), Some((events, of))) => {
                (permille(rate), format!("{} of {} accepted where reports come from", count(events), count(of)))
            }
            _ => (count(self.complaints), "feedback reports, rate unknown".to_owned()),
        };
        let level = |name: RateName| level_of(rates, name);
        let tile = |label, value, note, level| Tile { label, value, note, level };
        let mut tiles = vec![
            tile("Bounced", bounced, bounced_note, Level::Quiet),
            tile("Refused by policy or reputation", policy, policy_note, level(RateName::Refused)),
            tile("Dead addresses and domains", dead, dead_note, level(RateName::UnknownUsers)),
            tile("Complaints", complaints, complaints_note, level(RateName::Complaints)),
            tile(
                "Replies no rule knows",
                percent(self.unknown_share),
                self.of_the_failures(),
                level(RateName::UnknownReplies),
            ),
        ];
        if let (Mode::Rates, Some(delivered)) = (mode, self.delivered) {
            let note = format!("{} messages", count(delivered));
            tiles.insert(0, tile("Delivered", percent(share(delivered, self.tried)), note, Level::Quiet));
        }
        tiles
    }
}

impl Totals {
    /// What the share of unknown replies is of, and how many failures have no reply that a rule could know.
    fn of_the_failures(&self) -> String {
        match self.wordless_bounces {
            0 => "of the failures".to_owned(),
            n => format!("of the failures; {} without words", count(n)),
        }
    }
}

/// The night's own rate of complaints.
fn complaint_rate(judgement: &Judgement) -> Option<&Rate> {
    let own = |rate: &&Rate| rate.name == RateName::Complaints && rate.scope.part(ScopeType::Fleet).is_some();
    judgement.rates.iter().find(own)
}

/// Failures of a cause over all codes.
fn failures(judgement: &Judgement, cause: impl Fn(Cause) -> bool) -> u64 {
    judgement.codes.iter().filter(|row| cause(row.cause)).map(|row| row.bounces).sum()
}

/// The share of events whose reply no rule knows.
fn unknown_share(facts: &NightFacts) -> Option<f64> {
    share(facts.unknown_replies, Some(facts.of_kind(Kind::Bounce)))
}

/// One figure at a glance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// What it is.
    pub label: &'static str,
    /// The figure.
    pub value: String,
    /// Of how many, or why there is no rate.
    pub note: String,
    /// What the figure raises the night to; `Quiet`: a figure and no more.
    pub level: Level,
}

/// Failures of one cause.
#[derive(Debug, Clone, PartialEq)]
pub struct CausePart {
    /// The cause.
    pub cause: Cause,
    /// Failures.
    pub bounces: u64,
    /// Among all failures, 0..=1.
    pub share: f64,
}

/// Failures by cause, most first.
pub(super) fn causes(judgement: &Judgement) -> Vec<CausePart> {
    let mut by_cause: BTreeMap<Cause, u64> = BTreeMap::new();
    for row in &judgement.codes {
        *by_cause.entry(row.cause).or_default() += row.bounces;
    }
    let all: u64 = by_cause.values().sum();
    let part = |(cause, bounces)| CausePart { cause, bounces, share: share(bounces, Some(all)).unwrap_or_default() };
    let mut parts: Vec<_> = by_cause.into_iter().filter(|(_, n)| *n > 0).map(part).collect();
    parts.sort_by_key(|p| (std::cmp::Reverse(p.bounces), p.cause));
    parts
}

/// Failures at one receiver.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceiverPart {
    /// The receiver; `None`: not known.
    pub receiver: Option<String>,
    /// Failures whose reply names a policy or a reputation.
    pub policy: u64,
    /// Dead mailboxes and domains, and full mailboxes.
    pub mailbox: u64,
    /// Everything else.
    pub other: u64,
}

impl ReceiverPart {
    /// All failures.
    pub fn bounces(&self) -> u64 {
        self.policy + self.mailbox + self.other
    }
}

/// Failures by receiver, most first.
pub(super) fn receivers(judgement: &Judgement) -> Vec<ReceiverPart> {
    let mut by_receiver: BTreeMap<Option<&str>, ReceiverPart> = BTreeMap::new();
    for row in &judgement.codes {
        let receiver = row.receiver.as_deref();
        let part = by_receiver.entry(receiver).or_insert_with(|| ReceiverPart {
            receiver: receiver.map(str::to_owned),
            policy: 0,
            mailbox: 0,
            other: 0,
        });
        let place = match row.cause {
            cause if cause.is_refusal() => &mut part.policy,
            Cause::MailboxUnknown | Cause::MailboxDisabled | Cause::MailboxFull | Cause::DomainInvalid => {
                &mut part.mailbox
            }
            _ => &mut part.other,
        };
        *place += row.bounces;
    }
    let mut parts: Vec<_> = by_receiver.into_values().filter(|p| p.bounces() > 0).collect();
    parts.sort_by(|a, b| (b.bounces(), &a.receiver).cmp(&(a.bounces(), &b.receiver)));
    parts.truncate(RECEIVERS);
    parts
}
