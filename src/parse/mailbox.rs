//! Addresses as reports write them. In: a field such as `rfc822; <ann@example.com>`, or running text.
//! Out: addresses, and where in the text they stand. Which of them we mailed is the callers' decision.

use std::borrow::Cow;

use crate::bounce::Address;

/// Longest address looked for, in bytes on either side of the `@`.
const MAX_SIDE: usize = 256;

/// The address in a recipient field of RFC 3464 or 6533: `type; address`, also without its type, in brackets, with a
/// display name or a comment.
pub(crate) fn in_field(value: &str) -> Option<Address> {
    let (kind, address) = match value.split_once(';') {
        Some((kind, address)) if !kind.contains('@') => (kind.trim(), address.trim()),
        _ => ("", value.trim()),
    };
    let address = if kind.eq_ignore_ascii_case("utf-8") || address.contains("\\x{") {
        unitext(address)
    } else {
        Cow::Borrowed(address)
    };
    Address::parse(&address).or_else(|| wrapped(&address))
}

/// The first address of a field that holds more: only brackets, a display name or a comment may stand before it, since
/// the last word of something else that ends in `@domain` is nobody we mailed.
fn wrapped(field: &str) -> Option<Address> {
    let found = all(field).next()?;
    let before = field[..found.start].trim_end();
    (before.is_empty() || before.ends_with(['<', '(', ')', '"', '\'', ':', ','])).then_some(found.address)
}

/// As `in_field`, for Original-Recipient: undoes the xtext of RFC 3461 4 that many systems forget to undo.
/// Only `+2B` and `+3D` are undone, the two codes that xtext needs for printable text; other `+XX` are plain tags.
pub(crate) fn in_original_field(value: &str) -> Option<Address> {
    if value.contains("+2B") || value.contains("+3D") {
        return in_field(&value.replace("+3D", "=").replace("+2B", "+"));
    }
    in_field(value)
}

/// RFC 6533 3: `\x{XXXX}` stands for a code point; anything that is none stays as it is.
fn unitext(text: &str) -> Cow<'_, str> {
    if !text.contains("\\x{") {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\\x{") {
        plain.push_str(before);
        let code = after.split_once('}').and_then(|(hex, after)| {
            let code = u32::from_str_radix(hex.get(..hex.len().min(7))?, 16).ok()?;
            Some((char::from_u32(code)?, after))
        });
        rest = match code {
            Some((c, after)) => {
                plain.push(c);
                after
            }
            None => {
                plain.push_str("\\x{");
                after
            }
        };
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

/// The first address in running text.
pub(crate) fn first(text: &str) -> Option<Address> {
    all(text).next().map(|found| found.address)
}

/// An address and the bytes of the text that spell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) address: Address,
}

/// All addresses in running text, from left to right.
pub(crate) fn all(text: &str) -> impl Iterator<Item = Found> + '_ {
    let mut from = 0;
    memchr::memchr_iter(b'@', text.as_bytes()).filter_map(move |at| {
        if at < from {
            return None;
        }
        let found = around(text, from, at)?;
        from = found.end;
        Some(found)
    })
}

/// The address whose `@` stands at `at` and that does not start before `from`.
fn around(text: &str, from: usize, at: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    let lowest = from.max(at.saturating_sub(MAX_SIDE));
    let start = local_start(bytes, lowest, at)?;
    let bracketed = start > 0 && bytes[start - 1] == b'<';
    // `/var/mail/ann@example.com` is a file; `/G=Ann/S=Bee/@example.com` is an X.400 name behind a gateway.
    if !bracketed && bytes[start] == b'/' && !bytes[start..at].contains(&b'=') {
        return None;
    }
    let end = at + 1 + domain_length(&bytes[at + 1..], bracketed);
    // A full stop that ends the sentence, dashes that underline it.
    let spelled = text.get(start..end)?.trim_end_matches(['.', '-', '_']);
    let dotted = spelled.rsplit_once('@')?.1.contains('.');
    let address = Address::parse(spelled).filter(|_| dotted)?;
    Some(Found { start, end: start + spelled.len(), address })
}

/// How many bytes after the `@` belong to the domain. Letters beyond ASCII belong to it inside angle brackets, or
/// where ASCII alone gives no domain; elsewhere they are the next word of a language that puts no space there.
fn domain_length(bytes: &[u8], bracketed: bool) -> usize {
    let ascii = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    let bytes = &bytes[..bytes.len().min(MAX_SIDE)];
    let plain = bytes.iter().take_while(|b| ascii(b)).count();
    if bracketed || !bytes[..plain].contains(&b'.') {
        return bytes.iter().take_while(|b| ascii(b) || !b.is_ascii()).count();
    }
    plain
}

/// Where the local part before `at` starts: a quoted string, or a run of the characters that unquoted ones have; with
/// letters beyond ASCII only inside angle brackets or where nothing else is there.
fn local_start(bytes: &[u8], lowest: usize, at: usize) -> Option<usize> {
    if at > lowest && bytes[at - 1] == b'"' {
        let open = memchr::memrchr(b'"', &bytes[lowest..at - 1])?;
        return Some(lowest + open);
    }
    let atom = |b: u8| b.is_ascii_alphanumeric() || b".!#$%&'*+-/=?^_`{|}~".contains(&b);
    let run = |wide: bool| {
        let side = bytes[lowest..at].iter().rev();
        at - side.take_while(|b| atom(**b) || (wide && !b.is_ascii())).count()
    };
    let (narrow, wide) = (run(false), run(true));
    let bracketed = wide > 0 && bytes[wide - 1] == b'<';
    let mut start = if bracketed || narrow == at { wide } else { narrow };
    // Quotes and bullets that stand before an address are not part of it.
    while !bracketed && start < at && matches!(bytes[start], b'\'' | b'`' | b'*' | b'-' | b'.' | b'|') {
        start += 1;
    }
    (start < at).then_some(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipient_field_may_lack_its_type_or_wrap_its_address() {
        for (value, want) in [
            ("rfc822;ann@example.com", "ann@example.com"),
            ("RFC822; <ann@example.com>", "ann@example.com"),
            ("ann@example.com", "ann@example.com"),
            ("rfc822; \"Ann Bee\" <ann@example.com>", "ann@example.com"),
            ("unknown; ann@example.com (Ann)", "ann@example.com"),
            ("utf-8; \\x{E4}nn@example.com", "änn@example.com"),
            ("utf-8; änn@bücher.example", "änn@xn--bcher-kva.example"),
            ("rfc822;@relay.example:ann@example.com", "ann@example.com"),
        ] {
            assert_eq!(in_field(value).unwrap().as_str(), want, "{value}");
        }
    }

    #[test]
    fn the_last_word_of_something_else_is_no_recipient() {
        for (field, want) in [
            ("rfc822; =cmd|'/C calc'!A0@evil.example", None),
            ("rfc822; Ann Bee <ann@example.com>", Some("ann@example.com")),
            ("rfc822; (Ann) ann@example.com", Some("ann@example.com")),
            ("rfc822; ann@example.com (unknown)", Some("ann@example.com")),
        ] {
            assert_eq!(in_field(field).as_ref().map(Address::as_str), want, "{field}");
        }
    }

    #[test]
    fn forgotten_xtext_is_undone_in_the_original_recipient_only() {
        assert_eq!(in_original_field("rfc822;ann+2Btag+3Dx@example.com").unwrap().as_str(), "ann+tag=x@example.com");
        assert_eq!(in_original_field("rfc822;ann+20@example.com").unwrap().as_str(), "ann+20@example.com");
        assert_eq!(in_field("rfc822;ann+2B@example.com").unwrap().local(), "ann+2B");
    }

    #[test]
    fn addresses_are_found_in_sentences() {
        let text = "Mail to <ann@example.com>, 'bob@example.org' and \"c d\"@example.net. failed; see x@y or mailto:e@example.com.";
        let found: Vec<_> = all(text).map(|f| f.address.as_str().to_owned()).collect();
        assert_eq!(found, ["ann@example.com", "bob@example.org", "\"c d\"@example.net", "e@example.com"]);
    }

    #[test]
    fn letters_of_another_script_around_an_address_are_not_part_of_it() {
        for (text, want) in
            [("宛先ann@example.comへの配信", "ann@example.com"), ("<änn@bücher.example>", "änn@xn--bcher-kva.example")]
        {
            assert_eq!(first(text).unwrap().as_str(), want, "{text}");
        }
    }

    #[test]
    fn a_file_named_for_an_address_is_none() {
        for (text, want) in [
            ("cannot open /var/mail/ann@example.com: denied", None),
            ("</ann@example.com>", Some("/ann@example.com")),
            ("/G=Ann/S=Bee/@example.com", Some("/G=Ann/S=Bee/@example.com")),
        ] {
            assert_eq!(first(text).as_ref().map(Address::as_str), want, "{text}");
        }
    }

    #[test]
    fn a_line_of_at_signs_is_read_in_no_time_and_gives_nothing() {
        let text = "@".repeat(1 << 20);
        assert_eq!(all(&text).count(), 0);
    }
}
