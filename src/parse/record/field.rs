//! The fields that a record can fill, by the names that `frame::schema` gives the columns.

use crate::bounce::nearest_word;

macro_rules! fields {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)+) => {
        /// One of our fields; spelled as the column of the same name.
        // `StatusField` is the column `status_field`: the report's own Status field.
        #[allow(clippy::enum_variant_names)]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Field { $($(#[$doc])* $variant,)+ }

        impl Field {
            /// All fields.
            pub const ALL: &'static [Field] = &[$(Field::$variant,)+];
            /// How many there are.
            pub const COUNT: usize = Field::ALL.len();
            /// Their spellings, in the same order.
            pub const NAMES: &'static [&'static str] = &[$($name,)+];
        }
    };
}

fields! {
    /// A word of `bounce::Kind`, or a platform's own.
    Kind = "kind",
    /// When it happened.
    Timestamp = "timestamp",
    /// The address that we mailed.
    Recipient = "recipient",
    /// Original-Recipient.
    OriginalRecipient = "original_recipient",
    /// Final-Recipient.
    FinalRecipient = "final_recipient",
    /// The recipient's domain, where the record counts by domain.
    RecipientDomain = "recipient_domain",
    /// The Action field.
    Action = "action",
    /// The reply's three digits.
    ReplyCode = "reply_code",
    /// The enhanced status code.
    Status = "status",
    /// The report's own Status field.
    ReportedStatus = "status_field",
    /// The reply text.
    DiagnosticCode = "diagnostic_code",
    /// A whole bounce notice (text, HTML or a mail) that came with the record.
    Notice = "notice",
    /// The SMTP command answered.
    Command = "command",
    /// The host that answered.
    RemoteMta = "remote_mta",
    /// The host that reports.
    ReportingMta = "reporting_mta",
    /// Our IP.
    SendingIp = "sending_ip",
    /// Our domain, or an address in it.
    SendingDomain = "sending_domain",
    /// Campaign.
    CampaignId = "campaign_id",
    /// Source of the address.
    ListSource = "list_source",
    /// Message-ID.
    MessageId = "message_id",
    /// Mark of the recipient's tenant.
    TenantId = "tenant_id",
    /// Feedback-Type.
    FeedbackType = "feedback_type",
    /// The platform's own class.
    NativeClass = "native_class",
    /// How many messages the record stands for.
    Count = "count",
    /// Domain of the envelope's sender, or an address in it.
    MailFromDomain = "mail_from_domain",
    /// Domain of the message's DKIM signature.
    DkimDomain = "dkim_domain",
    /// Selector of that signature.
    DkimSelector = "dkim_selector",
    /// Of an entry of a present list: why it is there.
    ListedReason = "listed_reason",
    /// Of such an entry: who put it there, or a remark that may tell.
    ListedBy = "listed_by",
    /// Of such an entry: when it was added.
    Added = "added",
    /// Of such an entry: when its evidence was last seen.
    LastSeen = "last_seen",
    /// Of such an entry: the first day on which it no longer holds.
    Expires = "expires",
}

impl Field {
    /// Those that say who was mailed.
    pub const ADDRESSED: [Field; 4] =
        [Field::Recipient, Field::OriginalRecipient, Field::FinalRecipient, Field::RecipientDomain];

    /// Those that a list of deliveries may have; with nothing else in it, it is one.
    pub const DELIVERY: [Field; 10] = [
        Field::Recipient,
        Field::RecipientDomain,
        Field::Count,
        Field::Timestamp,
        Field::SendingIp,
        Field::SendingDomain,
        Field::CampaignId,
        Field::ListSource,
        Field::RemoteMta,
        Field::MessageId,
    ];

    /// Its own name, as `frame::schema` spells the column.
    pub fn name(self) -> &'static str {
        Field::NAMES[self as usize]
    }

    /// The field of that name.
    ///
    /// # Errors
    /// An unknown name; says which is near.
    pub fn named(name: &str) -> Result<Field, String> {
        let known = Field::ALL.iter().zip(Field::NAMES).find(|(_, known)| **known == name);
        known.map(|(field, _)| *field).ok_or_else(|| match nearest_word(name, Field::NAMES.iter().copied()) {
            Some(near) => format!("unknown field \"{name}\"; did you mean \"{near}\"?"),
            None => format!("unknown field \"{name}\"; known fields: {}", Field::NAMES.join(", ")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_field_is_answered_with_the_nearest_one() {
        assert_eq!(Field::named("recipent").unwrap_err(), "unknown field \"recipent\"; did you mean \"recipient\"?");
    }
}
