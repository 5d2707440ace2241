//! VERP: a recipient written into our own return path. In: an envelope sender such as
//! `<bounce+ann=example.org@mail.example.com>`. Out: `ann@example.org`, if it is one.

use super::mailbox;
use crate::bounce::Address;

/// Local parts that hold `=` for another reason: BATV (`prvs=tag=local`), SRS (`SRS0=hash=tt=domain=local`).
const OTHER_SCHEMES: [&str; 5] = ["prvs=", "btv1==", "msprvs1=", "srs0", "srs1"];

/// The recipient in a return path, or `None`.
pub(crate) fn recipient(return_path: &str) -> Option<Address> {
    let path = mailbox::in_field(return_path)?;
    let local = path.local();
    let lower = local.to_ascii_lowercase();
    if OTHER_SCHEMES.iter().any(|scheme| lower.starts_with(scheme)) {
        return None;
    }
    let (left, domain) = local.rsplit_once('=')?;
    // What stands before the recipient ends at a delimiter; a recipient's own tag (`ann+tag`) is kept by cutting at
    // the first one, as senders write `bounce+ann+tag=example.org` or `bounce-123-ann=example.org`.
    let user = match left.split_once('+') {
        Some((_, user)) => user,
        None => left.rsplit_once('-').map_or(left, |(_, user)| user),
    };
    let known = psl::suffix(domain.as_bytes()).is_some_and(|suffix| suffix.is_known());
    (domain.contains('.') && known).then(|| Address::parse(&format!("{user}@{domain}")))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipient_is_read_out_of_a_return_path() {
        for (path, want) in [
            ("<bounce+ann=example.org@mail.example.com>", Some("ann@example.org")),
            ("bounce+ann+tag=example.org@mail.example.com", Some("ann+tag@example.org")),
            ("bounce-123-ann=example.org@mail.example.com", Some("ann@example.org")),
            ("prvs=123456=ann@example.com", None),
            ("SRS0=ab=cd=example.org=ann@example.com", None),
            ("news@example.com", None),
            ("a=b@example.com", None),
        ] {
            assert_eq!(recipient(path).as_ref().map(Address::as_str), want, "{path}");
        }
    }
}
