//! Reports that match nothing sent. In: a night's files. Out: the same, such reports marked in `unproven`. Anybody can mail
//! a delivery report or a complaint; where deliveries or a send log tell what was sent, what they do not know lists nobody.
//!
//! A report is ours if the logs have its Message-ID or its recipient. It is not, if its message comes from a domain that
//! no row of the logs sends from, every row naming one; or, a bounce, if a send log that names all recipients has none of
//! those that it names. A complaint may be about mail of weeks ago, so a send log of these nights does not refute it.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use polars::prelude::{
    Categorical8Chunked, DataFrame, DataType, IntoColumn, NewChunkedArray, StringChunked, UInt8Chunked,
};

use super::cells::Members;
use super::rewrite::rewrite;
use super::schema::enum_type;
use super::{NightFiles, scan, schema};
use crate::bounce::{Key, Kind, Unproven};

/// Reports of which at least one must come from a domain that the logs name, for the others to be foreign.
const MANY: usize = 20;

/// What a mailed report says of the message it is about.
struct Claim {
    row: usize,
    complaint: bool,
    recipients: Vec<i64>,
    message: Option<u64>,
    /// Registrable domain that the message was sent from.
    sender: Option<String>,
}

/// What the logs know.
#[derive(Default)]
struct Sent {
    /// Of what the claims ask for.
    recipients: HashSet<i64>,
    messages: HashSet<u64>,
    /// Domains counted without their recipients.
    domains: HashSet<u64>,
    senders: HashSet<String>,
    rows: u64,
    /// Some row does not name the domain that sends.
    sender_missing: bool,
    /// Rows of a send log, and those of them that name their recipient.
    attempted: u64,
    named: u64,
}

/// Marks the mailed reports that match nothing sent; says how many. Without logs nothing is marked.
///
/// # Errors
/// Files that cannot be read, or written again.
pub fn mark(files: &NightFiles, key: &Key) -> anyhow::Result<u64> {
    let mut sent = Sent::default();
    let claims = claims(files, key, &mut sent)?;
    if claims.is_empty() {
        return Ok(0);
    }
    sent.read(files, &claims)?;
    let comparable = sent.names_senders_alike(&claims);
    let refuted = claims.iter().filter(|claim| sent.refutes(claim, comparable));
    let unmatched: HashSet<usize> = refuted.map(|claim| claim.row).collect();
    if !unmatched.is_empty() {
        write_marked(&files.events, &unmatched, key)?;
    }
    Ok(unmatched.len() as u64)
}

/// The claims of all mailed reports; the domains that exports name as senders are ours too.
fn claims(files: &NightFiles, key: &Key, sent: &mut Sent) -> anyhow::Result<Vec<Claim>> {
    const COLUMNS: &[&str] = &[
        schema::KIND,
        schema::BY_MAIL,
        schema::RECIPIENT,
        schema::ORIGINAL_RECIPIENT,
        schema::FINAL_RECIPIENT,
        schema::MESSAGE_ID,
        schema::SENDING_DOMAIN,
    ];
    let mut claims = Vec::new();
    let mut start = 0;
    for frame in scan(std::slice::from_ref(&files.events), COLUMNS)? {
        let frame = frame?;
        let kinds = frame.column(schema::KIND)?.cast(&DataType::String)?;
        let (kinds, by_mail) = (kinds.str()?, frame.column(schema::BY_MAIL)?.bool()?);
        let addresses = [schema::RECIPIENT, schema::ORIGINAL_RECIPIENT, schema::FINAL_RECIPIENT]
            .into_iter()
            .map(|name| text(&frame, name))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let (messages, senders) = (text(&frame, schema::MESSAGE_ID)?, text(&frame, schema::SENDING_DOMAIN)?);
        for row in 0..frame.height() {
            let kind = kinds.get(row).and_then(|word| word.parse().ok());
            if by_mail.get(row) != Some(true) {
                sent.senders.extend(senders.get(row).map(registrable));
            } else if matches!(kind, Some(Kind::Bounce | Kind::Complaint)) {
                claims.push(Claim {
                    row: start + row,
                    complaint: kind == Some(Kind::Complaint),
                    recipients: addresses
                        .iter()
                        .filter_map(|column| column.get(row))
                        .map(|a| key.recipient_of(a))
                        .collect(),
                    message: messages.get(row).map(hash),
                    sender: senders.get(row).map(registrable),
                });
            }
        }
        start += frame.height();
    }
    Ok(claims)
}

impl Sent {
    /// Reads the logs, and keeps what the claims ask for.
    fn read(&mut self, files: &NightFiles, claims: &[Claim]) -> anyhow::Result<()> {
        const COLUMNS: &[&str] = &[
            schema::RECIPIENT_KEY,
            schema::RECIPIENT_DOMAIN,
            schema::ATTEMPTED,
            schema::SENDING_DOMAIN,
            schema::MESSAGE_ID,
        ];
        let asked: HashSet<i64> = claims.iter().flat_map(|claim| claim.recipients.iter().copied()).collect();
        let messages: HashSet<u64> = claims.iter().filter_map(|claim| claim.message).collect();
        let mut registered: HashMap<String, String> = HashMap::new();
        for frame in scan(std::slice::from_ref(&files.deliveries), COLUMNS)? {
            let frame = frame?;
            let (recipients, domains) =
                (frame.column(schema::RECIPIENT_KEY)?.i64()?, text(&frame, schema::RECIPIENT_DOMAIN)?);
            let (senders, ids) = (text(&frame, schema::SENDING_DOMAIN)?, text(&frame, schema::MESSAGE_ID)?);
            let attempted = frame.column(schema::ATTEMPTED)?.bool()?;
            for row in 0..frame.height() {
                self.rows += 1;
                match (recipients.get(row), domains.get(row)) {
                    (Some(recipient), _) => self.recipients.extend(Some(recipient).filter(|key| asked.contains(key))),
                    (None, Some(domain)) => self.domains.extend([hash(domain)]),
                    (None, None) => {}
                }
                self.messages.extend(ids.get(row).map(hash).filter(|id| messages.contains(id)));
                match senders.get(row) {
                    Some(sender) if registered.contains_key(sender) => {}
                    Some(sender) => {
                        let domain = registrable(sender);
                        self.senders.insert(domain.clone());
                        registered.insert(sender.to_owned(), domain);
                    }
                    None => self.sender_missing = true,
                }
                if attempted.get(row) == Some(true) {
                    self.attempted += 1;
                    self.named += u64::from(recipients.get(row).is_some());
                }
            }
        }
        Ok(())
    }

    /// Whether the logs name senders as the mails do: not the envelope's domain where the mails have the author's. Where
    /// not one of many reports comes from a domain of the logs, they do not.
    fn names_senders_alike(&self, claims: &[Claim]) -> bool {
        let told = claims.iter().filter_map(|claim| claim.sender.as_ref());
        !self.sender_missing && (told.clone().count() < MANY || told.into_iter().any(|s| self.senders.contains(s)))
    }

    /// Whether the logs tell that nothing like it was sent.
    fn refutes(&self, claim: &Claim, comparable: bool) -> bool {
        let known = claim.message.is_some_and(|id| self.messages.contains(&id))
            || claim.recipients.iter().any(|recipient| self.recipients.contains(recipient));
        if known || self.rows == 0 {
            return false;
        }
        let foreign = comparable && claim.sender.as_ref().is_some_and(|sender| !self.senders.contains(sender));
        let complete = self.attempted > 0 && self.named == self.attempted;
        foreign || complete && !claim.complaint && !claim.recipients.is_empty()
    }
}

/// Writes the events again, those rows marked. A row that was marked before for another reason is unmatched now.
fn write_marked(events: &Path, unmatched: &HashSet<usize>, key: &Key) -> anyhow::Result<()> {
    let set = enum_type(Unproven::WORDS);
    let mut start = 0;
    rewrite(events, key, &[schema::UNPROVEN], |_, frame| {
        let before = Members::<Unproven>::of(frame, schema::UNPROVEN)?;
        let places = (0..frame.height()).map(|row| match unmatched.contains(&(start + row)) {
            true => Some(Unproven::Unmatched as u8),
            false => before.get(row).map(|word| word as u8),
        });
        let places = UInt8Chunked::from_iter_options(schema::UNPROVEN.into(), places);
        start += frame.height();
        Ok(vec![Categorical8Chunked::from_cats_and_dtype(places, set.clone()).into_column()])
    })
}

fn text<'f>(frame: &'f DataFrame, name: &str) -> anyhow::Result<&'f StringChunked> {
    Ok(frame.column(name)?.str()?)
}

fn registrable(domain: &str) -> String {
    psl::domain_str(domain).unwrap_or(domain).to_owned()
}

/// 64 bits of BLAKE3: of ten million texts two are alike with a chance of one in 400,000.
fn hash(text: &str) -> u64 {
    let bytes = blake3::hash(text.as_bytes());
    bytes.as_bytes().first_chunk().map_or(0, |first| u64::from_le_bytes(*first))
}
