//! How a reply was named, step by step, for `explain`. In: an event. Out: every rule that holds, and what the first one names.

use std::sync::Arc;

use crate::bounce::{Cause, Classification, Event};

use super::heard::Heard;
use super::patterns::Hits;
use super::{Cache, Classifier, speaker};

/// One rule that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// The rule's id.
    pub rule: String,
    /// The cause it names.
    pub cause: Cause,
    /// Where the row stands: the file, as the user knows it.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// Where the row's knowledge comes from.
    pub source: String,
}

/// How one reply was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// What the rules were matched on.
    pub template: String,
    /// The receiver that the answering host belongs to.
    pub host_receiver: Option<String>,
    /// Whether that host only passed on another system's words.
    pub relayed: bool,
    /// Every rule that holds, in order; the first one won.
    pub matched: Vec<Matched>,
    /// What came of it.
    pub named: Arc<Classification>,
}

impl Classifier {
    /// Names one event and tells how.
    pub fn trace(&self, event: &Event) -> Trace {
        let named = self.classify(event, &mut Cache::default());
        let heard = Heard::of_event(event, &self.receivers, &self.consumers);
        let mut template = String::new();
        super::template::write(heard.text, &self.known, &mut template);
        let matched = self
            .holding(&heard, &template, &mut Hits::default())
            .into_iter()
            .map(|row| Matched {
                rule: row.value.id.clone(),
                cause: row.value.cause,
                file: row.file.to_string(),
                line: row.line,
                source: row.value.source.clone(),
            })
            .collect();
        Trace {
            template,
            host_receiver: heard.host.map(|host| host.name.clone()),
            relayed: heard.relayed,
            matched,
            named,
        }
    }

    /// The rows of all rules that hold, in order.
    pub(super) fn holding(
        &self,
        heard: &Heard<'_>,
        template: &str,
        hits: &mut Hits,
    ) -> Vec<&crate::tables::Row<crate::tables::rules::Rule>> {
        self.patterns.find(template, hits);
        let spoke = speaker::of(heard, hits, &self.patterns, &self.receivers);
        self.rules
            .holding(heard, spoke, hits, &self.patterns)
            .filter_map(|index| self.rules.rows().get(index))
            .collect()
    }
}
