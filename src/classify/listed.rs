//! Entries of present lists, by the replies that they quote. In: an entry, and each of its words as a bounce. Out: whom they blame, and
//! whether a rule understands them: words behind a code that no rule knows may be anybody's wish.

use crate::bounce::{Classification, Event, ListedReason, PresentEntry};

use super::{Cache, Classifier, has_words};

impl Classifier {
    /// Adds to an entry what its own words say: whom they blame, the recipient's side first; and that its reason is unknown where one
    /// of them quotes a code with words that no rule knows. `quoted` holds the entry's words, as bounces.
    pub fn weigh(&self, entry: &mut PresentEntry, quoted: &[Event], cache: &mut Cache) {
        entry.blames = entry.cause.map(|cause| cause.meaning().blames);
        for event in quoted {
            let named = self.classify(event, cache);
            if entry.blames.is_none_or(|known| !known.is_them() && named.blames.is_them()) {
                entry.blames = Some(named.blames);
            }
            let coded = event.reply_code.is_some() || event.status.is_some();
            if named.own_drop || coded && has_words_behind(event) && !self.is_understood(event, &named) {
                entry.reason = entry.reason.max(ListedReason::Unknown);
            }
        }
    }

    /// Whether the rule that spoke knows the words, or a status that says what is wrong.
    fn is_understood(&self, event: &Event, named: &Classification) -> bool {
        let telling = event.status.is_some_and(|status| status.detail != 0 && status.subject != 7);
        let row = named.rule.as_ref().and_then(|id| self.rules.rows().iter().find(|row| *row.value.id == **id));
        row.is_some_and(|row| row.value.text.is_some() || !row.value.status.is_empty() && telling)
    }
}

/// Whether there are words behind the code.
fn has_words_behind(event: &Event) -> bool {
    let said = event.diagnostic_code.as_deref().unwrap_or_default();
    has_words(said.trim_start_matches(|c: char| !c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounce::{Address, Blames, Cause, Kind, Origin, Subject};
    use crate::parse::{ParseOptions, Reader};

    fn weighed(words: &str, cause: Option<Cause>) -> PresentEntry {
        let origin = Origin { source: "list".into(), index: 0 };
        let subject = Subject::Address(Address::parse("ann@example.com").unwrap());
        let words = vec![words.to_owned()];
        let reason = ListedReason::Bounce;
        let (since, expires, blames) = (None, None, None);
        let mut entry = PresentEntry { origin, subject, reason, words, cause, blames, since, expires };
        let reader = Reader::new(&ParseOptions::default()).unwrap();
        let quoted: Vec<Event> = entry.words.iter().map(|word| reader.reply_alone(word, None)).collect();
        assert!(quoted.iter().all(|event| event.kind == Kind::Bounce));
        Classifier::new(None).unwrap().weigh(&mut entry, &quoted, &mut Cache::default());
        entry
    }

    #[test]
    fn words_behind_a_code_are_understood_by_a_rule_or_make_the_reason_unknown() {
        for words in [
            "550",
            "smtp;550",
            "550 no",
            "BOUNCE",
            "bounced",
            "mailbox_unknown",
            "550 5.1.1 User unknown",
            "550 No such mailbox",
            "452 4.2.2 Mailbox full",
            "554 5.7.1 Service unavailable; Client host [192.0.2.4] blocked using zen.spamhaus.org",
        ] {
            assert_eq!(weighed(words, None).reason, ListedReason::Bounce, "{words}");
        }
        for words in [
            "550 asked us not to mail",
            "550 please stop",
            "550 5.7.1 wants no newsletters",
            "550 told Bea at the fair",
            "5.0.0 wrote to the board",
        ] {
            assert_eq!(weighed(words, None).reason, ListedReason::Unknown, "{words}");
        }
    }

    #[test]
    fn whom_an_entry_blames_is_read_from_its_cause_and_its_words() {
        for (words, cause, want) in [
            ("550 5.1.1 User unknown", None, Some(true)),
            ("No such user", None, Some(true)),
            ("mailbox_disabled", Some(Cause::MailboxDisabled), Some(true)),
            ("x", Some(Cause::TenantPolicy), Some(true)),
            ("x", Some(Cause::DomainInvalid), Some(true)),
            ("x", Some(Cause::MailboxFull), Some(true)),
            ("554 5.7.1 Client host [192.0.2.4] blocked using zen.spamhaus.org", None, Some(false)),
            ("550 5.1.1 User unknown", Some(Cause::IpReputation), Some(true)),
            ("BOUNCE", None, Some(false)),
        ] {
            assert_eq!(weighed(words, cause).blames.map(Blames::is_them), want, "{words} {cause:?}");
        }
    }
}
