//! The level of a night, and the shares of a night's mail that raise it by themselves: closed sets of words. In: nothing.
//! Out: the words. Which share raises which level is a table of `policy.toml`, what a night comes to is outcome's work.

use super::words::closed_set;

closed_set! {
    /// How urgent a night is, the most urgent last.
    Level, "level" {
        /// Nothing to decide.
        Quiet = "quiet",
        /// Something to look at.
        Watch = "watch",
        /// Too little was read or understood to say that the night was quiet.
        CannotTell = "cannot_tell",
        /// Something to stop or fix.
        Act = "act",
    }
}

closed_set! {
    /// A share of a night that is a reason by itself, whatever its cause.
    RateName, "rate" {
        /// Complaints among the messages accepted by receivers that send reports.
        Complaints = "complaints",
        /// Unknown, disabled and dead addresses among the messages tried.
        UnknownUsers = "unknown_users",
        /// Refusals by policy or reputation among the messages tried.
        Refused = "refused",
        /// Failures that pass among the messages tried.
        Transient = "transient",
        /// Replies that no rule knows among the failures.
        UnknownReplies = "unknown_replies",
    }
}
