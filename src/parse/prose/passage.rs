//! What a report's text says of one address; readers fill it, nothing is read here.

use crate::bounce::{Address, SmtpCommand};

/// What a text says of one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Passage {
    /// The address that failed.
    pub(crate) address: Address,
    /// The address that led to it: `(expanded from: <...>)`, `(generated from ...)`.
    pub(crate) original: Option<Address>,
    /// The words about it, on one line; empty if there are none.
    pub(crate) text: String,
    /// Whether the words stand at the address, and not somewhere else in the report.
    pub(crate) own_words: bool,
    /// Whether the address stands for itself, in a list or behind a label, and not in a sentence.
    pub(crate) plainly: bool,
    /// Whether a label before it says that it is a recipient's.
    pub(crate) addressed: bool,
    /// Whether the sentence that leads to it, or its own words, tell of a failure.
    pub(crate) introduced: bool,
    /// Whether that sentence says whom to write to.
    pub(crate) instead: bool,
    /// What a dialogue in the report adds.
    pub(crate) command: Option<SmtpCommand>,
    pub(crate) host: Option<String>,
}

impl Passage {
    /// What is known of an address before its words are read: nothing.
    pub(super) fn of(address: Address) -> Passage {
        Passage {
            address,
            original: None,
            text: String::new(),
            own_words: false,
            plainly: false,
            addressed: false,
            introduced: false,
            instead: false,
            command: None,
            host: None,
        }
    }
}
