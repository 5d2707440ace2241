//! Closed sets of words. In: a spelling. Out: an enum, or an error that suggests the nearest word.
//! The spellings are the contract of columns, flags and reports (docs/reference.md, "Words").

/// A word outside its closed set; says which set, which word, and the nearest known one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {set} {word:?}{}", .nearest.map(|n| format!("; did you mean {n:?}?")).unwrap_or_default())]
pub struct UnknownWord {
    /// The closed set, such as `cause`.
    pub set: &'static str,
    /// What was read.
    pub word: String,
    /// The closest known word, if one is close.
    pub nearest: Option<&'static str>,
}

/// The known word closest to `word`, if it is close enough to be a typo.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(word, k), k))
        .filter(|(distance, k)| *distance <= 1 + k.len() / 4)
        .min()
        .map(|(_, k)| k)
}

macro_rules! closed_set {
    ($(#[$doc:meta])* $name:ident, $set:literal { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        // Not every set is gone through.
        #[allow(dead_code)]
        impl $name {
            /// All members, in the order of the contract.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];
            /// All spellings, in the same order.
            pub const WORDS: &'static [&'static str] = &[$($word,)+];

            /// The one spelling used in columns, flags and reports.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.pad(self.as_str()) }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::bounce::UnknownWord;
            fn from_str(word: &str) -> Result<Self, $crate::bounce::UnknownWord> {
                match word {
                    $($word => Ok($name::$variant),)+
                    _ => Err($crate::bounce::UnknownWord {
                        set: $set,
                        word: word.chars().take(80).collect(),
                        nearest: $crate::bounce::nearest_word(word, Self::WORDS.iter().copied()),
                    }),
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.serialize_str(self.as_str()) }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let word = std::borrow::Cow::<'de, str>::deserialize(d)?;
                word.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use closed_set;

closed_set! {
    /// What one report says about one recipient. Only `Bounce` counts as a failure.
    Kind, "kind" {
        /// Delivery failed for good or, in an export, was refused.
        Bounce = "bounce",
        /// Not delivered yet, still being tried.
        Delay = "delay",
        /// Accepted by the receiver.
        Delivered = "delivered",
        /// A feedback report: the recipient complained.
        Complaint = "complaint",
        /// A vacation notice or another automatic answer.
        AutoReply = "auto_reply",
        /// The receiver wants the sender to prove something first.
        Challenge = "challenge",
        /// A message disposition notification (RFC 8098).
        ReadReceipt = "read_receipt",
        /// Our own platform dropped it: neither failure nor trial.
        SelfSuppressed = "self_suppressed",
        /// None of these; kept and counted.
        Other = "other",
    }
}

closed_set! {
    /// The Action field of RFC 3464.
    Action, "action" {
        /// Could not be delivered.
        Failed = "failed",
        /// Not yet delivered.
        Delayed = "delayed",
        /// Delivered.
        Delivered = "delivered",
        /// Passed to a system that sends no reports.
        Relayed = "relayed",
        /// Delivered to a list or several addresses.
        Expanded = "expanded",
    }
}

closed_set! {
    /// Why a delivery failed. Fault, duration and evidence are other axes: `Blames`, `Permanence`, `Basis`.
    Cause, "cause" {
        /// No such mailbox.
        MailboxUnknown = "mailbox_unknown",
        /// The mailbox exists or existed, but is switched off.
        MailboxDisabled = "mailbox_disabled",
        /// Over quota.
        MailboxFull = "mailbox_full",
        /// The recipient's domain does not exist or takes no mail.
        DomainInvalid = "domain_invalid",
        /// The host does not relay for us or does not serve that domain.
        RelayDenied = "relay_denied",
        /// The sending IP is listed or scored badly.
        IpReputation = "ip_reputation",
        /// The sending domain is listed or scored badly.
        DomainReputation = "domain_reputation",
        /// Body, subject, links or attachments are judged spam or unwanted.
        Content = "content",
        /// Judged to carry malware.
        Virus = "virus",
        /// SPF, DKIM, DMARC, reverse DNS.
        Authentication = "authentication",
        /// A rule that the recipient's organisation, or the recipient, made.
        TenantPolicy = "tenant_policy",
        /// Too much, too fast.
        RateLimited = "rate_limited",
        /// Asked to try again as a test.
        Greylisted = "greylisted",
        /// Larger than the receiver takes.
        MessageTooLarge = "message_too_large",
        /// Connection, routing or DNS trouble; expiry.
        Network = "network",
        /// Encryption could not be agreed on.
        Tls = "tls",
        /// The message went in circles.
        RoutingLoop = "routing_loop",
        /// The sender address, its domain, or our own side refused.
        SenderRejected = "sender_rejected",
        /// A violation of SMTP or of the message format.
        Protocol = "protocol",
        /// The recipient reported the message.
        Complaint = "complaint",
        /// A policy whose owner and aim the reply does not tell.
        OtherPolicy = "other_policy",
        /// The reply says nothing, or no rule knows it.
        Unknown = "unknown",
    }
}

closed_set! {
    /// What a reply means for the next try; not the first digit of its code.
    Permanence, "permanence" {
        /// Trying again will not help.
        Permanent = "permanent",
        /// Trying again may help.
        Transient = "transient",
    }
}

closed_set! {
    /// Why a row proves nothing against its recipient, whatever the reply says: such a row never lists anybody.
    Unproven, "unproven" {
        /// The report names no recipient in a form that is known; the address was found by elimination.
        DeducedRecipient = "deduced_recipient",
        /// The recipient is an address that we send from.
        OwnAddress = "own_address",
        /// The reply speaks of another mailbox than the one that was mailed.
        OtherMailbox = "other_mailbox",
        /// A report that came by mail and matches nothing that was sent: anybody can write one.
        Unmatched = "unmatched",
    }
}

closed_set! {
    /// Whose side the cause lies on.
    Blames, "blames" {
        /// The recipient's mailbox or own wish.
        Recipient = "recipient",
        /// The recipient's organisation.
        Tenant = "tenant",
        /// Our sending IP.
        SenderIp = "sender_ip",
        /// Our sending domain.
        SenderDomain = "sender_domain",
        /// Our set-up: DNS, relay, account.
        SenderSetup = "sender_setup",
        /// This message.
        Message = "message",
        /// Nobody; it passes.
        Transient = "transient",
        /// The reply does not tell.
        Unknown = "unknown",
    }
}

impl Blames {
    /// Whether a reply names us: our address, our domain, our set-up, or what we wrote.
    pub const fn is_us(self) -> bool {
        matches!(self, Blames::SenderIp | Blames::SenderDomain | Blames::SenderSetup | Blames::Message)
    }

    /// Whether it is known to lie elsewhere than with the recipient: with us, the organisation, or nobody.
    pub const fn is_elsewhere(self) -> bool {
        !matches!(self, Blames::Recipient | Blames::Unknown)
    }

    /// Whether an answer of this blame speaks of one address and of nobody else: it blames the recipient, or the organisation's
    /// directory says that the address takes no mail from outside.
    pub const fn is_the_address(self, cause: Cause, basis: Basis) -> bool {
        matches!(
            (self, cause, basis),
            (Blames::Recipient, ..) | (Blames::Tenant, Cause::TenantPolicy, Basis::Directory)
        )
    }

    /// Whether it names the recipient or the recipient's organisation.
    pub const fn is_them(self) -> bool {
        matches!(self, Blames::Recipient | Blames::Tenant)
    }
}

closed_set! {
    /// Why the receiver says no: the kind of evidence behind the reply.
    Basis, "basis" {
        /// Somebody's deliberate rule.
        ExplicitRule = "explicit_rule",
        /// A named list.
        Listing = "listing",
        /// A computed score or reputation.
        Score = "score",
        /// A rate or a volume.
        Rate = "rate",
        /// A look-up of the mailbox or domain.
        Directory = "directory",
        /// The workings of mail: network, size, syntax, set-up.
        System = "system",
        /// Not stated: generic wording.
        Unstated = "unstated",
    }
}

closed_set! {
    /// The SMTP command that was answered.
    SmtpCommand, "command" {
        /// The greeting, before any command.
        Conn = "CONN",
        /// EHLO or HELO.
        Ehlo = "EHLO",
        /// STARTTLS.
        Starttls = "STARTTLS",
        /// AUTH.
        Auth = "AUTH",
        /// MAIL FROM.
        Mail = "MAIL",
        /// RCPT TO.
        Rcpt = "RCPT",
        /// DATA, BDAT, or the end of the message.
        Data = "DATA",
        /// QUIT.
        Quit = "QUIT",
    }
}

closed_set! {
    /// Why an item could not become rows.
    RejectReason, "reject reason" {
        /// No bytes.
        Empty = "empty",
        /// Neither text nor any known container.
        Binary = "binary",
        /// A delivery report that names no recipient.
        NoRecipient = "no_recipient",
        /// Larger than the cap for one item.
        TooLarge = "too_large",
        /// Decompresses beyond the cap.
        CompressionBomb = "compression_bomb",
        /// A damaged archive or compressed stream.
        DamagedArchive = "damaged_archive",
        /// Bytes that are not text in any known encoding.
        BadEncoding = "bad_encoding",
        /// A CSV record with more or fewer fields than its header.
        RaggedRow = "ragged_row",
        /// A line that is not JSON.
        BadJson = "bad_json",
        /// A row whose required column is empty or unusable.
        BadRow = "bad_row",
        /// A row that does not say whether it is a bounce or a delivery.
        UnclearKind = "unclear_kind",
        /// More nested parts than a mail may have.
        TooDeep = "too_deep",
        /// The mail parser gave up on it.
        ParserPanic = "parser_panic",
        /// Not a message at all.
        NotMail = "not_mail",
        /// An input format that nothing here reads.
        UnknownFormat = "unknown_format",
        /// A file that was there when the inputs were listed and could not be read when its turn came.
        Unreadable = "unreadable",
    }
}

closed_set! {
    /// Why a file is lost, as a whole or from some place on.
    Loss, "loss" {
        /// It ends in the middle.
        CutOff = "cut off",
        /// A checksum or a structure in it is wrong.
        Damaged = "damaged",
        /// The system does not hand it out: no permission, gone since it was listed, a read error.
        Unreadable = "cannot be read",
        /// It is no text.
        Binary = "binary",
        /// Nothing here reads its format.
        UnknownFormat = "unknown format",
        /// It unpacks to more than is allowed.
        Oversized = "unpacks to too much",
        /// The program gave up on it.
        GaveUp = "gave up on it",
        /// It was read, and nothing says whom its rows are about or what they are.
        NotUnderstood = "not understood",
    }
}

closed_set! {
    /// What an incident's key names.
    ScopeType, "scope type" {
        /// A recipient organisation, by its registrable domain.
        Organisation = "organisation",
        /// A receiver that hosts mailboxes.
        Provider = "provider",
        /// A receiver that filters for others.
        Gateway = "gateway",
        /// One of our IPs.
        SendingIp = "sending_ip",
        /// One of our domains.
        SendingDomain = "sending_domain",
        /// One campaign.
        Campaign = "campaign",
        /// One source of addresses.
        ListSource = "list_source",
        /// Everything we send; its key is `*`.
        Fleet = "fleet",
    }
}

closed_set! {
    /// How sure a judgement is. `Low` never acts on its own.
    Confidence, "confidence" {
        /// Acts.
        High = "high",
        /// Acts, with a short expiry.
        Medium = "medium",
        /// Suspected; a person decides.
        Low = "low",
    }
}

closed_set! {
    /// How an incident stands against earlier nights.
    IncidentStatus, "incident status" {
        /// Not seen on the last seven nights with traffic, or no memory.
        New = "new",
        /// The same verdict on at least two of the last seven nights with traffic.
        Chronic = "chronic",
        /// Seen before, not tonight.
        Resolved = "resolved",
    }
}

closed_set! {
    /// Why an entry stands on a present list of the sender's, the stricter one last. Only a bounce is ever released.
    ListedReason, "reason of listing" {
        /// Mail to it failed.
        Bounce = "bounce",
        /// The list gives no reason, or one that no table knows.
        Unknown = "unknown",
        /// Somebody put it there by hand.
        Manual = "manual",
        /// Its owner wants no more mail.
        Unsubscribe = "unsubscribe",
        /// Its owner complained.
        Complaint = "complaint",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_as_its_own_member() {
        for cause in Cause::ALL {
            assert_eq!(cause.as_str().parse::<Cause>(), Ok(*cause));
        }
        assert_eq!(Kind::ALL.len(), Kind::WORDS.len());
    }

    #[test]
    fn a_typo_names_the_nearest_word() {
        let error = "mailbox_unknwon".parse::<Cause>().unwrap_err();
        assert_eq!(error.to_string(), r#"unknown cause "mailbox_unknwon"; did you mean "mailbox_unknown"?"#);
    }

    #[test]
    fn a_word_far_from_all_others_gets_no_suggestion() {
        let error = "zebra".parse::<Cause>().unwrap_err();
        assert_eq!(error.to_string(), r#"unknown cause "zebra""#);
    }
}
