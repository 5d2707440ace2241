//! Decision: what becomes of one address. In: all records of the address. Out: a verdict, the events it rests on, and
//! the one that stands for them. The strongest signal counts, not the first: an address that bounced for its own
//! reason and for ours is judged by its own.

use super::record::{NONE, Record};
use super::signal::Signal;
use crate::bounce::closed_set;

/// Where an address goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// addresses.csv.
    Suppress,
    /// held.csv, with the reason.
    Hold(Hold),
    /// protected.csv.
    Protect,
    /// Nowhere: its domain is listed.
    Covered,
    /// Nowhere: it is tried again.
    Retry,
    /// Nowhere: the report matches nothing that was sent.
    Unmatched,
}

closed_set! {
    /// Why an address or a domain waits.
    Hold, "reason" {
        /// "Unknown" in a wording that needs a second day.
        DoubtfulWording = "doubtful_wording",
        /// "Unknown" from who calls living mailboxes unknown tonight.
        UnreliableUnknown = "unreliable_unknown",
        /// "Unknown" while the receiver refuses us.
        ReceiverIncident = "receiver_incident",
        /// The answer is about another mailbox than the one we mailed.
        Forwarded = "forwarded",
        /// Full, but not for long enough.
        MailboxFull = "mailbox_full",
        /// A transient answer about the mailbox.
        Transient = "transient_answer",
        /// The address was found by elimination, or is one that we send from.
        Unproven = "unproven_recipient",
        /// A feedback report of a type that is no wish.
        FeedbackType = "feedback_type",
        /// The domain is said to take no mail, but something of it answered, or it is a consumer domain.
        DomainAnswered = "domain_answered",
        /// Nothing tells whose fault it is.
        UnknownReply = "unknown_reply",
        /// It was delivered to after it had bounced.
        DeliveredSince = "delivered_since",
        /// The allow list names it.
        Allowed = "allowed",
        /// A suspected tenant block; a person decides.
        SuspectedTenant = "suspected_tenant_block",
        /// A tenant block of a night without deliveries; a person, or a night with them, decides.
        DeliveriesUnknown = "deliveries_unknown",
        /// Not enough contrast or volume for a judgement.
        Inconclusive = "inconclusive",
        /// A tenant block of one IP or campaign, which a domain list cannot say.
        OneIdentity = "one_identity",
    }
}

closed_set! {
    /// What to do with an entry of held.csv until it is decided.
    Meanwhile, "meanwhile" {
        /// Go on mailing: the next answer decides.
        MailOn = "mail_on",
        /// Mail, but not through the sending identity that is refused.
        OtherIdentity = "other_identity",
        /// Do not mail until the date.
        DoNotMail = "do_not_mail",
    }
}

impl Meanwhile {
    /// The word for a reason to wait.
    pub const fn of(reason: Hold) -> Meanwhile {
        match reason {
            Hold::UnreliableUnknown | Hold::ReceiverIncident | Hold::OneIdentity => Meanwhile::OtherIdentity,
            Hold::SuspectedTenant | Hold::DeliveriesUnknown | Hold::Inconclusive => Meanwhile::DoNotMail,
            Hold::DoubtfulWording
            | Hold::Forwarded
            | Hold::MailboxFull
            | Hold::Transient
            | Hold::Unproven
            | Hold::FeedbackType
            | Hold::DomainAnswered
            | Hold::UnknownReply
            | Hold::DeliveredSince
            | Hold::Allowed => Meanwhile::MailOn,
        }
    }
}

/// What becomes of one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decision {
    /// Position of the event that stands for the others.
    pub row: u32,
    /// Where it goes.
    pub verdict: Verdict,
    /// How many events it rests on.
    pub bounces: u32,
    /// On how many days.
    pub days: u32,
    /// The first of them, seconds since 1970, or `NONE`.
    pub first: u32,
    /// The last of them, or `NONE`.
    pub last: u32,
    /// The incident that explains it, or `NONE`.
    pub incident: u32,
}

/// The rules that differ from run to run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules<'a> {
    /// Distinct days after which a full mailbox is given up.
    pub full_days: u32,
    /// For each target, whether a domain entry covers it.
    pub covered: &'a [bool],
}

/// Signals that speak of the mailbox itself, believed or not.
const UNKNOWN: &[Signal] =
    &[Signal::Dead, Signal::DoubtWording, Signal::DoubtIncident, Signal::DoubtUnreliable, Signal::Forwarded];

/// Signals that an entry for the domain answers.
const DOMAIN: &[Signal] = &[Signal::DeadDomain, Signal::Ours, Signal::Unknown, Signal::Retried];

impl Decision {
    /// The decision on one address; `None` when nothing failed. The records are in order of reading.
    pub fn on(records: &[Record], rules: Rules<'_>) -> Option<Decision> {
        let strongest = records.iter().map(|r| r.signal).min()?;
        let speaks_of_domain = |r: &&Record| DOMAIN.contains(&r.signal);
        let covered = |r: &Record| rules.covered.get(r.target as usize).copied().unwrap_or(false);
        let (verdict, evidence): (Verdict, Vec<&Record>) = match strongest {
            Signal::Delivered => return None,
            Signal::Unmatched => (Verdict::Unmatched, records.iter().collect()),
            Signal::DeadDomain | Signal::Ours | Signal::Unknown | Signal::Retried => {
                let open: Vec<_> = records.iter().filter(|r| speaks_of_domain(r) && !covered(r)).collect();
                match open.iter().map(|r| r.signal).min() {
                    None => (Verdict::Covered, records.iter().collect()),
                    Some(said) => {
                        let verdict = match said {
                            Signal::DeadDomain => Verdict::Hold(Hold::DomainAnswered),
                            Signal::Unknown => Verdict::Hold(Hold::UnknownReply),
                            Signal::Retried => Verdict::Retry,
                            _ => Verdict::Protect,
                        };
                        (verdict, open.into_iter().filter(|r| r.signal == said).collect())
                    }
                }
            }
            signal => {
                let same = |r: &&Record| match UNKNOWN.contains(&signal) {
                    true => UNKNOWN.contains(&r.signal),
                    false => r.signal == signal,
                };
                let evidence: Vec<_> = records.iter().filter(same).collect();
                let verdict = own_verdict(signal, &evidence, records, rules);
                (verdict, evidence)
            }
        };
        Some(Decision::resting_on(verdict, &evidence, strongest))
    }

    fn resting_on(verdict: Verdict, evidence: &[&Record], strongest: Signal) -> Decision {
        let dates = || evidence.iter().map(|r| r.second).filter(|s| *s != NONE);
        // The earliest event of the strongest signal stands for all, in whatever order they were read: its cause and rule
        // go on the list. Among failures of ours, one that an incident explains says more than one that nothing explains.
        let earliest = |r: &&&Record| (r.second, r.row);
        let best = evidence.iter().filter(|r| r.signal == strongest);
        // An entry that the address earned by itself rests on no incident.
        let rests = matches!(strongest, Signal::Ours | Signal::Unknown | Signal::DoubtUnreliable);
        let owned = best.clone().filter(|r| rests && r.incident != NONE).min_by_key(earliest);
        let shown = owned.or_else(|| best.min_by_key(earliest)).or(evidence.first());
        Decision {
            row: shown.map_or(NONE, |r| r.row),
            verdict,
            bounces: u32::try_from(evidence.len()).unwrap_or(u32::MAX),
            days: distinct_days(evidence),
            first: dates().min().unwrap_or(NONE),
            last: dates().max().unwrap_or(NONE),
            incident: owned.map_or(NONE, |r| r.incident),
        }
    }
}

/// The verdict on an address that its own signals decide.
fn own_verdict(signal: Signal, evidence: &[&Record], all: &[Record], rules: Rules<'_>) -> Verdict {
    let lasts = |days: u32| distinct_days(evidence) >= days;
    // What an incident does not believe is no second evidence, on whatever day it is said.
    let believed: Vec<&Record> = evidence.iter().copied().filter(|r| r.signal != Signal::DoubtUnreliable).collect();
    let wanted = match signal {
        Signal::Complaint | Signal::Dead | Signal::Refusal => Verdict::Suppress,
        // A second day is what a doubtful "unknown" waits for.
        Signal::DoubtWording | Signal::DoubtIncident if distinct_days(&believed) >= 2 => Verdict::Suppress,
        Signal::DoubtWording => Verdict::Hold(Hold::DoubtfulWording),
        Signal::DoubtUnreliable => Verdict::Hold(Hold::UnreliableUnknown),
        Signal::DoubtIncident => Verdict::Hold(Hold::ReceiverIncident),
        Signal::Forwarded => Verdict::Hold(Hold::Forwarded),
        Signal::Full if lasts(rules.full_days) => Verdict::Suppress,
        Signal::Full => Verdict::Hold(Hold::MailboxFull),
        Signal::Transient => Verdict::Hold(Hold::Transient),
        Signal::Unproven => Verdict::Hold(Hold::Unproven),
        Signal::OtherFeedback => Verdict::Hold(Hold::FeedbackType),
        Signal::DeadDomain
        | Signal::Ours
        | Signal::Unknown
        | Signal::Retried
        | Signal::Unmatched
        | Signal::Delivered => Verdict::Protect,
    };
    let last = evidence.iter().map(|r| r.second).filter(|s| *s != NONE).max();
    let delivered_since = || {
        let later = |r: &&Record| r.signal == Signal::Delivered && r.second != NONE && Some(r.second) > last;
        last.is_some() && all.iter().any(|r| later(&r))
    };
    match wanted {
        Verdict::Suppress if all.iter().any(|r| r.allowed) => Verdict::Hold(Hold::Allowed),
        // A complaint stands even though later mail was accepted; a dead mailbox that takes mail is not dead.
        Verdict::Suppress if signal != Signal::Complaint && signal != Signal::Refusal && delivered_since() => {
            Verdict::Hold(Hold::DeliveredSince)
        }
        verdict => verdict,
    }
}

/// Distinct UTC days; events without a date count as one day together, and only where no other has one.
fn distinct_days(records: &[&Record]) -> u32 {
    let mut days: Vec<u32> = records.iter().filter(|r| r.second != NONE).map(|r| r.second / 86_400).collect();
    days.sort_unstable();
    days.dedup();
    u32::try_from(days.len()).unwrap_or(u32::MAX).max(u32::from(!records.is_empty()))
}

#[cfg(test)]
mod tests;
