//! How a line names a failed address. In: one line of a report's prose. Out: the address, how plainly the line names it,
//! and what the line says of it.

use super::super::limits::MAX_RECIPIENTS;
use super::super::mail::OwnAddresses;
use super::super::mailbox::{self, Found};
use super::Wordings;
use super::codes::{has_code, starts_with_code};
use crate::bounce::Address;
use crate::tables::phrases::Meaning;

/// How plainly a line names a recipient, plainest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// The line starts with it: a list of recipients.
    Listed,
    /// A label stands before it: `Recipient: ann@example.com`.
    Labelled,
    /// It stands in a sentence.
    Mentioned,
    /// It stands behind a code, in a reply that may be about anybody: `error 550-'5.7.1 <eve@example.com> denied'`.
    Quoted,
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
    /// Further addresses that follow it, with no word between them.
    pub(super) more: Vec<Address>,
    /// What the line says before the address.
    pub(super) before: &'a str,
    /// The label before it says that it is a recipient's.
    pub(super) addressed: bool,
    /// What the line says after the address.
    pub(super) rest: &'a str,
    /// White space before the line's text, in characters.
    pub(super) indent: usize,
}

/// Longest label, in bytes; more is a sentence.
const MAX_LABEL: usize = 60;

/// Reads a line; `None` if it names no address, or only the sender's or our own.
pub(super) fn read<'a>(line: &'a str, wordings: &Wordings, own: &OwnAddresses) -> Option<Named<'a>> {
    memchr::memchr(b'@', line.as_bytes())?;
    let text = line.trim_start();
    let indent = line.len() - text.len();
    let not_recipient =
        |found: &Found| own.holds(&found.address) || is_said_of_the_sender(&text[..found.start], wordings);
    let mut all = mailbox::all(text).skip_while(not_recipient);
    let found = all.next()?;
    let (more, end) = listed_after(text, found.end, all);
    let rest = text[end..].trim_start_matches(['>', '"', '\'', ')', ']', '*']);
    let before = &text[..found.start];
    let (rank, rest) = rank_of(before, rest, text, wordings)?;
    let label = before.trim_matches([' ', '\t', '<', '"', '*', '-', '>']).trim_end_matches([':', '\u{ff1a}']);
    let addressed = matches!(wordings.label(label.trim()), Some(Meaning::Recipient | Meaning::Echo));
    Some(Named { rank, address: found.address, more, before, addressed, rest, indent })
}

/// The addresses that follow one, only commas and such between them, and where the last of them ends.
fn listed_after(text: &str, mut end: usize, rest: impl Iterator<Item = Found>) -> (Vec<Address>, usize) {
    let mut more = Vec::new();
    for next in rest.take(MAX_RECIPIENTS) {
        let between = text.get(end..next.start).unwrap_or("");
        let separated = between.contains([',', ';']) && !between.contains(char::is_alphanumeric);
        if !separated {
            break;
        }
        end = next.end;
        more.push(next.address);
    }
    (more, end)
}

fn rank_of<'a>(before: &str, rest: &'a str, line: &'a str, wordings: &Wordings) -> Option<(Rank, &'a str)> {
    if speaks(line) {
        return Some((Rank::Spoken, rest));
    }
    let lead = before.trim_matches([' ', '\t', '<', '>', '"', '\'', '*', '-', '=', '(', '[', '\u{2022}', '\u{b7}']);
    let said = rest.trim_start_matches([':', ' ', '\t']);
    let named = before.ends_with('<') && rest.trim().is_empty() && is_display_name(before);
    if lead.is_empty() || before.ends_with("<mailto:") && rest.trim().is_empty() || named {
        // `ann@example.com<mailto:ann@example.com>`, as Exchange writes its links; `ann@example.com <ann@example.com>`.
        let again = said.starts_with("<mailto:")
            || said.starts_with("(mailto:")
            || said.starts_with('<') && said.ends_with('>');
        return Some((Rank::Listed, if again { after_link(said) } else { said }));
    }
    let label = lead.strip_suffix("mailto:").unwrap_or(lead).trim_end();
    let telling = wordings.tells_failure(line);
    let Some(label) = label.strip_suffix([':', '\u{ff1a}']).filter(|label| label.len() <= MAX_LABEL) else {
        let rank = if has_code(lead) { Rank::Quoted } else { Rank::Mentioned };
        return Some((rank, if telling { line } else { said }));
    };
    match wordings.label(label.trim()) {
        Some(Meaning::Sender) => None,
        Some(Meaning::Echo) => Some((Rank::Echoed, said)),
        // `Unknown user: ann@example.com`: the label is the reason.
        _ if telling && said.trim().is_empty() => Some((Rank::Labelled, line)),
        _ => Some((Rank::Labelled, said)),
    }
}

/// `"Ann Bee" <`: a name in quotes in front of its address, and nothing else.
fn is_display_name(before: &str) -> bool {
    let name = before.trim_end_matches('<').trim();
    name.len() > 2 && name.starts_with('"') && name.ends_with('"') && name.matches('"').count() == 2
}

/// Whether the words before an address make it the sender's: `they accept no mail from eve@example.com`.
pub(super) fn is_said_of_the_sender(before: &str, wordings: &Wordings) -> bool {
    wordings.ends_with_sender(before.trim_end_matches([' ', '<', '\'', '"']))
}

/// Whether a line is one of an SMTP dialogue. `>>>` may also be a mere bullet.
fn speaks(line: &str) -> bool {
    let command = |text: &str| {
        text.trim_start()
            .split([' ', ':'])
            .next()
            .is_some_and(|verb| verb.len() >= 4 && verb.bytes().all(|b| b.is_ascii_alphabetic()))
    };
    line.strip_prefix(">>>").is_some_and(command)
        || line.starts_with("<<")
        || line.contains("--> ")
        || line.contains("<-- ")
        || starts_with_code(line)
}

fn after_link(text: &str) -> &str {
    text.split_once(['>', ')']).map_or("", |(_, rest)| rest.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_name_addresses_more_or_less_plainly() {
        let wordings = Wordings::load(None).unwrap();
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
            ("The list <ann@example.com>, however.", Mentioned, ", however."),
            (
                "There was an error delivering your mail to <ann@example.com>.",
                Mentioned,
                "There was an error delivering your mail to <ann@example.com>.",
            ),
            ("Unknown user: ann@example.com", Labelled, "Unknown user: ann@example.com"),
            (">>> ann@example.com <ann@example.com>", Listed, ""),
            (">>> RCPT To:<ann@example.com>", Spoken, ""),
            ("550 5.1.1 <ann@example.com>... User unknown", Spoken, "... User unknown"),
        ] {
            let named = read(line, &wordings, &OwnAddresses::default()).unwrap();
            assert_eq!((named.rank, named.rest), (rank, rest), "{line}");
            assert_eq!(named.address.as_str(), "ann@example.com");
        }
        for line in ["no address here", "Mail From: <ann@example.com>"] {
            assert_eq!(read(line, &wordings, &OwnAddresses::default()), None, "{line}");
        }
    }
}
