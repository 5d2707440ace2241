//! What replies say about us that can be looked up: public lists and failed authentication, by how many organisations say it. In:
//! the groups of the rows. Out: counts. One organisation that asks a list has chosen the list; two that name one have met the
//! same fact, whether or not an incident came of it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::incident::Named;
use super::owned::Owned;
use crate::bounce::{Cause, Kind};
use crate::facts::Facts;

/// Counts them.
pub fn count(rows: &Owned, facts: &Facts) -> Named {
    let mut lists: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut by_list, mut by_authentication) = (BTreeSet::new(), BTreeSet::new());
    for group in &rows.domains {
        let Some(reply) = rows.replies.get_index(group.lower as usize).filter(|r| r.kind == Kind::Bounce) else {
            continue;
        };
        let (cause, decider) = (reply.code.2, facts.places.decider_of[group.upper as usize]);
        if cause == Cause::Authentication {
            by_authentication.insert(decider);
        }
        if let Some(list) = reply.blocklist.as_deref().filter(|list| is_public(list) && speaks_of_us(cause)) {
            *lists.entry(list).or_default() += group.count;
            by_list.insert(decider);
        }
    }
    let mut lists: Vec<(String, u64)> = lists.into_iter().map(|(list, n)| (list.to_owned(), n)).collect();
    lists.sort_by_key(|(_, n)| Reverse(*n));
    Named { lists, by_list: by_list.len() as u64, by_authentication: by_authentication.len() as u64 }
}

/// Whether others may ask the list: not a provider's own, nor one that a customer or a server keeps for itself.
fn is_public(list: &str) -> bool {
    !list.ends_with("_internal") && !matches!(list, "local_rbl" | "customer_block_list")
}

/// Whether a listing behind it would be ours.
const fn speaks_of_us(cause: Cause) -> bool {
    matches!(cause, Cause::IpReputation | Cause::DomainReputation | Cause::Content)
}

#[cfg(test)]
mod tests {
    use super::is_public;

    #[test]
    fn a_list_that_nobody_else_can_ask_is_not_public() {
        for (list, public) in
            [("spamhaus_zen", true), ("gmx_internal", false), ("local_rbl", false), ("customer_block_list", false)]
        {
            assert_eq!(is_public(list), public, "{list}");
        }
    }
}
