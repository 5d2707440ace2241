//! Kinds of bytes, as bits: what a token is, is told by the bits of all its bytes at once.

/// Bits that a token's bytes set.
pub const DIGIT: u16 = 1;
pub const LOWER: u16 = 1 << 1;
pub const UPPER: u16 = 1 << 2;
pub const DOT: u16 = 1 << 3;
pub const AT: u16 = 1 << 4;
pub const COLON: u16 = 1 << 5;
pub const SLASH: u16 = 1 << 6;
pub const EQUALS: u16 = 1 << 7;
/// Signs that may stand in a host's label: `- _ *`.
pub const JOINER: u16 = 1 << 8;
/// Other bytes that may stand inside a token: `+ # & % ? ! ~ $` and all beyond ASCII.
pub const OTHER: u16 = 1 << 9;
/// Bytes that end a token.
pub const END: u16 = 1 << 15;
/// What a host consists of.
pub const LABELS: u16 = DIGIT | LOWER | UPPER | DOT | JOINER;
/// Without any of these a token is a word, or words that signs join, and stays; unless it is a URL.
pub const TELLING: u16 = DIGIT | DOT | AT;

/// The bit of each byte.
pub static KINDS: [u16; 256] = kinds();

const fn kinds() -> [u16; 256] {
    let mut table = [0u16; 256];
    let mut byte = 0usize;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'0'..=b'9' => DIGIT,
            b'a'..=b'z' => LOWER,
            b'A'..=b'Z' => UPPER,
            b'.' => DOT,
            b'@' => AT,
            b':' => COLON,
            b'/' => SLASH,
            b'=' => EQUALS,
            b'-' | b'_' | b'*' => JOINER,
            b'+' | b'#' | b'&' | b'%' | b'?' | b'!' | b'~' | b'$' => OTHER,
            128.. => OTHER,
            _ => END,
        };
        byte += 1;
    }
    table
}

/// The bits of a token's bytes.
pub fn bits(token: &str) -> u16 {
    token.bytes().fold(0, |bits, byte| bits | KINDS[byte as usize])
}
