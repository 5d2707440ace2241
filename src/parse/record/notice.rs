//! Bounce notices inside records: some platforms hand on the whole notice, as text, HTML or a mail, in place of the reply.
//! In: the notice and the address that it is about. Out: what the mail reader makes of it.

use std::borrow::Cow;

use super::clean;
use crate::bounce::{Address, Event, Kind, Origin};
use crate::parse::mail::MailReader;
use crate::parse::reply;

/// Longest notice read, in bytes.
const MAX_NOTICE: usize = 1 << 20;

/// Reads a notice; `None` when the mail reader finds no report on deliveries in it.
pub(super) fn read(mails: &MailReader, origin: &Origin, notice: &str, recipient: Option<&Address>) -> Option<Event> {
    let notice = clean::capped(notice, MAX_NOTICE);
    let events = mails.read(origin, as_mail(notice).as_bytes()).ok()?;
    let mut reports = events.into_iter().filter(|event| matches!(event.kind, Kind::Bounce | Kind::Delay));
    let wanted = recipient.map(Address::key);
    let about = |event: &Event| event.recipient.as_ref().map(Address::key) == wanted;
    let first = reports.next()?;
    if about(&first) {
        return Some(first);
    }
    Some(reports.find(about).unwrap_or(first))
}

/// Lays over an event what its notice says and the record does not.
pub(super) fn complete(event: &mut Event, notice: Event) {
    fn fill<T>(place: &mut Option<T>, value: Option<T>) {
        if place.is_none() {
            *place = value;
        }
    }
    event.kind = notice.kind;
    fill(&mut event.recipient, notice.recipient);
    fill(&mut event.original_recipient, notice.original_recipient);
    fill(&mut event.final_recipient, notice.final_recipient);
    fill(&mut event.timestamp, notice.timestamp);
    fill(&mut event.action, notice.action);
    fill(&mut event.reply_code, notice.reply_code);
    fill(&mut event.status, notice.status);
    fill(&mut event.status_field, notice.status_field);
    fill(&mut event.diagnostic_code, notice.diagnostic_code);
    fill(&mut event.reply, notice.reply);
    fill(&mut event.command, notice.command);
    fill(&mut event.remote_mta, notice.remote_mta);
    fill(&mut event.reporting_mta, notice.reporting_mta);
    fill(&mut event.sending_ip, notice.sending_ip);
    fill(&mut event.tenant_id, notice.tenant_id);
    fill(&mut event.mail_from_domain, notice.mail_from_domain);
    if event.dkim_domain.is_none() && event.dkim_selector.is_none() {
        (event.dkim_domain, event.dkim_selector) = (notice.dkim_domain, notice.dkim_selector);
    }
}

/// Takes a reply that stands alone in the notice's place; what goes over paragraphs is prose that nobody understood.
pub(super) fn bare_reply(event: &mut Event, text: &str) {
    let text = clean::capped(text.trim(), clean::MAX_TEXT);
    if event.reply.is_some() || text.contains("\n\n") || text.contains("\r\n\r\n") {
        return;
    }
    let found = reply::read(text);
    if found.code.is_none() && found.status.is_none() {
        return;
    }
    event.diagnostic_code.get_or_insert_with(|| text.to_owned());
    event.reply_code = event.reply_code.or(found.code);
    event.status = event.status.or(found.status);
    event.command = event.command.or(found.command);
    event.remote_mta = event.remote_mta.take().or(found.host);
    event.reply = found.text;
}

/// The notice as a mail: as it is if it has a header, else with the header that such mails have.
fn as_mail(notice: &str) -> Cow<'_, str> {
    let start = notice.trim_start();
    let line = start.lines().next().unwrap_or_default();
    let is_field = line.split_once(':').is_some_and(|(name, _)| {
        ["received", "return-path", "from", "to", "date", "subject", "message-id", "mime-version", "delivered-to"]
            .contains(&name.trim().to_ascii_lowercase().as_str())
    });
    if is_field {
        return Cow::Borrowed(start);
    }
    let kind = if start.starts_with('<') && start.contains("</") { "html" } else { "plain" };
    Cow::Owned(format!(
        "From: MAILER-DAEMON\r\nSubject: Undelivered Mail Returned to Sender\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{notice}"
    ))
}
