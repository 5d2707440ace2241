//! Replies about somebody else. In: an event. Out: the same, marked where its reply speaks of a mailbox that is neither the
//! one that was mailed nor one that the report names beside it: our own address, or where somebody forwards his mail to.
//! Such a reply proves nothing against the recipient, whatever it says.

use super::mailbox;
use crate::bounce::{Address, Event, Kind, Unproven};

/// How far into a reply the address stands that it speaks of, in bytes; further on stands whom to ask.
const SUBJECT_REACH: usize = 48;

/// Marks the event, if its reply is about somebody else.
pub(super) fn mark(event: &mut Event) {
    if event.kind == Kind::Bounce && event.unproven.is_none() && speaks_of_another(event) {
        event.unproven = Some(Unproven::OtherMailbox);
    }
}

/// Whether the reply names mailboxes and none of ours to know. The same local part at another domain is how hosts rewrite
/// an address inside the house.
fn speaks_of_another(event: &Event) -> bool {
    let Some(reply) = event.reply.as_deref().filter(|reply| reply.contains('@')) else { return false };
    // Nearly all that quote an address quote the recipient's.
    if event.recipient.as_ref().is_some_and(|address| reply.contains(address.as_str())) {
        return false;
    }
    let known: Vec<&Address> =
        [&event.recipient, &event.original_recipient, &event.final_recipient].into_iter().flatten().collect();
    if known.is_empty() {
        return false;
    }
    let is_known = |named: &Address| known.iter().any(|address| is_same_mailbox(address.local(), named.local()));
    let mut another = false;
    for found in mailbox::all(reply) {
        if is_known(&found.address) {
            return false;
        }
        let bracketed = reply[..found.start].ends_with('<');
        another |= (bracketed || found.start <= SUBJECT_REACH) && !is_desk(found.address.local());
    }
    another
}

/// Whether two local parts are one mailbox's: they are equal, or differ in the detail behind a plus sign (RFC 5233).
fn is_same_mailbox(one: &str, other: &str) -> bool {
    let plain = |local: &str| local.split_once('+').map_or(local.len(), |(mailbox, _)| mailbox.len());
    one[..plain(one)].eq_ignore_ascii_case(&other[..plain(other)])
}

/// Whether an address is where to ask (RFC 2142): what such local parts begin with.
fn is_desk(local: &str) -> bool {
    let lower = local.to_ascii_lowercase();
    [
        "postmaster",
        "abuse",
        "support",
        "help",
        "admin",
        "hostmaster",
        "security",
        "noc",
        "mailer-daemon",
        "contact",
        "info",
    ]
    .iter()
    .any(|desk| lower.starts_with(desk))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounce::Origin;

    fn marked(reply: &str) -> bool {
        let mut event = Event::new(Origin { source: "t".into(), index: 0 }, Kind::Bounce, "t");
        event.recipient = Address::parse("Ann.Bee@example.org");
        event.reply = Some(reply.to_owned());
        mark(&mut event);
        event.unproven == Some(Unproven::OtherMailbox)
    }

    #[test]
    fn a_reply_about_another_mailbox_proves_nothing() {
        for (reply, want) in [
            ("550 5.1.1 <ann.bee@example.org>: User unknown", false),
            ("550 5.1.1 <ann.bee@mail7.example.net>: User unknown", false),
            ("550 5.1.1 <ann.bee+news@example.org>: User unknown", false),
            ("550 5.1.1 User unknown", false),
            ("550 5.1.1 User unknown; write to postmaster@example.org", false),
            ("550 5.1.1 <postmaster@example.org> User unknown", false),
            ("550 No such user here. If this is wrong, please tell carl@example.org about it", false),
            ("550 5.1.1 <news@example.com>: User unknown", true),
            ("550 news@example.com does not exist", true),
            ("550 5.1.1 <private@example.net> unknown, forwarded from <ann.bee@example.org>", false),
        ] {
            assert_eq!(marked(reply), want, "{reply}");
        }
    }
}
