//! Header-like text. In: a block of `Name: value` lines, as headers, delivery reports and feedback reports have them.
//! Out: fields with their values unfolded, blank lines, and lines that are neither. What a field means is its reader's work.
//!
//! Reports come with CRLF, LF, bare CR and mixtures of them, so all three end a line.

use std::borrow::Cow;

/// One line, or one field with its folded lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    Field(Field<'a>),
    Blank,
    /// No field and no continuation of one, such as the second line of a reply that somebody forgot to fold.
    Other(&'a str),
}

/// A field; names compare without case (RFC 5322 1.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field<'a> {
    pub(crate) name: &'a str,
    raw: &'a str,
}

impl<'a> Field<'a> {
    #[inline]
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The value as it stands, folded lines and all.
    pub(crate) fn raw(&self) -> &'a str {
        self.raw
    }

    /// The value on one line, without white space around it.
    pub(crate) fn value(&self) -> Cow<'a, str> {
        unfold(self.raw)
    }
}

/// Text of several lines as one: each line end and the white space around it becomes one space.
pub(crate) fn unfold(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    if memchr::memchr2(b'\n', b'\r', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut line = String::with_capacity(text.len());
    for piece in text.split(['\n', '\r']) {
        let piece = piece.trim();
        if !piece.is_empty() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(piece);
        }
    }
    Cow::Owned(line)
}

/// The first line of `text` without its end, and what follows.
pub(crate) fn split_line(text: &str) -> (&str, &str) {
    let bytes = text.as_bytes();
    match memchr::memchr2(b'\n', b'\r', bytes) {
        None => (text, ""),
        Some(end) => {
            let crlf = bytes[end] == b'\r' && bytes.get(end + 1) == Some(&b'\n');
            (&text[..end], &text[end + 1 + usize::from(crlf)..])
        }
    }
}

/// The lines of a block.
#[derive(Debug, Clone)]
pub(crate) struct Lines<'a> {
    rest: &'a str,
}

/// Reads a block of fields.
pub(crate) fn lines(text: &str) -> Lines<'_> {
    Lines { rest: text }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let start = self.rest;
        let (line, mut rest) = split_line(start);
        self.rest = rest;
        if is_blank(line) {
            return Some(Line::Blank);
        }
        let Some((name, value)) = name_and_value(line) else {
            return Some(Line::Other(line));
        };
        while rest.starts_with([' ', '\t']) {
            let (line, after) = split_line(rest);
            if is_blank(line) {
                break;
            }
            rest = after;
        }
        self.rest = rest;
        let value_at = line.len() - value.len();
        let raw = &start[value_at..start.len() - rest.len()];
        Some(Line::Field(Field { name, raw }))
    }
}

/// Whether a line has nothing but white space. Nearly all have a letter in front.
pub(crate) fn is_blank(line: &str) -> bool {
    !line.as_bytes().first().is_some_and(u8::is_ascii_graphic) && line.trim().is_empty()
}

/// `Name: value`; a name is printable and holds no space (RFC 5322 2.2). `http://` is an address, not a name.
fn name_and_value(line: &str) -> Option<(&str, &str)> {
    let bytes = line.as_bytes();
    if !bytes.first()?.is_ascii_alphabetic() {
        return None;
    }
    let in_name = |b: &u8| b.is_ascii_graphic() && !matches!(b, b':' | b'<' | b'@');
    let end = bytes.iter().take(MAX_NAME + 1).take_while(|b| in_name(b)).count();
    // White space may stand before the colon (RFC 5322 4.5).
    let (name, rest) = line.split_at_checked(end).filter(|_| end <= MAX_NAME)?;
    let value = rest.strip_prefix(':').or_else(|| rest.trim_start().strip_prefix(':'))?;
    (!value.starts_with("//")).then_some((name, value))
}

/// Longest name of a field, in bytes.
const MAX_NAME: usize = 80;

/// The fields of one header, up to its first blank line.
#[derive(Debug, Default)]
pub(crate) struct Head<'a> {
    fields: Vec<Field<'a>>,
}

impl<'a> Head<'a> {
    /// Reads a header; leading blank lines and an mbox `From ` line are passed over.
    pub(crate) fn read(text: &'a str) -> Head<'a> {
        let mut fields = Vec::with_capacity(24);
        for line in lines(text) {
            match line {
                Line::Field(field) => fields.push(field),
                Line::Blank if !fields.is_empty() => break,
                Line::Blank | Line::Other(_) => {}
            }
        }
        Head { fields }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The first field of that name, unfolded; `None` also where it is empty.
    pub(crate) fn get(&self, name: &str) -> Option<Cow<'a, str>> {
        self.all(name).next()
    }

    /// All fields of that name, from the top, unfolded, without empty ones.
    pub(crate) fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = Cow<'a, str>> + 's {
        let named = self.fields.iter().filter(move |field| field.is(name));
        named.map(Field::value).filter(|value| !value.is_empty())
    }

    /// All fields, from the top.
    pub(crate) fn fields(&self) -> &[Field<'a>] {
        &self.fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_line_end_ends_a_field_and_a_blank_line_a_block() {
        for text in ["A: 1\nB: 2\n\nC: 3\n", "A: 1\r\nB: 2\r\n\r\nC: 3", "A: 1\rB: 2\r\rC: 3\r"] {
            let names: Vec<_> = lines(text)
                .map(|line| match line {
                    Line::Field(field) => format!("{}={}", field.name, field.value()),
                    Line::Blank => "-".to_owned(),
                    Line::Other(other) => other.to_owned(),
                })
                .collect();
            assert_eq!(names, ["A=1", "B=2", "-", "C=3"], "{text:?}");
        }
    }

    #[test]
    fn folded_lines_become_one() {
        let head = Head::read("Diagnostic-Code: smtp;\r\n 550 5.1.1\r\n\tUser unknown\r\nNext: x\r\n");
        assert_eq!(head.get("diagnostic-code").as_deref(), Some("smtp; 550 5.1.1 User unknown"));
        assert_eq!(head.get("next").as_deref(), Some("x"));
    }

    #[test]
    fn a_forgotten_fold_and_a_web_address_are_no_fields() {
        for text in ["550-5.1.1 The account: gone", "https://example.com/x", "no colon here"] {
            assert_eq!(lines(text).next(), Some(Line::Other(text)));
        }
    }
}
