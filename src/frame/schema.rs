//! Column names and types: the only place that spells one. The order here is the order in the files.

use polars::prelude::{DataType, FrozenCategories, TimeUnit, TimeZone};

use crate::bounce::{Action, Basis, Blames, Cause, Family, Kind, Permanence, SmtpCommand, Unproven};

/// The version of the columns and their meanings, as files say it. A file of a newer one is not read.
pub const VERSION: u32 = 1;
/// The key of the version in a file's metadata.
pub const VERSION_KEY: &str = "bouncescope.schema_version";
/// What a file's metadata calls the key by which its rows and recipients are hashed: `none` where there is no secret.
pub const KEY_KEY: &str = "bouncescope.key";

/// What a column holds; in a file one of five types that every engine knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// Text.
    Text,
    /// A word of a closed set; text in files, `Enum` in memory.
    Words(&'static [&'static str]),
    /// Whole numbers of 32 bits.
    Int32,
    /// Whole numbers of 64 bits.
    Int64,
    /// Yes or no.
    Boolean,
    /// UTC milliseconds.
    Time,
}

impl ColumnType {
    /// The type in memory.
    pub fn polars(self) -> DataType {
        match self {
            ColumnType::Text => DataType::String,
            ColumnType::Words(set) => enum_type(set),
            ColumnType::Int32 => DataType::Int32,
            ColumnType::Int64 => DataType::Int64,
            ColumnType::Boolean => DataType::Boolean,
            ColumnType::Time => DataType::Datetime(TimeUnit::Milliseconds, Some(TimeZone::UTC)),
        }
    }

    /// The type as an error names it.
    pub fn words(self) -> &'static str {
        match self {
            ColumnType::Text | ColumnType::Words(_) => "text",
            ColumnType::Int32 => "whole numbers (int32)",
            ColumnType::Int64 => "whole numbers (int64)",
            ColumnType::Boolean => "booleans",
            ColumnType::Time => "timestamps (milliseconds, UTC)",
        }
    }
}

/// The `Enum` type of a closed set.
pub(super) fn enum_type(words: &[&'static str]) -> DataType {
    let categories = FrozenCategories::new(words.iter().copied()).expect("the words of a closed set are distinct");
    DataType::from_frozen_categories(categories)
}

/// What a column of ours holds; names that are none of ours hold text.
pub fn type_of(name: &str) -> ColumnType {
    match name {
        KIND => ColumnType::Words(Kind::WORDS),
        UNPROVEN => ColumnType::Words(Unproven::WORDS),
        ACTION => ColumnType::Words(Action::WORDS),
        COMMAND => ColumnType::Words(SmtpCommand::WORDS),
        CAUSE => ColumnType::Words(Cause::WORDS),
        PERMANENCE => ColumnType::Words(Permanence::WORDS),
        BLAMES => ColumnType::Words(Blames::WORDS),
        BASIS => ColumnType::Words(Basis::WORDS),
        FAMILY => ColumnType::Words(Family::WORDS),
        REPLY_CODE | BUCKET => ColumnType::Int32,
        SOURCE_INDEX | COUNT | RECIPIENT_KEY => ColumnType::Int64,
        BY_MAIL | ATTEMPTED => ColumnType::Boolean,
        TIMESTAMP => ColumnType::Time,
        _ => ColumnType::Text,
    }
}

/// Hex of 128 bits of the row's content under the run's key; equal rows are one event, whatever file they came in.
pub const EVENT_ID: &str = "event_id";
/// `Kind`.
pub const KIND: &str = "kind";
/// Path as given or found.
pub const SOURCE: &str = "source";
/// Position in the source, from 0.
pub const SOURCE_INDEX: &str = "source_index";
/// What read it.
pub const GRAMMAR: &str = "grammar";
/// UTC milliseconds.
pub const TIMESTAMP: &str = "timestamp";
/// The address that we mailed.
pub const RECIPIENT: &str = "recipient";
/// Original-Recipient.
pub const ORIGINAL_RECIPIENT: &str = "original_recipient";
/// Final-Recipient.
pub const FINAL_RECIPIENT: &str = "final_recipient";
/// `Unproven`: why the row lists nobody; null where nothing speaks against it.
pub const UNPROVEN: &str = "unproven";
/// Domain of the recipient, A-labels.
pub const RECIPIENT_DOMAIN: &str = "recipient_domain";
/// Registrable domain; null for consumer domains.
pub const ORGANISATION: &str = "organisation";
/// The receiver that the answering host belongs to.
pub const RECEIVER: &str = "receiver";
/// Action field.
pub const ACTION: &str = "action";
/// Innermost reply code.
pub const REPLY_CODE: &str = "reply_code";
/// Innermost enhanced status.
pub const STATUS: &str = "status";
/// The report's Status field.
pub const STATUS_FIELD: &str = "status_field";
/// Diagnostic-Code as given.
pub const DIAGNOSTIC_CODE: &str = "diagnostic_code";
/// Innermost reply text.
pub const REPLY: &str = "reply";
/// Reply with placeholders.
pub const TEMPLATE: &str = "template";
/// SMTP command answered.
pub const COMMAND: &str = "command";
/// `Cause`.
pub const CAUSE: &str = "cause";
/// `Permanence`.
pub const PERMANENCE: &str = "permanence";
/// `Blames`.
pub const BLAMES: &str = "blames";
/// `Basis`.
pub const BASIS: &str = "basis";
/// The system that spoke.
pub const REJECTING_SYSTEM: &str = "rejecting_system";
/// The list that the reply names.
pub const BLOCKLIST: &str = "blocklist";
/// Id of the rule that won.
pub const RULE: &str = "rule";
/// Vendor's tag in the reply.
pub const VENDOR_TAG: &str = "vendor_tag";
/// Mark of the recipient's tenant.
pub const TENANT_ID: &str = "tenant_id";
/// Feedback-Type.
pub const FEEDBACK_TYPE: &str = "feedback_type";
/// The host that answered.
pub const REMOTE_MTA: &str = "remote_mta";
/// The host that reports.
pub const REPORTING_MTA: &str = "reporting_mta";
/// Our IP.
pub const SENDING_IP: &str = "sending_ip";
/// Our domain.
pub const SENDING_DOMAIN: &str = "sending_domain";
/// Campaign.
pub const CAMPAIGN_ID: &str = "campaign_id";
/// Source of the address.
pub const LIST_SOURCE: &str = "list_source";
/// Message-ID of the message that bounced.
pub const MESSAGE_ID: &str = "message_id";
/// The exporting platform's class.
pub const NATIVE_CLASS: &str = "native_class";
/// Whether the event was read from a mail, which anybody can send.
pub const BY_MAIL: &str = "by_mail";
/// `Family`: what the row speaks for; null where it neither failed, waited nor drew a complaint.
pub const FAMILY: &str = "family";
/// 64 bits of the recipient's lower-case address under the run's key; null without a recipient.
pub const RECIPIENT_KEY: &str = "recipient_key";
/// 0 to 15, the last four bits of `recipient_key`; null without a recipient.
pub const BUCKET: &str = "bucket";
/// The family of the receiver that `remote_mta` belongs to, or without a host of the one that the reply's words give away; null where nobody knows it, or where the message was forwarded to
/// another domain, whose host says nothing of ours.
pub const RECEIVER_FAMILY: &str = "receiver_family";
/// What marks one customer in the name of `remote_mta`, as `RECEIVER:KEY`; null as `receiver_family`, and where hosts are shared.
pub const CUSTOMER_KEY: &str = "customer_key";
/// Domain that signed the message that bounced, never the report; null without a signature.
pub const DKIM_DOMAIN: &str = "dkim_domain";
/// Selector of that signature.
pub const DKIM_SELECTOR: &str = "dkim_selector";
/// Domain of the envelope's sender of the message that bounced.
pub const MAIL_FROM_DOMAIN: &str = "mail_from_domain";
/// Id of the incident that owns the bounce; null until it is judged, and where none does.
pub const INCIDENT: &str = "incident";

/// All event columns, in file order.
pub const EVENT_COLUMNS: &[&str] = &[
    EVENT_ID,
    KIND,
    SOURCE,
    SOURCE_INDEX,
    GRAMMAR,
    TIMESTAMP,
    RECIPIENT,
    ORIGINAL_RECIPIENT,
    FINAL_RECIPIENT,
    UNPROVEN,
    RECIPIENT_DOMAIN,
    ORGANISATION,
    RECEIVER,
    ACTION,
    REPLY_CODE,
    STATUS,
    STATUS_FIELD,
    DIAGNOSTIC_CODE,
    REPLY,
    TEMPLATE,
    COMMAND,
    CAUSE,
    PERMANENCE,
    BLAMES,
    BASIS,
    REJECTING_SYSTEM,
    BLOCKLIST,
    RULE,
    VENDOR_TAG,
    TENANT_ID,
    FEEDBACK_TYPE,
    REMOTE_MTA,
    REPORTING_MTA,
    SENDING_IP,
    SENDING_DOMAIN,
    CAMPAIGN_ID,
    LIST_SOURCE,
    MESSAGE_ID,
    NATIVE_CLASS,
    BY_MAIL,
    FAMILY,
    RECIPIENT_KEY,
    BUCKET,
    RECEIVER_FAMILY,
    CUSTOMER_KEY,
    DKIM_DOMAIN,
    DKIM_SELECTOR,
    MAIL_FROM_DOMAIN,
    INCIDENT,
];

/// How many messages a delivery row stands for.
pub const COUNT: &str = "count";
/// True for a row of a send log: everything attempted, bounces still to be subtracted.
pub const ATTEMPTED: &str = "attempted";

/// `INPUT-ROW`: 16 hex digits of what was read of the input, and the row's place in it.
pub const DELIVERY_ID: &str = "delivery_id";

/// All delivery columns, in file order.
pub const DELIVERY_COLUMNS: &[&str] = &[
    DELIVERY_ID,
    SOURCE,
    SOURCE_INDEX,
    RECIPIENT,
    RECIPIENT_DOMAIN,
    COUNT,
    ATTEMPTED,
    TIMESTAMP,
    SENDING_IP,
    SENDING_DOMAIN,
    CAMPAIGN_ID,
    LIST_SOURCE,
    REMOTE_MTA,
    MESSAGE_ID,
    RECIPIENT_KEY,
    BUCKET,
    RECEIVER_FAMILY,
    CUSTOMER_KEY,
];

/// `RejectReason`.
pub const REASON: &str = "reason";
/// What exactly was wrong, in a few words.
pub const DETAIL: &str = "detail";
