//! Words with `*` for any text, letter case aside. In: a pattern of exports.toml. Out: whether a value fits.

/// A pattern, such as `failed`, `suppress-*` or `*suppressed due to*`.
#[derive(Debug)]
pub enum Glob {
    /// The whole text.
    Word(Box<str>),
    /// What stands between the stars, lower case; the first is the start, the last the end.
    Parts(Vec<String>),
}

impl Glob {
    /// Reads a pattern.
    pub fn new(pattern: &str) -> Glob {
        match pattern.contains('*') {
            true => Glob::Parts(pattern.to_ascii_lowercase().split('*').map(str::to_owned).collect()),
            false => Glob::Word(pattern.into()),
        }
    }

    /// Whether the text fits. Linear: the earliest place of each part is the best one.
    pub fn fits(&self, text: &str) -> bool {
        match self {
            Glob::Word(word) => word.eq_ignore_ascii_case(text),
            Glob::Parts(parts) => parts_fit(parts, text),
        }
    }
}

fn parts_fit(parts: &[String], text: &str) -> bool {
    let [start, middle @ .., end] = parts else { return false };
    let text = text.as_bytes();
    let fixed = start.len() + end.len();
    let starts =
        |part: &[u8], with: &str| part.get(..with.len()).is_some_and(|head| head.eq_ignore_ascii_case(with.as_bytes()));
    if text.len() < fixed || !starts(text, start) || !starts(&text[text.len() - end.len()..], end) {
        return false;
    }
    if middle.is_empty() {
        return true;
    }
    let text = text[start.len()..text.len() - end.len()].to_ascii_lowercase();
    let mut rest = text.as_slice();
    middle.iter().all(|part| match memchr::memmem::find(rest, part.as_bytes()) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, want) in [
            ("failed", "Failed", true),
            ("failed", "failed2", false),
            ("suppress-*", "suppress-bounce", true),
            ("suppress-*", "suppress", false),
            ("*due to * policy", "554 5.7.1 suppressed due to customer policy", true),
            ("*due to * policy", "suppressed due to policy", false),
            ("a*a", "a", false),
            ("*", "", true),
        ] {
            assert_eq!(Glob::new(pattern).fits(text), want, "{pattern} on {text}");
        }
    }
}
