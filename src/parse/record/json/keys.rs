//! The keys that some format asks for, as one tree. In: the paths of all formats. Out: for a key of the text, the node that it
//! leads to, and so what is done with its value. Reading the text is the JSON reader's work.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use crate::parse::record::layout::Slot;

/// Where all paths start; no key leads to it.
pub const ROOT: usize = 0;
/// Keys of a text whose order is kept.
const MAX_ORDER: usize = 256;

/// The keys that some format asks for.
#[derive(Debug)]
pub struct Keys {
    pub(super) nodes: Vec<KeyNode>,
    pub(super) slots: usize,
}

/// What a path leads to.
#[derive(Debug, Default)]
pub(super) struct KeyNode {
    /// The node above, and the key that leads here from there.
    above: usize,
    key: Box<str>,
    /// What hangs below, by key. The keys are ours, whatever the input, so that no seed is needed.
    pub(super) children: HashMap<Box<str>, usize, FixedState>,
    pub(super) slot: Option<Slot>,
    /// An array here holds records.
    pub(super) wrapper: bool,
    /// Each element of an array here is an event of its own.
    pub(super) each: bool,
}

impl Default for Keys {
    fn default() -> Self {
        Keys { nodes: vec![KeyNode { wrapper: true, ..KeyNode::default() }], slots: 0 }
    }
}

impl Keys {
    /// The slot of a path; the same path has the same slot, whatever wrapper it stands in. `None` beyond 65,534 paths.
    pub fn add(&mut self, path: &str, inside: &[String]) -> Option<Slot> {
        let node = self.node(path);
        let slot = match self.nodes[node].slot {
            Some(slot) => slot,
            None => {
                let slot = Slot::try_from(self.slots).ok().filter(|slot| *slot < Slot::MAX)?;
                self.slots += 1;
                slot
            }
        };
        self.nodes[node].slot = Some(slot);
        for wrapper in inside {
            let node = self.node(&format!("{wrapper}.{path}"));
            self.nodes[node].slot.get_or_insert(slot);
        }
        Some(slot)
    }

    /// Marks a path on which every array holds records.
    pub fn mark_wrapper(&mut self, path: &str) {
        for (end, _) in path.match_indices('.').chain(std::iter::once((path.len(), ""))) {
            let node = self.node(&path[..end]);
            self.nodes[node].wrapper = true;
        }
    }

    /// Marks a path whose array holds one event an element.
    pub fn mark_each(&mut self, path: &str, inside: &[String]) {
        for path in std::iter::once(path.to_owned()).chain(inside.iter().map(|wrapper| format!("{wrapper}.{path}"))) {
            let node = self.node(&path);
            self.nodes[node].each = true;
        }
    }

    /// The place where all paths start.
    pub fn root(&self) -> Node<'_> {
        Node { keys: self, at: ROOT }
    }

    fn node(&mut self, path: &str) -> usize {
        let mut at = ROOT;
        for key in path.split('.') {
            at = match self.nodes[at].children.get(key) {
                Some(child) => *child,
                None => {
                    let new = self.nodes.len();
                    self.nodes.push(KeyNode { above: at, key: key.into(), ..KeyNode::default() });
                    self.nodes[at].children.insert(key.into(), new);
                    new
                }
            };
        }
        at
    }
}

/// A place in the tree, for those who walk a text of their own.
#[derive(Debug, Clone, Copy)]
pub struct Node<'k> {
    keys: &'k Keys,
    at: usize,
}

impl Node<'_> {
    /// The place below that a key leads to.
    pub fn below(self, key: &str) -> Option<Self> {
        let at = *self.keys.nodes[self.at].children.get(key)?;
        Some(Node { at, ..self })
    }

    /// Whether an array here holds records.
    pub fn holds_records(self) -> bool {
        self.keys.nodes[self.at].wrapper
    }
}

/// Where the keys of the last text led, in their order: the lines of a file mostly have the same keys in the same order, and to
/// compare a key costs less than to look it up.
#[derive(Debug, Default)]
pub struct Order {
    nodes: Vec<usize>,
    /// Keys of this text met so far.
    met: usize,
}

impl Order {
    /// Begins a text.
    pub(super) fn start(&mut self) {
        self.met = 0;
    }

    /// The node below `above` that a key leads to.
    pub(super) fn child(&mut self, keys: &Keys, above: usize, key: &str) -> Option<usize> {
        let at = self.met;
        self.met += 1;
        let led = |node: &usize| keys.nodes.get(*node).is_some_and(|node| node.above == above && *node.key == *key);
        if let Some(node) = self.nodes.get(at).copied().filter(led) {
            return Some(node);
        }
        let child = keys.nodes[above].children.get(key).copied();
        if at < MAX_ORDER {
            self.nodes.resize(self.nodes.len().max(at + 1), ROOT);
            self.nodes[at] = child.unwrap_or(ROOT);
        }
        child
    }
}
