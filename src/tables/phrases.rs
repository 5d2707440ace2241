//! Rows of phrases.toml: wordings that tell what a mail is, in the languages that servers and people write.
//! Matching is parse's work.

use serde::Deserialize;

use super::Table;

/// What a wording says of the mail that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// A delivery failed.
    Failure,
    /// Why a delivery failed; implies `Failure`.
    Reason,
    /// A delivery is late; a word that other mails use too.
    Delay,
    /// A delivery is late and will be tried again: no failure, whatever else is said.
    Retried,
    /// The sender shall prove something first.
    Challenge,
    /// The recipient is away, or a machine answers for it.
    Answer,
    /// Held, quarantined, moderated: neither delivered nor refused.
    Held,
    /// The returned message follows.
    Returned,
    /// The address behind it is the sender's, or no address at all.
    Sender,
    /// The address behind it is an echo of the returned header.
    Echo,
    /// The address behind it is the recipient's.
    Recipient,
    /// Behind it stands something of the returned message that is no address.
    Quoted,
    /// Whoever runs the mail system; nobody's recipient if anybody else is.
    Office,
    /// Somewhere to get help or to write to: the address near it is nobody's recipient.
    Contact,
}

/// Where the wording stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Anywhere in the subject.
    Subject,
    /// At the start of the subject.
    SubjectStart,
    /// Anywhere in the report's own text.
    Text,
    /// At the start of a line of the text, dashes and such aside.
    LineStart,
    /// In the From field.
    Sender,
    /// All of the label before an address, colon aside.
    Label,
    /// Right before an address in a sentence.
    Before,
    /// All of an address's local part.
    LocalPart,
}

/// Wordings of one meaning at one place.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phrases {
    /// What they say.
    pub means: Meaning,
    /// Where they stand.
    pub place: Place,
    /// The wordings, lower case.
    pub words: Vec<String>,
    /// Where the row's knowledge comes from.
    pub source: String,
}

impl Table for Phrases {
    const FILE: &'static str = "phrases.toml";
    const KEY: &'static str = "phrases";
    const BUILT_IN: &'static str = include_str!("phrases.toml");
}
