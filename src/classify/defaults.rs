//! What a classification says where its rule does not: what its cause usually means; and the answers that need no rule.

use std::sync::Arc;

use crate::bounce::{Basis, Blames, Cause, Classification, EnhancedStatus, Permanence, ReplyCode};
use crate::tables::blocklists::{Blocklist, BlocklistKind};

use super::heard::Heard;
use super::rules::CompiledRule;

/// Whether trying again may help, by the codes; without any code, by the cause.
fn permanence(cause: Cause, heard: &Heard<'_>) -> Permanence {
    if heard.is_transient().unwrap_or(cause.meaning().passes) { Permanence::Transient } else { Permanence::Permanent }
}

/// The classification by one rule and the list found; who spoke is not in it.
pub fn classification(rule: Option<&CompiledRule>, list: Option<&Blocklist>, heard: &Heard<'_>) -> Classification {
    let cause = rule.map_or(Cause::Unknown, |rule| rule.cause);
    let usual = cause.meaning();
    let list = list.filter(|_| usual.may_name_a_list);
    let listed = list.is_some_and(|list| {
        matches!(
            (cause, list.kind),
            (Cause::IpReputation, BlocklistKind::Ip)
                | (Cause::DomainReputation | Cause::Content, BlocklistKind::Domain | BlocklistKind::Url)
        )
    });
    let usual_basis = if listed { Basis::Listing } else { usual.basis };
    Classification {
        cause,
        permanence: rule.and_then(|rule| rule.permanence).unwrap_or_else(|| permanence(cause, heard)),
        blames: rule.and_then(|rule| rule.blames).unwrap_or(usual.blames),
        basis: rule.and_then(|rule| rule.basis).unwrap_or(usual_basis),
        rejecting_system: None,
        receiver_told: false,
        blocklist: rule
            .and_then(|rule| rule.blocklist.clone())
            .or_else(|| list.map(|list| Arc::from(list.name.as_str()))),
        rule: rule.map(|rule| rule.id.clone()),
        own_drop: rule.is_some_and(|rule| rule.own_drop),
        public_list: false,
        odd_list: false,
        vague: rule.is_some_and(|rule| rule.vague),
        documented: rule.is_some_and(|rule| rule.documented),
        vendor_tag: None,
        template: None,
    }
}

/// A feedback report: the recipient's own word.
pub fn complaint() -> Classification {
    let usual = Cause::Complaint.meaning();
    Classification::new(Cause::Complaint, Permanence::Permanent, usual.blames, usual.basis)
}

/// What is no failure: nothing to name.
pub fn unnamed(code: Option<ReplyCode>, status: Option<EnhancedStatus>) -> Classification {
    let class = code.map(ReplyCode::class).or(status.map(|s| s.class));
    let permanence = if class == Some(5) { Permanence::Permanent } else { Permanence::Transient };
    Classification::new(Cause::Unknown, permanence, Blames::Unknown, Basis::Unstated)
}
