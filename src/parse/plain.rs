//! Plain mails, read without the parser library. In: the bytes of a mail. Out: its header and parts, if it is of the
//! plain make that nearly all reports have: sound UTF-8, nothing encoded, marked-out parts. Anything else is the
//! library's work, and where both read, they agree (a test holds this).
//!
//! This is for speed: the library decodes the whole returned message, of which only the header matters here.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem;

use super::anatomy::Anatomy;
use super::fields::Head;

/// Multiparts that are entered inside each other.
const MAX_DEPTH: usize = 3;

/// A plain mail.
#[derive(Debug)]
pub(crate) struct Plain<'a> {
    pub(crate) head: Head<'a>,
    pub(crate) anatomy: Anatomy<'a>,
}

/// Reads a plain mail; `None` for any other.
pub(crate) fn read(bytes: &[u8]) -> Option<Plain<'_>> {
    let (header, body) = split(bytes)?;
    let head = Head::read(header);
    if head.is_empty() || head.get("Subject").is_some_and(|subject| subject.contains("=?")) {
        return None;
    }
    let mut anatomy = Anatomy::default();
    part(&head, body, &mut anatomy, 0)?;
    let told = !anatomy.status.is_empty() || anatomy.texts.iter().any(|text| !text.trim().is_empty());
    told.then_some(Plain { head, anatomy })
}

/// A header as text, and the bytes behind the blank line that ends it.
fn split(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let ends = memchr::memchr_iter(b'\n', bytes).find_map(|at| match bytes.get(at + 1..) {
        Some([b'\n', ..]) => Some((at + 1, at + 2)),
        Some([b'\r', b'\n', ..]) => Some((at + 1, at + 3)),
        _ => None,
    });
    let (end, body) = ends?;
    Some((std::str::from_utf8(&bytes[..end]).ok()?, &bytes[body..]))
}

/// Sorts one part, and the parts in it; `None` if it is not plain.
fn part<'a>(head: &Head<'a>, body: &'a [u8], anatomy: &mut Anatomy<'a>, depth: usize) -> Option<()> {
    let plain_encoding =
        |value: Cow<'_, str>| ["7bit", "8bit", "binary"].iter().any(|plain| value.eq_ignore_ascii_case(plain));
    if !head.get("Content-Transfer-Encoding").is_none_or(plain_encoding) {
        return None;
    }
    let content_type = head.get("Content-Type");
    let content_type = content_type.as_deref().unwrap_or("text/plain");
    let kind = content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    match kind.split_once('/')? {
        ("multipart", "digest") => None,
        ("multipart", _) if depth < MAX_DEPTH => parts(&parameter(content_type, "boundary")?, body, anatomy, depth),
        ("text", "plain") => {
            let charset = parameter(content_type, "charset");
            let known = charset.is_none_or(|name| {
                name.eq_ignore_ascii_case("utf-8") || (name.eq_ignore_ascii_case("us-ascii") && body.is_ascii())
            });
            anatomy.place_text(std::str::from_utf8(body).ok().filter(|_| known)?);
            Some(())
        }
        // Read only where no plain text is; then the library does it.
        ("text", "html") => Some(()),
        ("message", "delivery-status" | "global-delivery-status") => {
            anatomy.status.push(Cow::Borrowed(std::str::from_utf8(body).ok()?));
            Some(())
        }
        ("message", "rfc822") | ("text", "rfc822-headers") if anatomy.returned.is_none() => {
            // A header without a body may end with the part.
            let header = split(body).map(|(header, _)| header).or_else(|| std::str::from_utf8(body).ok())?;
            anatomy.returned = Some(Cow::Borrowed(header));
            Some(())
        }
        _ => None,
    }
}

/// How a line starts that may be a boundary.
static DASHES: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new(b"\n--"));

/// The parts between the lines of a boundary.
fn parts<'a>(boundary: &str, body: &'a [u8], anatomy: &mut Anatomy<'a>, depth: usize) -> Option<()> {
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
            one(&body[begin..at], anatomy, depth)?;
        }
        if closing {
            return begin.map(|_: usize| ());
        }
        begin = Some((at + delimiter.len() + length + 1).min(body.len()));
    }
    None
}

/// One part, with the line end that belongs to the boundary behind it.
fn one<'a>(bytes: &'a [u8], anatomy: &mut Anatomy<'a>, depth: usize) -> Option<()> {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    let headless = bytes.strip_prefix(b"\n").or_else(|| bytes.strip_prefix(b"\r\n"));
    if let Some(body) = headless {
        return part(&Head::default(), body, anatomy, depth + 1);
    }
    let (header, body) = split(bytes)?;
    part(&Head::read(header), body, anatomy, depth + 1)
}

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
    use super::*;
    use mail_parser::MessageParser;

    const REPORT: &str = "From: MAILER-DAEMON@mail.example.com\nSubject: Undelivered\nMIME-Version: 1.0\n\
        Content-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"x/y\"\n\nThis is MIME.\n\n--x/y\n\
        Content-Type: multipart/alternative; boundary=z\n\n--z\nContent-Type: text/plain; charset=us-ascii\n\nSorry.\n\n\
        --z\nContent-Type: text/html\n\n<p>Sorry.\n--z--\n\n--x/y\nContent-Type: message/delivery-status\n\n\
        Reporting-MTA: dns; mail.example.com\n\nFinal-Recipient: rfc822; ann@example.org\nAction: failed\n\n--x/y\n\
        Content-Type: message/rfc822\n\nFrom: news@example.com\nTo: ann@example.org\n\nbody\n\n--x/y--\n";

    fn agree(mail: &str) {
        let plain = read(mail.as_bytes()).expect("a plain mail").anatomy;
        let message = MessageParser::default().parse(mail.as_bytes()).unwrap();
        let library = Anatomy::of(&message);
        let trimmed = |texts: &[Cow<'_, str>]| texts.iter().map(|t| t.trim().to_owned()).collect::<Vec<_>>();
        assert_eq!(trimmed(&plain.texts), trimmed(&library.texts), "{mail}");
        assert_eq!(trimmed(&plain.status), trimmed(&library.status), "{mail}");
        assert_eq!(plain.returned.as_deref().map(str::trim), library.returned.as_deref().map(str::trim), "{mail}");
    }

    #[test]
    fn the_library_and_the_plain_way_agree() {
        let single = "From: MAILER-DAEMON@mail.example.com\nSubject: x\n\nann@example.org: unknown\n";
        for mail in [REPORT, single] {
            agree(mail);
            agree(&mail.replace('\n', "\r\n"));
        }
    }

    #[test]
    fn what_is_not_plain_is_left_to_the_library() {
        for (from, to) in [
            ("Subject: Undelivered", "Subject: =?utf-8?Q?Undelivered?="),
            ("--x/y--", ""),
            ("charset=us-ascii", "charset=iso-2022-jp"),
            ("Content-Type: text/html", "Content-Type: image/png"),
            (
                "Content-Type: message/delivery-status",
                "Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64",
            ),
        ] {
            assert!(read(REPORT.replace(from, to).as_bytes()).is_none(), "{to}");
        }
    }
}
