//! Reasons of the lists in English. In: members of closed sets of suppress. Out: a phrase for each.

use crate::suppress::Hold;
use crate::suppress::release::Why;

/// Why an entry is held.
pub const fn hold(reason: Hold) -> &'static str {
    match reason {
        Hold::DoubtfulWording => "the wording is wrong at times; a second day will tell",
        Hold::UnreliableUnknown => "who calls it unknown calls living mailboxes unknown tonight; it may be alive",
        Hold::ReceiverIncident => "its receiver refuses us the same night and may say \"unknown\" for that",
        Hold::Forwarded => "the answer is about another mailbox than the one that was mailed",
        Hold::MailboxFull => "over quota; listed only if it lasts",
        Hold::Transient => "the answer is a temporary one; only a permanent answer lists an address",
        Hold::Unproven => "the report does not prove that it means this address",
        Hold::FeedbackType => "a feedback report of a type that is not the recipient's wish",
        Hold::DomainAnswered => "the domain is said to take no mail, yet it answered or is a consumer domain",
        Hold::UnknownReply => "nothing tells whose fault it is: no reply, or one that no rule knows",
        Hold::DeliveredSince => "mail was delivered to it after the bounce",
        Hold::Allowed => "the allow list names it",
        Hold::SuspectedTenant => "a suspected tenant block; a person decides",
        Hold::DeliveriesUnknown => {
            "a tenant block, but nobody knows what else it took; a person decides, or a night with deliveries"
        }
        Hold::Inconclusive => "not enough contrast or volume for a judgement",
        Hold::OneIdentity => "a block of one IP or campaign, which a domain list cannot express",
    }
}

/// Why an entry comes off the present list.
pub const fn release(why: Why) -> &'static str {
    match why {
        Why::Delivered => "mail was delivered since",
        Why::Incident => "the reply that listed it blames us",
        Why::Expired => "its time is over",
    }
}
