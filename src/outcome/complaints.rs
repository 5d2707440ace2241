//! Complaints of a night, one by one. In: rows. Out: who complained, about what, at which domain: rates need to know how many
//! people stand behind a number, and the cells only know how many reports there are.

use crate::facts::keys::Key;

/// A complaint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Complaint {
    /// Domain of who complained, in `Night::domains`.
    pub domain: u32,
    /// Campaign, or `NONE`.
    pub campaign: u32,
    /// List source, or `NONE`.
    pub list_source: u32,
    /// Who complained.
    pub recipient: i64,
}

impl Complaint {
    /// The complaint of a row.
    pub fn of(key: &Key, recipient: i64) -> Complaint {
        let identity = &key.identity;
        Complaint { domain: key.domain, campaign: identity.campaign, list_source: identity.list_source, recipient }
    }
}
