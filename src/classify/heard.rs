//! What was heard: the fields of an event that naming looks at.

use crate::bounce::{Address, EnhancedStatus, Event, ReplyCode, SmtpCommand};
use crate::parse::reply;
use crate::tables::consumer_domains::ConsumerDomains;
use crate::tables::receivers::{Receiver, Receivers};

/// One reply and what is known around it.
#[derive(Debug, Clone, Copy)]
pub struct Heard<'a> {
    /// The innermost reply; empty when there was none.
    pub text: &'a str,
    /// Its code.
    pub code: Option<ReplyCode>,
    /// Its status.
    pub status: Option<EnhancedStatus>,
    /// The command that it answered.
    pub command: Option<SmtpCommand>,
    /// The receiver of the host that answered us.
    pub host: Option<&'a Receiver>,
    /// The receiver that serves the recipient's domain, where anyone may hold a mailbox: it speaks when no host is known.
    pub provider: Option<&'a str>,
    /// That receiver is no host that is named: it put its words around the reply.
    pub fronted: bool,
    /// That host passed on what another system said.
    pub relayed: bool,
    /// The reply names our sending domain, and neither the recipient nor its domain: it may speak of us.
    pub names_us: bool,
    /// The receiver whose words stand around the reply: it passed on what a further system said.
    pub wrapper: Option<&'a str>,
}

impl<'a> Heard<'a> {
    /// The part of an event that naming looks at.
    pub fn of_event(event: &'a Event, receivers: &'a Receivers, consumers: &'a ConsumerDomains) -> Heard<'a> {
        let text = event.reply.as_deref().or(event.diagnostic_code.as_deref()).unwrap_or_default();
        let around = event.diagnostic_code.as_deref().filter(|whole| whole.len() > text.len());
        let named_host = event.remote_mta.as_deref();
        let front = around.filter(|_| named_host.is_none()).and_then(|words| receivers.front_of(words));
        let relayed = front.is_none() && around.is_some_and(reply::is_relayed);
        Heard {
            text,
            code: event.reply_code,
            status: event.status,
            command: event.command,
            host: named_host.and_then(|host| receivers.answering_at(host)).or(front),
            provider: (named_host.is_none() && event.reply_code.is_some())
                .then(|| {
                    let mailed = event.recipient.as_ref().and_then(|mailed| consumers.provider_of(mailed.domain()));
                    mailed.or_else(|| quoted_provider(text, consumers))
                })
                .flatten(),
            fronted: front.is_some(),
            relayed,
            names_us: (event.names_us || event.sending_domain.is_some()) && {
                let ours = event.sending_domain.as_deref().unwrap_or_default();
                let mailed = [&event.recipient, &event.original_recipient, &event.final_recipient];
                (event.names_us || names(text, ours))
                    && !mailed.into_iter().flatten().any(|address| quotes(text, address, ours))
            },
            wrapper: around
                .filter(|_| relayed || named_host.is_none())
                .and_then(|words| receivers.wrapper_of(words))
                .map(|row| row.name.as_str()),
        }
    }

    /// A reply as the reader left it, answered by `host`.
    pub fn of_reply(reply: &'a reply::Reply, host: Option<&str>, receivers: &'a Receivers) -> Heard<'a> {
        // `from=DOMAIN` in an example's place of the host says what our domain is.
        let (ours, host) = match host.and_then(|host| host.strip_prefix("from=")) {
            Some(ours) => (Some(ours), None),
            None => (None, host),
        };
        let text = reply.text.as_deref().unwrap_or_default();
        Heard {
            text,
            names_us: ours.is_some_and(|ours| names(text, ours)),
            code: reply.code,
            status: reply.status,
            command: reply.command,
            host: host.or(reply.host.as_deref()).and_then(|host| receivers.answering_at(host)),
            provider: None,
            fronted: false,
            relayed: reply.relayed,
            wrapper: None,
        }
    }

    /// Whether the reply says "not now": by its code, else by its status.
    pub fn is_transient(&self) -> Option<bool> {
        let class = self.code.map(ReplyCode::class).or(self.status.map(|status| status.class));
        class.map(|class| class == 4)
    }
}

/// Whether a reply names a domain, alone or behind an `@`. A host in it (`mta1.example.com`) is only the peer.
fn names(text: &str, domain: &str) -> bool {
    let (text, domain) = (text.as_bytes(), domain.as_bytes());
    let Some((first, _)) = domain.split_first().filter(|_| text.len() >= domain.len()) else { return false };
    let in_host = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
    memchr::memchr2_iter(*first, first.to_ascii_uppercase(), text).any(|at| {
        let same = text.get(at..at + domain.len()).is_some_and(|found| found.eq_ignore_ascii_case(domain));
        let ends = || match text.get(at + domain.len()..).unwrap_or_default() {
            // A full stop may end the sentence.
            [b'.', next, ..] | [next, ..] if *next != b'.' => !in_host(next),
            _ => true,
        };
        // `bounces@mail.example.com` is an address of ours too.
        let host = text[..at].iter().rposition(|b| !in_host(b));
        let begins =
            at == 0 || !in_host(&text[at - 1]) || text[at - 1] == b'.' && host.is_some_and(|at| text[at] == b'@');
        same && begins && ends()
    })
}

/// Whether a reply names the recipient, or its domain where that is not ours too.
fn quotes(text: &str, recipient: &Address, ours: &str) -> bool {
    let local = recipient.local();
    let at = |place: usize| text.as_bytes().get(place + local.len()) == Some(&b'@');
    text.match_indices(local).any(|(place, _)| at(place))
        || recipient.domain() == ours
        || names(text, recipient.domain())
}

/// The provider of the first address that a reply quotes. A reply that speaks of the sender quotes the sender's.
fn quoted_provider<'a>(text: &str, consumers: &'a ConsumerDomains) -> Option<&'a str> {
    let rest = &text[memchr::memchr(b'@', text.as_bytes())? + 1..];
    let end = rest.bytes().position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))).unwrap_or(rest.len());
    let provider = consumers.provider_of(rest[..end].trim_end_matches('.'))?;
    let lower = text.to_ascii_lowercase();
    let speaks_of_sender = ["sender", "from", "helo", "contact", "report", "postmaster@", "abuse"];
    (!speaks_of_sender.iter().any(|word| lower.contains(word))).then_some(provider)
}
