//! Delivery reports that are not marked as such: fields of RFC 3464 in plain text, or in a mail whose MIME header got
//! lost. In: the text for people. Out: the report's block, to be read as a report. Whether the mail is believed to
//! be a report at all is decided elsewhere.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::fields::split_line;

/// Fields of which a report's block has one at least, besides a recipient.
const OTHER_FIELDS: [&str; 4] = ["action:", "status:", "diagnostic-code:", "reporting-mta:"];

/// Whether some text may hold a report: a quick look.
pub(crate) fn is_likely<T: AsRef<str>>(texts: &[T]) -> bool {
    static FIELD: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("ecipient:"));
    texts.iter().any(|text| FIELD.find(text.as_ref().as_bytes()).is_some())
}

/// The text before a report's block, the block from its first field on, and what follows it: a MIME boundary, the
/// returned message. `None` if there is no such block.
pub(crate) fn split(text: &str) -> Option<(&str, &str, &str)> {
    let recipient = field_start(text, "final-recipient:").or_else(|| field_start(text, "original-recipient:"))?;
    let start = block_start(text, recipient);
    let end = block_end(text, recipient);
    let block = &text[start..end];
    let named = OTHER_FIELDS.iter().any(|name| field_start(block, name).is_some());
    named.then_some((&text[..start], block, &text[end..]))
}

/// The returned message's header in what follows a report: behind a MIME boundary and its fields, if there is one.
pub(crate) fn header_in(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let text =
        if text.starts_with("--") { text.split_once("\n\n").or_else(|| text.split_once("\r\n\r\n"))?.1 } else { text };
    let first = split_line(text).0;
    first.contains(':').then_some(text)
}

/// Where a line starts with `name`, white space aside and in any case.
fn field_start(text: &str, name: &str) -> Option<usize> {
    // The last letters of a field's name are in lower case in every spelling that is in use.
    let tail = name.get(name.len().saturating_sub(4)..)?;
    memchr::memmem::find_iter(text.as_bytes(), tail.as_bytes()).find_map(|at| {
        let start = (at + tail.len()).checked_sub(name.len())?;
        let fits = text.get(start..at + tail.len())?.eq_ignore_ascii_case(name);
        let line_start = text[..start].trim_end_matches([' ', '\t']);
        (fits && (line_start.is_empty() || line_start.ends_with(['\n', '\r']))).then_some(start)
    })
}

/// Back to the first of the field blocks that the field at `at` belongs to; one blank line may stand between two.
fn block_start(text: &str, at: usize) -> usize {
    let mut start = line_start(text, at);
    let mut blank = false;
    // A per-message block has a handful of fields; folded ones take some lines more.
    for _ in 0..40 {
        let Some(end) = text[..start]
            .strip_suffix('\n')
            .map(|t| t.strip_suffix('\r').unwrap_or(t))
            .or_else(|| text[..start].strip_suffix('\r'))
        else {
            break;
        };
        let previous = line_start(text, end.len());
        let line = &text[previous..end.len()];
        let empty = line.trim().is_empty();
        let name = line.split(':').next().unwrap_or("").trim();
        let field = line.contains(':') && !name.is_empty() && !name.contains(char::is_whitespace);
        if (empty && blank) || !(empty || field || line.starts_with([' ', '\t'])) {
            break;
        }
        blank = empty;
        start = previous;
    }
    start
}

fn line_start(text: &str, at: usize) -> usize {
    memchr::memrchr2(b'\n', b'\r', &text.as_bytes()[..at]).map_or(0, |end| end + 1)
}

/// Up to a MIME boundary or the header of the returned message.
fn block_end(text: &str, from: usize) -> usize {
    let mut rest = &text[from..];
    while !rest.is_empty() {
        let (line, after) = split_line(rest);
        let header = ["Received:", "Return-Path:", "Content-Type:", "Message-ID:", "MIME-Version:", "From:"];
        let starts = |name: &&str| line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        if line.starts_with("--") || header.iter().any(starts) {
            break;
        }
        rest = after;
    }
    text.len() - rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_in_plain_text_is_found_with_its_first_block() {
        let text = "Sorry.\n\nTechnical report:\n\nReporting-MTA: dns; mx.example.net\n\nAction: failed\nFinal-Recipient: rfc822; ann@example.org\nStatus: 5.1.1\n\n--boundary\nTo: x\n";
        let (before, block, after) = split(text).unwrap();
        assert!(before.ends_with("report:\n"), "{before}");
        assert!(after.starts_with("--boundary"), "{after}");
        assert!(block.trim_start().starts_with("Reporting-MTA:"), "{block}");
        assert!(block.trim_end().ends_with("Status: 5.1.1"), "{block}");
    }

    #[test]
    fn a_quoted_report_or_a_lone_field_is_none() {
        for text in [
            "> Final-Recipient: rfc822; ann@example.org\n> Action: failed\n",
            "Final-Recipient: rfc822; ann@example.org\n",
            "the Final-Recipient: field\nAction: failed\n",
        ] {
            assert_eq!(split(text), None, "{text}");
        }
    }

    #[test]
    fn every_line_end_and_case_is_known() {
        let text = "x\r\rFINAL-RECIPIENT: rfc822; a@example.org\rAction: failed\r";
        assert_eq!(split(text), None);
        let text = "x\r\rFinal-recipient: rfc822; a@example.org\rAction: failed\r";
        assert!(split(text).is_some());
    }
}
