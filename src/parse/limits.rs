//! Caps that several readers share. What only one of them needs stands there.

/// Recipients of one mail: twice what any sender puts into one message. Their rows take some fifty times the space of
/// the shortest blocks that name them, so a mail with more is refused; every reader stops one beyond.
pub(crate) const MAX_RECIPIENTS: usize = 200_000;

/// Longest Diagnostic-Code kept, in bytes; longer ones are whole mails by mistake.
pub(crate) const MAX_DIAGNOSTIC: usize = 4096;
