//! Address entries: what may stand on addresses.csv. In: an address and what one event says of it. Out: an entry, or a
//! refusal. The promise "a bounce of our own fault never suppresses an address" is held here: nobody else makes or
//! changes one, and each way to build an entry asks for a permanent cause that speaks of this address alone, or for a complaint, out
//! of a report that proves whom it means. The one other door is the full mailbox's own rule.
//!
//! Whether an address ought to be listed (unreliable, deliveries since, the brake) is `decision`'s work.

use std::ops::Deref;

use jiff::civil::Date;

use crate::bounce::{
    Address, Basis, Blames, Cause, EnhancedStatus, Kind, Permanence, ReplyCode, Timestamp, Unproven, is_return_path,
};
use crate::tables::policy::{Expiry, Suppress};

/// What one event says, as far as a list is concerned.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Bounce, complaint, ...
    pub kind: Kind,
    /// Why it failed.
    pub cause: Cause,
    /// Whose side it lies on.
    pub blames: Blames,
    /// On what evidence.
    pub basis: Basis,
    /// Whether trying again may help.
    pub permanence: Permanence,
    /// Why the row proves nothing against its recipient; `None`: nothing speaks against it.
    pub unproven: Option<Unproven>,
    /// Feedback-Type of a complaint, lower case; `None` when the platform's own event carries none.
    pub feedback_type: Option<String>,
    /// The rule that named the cause.
    pub rule: Option<String>,
    /// Reply code.
    pub reply_code: Option<ReplyCode>,
    /// Enhanced status.
    pub status: Option<EnhancedStatus>,
}

/// When, how often, and where the evidence was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The first event of this evidence.
    pub first: Option<Timestamp>,
    /// The last one.
    pub last: Option<Timestamp>,
    /// How many events.
    pub bounces: u64,
    /// On how many distinct UTC days; events without a date count as one day together.
    pub days: u32,
    /// `source#index` of the first event.
    pub origin: String,
}

impl Seen {
    /// The first event, and how many more there are.
    pub fn evidence(&self) -> String {
        match self.bounces.saturating_sub(1) {
            0 => self.origin.clone(),
            more => format!("{} (+{more})", self.origin),
        }
    }
}

/// Why an entry was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The cause lies with us, the message, the tenant, or nobody.
    #[error("{cause} blaming {blames} never suppresses an address")]
    NotTheRecipient {
        /// The cause.
        cause: Cause,
        /// Whose side.
        blames: Blames,
    },
    /// Trying again may help.
    #[error("a transient answer ({cause}) never lists anybody")]
    Transient {
        /// The cause.
        cause: Cause,
    },
    /// The row does not prove whom it means.
    #[error("a row that is {0} never lists anybody")]
    Unproven(Unproven),
    /// The cause speaks about the domain, not the address.
    #[error("domain_invalid is an entry for the domain, not for its addresses")]
    TheDomain,
    /// Too few events or days.
    #[error("{cause} needs {needed} distinct days, seen on {days}")]
    TooFew {
        /// The cause.
        cause: Cause,
        /// Distinct days asked for.
        needed: u32,
        /// Distinct days seen.
        days: u32,
    },
    /// A feedback report that is not the recipient's wish.
    #[error("a feedback report of type {0:?} is not a complaint")]
    NotAComplaint(String),
    /// The kind of event is neither a bounce nor a complaint.
    #[error("an event of kind {0} never suppresses")]
    NotAFailure(Kind),
    /// The incident is not a tenant block that acts.
    #[error("only a tenant_block of high or medium confidence suppresses a domain")]
    NotATenantBlock,
    /// The incident says nothing about this domain.
    #[error("the incident is not about this domain")]
    AnotherDomain,
    /// The block covers one IP or campaign of ours only, which a domain list cannot say.
    #[error("the block covers one sending identity that a domain list cannot express")]
    IdentityNotExpressible,
    /// A domain of consumers is no organisation.
    #[error("a consumer domain is never suppressed")]
    ConsumerDomain,
}

/// One row of addresses.csv.
#[derive(Debug, Clone)]
pub struct ListedAddress {
    /// Whom it lists.
    pub address: Address,
    /// What the deciding event says: a cause that speaks of this address alone, or `complaint`.
    pub answer: Answer,
    /// When and where it was seen.
    pub seen: Seen,
    /// The night that made it.
    pub added: Date,
    /// The first day on which it no longer holds; `None`: never lapses.
    pub expires: Option<Date>,
}

/// An address that may be listed. Its row can be read, but made and changed only here.
#[derive(Debug, Clone)]
pub struct AddressEntry(ListedAddress);

impl Deref for AddressEntry {
    type Target = ListedAddress;

    fn deref(&self) -> &ListedAddress {
        &self.0
    }
}

impl AddressEntry {
    /// An entry from a bounce.
    ///
    /// # Errors
    /// Every cause that does not speak of the address alone, a transient answer, a row that does not prove whom it means, and a
    /// full mailbox that was not full for long.
    pub fn from_bounce(
        address: Address,
        answer: Answer,
        seen: Seen,
        policy: &Suppress,
        as_of: Date,
    ) -> Result<AddressEntry, Refused> {
        if answer.kind != Kind::Bounce {
            return Err(Refused::NotAFailure(answer.kind));
        }
        proven(&address, &answer)?;
        let refused = Refused::NotTheRecipient { cause: answer.cause, blames: answer.blames };
        let expiry = match (answer.cause, answer.blames.is_the_address(answer.cause, answer.basis)) {
            (Cause::MailboxFull, true) => full_for_long(&seen, policy)?,
            (Cause::DomainInvalid, _) => return Err(Refused::TheDomain),
            (_, true) if answer.permanence == Permanence::Transient => {
                return Err(Refused::Transient { cause: answer.cause });
            }
            (Cause::MailboxUnknown, true) => policy.expires.mailbox_unknown,
            (Cause::MailboxDisabled, true) => policy.expires.mailbox_disabled,
            (Cause::TenantPolicy, true) => policy.expires.tenant_policy,
            _ => return Err(refused),
        };
        let expires = expiry.from_night(as_of);
        Ok(AddressEntry(ListedAddress { address, answer, seen, added: as_of, expires }))
    }

    /// An entry from a complaint.
    ///
    /// # Errors
    /// An event that is no complaint, and feedback types outside the policy's list.
    pub fn from_complaint(
        address: Address,
        answer: Answer,
        seen: Seen,
        policy: &Suppress,
        as_of: Date,
    ) -> Result<AddressEntry, Refused> {
        if answer.kind != Kind::Complaint {
            return Err(Refused::NotAFailure(answer.kind));
        }
        if !is_wish(answer.feedback_type.as_deref(), policy) {
            return Err(Refused::NotAComplaint(answer.feedback_type.unwrap_or_default()));
        }
        proven(&address, &answer)?;
        let answer = Answer { cause: Cause::Complaint, ..answer };
        let expires = policy.expires.complaint.from_night(as_of);
        Ok(AddressEntry(ListedAddress { address, answer, seen, added: as_of, expires }))
    }
}

/// Whether a feedback report is the recipient's wish.
pub(super) fn is_wish(feedback_type: Option<&str>, policy: &Suppress) -> bool {
    policy.complaint.is_wish(feedback_type)
}

/// Whether the row proves whom it means, and that this is nobody of ours.
fn proven(address: &Address, answer: &Answer) -> Result<(), Refused> {
    let own = is_return_path(address.local()).then_some(Unproven::OwnAddress);
    answer.unproven.or(own).map_or(Ok(()), |unproven| Err(Refused::Unproven(unproven)))
}

fn full_for_long(seen: &Seen, policy: &Suppress) -> Result<Expiry, Refused> {
    let needed = policy.mailbox_full.bounces;
    if seen.days >= needed {
        Ok(policy.expires.mailbox_full)
    } else {
        Err(Refused::TooFew { cause: Cause::MailboxFull, needed, days: seen.days })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::policy;

    fn answer(kind: Kind, cause: Cause, blames: Blames) -> Answer {
        Answer {
            kind,
            cause,
            blames,
            basis: Basis::System,
            permanence: Permanence::Permanent,
            unproven: None,
            feedback_type: None,
            rule: None,
            reply_code: None,
            status: None,
        }
    }

    fn seen(days: u32) -> Seen {
        Seen { first: None, last: None, bounces: 3, days, origin: "night.mbox#7".to_owned() }
    }

    fn bounce(cause: Cause, blames: Blames, days: u32) -> Result<AddressEntry, Refused> {
        let policy = policy::load(None).unwrap().suppress;
        let address = Address::parse("ann@example.com").unwrap();
        AddressEntry::from_bounce(
            address,
            answer(Kind::Bounce, cause, blames),
            seen(days),
            &policy,
            jiff::civil::date(2026, 11, 20),
        )
    }

    #[test]
    fn only_four_causes_that_blame_the_recipient_make_an_entry() {
        for cause in Cause::ALL {
            for blames in Blames::ALL {
                let may = *blames == Blames::Recipient
                    && matches!(
                        cause,
                        Cause::MailboxUnknown | Cause::MailboxDisabled | Cause::MailboxFull | Cause::TenantPolicy
                    );
                assert_eq!(bounce(*cause, *blames, 3).is_ok(), may, "{cause} {blames}");
            }
        }
    }

    #[test]
    fn an_address_that_the_directory_closes_to_outsiders_is_listed_for_a_year() {
        let policy = policy::load(None).unwrap().suppress;
        let night = jiff::civil::date(2026, 11, 20);
        for cause in Cause::ALL {
            for basis in Basis::ALL {
                let said = Answer { basis: *basis, ..answer(Kind::Bounce, *cause, Blames::Tenant) };
                let address = Address::parse("all-staff@example.com").unwrap();
                let entry = AddressEntry::from_bounce(address, said, seen(1), &policy, night);
                let may = (*cause, *basis) == (Cause::TenantPolicy, Basis::Directory);
                assert_eq!(entry.is_ok(), may, "{cause} {basis}");
                assert_eq!(entry.ok().and_then(|entry| entry.expires), may.then(|| jiff::civil::date(2027, 11, 20)));
            }
        }
    }

    #[test]
    fn a_transient_answer_lists_nobody_but_a_mailbox_that_is_full_for_long() {
        let policy = policy::load(None).unwrap().suppress;
        let night = jiff::civil::date(2026, 11, 20);
        for cause in Cause::ALL {
            for blames in Blames::ALL {
                let said = Answer { permanence: Permanence::Transient, ..answer(Kind::Bounce, *cause, *blames) };
                let address = Address::parse("ann@example.com").unwrap();
                let may = (*cause, *blames) == (Cause::MailboxFull, Blames::Recipient);
                let entry = AddressEntry::from_bounce(address, said, seen(3), &policy, night);
                assert_eq!(entry.is_ok(), may, "{cause} {blames}");
            }
        }
    }

    #[test]
    fn what_does_not_prove_whom_it_means_lists_nobody() {
        let policy = policy::load(None).unwrap().suppress;
        let night = jiff::civil::date(2026, 11, 20);
        let ann = || Address::parse("ann@example.com").unwrap();
        for kind in [Kind::Bounce, Kind::Complaint] {
            let entry = |address, unproven| {
                let said = Answer { unproven, ..answer(kind, Cause::MailboxUnknown, Blames::Recipient) };
                match kind {
                    Kind::Bounce => AddressEntry::from_bounce(address, said, seen(3), &policy, night),
                    _ => AddressEntry::from_complaint(address, said, seen(3), &policy, night),
                }
            };
            assert!(entry(ann(), None).is_ok());
            for unproven in Unproven::ALL {
                assert_eq!(entry(ann(), Some(*unproven)).unwrap_err(), Refused::Unproven(*unproven));
            }
            let verp = Address::parse("bounces+ann=example.org@news.example.com").unwrap();
            assert_eq!(entry(verp, None).unwrap_err(), Refused::Unproven(Unproven::OwnAddress));
        }
    }

    #[test]
    fn no_other_kind_of_event_makes_an_entry() {
        let policy = policy::load(None).unwrap().suppress;
        let night = jiff::civil::date(2026, 11, 20);
        for kind in Kind::ALL {
            let said = answer(*kind, Cause::MailboxUnknown, Blames::Recipient);
            let address = Address::parse("ann@example.com").unwrap();
            let by_bounce = AddressEntry::from_bounce(address.clone(), said.clone(), seen(3), &policy, night);
            let by_complaint = AddressEntry::from_complaint(address, said, seen(3), &policy, night);
            assert_eq!(by_bounce.is_ok(), *kind == Kind::Bounce, "{kind}");
            assert_eq!(by_complaint.is_ok(), *kind == Kind::Complaint, "{kind}");
        }
    }

    #[test]
    fn a_full_mailbox_needs_three_days() {
        assert!(matches!(
            bounce(Cause::MailboxFull, Blames::Recipient, 2),
            Err(Refused::TooFew { needed: 3, days: 2, .. })
        ));
        let entry = bounce(Cause::MailboxFull, Blames::Recipient, 3).unwrap();
        assert_eq!(entry.expires, Some(jiff::civil::date(2026, 12, 20)));
    }

    #[test]
    fn only_feedback_that_is_a_wish_makes_an_entry() {
        let policy = policy::load(None).unwrap().suppress;
        for (feedback_type, may) in [
            (Some("abuse"), true),
            (Some("fraud"), true),
            (Some("opt-out"), true),
            (None, true),
            (Some("auth-failure"), false),
            (Some("not-spam"), false),
            (Some("virus"), false),
            (Some(""), false),
        ] {
            let said = Answer {
                feedback_type: feedback_type.map(str::to_owned),
                ..answer(Kind::Complaint, Cause::Complaint, Blames::Recipient)
            };
            let address = Address::parse("ann@example.com").unwrap();
            let night = jiff::civil::date(2026, 11, 20);
            let entry = AddressEntry::from_complaint(address, said, seen(1), &policy, night);
            assert_eq!(entry.is_ok(), may, "{feedback_type:?}");
        }
    }

    #[test]
    fn evidence_names_the_first_event_and_counts_the_others() {
        assert_eq!(seen(1).evidence(), "night.mbox#7 (+2)");
    }
}
