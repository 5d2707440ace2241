//! Postfix mail logs. In: consecutive lines. Out: a delivery or an event for each recipient that a line speaks about. The sender
//! and the Message-ID stand on earlier lines of the same queue id; what lies before the lines given is not known.

use std::collections::{BTreeMap, HashMap};

use super::build::Setting;
use super::formats::POSTFIX;
use super::{clean, content, syslog};
use crate::bounce::{Address, Delivery, Event, Kind, Origin, Reject, RejectReason, Timestamp};
use crate::parse::{Parsed, reply, sending_ip};

/// Messages remembered at once. When one more comes, all are forgotten: a log with so many open ones is no log.
const MAX_OPEN: usize = 200_000;
/// Recipients remembered for a message that may yet expire.
const MAX_WAITING: usize = 1000;

/// What is known of a message in the queue.
#[derive(Debug, Default)]
struct Message<'t> {
    id: Option<&'t str>,
    sender: Option<&'t str>,
    /// The last delay of each recipient: what an expiry ends.
    waiting: BTreeMap<&'t str, Attempt<'t>>,
}

/// One line that says how a delivery to one recipient went.
#[derive(Debug, Clone, Copy)]
struct Attempt<'t> {
    service: &'t str,
    to: &'t str,
    orig_to: Option<&'t str>,
    relay: &'t str,
    dsn: &'t str,
    status: &'t str,
    text: &'t str,
}

/// Reads lines; those `before` only tell what the later ones belong to.
pub(super) fn read(setting: &Setting, origin: &Origin, before: &str, text: &str, out: &mut Parsed) {
    let (open, first) = (HashMap::new(), origin.index);
    let (origin, at) = (origin.clone(), None);
    let mut log = Log { setting, origin, at, warned: false, ours: false, open, muted: true, line: "", out };
    before.lines().for_each(|line| log.line(line));
    log.muted = false;
    for line in text.lines() {
        log.line(line);
        log.origin.index += 1;
    }
    // A system's log may hold much of others before Postfix comes; what begins with nothing of it is told once.
    if !log.ours && first == 0 {
        log.origin.index = 0;
        log.reject(RejectReason::UnknownFormat, "no line is Postfix's; logs of Exim, Sendmail and others are not read");
    }
}

struct Log<'s, 't, 'o> {
    setting: &'s Setting,
    /// Of the line at hand.
    origin: Origin,
    at: Option<Timestamp>,
    /// Whether it was said that times are missing.
    warned: bool,
    /// Whether Postfix wrote a line.
    ours: bool,
    open: HashMap<&'t str, Message<'t>>,
    /// Whether lines are read only for what they tell of later ones.
    muted: bool,
    /// The line at hand.
    line: &'t str,
    out: &'o mut Parsed,
}

impl<'t> Log<'_, 't, '_> {
    fn line(&mut self, line: &'t str) {
        self.line = line;
        let Some(entry) = syslog::read(line) else { return };
        let Some(service) = entry.program.strip_prefix("postfix").map(|rest| rest.rsplit('/').next().unwrap_or(rest))
        else {
            return;
        };
        self.ours = true;
        let Some((queue_id, rest)) = entry.text.split_once(": ") else { return };
        if !is_queue_id(queue_id) {
            return;
        }
        self.at = entry.time(self.setting);
        if self.at.is_none() && !self.warned && !self.muted {
            self.warned = true;
            self.reject(RejectReason::BadRow, "times without year or zone are left out; give --as-of and --time-zone");
        }
        if let Some(id) = rest.strip_prefix("message-id=") {
            self.message(queue_id).id = Some(id);
        } else if let Some(sender) = rest.strip_prefix("from=<") {
            self.sender(queue_id, sender);
        } else if rest == "removed" {
            self.open.remove(queue_id);
        } else if let Some(attempt) = attempt(service, rest) {
            self.attempt(queue_id, attempt);
        }
    }

    fn message(&mut self, queue_id: &'t str) -> &mut Message<'t> {
        if self.open.len() >= MAX_OPEN {
            self.open.clear();
        }
        self.open.entry(queue_id).or_default()
    }

    /// `from=<...>, size=...`, or the end of a message: `from=<...>, status=expired, returned to sender`.
    fn sender(&mut self, queue_id: &'t str, rest: &'t str) {
        let Some((sender, rest)) = rest.split_once('>') else { return };
        let message = self.message(queue_id);
        message.sender = Some(sender);
        if rest.contains("status=expired") || rest.contains("status=force-expired") {
            let waiting = std::mem::take(&mut message.waiting);
            if waiting.is_empty() {
                self.reject(RejectReason::NoRecipient, "expired; the lines that name its recipients are not here");
            }
            for attempt in waiting.into_values() {
                self.emit(queue_id, &attempt, Kind::Bounce);
            }
        }
    }

    fn attempt(&mut self, queue_id: &'t str, attempt: Attempt<'t>) {
        let kind = match attempt.status {
            "sent" if attempt.leaves_us() => Kind::Delivered,
            "bounced" | "expired" => Kind::Bounce,
            "deferred" | "SOFTBOUNCE" => Kind::Delay,
            _ => Kind::Other,
        };
        let message = self.message(queue_id);
        if kind != Kind::Delay {
            message.waiting.remove(attempt.to);
        } else if message.waiting.len() < MAX_WAITING {
            message.waiting.insert(attempt.to, attempt);
        }
        self.emit(queue_id, &attempt, kind);
    }

    fn emit(&mut self, queue_id: &str, attempt: &Attempt<'_>, kind: Kind) {
        if self.muted {
            return;
        }
        let original = attempt.orig_to.and_then(Address::parse);
        let last = Address::parse(attempt.to);
        let Some(recipient) = original.clone().or_else(|| last.clone()) else {
            let detail = format!("recipient \"{}\" is not an address", clean::excerpt(attempt.to));
            return self.reject(RejectReason::BadRow, &detail);
        };
        let message = self.open.get(queue_id);
        let message_id = message.and_then(|m| m.id).and_then(clean::message_id);
        let sending_domain = message.and_then(|m| m.sender).and_then(clean::domain);
        // A report that we send ourselves has no sender; where it goes says nothing of our mail.
        let kind = if message.is_some_and(|m| m.sender == Some("")) { Kind::Other } else { kind };
        // Without an address it is the name of a transport, such as `local`, or `none`.
        let remote_mta = attempt.relay.split_once('[').and_then(|(host, _)| clean::host(host));
        if kind == Kind::Delivered {
            return self.out.deliveries.push(Delivery {
                origin: self.origin.clone(),
                recipient_domain: recipient.domain().to_owned(),
                recipient: Some(recipient),
                count: 1,
                timestamp: self.at,
                sending_ip: None,
                sending_domain,
                campaign_id: None,
                list_source: None,
                remote_mta,
                message_id,
            });
        }
        let mut event = Event::new(self.origin.clone(), kind, POSTFIX);
        event.timestamp = self.at;
        event.original_recipient = original;
        event.final_recipient = last;
        event.recipient = Some(recipient);
        event.message_id = message_id;
        event.mail_from_domain.clone_from(&sending_domain);
        event.sending_domain = sending_domain;
        // The end of a message is one line for all that wait.
        event.content = content::of_line(&self.setting.key, self.line, attempt.to);
        attempt.reply(&mut event);
        event.remote_mta = remote_mta.or(event.remote_mta);
        self.out.events.push(event);
    }

    fn reject(&mut self, reason: RejectReason, detail: &str) {
        if !self.muted {
            let detail = format!("{POSTFIX}: {detail}");
            self.out.rejects.push(Reject { origin: self.origin.clone(), reason, detail });
        }
    }
}

impl Attempt<'_> {
    /// Whether the message went to another system; not to a mailbox or a filter of our own, nor to a socket.
    fn leaves_us(&self) -> bool {
        let own = ["127.", "::1", "localhost", "/", "private/"];
        let host = self.relay.split_once('[').map_or(self.relay, |(_, ip)| ip);
        !matches!(self.service, "local" | "virtual" | "pipe" | "discard" | "error" | "retry")
            && !own.iter().any(|start| host.starts_with(start) || self.relay.starts_with(start))
    }

    fn reply(&self, event: &mut Event) {
        let status = clean::status(self.dsn);
        event.status_field = status;
        event.status = status;
        if self.text.is_empty() {
            return;
        }
        let text = clean::capped(self.text, clean::MAX_TEXT);
        let reply = reply::read(text);
        event.diagnostic_code = Some(text.to_owned());
        event.reply_code = reply.code;
        event.status = reply.status.or(status);
        event.command = reply.command;
        event.remote_mta = reply.host;
        event.reply = reply.text;
        event.sending_ip = sending_ip::from_reply(text);
    }
}

/// `to=<...>, orig_to=<...>, relay=..., delay=..., dsn=..., status=WORD (text)`.
fn attempt<'t>(service: &'t str, rest: &'t str) -> Option<Attempt<'t>> {
    let (to, rest) = rest.strip_prefix("to=<")?.split_once(">, ")?;
    let (fields, status) = rest.split_once("status=")?;
    let field = |name: &str| fields.split(", ").find_map(|field| field.strip_prefix(name));
    let (status, text) = status.split_once(' ').unwrap_or((status, ""));
    let text = text.strip_prefix('(').map_or(text, |text| text.strip_suffix(')').unwrap_or(text));
    let orig_to = field("orig_to=").map(|address| address.trim_start_matches('<').trim_end_matches('>'));
    let (relay, dsn) = (field("relay=").unwrap_or("none"), field("dsn=").unwrap_or(""));
    Some(Attempt { service, to, orig_to, relay, dsn, status, text })
}

/// Short ids are hexadecimal, long ones use letters and digits; `NOQUEUE` and `warning` are none.
fn is_queue_id(word: &str) -> bool {
    (5..=24).contains(&word.len())
        && word.bytes().all(|b| b.is_ascii_alphanumeric())
        && word.bytes().any(|b| b.is_ascii_digit())
}
