//! Complaints: feedback reports (RFC 5965, 6591, 6430) and Hotmail's older form. In: a mail's parts. Out: one event for
//! each address that complained; a report on authentication, or one that something is no spam, is `other`.

use super::super::fields::{Line, lines};
use super::super::limits::MAX_RECIPIENTS;
use super::super::verp::{self, Verp};
use super::super::{date, mailbox, report, returned};
use super::facts::Mail;
use crate::bounce::{Address, Event, Kind, Unproven};

/// Reads a feedback report; `None` if the mail holds none.
pub(super) fn read(mail: &Mail<'_>) -> Option<Vec<Event>> {
    if !mail.anatomy.feedback.is_empty() {
        return Some(mail.anatomy.feedback.iter().flat_map(|text| arf(mail, text)).collect());
    }
    hotmail(mail).or_else(|| apple(mail)).map(|event| vec![event])
}

/// Hotmail's JMRP sends the message itself, with the complainant in a header of its own, on top or in the attachment.
fn hotmail(mail: &Mail<'_>) -> Option<Event> {
    const HEADER: &str = "X-HmXmrOriginalRecipient";
    let attached = || mail.returned_head.as_ref().and_then(|head| head.get(HEADER));
    let complainant = mail.head.get(HEADER).or_else(attached)?;
    let mut event = mail.event(Kind::Complaint, "jmrp");
    event.feedback_type = Some("abuse".to_owned());
    event.recipient = mailbox::in_field(&complainant).or_else(|| mail.addressed().cloned());
    Some(event)
}

/// Apple Mail writes to the List-Unsubscribe address itself, when its user asks for it: RFC 5965's opt-out.
fn apple(mail: &Mail<'_>) -> Option<Event> {
    mail.head.get("X-Apple-Unsubscribe").filter(|value| value.eq_ignore_ascii_case("true"))?;
    let mut event = mail.event(Kind::Complaint, "apple_unsubscribe");
    event.feedback_type = Some("opt-out".to_owned());
    event.recipient = mail.from();
    Some(event)
}

/// One feedback report; several recipients in it are several events (RFC 5965 3.2 allows the field more than once).
fn arf(mail: &Mail<'_>, text: &str) -> Vec<Event> {
    let mut event = mail.event(Kind::Complaint, "arf");
    let mut recipients: Vec<Address> = Vec::new();
    let mut returned_path = None;
    for line in lines(text) {
        let Line::Field(field) = line else { continue };
        match field.name.to_ascii_lowercase().as_str() {
            "feedback-type" => event.feedback_type = Some(field.value().to_ascii_lowercase()),
            "original-rcpt-to" | "removal-recipient" => recipients.extend(mailbox::in_field(&field.value())),
            "original-mail-from" => {
                returned_path = verp::read(&field.value());
                let path = event.mail_from_domain.take();
                event.mail_from_domain = path.or_else(|| returned::sender_domain(&field.value()));
            }
            "source-ip" => event.sending_ip = field.value().trim_matches(['[', ']']).parse().ok().or(event.sending_ip),
            "arrival-date" | "received-date" => event.timestamp = date::rfc5322(&field.value()).or(event.timestamp),
            "reporting-mta" => event.reporting_mta = report::host_in(&field.value()),
            "original-envelope-id" | "user-agent" | "version" => {}
            _ => {}
        }
    }
    // RFC 6591: a failed authentication is nobody's complaint; RFC 6430: "not-spam" is the contrary of one.
    if matches!(event.feedback_type.as_deref(), Some("auth-failure" | "not-spam" | "dmarc")) {
        event.kind = Kind::Other;
    }
    let verp =
        returned_path.or_else(|| verp::read(&mail.returned_head.as_ref()?.get("Return-Path")?)).or_else(|| mail.verp());
    // What stands in the hidden address's place is kept as it was reported, and is nobody's address.
    event.original_recipient = recipients.first().cloned();
    let (recipients, deduced) = complainants(mail, recipients, verp);
    event.unproven = deduced.then_some(Unproven::DeducedRecipient);
    if recipients.is_empty() {
        let hidden = || Some(mail.returned.sole_recipient.clone()).flatten().filter(is_hidden);
        event.original_recipient = event.original_recipient.take().or_else(hidden);
        // A row without a recipient: the report says how many complained whom nobody can name.
        return vec![event];
    }
    recipients
        .into_iter()
        .take(MAX_RECIPIENTS + 1)
        .map(|recipient| {
            let mut event = event.clone();
            event.original_recipient = Some(recipient.clone());
            event.recipient = Some(recipient);
            event
        })
        .collect()
}

/// Who complained, and whether that is a guess: our own record in the return path before what the report names, and
/// where the reporter hides the address, what else of ours gives it away.
fn complainants(mail: &Mail<'_>, named: Vec<Address>, verp: Option<Verp>) -> (Vec<Address>, bool) {
    let verp = verp.filter(|verp| !mail.own.holds(&verp.recipient) && !is_hidden(&verp.recipient));
    let shown: Vec<Address> =
        named.into_iter().filter(|address| !is_hidden(address) && !mail.own.holds(address)).collect();
    match (shown.as_slice(), &verp) {
        ([one], Some(verp)) if verp.sure && !verp.confirms(one) => return (vec![verp.recipient.clone()], false),
        ([_, ..], _) => return (shown, false),
        ([], _) => {}
    }
    let addressed = || mail.addressed().filter(|address| !is_hidden(address)).cloned();
    match verp {
        Some(verp) => (vec![verp.recipient], !verp.sure),
        None => (addressed().or_else(|| envelope_recipient(mail)).into_iter().collect(), false),
    }
}

/// Whether an address stands for one that the reporter hides (RFC 6590): a word in its place, or a token.
fn is_hidden(address: &Address) -> bool {
    let local = address.local().to_ascii_lowercase();
    ["redacted", "undisclosed", "anonymized", "anonymised", "hidden-recipient"].iter().any(|word| local.contains(word))
        || matches!(local.as_str(), "removed" | "hidden" | "recipient" | "user")
        || local.bytes().all(|b| matches!(b, b'x' | b'*'))
        || is_token(address.local())
}

/// Shortest local part that may be a hash, in bytes: 64 bits in hex.
const TOKEN: usize = 16;

/// Whether a local part is a hash or another id, as no mailbox is named: hex, or a long mixture of digits and letters of
/// both cases.
fn is_token(local: &str) -> bool {
    let plain = local.replace('-', "");
    let count = |of: fn(&u8) -> bool| plain.bytes().filter(of).count();
    let digits = count(u8::is_ascii_digit);
    let hex = plain.bytes().all(|b| b.is_ascii_hexdigit()) && digits >= 4 && digits < plain.len();
    let mixed = plain.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'=' | b'/' | b'+'))
        && digits >= 3
        && count(u8::is_ascii_uppercase) >= 3
        && count(u8::is_ascii_lowercase) >= 3;
    plain.len() >= TOKEN && (hex || mixed && plain.len() >= TOKEN + 4)
}

/// The recipient that headers of the returned message give away which name the envelope.
fn envelope_recipient(mail: &Mail<'_>) -> Option<Address> {
    let head = mail.returned_head.as_ref()?;
    ["X-HmXmrOriginalRecipient", "X-Original-To", "Delivered-To", "X-Envelope-To", "Envelope-To", "X-Rcpt-To"]
        .iter()
        .find_map(|name| mailbox::in_field(&head.get(name)?))
        .filter(|address| !is_hidden(address) && !mail.own.holds(address))
}
