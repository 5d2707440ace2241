//! Codes in a reply. In: one unwrapped, joined reply. Out: its reply code, its enhanced code, and where the reply begins.
//! A number out of an address, an IP, a port, a date or a size is no code.

use crate::bounce::{EnhancedStatus, ReplyCode};

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Codes {
    /// The reply code.
    pub code: Option<ReplyCode>,
    /// The enhanced code.
    pub status: Option<EnhancedStatus>,
    /// Where the reply begins, in bytes: behind words that only introduce the code.
    pub from: usize,
}

/// How far into a text a code that does not lead it is looked for, in bytes.
const REACH: usize = 2048;

/// Finds the codes of one reply.
pub fn read(text: &str) -> Codes {
    let mut codes = Codes::default();
    let mut rest = text.trim_start_matches(['"', '\'', '<', '(', ' ']);
    if let Some((code, after)) = leading_code(rest) {
        codes.code = Some(code);
        codes.from = text.len() - rest.len();
        rest = after;
        // "554 554 5.7.1": some systems say it twice.
        if let Some((again, after)) = leading_code(rest).filter(|(again, _)| *again == code) {
            codes.code = Some(again);
            rest = after;
        }
    }
    codes.status = leading_status(rest).or_else(|| inner_status(rest, codes.code));
    if codes.code.is_none()
        && let Some((code, at)) = introduced_code(text)
    {
        codes.code = Some(code);
        let behind = &text[at + 3..];
        codes.status = leading_status(behind.trim_start_matches([' ', '-'])).or(codes.status);
        if introduces(text[..at].trim_end()) {
            codes.from = at;
        }
    }
    codes
}

/// `550 `, `550-`, `550:`, `550` at the end; and what follows. `5.7.1` or `550x` is no code.
fn leading_code(text: &str) -> Option<(ReplyCode, &str)> {
    let code = text.get(..3)?.parse::<ReplyCode>().ok()?;
    let after = &text[3..];
    let ended = after.is_empty() || after.starts_with([' ', '-', ':', ',', ';', '#', '(', '\'', '"', '<', '.', '[']);
    let number = after.starts_with('.') && after[1..].starts_with(|c: char| c.is_ascii_digit());
    (ended && !number && (code.class() >= 4 || after.is_empty()))
        .then(|| (code, after.trim_start_matches([' ', '-', ':', ',', '"', '\''])))
}

/// A status at the start, `#` and brackets aside.
fn leading_status(text: &str) -> Option<EnhancedStatus> {
    let text = text.trim_start_matches(['#', '(', '[', '<', ' ', '-', '\'', '"']);
    status_token(text)
}

/// The status that `text` starts with; what follows it must end it.
fn status_token(text: &str) -> Option<EnhancedStatus> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let token = text[..end].trim_end_matches('.');
    let after = text[end..].chars().next();
    let ended = !after.is_some_and(|c| c.is_alphanumeric() || c == '@' || c == '_');
    if token.len() > 9 || !ended {
        return None;
    }
    token.parse().ok()
}

/// A status further in: after white space, `(`, `[`, `#`, `=` or a quote; of the code's own class and a subject that
/// RFC 3463 knows, so that version numbers and section numbers do not pass.
fn inner_status(text: &str, code: Option<ReplyCode>) -> Option<EnhancedStatus> {
    let bytes = text.as_bytes();
    let reach = bytes.len().min(REACH);
    memchr::memchr_iter(b'.', &bytes[..reach]).find_map(|dot| {
        let at = dot.checked_sub(1)?;
        if !matches!(bytes.get(at), Some(b'4' | b'5')) {
            return None;
        }
        let opened =
            at == 0 || matches!(bytes.get(at - 1), Some(b' ' | b'(' | b'[' | b'#' | b'=' | b'\'' | b'"' | b'-' | b':'));
        let status = status_token(text.get(at..)?)?;
        let same_class = code.is_none_or(|code| code.class() == status.class);
        (opened && same_class && status.subject <= 7).then_some(status)
    })
}

/// A code that does not lead the text but that its neighbours mark as one: a status behind it, or a word before it that
/// says so. The code, and where it starts.
fn introduced_code(text: &str) -> Option<(ReplyCode, usize)> {
    let bytes = text.as_bytes();
    let reach = bytes.len().min(REACH);
    (1..reach.saturating_sub(2)).find_map(|at| {
        if !matches!(bytes.get(at), Some(b'4' | b'5')) || !text.is_char_boundary(at) {
            return None;
        }
        let before = *bytes.get(at - 1)?;
        let opened = matches!(before, b' ' | b'(' | b'\'' | b'"' | b':' | b'>' | b'=' | b'<' | b'[' | b'#' | b';');
        let ended =
            matches!(bytes.get(at + 3), None | Some(b' ' | b'-' | b'\'' | b'"' | b',' | b')' | b':' | b';' | b']'));
        if !opened || !ended {
            return None;
        }
        let code = text.get(at..at + 3)?.parse::<ReplyCode>().ok()?;
        let behind = text[at + 3..].trim_start_matches([' ', '-', ',', '\'', 'b']);
        let marked = leading_status(behind).is_some() && !behind.is_empty();
        let head = text[..at].trim_end_matches([' ', '(', '\'', '"', '[', '=', ':', '<']);
        (marked || (says_code(head, &text[..at]) && !is_unit(behind))).then_some((code, at))
    })
}

/// Words that announce a code.
fn says_code(head: &str, whole: &str) -> bool {
    const WORDS: [&str; 12] = [
        "code", "error", "reply", "response", "said", "returned", "status", "smtp", "failed", "rejected", "was", "with",
    ];
    if whole.trim_end().ends_with("<<<") {
        return true;
    }
    let word = head.rsplit(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let colon = whole.trim_end().ends_with([':', '(', '\'', '"', '=']);
    WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))
        && (colon
            || word.eq_ignore_ascii_case("code")
            || word.eq_ignore_ascii_case("error")
            || word.eq_ignore_ascii_case("returned"))
}

/// Whether what follows a number makes it a quantity.
fn is_unit(behind: &str) -> bool {
    const UNITS: [&str; 14] = [
        "bytes",
        "byte",
        "kb",
        "mb",
        "seconds",
        "sec",
        "minutes",
        "hours",
        "days",
        "messages",
        "recipients",
        "points",
        "times",
        "ms",
    ];
    let word = behind.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    UNITS.iter().any(|unit| word.eq_ignore_ascii_case(unit))
}

/// Whether the words before a code only introduce it, so that the reply begins at the code.
fn introduces(head: &str) -> bool {
    head.ends_with([':', '(', '\'', '"', '>', '=', '<'])
}
