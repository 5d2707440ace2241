//! What was heard: the fields of an event that naming looks at.

use crate::bounce::{EnhancedStatus, Event, ReplyCode, SmtpCommand};
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
    /// That host passed on what another system said.
    pub relayed: bool,
}

impl<'a> Heard<'a> {
    /// The part of an event that naming looks at.
    pub fn of_event(event: &'a Event, receivers: &'a Receivers, consumers: &'a ConsumerDomains) -> Heard<'a> {
        let text = event.reply.as_deref().or(event.diagnostic_code.as_deref()).unwrap_or_default();
        let relayed =
            event.diagnostic_code.as_deref().is_some_and(|whole| whole.len() > text.len() && reply::is_relayed(whole));
        Heard {
            text,
            code: event.reply_code,
            status: event.status,
            command: event.command,
            host: event.remote_mta.as_deref().and_then(|host| receivers.of_host(host)),
            provider: event
                .recipient
                .as_ref()
                .filter(|_| event.remote_mta.is_none() && event.reply_code.is_some())
                .and_then(|recipient| consumers.provider_of(recipient.domain())),
            relayed,
        }
    }

    /// A reply as the reader left it, answered by `host`.
    pub fn of_reply(reply: &'a reply::Reply, host: Option<&str>, receivers: &'a Receivers) -> Heard<'a> {
        Heard {
            text: reply.text.as_deref().unwrap_or_default(),
            code: reply.code,
            status: reply.status,
            command: reply.command,
            host: host.or(reply.host.as_deref()).and_then(|host| receivers.of_host(host)),
            provider: None,
            relayed: reply.relayed,
        }
    }

    /// Whether the reply says "not now": by its code, else by its status.
    pub fn is_transient(&self) -> Option<bool> {
        let class = self.code.map(ReplyCode::class).or(self.status.map(|status| status.class));
        class.map(|class| class == 4)
    }
}
