//! Records that have no name for a recipient. In: the names of a header, or the text of a JSON value. Out: what to say: which
//! names there are, which of them was probably meant.

use std::cell::OnceCell;
use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::clean;
use crate::bounce::nearest_word;

/// Names told at most.
const SHOWN: usize = 40;

/// What to say of these columns.
pub fn columns(names: &[String]) -> String {
    told("column", names)
}

/// A JSON value whose keys are to be told, if at all, then once.
pub struct Json<'t> {
    text: &'t [u8],
    told: OnceCell<Option<String>>,
}

impl<'t> Json<'t> {
    /// Looks at nothing yet.
    pub fn new(text: &'t [u8]) -> Self {
        Json { text, told: OnceCell::new() }
    }

    /// What to say of its keys; `None` where it has none.
    pub fn told(&self) -> Option<&str> {
        let told = self.told.get_or_init(|| {
            let mut paths = Vec::new();
            let mut json = serde_json::Deserializer::from_slice(self.text);
            // Of what is cut off, the keys before the cut.
            let _ = Seed { path: "", paths: &mut paths }.deserialize(&mut json);
            (!paths.is_empty()).then(|| told("key", &paths))
        });
        told.as_deref()
    }
}

fn told(kind: &str, names: &[String]) -> String {
    let found: Vec<String> = names.iter().take(SHOWN).map(|name| clean::excerpt(name)).collect();
    let more = if names.len() > SHOWN { ", ..." } else { "" };
    let last = |name: &String| name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let is_near = |name: &&String| nearest_word(&last(name), ["recipient", "recipient_domain", "email"]).is_some();
    let may_be = |name: &&String| {
        let word = last(name);
        word == "to" || ["email", "e-mail", "recipient", "rcpt"].iter().any(|part| word.contains(part))
    };
    let shown = || names.iter().take(SHOWN);
    let hint = match shown().find(is_near).or_else(|| shown().find(may_be)) {
        Some(name) => format!("is \"{}\" the recipient?", clean::excerpt(name)),
        None => format!("name the recipient's {kind} in a mapping"),
    };
    format!("no {kind} \"recipient\"; found: {}{more}; {hint}", found.join(", "))
}

/// Collects the paths of what hangs in no further object, as a mapping spells them; of an array, those of the first element.
struct Seed<'s> {
    path: &'s str,
    paths: &'s mut Vec<String>,
}

impl Seed<'_> {
    fn leaf<E>(self) -> Result<(), E> {
        if !self.path.is_empty() && self.paths.len() <= SHOWN {
            self.paths.push(self.path.to_owned());
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.leaf()
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        self.leaf()
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        self.leaf()
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        self.leaf()
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        self.leaf()
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        self.leaf()
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if self.paths.len() > SHOWN {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let path = if self.path.is_empty() { key } else { format!("{}.{key}", self.path) };
            map.next_value_seed(Seed { path: &path, paths: &mut *self.paths })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let first = seq.next_element_seed(Seed { path: self.path, paths: &mut *self.paths })?;
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        if first.is_none() { self.leaf() } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_as_a_mapping_spells_them() {
        for (text, want) in [
            (
                r#"{"id":1,"to":{"adress":"a@example.com"},"tags":["x","y"],"none":[]}"#,
                Some("found: id, to.adress, tags, none; name the recipient's key in a mapping"),
            ),
            (r#"[{"recipeint":"a"},{"x":1}]"#, Some("found: recipeint; is \"recipeint\" the recipient?")),
            (r#"{"mail_id":1,"to":"a"}"#, Some("found: mail_id, to; is \"to\" the recipient?")),
            (r#"{"a":1,"b":"cut"#, Some("found: a; name")),
            ("5", None),
            ("[]", None),
            ("", None),
        ] {
            let told = Json::new(text.as_bytes());
            let fits = match want {
                Some(want) => told.told().is_some_and(|told| told.contains(want)),
                None => told.told().is_none(),
            };
            assert!(fits, "{text}: {:?}", told.told());
        }
    }

    #[test]
    fn of_many_names_the_first_are_told_and_none_is_harmful() {
        let names: Vec<String> = (0..99).map(|at| format!("n\u{1b}{at}")).collect();
        let told = columns(&names);
        assert!(told.contains("n 39, ...;") && !told.contains("n 40") && !told.contains('\u{1b}'), "{told}");
    }
}
