//! UTF-16 read as UTF-8, which spreadsheets and Microsoft's traces need.
//!
//! In: a reader of UTF-16. Out: a reader of UTF-8; what is no character becomes U+FFFD, as everywhere else in the house.

use std::io::{self, Read};

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_16BE, UTF_16LE};

/// The byte order mark of UTF-8.
pub(super) const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads UTF-16 as UTF-8.
pub(super) struct Utf8<R> {
    inner: R,
    decoder: Decoder,
    raw: Box<[u8]>,
    text: Vec<u8>,
    handed: usize,
    ended: bool,
}

const PIECE: usize = 64 << 10;

impl<R: Read> Utf8<R> {
    pub(super) fn new(inner: R, encoding: &'static Encoding) -> Self {
        let decoder = encoding.new_decoder_with_bom_removal();
        let raw = vec![0; PIECE].into_boxed_slice();
        Utf8 { inner, decoder, raw, text: Vec::new(), handed: 0, ended: false }
    }

    fn decode(&mut self) -> io::Result<()> {
        let read = loop {
            match self.inner.read(&mut self.raw) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.ended = read == 0;
        let room = self.decoder.max_utf8_buffer_length(read).unwrap_or(4 * PIECE);
        self.text.resize(room, 0);
        let (result, _, written, _) = self.decoder.decode_to_utf8(&self.raw[..read], &mut self.text, self.ended);
        debug_assert_eq!(result, CoderResult::InputEmpty, "the room is what the decoder asked for");
        self.text.truncate(written);
        self.handed = 0;
        Ok(())
    }
}

impl<R: Read> Read for Utf8<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.handed == self.text.len() && !self.ended {
            self.decode()?;
        }
        let count = out.len().min(self.text.len() - self.handed);
        out[..count].copy_from_slice(&self.text[self.handed..self.handed + count]);
        self.handed += count;
        Ok(count)
    }
}

/// Whether bytes are UTF-16, by their mark or, without one, by where the zeros of ASCII stand.
pub(super) fn utf16(head: &[u8]) -> Option<&'static Encoding> {
    match head {
        [0xff, 0xfe, ..] => return Some(UTF_16LE),
        [0xfe, 0xff, ..] => return Some(UTF_16BE),
        _ => {}
    }
    let near = &head[..head.len().min(512) & !1];
    if near.len() < 8 {
        return None;
    }
    let zeros = |offset: usize| near.iter().skip(offset).step_by(2).filter(|&&b| b == 0).count();
    let most = near.len() / 2 * 9 / 10;
    match (zeros(0), zeros(1)) {
        (0, odd) if odd >= most => Some(UTF_16LE),
        (even, 0) if even >= most => Some(UTF_16BE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16le(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn utf16_is_told_by_its_mark_or_by_its_zeros() {
        let le = utf16le("email,status\r\n");
        let be: Vec<u8> = le.chunks(2).flat_map(|pair| [pair[1], pair[0]]).collect();
        for (bytes, want) in [
            (le.clone(), Some(UTF_16LE)),
            (be, Some(UTF_16BE)),
            ([b"\xff\xfe".to_vec(), le].concat(), Some(UTF_16LE)),
            (b"email,status\r\n".to_vec(), None),
            (vec![0; 64], None),
        ] {
            assert_eq!(utf16(&bytes), want, "{bytes:?}");
        }
    }

    #[test]
    fn utf16_longer_than_a_piece_comes_out_whole() {
        let text = "\u{fc}\u{1f600}a".repeat(PIECE);
        let mut read = String::new();
        Utf8::new(&utf16le(&text)[..], UTF_16LE).read_to_string(&mut read).expect("in memory");
        assert!(read == text, "differs");
    }
}
