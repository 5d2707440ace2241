//! Where a report's own words end and the returned message begins. In: the text for people. Out: its lines up to there,
//! and the returned header. What stands in the returned message is never read for recipients.

use std::borrow::Cow;

use super::super::fields::{Field, Head, Line, lines, split_line};

/// A report's text, cut.
#[derive(Debug)]
pub(super) struct Section<'a> {
    /// The report's own words, without quoted lines: what somebody else said.
    pub(super) own: Cow<'a, str>,
    /// Its lines, without line ends and without quoted ones.
    pub(super) lines: Vec<&'a str>,
    /// The returned message from its first header line on, if the text holds one.
    pub(super) returned: Option<&'a str>,
}

/// Header fields that returned messages have and reports about them do not, at the start of a line.
const HEADER_FIELDS: &[&str] = &[
    "Received",
    "Return-Path",
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Reply-To",
    "DKIM-Signature",
    "DomainKey-Signature",
    "Delivered-To",
    "Sender",
    "Cc",
    "X-Mailer",
    "X-Originating-IP",
    "Authentication-Results",
    "X-Received",
    "ARC-Seal",
    "X-Google-Smtp-Source",
    "X-YMail-OSG",
    "Content-Transfer-Encoding",
    "List-Unsubscribe",
];

/// Fields of RFC 3464: a block with one of them is a report, whatever else it holds.
const REPORT_FIELDS: &[&str] = &["Final-Recipient", "Original-Recipient", "Action", "Diagnostic-Code", "Reporting-MTA"];

/// Fields in a row that make a header.
const ENOUGH_FIELDS: usize = 3;

/// Cuts a report's text; `is_marker` knows the lines with which makes of servers announce the returned message.
pub(super) fn cut<'a>(text: &'a str, is_marker: impl Fn(&str) -> bool) -> Section<'a> {
    let mut own = Vec::new();
    let mut rest = text;
    let mut quotes = false;
    let section = |lines: Vec<&'a str>, quotes: bool, rest: &str, returned| {
        let own = if quotes { Cow::Owned(lines.join("\n")) } else { Cow::Borrowed(&text[..text.len() - rest.len()]) };
        Section { own, lines, returned }
    };
    let mut after_field = false;
    while !rest.is_empty() {
        let (line, after) = split_line(rest);
        if !after_field && starts_header(rest) && !(is_blank(&own) && is_echo(rest)) {
            return section(own, quotes, rest, Some(rest));
        }
        if is_marker(line) {
            let returned = after.trim_start_matches(['\r', '\n', '-', '=', ' ', '\t']);
            let headed = !Head::read(first_block(returned)).is_empty();
            return section(own, quotes, rest, headed.then_some(returned));
        }
        // A block that did not look like a header at its first line does not at its second.
        after_field = line.contains(':') && !line.starts_with([' ', '\t']) && after_field_start(line);
        // A quoted line is somebody else's words; `>>>` is an SMTP dialogue.
        if !line.starts_with('>') || line.starts_with(">>>") {
            own.push(line);
        } else {
            quotes = true;
        }
        rest = after;
    }
    section(own, quotes, "", None)
}

/// Whether nothing was said yet, or only one line.
fn is_blank(lines: &[&str]) -> bool {
    lines.iter().filter(|line| !line.trim().is_empty()).count() <= 1
}

/// Whether a block repeats only what a reader sees of a message: IMail puts the report's own header on top of its text,
/// others that of the message they return. A returned header has more fields.
fn is_echo(text: &str) -> bool {
    let seen = |field: &Field<'_>| is_one_of(field.name, &["From", "To", "Cc", "Date", "Sent", "Subject", "Reply-To"]);
    lines(text).take_while(|line| *line != Line::Blank).all(|line| matches!(line, Line::Field(field) if seen(&field)))
}

fn after_field_start(line: &str) -> bool {
    line.split_once(':').is_some_and(|(name, _)| is_one_of(name, HEADER_FIELDS))
}

/// The text up to its first blank line, at most 4 KB.
fn first_block(text: &str) -> &str {
    let mut end = text.len().min(4096);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Whether a message header starts right here: a known field, and then fields only, enough of them known.
fn starts_header(text: &str) -> bool {
    let bytes = text.as_bytes();
    let first = bytes.first().is_some_and(u8::is_ascii_alphabetic);
    if !first
        || !split_line(text)
            .0
            .split_once(':')
            .is_some_and(|(name, _)| is_one_of(name, HEADER_FIELDS) || name.starts_with("X-"))
    {
        return false;
    }
    let mut known = 0;
    for line in lines(text).take(12) {
        match line {
            Line::Field(field) if is_one_of(field.name, REPORT_FIELDS) => return false,
            Line::Field(field) => known += usize::from(is_one_of(field.name, HEADER_FIELDS)),
            Line::Blank => break,
            Line::Other(_) => return known >= ENOUGH_FIELDS,
        }
    }
    known >= ENOUGH_FIELDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_in_the_text_ends_the_reports_own_words() {
        let text = "ann@example.com: failed\n\nReceived: from a by b;\n\tyesterday\nFrom: x@example.org\nSubject: y\n\nbob@example.com\n";
        let section = cut(text, |_| false);
        assert_eq!(section.lines, ["ann@example.com: failed", ""]);
        assert!(section.returned.unwrap().starts_with("Received:"));
    }

    #[test]
    fn an_echo_on_top_of_the_text_does_not_end_them() {
        let text =
            "To: eve@example.com\nCC: \nDate: today\nSubject: Undeliverable Mail\n\nundeliverable to ann@example.org\n";
        assert_eq!(cut(text, |_| false).lines.last(), Some(&"undeliverable to ann@example.org"));
        let text = format!("Received: by mx.example.com\n{text}");
        assert!(cut(&text, |_| false).returned.is_some());
    }

    #[test]
    fn a_marker_ends_them_even_without_a_header() {
        let section = cut("failed\n--- copy follows\nbob@example.com\n", |line| line.starts_with("--- copy"));
        assert_eq!(section.lines, ["failed"]);
        assert_eq!(section.returned, None);
    }

    #[test]
    fn an_indented_echo_and_a_report_block_are_own_words() {
        for text in [
            "  To: a@example.com\n  Subject: b\n  From: c@example.com\n",
            "Reporting-MTA: dns; x\nFinal-Recipient: rfc822; a@example.com\nAction: failed\nStatus: 5.1.1\n",
        ] {
            assert_eq!(cut(text, |_| false).returned, None, "{text}");
        }
    }
}
