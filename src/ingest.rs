//! THE STAIR: source -> parse -> classify -> frame, in parallel, order kept, memory bounded.
//!
//! In: a listing of inputs. Out: frames in the order of the input, handed to a sink, and a summary whose sums close.
//! While one group of batches is worked on, the next is read and the one before is written.

mod hosts;
mod identity;
mod lost;
mod questions;
mod sheet;
mod summary;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use rayon::prelude::*;

use hosts::HostFacts;
pub use identity::Seen;
pub use lost::LostFiles;
pub use summary::{InputSummary, RejectSummary, Summary, UnknownTemplate};

use sheet::Sheet;

pub use crate::source::Role;

use crate::bounce::{Address, Delivery, Event, Key, Kind, Loss, Origin, Reject, RejectReason};
use crate::classify::{Cache, Classifier};
use crate::frame::{ClassifiedEvent, PlacedDelivery, RowFacts, Sink};
use crate::guard::{Panicked, guarded};
use crate::parse::{ParseOptions, Parsed, Reader};
use crate::progress::Progress;
use crate::source::{Batch, Listing, Refused, Source, SourceOptions};

/// How to read a night.
#[derive(Debug, Clone, Default)]
pub struct IngestOptions {
    /// How to open inputs.
    pub source: SourceOptions,
    /// How to read items.
    pub parse: ParseOptions,
    /// A user's tables.
    pub tables: Option<PathBuf>,
}

/// Reads items and names causes; shared by all threads.
#[derive(Debug)]
pub struct Desk {
    reader: Reader,
    /// Reads lists of what was delivered or sent.
    delivery_reader: Reader,
    classifier: Classifier,
    source: SourceOptions,
    key: Key,
    /// One for each batch in work.
    hands: Mutex<Vec<Hand>>,
}

/// What is kept from one batch to the next; it changes no result.
#[derive(Debug, Default)]
struct Hand {
    /// Replies already named, hosts already looked up.
    cache: RowCache,
    /// Events of the last batch: the next one has about as many.
    events: usize,
}

/// What was found of earlier rows; it changes no result.
#[derive(Debug, Default)]
pub struct RowCache {
    replies: Cache,
    hosts: hosts::Hosts,
}

impl Desk {
    /// Compiles the tables.
    ///
    /// # Errors
    /// A broken table, with file, line and reason.
    pub fn new(options: &IngestOptions) -> anyhow::Result<Desk> {
        let reader = Reader::new(&options.parse)?;
        Ok(Desk {
            delivery_reader: reader.for_deliveries(&options.parse)?,
            reader,
            classifier: Classifier::new(options.tables.as_deref())?,
            source: options.source.clone(),
            key: options.parse.key.clone(),
            hands: Mutex::default(),
        })
    }

    /// Reads all sources of a listing into the sink. `seen` spans the listings of a run.
    ///
    /// # Errors
    /// A sink that cannot write. An input that fails is lost, and told so.
    pub fn ingest<S: Sink + Send>(
        &self,
        listing: &Listing,
        role: Role,
        seen: &mut Seen,
        sink: &mut S,
        progress: &Progress,
    ) -> anyhow::Result<Summary>
    where
        S::Page: Send,
    {
        let mut summary = Summary::default();
        let mut batches = listing.sources.iter().flat_map(|source| self.batches_of(source));
        let group_size = 2 * rayon::current_num_threads();
        let mut next_group = || batches.by_ref().take(group_size).collect::<Vec<Batch>>();
        let mut group = next_group();
        let mut pages: Vec<S::Page> = Vec::new();
        let mut questions = questions::Questions::default();
        while !group.is_empty() || !pages.is_empty() {
            let (mut sheets, (read, written)) = rayon::join(
                || group.par_iter().map(|batch| self.sheet(batch, role)).collect::<Vec<_>>(),
                || (next_group(), pages.drain(..).try_for_each(|page| sink.write(page))),
            );
            written?;
            group = read;
            for sheet in &mut sheets {
                sheet.name_deliveries(seen);
                sheet.drop_duplicates(seen, &self.key);
                summary.count(sheet, role);
                summary.count_lost(&questions.sheet(sheet), role);
                progress.advance(sheet.items, sheet.bytes);
            }
            let page_of = |s: Sheet| sink.page(&s.events, &s.deliveries, &s.rejects);
            pages = sheets.into_par_iter().map(page_of).collect::<anyhow::Result<_>>()?;
        }
        summary.count_lost(&questions.end(), role);
        summary.skipped = listing.skipped.iter().map(|p| p.display().to_string()).collect();
        summary.ours = listing.ours.iter().map(|p| p.display().to_string()).collect();
        summary.pass_over(&listing.strays);
        summary.again.clone_from(&listing.again);
        Ok(summary)
    }

    /// The batches of a source. What ends it, an error or a panic over the container, is the loss of the rest.
    fn batches_of(&self, source: &Source) -> Box<dyn Iterator<Item = Batch> + Send> {
        let name = source.name.clone();
        let mut batches = match guarded(|| source.batches(&self.source)) {
            Ok(Ok(batches)) => batches,
            Ok(Err(error)) => return Box::new(std::iter::once(Batch::of_refused(unreadable(name, &error)))),
            Err(panic) => return Box::new(std::iter::once(Batch::of_refused(broken_off(name, &panic)))),
        };
        let mut ended = false;
        Box::new(std::iter::from_fn(move || {
            let lost = match guarded(|| if ended { None } else { batches.next() }) {
                Ok(None) => return None,
                Ok(Some(Ok(batch))) => return Some(batch),
                Ok(Some(Err(error))) => unreadable(name.clone(), &error),
                Err(panic) => broken_off(name.clone(), &panic),
            };
            ended = true;
            Some(Batch::of_refused(lost))
        }))
    }

    /// Reads one batch; pure, so that batches can be read in any order.
    fn sheet(&self, batch: &Batch, role: Role) -> Sheet {
        let mut parsed = Parsed::default();
        let mut hand = self.hands.lock().map(|mut hands| hands.pop()).ok().flatten().unwrap_or_default();
        let events = Vec::with_capacity(hand.events);
        let mut sheet = Sheet { events, bytes: batch.bytes(), ..Sheet::default() };
        let reader = if role == Role::Bounces { &self.reader } else { &self.delivery_reader };
        let mut last = None;
        let read = guarded(|| {
            batch.each(&mut |item| {
                sheet.items += u64::from(!matches!(item, Err(Refused::Stray(_))));
                match item {
                    Ok(item) => {
                        last = Some(item.origin().clone());
                        reader.item(&item, &mut parsed);
                    }
                    Err(refused) => sheet.refuse(refused, &mut parsed.rejects),
                }
                for event in parsed.events.drain(..) {
                    match self.guarded_classified(event, &mut hand.cache) {
                        Ok(event) => sheet.events.push(event),
                        Err(reject) => parsed.rejects.push(reject),
                    }
                }
            });
        });
        if let Err(panic) = read {
            // What was read stays; the item over which it stopped is told, and with it that the rest is lost.
            sheet.items += 1;
            let source = last.map_or_else(|| Arc::from("?"), |origin: Origin| origin.source);
            sheet.refuse(broken_off(source, &panic), &mut parsed.rejects);
        }
        hand.events = sheet.events.len();
        self.place(parsed.deliveries, role, &mut hand.cache, &mut sheet);
        if let Ok(mut hands) = self.hands.lock() {
            hands.push(hand);
        }
        sheet.rejects = parsed.rejects;
        sheet.unread = parsed.unread;
        sheet
    }

    /// As `classified`; a panic becomes the event's reject.
    fn guarded_classified(&self, event: Event, cache: &mut RowCache) -> Result<ClassifiedEvent, Reject> {
        let origin = event.origin.clone();
        guarded(|| self.classified(event, cache)).map_err(|panic| {
            *cache = RowCache::default();
            Reject { origin, reason: RejectReason::ParserPanic, detail: format!("naming gave up at {panic}") }
        })
    }

    /// What rows and recipients are hashed with.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The compiled tables by which causes are named.
    pub fn classifier(&self) -> &Classifier {
        &self.classifier
    }

    /// Names one event and places its recipient.
    pub fn classified(&self, mut event: Event, cache: &mut RowCache) -> ClassifiedEvent {
        let classification = self.classifier.classify(&event, &mut cache.replies);
        // Whatever the format calls it: our own platform sent nothing, and nobody refused. What a server said is that server's
        // word, be it in the same words.
        let said_by_a_server = event.remote_mta.is_some();
        if classification.own_drop && !said_by_a_server && matches!(event.kind, Kind::Bounce | Kind::Delay) {
            event.kind = Kind::SelfSuppressed;
        }
        let organisation = event.recipient.as_ref().and_then(|r| self.organisation(r.domain()));
        let host = cache.hosts.facts(event.remote_mta.as_deref(), self.classifier.receivers());
        let receiver = host.receiver.clone();
        let host = match &classification.rejecting_system {
            _ if is_forwarded(&event) => HostFacts::default(),
            // Of a consumer domain the table knows better than words that a customer's own server may have used.
            Some(system) if classification.receiver_told && organisation.is_some() && !names_a_host(&event) => {
                hosts::told(system, self.classifier.receivers())
            }
            _ => host,
        };
        let facts = self.facts(event.recipient.as_ref(), host);
        ClassifiedEvent { id: event.content, event, classification, organisation, receiver, facts }
    }

    /// Places the deliveries of a batch.
    fn place(&self, deliveries: Vec<Delivery>, role: Role, cache: &mut RowCache, sheet: &mut Sheet) {
        sheet.digests = identity::digests(&self.key, &deliveries);
        let ids = identity::places(&deliveries);
        let placed = deliveries.into_iter().zip(ids).map(|(delivery, id)| {
            let host = cache.hosts.facts(delivery.remote_mta.as_deref(), self.classifier.receivers());
            let facts = self.facts(delivery.recipient.as_ref(), host);
            PlacedDelivery { delivery, id, facts, attempted: role == Role::Sent }
        });
        sheet.deliveries = placed.collect();
    }

    fn facts(&self, recipient: Option<&Address>, host: HostFacts) -> RowFacts {
        let recipient = recipient.map(|address| self.key.recipient(address));
        RowFacts { recipient, receiver_family: host.family, customer_key: host.customer }
    }

    /// The registrable domain; `None` for consumer domains, which are nobody's organisation.
    fn organisation(&self, domain: &str) -> Option<String> {
        if self.classifier.consumers().provider_of(domain).is_some() {
            return None;
        }
        Some(psl::domain_str(domain).unwrap_or(domain).to_owned())
    }
}

/// Whether it says which host answered: an IP in its place tells nobody's name.
fn names_a_host(event: &Event) -> bool {
    let is_ip = |host: &str| host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok();
    event.remote_mta.as_deref().is_some_and(|host| !is_ip(host))
}

/// Whether the message went on to another domain than the one we mailed: who answered there says nothing of ours.
fn is_forwarded(event: &Event) -> bool {
    let [ours, theirs] = [&event.recipient, &event.final_recipient];
    ours.as_ref().zip(theirs.as_ref()).is_some_and(|(ours, theirs)| ours.domain() != theirs.domain())
}

/// What is left of a source over which the program stopped.
fn broken_off(source: Arc<str>, panic: &Panicked) -> Refused {
    let detail = format!("gave up at {panic}; what follows it in this source may be lost");
    let reject = Reject { origin: Origin { source, index: 0 }, reason: RejectReason::ParserPanic, detail };
    Refused::Source(Loss::GaveUp, reject)
}

/// What is left of a source that the system does not hand out.
fn unreadable(source: Arc<str>, error: &anyhow::Error) -> Refused {
    let reason = RejectReason::Unreadable;
    let reject = Reject { origin: Origin { source, index: 0 }, reason, detail: format!("{error:#}") };
    Refused::Source(Loss::Unreadable, reject)
}
