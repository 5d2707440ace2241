//! A part of a mail that holds no others. In: its bytes as they stand, and how they are written. Out: text, decoded when
//! it is asked for, by the mail library's own decoders.

use std::borrow::Cow;

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;

/// A part that holds no others.
#[derive(Debug)]
pub(crate) struct Leaf<'a> {
    pub(crate) encoding: Encoding,
    pub(crate) charset: Option<String>,
    pub(crate) body: &'a [u8],
}

/// How a part's bytes are written (RFC 2045 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    None,
    QuotedPrintable,
    Base64,
}

impl<'a> Leaf<'a> {
    /// The bytes, decoded; `None` for a broken encoding.
    fn bytes(&self) -> Option<Cow<'a, [u8]>> {
        match self.encoding {
            Encoding::None => Some(Cow::Borrowed(self.body)),
            Encoding::QuotedPrintable => quoted_printable_decode(self.body).map(Cow::Owned),
            Encoding::Base64 => base64_decode(self.body).map(Cow::Owned),
        }
    }

    /// The text as it stands, without regard to a charset.
    pub(crate) fn raw(&self) -> Option<Cow<'a, str>> {
        Some(match self.bytes()? {
            Cow::Borrowed(bytes) => lossy(bytes),
            Cow::Owned(bytes) => Cow::Owned(lossy(&bytes).into_owned()),
        })
    }

    /// The text in its charset.
    pub(crate) fn text(&self) -> Option<Cow<'a, str>> {
        let is = |name: &str| self.charset.as_deref().is_some_and(|charset| charset.eq_ignore_ascii_case(name));
        let bytes = self.bytes()?;
        if self.charset.is_none() || is("utf-8") || is("us-ascii") && bytes.is_ascii() {
            return self.raw();
        }
        let decode = self.charset.as_deref().and_then(|name| charset_decoder(name.as_bytes()));
        decode.map_or_else(|| self.raw(), |decode| Some(Cow::Owned(decode(&bytes))))
    }

    /// The header of a message; one without a body may end with the part.
    pub(crate) fn header(&self) -> Option<Cow<'a, str>> {
        fn header(bytes: &[u8]) -> Option<&str> {
            split(bytes).map(|(header, _)| header).or_else(|| std::str::from_utf8(bytes).ok())
        }
        match self.bytes()? {
            Cow::Borrowed(bytes) => header(bytes).map(Cow::Borrowed),
            Cow::Owned(bytes) => header(&bytes).map(|header| Cow::Owned(header.to_owned())),
        }
    }
}

/// A header as text, and the bytes behind the blank line that ends it.
pub(crate) fn split(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let ends = memchr::memchr_iter(b'\n', bytes).find_map(|at| match bytes.get(at + 1..) {
        Some([b'\n', ..]) => Some((at + 1, at + 2)),
        Some([b'\r', b'\n', ..]) => Some((at + 1, at + 3)),
        _ => None,
    });
    let (end, body) = ends?;
    Some((std::str::from_utf8(&bytes[..end]).ok()?, &bytes[body..]))
}

/// Bytes as text. Sound UTF-8 is by far the usual case, and checking for it is much faster than repairing.
pub(crate) fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}
