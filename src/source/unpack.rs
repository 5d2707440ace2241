//! Compression taken off, with a lid on what may come out.
//!
//! In: a reader of gzip or zstd, of any number of members or frames. Out: a reader of what they hold, which breaks off
//! when it holds absurdly more than was read from disk (a bomb) or more than the cap in all.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::GzDecoder;

use super::stream::{Broken, Meter};
use crate::bounce::RejectReason;

/// Packings within packings that are taken off; a tar.gz of .csv.gz needs three.
const MOST_LAYERS: usize = 5;
/// Real logs and mails shrink to a twentieth, the most repetitive to a hundredth; gzip's limit is 1 in 1,030.
const BOMB_RATIO: u64 = 300;
/// Below this no ratio is a bomb.
pub(super) const HARMLESS: u64 = 128 << 20;

/// What one input may expand to; shared by all that is inside it.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    /// What was read from disk.
    meter: Meter,
    /// What came out so far, for each layer of packing.
    expanded: Arc<[AtomicU64; MOST_LAYERS]>,
    most: u64,
    layer: usize,
}

impl Budget {
    pub(super) fn new(meter: Meter, most: u64) -> Budget {
        Budget { meter, expanded: Arc::default(), most, layer: 0 }
    }

    /// The budget inside one more packing; `None` if there are too many already.
    pub(super) fn inside(&self) -> Option<Budget> {
        let layer = self.layer + 1;
        (layer <= MOST_LAYERS).then(|| Budget { layer, ..self.clone() })
    }

    /// Whether something was unpacked to get here.
    pub(super) fn is_inside(&self) -> bool {
        self.layer > 0
    }

    /// Counts what came out of a packing.
    pub(super) fn spend(&self, count: u64) -> io::Result<()> {
        let Some(counter) = self.expanded.get(self.layer.saturating_sub(1)) else { return Ok(()) };
        let total = counter.fetch_add(count, Ordering::Relaxed) + count;
        let read = self.meter.total();
        if total > HARMLESS && total / BOMB_RATIO > read {
            let detail = format!("{read} bytes hold more than {BOMB_RATIO} times as much; not unpacked further");
            return Err(Broken::oversized(RejectReason::CompressionBomb, detail));
        }
        if total > self.most {
            let detail = format!("holds more than {} bytes, the cap for one input; not unpacked further", self.most);
            return Err(Broken::oversized(RejectReason::CompressionBomb, detail));
        }
        Ok(())
    }
}

/// A reader whose bytes count against a budget.
pub(super) struct Counted<R> {
    inner: R,
    budget: Budget,
}

impl<R> Counted<R> {
    pub(super) fn new(inner: R, budget: Budget) -> Self {
        Counted { inner, budget }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(out)?;
        self.budget.spend(count as u64)?;
        Ok(count)
    }
}

const BUFFER: usize = 128 << 10;

/// gzip, member after member; zeros after the last, as tapes and some writers leave them, are nothing.
pub(super) struct Gzip<R> {
    /// `None` after the end.
    member: Option<GzDecoder<BufReader<R>>>,
}

impl<R: Read> Gzip<R> {
    pub(super) fn new(inner: R) -> Self {
        Gzip { member: Some(GzDecoder::new(BufReader::with_capacity(BUFFER, inner))) }
    }
}

impl<R: Read> Read for Gzip<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let count = member.read(out)?;
            if count > 0 || out.is_empty() {
                return Ok(count);
            }
            let Some(ended) = self.member.take() else { break };
            let mut rest = ended.into_inner();
            loop {
                let ready = rest.fill_buf()?;
                let zeros = ready.iter().take_while(|&&b| b == 0).count();
                if zeros < ready.len() {
                    rest.consume(zeros);
                    self.member = Some(GzDecoder::new(rest));
                    break;
                }
                if ready.is_empty() {
                    break;
                }
                rest.consume(zeros);
            }
        }
        Ok(0)
    }
}

/// zstd, frame after frame. Its window, and so its memory, is at most 128 MB.
pub(super) fn zstd<R: Read + Send + 'static>(inner: R) -> io::Result<Box<dyn Read + Send>> {
    let buffered = BufReader::with_capacity(BUFFER, inner);
    Ok(Box::new(::zstd::stream::read::Decoder::with_buffer(buffered)?))
}
