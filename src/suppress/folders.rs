//! Where the lists of a night lie. In: whether the brake has tripped. Out: folders within the night's.

/// The folder of what the brake holds.
pub const BRAKED: &str = "review/braked";

/// The folder of what is to be imported: apart from it while the brake holds, so that no job picks it up.
pub fn acting(braked: bool) -> &'static str {
    if braked { BRAKED } else { "suppression" }
}

/// The folder of what comes off lists: with what is to be imported while the brake holds, as one job reads both.
pub fn leaving(braked: bool) -> &'static str {
    if braked { acting(braked) } else { "release" }
}
