//! column_hints.toml: what the words in the name of an unknown column are about. In: the table, names of columns. Out: which
//! of them probably holds the recipient, the reply, the time. A guess shapes a question and nothing else.

use std::path::Path;

use serde::Deserialize;

use super::{Table, TableError, load};

/// Words about one thing.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnHint {
    /// What they are about.
    pub about: About,
    /// In lower case.
    pub words: Vec<String>,
    /// Where the knowledge comes from.
    pub source: String,
}

/// What a word in a name can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// Who was mailed.
    Recipient,
    /// Some address.
    Address,
    /// Who mailed.
    Sender,
    /// What was answered.
    Reply,
    /// When.
    Time,
    /// That something failed.
    Failure,
    /// What became of it, in a word.
    Kind,
    /// Something that stands beside these.
    Other,
}

impl Table for ColumnHint {
    const FILE: &'static str = "column_hints.toml";
    const KEY: &'static str = "column_hint";
    const BUILT_IN: &'static str = include_str!("column_hints.toml");
}

/// All hints.
#[derive(Debug)]
pub struct ColumnHints(Vec<ColumnHint>);

/// Letters from which on a word may be part of a longer one.
const COMPOUND: usize = 4;

impl ColumnHints {
    /// Loads the table, a user's rows first.
    ///
    /// # Errors
    /// A broken row.
    pub fn load(user_tables: Option<&Path>) -> Result<ColumnHints, TableError> {
        Ok(ColumnHints(load::<ColumnHint>(user_tables)?.into_iter().map(|row| row.value).collect()))
    }

    /// The name that most probably holds whom we mailed; never one that is about the sender. `None`: none looks like it.
    pub fn recipient<'n>(&self, names: &'n [String]) -> Option<&'n String> {
        best(names, |name| {
            let words = Words::of(name);
            let is = |about| self.fits(&words, about);
            let about_reply = || self.fits(&Words::of(last_key(name)), About::Reply);
            let excluded = is(About::Sender) || is(About::Other) || words.is_reply_to() || about_reply();
            match is(About::Recipient) {
                _ if excluded => 0,
                true => 2 + u8::from(is(About::Address)),
                // An address of nobody knows whom: only if its name says no more than that.
                false => u8::from(words.all_but_of(|word| self.fits(&Words::of(word), About::Address))),
            }
        })
    }

    /// The name that most probably holds the reply; `None`: none looks like it.
    pub fn reply<'n>(&self, names: &'n [String]) -> Option<&'n String> {
        best(names, |name| {
            let words = Words::of(last_key(name));
            let is = |about| self.fits(&words, about);
            let others = [About::Sender, About::Recipient, About::Other, About::Time, About::Address];
            let excluded = others.into_iter().any(is);
            u8::from(is(About::Reply) && !excluded && !words.is_reply_to())
        })
    }

    /// The name that most probably holds a word for what became of it; `None`: none looks like it.
    pub fn kind<'n>(&self, names: &'n [String]) -> Option<&'n String> {
        best(names, |name| {
            let words = Words::of(last_key(name));
            let is = |about| self.fits(&words, about);
            let beside =
                |own: &String| matches!(own.as_str(), "id" | "code" | "type" | "class" | "date" | "time" | "at");
            u8::from(is(About::Kind) && !words.words.iter().any(beside) && !is(About::Reply) && !is(About::Time))
        })
    }

    /// Whether a name is about a reply.
    pub fn is_reply(&self, name: &str) -> bool {
        self.reply(&[name.to_owned()]).is_some()
    }

    /// The name that most probably holds when it failed; `None`: none looks like it.
    pub fn time<'n>(&self, names: &'n [String]) -> Option<&'n String> {
        best(names, |name| {
            let words = Words::of(last_key(name));
            let time = self.fits(&words, About::Time) && !self.fits(&words, About::Address);
            u8::from(time) * (1 + u8::from(self.fits(&words, About::Failure)))
        })
    }

    fn fits(&self, words: &Words, about: About) -> bool {
        let of = |row: &&ColumnHint| row.about == about;
        let known = |own: &String| self.0.iter().any(|row| row.words.contains(own));
        let fits = |own: &String, word: &String| {
            // A word that the table knows whole is not taken for one that it begins with: `contact`, `conta`.
            own == word || word.len() >= COMPOUND && own.contains(word.as_str()) && !known(own)
        };
        let spelled = |word: &String| !word.is_ascii() && words.whole.contains(word.as_str());
        let mut all = self.0.iter().filter(of).flat_map(|row| &row.words);
        all.any(|word| spelled(word) || words.words.iter().any(|own| fits(own, word)))
    }
}

/// The last key of a path; all of a name that is none.
fn last_key(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((_, last)) if !last.is_empty() && !name.contains(' ') => last,
        _ => name,
    }
}

/// The first name with the highest mark, if that is above 0.
fn best(names: &[String], mark: impl Fn(&str) -> u8) -> Option<&String> {
    let marked = names.iter().map(|name| (mark(name), name)).filter(|(mark, _)| *mark > 0);
    marked.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, name)| name)
}

/// A name, cut into its words: `Last bounce date`, `to_email`, `leadEmail`, `data.to.address`.
struct Words {
    whole: String,
    words: Vec<String>,
}

impl Words {
    fn of(name: &str) -> Words {
        let mut words = vec![String::new()];
        let mut before = ' ';
        for c in name.chars() {
            let humps = before.is_lowercase() && c.is_uppercase();
            if !c.is_alphanumeric() || humps {
                words.push(String::new());
            }
            if c.is_alphanumeric()
                && let Some(word) = words.last_mut()
            {
                word.extend(c.to_lowercase());
            }
            before = c;
        }
        words.retain(|word| !word.is_empty());
        // `data.` is where webhooks put everything.
        if words.len() > 1 && words[0] == "data" {
            words.remove(0);
        }
        Words { whole: name.to_lowercase(), words }
    }

    /// Whether all words fit, but for an "of" between two of them: `dirección de correo`. In front or behind it may mean "from".
    fn all_but_of(&self, fits: impl Fn(&str) -> bool) -> bool {
        let last = self.words.len().saturating_sub(1);
        let of = |at: usize, word: &str| {
            (1..last).contains(&at) && matches!(word, "of" | "de" | "di" | "del" | "della" | "do" | "da")
        };
        self.words.iter().enumerate().all(|(at, word)| of(at, word) || fits(word))
    }

    /// `reply_to`, whose words alone are about something else.
    fn is_reply_to(&self) -> bool {
        self.words.windows(2).any(|pair| pair[0] == "reply" && pair[1] == "to")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(header: &str) -> Vec<String> {
        header.split(',').map(str::to_owned).collect()
    }

    #[test]
    fn the_recipient_the_reply_and_the_time_are_found_by_their_names() {
        let hints = ColumnHints::load(None).unwrap();
        for (header, recipient, reply, time) in [
            ("from_email,to_email,why,sent_at", Some("to_email"), Some("why"), Some("sent_at")),
            ("Absender,Empfänger,Fehlermeldung,Datum", Some("Empfänger"), Some("Fehlermeldung"), Some("Datum")),
            ("expediteur,destinataire,motif,date", Some("destinataire"), Some("motif"), Some("date")),
            ("Remitente,Correo,Razón,Fecha", Some("Correo"), Some("Razón"), Some("Fecha")),
            ("差出人,宛先,理由,日時", Some("宛先"), Some("理由"), Some("日時")),
            ("senderEmail,leadEmail,emailId", Some("leadEmail"), None, None),
            ("email_id,reply_to,account_email", None, None, None),
            ("data.from,data.to.address,data.error.message", Some("data.to.address"), Some("data.error.message"), None),
            ("Email,OPTIN_TIME,CLEAN_TIME", Some("Email"), None, Some("CLEAN_TIME")),
            ("recipient,response,response_code,bounced_at", Some("recipient"), Some("response"), Some("bounced_at")),
            ("a,b,c", None, None, None),
            ("sdr_email,client_email", None, None, None),
            ("sdr_email,customer_email", Some("customer_email"), None, None),
            ("smtp email,bounce_address,created_by_email", None, None, None),
            ("送信元メール,メールアドレス,messages", Some("メールアドレス"), None, None),
            ("De (email),adresse d'envoi,寄件者 email,보낸사람 이메일", None, None, None),
            ("E-Mail Address,Work email", Some("E-Mail Address"), None, None),
            ("bounces.recipient,bounces.reason", Some("bounces.recipient"), Some("bounces.reason"), None),
            ("bounce_to,errors_to,noreply email,postmaster email,user_email,our email", None, None, None),
            ("email de,Dirección de correo electrónico", Some("Dirección de correo electrónico"), None, None),
        ] {
            let names = names(header);
            let found = [hints.recipient(&names), hints.reply(&names), hints.time(&names)];
            assert_eq!(found.map(|name| name.map(String::as_str)), [recipient, reply, time], "{header}");
        }
    }

    #[test]
    fn every_row_has_words_in_lower_case_and_a_source() {
        for row in load::<ColumnHint>(None).unwrap() {
            assert!(!row.value.source.is_empty());
            for word in &row.value.words {
                assert_eq!(*word, word.to_lowercase());
            }
        }
    }
}
