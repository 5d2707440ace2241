//! Marks of wrappings: one look that tells whether a reply can be wrapped or dressed at all. In: one folded line. Out: yes or no.
//! Most replies are bare, and looking for some forty marks one by one costs more than all else in reading them.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

/// Every wrapping and every dressing that `unwrap` takes off holds one of these, whatever the case.
const MARKS: &[&str] = &[
    "(in reply to ",
    "(delivery attempts: ",
    "giving up on ",
    "i'm not going to try again",
    "#smtp#",
    "##",
    "<<<",
    " said: ",
    " refused to talk to me: ",
    "smtp error from remote mail",
    "lmtp error after ",
    "remote host closed connection in response to ",
    "remote server ",
    " smtp;",
    "for one or more recipients (",
    "-'",
    "remote host said: ",
    "the server response was: ",
    "error that the other server returned was: ",
    "cuda_nsu ",
    "rejected message - ",
    "all recipients were rejected: ",
    "message failed: ",
    "command failed: ",
    "smtp server error: ",
    "smtpaddressfailedexception: ",
    "smtpsendfailedexception: ",
    "(reason: ",
    "delay reason: ",
    "backend replied [",
    "callout verification failed: ",
    " -> ",
    "last transfail: ",
    "last error: ",
    "{led=",
    "minutes.<",
];

static FINDER: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::DFA))
        // Of this kind, and for words in one letter case, it looks at many bytes at once.
        .match_kind(MatchKind::LeftmostFirst)
        .build(MARKS)
        .expect("some short words make an automaton")
});

/// Whether the text holds a mark.
pub fn any(text: &str) -> bool {
    FINDER.is_match(&text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_that_unwrap_looks_for_is_here() {
        let source = include_str!("unwrap.rs");
        let code = source.lines().map(|line| line.split("//").next().unwrap_or(line));
        // The wrappings' marks end in a blank, a bracket or a quote, or start with a sign; other literals are words.
        let quoted = code.flat_map(|line| line.split('"').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>());
        let marks = quoted.filter(|text| text.len() >= 7 && text.ends_with([' ', '(', '[', '\'']));
        let parts =
            ["host ", " - remote server at ", "eturned '", "server response was", "for one or more recipients ("];
        for mark in marks.filter(|mark| !parts.contains(&mark.to_lowercase().as_str())) {
            assert!(any(&format!("x {mark}")), "{mark}");
        }
    }
}
