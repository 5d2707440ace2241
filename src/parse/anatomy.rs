//! What a mail consists of. In: a parsed message. Out: the text for people, the machine-readable reports,
//! the returned message's header. Reading these is the work of `report`, `complaint`, `prose`, `returned`.
//!
//! A part counts by its type; a part of the wrong type counts by what it holds (reports disguised as `text/plain`).

use std::borrow::Cow;
use std::cell::OnceCell;

use super::leaf::{Leaf, lossy};
use super::{disguise, html};
use mail_parser::{Message, MessagePart, MimeHeaders, PartType};

/// Bytes of text for people that are read at most; beyond, a mail is no report.
const MAX_TEXT: usize = 16 << 20;

/// An HTML part.
#[derive(Debug)]
pub(crate) enum Html<'a> {
    Decoded(&'a str),
    Encoded(Leaf<'a>),
}

impl Html<'_> {
    /// Its text, with a line for each block.
    fn text(&self) -> String {
        let html = match self {
            Html::Decoded(html) => Cow::Borrowed(*html),
            Html::Encoded(leaf) => leaf.text().unwrap_or_else(|| lossy(leaf.body)),
        };
        html::text_of(capped(&html))
    }
}

/// The parts of one message that matter here; nested messages are not entered.
#[derive(Debug, Default)]
pub(crate) struct Anatomy<'a> {
    /// Text parts for people, in order; an HTML part only where no plain text and no report is.
    pub(crate) texts: Vec<Cow<'a, str>>,
    /// An HTML part beside a report, where no plain text is, and its text: made when somebody asks, since mostly the
    /// report tells all.
    html: Option<(Html<'a>, OnceCell<String>)>,
    /// `message/delivery-status` and its kin.
    pub(crate) status: Vec<Cow<'a, str>>,
    /// `message/feedback-report`.
    pub(crate) feedback: Vec<Cow<'a, str>>,
    /// `message/disposition-notification`.
    pub(crate) disposition: Vec<Cow<'a, str>>,
    /// The header of the message that is reported on, raw.
    pub(crate) returned: Option<Cow<'a, str>>,
    /// Attached messages.
    pub(crate) nested: Vec<&'a Message<'a>>,
    /// An aggregate report on DMARC or TLS rather than on one message.
    pub(crate) aggregate: bool,
}

impl<'a> Anatomy<'a> {
    /// Sorts the parts of a message.
    pub(crate) fn of(message: &'a Message<'a>) -> Anatomy<'a> {
        let mut anatomy = Anatomy::default();
        let mut html = None;
        for part in &message.parts {
            anatomy.place(part, &mut html);
        }
        if let Some(html) = html {
            anatomy.place_html(Html::Decoded(html));
        }
        anatomy
    }

    /// Whether no part has any text for people.
    pub(crate) fn is_silent(&self) -> bool {
        self.texts.iter().all(|text| text.trim().is_empty())
    }

    /// Takes an HTML part for the text for people, if there is no other.
    pub(crate) fn place_html(&mut self, html: Html<'a>) {
        if !self.is_silent() {
            return;
        }
        if self.is_unmarked() {
            self.texts = vec![Cow::Owned(html.text())];
        } else {
            self.html = Some((html, OnceCell::new()));
        }
    }

    /// Whether no part is marked as a report of any kind.
    pub(crate) fn is_unmarked(&self) -> bool {
        self.status.is_empty() && self.feedback.is_empty() && self.disposition.is_empty()
    }

    /// Takes a report that is disguised as text for what it is, and what follows it for the returned message.
    pub(crate) fn unmask(&mut self) {
        let found = self.texts.iter().enumerate().find_map(|(at, text)| {
            let (before, block, after) = disguise::split(text)?;
            Some((at, before.to_owned(), block.to_owned(), after.to_owned()))
        });
        if let Some((at, before, block, after)) = found {
            self.texts[at] = Cow::Owned(before);
            self.status.push(Cow::Owned(block));
            if self.returned.is_none() {
                self.returned = disguise::header_in(&after).map(|header| Cow::Owned(header.to_owned()));
            }
        }
    }

    /// The text for people, as one.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        if let Some((html, text)) = &self.html {
            return Cow::Borrowed(text.get_or_init(|| html.text()));
        }
        match self.texts.as_slice() {
            [] => Cow::Borrowed(""),
            [text] => Cow::Borrowed(text),
            texts => Cow::Owned(texts.join("\n\n")),
        }
    }

    fn place(&mut self, part: &'a MessagePart<'a>, html: &mut Option<&'a str>) {
        let subtype = part.content_type().map_or("plain", |t| t.subtype().unwrap_or(""));
        let is = |suffix: &str| ends_with_word(subtype, suffix);
        match &part.body {
            PartType::Multipart(_) => {}
            PartType::Message(message) => {
                self.returned.get_or_insert_with(|| head_of(message));
                self.nested.push(message);
            }
            PartType::Text(_) | PartType::Binary(_) | PartType::InlineBinary(_) if is("delivery-status") => {
                self.status.push(text_of(part));
            }
            _ if is("feedback-report") => self.feedback.push(text_of(part)),
            _ if is("disposition-notification") => self.disposition.push(text_of(part)),
            _ if is("rfc822-headers") || is("headers") || is("rfc822") || is("global") || is("partial") => {
                self.returned.get_or_insert_with(|| text_of(part));
            }
            _ if subtype.starts_with("tlsrpt") => self.aggregate = true,
            PartType::Text(text) => self.place_text(Cow::Borrowed(text)),
            PartType::Html(text) => {
                html.get_or_insert(text);
            }
            PartType::Binary(_) | PartType::InlineBinary(_) if starts_with(part.contents(), b"Reporting-MTA:") => {
                self.status.push(text_of(part));
            }
            PartType::Binary(_) | PartType::InlineBinary(_) => {
                let name = part.attachment_name().unwrap_or("");
                self.aggregate |= subtype.ends_with("zip") && name.contains('!');
            }
        }
    }

    /// Plain text after the report is the returned message, if it looks like a header.
    pub(crate) fn place_text(&mut self, mut text: Cow<'a, str>) {
        match &mut text {
            Cow::Borrowed(text) => *text = capped(text),
            Cow::Owned(text) => text.truncate(capped(text).len()),
        }
        let reported = !self.status.is_empty() || !self.feedback.is_empty();
        if starts_with(text.as_bytes(), b"Feedback-Type:") {
            self.feedback.push(text);
        } else if reported && self.returned.is_none() && looks_like_header(&text) {
            self.returned = Some(text);
        } else {
            self.texts.push(text);
        }
    }
}

/// Whether some bytes start with a field's name, white space aside: `Reporting-MTA:` starts a report's first block
/// (RFC 3464 2.2), `Feedback-Type:` a feedback report, whatever type their part claims to be.
fn starts_with(bytes: &[u8], name: &[u8]) -> bool {
    bytes.trim_ascii_start().get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
}

/// Whether the first line is a header field that returned messages start with.
fn looks_like_header(text: &str) -> bool {
    let line = text.trim_start().split(':').next().unwrap_or("");
    ["Return-Path", "Received", "From", "Message-ID", "Date", "Subject", "To", "MIME-Version", "DKIM-Signature", "X-"]
        .iter()
        .any(|name| {
            line.len() >= name.len()
                && line.len() < 60
                && line.is_char_boundary(name.len())
                && line[..name.len()].eq_ignore_ascii_case(name)
        })
}

/// Whether a subtype is `word`, or `global-word`, `x-word`.
fn ends_with_word(subtype: &str, word: &str) -> bool {
    subtype.len() >= word.len()
        && subtype.as_bytes()[subtype.len() - word.len()..].eq_ignore_ascii_case(word.as_bytes())
        && (subtype.len() == word.len() || subtype.as_bytes()[subtype.len() - word.len() - 1] == b'-')
}

/// The raw header of a message.
pub(crate) fn head_of<'a>(message: &'a Message<'a>) -> Cow<'a, str> {
    let Some(root) = message.parts.first() else {
        return Cow::Borrowed("");
    };
    let (start, end) = (root.offset_header as usize, root.offset_body as usize);
    lossy(message.raw_message.get(start..end).unwrap_or_default())
}

fn text_of<'a>(part: &'a MessagePart<'a>) -> Cow<'a, str> {
    lossy(part.contents())
}

fn capped(text: &str) -> &str {
    let mut end = text.len().min(MAX_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
