//! Marks of automatic answers in a mail's header. In: header fields. Out: whether a machine answers, or says that it does. What
//! the mail is then, its readers decide.

use super::fields::Head;

/// Whether the header says that it answers (RFC 3834 5), and not only that a machine made it.
pub(crate) fn says_replied(head: &Head<'_>) -> bool {
    let replied =
        |value: &str| value.trim_start().get(..12).is_some_and(|word| word.eq_ignore_ascii_case("auto-replied"));
    head.get("Auto-Submitted").is_some_and(|value| replied(&value))
        || MARKS.iter().filter(|name| **name != "X-Auto-Response-Suppress").any(|name| head.get(name).is_some())
}

/// Whether the header says that a machine sent it for somebody: RFC 3834, and the fields that were in use before it.
pub(crate) fn says_automatic(head: &Head<'_>) -> bool {
    let starts = |name: &str, words: &[&str]| {
        head.get(name).is_some_and(|value| {
            let value = value.to_ascii_lowercase();
            words.iter().any(|word| value.starts_with(word))
        })
    };
    starts("Auto-Submitted", &["auto-replied", "auto-generated", "auto-notified"])
        || starts("Precedence", &["auto_reply", "auto-reply"])
        || MARKS.iter().any(|name| head.get(name).is_some_and(|value| !value.eq_ignore_ascii_case("no")))
}

/// Whether the header has any mark of an answer: of a machine's, of a reply to a message, of mail in bulk. A report has
/// such marks too at times, so a report's own evidence goes before; words of failure do not.
pub(crate) fn is_marked(head: &Head<'_>) -> bool {
    says_automatic(head)
        || ["In-Reply-To", "References"].iter().any(|name| head.get(name).is_some())
        // A mailing list stamps what it passes on.
        || head.get("Precedence").is_some() && head.get("List-Id").is_none()
}

/// Fields that programs which answer by themselves put into their answers.
const MARKS: [&str; 8] = [
    "X-Autoreply",
    "X-Autorespond",
    "X-Autoresponder",
    "X-Auto-Reply-From",
    "X-AutoReply-From",
    "X-Mail-Autoreply",
    "X-Vacation",
    "X-Auto-Response-Suppress",
];
