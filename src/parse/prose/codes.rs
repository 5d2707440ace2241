//! Codes of refusals in the text of reports. In: a line or a text. Out: whether a code stands in it, and with what words.

use super::super::reply;

/// Whether a line starts with a reply code and a separator: `550 `, `550-`, `554 5.0.0`.
pub(super) fn starts_with_code(line: &str) -> bool {
    matches!(line.as_bytes(), [b'2'..=b'5', b'0'..=b'5', b'0'..=b'9', b' ' | b'-', ..])
}

/// Whether a text with a code says more than the code.
pub(super) fn is_worded(text: &str) -> bool {
    // Mostly the words stand behind the code.
    let behind = words(text).skip_while(|word| !is_reply_code(word)).skip(1);
    behind.into_iter().any(|word| word.len() > 2 && word.bytes().all(|b| b.is_ascii_alphabetic()))
        || reply::read(text).text.is_some()
}

/// Whether a line holds a server's reply, beyond doubt: a reply code with an enhanced status of its class behind it, or
/// with words at the line's start.
pub(super) fn has_coded_reply(line: &str) -> bool {
    // `Unknown user (#5.1.1)`, as qmail and Exchange write a status.
    let marked = line.contains("(#5.") || line.contains("(#4.") || line.contains("#<");
    if marked || !has_code(line) {
        return marked;
    }
    let found = reply::read(line);
    let Some(code) = found.code.filter(|code| code.class() >= 4) else { return false };
    let stated = found.status.is_some_and(|status| status.class == code.class());
    // `550 5.1.1 ...` begins a reply, and so does `550 No such user here`; `550 512 1234` is a telephone number.
    let worded = starts_with_code(line)
        && line[4..]
            .trim_start_matches([' ', '-'])
            .starts_with(|c: char| c.is_alphabetic() || matches!(c, '<' | '"' | '#'));
    stated || worded || line.contains("SMTP Error Code") || line.contains("smtp;")
}

/// Whether a refusal's code stands in a text: `550 `, `554-`, `#5.1.1`, `4.4.7`.
pub(crate) fn has_code(text: &str) -> bool {
    let is_status = |word: &str| {
        matches!(word.as_bytes(), [b'4' | b'5', b'.', ..])
            && word.trim_end_matches('.').parse::<crate::bounce::EnhancedStatus>().is_ok()
    };
    may_hold_code(text) && words(text).any(|word| is_reply_code(word) || is_status(word))
}

/// Whether a digit is there that codes of refusals begin with; most lines have none.
fn may_hold_code(text: &str) -> bool {
    memchr::memchr2(b'4', b'5', text.as_bytes()).is_some()
}

/// Whether a refusal's three digits stand in a text.
pub(super) fn has_reply_code(text: &str) -> bool {
    may_hold_code(text) && words(text).any(is_reply_code)
}

fn is_reply_code(word: &str) -> bool {
    matches!(
        word.as_bytes(),
        [b'4' | b'5', b'0'..=b'5', b'0'..=b'9'] | [b'4' | b'5', b'0'..=b'5', b'0'..=b'9', b'-', ..]
    )
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| {
        c.is_whitespace() || matches!(c, '(' | ')' | '\'' | '"' | ',' | ';' | '#' | '<' | '>' | '[' | ']' | ':')
    })
}
