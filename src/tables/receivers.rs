//! Rows of receivers.toml, and the look-up by host that both wings use.
//! In: host names. Out: who runs them, which customer they stand for. What a reply's wording gives away is classify's work.

use std::collections::HashMap;
use std::path::Path;

use memchr::memmem::Finder;
use serde::Deserialize;

use super::host_map::HostMap;
use super::{Row, Table, TableError, load};

/// What a receiver does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReceiverKind {
    /// Hosts mailboxes.
    Provider,
    /// Filters for others.
    Gateway,
    /// A mail server that anyone may run; it says nothing about who runs it.
    Software,
}

/// One row.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receiver {
    /// The word in columns, such as `exchange_online`.
    pub name: String,
    /// What it does.
    pub kind: ReceiverKind,
    /// The key that incidents join it under; absent: its name.
    pub family: Option<String>,
    /// `.x` x and any host below it; `x` that host; one `*` label stands for any label.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Shapes of the label that marks one customer; the file's header explains them.
    #[serde(default)]
    pub customer: Vec<String>,
    /// Hosts that take our own mail in, in the same spelling as `hosts`.
    #[serde(default)]
    pub submission: Vec<String>,
    /// Regexes for wording that no other system uses.
    #[serde(default)]
    pub says: Vec<String>,
    /// Regexes, letter case exact, for the stable tags in its replies, such as `S3150`.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Hosts of its help pages, kept readable in templates.
    #[serde(default)]
    pub pages: Vec<String>,
    /// A product that others install: its own wording says more than a provider's host.
    #[serde(default)]
    pub appliance: bool,
    /// Words, letter case exact, around what the mailboxes' own server said: this system stands in front of them and answered us.
    #[serde(default)]
    pub fronts: Vec<String>,
    /// Words, letter case exact, around what a further system said to this one.
    #[serde(default)]
    pub wraps: Vec<String>,
    /// Where the row's knowledge comes from.
    pub source: String,
}

impl Table for Receiver {
    const FILE: &'static str = "receivers.toml";
    const KEY: &'static str = "receiver";
    const BUILT_IN: &'static str = include_str!("receivers.toml");
}

/// All receivers, with their hosts indexed by suffix.
#[derive(Debug)]
pub struct Receivers {
    rows: Vec<Row<Receiver>>,
    by_name: HashMap<String, usize>,
    hosts: Suffixes,
    submission: Suffixes,
    /// What each row puts around others' words, with its index.
    fronts: Vec<(Finder<'static>, usize)>,
    wraps: Vec<(Finder<'static>, usize)>,
}

impl Receivers {
    /// Loads the table, a user's rows first.
    ///
    /// # Errors
    /// A file that does not read, or a `customer` shape without its key.
    pub fn load(user_tables: Option<&Path>) -> Result<Receivers, TableError> {
        let rows = load::<Receiver>(user_tables)?;
        let (mut hosts, mut submission) = (Suffixes::default(), Suffixes::default());
        let (mut fronts, mut wraps) = (Vec::new(), Vec::new());
        let mut by_name = HashMap::new();
        for (index, row) in rows.iter().enumerate() {
            by_name.entry(row.value.name.clone()).or_insert(index);
            for pattern in &row.value.hosts {
                hosts.add(pattern, index);
            }
            for pattern in &row.value.submission {
                submission.add(pattern, index);
            }
            let marks =
                |words: &[String]| words.iter().map(|word| (Finder::new(word).into_owned(), index)).collect::<Vec<_>>();
            fronts.extend(marks(&row.value.fronts));
            wraps.extend(marks(&row.value.wraps));
            if let Some(shape) = row.value.customer.iter().find(|s| !s.contains('(')) {
                return Err(
                    row.error(format!("customer shape \"{shape}\" marks no key; put it in ( ), such as \"*-(&)\""))
                );
            }
        }
        Ok(Receivers { rows, by_name, hosts, submission, fronts, wraps })
    }

    /// The rows in order of the file, each with its place.
    pub fn rows(&self) -> &[Row<Receiver>] {
        &self.rows
    }

    /// Who runs a host; the longest suffix wins. Letter case and a trailing dot do not matter.
    /// `None` for hosts that no row names and for hosts that only take our own mail in.
    pub fn of_host(&self, host: &str) -> Option<&Receiver> {
        let host = bare(host);
        if self.submission.find(host).is_some() {
            return None;
        }
        let (index, _) = self.hosts.find(host)?;
        self.rows.get(index).map(|row| &row.value)
    }

    /// Who answers at a host, be it a recipient's or one that takes our own mail in.
    pub fn answering_at(&self, host: &str) -> Option<&Receiver> {
        let host = bare(host);
        let (index, _) = self.submission.find(host).or_else(|| self.hosts.find(host))?;
        self.rows.get(index).map(|row| &row.value)
    }

    /// Who stands in front of the mailboxes and answered with their server's words, by what it put around them.
    pub fn front_of(&self, around: &str) -> Option<&Receiver> {
        self.putting(around, &self.fronts)
    }

    /// Who passed on a further system's words, by what it put around them.
    pub fn wrapper_of(&self, around: &str) -> Option<&Receiver> {
        self.putting(around, &self.wraps)
    }

    fn putting(&self, around: &str, marks: &[(Finder<'static>, usize)]) -> Option<&Receiver> {
        let (_, index) = marks.iter().find(|(mark, _)| mark.find(around.as_bytes()).is_some())?;
        self.rows.get(*index).map(|row| &row.value)
    }

    /// The first row of a name.
    pub fn get(&self, name: &str) -> Option<&Receiver> {
        let index = *self.by_name.get(name)?;
        self.rows.get(index).map(|row| &row.value)
    }

    /// What a receiver does; `None` for names that no row has.
    pub fn kind(&self, name: &str) -> Option<ReceiverKind> {
        self.get(name).map(|receiver| receiver.kind)
    }

    /// The key that incidents join a receiver under, such as `google` for `google_workspace`; unknown names stand for themselves.
    pub fn family<'a>(&'a self, name: &'a str) -> &'a str {
        self.get(name).and_then(|receiver| receiver.family.as_deref()).unwrap_or(name)
    }

    /// Whether a host takes our own mail in for sending, so that it never stands for a recipient.
    pub fn is_submission(&self, host: &str) -> bool {
        self.submission.find(bare(host)).is_some()
    }

    /// What marks one customer on a gateway's or provider's host, as `RECEIVER:KEY`: `proofpoint:001b2d01` for
    /// `mx0a-001b2d01.pphosted.com`. `None` where hosts are shared.
    pub fn customer_key(&self, host: &str) -> Option<String> {
        let host = bare(host).to_ascii_lowercase();
        if self.submission.find(&host).is_some() {
            return None;
        }
        let (index, suffix_len) = self.hosts.find(&host)?;
        let receiver = &self.rows.get(index)?.value;
        let labels = host.get(..host.len().checked_sub(suffix_len)?)?;
        let key =
            receiver.customer.iter().find_map(|shape| labels.split('.').find_map(|label| key_of(shape, label)))?;
        Some(format!("{}:{key}", receiver.name))
    }
}

/// Without the dot and the white space that may stand around it.
fn bare(host: &str) -> &str {
    host.trim().trim_end_matches('.')
}

/// Host patterns by their literal suffix. Letter case does not matter.
#[derive(Debug, Default)]
struct Suffixes {
    spelled: HostMap<Spelled>,
    /// `head.*.tail` patterns.
    starred: Vec<(String, String, usize)>,
}

/// The rows that spell one name.
#[derive(Debug, Default)]
struct Spelled {
    /// As a host.
    exact: Option<usize>,
    /// As `.name`: it and any host below it.
    below: Option<usize>,
}

impl Suffixes {
    /// Adds one pattern; the first row to spell it keeps it, so that a user's rows win.
    fn add(&mut self, pattern: &str, row: usize) {
        if let Some((head, tail)) = pattern.split_once('*') {
            self.starred.push((head.to_owned(), tail.to_owned(), row));
        } else if let Some(suffix) = pattern.strip_prefix('.') {
            self.spelled.entry(suffix).get_or_insert_default().below.get_or_insert(row);
        } else {
            self.spelled.entry(pattern).get_or_insert_default().exact.get_or_insert(row);
        }
    }

    /// The row of the longest pattern that fits, and how many bytes of the host's end it spells (with the dot before them).
    fn find(&self, host: &str) -> Option<(usize, usize)> {
        let mut longest = None;
        for (at, spelled) in self.spelled.suffixes(host) {
            if at > 0 {
                longest = spelled.below.map(|row| (row, host.len() + 1 - at)).or(longest);
            } else if let Some(row) = spelled.exact.or(spelled.below) {
                return Some((row, host.len()));
            }
        }
        self.starred(host).or(longest)
    }

    fn starred(&self, host: &str) -> Option<(usize, usize)> {
        let (_, tail, row) = self.starred.iter().find(|(head, tail, _)| {
            let Some(middle) = host.len().checked_sub(head.len() + tail.len()).filter(|&len| len > 0) else {
                return false;
            };
            let (start, end) = (head.len(), head.len() + middle);
            let same = |from: usize, to: usize, part: &str| {
                host.get(from..to).is_some_and(|found| found.eq_ignore_ascii_case(part))
            };
            same(0, start, head) && same(end, host.len(), tail) && !host[start..end].contains('.')
        })?;
        Some((*row, tail.len()))
    }
}

/// What `( )` holds when `shape` fits all of `label`. `#` one digit or more, `&` eight hex digits, `*` anything.
fn key_of<'l>(shape: &str, label: &'l str) -> Option<&'l str> {
    let (from, to) = fit(shape.as_bytes(), label.as_bytes(), 0, (0, label.len()))?;
    label.get(from..to).filter(|key| !key.is_empty())
}

/// Fits the rest of a shape to the rest of a label; `at` is where the label's rest begins. Labels are at most 63 bytes.
fn fit(shape: &[u8], label: &[u8], at: usize, key: (usize, usize)) -> Option<(usize, usize)> {
    let rest = label.get(at..)?;
    let Some((&token, shape)) = shape.split_first() else {
        return rest.is_empty().then_some(key);
    };
    let run = |wanted: fn(&u8) -> bool| rest.iter().take_while(|b| wanted(b)).count();
    match token {
        b'(' => fit(shape, label, at, (at, key.1)),
        b')' => fit(shape, label, at, (key.0, at)),
        b'#' => match run(u8::is_ascii_digit) {
            0 => None,
            digits => fit(shape, label, at + digits, key),
        },
        b'&' => (run(u8::is_ascii_hexdigit) >= 8).then(|| fit(shape, label, at + 8, key)).flatten(),
        b'*' => (0..=rest.len()).rev().find_map(|n| fit(shape, label, at + n, key)),
        literal => (rest.first() == Some(&literal)).then(|| fit(shape, label, at + 1, key)).flatten(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receivers() -> Receivers {
        Receivers::load(None).unwrap()
    }

    #[test]
    fn the_longest_suffix_names_the_receiver() {
        let receivers = receivers();
        for (host, want) in [
            ("contoso-com.mail.protection.outlook.com", Some("exchange_online")),
            ("hotmail-com.olc.protection.outlook.com", Some("outlook_consumer")),
            ("Alt1.Gmail-SMTP-In.L.Google.com.", Some("google")),
            ("aspmx2.googlemail.com", Some("google_workspace")),
            ("mx-aol.mail.gm0.yahoodns.net", Some("yahoo")),
            ("mx0a-001b2d01.pphosted.com", Some("proofpoint")),
            ("mxa-001b2d01.gslb.pphosted.com", Some("proofpoint")),
            ("inbound-smtp.us-west-2.amazonaws.com", Some("amazon_ses")),
            ("ec2-192-0-2-1.us-west-2.compute.amazonaws.com", None),
            ("movistar.es", Some("telefonica")),
            ("xmovistar.es", None),
            ("cxr.mx.a.cloudfilter.net", Some("cox")),
            ("mwd-ibgw.ext.cloudfilter.net", Some("cloudmark")),
            ("mail.example.com", None),
            ("xhotmail.com", None),
            ("", None),
        ] {
            assert_eq!(receivers.of_host(host).map(|r| r.name.as_str()), want, "{host}");
        }
    }

    #[test]
    fn a_submission_host_is_nobodys_receiver() {
        let receivers = receivers();
        for host in [
            "smtp.office365.com",
            "smtp.gmail.com",
            "email-smtp.eu-west-1.amazonaws.com",
            "mail-db8eur05on2091.outbound.protection.outlook.com",
        ] {
            assert!(receivers.is_submission(host), "{host}");
            assert!(receivers.of_host(host).is_none(), "{host}");
        }
        assert!(!receivers.is_submission("aspmx.l.google.com"));
    }

    #[test]
    fn a_customers_host_yields_the_customers_key() {
        let receivers = receivers();
        for (host, want) in [
            ("mx0a-001b2d01.pphosted.com", Some("proofpoint:001b2d01")),
            ("mxb-001b2d01.gslb.pphosted.com", Some("proofpoint:001b2d01")),
            ("d290004a.ess.barracudanetworks.com", Some("barracuda:d290004")),
            ("mx2.hc2916-71.iphmx.com", Some("cisco_ironport:hc2916")),
            ("cust1793-1.in.mailcontrol.com", Some("forcepoint:cust1793")),
            ("contoso-com.mail.protection.outlook.com", Some("exchange_online:contoso-com")),
            ("eu-smtp-inbound-1.mimecast.com", None),
            ("cluster5.eu.messagelabs.com", None),
            ("mx1.pphosted.com", None),
        ] {
            assert_eq!(receivers.customer_key(host).as_deref(), want, "{host}");
        }
    }

    #[test]
    fn both_googles_are_one_family() {
        let receivers = receivers();
        assert_eq!(receivers.family("google_workspace"), receivers.family("google"));
        assert_eq!(receivers.family("other:example"), "other:example");
        assert_eq!(receivers.kind("mimecast"), Some(ReceiverKind::Gateway));
        assert_eq!(receivers.kind("nobody"), None);
    }

    #[test]
    fn names_and_host_patterns_stand_once() {
        let receivers = receivers();
        let mut seen = std::collections::HashSet::new();
        for row in receivers.rows() {
            let words = row.value.hosts.iter().chain(&row.value.submission);
            for word in std::iter::once(&row.value.name).chain(words) {
                assert!(seen.insert(word.clone()), "{}:{}: {word} stands twice", row.file, row.line);
            }
        }
    }
}
