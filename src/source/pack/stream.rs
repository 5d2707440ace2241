//! Compressions of one stream. In: a stream of gzip or zstd, of any number of members or frames. Out: the batches of what it
//! holds, below the lid.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;

use anyhow::Context;
use flate2::bufread::GzDecoder;

use super::budget::Counted;
use super::contract::{Inside, Pack};
use crate::source::batch::Batches;
use crate::source::stream::Stream;

const BUFFER: usize = 128 << 10;

/// The batches of a stream with its compression taken off by `decoder`.
pub(super) fn unpacked<D: Read + Send + 'static>(
    stream: Stream,
    inside: &dyn Inside,
    decoder: impl FnOnce(Box<dyn Read + Send>) -> io::Result<D>,
) -> anyhow::Result<Batches> {
    let (name, packed, meter) = stream.into_reader();
    let plain = decoder(packed).with_context(|| format!("{name}: reading"))?;
    let counted = Counted::new(plain, inside.budget().clone());
    inside.read(Stream::new(name, Box::new(counted), meter))
}

/// gzip.
#[derive(Debug)]
pub(super) struct Gzip;

impl Pack for Gzip {
    fn sniff(&self, head: &[u8]) -> bool {
        head.starts_with(&[0x1f, 0x8b])
    }

    fn open(&self, stream: Stream, inside: Arc<dyn Inside>) -> anyhow::Result<Batches> {
        unpacked(stream, &*inside, |packed| Ok(Members::new(packed)))
    }
}

/// zstd. Its window, and so its memory, is at most 128 MB.
#[derive(Debug)]
pub(super) struct Zstd;

impl Pack for Zstd {
    /// A frame, or one of the skippable frames that some writers put first.
    fn sniff(&self, head: &[u8]) -> bool {
        matches!(head, [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
    }

    fn open(&self, stream: Stream, inside: Arc<dyn Inside>) -> anyhow::Result<Batches> {
        let decoder = |packed| ::zstd::stream::read::Decoder::with_buffer(BufReader::with_capacity(BUFFER, packed));
        unpacked(stream, &*inside, decoder)
    }
}

/// gzip, member after member; zeros after the last, as tapes and some writers leave them, are nothing.
struct Members<R> {
    /// `None` after the end.
    member: Option<GzDecoder<BufReader<R>>>,
}

impl<R: Read> Members<R> {
    fn new(inner: R) -> Self {
        Members { member: Some(GzDecoder::new(BufReader::with_capacity(BUFFER, inner))) }
    }
}

impl<R: Read> Read for Members<R> {
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
