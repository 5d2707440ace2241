//! Complaints: feedback reports (RFC 5965, 6591, 6430) and Hotmail's older form. In: a mail's parts. Out: one event for
//! each address that complained; a report on authentication, or one that something is no spam, is `other`.

use super::super::fields::{Line, lines};
use super::super::{date, mailbox, report, verp};
use super::MAX_RECIPIENTS;
use super::facts::Mail;
use crate::bounce::{Address, Event, Kind};

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
    event.recipient = mailbox::in_field(&complainant).or_else(|| mail.returned.sole_recipient.clone());
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
            "original-mail-from" => returned_path = verp::recipient(&field.value()),
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
    if recipients.iter().all(is_redacted) {
        // A provider that hides the address leaves it in the returned message, or in our own VERP.
        let hidden = returned_recipient(mail).or(returned_path).or_else(|| mail.returned.sole_recipient.clone());
        recipients = hidden.into_iter().chain(recipients).take(1).collect();
    }
    if recipients.is_empty() {
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

/// Whether an address stands for one that the reporter hides.
fn is_redacted(address: &Address) -> bool {
    let local = address.local().to_ascii_lowercase();
    local.contains("redacted")
        || local.contains("undisclosed")
        || local == "removed"
        || local.bytes().all(|b| matches!(b, b'x' | b'*'))
}

/// The recipient that the returned header gives away: our VERP, or headers that name the envelope.
fn returned_recipient(mail: &Mail<'_>) -> Option<Address> {
    let head = mail.returned_head.as_ref()?;
    verp::recipient(&head.get("Return-Path")?)
        .or_else(|| {
            ["X-Original-To", "Delivered-To", "X-Envelope-To", "Envelope-To"]
                .iter()
                .find_map(|name| mailbox::in_field(&head.get(name)?))
        })
        .filter(|address| !is_redacted(address))
}
