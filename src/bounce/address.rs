//! Addresses. In: an address as a report or an export spells it. Out: `Address`, or nothing.
//!
//! The local part is kept byte for byte (RFC 5321 2.4: only its host may interpret it); the domain is the lower-case
//! A-label form, so that one domain is one key. Finding an address inside prose is parse's work.

use std::borrow::Cow;
use std::fmt;

/// Longest address kept, in bytes: RFC 5321 allows 64 + 1 + 255; some room for what is really sent.
const MAX_LEN: usize = 512;

/// An e-mail address with a domain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    text: String,
    at: usize,
}

impl Address {
    /// Reads `local@domain`; tolerates surrounding white space, angle brackets, a source route (`@a,@b:local@domain`)
    /// and a trailing dot. `None` when no domain can be made out, or when the address holds control characters.
    pub fn parse(text: &str) -> Option<Address> {
        Self::plain(text).or_else(|| Self::dressed(text))
    }

    /// An address as nearly all are: ASCII, nothing around it, nothing quoted.
    fn plain(text: &str) -> Option<Address> {
        let at = text.bytes().position(|b| !IN_LOCAL[usize::from(b)]).filter(|at| *at > 0)?;
        let domain = text.as_bytes().get(at..)?.strip_prefix(b"@")?;
        if text.len() > MAX_LEN || !is_domain(domain) {
            return None;
        }
        let mut text = text.to_owned();
        text[at..].make_ascii_lowercase();
        Some(Address { text, at })
    }

    fn dressed(text: &str) -> Option<Address> {
        let text = text.trim().trim_start_matches('<').trim_end_matches('>').trim();
        let text = match text.strip_prefix('@') {
            Some(route) => route.split_once(':')?.1,
            None => text,
        };
        if text.len() > MAX_LEN || has_control(text) {
            return None;
        }
        let (local, domain) = text.rsplit_once('@')?;
        let quoted = local.len() >= 2 && local.starts_with('"') && local.ends_with('"');
        if local.is_empty()
            || (!quoted && (has_mark(local) || !local.is_ascii() && local.chars().any(char::is_whitespace)))
        {
            return None;
        }
        let mut text = String::with_capacity(local.len() + 1 + domain.len());
        text.push_str(local);
        text.push('@');
        push_domain(&mut text, domain)?;
        Some(Address { text, at: local.len() })
    }

    /// The address as a list target wants it: local part as given, domain in A-labels.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The part before the last `@`, byte for byte.
    pub fn local(&self) -> &str {
        &self.text[..self.at]
    }

    /// The domain: lower case, A-labels, no trailing dot.
    pub fn domain(&self) -> &str {
        &self.text[self.at + 1..]
    }

    /// The form for comparing and counting: all lower case. Not for sending.
    pub fn key(&self) -> String {
        self.lower().into_owned()
    }

    /// The same, borrowed where the address is so already, as most are.
    pub fn lower(&self) -> Cow<'_, str> {
        // No way out in between: so the compiler looks at many bytes at once.
        let other = self.text.bytes().fold(false, |found, b| found | b.is_ascii_uppercase() | !b.is_ascii());
        if other { Cow::Owned(self.text.to_lowercase()) } else { Cow::Borrowed(&self.text) }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// The one spelling of a domain: lower case, A-labels, no trailing dot; an address literal stays in its brackets.
/// `None` for what cannot be a domain.
pub fn domain_key(domain: &str) -> Option<String> {
    if let Some(key) = plain_domain(domain) {
        return Some(key);
    }
    let mut key = String::with_capacity(domain.len());
    push_domain(&mut key, domain)?;
    Some(key)
}

/// A domain that needs nothing but lower case, as nearly all do; `None` for all else, be it one in other spelling.
pub fn plain_domain(domain: &str) -> Option<String> {
    is_domain(domain.as_bytes()).then(|| domain.to_ascii_lowercase())
}

/// A domain as people know it: `bücher.example (xn--bcher-kva.example)`. The A-labels stay beside it because letters of
/// different scripts look alike, and because lists and logs have them.
pub fn shown_domain(domain: &str) -> Cow<'_, str> {
    if !domain.contains("xn--") {
        return Cow::Borrowed(domain);
    }
    match idna::domain_to_unicode(domain) {
        (shown, Ok(())) if shown != domain => Cow::Owned(format!("{shown} ({domain})")),
        _ => Cow::Borrowed(domain),
    }
}

/// Appends the one spelling of a domain; `None`, and some rest appended, for what cannot be one.
fn push_domain(out: &mut String, domain: &str) -> Option<()> {
    let start = out.len();
    let domain = domain.trim().trim_end_matches('.');
    let literal = domain.starts_with('[') && domain.ends_with(']') && domain.len() > 2;
    if literal || domain.is_ascii() {
        out.push_str(domain);
        out[start..].make_ascii_lowercase();
    } else {
        out.push_str(&idna::domain_to_ascii(domain).ok()?);
    }
    (literal || is_domain(&out.as_bytes()[start..])).then_some(())
}

/// Whether a local part holds what only a quoted one may.
fn has_mark(local: &str) -> bool {
    local.bytes().any(|b| b.is_ascii_whitespace() || is_mark(b))
}

const fn is_mark(byte: u8) -> bool {
    matches!(byte, b'<' | b'>' | b'@' | b';' | b',' | b'(' | b')' | b'"')
}

/// Labels of 1 to 63 bytes with dots between them, 253 bytes in all (RFC 1035 2.3.4); `_` is seen in hosts' names.
fn is_domain(domain: &[u8]) -> bool {
    let mut label = 0;
    for byte in domain {
        match byte {
            b'.' if (1..64).contains(&label) => label = 0,
            byte if IN_LABEL[usize::from(*byte)] => label += 1,
            _ => return false,
        }
    }
    (1..64).contains(&label) && domain.len() <= 253
}

/// The bytes of a label.
static IN_LABEL: [bool; 256] = {
    let (mut table, mut at) = ([false; 256], 0);
    while at < table.len() {
        let byte = at as u8;
        table[at] = byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        at += 1;
    }
    table
};

/// The bytes of a plain local part: every sign that is neither blank nor a mark.
static IN_LOCAL: [bool; 256] = {
    let (mut table, mut at) = ([false; 256], 0);
    while at < table.len() {
        let byte = at as u8;
        table[at] = byte.is_ascii_graphic() && !is_mark(byte);
        at += 1;
    }
    table
};

/// Whether a text has control characters.
pub fn has_control(text: &str) -> bool {
    if text.is_ascii() { text.bytes().any(|b| b.is_ascii_control()) } else { text.chars().any(char::is_control) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_local_part_and_normalises_its_domain() {
        for (text, want) in [
            ("Ann.Bee@Example.COM", Some("Ann.Bee@example.com")),
            ("<ann@example.com>", Some("ann@example.com")),
            ("@relay.example.net,@mx.example.org:ann@example.com", Some("ann@example.com")),
            ("ann@example.com.", Some("ann@example.com")),
            ("\"ann bee\"@example.com", Some("\"ann bee\"@example.com")),
            ("ann@bücher.example", Some("ann@xn--bcher-kva.example")),
            ("ann@[192.0.2.1]", Some("ann@[192.0.2.1]")),
            ("=ann+tag@example.com", Some("=ann+tag@example.com")),
            ("ann", None),
            ("@example.com", None),
            ("ann bee@example.com", None),
            ("ann@", None),
            ("ann@exa mple.com", None),
            ("ann@example..com", None),
            ("an\u{7}n@example.com", None),
        ] {
            assert_eq!(Address::parse(text).as_ref().map(Address::as_str), want, "{text}");
        }
    }

    #[test]
    fn a_domain_is_shown_in_its_own_letters_and_in_a_labels() {
        for (domain, want) in [
            ("xn--bcher-kva.example", "bücher.example (xn--bcher-kva.example)"),
            ("example.com", "example.com"),
            ("xn--a.example", "xn--a.example"),
        ] {
            assert_eq!(shown_domain(domain), want);
        }
    }

    #[test]
    fn keys_of_one_mailbox_agree_whatever_the_case() {
        assert_eq!(Address::parse("Ann@Example.com").unwrap().key(), Address::parse("aNN@example.COM").unwrap().key());
    }
}
