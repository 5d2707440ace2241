//! What we sent, by the look of it. In: a sender's own patterns, and a report that came by mail. Out: whether the report is
//! about something else. Anybody can mail a report; without patterns nothing is refuted here.

use super::super::glob::Glob;
use super::super::mailbox;
use super::super::options::OwnPatterns;
use super::facts::Mail;

/// The patterns, compiled.
#[derive(Debug)]
pub(super) struct SentPatterns {
    message_ids: Vec<Glob>,
    return_paths: Vec<Glob>,
}

impl SentPatterns {
    pub(super) fn new(own: &OwnPatterns) -> SentPatterns {
        let globs = |patterns: &[String]| patterns.iter().map(|pattern| Glob::new(pattern)).collect();
        SentPatterns { message_ids: globs(&own.message_ids), return_paths: globs(&own.return_paths) }
    }

    /// Whether the report names a message, or was sent to an address, that is none of ours. A Message-ID decides, where it
    /// is known and told; else the return path: the address that the report was sent to, or that the message bears.
    pub(super) fn refute(&self, mail: &Mail<'_>) -> bool {
        let fits = |globs: &[Glob], text: &str| globs.iter().any(|glob| glob.fits(text));
        if let (false, Some(id)) = (self.message_ids.is_empty(), &mail.returned.message_id) {
            return !fits(&self.message_ids, id);
        }
        if self.return_paths.is_empty() {
            return false;
        }
        let heads = [Some(mail.head), mail.returned_head.as_ref()];
        let mut paths = heads.into_iter().flatten().zip([&["To", "Delivered-To"][..], &["Return-Path"][..]]).flat_map(
            |(head, names)| {
                names
                    .iter()
                    .flat_map(|name| head.all(name))
                    .flat_map(|value| mailbox::all(&value).map(|found| found.address).collect::<Vec<_>>())
            },
        );
        let mut told = false;
        let known = paths.any(|path| {
            told = true;
            fits(&self.return_paths, path.as_str())
        });
        told && !known
    }
}
