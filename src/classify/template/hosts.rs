//! Which host names stay readable in a template, and how a host is written.

use crate::tables::host_map::HostMap;

use super::kinds::{self, LABELS};

/// How a known suffix treats the labels before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    /// The labels name a zone or a page: they stay unless they vary (`zen.` in `zen.spamhaus.org`).
    Whole,
    /// The labels name one machine or one customer: they become `{host}`.
    Suffix,
}

/// Hosts that tables spell, by their lower-case suffix without a leading dot.
#[derive(Debug, Default)]
pub struct KnownHosts {
    suffixes: HostMap<Keep>,
}

impl KnownHosts {
    /// Keeps a machine's suffix, such as `mail.protection.outlook.com`.
    pub fn keep_suffix(&mut self, suffix: &str) {
        self.suffixes.entry(suffix.trim_start_matches('.')).get_or_insert(Keep::Suffix);
    }

    /// Keeps a zone or page host and what stands before it, such as `spamhaus.org`.
    pub fn keep_whole(&mut self, domain: &str) {
        *self.suffixes.entry(domain) = Some(Keep::Whole);
    }

    /// Keeps every host that a regex spells in full, such as `postmaster\.example\.com`.
    pub fn keep_spelled(&mut self, regex: &str) {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let mut rest = regex;
        while let Some(dot) = rest.find("\\.") {
            let head = &rest[..dot];
            let from = head.rfind(|c| !plain(c)).map_or(0, |i| i + 1);
            let mut host = head[from..].to_ascii_lowercase();
            // `\bmail`: the b belongs to the escape.
            if from > 0 && head.as_bytes()[from - 1] == b'\\' {
                host.remove(0);
            }
            rest = &rest[dot..];
            while let Some(tail) = rest.strip_prefix("\\.") {
                let len = tail.find(|c| !plain(c)).unwrap_or(tail.len());
                if len > 0 && !host.is_empty() {
                    host.push('.');
                }
                host.push_str(&tail[..len].to_ascii_lowercase());
                rest = &tail[len..];
                if len == 0 {
                    break;
                }
            }
            if is_host(&host, kinds::bits(&host)) {
                self.keep_whole(&host);
            }
        }
    }

    /// Writes a host: whole, `{host}.known.suffix`, or `{host}`. Says whether it is known.
    pub fn write(&self, host: &str, out: &mut String) -> bool {
        let Some((at, &keep)) = self.suffixes.deepest(host) else {
            out.push_str("{host}");
            return false;
        };
        let labels = &host[..at];
        let from = if at == 0 || (keep == Keep::Whole && !labels.bytes().any(|b| b.is_ascii_digit())) {
            0
        } else {
            out.push_str("{host}");
            // The dot before the suffix stays.
            at - 1
        };
        let start = out.len();
        out.push_str(&host[from..]);
        out[start..].make_ascii_lowercase();
        true
    }
}

/// Whether a token is a host name: labels of letters, digits, `-`, `_` and `*` (as texts about hosts write it), and a
/// top level that exists. `kinds`: the bits of its bytes.
pub fn is_host(token: &str, kinds: u16) -> bool {
    let bytes = token.as_bytes();
    // "e.g", "i.e": no host is that short.
    if kinds & !LABELS != 0 || bytes.len() <= 3 {
        return false;
    }
    let dot = bytes.iter().rposition(|byte| *byte == b'.');
    dot.is_some_and(|dot| is_top_level(&token[dot + 1..]) && are_labels(&bytes[..dot]))
}

/// Whether dots leave labels of one to 63 bytes.
fn are_labels(text: &[u8]) -> bool {
    let is_dot = |byte: &u8| *byte == b'.';
    // No way out in between: so the compiler looks at many bytes at once.
    let pairs = text.iter().zip(text.iter().skip(1));
    let empty = pairs.fold(false, |found, (a, b)| found | (is_dot(a) & is_dot(b)));
    let ends = [text.first(), text.last()].into_iter().all(|byte| byte.is_some_and(|byte| !is_dot(byte)));
    !empty && ends && (text.len() <= 63 || text.split(is_dot).all(|label| label.len() <= 63))
}

/// The longest name of a top-level domain in letters, with room.
const LONGEST_TOP: usize = 24;

/// Whether a last label is a top-level domain, or one that private networks use. `Please` in "rejected.Please" is not,
/// nor is `RejectMessage`: only one letter case.
fn is_top_level(top: &str) -> bool {
    let bytes = top.as_bytes();
    let one_case = bytes.iter().all(u8::is_ascii_lowercase) || bytes.iter().all(u8::is_ascii_uppercase);
    if !one_case || !(2..=LONGEST_TOP).contains(&bytes.len()) {
        return false;
    }
    if bytes.len() == 2 {
        return true;
    }
    let mut lower = [0; LONGEST_TOP];
    let lower = &mut lower[..bytes.len()];
    lower.copy_from_slice(bytes);
    lower.make_ascii_lowercase();
    matches!(
        &*lower,
        b"com"
            | b"net"
            | b"org"
            | b"edu"
            | b"gov"
            | b"info"
            | b"local"
            | b"lan"
            | b"internal"
            | b"localdomain"
            | b"example"
            | b"test"
            | b"invalid"
    ) || psl::suffix(lower).is_some_and(|suffix| suffix.is_known())
}
