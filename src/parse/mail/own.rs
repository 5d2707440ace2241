//! Our own addresses, as one mail gives them away. In: the report's header, the returned header, the reports' blocks.
//! Out: whether an address is ours. This is the one guard before an address can become a recipient: what it holds
//! never does, in whatever field or sentence it stands. (suppress guards its lists once more, by the shape of an address.)

use super::super::fields::{Field, Head, Line, lines};
use super::super::mailbox;
use crate::bounce::{Address, is_return_path};

/// Fields of the report's header that name to whom it was sent: to us.
const TO_US: [&str; 2] = ["To", "Delivered-To"];
/// Fields of the returned header that name who sent it: we.
const FROM_US: [&str; 4] = ["From", "Return-Path", "Sender", "Errors-To"];
/// Fields and addresses looked at, at most: more are a list of strangers.
const MAX_NAMED: usize = 8;

/// The addresses of ours that a mail names. They are looked for when an address is asked about: most mails name a
/// recipient or two, and to read all fields first would cost more than the rest of the guard.
#[derive(Debug, Default)]
pub(crate) struct OwnAddresses<'a> {
    /// Fields that name us.
    fields: Vec<Named<'a>>,
    /// The returned message's To: whom we mailed, be it ourselves.
    to: Option<Named<'a>>,
    /// Senders that reports' blocks name, in lower case.
    senders: Vec<String>,
}

/// A field that names addresses.
#[derive(Debug, Clone, Copy)]
struct Named<'a> {
    field: Field<'a>,
    /// Whether its addresses stand there as they are read.
    plain: bool,
}

impl<'a> Named<'a> {
    fn new(field: Field<'a>) -> Named<'a> {
        let raw = field.raw().as_bytes();
        // Exchange wraps addresses: `IMCEASMTP-ann+40example+2Ecom@example.org`.
        let wrapped = memchr::memchr_iter(b'M', raw).any(|at| raw[at..].starts_with(b"MCEA"));
        Named { field, plain: raw.is_ascii() && !wrapped }
    }
}

impl<'a> OwnAddresses<'a> {
    /// Those that the report was sent to, that the returned message was sent from, and that a report's block gives as
    /// the sender (`X-Postfix-Sender`).
    pub(super) fn of<T: AsRef<str>>(head: &Head<'a>, returned: Option<&Head<'a>>, status: &[T]) -> OwnAddresses<'a> {
        let mut own = OwnAddresses::default();
        own.add_fields(head, &TO_US);
        if let Some(returned) = returned {
            own.add_returned(returned);
        }
        for text in status {
            if memchr::memmem::find(text.as_ref().as_bytes(), b"-Sender:").is_some() {
                own.add_block(text.as_ref());
            }
        }
        own
    }

    /// Adds whom a returned header names as its sender.
    pub(crate) fn add_returned(&mut self, returned: &Head<'a>) {
        self.add_fields(returned, &FROM_US);
        self.to = returned.fields().iter().find(|field| field.is("To")).copied().map(Named::new);
    }

    /// Whether an address is ours: one of those, or a return path by its shape.
    pub(crate) fn holds(&self, address: &Address) -> bool {
        is_return_path(address.local())
            || self.fields.iter().any(|field| names(field, address))
            || self.senders.iter().any(|sender| *sender == *address.lower())
    }

    /// Whether we mailed this address of ours ourselves, as in a test of a campaign. Where a report names it in a field for
    /// recipients it is one, and still nobody to be listed.
    pub(crate) fn is_mailed_too(&self, address: &Address) -> bool {
        self.to.as_ref().is_some_and(|to| {
            // A local mailer writes the local part alone.
            let alone = || to.field.value().trim().trim_matches(['<', '>']).eq_ignore_ascii_case(address.local());
            names(to, address) || alone()
        }) && self.holds(address)
    }

    /// Whether a reply quotes an address of ours.
    pub(crate) fn is_quoted_in(&self, reply: &str) -> bool {
        reply.contains('@') && mailbox::all(reply).take(MAX_NAMED).any(|found| self.holds(&found.address))
    }

    fn add_fields(&mut self, head: &Head<'a>, names: &[&str]) {
        let named = head.fields().iter().filter(|field| names.iter().any(|name| field.is(name)));
        self.fields.extend(named.take(MAX_NAMED).copied().map(Named::new));
    }

    /// `X-Postfix-Sender: rfc822; bounces@example.com`.
    fn add_block(&mut self, text: &str) {
        for line in lines(text) {
            if let Line::Field(field) = line
                && field.is("X-Postfix-Sender")
                && let Some(address) = mailbox::in_field(&field.value())
            {
                self.senders.push(address.key());
            }
        }
    }
}

/// Whether a field names an address, in any case. A field in another spelling (a domain in its own letters, something
/// wrapped) is read as addresses are.
fn names(named: &Named<'_>, address: &Address) -> bool {
    let Named { field, plain } = named;
    let (raw, local, domain) = (field.raw().as_bytes(), address.local().as_bytes(), address.domain().as_bytes());
    let spelled = memchr::memchr_iter(b'@', raw).take(MAX_NAMED).any(|at| {
        let before = at.checked_sub(local.len()).and_then(|start| Some((start, raw.get(start..at)?)));
        let after = raw.get(at + 1..at + 1 + domain.len());
        let atom =
            |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || b".!#$%&*+-/=?^_`{|}~".contains(b));
        let host = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
        before.is_some_and(|(start, found)| {
            found.eq_ignore_ascii_case(local) && !atom(start.checked_sub(1).and_then(|before| raw.get(before)))
        }) && after.is_some_and(|found| found.eq_ignore_ascii_case(domain))
            && !host(raw.get(at + 1 + domain.len()))
    });
    spelled
        || !plain && mailbox::all(&field.value()).take(MAX_NAMED).any(|found| found.address.lower() == address.lower())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(own: &OwnAddresses, address: &str) -> bool {
        own.holds(&Address::parse(address).unwrap())
    }

    #[test]
    fn ours_is_who_got_the_report_and_who_sent_the_message() {
        let head = Head::read(
            "From: MAILER-DAEMON@mx.example.net\nTo: Bounces <b@news.example.com>\nDelivered-To: box@example.com\n",
        );
        let returned = Head::read(
            "From: \"a@b.example\" <News@example.com>\nReturn-Path: <ret@example.com>\nTo: ann@example.org\nReply-To: ask@example.com\n",
        );
        let status = ["Reporting-MTA: dns; x\nX-Postfix-Sender: rfc822; env@example.com\n"];
        let own = OwnAddresses::of(&head, Some(&returned), &status);
        for address in
            ["b@news.example.com", "box@example.com", "news@example.com", "ret@example.com", "ENV@example.com"]
        {
            assert!(holds(&own, address), "{address}");
        }
        for address in ["ann@example.org", "MAILER-DAEMON@mx.example.net", "ask@example.com", "colleague@example.com"] {
            assert!(!holds(&own, address), "{address}");
        }
    }

    #[test]
    fn a_return_path_is_ours_whoever_names_it() {
        let own = OwnAddresses::default();
        assert!(holds(&own, "bounces+ann=example.org@news.example.com"));
        assert!(holds(&own, "SRS0=ab=cd=example.com=news@forward.example.net"));
        assert!(!holds(&own, "ann@example.org"));
    }
}
