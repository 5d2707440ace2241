//! Wrappings: what mail systems put around a reply that they pass on. In: one folded line. Out: the innermost reply, who
//! spoke it and to which command, as far as the wrappings tell.

use crate::bounce::{EnhancedStatus, ReplyCode, SmtpCommand};

use super::{codes, marks};

/// Wrappings peeled at most.
const MAX_DEPTH: usize = 8;

/// The innermost reply and what its wrappings say.
#[derive(Debug, Default)]
pub struct Inner<'a> {
    /// The innermost reply.
    pub text: &'a str,
    /// The code of the wrapping around it.
    pub code: Option<ReplyCode>,
    /// The status of the wrapping around it.
    pub status: Option<EnhancedStatus>,
    /// The innermost reply's own code stood outside it, as in `550-'5.1.1 no such user'`.
    pub code_outside: bool,
    /// The host that spoke.
    pub host: Option<String>,
    /// The command answered.
    pub command: Option<SmtpCommand>,
    /// The message expired: the reply inside is the last delay, not the end.
    pub expired: bool,
    /// Another system passed it on.
    pub relayed: bool,
}

/// One wrapping taken off.
#[derive(Debug, Default)]
struct Peeled<'a> {
    text: &'a str,
    host: Option<String>,
    command: Option<SmtpCommand>,
    code: Option<ReplyCode>,
    expired: bool,
    relayed: bool,
}

/// Takes off all wrappings.
pub fn innermost(text: &str) -> Inner<'_> {
    let mut inner = Inner { text: strip_type(text), ..Inner::default() };
    if !marks::any(inner.text) {
        inner.text = inner.text.trim();
        return inner;
    }
    for _ in 0..MAX_DEPTH {
        inner.text = strip_noise(inner.text, &mut inner.command);
        let Some(peeled) = peel(inner.text) else {
            break;
        };
        let wrapping = &inner.text[..offset_in(inner.text, peeled.text)];
        if doubts_the_sender(wrapping) {
            break;
        }
        if !inner.expired {
            let outer = codes::read(wrapping);
            inner.code = outer.code.or(inner.code);
            inner.status = outer.status.or(inner.status);
        }
        inner.code_outside = peeled.code.is_some();
        inner.code = peeled.code.or(inner.code);
        if peeled.relayed {
            // The host and command known so far are those of the system that passed it on.
            inner.host = None;
        }
        inner.host = peeled.host.or(inner.host);
        inner.command = peeled.command.or(inner.command);
        inner.expired |= peeled.expired;
        inner.relayed |= peeled.relayed;
        inner.text = strip_type(peeled.text);
    }
    inner
}

/// A cheap look for the marks of a wrapping that passes on another system's words.
pub fn may_be_relayed(text: &str) -> bool {
    ["-> ", "server response was", "Backend Replied", "rejected message - ", "allout verification"]
        .iter()
        .any(|mark| memmem::find(text.as_bytes(), mark.as_bytes()).is_some())
}

/// Whether a wrapping says that the host inside was asked about the sender: its "User unknown" is then about us, and
/// without the wrapping it would read as a dead recipient.
fn doubts_the_sender(wrapping: &str) -> bool {
    let wrapping = wrapping.to_ascii_lowercase();
    ["sender address rejected", "sender verif", "verifying sender", "sender callout", "reverse-path", "return-path"]
        .iter()
        .any(|mark| wrapping.contains(mark))
}

/// Where a slice of `text` starts within it.
fn offset_in(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize).min(text.len())
}

/// `smtp; `, `X-Postfix; `: the type of a Diagnostic-Code.
fn strip_type(text: &str) -> &str {
    let text = text.trim_start();
    let Some(at) = text.find(';').filter(|&at| at <= 24) else {
        return text;
    };
    let kind = text[..at].trim_end();
    let known = ["smtp", "esmtp", "lmtp", "dns", "unknown", "x400", "x.400", "local", "none"];
    let is_type = known.iter().any(|k| kind.eq_ignore_ascii_case(k))
        || (kind.get(..2).is_some_and(|head| head.eq_ignore_ascii_case("x-")) && !kind.contains(' '));
    if is_type { strip_type(&text[at + 1..]) } else { text }
}

/// Takes off what stands before and behind a reply and says nothing of it.
fn strip_noise<'a>(text: &'a str, command: &mut Option<SmtpCommand>) -> &'a str {
    let mut text = text.trim();
    loop {
        let before = text.len();
        if let Some(at) = text.rfind("(in reply to ") {
            let words = text[at + 13..].trim_end_matches([')', ' ', '.']);
            // Only at the end: Postfix writes it last.
            if words.len() <= 40 && !words.contains(')') {
                *command = command_of(words).or(*command);
                text = text[..at].trim_end();
            }
        }
        for marker in ["(delivery attempts: ", "Giving up on "] {
            if let Some(at) = last(text, marker) {
                // qmail's own closing words follow a reply; alone they are the message.
                if marker.starts_with('(') || has_code(&text[..at]) {
                    text = text[..at].trim_end();
                }
            }
        }
        for marker in ["#SMTP#", "##"] {
            text = text.strip_suffix(marker).unwrap_or(text).trim_end();
        }
        while let Some(rest) = text.strip_prefix("<<<") {
            text = rest.trim_start();
        }
        if text.len() == before {
            return text;
        }
    }
}

/// Where a closing remark begins: near the end, and not the whole text.
fn last(text: &str, marker: &str) -> Option<usize> {
    text.rfind(marker).filter(|&at| at > 0 && text.len() - at <= 100)
}

fn has_code(text: &str) -> bool {
    let codes = codes::read(text);
    codes.code.is_some() || codes.status.is_some()
}

/// The command that words such as `RCPT TO command` or `end of DATA command` name.
pub fn command_of(words: &str) -> Option<SmtpCommand> {
    let has = |needle: &str| find(words, needle).is_some();
    if has("rcpt") {
        Some(SmtpCommand::Rcpt)
    } else if has("mail from") || has("mail command") {
        Some(SmtpCommand::Mail)
    } else if has("data") || has("bdat") || has("message body") || has("end of message") {
        Some(SmtpCommand::Data)
    } else if has("starttls") {
        Some(SmtpCommand::Starttls)
    } else if has("helo") || has("ehlo") || has("lhlo") {
        Some(SmtpCommand::Ehlo)
    } else if has("auth") {
        Some(SmtpCommand::Auth)
    } else if has("quit") {
        Some(SmtpCommand::Quit)
    } else if has("connection") || has("connect") || has("greeting") {
        Some(SmtpCommand::Conn)
    } else {
        None
    }
}

/// First place of an ASCII needle in lower case, whatever the text's case.
fn find(text: &str, needle: &str) -> Option<usize> {
    let (first, rest) = needle.as_bytes().split_first()?;
    let bytes = text.as_bytes();
    memchr::memchr2_iter(*first, first.to_ascii_uppercase(), bytes)
        .find(|&at| bytes.get(at + 1..at + 1 + rest.len()).is_some_and(|tail| tail.eq_ignore_ascii_case(rest)))
}

/// Takes off the outermost wrapping, if there is one.
fn peel(text: &str) -> Option<Peeled<'_>> {
    let bytes = text.as_bytes();
    let has = |needle: &str| memmem::find(bytes, needle.as_bytes());
    if let Some(peeled) = has(" said: ").and_then(|at| said(text, at, at + 7)) {
        return Some(peeled);
    }
    if let Some(at) = has(" refused to talk to me: ") {
        let mut peeled = said(text, at, at + 24)?;
        peeled.command = Some(SmtpCommand::Conn);
        return Some(peeled);
    }
    if let Some(peeled) = exim(text) {
        return Some(peeled);
    }
    quoted(text).or_else(|| introduced(text)).or_else(|| returned(text))
}

/// Postfix: `host mx.example.com[192.0.2.1] said: ...`.
fn said(text: &str, end: usize, inner: usize) -> Option<Peeled<'_>> {
    let head = &text[..end];
    let host = head.rsplit("host ").next().filter(|rest| rest.len() < head.len())?;
    Some(Peeled { text: text.get(inner..)?, host: host_name(host), ..Peeled::default() })
}

/// A host name in front of `[ip]`, a space or a colon; lower case. An IP stands for itself.
fn host_name(text: &str) -> Option<String> {
    let text = text.trim_start();
    let end =
        text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '*'))).unwrap_or(text.len());
    let host = text[..end].trim_end_matches('.');
    let is_name = host.contains('.') && host.len() <= 253;
    is_name.then(|| host.to_ascii_lowercase())
}

/// Exim: `host mx [ip] SMTP error from remote mail server after RCPT TO:<a@b>: ...`, in either order.
fn exim(text: &str) -> Option<Peeled<'_>> {
    let marker = [
        "SMTP error from remote mail server after ",
        "SMTP error from remote mailer after ",
        "LMTP error after ",
        "Remote host closed connection in response to ",
    ]
    .iter()
    .find_map(|marker| memmem::find(text.as_bytes(), marker.as_bytes()).map(|at| (at, at + marker.len())));
    let (start, at) = marker?;
    let rest = &text[at..];
    let phase_end = phase_end(rest);
    let command = command_of(&rest[..phase_end]);
    let mut inner = rest[phase_end..].trim_start_matches([':', ' ']);
    let mut host = text[..start].rsplit("host ").next().filter(|h| h.len() < start).and_then(host_name);
    if let Some(after) = inner.strip_prefix("host ") {
        host = host_name(after);
        inner = after.split_once(": ").map_or(after, |(_, inner)| inner);
    }
    (!inner.is_empty()).then_some(Peeled { text: inner, host, command, ..Peeled::default() })
}

/// Where Exim's phase ends: the colon behind `RCPT TO:<a@b>`, `end of data` or `initial connection`.
fn phase_end(rest: &str) -> usize {
    let addressed = ["RCPT TO:", "MAIL FROM:"]
        .iter()
        .filter_map(|c| find(rest, &c.to_ascii_lowercase()).map(|at| at + c.len()))
        .min();
    let from = match addressed {
        Some(at) if at <= 30 => rest[at..].find('>').map_or(at, |close| at + close),
        _ => 0,
    };
    rest[from..].find(':').map_or(rest.len(), |colon| from + colon)
}

/// Wrappings that quote the reply: Exchange's `returned '...'` and `#<...>`, Barracuda's `(addr:...)`, IronPort's `550-'...'`.
fn quoted(text: &str) -> Option<Peeled<'_>> {
    let bytes = text.as_bytes();
    if let Some(at) = find(text, "remote server ").filter(|_| memmem::find(bytes, b"eturned '").is_some()) {
        let quote = at + memmem::find(&bytes[at..], b"eturned '")? + 9;
        let inner = text.get(quote..)?;
        let inner = inner.rsplit_once('\'').map_or(inner, |(inner, _)| inner);
        // Several attempts may follow; the first one named is the last one made.
        let inner = memmem::find(inner.as_bytes(), b" - Remote Server at ").map_or(inner, |end| &inner[..end]);
        return Some(Peeled {
            text: match inner.strip_prefix('<') {
                Some(bare) if starts_with_code(bare) => bare.trim_end_matches('>'),
                _ => inner,
            },
            host: find(&text[at..quote], " at ").and_then(|p| host_name(&text[at + p + 4..quote])),
            ..Peeled::default()
        });
    }
    if let Some(peeled) = exchange_tag(text) {
        return Some(peeled);
    }
    if let Some(at) = memmem::find(bytes, b"for one or more recipients (") {
        let rest = &text[at + 28..];
        let inner = rest.split_once(':')?.1;
        let inner = inner.strip_suffix(')').unwrap_or(inner);
        return starts_with_code(inner).then_some(Peeled { text: inner, relayed: false, ..Peeled::default() });
    }
    ironport(text)
}

/// Exchange 2003: `<mx.example.com #5.0.0 smtp;550 5.1.1 ...>`, with or without `#` around it.
fn exchange_tag(text: &str) -> Option<Peeled<'_>> {
    let tag = find(text, " smtp;").filter(|&at| at <= 400)?;
    let open = text[..tag].rfind('<')?;
    let head = &text[open + 1..tag];
    head.contains('#').then(|| Peeled {
        text: text[tag + 6..].trim_end_matches(['>', '#', ' ']),
        host: host_name(head),
        ..Peeled::default()
    })
}

/// IronPort and SES: `5.1.0 - Unknown address error 550-'5.1.1 no such user' (delivery attempts: 0)`.
fn ironport(text: &str) -> Option<Peeled<'_>> {
    let at = memmem::find(text.as_bytes(), b"-'")?;
    let start = at.checked_sub(3)?;
    let code = text.get(start..at)?.parse::<ReplyCode>().ok()?;
    let spaced = start == 0 || text.as_bytes().get(start - 1) == Some(&b' ');
    let inner = text.get(at + 2..)?.trim_end();
    let inner = inner.rsplit_once('\'').map_or(inner, |(inner, _)| inner);
    let words = text[..start].contains(" - ");
    (spaced && words).then_some(Peeled { text: inner, code: Some(code), ..Peeled::default() })
}

/// Phrases that introduce the reply; the first that fits is taken. The flag says that another system is quoted.
const PHRASES: [(&str, bool); 17] = [
    ("Remote host said: ", false),
    ("The server response was: ", true),
    ("error that the other server returned was: ", false),
    ("response from the remote server was: ", false),
    ("remote server responded: ", false),
    ("remote server replied: ", false),
    ("cuda_nsu ", false),
    ("rejected message - ", true),
    ("all recipients were rejected: ", false),
    ("Message failed: ", false),
    ("RCPT TO command failed: ", false),
    ("command failed: ", false),
    ("SMTP server error: ", false),
    ("SMTPAddressFailedException: ", false),
    ("SMTPSendFailedException: ", false),
    ("(reason: ", false),
    ("Delay reason: ", false),
];

/// Wrappings that introduce the reply with a phrase.
fn introduced(text: &str) -> Option<Peeled<'_>> {
    let bytes = text.as_bytes();
    for (phrase, relayed) in PHRASES {
        if let Some(at) = memmem::find(bytes, phrase.as_bytes()) {
            let inner = text[at + phrase.len()..].trim();
            let inner = match last(inner, "I'm not going to try again; this message has been in the queue too long") {
                // What qmail adds behind a reply that it quotes.
                Some(at) => inner[..at].trim_end(),
                None => inner,
            };
            let inner = if phrase.starts_with('(') { inner.strip_suffix(')').unwrap_or(inner) } else { inner };
            let by_host = memmem::rfind(&bytes[..at], b" by ").and_then(|p| host_name(&text[p + 4..at]));
            if !inner.is_empty() {
                return Some(Peeled { text: inner, host: by_host, command: None, relayed, ..Peeled::default() });
            }
        }
    }
    if let Some(at) = memmem::find(bytes, b"Backend Replied [") {
        let inner = text[at..].split_once("]: ")?.1;
        return Some(Peeled { text: inner, relayed: true, ..Peeled::default() });
    }
    callout(text)
}

/// Exim's `Callout verification failed: 550 ...` about the recipient. The same words about the *sender* speak of our
/// own address: they are never unwrapped, or our fault would read as a dead recipient.
fn callout(text: &str) -> Option<Peeled<'_>> {
    let at = find(text, "callout verification failed: ")?;
    let inner = &text[at + 29..];
    let code = text.get(..3).filter(|_| text.as_bytes().get(3) == Some(&b'-'));
    // Folded from a multi-line reply, the inner line stands behind its own continuation code.
    let inner =
        code.and_then(|code| inner.strip_prefix(code)).map_or(inner, |rest| rest.trim_start_matches([' ', '-']));
    (starts_with_code(inner) && find(text, "sender").is_none()).then_some(Peeled {
        text: inner,
        relayed: true,
        ..Peeled::default()
    })
}

/// `Remote server returned ... -> 554 ...`, and expiry texts that hold the last delay.
fn returned(text: &str) -> Option<Peeled<'_>> {
    if let Some(at) = memmem::find(text.as_bytes(), b" -> ") {
        let inner = &text[at + 4..];
        if find(&text[..at], "remote server returned").is_some() && !inner.trim().is_empty() {
            return Some(Peeled { text: inner, relayed: true, ..Peeled::default() });
        }
        if find(&text[..at], "expired").is_some() && starts_with_code(inner) {
            return Some(Peeled { text: inner, expired: true, relayed: true, ..Peeled::default() });
        }
    }
    for (marker, close) in [("last transfail: ", ')'), ("last error: ", ')'), ("{LED=", '}'), ("minutes.<", '>')] {
        let Some(at) = memmem::find(text.as_bytes(), marker.as_bytes()) else {
            continue;
        };
        let inner = &text[at + marker.len()..];
        if at == 0 || !starts_with_code(inner) {
            continue;
        }
        let inner = match close {
            '}' => inner.split_once('}').map_or(inner, |(inner, _)| inner),
            _ => inner.strip_suffix(close).unwrap_or(inner),
        };
        return Some(Peeled { text: inner, expired: true, ..Peeled::default() });
    }
    None
}

/// Whether a text starts with a reply code of class 4 or 5, or a status.
fn starts_with_code(text: &str) -> bool {
    let text = text.trim_start();
    let code = text.get(..3).and_then(|c| c.parse::<ReplyCode>().ok()).is_some_and(|c| c.class() >= 4)
        && text.as_bytes().get(3).is_none_or(|b| matches!(b, b' ' | b'-'));
    code || text.split(' ').next().is_some_and(|word| word.parse::<EnhancedStatus>().is_ok())
}

/// Searching replies. `memchr::memmem` spends more on preparing a search than a short text takes to be looked through.
mod memmem {
    pub(super) fn find(text: &[u8], words: &[u8]) -> Option<usize> {
        let first = *words.first()?;
        memchr::memchr_iter(first, text).find(|at| text[*at..].starts_with(words))
    }

    pub(super) fn rfind(text: &[u8], words: &[u8]) -> Option<usize> {
        let first = *words.first()?;
        memchr::memrchr_iter(first, text).find(|at| text[*at..].starts_with(words))
    }
}
