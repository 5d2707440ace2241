//! Which host names stay readable in a template, and how a host is written.

use std::collections::HashMap;

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
    suffixes: HashMap<String, Keep>,
}

impl KnownHosts {
    /// Keeps a machine's suffix, such as `mail.protection.outlook.com`.
    pub fn keep_suffix(&mut self, suffix: &str) {
        let suffix = suffix.trim_start_matches('.').to_ascii_lowercase();
        self.suffixes.entry(suffix).or_insert(Keep::Suffix);
    }

    /// Keeps a zone or page host and what stands before it, such as `spamhaus.org`.
    pub fn keep_whole(&mut self, domain: &str) {
        self.suffixes.insert(domain.to_ascii_lowercase(), Keep::Whole);
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
            if is_host(&host) {
                self.keep_whole(&host);
            }
        }
    }

    fn find(&self, host: &str) -> Option<(usize, Keep)> {
        if let Some(&keep) = self.suffixes.get(host) {
            return Some((0, keep));
        }
        memchr::memchr_iter(b'.', host.as_bytes()).find_map(|dot| {
            let keep = *self.suffixes.get(&host[dot + 1..])?;
            Some((dot, keep))
        })
    }

    /// Writes a host: whole, `{host}.known.suffix`, or `{host}`. Says whether it is known.
    pub fn write(&self, host: &str, out: &mut String) -> bool {
        let lower = host.to_ascii_lowercase();
        match self.find(&lower) {
            None => {
                out.push_str("{host}");
                false
            }
            Some((0, _)) => {
                out.push_str(&lower);
                true
            }
            Some((dot, Keep::Whole)) if lower[..dot].bytes().all(|b| !b.is_ascii_digit()) => {
                out.push_str(&lower);
                true
            }
            Some((dot, _)) => {
                out.push_str("{host}");
                out.push_str(&lower[dot..]);
                true
            }
        }
    }
}

/// Whether a token is a host name: labels of letters, digits, `-` and `_`, and a top level that exists.
pub fn is_host(token: &str) -> bool {
    let Some((head, top)) = token.rsplit_once('.') else {
        return false;
    };
    let labelled = head.split('.').all(|label| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'*'))
    });
    // "e.g", "i.e": no host is that short.
    labelled && token.len() > 3 && is_top_level(top)
}

/// Whether a last label is a top-level domain, or one that private networks use. `Please` in "rejected.Please" is not,
/// nor is `RejectMessage`: only one letter case.
fn is_top_level(top: &str) -> bool {
    let bytes = top.as_bytes();
    let one_case = bytes.iter().all(u8::is_ascii_lowercase) || bytes.iter().all(u8::is_ascii_uppercase);
    if !one_case || bytes.len() < 2 {
        return false;
    }
    if bytes.len() == 2 {
        return true;
    }
    let lower = top.to_ascii_lowercase();
    matches!(
        lower.as_str(),
        "com"
            | "net"
            | "org"
            | "edu"
            | "gov"
            | "info"
            | "local"
            | "lan"
            | "internal"
            | "localdomain"
            | "example"
            | "test"
            | "invalid"
    ) || psl::suffix(lower.as_bytes()).is_some_and(|suffix| suffix.is_known())
}
