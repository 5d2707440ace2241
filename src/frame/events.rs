//! Events as columns. In: classified events. Out: one frame with all of `schema::EVENT_COLUMNS`.

use std::fmt;
use std::sync::{Arc, LazyLock};

use polars::prelude::*;

use super::schema::enum_type;
use super::{Ip, RowFacts, buckets, made_text, recipient_keys, schema, text, times, whole};
use crate::bounce::{
    Action, Address, Basis, Blames, Cause, Classification, Event, Family, Kind, Permanence, SmtpCommand, Unproven,
};

/// An event with its name and what the row itself does not hold.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassifiedEvent {
    /// 128 bits of its content under the run's key.
    pub id: u128,
    /// What was read.
    pub event: Event,
    /// What it means; shared with the events of the same template.
    pub classification: Arc<Classification>,
    /// Registrable domain of the recipient; `None` for consumer domains.
    pub organisation: Option<String>,
    /// The receiver that the answering host belongs to.
    pub receiver: Option<Arc<str>>,
    /// What the row alone tells beside its fields.
    pub facts: RowFacts,
}

type EnumDtype = LazyLock<DataType>;
static KINDS: EnumDtype = LazyLock::new(|| enum_type(Kind::WORDS));
static ACTIONS: EnumDtype = LazyLock::new(|| enum_type(Action::WORDS));
static COMMANDS: EnumDtype = LazyLock::new(|| enum_type(SmtpCommand::WORDS));
static CAUSES: EnumDtype = LazyLock::new(|| enum_type(Cause::WORDS));
static PERMANENCES: EnumDtype = LazyLock::new(|| enum_type(Permanence::WORDS));
static BLAMED: EnumDtype = LazyLock::new(|| enum_type(Blames::WORDS));
static UNPROVEN: EnumDtype = LazyLock::new(|| enum_type(Unproven::WORDS));
static FAMILIES: EnumDtype = LazyLock::new(|| enum_type(Family::WORDS));
static BASES: EnumDtype = LazyLock::new(|| enum_type(Basis::WORDS));

/// The rows as a frame with the columns of `schema::EVENT_COLUMNS`, in that order.
///
/// # Errors
/// None that input can cause; polars checks lengths and types.
pub fn event_frame(rows: &[ClassifiedEvent]) -> PolarsResult<DataFrame> {
    let mut columns = what_and_where(rows);
    columns.extend(reply(rows));
    columns.extend(naming(rows));
    columns.extend(origin_of_mail(rows));
    columns.extend(facts(rows));
    DataFrame::new(rows.len(), columns)
}

fn what_and_where(rows: &[ClassifiedEvent]) -> Vec<Column> {
    vec![
        made_text(schema::EVENT_ID, rows, |r| Some(Hex(r.id))),
        word(schema::KIND, &KINDS, rows, |r| Some(r.event.kind as u8)),
        text(schema::SOURCE, rows, |r| Some(&r.event.origin.source)),
        whole(schema::SOURCE_INDEX, rows, |r| r.event.origin.index),
        text(schema::GRAMMAR, rows, |r| Some(&r.event.grammar)),
        times(schema::TIMESTAMP, rows, |r| r.event.timestamp),
        text(schema::RECIPIENT, rows, |r| r.event.recipient.as_ref().map(Address::as_str)),
        text(schema::ORIGINAL_RECIPIENT, rows, |r| r.event.original_recipient.as_ref().map(Address::as_str)),
        text(schema::FINAL_RECIPIENT, rows, |r| r.event.final_recipient.as_ref().map(Address::as_str)),
        word(schema::UNPROVEN, &UNPROVEN, rows, |r| r.event.unproven.map(|unproven| unproven as u8)),
        text(schema::RECIPIENT_DOMAIN, rows, |r| r.event.recipient.as_ref().map(Address::domain)),
        text(schema::ORGANISATION, rows, |r| r.organisation.as_deref()),
        text(schema::RECEIVER, rows, |r| r.receiver.as_deref()),
        word(schema::ACTION, &ACTIONS, rows, |r| r.event.action.map(|action| action as u8)),
    ]
}

fn reply(rows: &[ClassifiedEvent]) -> Vec<Column> {
    let codes = rows.iter().map(|r| r.event.reply_code.map(|c| i32::from(c.get())));
    vec![
        Int32Chunked::from_iter_options(schema::REPLY_CODE.into(), codes).into_column(),
        made_text(schema::STATUS, rows, |r| r.event.status),
        made_text(schema::STATUS_FIELD, rows, |r| r.event.status_field),
        text(schema::DIAGNOSTIC_CODE, rows, |r| r.event.diagnostic_code.as_deref()),
        text(schema::REPLY, rows, |r| r.event.reply.as_deref()),
        text(schema::TEMPLATE, rows, |r| r.classification.template.as_deref()),
        word(schema::COMMAND, &COMMANDS, rows, |r| r.event.command.map(|command| command as u8)),
    ]
}

fn naming(rows: &[ClassifiedEvent]) -> Vec<Column> {
    let named = |r: &ClassifiedEvent| names_a_cause(&r.event, &r.classification);
    vec![
        word(schema::CAUSE, &CAUSES, rows, |r| named(r).then_some(r.classification.cause as u8)),
        word(schema::PERMANENCE, &PERMANENCES, rows, |r| named(r).then_some(r.classification.permanence as u8)),
        word(schema::BLAMES, &BLAMED, rows, |r| named(r).then_some(r.classification.blames as u8)),
        word(schema::BASIS, &BASES, rows, |r| named(r).then_some(r.classification.basis as u8)),
        text(schema::REJECTING_SYSTEM, rows, |r| r.classification.rejecting_system.as_deref()),
        text(schema::BLOCKLIST, rows, |r| r.classification.blocklist.as_deref()),
        text(schema::RULE, rows, |r| r.classification.rule.as_deref()),
        text(schema::VENDOR_TAG, rows, |r| r.classification.vendor_tag.as_deref()),
    ]
}

/// Whether the event failed, waited or drew a complaint: what was delivered or answered automatically has no cause.
pub fn names_a_cause(event: &Event, classification: &Classification) -> bool {
    matches!(event.kind, Kind::Bounce | Kind::Delay | Kind::Complaint | Kind::SelfSuppressed)
        || classification.rule.is_some()
}

fn origin_of_mail(rows: &[ClassifiedEvent]) -> Vec<Column> {
    vec![
        text(schema::TENANT_ID, rows, |r| r.event.tenant_id.as_deref()),
        text(schema::FEEDBACK_TYPE, rows, |r| r.event.feedback_type.as_deref()),
        text(schema::REMOTE_MTA, rows, |r| r.event.remote_mta.as_deref()),
        text(schema::REPORTING_MTA, rows, |r| r.event.reporting_mta.as_deref()),
        made_text(schema::SENDING_IP, rows, |r| r.event.sending_ip.map(Ip)),
        text(schema::SENDING_DOMAIN, rows, |r| r.event.sending_domain.as_deref()),
        text(schema::CAMPAIGN_ID, rows, |r| r.event.campaign_id.as_deref()),
        text(schema::LIST_SOURCE, rows, |r| r.event.list_source.as_deref()),
        text(schema::MESSAGE_ID, rows, |r| r.event.message_id.as_deref()),
        text(schema::NATIVE_CLASS, rows, |r| r.event.native_class.as_deref()),
        BooleanChunked::from_iter_values(schema::BY_MAIL.into(), rows.iter().map(|r| r.event.by_mail)).into_column(),
    ]
}

/// What a row alone tells, computed once: nobody computes it again.
fn facts(rows: &[ClassifiedEvent]) -> Vec<Column> {
    let family = |r: &ClassifiedEvent| Family::of_named(r.event.kind, &r.classification);
    vec![
        word(schema::FAMILY, &FAMILIES, rows, |r| family(r).map(|family| family as u8)),
        recipient_keys(rows, |r| r.facts.recipient),
        buckets(rows, |r| r.facts.recipient),
        text(schema::RECEIVER_FAMILY, rows, |r| r.facts.receiver_family.as_deref()),
        text(schema::CUSTOMER_KEY, rows, |r| r.facts.customer_key.as_deref()),
        text(schema::DKIM_DOMAIN, rows, |r| r.event.dkim_domain.as_deref()),
        text(schema::DKIM_SELECTOR, rows, |r| r.event.dkim_selector.as_deref()),
        text(schema::MAIL_FROM_DOMAIN, rows, |r| r.event.mail_from_domain.as_deref()),
        text(schema::INCIDENT, rows, |_| None),
    ]
}

/// An id as its column spells it.
struct Hex(u128);

impl fmt::Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: [u8; 16] = *b"0123456789abcdef";
        let bytes = self.0.to_be_bytes();
        let digit = |at: usize| DIGITS[usize::from(bytes[at / 2] >> (4 - 4 * (at % 2)) & 0xf)];
        let digits: [u8; 32] = std::array::from_fn(digit);
        f.write_str(str::from_utf8(&digits).map_err(|_| fmt::Error)?)
    }
}

/// A column of a closed set, whose words are told by their places in it.
fn word(
    name: &str,
    set: &DataType,
    rows: &[ClassifiedEvent],
    place: impl Fn(&ClassifiedEvent) -> Option<u8>,
) -> Column {
    let places = UInt8Chunked::from_iter_options(name.into(), rows.iter().map(place));
    Categorical8Chunked::from_cats_and_dtype(places, set.clone()).into_column()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounce::{Origin, ReplyCode};

    fn row(kind: Kind) -> ClassifiedEvent {
        let mut event = Event::new(Origin { source: "a.eml".into(), index: 0 }, kind, "rfc3464");
        event.recipient = Address::parse("ann@example.com");
        event.reply_code = ReplyCode::new(550);
        let classification =
            Classification::new(Cause::MailboxUnknown, Permanence::Permanent, Blames::Recipient, Basis::Directory)
                .into();
        ClassifiedEvent {
            id: 1,
            event,
            classification,
            organisation: Some("example.com".into()),
            receiver: None,
            facts: RowFacts::default(),
        }
    }

    #[test]
    fn the_frame_has_exactly_the_columns_of_the_schema() {
        let frame = event_frame(&[row(Kind::Bounce)]).unwrap();
        assert_eq!(frame.get_column_names(), schema::EVENT_COLUMNS);
    }

    #[test]
    fn missing_is_null_to_the_last_cell() {
        let frame = event_frame(&[row(Kind::Bounce)]).unwrap();
        for name in [schema::TIMESTAMP, schema::STATUS, schema::REPLY, schema::SENDING_IP, schema::RULE] {
            assert_eq!(frame.column(name).unwrap().null_count(), 1, "{name}");
        }
    }

    #[test]
    fn a_word_is_the_one_at_its_place_in_the_set() {
        let rows: Vec<ClassifiedEvent> = Kind::ALL.iter().map(|kind| row(*kind)).collect();
        let kinds = event_frame(&rows).unwrap().column(schema::KIND).unwrap().cast(&DataType::String).unwrap();
        assert!(kinds.str().unwrap().iter().flatten().eq(Kind::WORDS.iter().copied()), "{kinds:?}");
    }

    #[test]
    fn an_id_is_spelled_in_hex() {
        for id in [0, 0xf0, 0x0123_4567_89ab_cdef << 4, u128::MAX] {
            assert_eq!(Hex(id).to_string(), format!("{id:032x}"));
        }
    }

    #[test]
    fn what_did_not_fail_has_no_cause() {
        let frame = event_frame(&[row(Kind::AutoReply)]).unwrap();
        assert_eq!(frame.column(schema::CAUSE).unwrap().null_count(), 1);
    }
}
