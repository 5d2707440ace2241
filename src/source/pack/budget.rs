//! A lid on what may come out of containers: a reader breaks off when it holds absurdly more than was read from disk (a bomb)
//! or more than the cap in all. Unpacks nothing itself.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::bounce::RejectReason;
use crate::source::stream::{Broken, Meter};

/// Packings within packings that are taken off; a tar.gz of .csv.gz needs three.
const MOST_LAYERS: usize = 5;
/// Real logs and mails shrink to a twentieth, the most repetitive to a hundredth; gzip's limit is 1 in 1,030.
const BOMB_RATIO: u64 = 300;
/// Below this no ratio is a bomb.
pub(in crate::source) const HARMLESS: u64 = 128 << 20;

/// What one input may expand to; shared by all that is inside it.
#[derive(Debug, Clone)]
pub(in crate::source) struct Budget {
    /// What was read from disk.
    meter: Meter,
    /// What came out so far, for each layer of packing.
    expanded: Arc<[AtomicU64; MOST_LAYERS]>,
    most: u64,
    layer: usize,
}

impl Budget {
    pub(in crate::source) fn new(meter: Meter, most: u64) -> Budget {
        Budget { meter, expanded: Arc::default(), most, layer: 0 }
    }

    /// The budget inside one more packing; `None` if there are too many already.
    pub(in crate::source) fn inside(&self) -> Option<Budget> {
        let layer = self.layer + 1;
        (layer <= MOST_LAYERS).then(|| Budget { layer, ..self.clone() })
    }

    /// Whether something was unpacked to get here.
    pub(in crate::source) fn is_inside(&self) -> bool {
        self.layer > 0
    }

    /// Counts what came out of a packing.
    pub(in crate::source) fn spend(&self, count: u64) -> io::Result<()> {
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
pub(in crate::source) struct Counted<R> {
    inner: R,
    budget: Budget,
}

impl<R> Counted<R> {
    pub(in crate::source) fn new(inner: R, budget: Budget) -> Self {
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
