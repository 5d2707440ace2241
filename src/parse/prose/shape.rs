//! How a line names a failed address. In: one line of a report's prose. Out: the address, how plainly the line names it,
//! and what the line says of it.

use super::super::mailbox;
use crate::bounce::Address;

/// How plainly a line names a recipient, plainest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// The line starts with it: a list of recipients.
    Listed,
    /// A label stands before it: `Recipient: ann@example.com`.
    Labelled,
    /// It stands in a sentence.
    Mentioned,
    /// In an echo of the returned header: `To: ann@example.com`.
    Echoed,
    /// It stands in a line of an SMTP dialogue.
    Spoken,
}

/// A line that names an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named<'a> {
    pub(super) rank: Rank,
    pub(super) address: Address,
    /// What the line says after the address.
    pub(super) rest: &'a str,
    /// White space before the line's text, in characters.
    pub(super) indent: usize,
}

/// Longest label, in bytes; more is a sentence.
const MAX_LABEL: usize = 60;

/// Reads a line; `None` if it names no address.
pub(super) fn read(line: &str) -> Option<Named<'_>> {
    memchr::memchr(b'@', line.as_bytes())?;
    let text = line.trim_start();
    let indent = line.len() - text.len();
    let found = mailbox::all(text).next()?;
    let before = &text[..found.start];
    if is_ours(before) {
        return None;
    }
    let after = &text[found.end..];
    let rest = after.trim_start_matches(['>', '"', '\'', ')', ']', '*']);
    let (rank, rest) = rank_of(before, rest, text);
    Some(Named { rank, address: found.address, rest, indent })
}

/// Whether a label says that the address after it is the sender's, or no address at all.
fn is_ours(before: &str) -> bool {
    const LABELS: [&str; 14] = [
        "from",
        "sender",
        "reply-to",
        "return-path",
        "message-id",
        "original-envelope-id",
        "envelope-from",
        "original sender",
        "von",
        "de",
        "da",
        "van",
        "in-reply-to",
        "references",
    ];
    let label = before.trim_end_matches([' ', '\t', '<', '"', '\'']);
    let Some(label) = label.strip_suffix([':', '\u{ff1a}']) else { return false };
    LABELS.contains(&label.trim().to_lowercase().as_str())
}

fn rank_of<'a>(before: &str, rest: &'a str, line: &str) -> (Rank, &'a str) {
    if line.starts_with(">>>") || line.starts_with("<<<") || starts_with_code(line) {
        return (Rank::Spoken, rest);
    }
    let lead = before.trim_matches([' ', '\t', '<', '"', '\'', '*', '-', '=', '(', '[', '\u{2022}', '\u{b7}']);
    let said = rest.trim_start_matches([':', ' ', '\t']);
    if lead.is_empty() || before.ends_with("<mailto:") && rest.trim().is_empty() {
        // `ann@example.com<mailto:ann@example.com>`, as Exchange writes its links.
        let link = said.starts_with("<mailto:") || said.starts_with("(mailto:");
        return (Rank::Listed, if link { after_link(said) } else { said });
    }
    let label = lead.strip_suffix("mailto:").unwrap_or(lead).trim_end();
    let labelled = label.ends_with([':', '\u{ff1a}']) && label.len() <= MAX_LABEL;
    if labelled {
        let name = label.trim_end_matches([':', '\u{ff1a}']).trim();
        let echoed = ["to", "cc", "an", "para", "pour", "aan", "til", "till"].contains(&name.to_lowercase().as_str());
        return (if echoed { Rank::Echoed } else { Rank::Labelled }, said);
    }
    (Rank::Mentioned, said)
}

fn after_link(text: &str) -> &str {
    text.split_once(['>', ')']).map_or("", |(_, rest)| rest.trim())
}

/// Whether a line starts with a reply code and a separator: `550 `, `550-`, `554 5.0.0`.
pub(super) fn starts_with_code(line: &str) -> bool {
    matches!(line.as_bytes(), [b'2'..=b'5', b'0'..=b'5', b'0'..=b'9', b' ' | b'-', ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_name_addresses_more_or_less_plainly() {
        use Rank::{Labelled, Listed, Mentioned, Spoken};
        for (line, rank, rest) in [
            ("<ann@example.com>:", Listed, ""),
            ("  ann@example.com", Listed, ""),
            ("   * ann@example.com", Listed, ""),
            ("\"ann@example.com\":", Listed, ""),
            ("<ann@example.com>: host mx said: 550 no", Listed, "host mx said: 550 no"),
            ("ann@example.com<mailto:ann@example.com>", Listed, ""),
            ("Ann<mailto:ann@example.com>", Listed, ""),
            ("ann@example.com [User unknown]", Listed, "[User unknown]"),
            ("Recipient: <ann@example.com>", Labelled, ""),
            ("There was an error delivering your mail to <ann@example.com>.", Mentioned, "."),
            (">>> RCPT To:<ann@example.com>", Spoken, ""),
            ("550 5.1.1 <ann@example.com>... User unknown", Spoken, "... User unknown"),
        ] {
            let named = read(line).unwrap();
            assert_eq!((named.rank, named.rest), (rank, rest), "{line}");
            assert_eq!(named.address.as_str(), "ann@example.com");
        }
        assert_eq!(read("no address here"), None);
    }
}
