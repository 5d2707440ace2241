//! Names of files for one sending domain. In: the domain as events name it, which is foreign text. Out: a part of a file's name that
//! is a plain host name, or a hash.

use std::borrow::Cow;

/// Bytes of a domain that a file's name has room for: 255 in all (NAME_MAX), less what a table and a number put around it.
const ROOM: usize = 190;

/// The part of a file's name that stands for a sending domain.
pub(super) fn stem(sender: &str) -> Cow<'_, str> {
    if is_host(sender) { Cow::Borrowed(sender) } else { Cow::Owned(hashed(sender)) }
}

/// Whether the domain itself can stand in a name: labels of 1 to 63 lower-case letters, digits, `-` and `_`, with a dot between.
pub(super) fn is_host(sender: &str) -> bool {
    let inner = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
    let label = |label: &str| {
        let ends = !label.starts_with('-') && !label.ends_with('-');
        (1..64).contains(&label.len()) && label.as_bytes().iter().all(inner) && ends
    };
    sender.len() <= ROOM && sender.contains('.') && sender.split('.').all(label)
}

/// A name that no host has, as it has no dot.
fn hashed(sender: &str) -> String {
    let hash = blake3::hash(sender.as_bytes()).to_hex();
    format!("sender-{}", hash.chars().take(16).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_host_name_becomes_part_of_a_files_name() {
        let long = format!("{}.example", vec!["label"; 40].join("."));
        let label = format!("{}.example", "a".repeat(64));
        for sender in
            ["[../../x]", "..", ".", "a/b.example", "a\\b.example", "any", "-x.example", "x..example", "", " x.example"]
                .into_iter()
                .chain([long.as_str(), label.as_str(), "[192.0.2.1]", "nul\0.example", "UPPER.example", "é.example"])
        {
            let stem = stem(sender);
            assert!(stem.starts_with("sender-") && stem.len() == 23, "{sender}: {stem}");
            assert!(stem.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'), "{stem}");
        }
        for host in ["news.example.com", "xn--bcher-kva.example", "_dmarc.example.org", "1.example"] {
            assert_eq!(stem(host), host);
        }
        assert_ne!(stem("[a]"), stem("[b]"));
    }
}
