//! Escaping: text from outside, made harmless for where it goes. In: any text. Out: text for a terminal, a page, or
//! Markdown. HTML's own signs are maud's work, CSV cells are `suppress::spreadsheet`'.

use std::borrow::Cow;

use crate::bounce::shown_domain;

/// Text in which nothing is invisible or turns the line around: control characters, bidirectional marks, zero-width
/// and tag characters appear as `\u{..}`; line breaks and tabs as a space.
///
/// Without it a reply could move the cursor, colour the screen, or reverse what a reader sees (CVE-2021-42574).
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            c if is_hidden(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// A domain or a scope's key (several, joined with `+`) for people: letters of its own language instead of A-labels.
pub fn key(text: &str) -> Cow<'_, str> {
    if !text.contains("xn--") {
        return visible(text);
    }
    let shown: Vec<_> = text.split('+').map(shown_domain).collect();
    Cow::Owned(visible(&shown.join("+")).into_owned())
}

/// Characters that a reader does not see, or that change how others appear.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// At most so many characters, with `…` where some are left out; for pages and terminals, never for machine files.
pub fn short(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => visible(text),
        Some((end, _)) => Cow::Owned(format!("{}…", visible(&text[..end]))),
    }
}

/// Markdown: foreign text as code, in which nothing is markup and no address becomes a link.
pub fn code(text: &str) -> String {
    let text = visible(text);
    let run = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(run + 1);
    // A table cell ends at a pipe even inside code; a space keeps a backtick at the edge apart from the fence.
    let text = text.replace('|', "\\|");
    match text.starts_with('`') || text.ends_with('`') || text.trim().is_empty() {
        true => format!("{fence} {text} {fence}"),
        false => format!("{fence}{text}{fence}"),
    }
}

/// Markdown: a sentence that may quote foreign words. Signs that could become markup, HTML or a link are escaped.
pub fn prose(text: &str) -> String {
    let text = visible(text);
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text.chars().peekable();
    let mut before = ' ';
    while let Some(c) = rest.next() {
        let in_word = before.is_alphanumeric() && rest.peek().is_some_and(|c| c.is_alphanumeric());
        let escaped = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '@' | '#' => true,
            '_' => !in_word,
            // `http://` and `www.` become links on their own.
            ':' => rest.peek() == Some(&'/'),
            '.' => out.ends_with("www") || out.ends_with("WWW"),
            _ => false,
        };
        if escaped {
            out.push('\\');
        }
        out.push(c);
        before = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_shows_a_labels_in_their_own_letters_and_hides_nothing() {
        assert_eq!(key("203.0.113.7+xn--bcher-kva.example"), "203.0.113.7+bücher.example (xn--bcher-kva.example)");
        assert_eq!(key("a\u{202e}b"), "a\\u{202e}b");
    }

    #[test]
    fn what_a_terminal_would_obey_is_shown_instead() {
        for (text, want) in [
            ("550 5.7.1 fine", "550 5.7.1 fine"),
            ("\u{1b}[31mred\u{7}", "\\u{1b}[31mred\\u{7}"),
            ("abc\u{202e}gpj.exe", "abc\\u{202e}gpj.exe"),
            ("a\u{200b}b", "a\\u{200b}b"),
            ("two\r\nlines\tand", "two  lines and"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("Bücher 日本", "Bücher 日本"),
        ] {
            assert_eq!(visible(text), want);
        }
    }

    #[test]
    fn code_cannot_be_left() {
        for (text, want) in
            [("plain", "`plain`"), ("a`b", "``a`b``"), ("`` x ``", "``` `` x `` ```"), ("a|b", "`a\\|b`"), ("", "`  `")]
        {
            assert_eq!(code(text), want);
        }
    }

    #[test]
    fn prose_makes_no_markup_and_no_links() {
        for (text, want) in [
            ("79 % of 1,204 (high)", "79 % of 1,204 (high)"),
            ("exchange_online", "exchange_online"),
            ("<script>alert(1)</script>", "\\<script\\>alert(1)\\</script\\>"),
            ("[click](http://evil.example)", "\\[click\\](http\\://evil.example)"),
            ("www.evil.example", "www\\.evil.example"),
            ("a|b *c* _d_", "a\\|b \\*c\\* \\_d\\_"),
        ] {
            assert_eq!(prose(text), want);
        }
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        assert_eq!(short("äöü", 2), "äö…");
        assert_eq!(short("äöü", 3), "äöü");
    }
}
