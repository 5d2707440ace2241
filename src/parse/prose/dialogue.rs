//! SMTP dialogues in reports: `>>> RCPT To:<ann@example.com>`, `<<< 550 no such user`, and Sendmail's own summary
//! lines `550 <ann@example.com>... User unknown`. In: a report's lines. Out: what was answered, for each address and at last.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::super::limits::{MAX_DIAGNOSTIC, MAX_RECIPIENTS};
use super::super::mailbox;
use super::codes::starts_with_code;
use crate::bounce::{Address, SmtpCommand};

/// An answer and what it answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Answer {
    /// The reply with its codes; lines of one reply joined.
    pub(super) text: String,
    pub(super) command: Option<SmtpCommand>,
    /// The host that was being talked to.
    pub(super) host: Option<String>,
}

/// Answers for addresses, in the order of the report, and the last refusal that names none.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Dialogue {
    pub(super) answers: Vec<(Address, Answer)>,
    pub(super) last: Option<Answer>,
    /// Where an address stands in `answers`, by its key.
    places: HashMap<String, usize>,
}

impl Dialogue {
    /// The answer for an address, compared by its key.
    pub(super) fn of(&self, key: &str) -> Option<&Answer> {
        let place = *self.places.get(key)?;
        self.answers.get(place).map(|(_, answer)| answer)
    }
}

/// What a line is in a dialogue.
enum Turn<'a> {
    Command(&'a str),
    Reply(&'a str),
}

#[derive(Default)]
struct Listener {
    dialogue: Dialogue,
    command: Option<SmtpCommand>,
    recipient: Option<Address>,
    host: Option<String>,
    /// The reply being read.
    reply: String,
    /// Its last line was not the last one of the reply: `550-` instead of `550 `.
    goes_on: bool,
}

/// Listens to all dialogues in the lines.
pub(super) fn listen(lines: &[&str]) -> Dialogue {
    let mut listener = Listener::default();
    for line in lines {
        let line = line.trim();
        match turn(line) {
            Some(Turn::Command(command)) => listener.command(command),
            Some(Turn::Reply(reply)) => listener.reply(reply),
            None => listener.other(line),
        }
    }
    listener.finish_reply();
    listener.dialogue
}

/// `>>>` is the client and `<<<` the server in Sendmail's way of writing; InterScan turns the arrows round, and says
/// so with words; MDaemon writes `-->` and `<--` behind the time.
fn turn(line: &str) -> Option<Turn<'_>> {
    let (said_by, line) = match line.split_once(' ') {
        Some(("Sent", rest)) => (Some(true), rest),
        Some(("Received", rest)) => (Some(false), rest),
        _ => (None, line),
    };
    let (arrow, text) = arrow(line)?;
    let client = said_by.unwrap_or(arrow);
    Some(if client { Turn::Command(text) } else { Turn::Reply(text) })
}

/// Whether an arrow points away from the client, and what stands behind it.
fn arrow(line: &str) -> Option<(bool, &str)> {
    // Nearly all lines are none of a dialogue.
    let head = &line.as_bytes()[..line.len().min(44)];
    if !head.windows(2).any(|pair| matches!(pair, b">>" | b"<<" | b"->" | b"<-")) {
        return None;
    }
    const ARROWS: [(&str, bool); 4] = [(">>>", true), ("<<<", false), ("-->", true), ("<--", false)];
    let named = ARROWS.iter().find_map(|(arrow, client)| {
        let at = line
            .find(arrow)
            .filter(|at| *at == 0 || (*at <= 40 && arrow.contains('-') && line[..*at].contains(':')))?;
        Some((*client, line[at + arrow.len()..].trim()))
    });
    // Active!hunter has two brackets only.
    named.or_else(|| line.strip_prefix("<< ").map(|reply| (false, reply.trim())))
}

impl Listener {
    fn command(&mut self, text: &str) {
        self.finish_reply();
        self.goes_on = false;
        let verb: String = text.chars().take(4).map(|c| c.to_ascii_uppercase()).collect();
        self.command = match verb.as_str() {
            "EHLO" | "HELO" => Some(SmtpCommand::Ehlo),
            "STAR" => Some(SmtpCommand::Starttls),
            "AUTH" => Some(SmtpCommand::Auth),
            "MAIL" => Some(SmtpCommand::Mail),
            "RCPT" => Some(SmtpCommand::Rcpt),
            "DATA" | "BDAT" => Some(SmtpCommand::Data),
            "QUIT" => Some(SmtpCommand::Quit),
            _ => None,
        };
        self.recipient = if verb == "RCPT" { mailbox::first(text) } else { None };
    }

    fn reply(&mut self, text: &str) {
        if !self.goes_on {
            self.finish_reply();
        }
        self.goes_on = text.as_bytes().get(3) == Some(&b'-');
        if self.reply.len() < MAX_DIAGNOSTIC {
            if !self.reply.is_empty() {
                self.reply.push(' ');
            }
            self.reply.push_str(text);
        }
    }

    fn other(&mut self, line: &str) {
        if let Some(host) = talked_to(line) {
            self.finish_reply();
            let host = host.trim_end_matches([':', '.']).trim().to_ascii_lowercase();
            (self.host, self.recipient, self.command) = (Some(host), None, None);
        } else if starts_with_code(line) && line.contains("... ") {
            self.summary(line);
        }
    }

    /// `550 5.1.1 <ann@example.com>... User unknown`: Sendmail sums up what the reply before it meant for an address.
    fn summary(&mut self, line: &str) {
        let Some(address) = mailbox::first(line.split("... ").next().unwrap_or("")) else {
            if self.dialogue.last.is_none() && is_refusal(line) {
                self.dialogue.last = Some(self.answer(line.to_owned()));
            }
            return;
        };
        let heard = std::mem::take(&mut self.reply);
        // `554 <ann@example.com>... 550 Host unknown`: the code within is what the look-up gave.
        let said = line.split_once("... ").map_or(line, |(_, said)| said);
        let text = match (is_refusal(&heard), is_refusal(said)) {
            (true, _) => heard,
            (_, found) => {
                // Nobody answered a command: it is what Sendmail found out by itself.
                self.command = None;
                if found { said.to_owned() } else { line.to_owned() }
            }
        };
        self.note(address, text);
        self.recipient = None;
    }

    fn finish_reply(&mut self) {
        let text = std::mem::take(&mut self.reply);
        if !is_refusal(&text) || is_aftermath(&text) {
            return;
        }
        match self.recipient.take() {
            Some(address) => self.note(address, text),
            None => self.dialogue.last = Some(self.answer(text)),
        }
    }

    /// The first answer for an address counts: what follows is its echo.
    fn note(&mut self, address: Address, text: String) {
        let answer = self.answer(text);
        let next = self.dialogue.answers.len();
        if next > MAX_RECIPIENTS {
            return;
        }
        if let Entry::Vacant(place) = self.dialogue.places.entry(address.key()) {
            place.insert(next);
            self.dialogue.answers.push((address, answer));
        }
    }

    fn answer(&self, text: String) -> Answer {
        Answer { text, command: self.command, host: self.host.clone() }
    }
}

/// `... while talking to mx.example.com.:`, `While talking to mx.example.com:`.
fn talked_to(line: &str) -> Option<&str> {
    let line = line.trim_start_matches(['.', ' ']);
    line.strip_prefix("while talking to ").or_else(|| line.strip_prefix("While talking to "))
}

fn is_refusal(reply: &str) -> bool {
    reply.starts_with(['4', '5']) && reply.as_bytes().get(..3).is_some_and(|code| code.iter().all(u8::is_ascii_digit))
}

/// What a server says to DATA after it refused every recipient.
fn is_aftermath(reply: &str) -> bool {
    let reply = reply.to_ascii_lowercase();
    reply.starts_with("503") || reply.contains("no valid recipients") || reply.contains("need rcpt")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(text: &str) -> Vec<(String, String)> {
        let lines: Vec<&str> = text.lines().collect();
        let answers = listen(&lines).answers;
        answers.into_iter().map(|(address, answer)| (address.as_str().to_owned(), answer.text)).collect()
    }

    #[test]
    fn the_servers_reply_counts_before_the_summary() {
        let text = "... while talking to mx.example.com.:\n>>> RCPT To:<ann@example.com>\n<<< 550 5.1.1 No such user\n550 5.1.1 <ann@example.com>... User unknown";
        assert_eq!(heard(text), [("ann@example.com".to_owned(), "550 5.1.1 No such user".to_owned())]);
    }

    #[test]
    fn without_a_reply_the_summary_counts() {
        let text = "550 <ann@example.com>... Host unknown";
        assert_eq!(heard(text), [("ann@example.com".to_owned(), text.to_owned())]);
    }

    #[test]
    fn a_refusal_of_the_message_is_kept_as_the_last() {
        let lines = [">>> DATA", "<<< 554 5.7.1 Message rejected", "<<< 503 5.0.0 Need RCPT (recipient)"];
        let last = listen(&lines).last.unwrap();
        assert!(last.text.starts_with("554 5.7.1 Message rejected"));
        assert_eq!(last.command, Some(SmtpCommand::Data));
    }
}
