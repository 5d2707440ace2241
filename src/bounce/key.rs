//! The key of a run: addresses and rows are hashed with it, and nowhere in another way. In: 32 bytes of a secret, or none. Out:
//! a recipient's key and bucket, a row's id. Whoever lacks the secret cannot try addresses against the keys.

use std::fmt;
use std::hash::Hasher;

use super::Address;

/// Buckets that recipients of one domain are spread over, so that a pool of consumers votes in parts.
pub const BUCKETS: i64 = 16;

/// Without a secret: anybody who knows this text can compute the same keys. Never to be changed.
const PUBLISHED: &str = "bouncescope 2026-11-30 keys without a secret";
/// What a secret is used for.
const CONTEXT: &str = "bouncescope 2026-11-30 keys of recipients and rows";
/// What a key is called by.
const NAME_CONTEXT: &str = "bouncescope 2026-11-30 name of a key";

/// A key. Equal keys and equal texts give equal hashes, on every machine and in every run.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    bytes: [u8; 32],
    /// `none`, or 16 hex digits that tell one secret from another and give nothing away of it.
    name: String,
}

impl Key {
    /// The key that a secret of any length gives, such as the bytes of a key file.
    pub fn of_secret(secret: &[u8]) -> Key {
        let name = blake3::derive_key(NAME_CONTEXT, secret);
        let name = name.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Key { bytes: blake3::derive_key(CONTEXT, secret), name }
    }

    /// What files say of it: `none` where there is no secret.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The recipient that an address stands for, whatever the case of its letters.
    pub fn recipient(&self, address: &Address) -> i64 {
        self.hashed(&address.lower())
    }

    /// The same of an address as a column or a file spells it, or of another text that stands for a recipient.
    pub fn recipient_of(&self, address: &str) -> i64 {
        let folded = address.bytes().any(|byte| byte.is_ascii_uppercase() || !byte.is_ascii());
        if folded { self.hashed(&address.to_lowercase()) } else { self.hashed(address) }
    }

    /// 64 bits of BLAKE3: of ten million recipients two are alike with a chance of one in 400,000.
    fn hashed(&self, text: &str) -> i64 {
        let hash = blake3::keyed_hash(&self.bytes, text.as_bytes());
        hash.as_bytes().first_chunk().map_or(0, |first| i64::from_le_bytes(*first))
    }

    /// 128 bits over what a row says.
    pub fn row(&self, said: &[u8]) -> u128 {
        let hash = blake3::keyed_hash(&self.bytes, said);
        hash.as_bytes().first_chunk().map_or(0, |first| u128::from_le_bytes(*first))
    }

    /// The bucket of a recipient, 0 to 15: the last four bits of its key.
    pub fn bucket(recipient: i64) -> i32 {
        // Of 16 values each fits.
        recipient.rem_euclid(BUCKETS) as i32
    }
}

impl Default for Key {
    /// The key without a secret.
    fn default() -> Key {
        Key { bytes: *blake3::hash(PUBLISHED.as_bytes()).as_bytes(), name: "none".to_owned() }
    }
}

impl fmt::Debug for Key {
    /// Never its bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.name)
    }
}

/// A hasher for keys that are hashes already.
#[derive(Debug, Clone, Default)]
pub struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mailbox_has_one_key_whatever_the_case_and_another_under_another_secret() {
        let (none, mine) = (Key::default(), Key::of_secret(b"a secret"));
        let ann = Address::parse("Ann@Example.com").unwrap();
        for key in [&none, &mine] {
            assert_eq!(key.recipient(&ann), key.recipient_of("ann@example.COM"));
            assert_ne!(key.recipient(&ann), key.recipient_of("bob@example.com"));
        }
        assert_ne!(none.recipient(&ann), mine.recipient(&ann));
        assert_ne!(none.row(b"x"), mine.row(b"x"));
    }

    #[test]
    fn the_keys_without_a_secret_never_change() {
        assert_eq!(Key::default().recipient_of("ann@example.com"), 3_109_241_099_121_540_351);
        assert_eq!(Key::default().name(), "none");
    }

    #[test]
    fn a_key_is_told_by_its_name_and_shows_no_byte_of_its_secret() {
        let (one, other) = (Key::of_secret(b"one"), Key::of_secret(b"other"));
        assert_ne!(one.name(), other.name());
        assert_eq!(one.name().len(), 16);
        assert_eq!(format!("{one:?}"), format!("Key({})", one.name()));
    }

    #[test]
    fn a_bucket_is_one_of_sixteen_for_every_key() {
        for (key, want) in [(0, 0), (15, 15), (16, 0), (-1, 15), (i64::MIN, 0), (i64::MAX, 15)] {
            assert_eq!(Key::bucket(key), want, "{key}");
        }
    }
}
