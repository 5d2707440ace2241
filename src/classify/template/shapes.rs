//! What a text without white space looks like: an id, an IP address, a time of day.

/// Whether letters and digits are mixed as only machines mix them: queue ids, UUIDs, hashes, trace keys.
pub fn is_id(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (mut begins, mut counts, mut before, mut seen) = (0, 0, SIGN, 0);
    for (at, byte) in bytes.iter().enumerate() {
        let shape = SHAPES[*byte as usize];
        if shape == SIGN {
            if part_is_id(&bytes[begins..at], counts, seen) {
                return true;
            }
            (begins, counts, before, seen) = (at + 1, 0, SIGN, 0);
        } else {
            counts += COUNTS[usize::from(before & 3)][usize::from(shape & 3)];
            (before, seen) = (shape, seen | shape);
        }
    }
    part_is_id(&bytes[begins..], counts, seen)
}

/// What a byte is to an id.
const NUMERAL: u8 = 0;
const CAPITAL: u8 = 1;
const SMALL: u8 = 2;
const SIGN: u8 = 3;
/// Set beside, for a letter that is no hexadecimal digit.
const NO_HEX: u8 = 4;

static SHAPES: [u8; 256] = {
    let mut table = [SIGN; 256];
    let mut byte = 0;
    while byte < 128 {
        let b = byte as u8;
        let hex = if b.is_ascii_hexdigit() { 0 } else { NO_HEX };
        if b.is_ascii_digit() {
            table[byte] = NUMERAL;
        } else if b.is_ascii_uppercase() {
            table[byte] = CAPITAL | hex;
        } else if b.is_ascii_lowercase() {
            table[byte] = SMALL | hex;
        }
        byte += 1;
    }
    table
};

/// What a byte adds to four counts of sixteen bits each, by its shape and the one before, a sign for the first: digits,
/// capitals, changes between digits and letters, capitals behind small letters. A reply has fewer bytes than a count has
/// room for.
static COUNTS: [[u64; 4]; 4] = {
    const fn when(condition: bool, place: u32) -> u64 {
        (condition as u64) << (16 * place)
    }
    let mut table = [[0; 4]; 4];
    let mut before = NUMERAL;
    while before <= SIGN {
        let mut shape = NUMERAL;
        while shape <= SMALL {
            table[before as usize][shape as usize] = when(shape == NUMERAL, 0)
                + when(shape == CAPITAL, 1)
                + when((shape == NUMERAL) != (before == NUMERAL) && before != SIGN, 2)
                + when(before == SMALL && shape == CAPITAL, 3);
            shape += 1;
        }
        before += 1;
    }
    table
};

/// The same of a part without signs; `seen`: the shapes of its bytes, together.
fn part_is_id(part: &[u8], counts: u64, seen: u8) -> bool {
    let [digits, capitals, changes, humps] = [0, 16, 32, 48].map(|at| (counts >> at) as usize & 0xffff);
    let letters = part.len() - digits;
    if digits == 0 || letters == 0 {
        return false;
    }
    let is_tag = || is_tag(part, digits, capitals);
    if seen & NO_HEX == 0 && part.len() >= 8 && !is_tag() {
        return true;
    }
    if changes == 1 {
        // Letters then digits, or digits then letters.
        return !(is_tag() || (digits <= 4 && humps == 0) || (digits <= 3 && letters <= 12));
    }
    (changes >= 3 && part.len() >= 8) || (part.len() >= 10 && (humps >= 1 || digits >= 5))
}

/// `S3150`, `AS16012607`, `BL000010`, `IB103`: a few capitals, then digits.
fn is_tag(part: &[u8], digits: usize, capitals: usize) -> bool {
    (1..=4).contains(&capitals)
        && capitals + digits == part.len()
        && digits <= 10
        && part[..capitals].iter().all(u8::is_ascii_uppercase)
}

/// Base 64 and its like: both letter cases and digits, hardly any sign.
pub fn looks_encoded(text: &str) -> bool {
    let has = |is: fn(&u8) -> bool| text.as_bytes().iter().any(is);
    has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_uppercase)
        && text.bytes().filter(|b| !b.is_ascii_alphanumeric()).count() * 8 <= text.len()
}

/// Four numbers up to 255, joined with dots.
pub fn is_ipv4(text: &str) -> bool {
    if text.len() > 15 {
        return false;
    }
    let (mut dots, mut digits, mut number) = (0, 0, 0u16);
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' if digits < 3 => (digits, number) = (digits + 1, number * 10 + u16::from(byte - b'0')),
            b'.' if digits > 0 => (dots, digits, number) = (dots + 1, 0, 0),
            _ => return false,
        }
        if number > 255 {
            return false;
        }
    }
    dots == 3 && digits > 0
}

/// Hexadecimal digits with as many colons as only an IPv6 address has; dots as where an IPv4 address is mapped.
pub fn is_ipv6(text: &str) -> bool {
    if text.len() > 45 {
        return false;
    }
    let (mut colons, mut double, mut before) = (0, false, 0);
    for byte in text.bytes() {
        if byte == b':' {
            colons += 1;
            double |= before == b':';
        } else if !byte.is_ascii_hexdigit() && byte != b'.' {
            return false;
        }
        before = byte;
    }
    colons >= 3 || (colons == 2 && double)
}

/// Whether text with a colon is `18:27:57`, `2024-03-08T18:27:57.188Z` or `18:27`.
pub fn is_time(text: &str) -> bool {
    let digits = |bytes: [&u8; 4]| bytes.into_iter().all(u8::is_ascii_digit);
    match text.as_bytes() {
        [a, b, c, d, b'-', ..] => text.len() <= 35 && digits([a, b, c, d]),
        [a, b, b':', c, d, rest @ ..] => {
            text.len() <= 15
                && digits([a, b, c, d])
                && rest.iter().all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.'))
        }
        _ => false,
    }
}
