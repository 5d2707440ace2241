//! Records that nobody can place: no name for a recipient, or nothing that says what they are. In: the names of a header, or
//! the text of a JSON value. Out: a question: which names there are, what they probably hold, and what to answer.

use std::cell::OnceCell;
use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::clean;
use crate::bounce::nearest_word;
use crate::tables::column_hints::ColumnHints;

/// Names told at most.
const SHOWN: usize = 40;

/// Names by which a proposed mapping knows its file.
const NEEDED: usize = 8;

/// What to ask of columns of which none holds a recipient.
pub fn columns(names: &[String], hints: &ColumnHints) -> String {
    Question { kind: "column", names, hints }.who()
}

/// What to ask of columns that hold a recipient, and do not say whether it bounced.
pub fn unclear_columns(names: &[String], hints: &ColumnHints) -> String {
    Question { kind: "column", names, hints }.what()
}

/// A JSON value whose keys are to be told, if at all, then once.
pub struct Json<'t> {
    text: &'t [u8],
    hints: &'t ColumnHints,
    paths: OnceCell<Vec<String>>,
}

impl<'t> Json<'t> {
    /// Looks at nothing yet.
    pub fn new(text: &'t [u8], hints: &'t ColumnHints) -> Self {
        Json { text, hints, paths: OnceCell::new() }
    }

    /// What to ask where no key holds a recipient; `None` where there are no keys.
    pub fn no_recipient(&self) -> Option<String> {
        self.question().map(|question| question.who())
    }

    /// What to ask where nothing says what the record is.
    pub fn unclear(&self) -> Option<String> {
        self.question().map(|question| question.what())
    }

    fn question(&self) -> Option<Question<'_>> {
        let names = self.paths.get_or_init(|| {
            let mut paths = Vec::new();
            let mut json = serde_json::Deserializer::from_slice(self.text);
            // Of what is cut off, the keys before the cut.
            let _ = Seed { path: "", paths: &mut paths }.deserialize(&mut json);
            paths
        });
        (!names.is_empty()).then_some(Question { kind: "key", names, hints: self.hints })
    }
}

/// What there is to ask about.
struct Question<'n> {
    /// `column` or `key`.
    kind: &'static str,
    names: &'n [String],
    hints: &'n ColumnHints,
}

impl Question<'_> {
    /// Who was mailed?
    fn who(&self) -> String {
        let ask = match self.recipient() {
            Some(name) => format!("is \"{}\" the recipient? then {}", clean::excerpt(name), self.mapping()),
            None => format!("name the recipient's {} in a mapping: {}", self.kind, self.mapping()),
        };
        format!("no {} \"recipient\"; {}; {ask}", self.kind, self.found())
    }

    /// Was it a bounce?
    fn what(&self) -> String {
        format!(
            "nothing says whether these are bounces or deliveries; {}; for bounces, {}; what was delivered is given with --delivered",
            self.found(),
            self.mapping()
        )
    }

    fn found(&self) -> String {
        let found: Vec<String> = self.names.iter().take(SHOWN).map(|name| clean::excerpt(name)).collect();
        let more = if self.names.len() > SHOWN { ", ..." } else { "" };
        format!("found: {}{more}", found.join(", "))
    }

    /// A line for a file that `--mapping` takes.
    fn mapping(&self) -> String {
        let recipient = self.recipient();
        let reply = self.shown(self.hints.reply(self.names));
        let word = self.shown(self.hints.kind(self.names)).filter(|name| Some(*name) != reply);
        let time = self.shown(self.hints.time(self.names));
        let mut pairs = vec![format!("recipient = {}", toml_string(recipient.unwrap_or("ITS NAME")))];
        pairs.push(match reply {
            Some(name) => format!("diagnostic_code = {}", toml_string(name)),
            None => "default_kind = \"bounce\"".to_owned(),
        });
        pairs.extend(word.map(|name| format!("kind = {}", toml_string(name))));
        pairs.extend(time.map(|name| format!("timestamp = {}", toml_string(name))));
        // Without these the line would be taken for files of other makes too, that have a column of the recipient's name. An
        // object may leave out a key that another has.
        let needed: Vec<&str> = match self.kind {
            "column" => self.names.iter().map(String::as_str).filter(|name| self.is_plain(name)).take(NEEDED).collect(),
            _ => [recipient, reply, word, time].into_iter().flatten().collect(),
        };
        let needed: Vec<String> = needed.into_iter().map(toml_string).collect();
        pairs.push(format!("needs = [{}]", needed.join(", ")));
        let zone = if time.is_some() { " (add --time-zone=UTC, or yours, if its times name no zone)" } else { "" };
        format!("save the line  mapping = {{ {} }}  in a file and give it with --mapping FILE{zone}", pairs.join(", "))
    }

    fn recipient(&self) -> Option<&str> {
        let misspelt = |name: &&String| {
            let last = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
            nearest_word(&last, ["recipient", "email"]).is_some()
        };
        self.shown(self.hints.recipient(self.names).or_else(|| self.names.iter().take(SHOWN).find(misspelt)))
    }

    /// A name that can be proposed: one that stands in the question unchanged.
    fn shown<'s>(&self, name: Option<&'s String>) -> Option<&'s str> {
        name.map(String::as_str).filter(|name| self.is_plain(name))
    }

    /// Whether a name stands in the question unchanged, and in a mapping for itself: there `|` stands between two names.
    fn is_plain(&self, name: &str) -> bool {
        let hidden = |c: char| {
            c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        };
        let once = self.names.iter().filter(|other| *other == name).count() == 1;
        clean::excerpt(name) == name && !name.is_empty() && !name.contains('|') && !name.contains(hidden) && once
    }
}

fn toml_string(name: &str) -> String {
    toml::Value::from(name).to_string()
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

    fn hints() -> ColumnHints {
        ColumnHints::load(None).unwrap()
    }

    #[test]
    fn keys_are_told_as_a_mapping_spells_them() {
        let hints = hints();
        for (text, want) in [
            (
                r#"{"id":1,"who":{"x":"a@example.com"},"tags":["x","y"],"none":[]}"#,
                Some("found: id, who.x, tags, none; name the recipient's key in a mapping"),
            ),
            (r#"[{"recipeint":"a"},{"x":1}]"#, Some("found: recipeint; is \"recipeint\" the recipient?")),
            (r#"{"mail_id":1,"to":"a"}"#, Some("found: mail_id, to; is \"to\" the recipient?")),
            (r#"{"a":1,"b":"cut"#, Some("found: a; name")),
            ("5", None),
            ("[]", None),
            ("", None),
        ] {
            let told = Json::new(text.as_bytes(), &hints).no_recipient();
            let fits = match want {
                Some(want) => told.as_ref().is_some_and(|told| told.contains(want)),
                None => told.is_none(),
            };
            assert!(fits, "{text}: {told:?}");
        }
    }

    #[test]
    fn of_many_names_the_first_are_told_and_none_is_harmful() {
        let names: Vec<String> = (0..99).map(|at| format!("n\u{1b}{at}")).collect();
        let told = columns(&names, &hints());
        assert!(told.contains("n 39, ...;") && !told.contains("n 40") && !told.contains('\u{1b}'), "{told}");
    }

    #[test]
    fn the_line_proposed_is_a_mapping() {
        let names = ["E-Mail \"Kunde\"", "Grund", "Datum"].map(str::to_owned);
        let told = unclear_columns(&names, &hints());
        let line = told.split("save the line  ").nth(1).and_then(|rest| rest.split("  in a file").next()).unwrap();
        let mapping: toml::Table = line.parse().unwrap();
        assert_eq!(mapping["mapping"]["recipient"].as_str(), Some("E-Mail \"Kunde\""));
        assert_eq!(mapping["mapping"]["diagnostic_code"].as_str(), Some("Grund"));
    }
}
