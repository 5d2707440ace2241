//! The examples of layouts.toml: each must be read by its own row, through the whole mail reader.

use super::Layouts;
use crate::bounce::{Event, Kind, Origin};
use crate::parse::mail::MailReader;
use crate::tables::layouts::{Example, Layout};
use crate::tables::load;

fn read(reader: &MailReader, example: &Example) -> Vec<Event> {
    let from = if example.from.is_empty() { "Mail System <mailer-daemon@mail.example.net>" } else { &example.from };
    let subject = if example.subject.is_empty() { "Undelivered mail" } else { &example.subject };
    let mail = format!(
        "From: {from}\nTo: bounces@example.com\nSubject: {subject}\nDate: Thu, 29 Apr 2010 23:34:45 +0900\nContent-Type: text/plain; charset=utf-8\n\n{}",
        example.text
    );
    let origin = Origin { source: "example".into(), index: 0 };
    reader.read(&origin, mail.as_bytes()).unwrap()
}

#[test]
fn each_rows_examples_are_read_by_that_row() {
    let reader = MailReader::new(Layouts::load(None).unwrap(), Vec::new(), &crate::parse::OwnPatterns::default());
    let rows = load::<Layout>(None).unwrap();
    let mut wrong = Vec::new();
    for row in &rows {
        assert!(!row.value.examples.is_empty(), "{}:{}: a layout without an example", row.file, row.line);
        for example in &row.value.examples {
            let events = read(&reader, example);
            let got: Vec<String> = events
                .iter()
                .filter(|e| e.kind != Kind::Other)
                .map(|e| {
                    format!(
                        "{} => {}",
                        e.recipient.as_ref().map_or("", |a| a.as_str()),
                        e.diagnostic_code.as_deref().unwrap_or("")
                    )
                })
                .collect();
            let fits = |want: &String, got: &String| {
                let (address, words) = want.split_once(" => ").unwrap_or((want, ""));
                got.split_once(" => ").is_some_and(|(a, text)| a == address && text.contains(words))
            };
            let all = got.len() == example.recipients.len()
                && example.recipients.iter().zip(&got).all(|(want, got)| fits(want, got));
            if !all || events.iter().any(|e| e.grammar != row.value.name) {
                let grammars: Vec<_> = events.iter().map(|e| e.grammar.to_string()).collect();
                wrong.push(format!(
                    "{} ({}:{})\n  want {:?}\n  got  {got:?} by {grammars:?}",
                    row.value.name, row.file, row.line, example.recipients
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
