//! One record -> one event, one delivery, or one reject. In: a layout and the record's values. Out: a line of `Parsed`. What the
//! reply means is classify's work; finding the values is the layout's.

use std::borrow::Cow;

use super::clean;
use super::field::Field;
use super::layout::{Layout, Values, is_refusal};
use super::listed::Lists;
use super::notice;
use super::unplaced;
use crate::bounce::{
    Action, Address, Delivery, EnhancedStatus, Event, Key, Kind, Origin, Reject, RejectReason, Timestamp, Unproven,
    domain_key,
};
use crate::parse::date::{self, NoDate, Zone};
use crate::parse::mail::MailReader;
use crate::parse::{Parsed, reply, returned, sending_ip};

/// What applies to all records of a run.
#[derive(Debug, Default)]
pub struct Setting {
    /// The zone of zone-less times.
    pub zone: Option<Zone>,
    /// The night: the year of times that name none is the last before its end.
    pub as_of: Option<Timestamp>,
    /// Records that do not say what they are, are deliveries: the file was given as such.
    pub deliveries: bool,
    /// What rows are hashed with.
    pub key: Key,
    /// The records are entries of present lists, and this is what their words mean.
    pub lists: Option<Lists>,
}

/// Length of `2026-11-20`.
const DATE_ONLY: usize = 10;

/// Reads records of one place.
pub struct Builder<'r> {
    /// What applies to all.
    pub setting: &'r Setting,
    /// Reads the notices in them.
    pub mails: &'r MailReader,
    /// Where they stand.
    pub origin: &'r Origin,
    /// The JSON value that they stand in.
    pub json: Option<&'r unplaced::Json<'r>>,
    /// What to ask of a record that does not say what it is.
    pub unclear: &'r dyn Fn() -> String,
}

impl Builder<'_> {
    /// Reads one record.
    pub fn record(&self, layout: &Layout, values: &impl Values, out: &mut Parsed) {
        let draft = Draft { setting: self.setting, layout, values, json: self.json };
        let made = match draft.kind() {
            Some(Kind::Delivered) => draft.delivery(self.origin).map(|delivery| out.deliveries.push(delivery)),
            Some(kind) => self.event(&draft, kind).map(|event| out.events.push(event)),
            None => Err((RejectReason::UnclearKind, (self.unclear)())),
        };
        if let Err((reason, detail)) = made {
            out.rejects.push(Reject { origin: self.origin.clone(), reason, detail });
        }
    }

    fn event(&self, draft: &Draft<'_, impl Values>, kind: Kind) -> Result<Event, Refusal> {
        let mut event = draft.event(self.origin, kind)?;
        if kind == Kind::Bounce
            && let Some(text) = draft.text(Field::Notice)
        {
            match notice::read(self.mails, self.origin, &text, event.recipient.as_ref()) {
                Some(found) => notice::complete(&mut event, found),
                None => notice::bare_reply(&mut event, &text),
            }
        }
        Ok(event)
    }
}

/// Why a record became nothing.
type Refusal = (RejectReason, String);

struct Draft<'r, V> {
    setting: &'r Setting,
    layout: &'r Layout,
    values: &'r V,
    json: Option<&'r unplaced::Json<'r>>,
}

impl<'r, V: Values> Draft<'r, V> {
    fn text(&self, field: Field) -> Option<Cow<'r, str>> {
        self.layout.text(field, self.values)
    }

    fn name(&self, field: Field) -> Option<String> {
        self.text(field).map(|text| clean::name(&text))
    }

    /// The format's own words first, then ours, then the action, then the codes: any of them makes a bounce, 4xx too.
    /// `None`: nothing proves what it is, and a delivery is one by proof.
    fn kind(&self) -> Option<Kind> {
        let word = self.text(Field::Kind);
        let said = || word.as_ref().and_then(|word| word.to_ascii_lowercase().parse().ok());
        let told = self.layout.kind(self.values).or_else(said).or_else(|| self.action().map(kind_of));
        match told.or(self.layout.default_kind) {
            Some(kind @ (Kind::Delivered | Kind::Other)) if self.layout.is_by_words() => return self.by_word(kind),
            Some(kind) => return Some(kind),
            None => {}
        }
        if self.setting.deliveries {
            return Some(Kind::Delivered);
        }
        // A word that is not known is no delivery, whatever code stands beside it.
        let word = word.or_else(|| self.text(Field::Action));
        if word.is_none() && self.accepted() {
            return self.by_word(Kind::Delivered);
        }
        // Words in a code or a status are the state of a contact as often as anything else.
        let code = self.text(Field::ReplyCode).is_some_and(|text| clean::reply_code(&text).is_some());
        let status = || self.text(Field::Status).is_some_and(|text| clean::status(&text).is_some());
        if code || status() || self.text(Field::DiagnosticCode).is_some() {
            return Some(Kind::Bounce);
        }
        if word.is_some() {
            return Some(Kind::Other);
        }
        // A column for replies, even an empty one, makes it a list of bounces.
        if [Field::ReplyCode, Field::DiagnosticCode].iter().any(|field| self.is_own_column(*field)) {
            return Some(Kind::Bounce);
        }
        self.layout.proves_delivery(self.values).then_some(Kind::Delivered)
    }

    /// What a word or a code of the record says that is no failure: a bounce where its reply refuses; a delivery is unknown
    /// where a value that nobody reads refuses.
    fn by_word(&self, kind: Kind) -> Option<Kind> {
        let reply = self.text(Field::DiagnosticCode).is_some_and(|text| is_refusal(&text));
        let code =
            self.text(Field::ReplyCode).and_then(|text| clean::reply_code(&text)).is_some_and(|c| c.class() >= 4);
        let status = self.text(Field::Status).is_some_and(|text| is_refusal(&text));
        match () {
            () if reply || code || status => Some(Kind::Bounce),
            () if kind == Kind::Delivered && self.layout.is_disputed(self.values) => None,
            () => Some(kind),
        }
    }

    /// Whether the record has a column for the field, and no value there that says something else.
    fn is_own_column(&self, field: Field) -> bool {
        self.layout.has(field, self.values) && self.text(field).is_none()
    }

    fn action(&self) -> Option<Action> {
        self.text(Field::Action).and_then(|word| word.trim().to_ascii_lowercase().parse().ok())
    }

    /// Whether the codes say that the message was taken (RFC 5321 4.2.3: 250 to 252; RFC 3463: 2.x.x).
    fn accepted(&self) -> bool {
        let taken = |text: &str| clean::reply_code(text).is_some_and(|code| (250..=252).contains(&code.get()));
        match self.text(Field::ReplyCode).filter(|text| clean::reply_code(text).is_some()) {
            Some(code) => taken(&code),
            None => match self.text(Field::Status).and_then(|text| text.trim().parse::<EnhancedStatus>().ok()) {
                Some(status) => status.class == 2,
                None => self.text(Field::DiagnosticCode).is_some_and(|text| {
                    let text = text.trim_start_matches("smtp;").trim_start();
                    // What was taken first may have been refused later.
                    taken(text) && !text.split(' ').skip(1).any(is_code_of_refusal)
                }),
            },
        }
    }

    fn address(&self, field: Field) -> Option<Address> {
        self.text(field).and_then(|text| Address::parse(&text).or_else(|| clean::typed_address(&text)))
    }

    /// Our domain, never that of a mail server that wrote the report.
    fn sending_domain(&self) -> Option<String> {
        let ours = |text: &Cow<'_, str>| !clean::is_servers_own(text);
        self.layout.texts(Field::SendingDomain, self.values).filter(ours).find_map(|text| clean::domain(&text))
    }

    fn timestamp(&self) -> Result<Option<Timestamp>, Refusal> {
        let Some(value) = self.layout.value(Field::Timestamp, self.values) else { return Ok(None) };
        let text = value.text();
        // A date alone stands for the whole day, whatever the zone; epochs may have as many digits.
        if text.len() == DATE_ONLY && !text.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(date::read(&format!("{text}T00:00:00Z"), None).ok());
        }
        match date::read(&text, self.setting.zone.as_ref()) {
            Ok(at) => Ok(Some(at)),
            // Dashes and zeros stand for no time at all.
            Err(NoDate::Unreadable) if !text.bytes().any(|b| matches!(b, b'1'..=b'9')) => Ok(None),
            Err(NoDate::Unreadable) => Err(bad_row(format!(
                "time \"{}\" cannot be read, or does not tell day from month; write it as 2026-11-20T05:15:00Z",
                clean::excerpt(&text)
            ))),
            Err(NoDate::NoZone) => Err(bad_row(format!(
                "time \"{}\" has no zone; say which it is in, such as --time-zone=+02:00",
                clean::excerpt(&text)
            ))),
        }
    }

    fn event(&self, origin: &Origin, kind: Kind) -> Result<Event, Refusal> {
        let mut event = Event::new(origin.clone(), kind, self.layout.name);
        event.timestamp = self.timestamp()?;
        event.original_recipient = self.address(Field::OriginalRecipient);
        event.final_recipient = self.address(Field::FinalRecipient);
        event.recipient = self
            .address(Field::Recipient)
            .or_else(|| event.original_recipient.clone())
            .or_else(|| event.final_recipient.clone());
        // A platform's word that is about no delivery need not be about anybody.
        let about_somebody = !matches!(kind, Kind::Other | Kind::SelfSuppressed) || self.layout.default_kind.is_none();
        if event.recipient.is_none() && about_somebody {
            return Err(self.no_recipient());
        }
        event.action = self.action();
        self.reply(&mut event);
        event.reporting_mta = self.text(Field::ReportingMta).and_then(|text| clean::host(&text));
        // Of an opening or a click, the same name holds the reader's address.
        if kind != Kind::Other {
            event.sending_ip = self
                .text(Field::SendingIp)
                .and_then(|text| clean::ip(&text))
                .or_else(|| event.diagnostic_code.as_deref().and_then(sending_ip::from_reply));
        }
        event.sending_domain = self.sending_domain();
        let is_sender = |text: Cow<'_, str>| {
            let sender = Address::parse(&text).or_else(|| clean::typed_address(&text));
            sender.is_some_and(|sender| event.recipient.as_ref().is_some_and(|r| r.lower() == sender.lower()))
        };
        if self.layout.texts(Field::SendingDomain, self.values).any(is_sender) {
            event.unproven = Some(Unproven::OwnAddress);
        }
        event.campaign_id = self.name(Field::CampaignId);
        event.list_source = self.name(Field::ListSource);
        event.message_id = self.text(Field::MessageId).and_then(|text| clean::message_id(&text));
        event.tenant_id = self.name(Field::TenantId);
        let told = self.text(Field::FeedbackType).map(|text| clean::name(&text).to_ascii_lowercase());
        event.feedback_type = told.or_else(|| self.layout.feedback(self.values).map(str::to_owned));
        event.native_class = self.name(Field::NativeClass);
        let domain = |field| self.text(field).and_then(|text| clean::domain(&text));
        (event.mail_from_domain, event.dkim_domain) = (domain(Field::MailFromDomain), domain(Field::DkimDomain));
        let selector = self.text(Field::DkimSelector).map(|text| text.to_ascii_lowercase());
        event.dkim_selector = selector.filter(|text| returned::is_selector(text));
        Ok(event)
    }

    /// The innermost reply's codes win over the columns'.
    fn reply(&self, event: &mut Event) {
        let reply = match self.text(Field::DiagnosticCode) {
            Some(text) => {
                let text = clean::capped(&text, clean::MAX_TEXT);
                event.diagnostic_code = Some(text.to_owned());
                reply::read(text)
            }
            None => reply::Reply::default(),
        };
        let status = self.text(Field::Status).and_then(|text| clean::status(&text));
        event.status_field = self.text(Field::ReportedStatus).and_then(|text| clean::status(&text)).or(status);
        event.reply_code = reply.code.or_else(|| self.text(Field::ReplyCode).and_then(|text| clean::reply_code(&text)));
        event.status = reply.status.or(status).or(event.status_field);
        event.command = reply.command.or_else(|| self.text(Field::Command).and_then(|text| clean::command(&text)));
        event.remote_mta = self.text(Field::RemoteMta).and_then(|text| clean::host(&text)).or(reply.host);
        event.reply = reply.text;
    }

    fn delivery(&self, origin: &Origin) -> Result<Delivery, Refusal> {
        let recipient = self
            .address(Field::Recipient)
            .or_else(|| self.address(Field::OriginalRecipient))
            .or_else(|| self.address(Field::FinalRecipient));
        let recipient_domain = match &recipient {
            Some(address) => Some(address.domain().to_owned()),
            None => self.text(Field::RecipientDomain).and_then(|text| domain_key(&text)),
        };
        let Some(recipient_domain) = recipient_domain else { return Err(self.no_recipient()) };
        let count =
            match self.text(Field::Count) {
                Some(text) => text.parse().ok().filter(|count| *count > 0).ok_or_else(|| {
                    bad_row(format!("count \"{}\" is not a whole number above 0", clean::excerpt(&text)))
                })?,
                None => 1,
            };
        Ok(Delivery {
            origin: origin.clone(),
            recipient,
            recipient_domain,
            count,
            timestamp: self.timestamp()?,
            sending_ip: self.text(Field::SendingIp).and_then(|text| clean::ip(&text)),
            sending_domain: self.sending_domain(),
            campaign_id: self.name(Field::CampaignId),
            list_source: self.name(Field::ListSource),
            remote_mta: self.text(Field::RemoteMta).and_then(|text| clean::host(&text)),
            message_id: self.text(Field::MessageId).and_then(|text| clean::message_id(&text)),
        })
    }

    fn no_recipient(&self) -> Refusal {
        if let Some(text) = self.text(Field::Recipient) {
            let (format, text) = (self.layout.name, clean::excerpt(&text));
            return bad_row(format!("{format}: recipient \"{text}\" is not an address"));
        }
        let unnamed = !Field::ADDRESSED.iter().any(|field| self.layout.has(*field, self.values));
        match self.json.filter(|_| unnamed).and_then(|json| json.no_recipient()) {
            Some(question) => (RejectReason::UnknownFormat, question),
            None => bad_row(format!("{}: no recipient", self.layout.name)),
        }
    }
}

fn bad_row(detail: String) -> Refusal {
    (RejectReason::BadRow, detail)
}

/// `550`, `5.1.1`, `550-...` within a text.
fn is_code_of_refusal(word: &str) -> bool {
    let digits = word.split(['-', ':', ';']).next().unwrap_or_default();
    clean::reply_code(digits).is_some_and(|code| digits.len() == 3 && code.class() >= 4) || is_refusal(word)
}

fn kind_of(action: Action) -> Kind {
    match action {
        Action::Failed => Kind::Bounce,
        Action::Delayed => Kind::Delay,
        Action::Delivered | Action::Relayed | Action::Expanded => Kind::Delivered,
    }
}
