//! Rows of delimited files. In: a header and its records. Out: values by column; the format is found once for each header.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, RwLock};

use super::clean;
use super::content;
use super::field::Field;
use super::formats::Formats;
use super::layout::{Layout, Slot, Unread, Value, Values};
use super::unplaced;
use crate::source::{Header, Record};

impl Values for Record<'_> {
    fn get(&self, slot: Slot) -> Option<Value<'_>> {
        let text = clean::trimmed(Record::get(self, usize::from(slot))?);
        (!text.is_empty() && !matches!(text, "NULL" | "null" | "\\N")).then_some(Value::Text(text))
    }

    fn has(&self, _: Slot) -> bool {
        true
    }

    fn has_only(&self, _: &[Slot]) -> bool {
        // A row does not know its names; its header has decided.
        false
    }
}

/// How the records of one header are read.
#[derive(Debug)]
pub struct Plan {
    /// An error for all of them when they cannot be.
    pub layout: Result<Layout, String>,
    /// What to ask of a record that does not say what it is; made when the first one comes.
    unclear: OnceLock<String>,
    /// Its columns that nothing reads.
    pub unread: Arc<[String]>,
    /// The names of its columns as one number.
    pub names: u128,
}

impl Plan {
    /// What to ask of a record of this header that does not say what it is.
    pub fn unclear(&self, header: &Header, formats: &Formats) -> String {
        self.unclear.get_or_init(|| unplaced::unclear_columns(&header.names, &formats.hints)).clone()
    }
}

/// The plans worked out so far, by header.
#[derive(Debug, Default)]
pub struct Plans(RwLock<HashMap<u64, Arc<Plan>>>);

impl Plans {
    /// The header's plan. `last` is the one asked for last: the rows of one header follow one another.
    pub fn of<'l>(&self, header: &Header, formats: &Formats, last: &'l mut Option<(u64, Arc<Plan>)>) -> &'l Plan {
        if last.as_ref().is_some_and(|(id, _)| *id != header.id) {
            *last = None;
        }
        &last.get_or_insert_with(|| (header.id, self.find(header, formats))).1
    }

    /// The header's plan, made when it is first seen.
    fn find(&self, header: &Header, formats: &Formats) -> Arc<Plan> {
        if let Ok(plans) = self.0.read()
            && let Some(plan) = plans.get(&header.id)
        {
            return plan.clone();
        }
        let plan = Arc::new(make(header, formats));
        if let Ok(mut plans) = self.0.write() {
            plans.insert(header.id, plan.clone());
        }
        plan
    }
}

fn make(header: &Header, formats: &Formats) -> Plan {
    let names: Vec<String> = header.names.iter().map(|name| name.trim().to_ascii_lowercase()).collect();
    let has = |wanted: &str| names.contains(&wanted.to_ascii_lowercase());
    let Some(format) = formats.of_columns(has) else {
        let layout = Err("no export format has these columns".to_owned());
        return Plan { layout, unclear: OnceLock::new(), unread: Arc::default(), names: 0 };
    };
    let mut read = vec![false; names.len()];
    let mut place = |name: &str| {
        let name = name.to_ascii_lowercase();
        let column = names.iter().position(|column| *column == name)?;
        read[column] = true;
        Slot::try_from(column).ok()
    };
    // What tells the format has been looked at.
    for name in format.export.needs.iter().flat_map(|any| any.split('|')) {
        let _ = place(name);
    }
    let layout = Layout::new(&format.export, format.name, place).and_then(|mut layout| {
        if Field::ADDRESSED.iter().any(|field| layout.knows(*field)) {
            let unread = (0..).zip(&header.names).zip(&read).filter(|(_, read)| !**read);
            let is_reply = |name: &str| format.export.by_words && formats.hints.is_reply(name);
            let unread = unread.map(|((slot, name), _)| Unread { slot, reply: is_reply(name) });
            layout.decide_for(names.len(), unread.collect());
            Ok(layout)
        } else {
            Err(unplaced::columns(&header.names, &formats.hints))
        }
    });
    let unread = header.names.iter().zip(read).filter(|(name, read)| !read && !name.is_empty());
    let unread = unread.map(|(name, _)| name.clone()).collect();
    Plan { layout, unclear: OnceLock::new(), unread, names: content::of_names(&names) }
}
