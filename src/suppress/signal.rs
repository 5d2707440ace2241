//! Signals: what one event says about suppressing its address. In: kind, cause, blame and the unreliable. Out: one of a
//! few signals; `decision` weighs all signals of an address.

use crate::bounce::{Basis, Blames, Cause, Kind, Permanence, Unproven};
use crate::tables::policy::Suppress;

use super::entry::is_wish;

/// What one event says. The order is the strength as evidence: the strongest signal of an address counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Signal {
    /// The recipient complained.
    Complaint,
    /// The mailbox does not exist or is switched off.
    Dead,
    /// The recipient's own rule, or an internal-only group.
    Refusal,
    /// "Unknown" in a wording that is not believed tonight.
    DoubtWording,
    /// "Unknown" while the receiver is under an incident.
    DoubtIncident,
    /// "Unknown" that an incident owns: who says it is not believed. Weaker than the others, as it never grows with the days.
    DoubtUnreliable,
    /// "Unknown", but of another mailbox than the one we mailed: a forward, or one member of a group.
    Forwarded,
    /// Over quota.
    Full,
    /// A feedback report of a type that is no wish.
    OtherFeedback,
    /// It blames the recipient, but in a report that does not prove whom it means.
    Unproven,
    /// The domain takes no mail.
    DeadDomain,
    /// A transient answer that blames the recipient: no proof of a dead address, however often it is repeated in a night.
    Transient,
    /// Everything else that failed and whose side is known: ours, the message's, the tenant's, nobody's.
    Ours,
    /// Nobody knows whose fault it is: no reply, or one that no rule knows and no incident explains.
    Unknown,
    /// A transient answer that blames anything but the recipient, and that no incident of ours explains: it is tried again.
    Retried,
    /// A report that matches nothing that was sent.
    Unmatched,
    /// It was delivered.
    Delivered,
}

/// The event's cells that a signal depends on.
pub(super) struct Event<'a> {
    pub kind: Kind,
    pub cause: Cause,
    pub blames: Blames,
    pub basis: Basis,
    pub permanence: Permanence,
    pub unproven: Option<Unproven>,
    pub feedback_type: Option<&'a str>,
    pub recipient: &'a str,
    pub final_recipient: Option<&'a str>,
    /// Whether an incident owns it that is ours to mend, and sure enough to act.
    pub ours: bool,
    /// Whether an incident owns it by which "unknown" is not believed, however sure it is.
    pub unreliable: bool,
}

impl Signal {
    /// What the event says; `None` when it says nothing about its address (delays, auto-replies, our own platform's
    /// drops). `unreliable` is asked only for "unknown" answers.
    pub fn of(event: &Event<'_>, policy: &Suppress, unreliable: impl FnOnce() -> Option<Signal>) -> Option<Signal> {
        match event.kind {
            Kind::Bounce | Kind::Complaint if event.unproven == Some(Unproven::Unmatched) => Some(Signal::Unmatched),
            Kind::Complaint if event.unproven.is_some() => Some(Signal::Unproven),
            Kind::Complaint if is_wish(event.feedback_type, policy) => Some(Signal::Complaint),
            // An authentication failure report or a "not spam" is no complaint; other types wait for a person.
            Kind::Complaint => match event.feedback_type {
                Some("auth-failure" | "not-spam" | "dmarc") => None,
                _ => Some(Signal::OtherFeedback),
            },
            Kind::Bounce => Some(Signal::of_bounce(event, unreliable)),
            Kind::Delivered => Some(Signal::Delivered),
            _ => None,
        }
    }

    fn of_bounce(event: &Event<'_>, unreliable: impl FnOnce() -> Option<Signal>) -> Signal {
        let transient = event.permanence == Permanence::Transient;
        let its_own = event.blames.is_the_address(event.cause, event.basis);
        if event.blames.is_elsewhere() && !its_own {
            return if transient && !event.ours { Signal::Retried } else { Signal::Ours };
        }
        if !its_own {
            // What a systemic incident explains is ours, whatever its words.
            return if event.ours { Signal::Ours } else { Signal::Unknown };
        }
        if event.unproven.is_some() {
            return Signal::Unproven;
        }
        match event.cause {
            // A full mailbox has a rule of its own, in which 452 counts as 552.
            Cause::MailboxFull => Signal::Full,
            Cause::MailboxUnknown | Cause::MailboxDisabled | Cause::TenantPolicy | Cause::DomainInvalid
                if transient =>
            {
                Signal::Transient
            }
            Cause::MailboxUnknown | Cause::MailboxDisabled if is_forwarded(event) => Signal::Forwarded,
            Cause::MailboxUnknown | Cause::MailboxDisabled if event.unreliable => Signal::DoubtUnreliable,
            Cause::MailboxUnknown => unreliable().unwrap_or(Signal::Dead),
            Cause::MailboxDisabled => Signal::Dead,
            Cause::TenantPolicy => Signal::Refusal,
            Cause::DomainInvalid => Signal::DeadDomain,
            _ => Signal::Ours,
        }
    }
}

/// Whether the answer is about another mailbox: other local parts. The same local part at another domain is how
/// hosts rewrite an address inside the house.
fn is_forwarded(event: &Event<'_>) -> bool {
    let local = |address: &str| address.rsplit_once('@').map(|(local, _)| local.to_lowercase());
    event.final_recipient.is_some_and(|last| local(last) != local(event.recipient))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::policy;

    fn signal(kind: Kind, cause: Cause, blames: Blames, final_recipient: Option<&str>) -> Option<Signal> {
        let policy = policy::load(None).unwrap().suppress;
        let event = Event {
            kind,
            cause,
            blames,
            basis: Basis::System,
            permanence: Permanence::Permanent,
            unproven: None,
            feedback_type: None,
            recipient: "ann@example.com",
            final_recipient,
            ours: false,
            unreliable: false,
        };
        Signal::of(&event, &policy, || None)
    }

    #[test]
    fn an_unknown_mailbox_behind_a_forward_is_not_the_address_we_mailed() {
        for (final_recipient, want) in [
            (Some("ANN@example.com"), Signal::Dead),
            (Some("ann@mail.example.com"), Signal::Dead),
            (Some("bob@example.org"), Signal::Forwarded),
            (None, Signal::Dead),
        ] {
            let got = signal(Kind::Bounce, Cause::MailboxUnknown, Blames::Recipient, final_recipient);
            assert_eq!(got, Some(want), "{final_recipient:?}");
        }
    }

    #[test]
    fn a_bounce_that_blames_another_side_is_ours_whatever_its_cause() {
        for cause in Cause::ALL {
            for blames in Blames::ALL.iter().filter(|b| **b != Blames::Recipient) {
                let want = if *blames == Blames::Unknown { Signal::Unknown } else { Signal::Ours };
                assert_eq!(signal(Kind::Bounce, *cause, *blames, None), Some(want), "{cause} {blames}");
            }
        }
    }

    #[test]
    fn a_transient_or_unproven_bounce_never_speaks_for_an_entry() {
        let policy = policy::load(None).unwrap().suppress;
        let lists = [Signal::Complaint, Signal::Dead, Signal::Refusal, Signal::DeadDomain];
        let mut doubtful: Vec<_> = Unproven::ALL.iter().map(|u| (Permanence::Permanent, Some(*u))).collect();
        doubtful.push((Permanence::Transient, None));
        for (permanence, unproven) in doubtful {
            for cause in Cause::ALL {
                for blames in Blames::ALL {
                    let event = Event {
                        kind: Kind::Bounce,
                        cause: *cause,
                        blames: *blames,
                        basis: Basis::Directory,
                        permanence,
                        unproven,
                        feedback_type: None,
                        recipient: "ann@example.com",
                        final_recipient: None,
                        ours: false,
                        unreliable: false,
                    };
                    let got = Signal::of(&event, &policy, || None).unwrap();
                    assert!(!lists.contains(&got), "{permanence} {unproven:?} {cause} {blames}: {got:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_failure_says_nothing() {
        for kind in
            [Kind::Delay, Kind::AutoReply, Kind::Challenge, Kind::ReadReceipt, Kind::SelfSuppressed, Kind::Other]
        {
            assert_eq!(signal(kind, Cause::MailboxUnknown, Blames::Recipient, None), None, "{kind}");
        }
    }
}
