//! What replies say about us that can be looked up: public lists and failed authentication, by how many organisations say it. In:
//! the groups of the rows. Out: counts. One organisation that asks a list has chosen the list; two that name one have met the
//! same fact, whether or not an incident came of it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::incident::Named;
use super::owned::Owned;
use crate::bounce::{Cause, Kind};
use crate::facts::Facts;
use crate::tables::blocklists::Blocklist;
use crate::tables::load;

/// Counts them.
pub fn count(rows: &Owned, facts: &Facts, public: &BTreeSet<String>) -> Named {
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
        if let Some(list) = reply.blocklist.as_deref().filter(|list| public.contains(*list) && speaks_of_us(cause)) {
            *lists.entry(list).or_default() += group.count;
            by_list.insert(decider);
        }
    }
    let mut lists: Vec<(String, u64)> = lists.into_iter().map(|(list, n)| (list.to_owned(), n)).collect();
    lists.sort_by_key(|(_, n)| Reverse(*n));
    Named { lists, by_list: by_list.len() as u64, by_authentication: by_authentication.len() as u64 }
}

/// The lists that anybody can ask, and that judge the one who is listed.
///
/// # Errors
/// A table with a bad row.
pub fn public_lists(tables: Option<&Path>) -> anyhow::Result<BTreeSet<String>> {
    let lists = load::<Blocklist>(tables)?;
    Ok(lists.into_iter().filter(|row| row.value.is_public()).map(|row| row.value.name).collect())
}

/// Whether a listing behind it would be ours.
const fn speaks_of_us(cause: Cause) -> bool {
    matches!(cause, Cause::IpReputation | Cause::DomainReputation | Cause::Content)
}

#[cfg(test)]
mod tests {
    use super::public_lists;

    #[test]
    fn a_list_that_nobody_else_can_ask_is_not_public() {
        let public = public_lists(None).unwrap();
        for (list, want) in [
            ("spamhaus_zen", true),
            ("gmx_internal", false),
            ("local_rbl", false),
            ("customer_block_list", false),
            ("uceprotect", false),
            ("njabl", false),
        ] {
            assert_eq!(public.contains(list), want, "{list}");
        }
    }
}
