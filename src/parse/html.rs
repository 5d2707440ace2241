//! HTML as text. In: an HTML part of a report. Out: its text, with a line for each block and table cell.
//!
//! The library's own conversion breaks lines at `<br>` and `</p>` only and so glues what stands in neighbouring cells,
//! which makes addresses that nobody wrote. So breaks are put where browsers put them, and it does the rest.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use mail_parser::decoders::html::html_to_text;

/// How the tags start that break a line.
const BLOCKS: [&str; 26] = [
    "<td", "</td", "<th", "</th", "<tr", "</tr", "<table", "</table", "<div", "</div", "<li", "</li", "<ul", "</ul",
    "<dt", "<dd", "<h1", "</h1", "<h2", "</h2", "<h3", "</h3", "<hr", "<pre", "</pre", "<p",
];

static FINDER: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(aho_corasick::MatchKind::LeftmostLongest)
        .kind(Some(AhoCorasickKind::DFA))
        .build(BLOCKS)
        .expect("some short words make an automaton")
});

/// The text of an HTML part. Linear in its length.
pub(crate) fn text_of(html: &str) -> String {
    let mut broken = String::with_capacity(html.len() + html.len() / 8);
    let (mut copied, mut verbatim) = (0, false);
    for tag in FINDER.find_iter(html) {
        let longer = html.as_bytes().get(tag.end()).is_some_and(u8::is_ascii_alphanumeric);
        if longer {
            continue;
        }
        push(&mut broken, &html[copied..tag.start()], verbatim);
        broken.push_str("<br>");
        copied = tag.start();
        let name = &html[tag.range()];
        verbatim =
            if name.eq_ignore_ascii_case("<pre") { true } else { verbatim && !name.eq_ignore_ascii_case("</pre") };
    }
    push(&mut broken, &html[copied..], verbatim);
    match QUOTES.is_match(html) {
        true => without_quotes(&broken),
        false => html_to_text(&broken),
    }
}

/// How the quotation of another mail is marked: RFC-less, but what mail programs agree on.
static QUOTES: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build([
            "<blockquote type=\"cite\"",
            "<blockquote type=cite",
            "<blockquote class=\"gmail_quote",
            "<blockquote cite=",
            "class=\"moz-cite",
        ])
        .expect("some short words make an automaton")
});

/// The text without what is quoted in it: somebody else's words, as lines behind `>` are in plain text.
fn without_quotes(html: &str) -> String {
    let lower = html.to_ascii_lowercase();
    let (mut kept, mut at, mut depth) = (String::with_capacity(html.len()), 0, 0_usize);
    while let Some(tag) = lower[at..].find("blockquote").map(|found| at + found) {
        let opens = lower[..tag].ends_with('<');
        if depth == 0 {
            kept.push_str(&html[at..tag]);
        }
        depth = if opens { depth + 1 } else { depth.saturating_sub(1) };
        at = tag + "blockquote".len();
        if depth == 0 {
            kept.push_str("<br");
        }
    }
    if depth == 0 {
        kept.push_str(&html[at..]);
    }
    html_to_text(&kept)
}

/// Appends a piece; in `<pre>` its line ends count.
fn push(out: &mut String, piece: &str, verbatim: bool) {
    if !verbatim {
        out.push_str(piece);
        return;
    }
    for (at, line) in piece.split('\n').enumerate() {
        if at > 0 {
            out.push_str("<br>");
        }
        out.push_str(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(html: &str) -> Vec<String> {
        text_of(html).lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    }

    #[test]
    fn what_stands_in_different_cells_or_blocks_stands_on_different_lines() {
        for html in [
            "<table><tr><td>ann@example.org</td><td>because</td></tr></table>",
            "<TR><TD>ann@example.org<TD>because",
            "<div>ann@example.org</div>because",
            "<ul><li>ann@example.org<li>because</ul>",
            "<p>ann@example.org<p>because",
            "<pre>ann@example.org\nbecause</pre>",
        ] {
            assert_eq!(lines(html), ["ann@example.org", "because"], "{html}");
        }
    }

    #[test]
    fn what_is_quoted_is_somebody_elses() {
        let html =
            "<p>I am away.</p><blockquote type=\"cite\"><p>550 5.1.1 <b>ann@example.org</b></p></blockquote><p>Bye</p>";
        let text = text_of(html);
        assert!(text.contains("I am away") && text.contains("Bye") && !text.contains("550"), "{text}");
        assert!(text_of("<blockquote>550 5.1.1 unknown</blockquote>").contains("550"));
    }

    #[test]
    fn what_stands_in_one_block_stays_on_one_line() {
        assert_eq!(lines("<p>a <b>b</b>\n<span>c</span> &amp; d</p>"), ["a b c & d"]);
        assert_eq!(lines("x <thead>a <param>b"), ["x a b"]);
    }
}
