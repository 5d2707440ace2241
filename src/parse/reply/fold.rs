//! White space and lines. In: text as a report, a log or an export holds it. Out: one line; a multi-line reply joined to one.

use std::borrow::Cow;

/// Folds white space, control characters and spelled-out line ends (`\r\n`, `\n`) to single spaces; cuts at `max` bytes.
pub fn fold(text: &str, max: usize) -> Cow<'_, str> {
    let mut end = text.len().min(max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = &text[..end];
    if is_folded(text) {
        return text.trim_matches(' ').into();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // Runs between white space are copied whole; a run may hide a spelled-out line end.
    while let Some(at) = rest.find(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
        out.push_str(&rest[..at]);
        let (taken, space) = match &rest.as_bytes()[at..] {
            [b'\\', b'r', b'\\', b'n', ..] => (4, true),
            [b'\\', b'n' | b'r', next, ..] if next.is_ascii_digit() || *next == b' ' => (2, true),
            [b'\\', b'n' | b'r'] => (2, true),
            [b'\\', ..] => (1, false),
            _ => (rest[at..].chars().next().map_or(1, char::len_utf8), true),
        };
        if !space {
            out.push('\\');
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
        rest = &rest[at + taken..];
    }
    out.push_str(rest);
    let trimmed = out.trim_end().len();
    out.truncate(trimmed);
    out.into()
}

/// Whether nothing within an ASCII text is to be folded, as in most exports.
fn is_folded(text: &str) -> bool {
    let bytes = text.as_bytes();
    let odd = |byte: u8| !(b' '..=b'~').contains(&byte) | (byte == b'\\');
    // No way out in between: so the compiler looks at many bytes at once.
    let pairs = bytes.iter().zip(bytes.iter().skip(1));
    let within = pairs.fold(false, |found, (a, b)| found | odd(*a) | ((*a == b' ') & (*b == b' ')));
    !within && !bytes.last().is_some_and(|byte| odd(*byte))
}

/// Joins `550-5.7.1 one 550-5.7.1 two 550 5.7.1 three` to `550 5.7.1 one two three`.
///
/// A continuation repeats the code, then perhaps the status; both go. Text that is not a multi-line reply stays as it is.
pub fn join_lines(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let starts = matches!(bytes, [b'2'..=b'5', d, e, b'-', ..] if d.is_ascii_digit() && e.is_ascii_digit());
    if !starts {
        return text.into();
    }
    let code = &text[..3];
    let first = text[4..].trim_start();
    let status = status_at(first);
    let mut out = String::with_capacity(text.len());
    out.push_str(code);
    out.push(' ');
    let mut rest = first;
    while let Some(at) = continuation(rest, code) {
        push_line(&mut out, &rest[..at]);
        rest = rest[at + 4..].get(1..).unwrap_or_default().trim_start();
        if let Some(after) = status.and_then(|status| rest.strip_prefix(status)) {
            // The same status again, not the head of a longer number.
            if after.is_empty() || after.starts_with(' ') {
                rest = after.trim_start();
            }
        }
    }
    push_line(&mut out, rest);
    let trimmed = out.trim_end().len();
    out.truncate(trimmed);
    out.into()
}

/// Where ` CCC-` or ` CCC ` starts in `text`, for the code of the first line.
fn continuation(text: &str, code: &str) -> Option<usize> {
    memchr::memmem::find_iter(text.as_bytes(), code.as_bytes()).find_map(|at| {
        let before = at.checked_sub(1)?;
        let spaced = text.as_bytes().get(before) == Some(&b' ');
        let follows = matches!(text.as_bytes().get(at + 3), None | Some(b'-' | b' '));
        (spaced && follows).then_some(before)
    })
}

/// The status that a line starts with.
fn status_at(line: &str) -> Option<&str> {
    let word = line.split(' ').next()?;
    word.parse::<crate::bounce::EnhancedStatus>().ok().map(|_| word)
}

/// Appends a line; a URL that the line break cut in two grows together again.
fn push_line(out: &mut String, line: &str) {
    let line = line.trim();
    if line.is_empty() {
        return;
    }
    let cut_url = line.starts_with("//") && (out.ends_with("https:") || out.ends_with("http:"));
    if !out.ends_with(' ') && !cut_url {
        out.push(' ');
    }
    out.push_str(line);
}
