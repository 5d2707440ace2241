//! A message that is all of its input. Its header is looked at to know it by, and nothing of it is read.

use std::iter;
use std::sync::Arc;

use anyhow::Context;

use super::contract::Format;
use crate::source::batch::{Batch, Batches, Work};
use crate::source::item::{Item, Refused, Visit, mail, start_of, too_large};
use crate::source::stream::Stream;

/// The format.
#[derive(Debug)]
pub(super) struct Mail;

impl Format for Mail {
    fn begins(&self, text: &[u8]) -> bool {
        looks_like_mail(text)
    }

    fn batches(&self, stream: Stream, max: usize) -> Batches {
        Box::new(whole(stream, max))
    }

    fn as_it_stands<'d>(&self, name: &Arc<str>, data: &'d [u8], max: usize) -> Option<Result<Item<'d>, Refused>> {
        Some(mail(start_of(name), data, max))
    }
}

/// A message that is all of its source.
#[derive(Debug)]
struct Message {
    name: Arc<str>,
    data: Vec<u8>,
}

impl Work for Message {
    fn visit(&self, max: usize, visit: &mut Visit<'_>) {
        visit(mail(start_of(&self.name), &self.data, max));
    }
}

/// A stream that is one message.
fn whole(mut stream: Stream, max: usize) -> impl Iterator<Item = anyhow::Result<Batch>> + Send {
    iter::once_with(move || {
        let mut data = Vec::new();
        let name = stream.name.clone();
        while data.len() <= max {
            let want = (data.len() + (64 << 10)).min(max + 1 - data.len());
            if !stream.fill(&mut data, want).with_context(|| format!("{name}: reading"))? {
                break;
            }
        }
        let refused = match stream.take_fault() {
            Some(fault) => fault.at(start_of(&name)),
            None if data.len() > max => too_large(start_of(&name), max).into(),
            None => return Ok(Batch::new(Box::new(Message { name, data }), stream.spent(), max)),
        };
        Ok(Batch::refused(refused, stream.spent()))
    })
}

/// Whether text starts with header fields: the first line is one, and it is a known one or followed by another.
pub(super) fn looks_like_mail(text: &[u8]) -> bool {
    const KNOWN: &[&[u8]] = &[
        b"arc-",
        b"authentication-results",
        b"bcc",
        b"cc",
        b"content-",
        b"date",
        b"delivered-to",
        b"dkim-",
        b"envelope-",
        b"errors-to",
        b"from",
        b"in-reply-to",
        b"list-",
        b"message-id",
        b"mime-version",
        b"precedence",
        b"received",
        b"references",
        b"reply-to",
        b"return-path",
        b"sender",
        b"subject",
        b"thread-",
        b"to",
        b"user-agent",
        b"x-",
    ];
    let mut lines = text.split(|&b| matches!(b, b'\n' | b'\r')).filter(|line| !line.is_empty());
    let Some(name) = lines.next().and_then(field_name) else { return false };
    let known = |name: &[u8]| {
        KNOWN.iter().any(|known| match known.strip_suffix(b"-") {
            Some(_) => name.get(..known.len()).is_some_and(|start| start.eq_ignore_ascii_case(known)),
            None => name.eq_ignore_ascii_case(known),
        })
    };
    if known(name) {
        return true;
    }
    let mut after = lines.skip_while(|line| matches!(line.first(), Some(b' ' | b'\t')));
    after.next().is_some_and(|line| field_name(line).is_some())
}

/// The name of a header field, if the line is one.
fn field_name(line: &[u8]) -> Option<&[u8]> {
    let colon = memchr::memchr(b':', line).filter(|&at| at > 0 && at <= 76)?;
    let name = line[..colon].trim_ascii_end();
    let plain = |&b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    (name.first()?.is_ascii_alphabetic() && name.iter().all(plain)).then_some(name)
}
