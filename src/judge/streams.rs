//! The four streams: which wordings fail, which show that a message got past, and who can be to blame. In: the mode.
//! Out: a `Stream`. Source: the method's table of streams and its table of text evidence.

use super::candidate::{Dimension, Stream};
use crate::bounce::FailureStream;
use crate::bounce::{Families, Family};

const GENERIC: Families = Family::Generic.set();
const IP: Families = Families::IP.with(GENERIC).with(Family::OddList.set());
const CAMPAIGN: Families = Family::Content.set().with(GENERIC);
const DOMAIN: Families = Families::DOMAIN.with(Family::Authentication.set()).with(CAMPAIGN);
const MAILBOX: Families = Family::Neutral.set().with(Family::Personal.set());
const NO_POLICY: Families = Family::Missing.set().with(MAILBOX);
const NOT_REACHED: Families = Family::SetUp.set().with(Family::Transient.set());

/// Same families for every dimension.
const fn all(families: Families) -> [Families; Dimension::COUNT] {
    [families; Dimension::COUNT]
}

/// Refusals by policy. A reply of another stream proves that the policies let us speak. Replies that name an IP do not
/// speak against a domain, and so on; explicit wording of a tenant speaks against none of ours.
///
/// Where deliveries are known, a relay error or a time-out proves nothing about policies; without them it is the only
/// measure of how much was sent.
pub const fn policy(rates: bool) -> Stream {
    let mut fails = all(Families::OURS);
    fails[Dimension::SendingIp as usize] = IP;
    fails[Dimension::SendingDomain as usize] = DOMAIN;
    fails[Dimension::Campaign as usize] = CAMPAIGN;
    Stream {
        name: FailureStream::Policy,
        fails,
        passes: if rates { NO_POLICY } else { NO_POLICY.with(NOT_REACHED) },
        dimensions: &[
            Dimension::Receiver,
            Dimension::SendingIp,
            Dimension::SendingDomain,
            Dimension::Campaign,
            Dimension::ListSource,
            Dimension::Pool,
        ],
        pairs: true,
    }
}

/// Relaying refused: our own connector.
pub const SET_UP: Stream = Stream {
    name: FailureStream::SetUp,
    fails: all(Family::SetUp.set()),
    passes: Families::POLICY.with(NO_POLICY).with(Family::Transient.set()),
    dimensions: &[Dimension::SendingIp, Dimension::SendingDomain, Dimension::Campaign],
    pairs: false,
};

/// Unknown addresses. A policy refusal does not tell whether the address exists.
pub const LIST: Stream = Stream {
    name: FailureStream::List,
    fails: all(Family::Missing.set()),
    passes: MAILBOX.with(Family::Transient.set()),
    dimensions: &[Dimension::Campaign, Dimension::ListSource],
    pairs: false,
};

/// Unknown addresses once more, before the lists are blamed: who says it may be the one that is not to be believed.
pub const UNKNOWN: Stream = Stream {
    dimensions: &[
        Dimension::Receiver,
        Dimension::SendingIp,
        Dimension::SendingDomain,
        Dimension::Campaign,
        Dimension::ListSource,
    ],
    pairs: true,
    ..LIST
};

/// Deferrals.
pub const TRANSIENT: Stream = Stream {
    name: FailureStream::Transient,
    fails: all(Family::Transient.set().with(Family::Delay.set())),
    passes: Families::POLICY.with(NO_POLICY).with(Family::SetUp.set()),
    dimensions: &[Dimension::Receiver, Dimension::Pool],
    pairs: false,
};
