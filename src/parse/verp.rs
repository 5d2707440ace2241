//! VERP: a recipient written into our own return path. In: an envelope sender such as
//! `<bounce+ann=example.org@mail.example.com>`. Out: `ann@example.org`, if it is one.
//!
//! Where the sender's own part ends, only the sender knows: `bounce-12-mary-jane=example.org` may mean `jane` or
//! `mary-jane`. So a path can confirm an address that something else names, and name one by itself only where there is
//! one way to read it.

use super::mailbox;
use crate::bounce::Address;

/// Local parts that hold `=` for another reason: BATV (`prvs=tag=local`), SRS (`SRS0=hash=tt=domain=local`).
const OTHER_SCHEMES: [&str; 5] = ["prvs=", "btv1==", "msprvs1=", "srs0", "srs1"];

/// What a return path says of a recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verp {
    /// The likeliest reading.
    pub(crate) recipient: Address,
    /// Whether there is no other.
    pub(crate) sure: bool,
    /// All that stands before the recipient's domain, and the domain, in lower case.
    left: String,
    domain: String,
}

impl Verp {
    /// Whether the path may mean this address.
    pub(crate) fn confirms(&self, address: &Address) -> bool {
        let user = address.local().to_ascii_lowercase();
        let begins = self.left.strip_suffix(user.as_str());
        address.domain() == self.domain
            && begins.is_some_and(|own| own.is_empty() || own.ends_with(['+', '-', '=', '_', '.', '#', '/']))
    }
}

/// Reads a return path; `None` if it holds no recipient.
pub(crate) fn read(return_path: &str) -> Option<Verp> {
    memchr::memchr(b'=', return_path.as_bytes())?;
    let path = mailbox::in_field(return_path)?;
    let local = path.local();
    let lower = local.to_ascii_lowercase();
    if OTHER_SCHEMES.iter().any(|scheme| lower.starts_with(scheme)) {
        return None;
    }
    let (left, domain) = local.rsplit_once('=')?;
    // What stands before the recipient ends at a delimiter; a recipient's own tag (`ann+tag`) is kept by cutting at
    // the first `+`, as senders write `bounce+ann+tag=example.org` or `bounce-123-ann=example.org`.
    let (user, sure) = match left.split_once('+') {
        // `bounces+k3Qm8-ann`: a token of the sender's own may stand there too.
        Some((_, user)) => match user.rsplit_once('-') {
            Some((token, rest)) if token.bytes().any(|b| b.is_ascii_digit()) => (rest, false),
            Some(_) => (user, false),
            None => (user, !user.contains('+')),
        },
        None => match left.rsplit_once('-') {
            Some((own, user)) => (user, !own.contains('-') || own.rsplit('-').next().is_some_and(is_number)),
            None => (left, true),
        },
    };
    let known = psl::suffix(domain.as_bytes()).is_some_and(|suffix| suffix.is_known());
    let recipient = (domain.contains('.') && known).then(|| Address::parse(&format!("{user}@{domain}")))??;
    let domain = recipient.domain().to_owned();
    Some(Verp { recipient, sure, left: left.to_ascii_lowercase(), domain })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipient_is_read_out_of_a_return_path() {
        for (path, want) in [
            ("<bounce+ann=example.org@mail.example.com>", Some(("ann@example.org", true))),
            ("bounce+ann+tag=example.org@mail.example.com", Some(("ann+tag@example.org", false))),
            ("bounce-123-ann=example.org@mail.example.com", Some(("ann@example.org", true))),
            ("bounce-mary-ann=example.org@mail.example.com", Some(("ann@example.org", false))),
            ("bounces+k3Qm8-ann=example.org@mail.example.com", Some(("ann@example.org", false))),
            ("b-77-ann=example.net@mail.example.com", Some(("ann@example.net", true))),
            ("prvs=123456=ann@example.com", None),
            ("SRS0=ab=cd=example.org=ann@example.com", None),
            ("news@example.com", None),
            ("a=b@example.com", None),
        ] {
            let read = read(path);
            assert_eq!(read.as_ref().map(|v| (v.recipient.as_str(), v.sure)), want, "{path}");
        }
    }

    #[test]
    fn a_path_confirms_every_address_that_it_may_mean() {
        let verp = read("bounce-12-mary-jane=example.org@mail.example.com").unwrap();
        for (address, want) in [
            ("jane@example.org", true),
            ("mary-jane@Example.org", true),
            ("ne@example.org", false),
            ("jane@example.net", false),
        ] {
            assert_eq!(verp.confirms(&Address::parse(address).unwrap()), want, "{address}");
        }
    }
}
