//! Causes of the policy stream.

use crate::bounce::Cause;

/// The causes of the policy stream: somebody decided against our mail.
pub fn is_policy(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::IpReputation
            | Cause::DomainReputation
            | Cause::Authentication
            | Cause::Content
            | Cause::Virus
            | Cause::TenantPolicy
            | Cause::OtherPolicy
            | Cause::Unknown
    )
}
