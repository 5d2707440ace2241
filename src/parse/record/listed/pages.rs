//! Lists in JSON. In: one JSON value. Out: the records in it, each with all that it holds by path, and what stands around them.

use serde_json::Value;

use crate::parse::record::json::{Keys, Node};

/// What a record holds: paths, as present_lists.toml spells them, and texts.
pub type Cells = Vec<(String, String)>;

/// A value taken apart.
#[derive(Debug, Default)]
pub struct Page {
    /// The records: objects, or whatever stands in their place.
    pub records: Vec<(Value, Cells)>,
    /// What stands beside them.
    pub around: Cells,
}

impl Page {
    /// Takes a value apart; the keys say which arrays hold records.
    pub fn of(value: Value, keys: &Keys) -> Page {
        let mut page = Page::default();
        page.add(value, Some(keys.root()));
        page
    }

    fn add(&mut self, value: Value, node: Option<Node<'_>>) {
        match value {
            Value::Array(elements) => elements.into_iter().for_each(|element| self.add(element, node)),
            Value::Object(mut object) => {
                let holds = |node: Option<Node<'_>>, value: &Value| {
                    node.is_some_and(Node::holds_records)
                        && value.as_array().is_some_and(|all| !all.is_empty() && all.iter().all(Value::is_object))
                };
                let below = |key: &str| node.and_then(|node| node.below(key));
                let inner: Vec<String> =
                    object.iter().filter(|(key, value)| holds(below(key), value)).map(|(key, _)| key.clone()).collect();
                let pages: Vec<_> = inner.iter().filter_map(|key| Some((below(key), object.remove(key)?))).collect();
                if pages.is_empty() {
                    let record = Value::Object(object);
                    let mut cells = Cells::new();
                    leaves(&record, String::new(), node, &mut cells);
                    return self.records.push((record, cells));
                }
                leaves(&Value::Object(object), String::new(), node, &mut self.around);
                pages.into_iter().for_each(|(node, value)| self.add(value, node));
            }
            other => self.records.push((other, Cells::new())),
        }
    }
}

/// All that a value holds; a wrapper is no part of a path.
fn leaves(value: &Value, path: String, node: Option<Node<'_>>, cells: &mut Cells) {
    match value {
        Value::Null => {}
        Value::Object(object) => {
            for (key, value) in object {
                let below = node.and_then(|node| node.below(key));
                let wraps = value.is_object() && below.is_some_and(Node::holds_records);
                let path = match () {
                    () if wraps => path.clone(),
                    () if path.is_empty() => key.clone(),
                    () => format!("{path}.{key}"),
                };
                leaves(value, path, below, cells);
            }
        }
        Value::Array(elements) => elements.iter().for_each(|element| leaves(element, path.clone(), node, cells)),
        Value::String(text) => cells.push((path, text.clone())),
        other => cells.push((path, other.to_string())),
    }
}
