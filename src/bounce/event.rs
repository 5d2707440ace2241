//! What travels: events, deliveries, classifications, rejects, and where each came from.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use super::{
    Action, Address, Basis, Blames, Cause, EnhancedStatus, Kind, Loss, Permanence, RejectReason, ReplyCode,
    SmtpCommand, Unproven,
};

/// Milliseconds since 1970-01-01T00:00:00Z. Reading dates is `parse::date`'s work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with milliseconds where there are any; years beyond 9999 print as the number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(time) => f.pad(&time.to_string()),
            Err(_) => write!(f, "{}", self.0),
        }
    }
}

impl Timestamp {
    /// Milliseconds of a day.
    pub const DAY: i64 = 86_400_000;

    /// The UTC date, `YYYY-MM-DD`; `None` outside the years that a calendar names.
    pub fn date(self) -> Option<String> {
        let time = jiff::Timestamp::from_millisecond(self.0).ok()?;
        Some(time.to_zoned(jiff::tz::TimeZone::UTC).date().to_string())
    }
}

/// Where an item was read: the trail back from every claim.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The path as given or found; inside an archive `outer.zip!inner.eml`; `-` for standard input.
    pub source: Arc<str>,
    /// Position within the source, from 0: the message in an mbox, the line of an NDJSON file, the record of a CSV.
    pub index: u64,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.source, self.index)
    }
}

/// One recipient that one report speaks about. Everything that the report does not say is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Where it was read.
    pub origin: Origin,
    /// What the report says happened.
    pub kind: Kind,
    /// Which grammar read it: `rfc3464`, `arf`, a layout's or an export's name.
    pub grammar: Cow<'static, str>,
    /// When it happened, as the report dates it; else the report's own Date.
    pub timestamp: Option<Timestamp>,
    /// The address that we mailed.
    pub recipient: Option<Address>,
    /// Original-Recipient as reported.
    pub original_recipient: Option<Address>,
    /// Final-Recipient as reported.
    pub final_recipient: Option<Address>,
    /// Why this row lists nobody, whatever its reply says; `None`: nothing speaks against the report.
    pub unproven: Option<Unproven>,
    /// The Action field, or what an export's state means in its terms.
    pub action: Option<Action>,
    /// The innermost reply's code.
    pub reply_code: Option<ReplyCode>,
    /// The innermost reply's enhanced code, else `status_field`.
    pub status: Option<EnhancedStatus>,
    /// The report's own Status field.
    pub status_field: Option<EnhancedStatus>,
    /// The Diagnostic-Code as given, unfolded, capped in length.
    pub diagnostic_code: Option<String>,
    /// The innermost reply text after unwrapping, codes included.
    pub reply: Option<String>,
    /// The SMTP command that the reply answered.
    pub command: Option<SmtpCommand>,
    /// The host that answered, lower case.
    pub remote_mta: Option<String>,
    /// The host that reports, lower case.
    pub reporting_mta: Option<String>,
    /// Our IP, never the receiver's.
    pub sending_ip: Option<IpAddr>,
    /// Our domain (From of the returned message, or the export's column), lower case.
    pub sending_domain: Option<String>,
    /// Campaign, as the headers or the export name it.
    pub campaign_id: Option<String>,
    /// Where the address was got from, if the sender says so.
    pub list_source: Option<String>,
    /// Message-ID of the message that bounced, without angle brackets.
    pub message_id: Option<String>,
    /// A mark of the recipient's tenant at its receiver, such as a directory id.
    pub tenant_id: Option<String>,
    /// Feedback-Type of an RFC 5965 report, lower case.
    pub feedback_type: Option<String>,
    /// Whether the reply quotes an address that the report shows to be ours. Not stored: naming looks at it.
    pub names_us: bool,
    /// The class that the exporting platform gave.
    pub native_class: Option<String>,
    /// Whether it was read from a mail, which anybody can send.
    pub by_mail: bool,
    /// Domain that signed the message that bounced (d= of its DKIM-Signature), lower case.
    pub dkim_domain: Option<String>,
    /// The selector of that signature (s=), lower case.
    pub dkim_selector: Option<String>,
    /// Domain of the envelope's sender (Return-Path of the message that bounced, or the export's column), lower case.
    pub mail_from_domain: Option<String>,
    /// What makes it itself, 128 bits under the run's key: of a record every cell of it, of a report by mail its bytes and the
    /// event's place in it. Neither path nor position: equal rows are one event. 0 where it was read from no input.
    pub content: u128,
}

impl Event {
    /// An event of which nothing but its place, kind and grammar is known.
    pub fn new(origin: Origin, kind: Kind, grammar: impl Into<Cow<'static, str>>) -> Event {
        Event {
            origin,
            kind,
            grammar: grammar.into(),
            timestamp: None,
            recipient: None,
            original_recipient: None,
            final_recipient: None,
            unproven: None,
            action: None,
            reply_code: None,
            status: None,
            status_field: None,
            diagnostic_code: None,
            reply: None,
            command: None,
            remote_mta: None,
            reporting_mta: None,
            sending_ip: None,
            sending_domain: None,
            campaign_id: None,
            list_source: None,
            message_id: None,
            tenant_id: None,
            feedback_type: None,
            names_us: false,
            native_class: None,
            by_mail: false,
            dkim_domain: None,
            dkim_selector: None,
            mail_from_domain: None,
            content: 0,
        }
    }
}

/// Messages that were sent or accepted: one row of a delivery or send log.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Where it was read.
    pub origin: Origin,
    /// The recipient; `None` where the log counts by domain.
    pub recipient: Option<Address>,
    /// The recipient's domain, lower case A-labels.
    pub recipient_domain: String,
    /// How many messages the row stands for; at least 1.
    pub count: u64,
    /// When.
    pub timestamp: Option<Timestamp>,
    /// Our IP.
    pub sending_ip: Option<IpAddr>,
    /// Our domain, lower case.
    pub sending_domain: Option<String>,
    /// Campaign.
    pub campaign_id: Option<String>,
    /// Where the address was got from.
    pub list_source: Option<String>,
    /// The host that accepted, lower case.
    pub remote_mta: Option<String>,
    /// Message-ID without angle brackets.
    pub message_id: Option<String>,
}

/// What an event means, and which row of the tables said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classification {
    /// Why it failed.
    pub cause: Cause,
    /// Whether trying again may help.
    pub permanence: Permanence,
    /// Whose side it lies on.
    pub blames: Blames,
    /// On what evidence.
    pub basis: Basis,
    /// The system that spoke, such as `exchange_online`; `None` when nothing tells.
    pub rejecting_system: Option<Arc<str>>,
    /// Whether `rejecting_system` is told by the reply's own words and serves the recipient: without a host it stands for the
    /// receiver.
    pub receiver_told: bool,
    /// The list that the reply names.
    pub blocklist: Option<Arc<str>>,
    /// The id of the rule that won; `None` when no rule knew the reply.
    pub rule: Option<Arc<str>>,
    /// Whether our own platform says that it sent nothing.
    pub own_drop: bool,
    /// Whether the reply names a list that anybody can look us up in. Not stored: the family says it.
    pub public_list: bool,
    /// Whether the reply names a list that says little about us. Not stored: the family says it.
    pub odd_list: bool,
    /// Whether the words hide what was found: only the maker's document says. Not stored: the family says it.
    pub vague: bool,
    /// Whether a product's maker documents this text as a customer's own rule. Not stored: the family says it.
    pub documented: bool,
    /// A vendor's own stable tag in the reply, such as `S3150` or `AS16012607`.
    pub vendor_tag: Option<Arc<str>>,
    /// The reply with addresses, IPs, hosts and ids replaced by placeholders.
    pub template: Option<Arc<str>>,
}

impl Classification {
    /// What an event means, when no row of the tables and nothing else in the reply is known.
    pub const fn new(cause: Cause, permanence: Permanence, blames: Blames, basis: Basis) -> Classification {
        Classification {
            cause,
            permanence,
            blames,
            basis,
            rejecting_system: None,
            receiver_told: false,
            blocklist: None,
            rule: None,
            own_drop: false,
            public_list: false,
            odd_list: false,
            vague: false,
            documented: false,
            vendor_tag: None,
            template: None,
        }
    }
}

/// An item that became no row: counted, and shown with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// Where it was read.
    pub origin: Origin,
    /// Why.
    pub reason: RejectReason,
    /// What exactly, in a few words; no more of the input than a short, harmless excerpt.
    pub detail: String,
}

/// An input that is lost as a whole, or from some place on. No number of rows says what it held, so it is told by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostFile {
    /// The file, or the member of an archive, as origins say it.
    pub source: Arc<str>,
    /// Why.
    pub why: Loss,
    /// What exactly, in a few words.
    pub detail: String,
}
