//! What a cause usually means, where a rule does not say; and the answers that need no rule.

use std::sync::Arc;

use crate::bounce::{Basis, Blames, Cause, Classification, EnhancedStatus, Permanence, ReplyCode};
use crate::tables::blocklists::{Blocklist, BlocklistKind};

use super::heard::Heard;
use super::rules::CompiledRule;

/// Whom a cause usually blames.
pub const fn blames(cause: Cause) -> Blames {
    match cause {
        Cause::MailboxUnknown
        | Cause::MailboxDisabled
        | Cause::MailboxFull
        | Cause::DomainInvalid
        | Cause::Complaint => Blames::Recipient,
        Cause::RelayDenied | Cause::TenantPolicy | Cause::RoutingLoop => Blames::Tenant,
        Cause::IpReputation => Blames::SenderIp,
        Cause::DomainReputation => Blames::SenderDomain,
        Cause::Content | Cause::Virus | Cause::MessageTooLarge | Cause::Protocol => Blames::Message,
        Cause::Authentication | Cause::SenderRejected | Cause::Tls => Blames::SenderSetup,
        Cause::RateLimited | Cause::Greylisted | Cause::Network => Blames::Transient,
        Cause::OtherPolicy | Cause::Unknown => Blames::Unknown,
    }
}

/// On what evidence a cause usually rests.
pub const fn basis(cause: Cause) -> Basis {
    match cause {
        Cause::MailboxUnknown | Cause::MailboxDisabled | Cause::DomainInvalid => Basis::Directory,
        Cause::MailboxFull
        | Cause::RelayDenied
        | Cause::Authentication
        | Cause::Greylisted
        | Cause::MessageTooLarge
        | Cause::Network
        | Cause::Tls
        | Cause::RoutingLoop
        | Cause::SenderRejected
        | Cause::Protocol => Basis::System,
        Cause::IpReputation | Cause::DomainReputation | Cause::Content | Cause::Virus => Basis::Score,
        Cause::TenantPolicy | Cause::Complaint => Basis::ExplicitRule,
        Cause::RateLimited => Basis::Rate,
        Cause::OtherPolicy | Cause::Unknown => Basis::Unstated,
    }
}

/// Whether trying again may help, by the codes; without any code, by the cause.
fn permanence(cause: Cause, heard: &Heard<'_>) -> Permanence {
    let passing = matches!(cause, Cause::Network | Cause::RateLimited | Cause::Greylisted);
    if heard.is_transient().unwrap_or(passing) { Permanence::Transient } else { Permanence::Permanent }
}

/// The classification by one rule and the list found; who spoke is not in it.
pub fn classification(rule: Option<&CompiledRule>, list: Option<&Blocklist>, heard: &Heard<'_>) -> Classification {
    let cause = rule.map_or(Cause::Unknown, |rule| rule.cause);
    let list = list.filter(|_| may_name_a_list(cause));
    let listed = list.is_some_and(|list| {
        matches!(
            (cause, list.kind),
            (Cause::IpReputation, BlocklistKind::Ip)
                | (Cause::DomainReputation | Cause::Content, BlocklistKind::Domain | BlocklistKind::Url)
        )
    });
    let usual_basis = if listed { Basis::Listing } else { basis(cause) };
    Classification {
        cause,
        permanence: rule.and_then(|rule| rule.permanence).unwrap_or_else(|| permanence(cause, heard)),
        blames: rule.and_then(|rule| rule.blames).unwrap_or(blames(cause)),
        basis: rule.and_then(|rule| rule.basis).unwrap_or(usual_basis),
        rejecting_system: None,
        blocklist: rule
            .and_then(|rule| rule.blocklist.clone())
            .or_else(|| list.map(|list| Arc::from(list.name.as_str()))),
        rule: rule.map(|rule| rule.id.clone()),
        own_drop: rule.is_some_and(|rule| rule.own_drop),
        vendor_tag: None,
        template: None,
    }
}

/// A dead mailbox or a broken line is no listing, whatever page the reply links to.
const fn may_name_a_list(cause: Cause) -> bool {
    !matches!(
        cause,
        Cause::MailboxUnknown
            | Cause::MailboxDisabled
            | Cause::MailboxFull
            | Cause::DomainInvalid
            | Cause::Network
            | Cause::Greylisted
            | Cause::MessageTooLarge
    )
}

/// A feedback report: the recipient's own word.
pub fn complaint() -> Classification {
    let cause = Cause::Complaint;
    Classification::new(cause, Permanence::Permanent, blames(cause), basis(cause))
}

/// What is no failure: nothing to name.
pub fn unnamed(code: Option<ReplyCode>, status: Option<EnhancedStatus>) -> Classification {
    let class = code.map(ReplyCode::class).or(status.map(|s| s.class));
    let permanence = if class == Some(5) { Permanence::Permanent } else { Permanence::Transient };
    Classification::new(Cause::Unknown, permanence, Blames::Unknown, Basis::Unstated)
}
