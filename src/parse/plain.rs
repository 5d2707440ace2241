//! Mails of the usual make, read without the parser library. In: the bytes of a mail. Out: its header and parts, if it
//! has what nearly all reports have: marked-out parts of types that matter, a sound header. Anything else is the
//! library's work, and where both read, they agree (a test holds this).
//!
//! This is for speed: the library decodes the whole returned message, of which only the header matters here. Encodings
//! and charsets are undone by the library's own decoders.

use std::sync::LazyLock;

use mail_parser::HeaderValue;
use mail_parser::parsers::MessageStream;
use memchr::memmem;

use super::anatomy::{Anatomy, Html};
use super::fields::Head;
use super::leaf::{Encoding, Leaf, split};

/// Multiparts that are entered inside each other.
const MAX_DEPTH: usize = 3;

/// A mail that was read here.
#[derive(Debug)]
pub(crate) struct Plain<'a> {
    pub(crate) head: Head<'a>,
    /// The subject, decoded.
    pub(crate) subject: String,
    pub(crate) anatomy: Anatomy<'a>,
}

/// Reads a mail of the usual make; `None` for any other.
pub(crate) fn read(bytes: &[u8]) -> Option<Plain<'_>> {
    let (header, body) = split(bytes)?;
    let head = Head::read(header);
    if head.is_empty() {
        return None;
    }
    let mut parts = Parts::default();
    parts.add(&head, body, 0)?;
    let anatomy = parts.anatomy();
    let told = !anatomy.is_unmarked() || !anatomy.is_silent();
    let subject = subject(&head);
    told.then_some(Plain { head, subject, anatomy })
}

/// The subject; encoded words (RFC 2047) are the library's.
fn subject(head: &Head<'_>) -> String {
    let subject = head.get("Subject").unwrap_or_default();
    if !subject.contains("=?") {
        return subject.into_owned();
    }
    match MessageStream::new(format!(" {subject}\n").as_bytes()).parse_unstructured() {
        HeaderValue::Text(text) => text.into_owned(),
        _ => subject.into_owned(),
    }
}

/// The parts of a mail, sorted as they come.
#[derive(Default)]
struct Parts<'a> {
    anatomy: Anatomy<'a>,
    /// The first HTML part: read only where no plain text is.
    html: Option<Leaf<'a>>,
}

impl<'a> Parts<'a> {
    /// Sorts one part, and the parts in it; `None` if it is of no usual make.
    fn add(&mut self, head: &Head<'a>, body: &'a [u8], depth: usize) -> Option<()> {
        let encoding = encoding(head)?;
        let content_type = head.get("Content-Type");
        let content_type = content_type.as_deref().unwrap_or("text/plain");
        let kind = content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        match kind.split_once('/')? {
            ("multipart", "digest") => None,
            ("multipart", _) if depth < MAX_DEPTH && encoding == Encoding::None => {
                self.multipart(&parameter(content_type, "boundary")?, body, depth)
            }
            ("image" | "audio" | "video", _) => Some(()),
            (main, sub) => self.leaf(main, sub, Leaf { encoding, charset: parameter(content_type, "charset"), body }),
        }
    }

    /// Sorts a part that holds no others.
    fn leaf(&mut self, main: &str, sub: &str, leaf: Leaf<'a>) -> Option<()> {
        match (main, sub) {
            ("text", "plain") => self.anatomy.place_text(leaf.text()?),
            ("text", "html") => {
                self.html.get_or_insert(leaf);
            }
            ("message", "delivery-status" | "global-delivery-status") => self.anatomy.status.push(leaf.raw()?),
            ("message", "feedback-report") => self.anatomy.feedback.push(leaf.raw()?),
            ("message", "disposition-notification" | "global-disposition-notification") => {
                self.anatomy.disposition.push(leaf.raw()?);
            }
            ("message", "rfc822" | "global" | "global-headers") | ("text", "rfc822-headers") => {
                if self.anatomy.returned.is_none() {
                    self.anatomy.returned = Some(leaf.header()?);
                }
            }
            _ => return None,
        }
        Some(())
    }

    /// Sorts the parts between the lines of a boundary.
    fn multipart(&mut self, boundary: &str, body: &'a [u8], depth: usize) -> Option<()> {
        let delimiter = [b"--", boundary.as_bytes()].concat();
        let mut begin = None;
        let at_start = body.starts_with(b"--").then_some(0);
        for at in at_start.into_iter().chain(DASHES.find_iter(body).map(|end| end + 1)) {
            let Some(line) = body[at..].strip_prefix(delimiter.as_slice()) else { continue };
            let closing = line.starts_with(b"--");
            let length = memchr::memchr(b'\n', line).unwrap_or(line.len());
            let behind = line.get(..length)?.trim_ascii();
            // A boundary that starts like this one is another's.
            if !(behind.is_empty() || closing && behind == b"--") {
                return None;
            }
            if let Some(begin) = begin {
                self.part(&body[begin..at], depth + 1)?;
            }
            if closing {
                return begin.map(|_: usize| ());
            }
            begin = Some((at + delimiter.len() + length + 1).min(body.len()));
        }
        // Cut short: the last part ends with the mail.
        self.part(&body[begin?..], depth + 1)
    }

    /// One part, with the line end that belongs to the boundary behind it.
    fn part(&mut self, bytes: &'a [u8], depth: usize) -> Option<()> {
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        let headless = bytes.strip_prefix(b"\n").or_else(|| bytes.strip_prefix(b"\r\n"));
        if let Some(body) = headless {
            return self.add(&Head::default(), body, depth);
        }
        let (header, body) = split(bytes)?;
        self.add(&Head::read(header), body, depth)
    }

    /// What was sorted, HTML made text where there is no other.
    fn anatomy(self) -> Anatomy<'a> {
        let Parts { mut anatomy, html } = self;
        if let Some(html) = html {
            anatomy.place_html(Html::Encoded(html));
        }
        anatomy
    }
}

/// How a part is encoded; `None` for a word that says nothing known.
fn encoding(head: &Head<'_>) -> Option<Encoding> {
    let Some(word) = head.get("Content-Transfer-Encoding") else { return Some(Encoding::None) };
    const WORDS: [(&str, Encoding); 5] = [
        ("7bit", Encoding::None),
        ("8bit", Encoding::None),
        ("binary", Encoding::None),
        ("quoted-printable", Encoding::QuotedPrintable),
        ("base64", Encoding::Base64),
    ];
    WORDS.iter().find(|(known, _)| word.eq_ignore_ascii_case(known)).map(|(_, encoding)| *encoding)
}

/// How a line starts that may be a boundary.
static DASHES: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new(b"\n--"));

/// A parameter of a Content-Type: `name=value` or `name="value"`.
fn parameter(content_type: &str, name: &str) -> Option<String> {
    content_type.split(';').skip(1).find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        let value = value.trim();
        let bare = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
        (key.trim().eq_ignore_ascii_case(name) && !bare.is_empty() && !bare.contains(['"', '(', '\\']))
            .then(|| bare.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use mail_parser::MessageParser;

    const REPORT: &str = "From: MAILER-DAEMON@mail.example.com\nSubject: Undelivered\nMIME-Version: 1.0\n\
        Content-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"x/y\"\n\nThis is MIME.\n\n--x/y\n\
        Content-Type: multipart/alternative; boundary=z\n\n--z\nContent-Type: text/plain; charset=us-ascii\n\nSorry.\n\n\
        --z\nContent-Type: text/html\n\n<p>Sorry.\n--z--\n\n--x/y\nContent-Type: message/delivery-status\n\n\
        Reporting-MTA: dns; mail.example.com\n\nFinal-Recipient: rfc822; ann@example.org\nAction: failed\n\n--x/y\n\
        Content-Type: message/rfc822\n\nFrom: news@example.com\nTo: ann@example.org\n\nbody\n\n--x/y--\n";

    fn agree(mail: &str) {
        let plain = read(mail.as_bytes()).expect("a mail of the usual make");
        let message = MessageParser::default().parse(mail.as_bytes()).unwrap();
        let library = Anatomy::of(&message);
        let trimmed = |texts: &[Cow<'_, str>]| texts.iter().map(|t| t.trim().to_owned()).collect::<Vec<_>>();
        assert_eq!(plain.subject, message.subject().unwrap_or_default(), "{mail}");
        let plain = plain.anatomy;
        assert_eq!(plain.text().trim(), library.text().trim(), "{mail}");
        assert_eq!(trimmed(&plain.texts), trimmed(&library.texts), "{mail}");
        assert_eq!(trimmed(&plain.status), trimmed(&library.status), "{mail}");
        assert_eq!(trimmed(&plain.feedback), trimmed(&library.feedback), "{mail}");
        assert_eq!(trimmed(&plain.disposition), trimmed(&library.disposition), "{mail}");
        assert_eq!(plain.returned.as_deref().map(str::trim), library.returned.as_deref().map(str::trim), "{mail}");
    }

    const STATUS: &str = "Content-Type: message/delivery-status\n\n\
        Reporting-MTA: dns; mail.example.com\n\nFinal-Recipient: rfc822; ann@example.org\nAction: failed\n";

    #[test]
    fn the_library_and_the_plain_way_agree() {
        let single = "From: MAILER-DAEMON@mail.example.com\nSubject: x\n\nann@example.org: unknown\n";
        let mut mails = vec![REPORT.to_owned(), single.to_owned()];
        for (from, to) in [
            ("Subject: Undelivered", "Subject: =?utf-8?Q?Unzustellbar:_gr=C3=BCn?= und\n =?iso-8859-1?Q?wei=DF?="),
            ("--x/y--", ""),
            (
                "charset=us-ascii\n\nSorry.",
                "charset=iso-2022-jp\nContent-Transfer-Encoding: base64\n\nGyRCMDhALhsoQg==",
            ),
            (
                "charset=us-ascii\n\nSorry.",
                "charset=\"ISO-8859-1\"\nContent-Transfer-Encoding: quoted-printable\n\nUnm=F6glich,=\n leider",
            ),
            ("text/plain; charset=us-ascii\n\nSorry.", "text/plain\n\n"),
            ("Content-Type: text/html", "Content-Type: image/png"),
            (STATUS, "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\n"),
            (STATUS, "Content-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; ann@example.org\n"),
            (
                STATUS,
                "Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\nRmluYWwtUmVjaXBpZW50OiByZmM4MjI7\nIGFubkBleGFtcGxlLm9yZwo=\n",
            ),
        ] {
            assert!(REPORT.contains(from), "{from}");
            mails.push(REPORT.replace(from, to));
        }
        for mail in mails {
            agree(&mail);
            agree(&mail.replace('\n', "\r\n"));
        }
    }

    #[test]
    fn what_is_of_no_usual_make_is_left_to_the_library() {
        for (from, to) in [
            ("Content-Type: text/html", "Content-Type: application/pdf"),
            ("Content-Type: text/html", "Content-Type: text/html\nContent-Transfer-Encoding: uuencode"),
            ("multipart/alternative", "multipart/digest"),
            ("--x/y", "--x"),
        ] {
            assert!(read(REPORT.replace(from, to).as_bytes()).is_none(), "{to}");
        }
    }
}
