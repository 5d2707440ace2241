//! JSON records. In: the text of one JSON value: an object, or an array of them, perhaps in wrappers. Out: for each record the
//! values that some format asks for, in slots; nothing else is kept, and no tree is built.
//!
//! All names of all formats stand in one tree of keys, so that one pass over the text finds what any of them needs.

mod keys;
mod stray;

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::clean;
use super::layout::{Slot, Value, Values};
pub use keys::{Keys, Node};
use keys::{Order, ROOT};
use stray::Stray;

/// How often a string may hold JSON whose string holds JSON: SQS holds SNS holds SES.
const MAX_NESTED: u8 = 4;
/// Digits of the shortest whole number that `i64` may not hold.
const MAX_EXACT: usize = 19;
/// From here on a float may be an id that no integer type held.
const BEYOND_INTEGERS: f64 = 9.2e18;

/// What is kept from one text to the next, so that little is made anew for each line.
#[derive(Debug, Default)]
pub struct Room {
    /// Empty between two texts; kept for the memory that they hold.
    places: Vec<u16>,
    values: Vec<(Slot, Held<'static>)>,
    order: Order,
}

/// What a slot holds.
#[derive(Debug, Clone)]
enum Held<'a> {
    /// The name is there, without a value of its own: null, an object, an array.
    Present,
    Text(Cow<'a, str>),
    Integer(i64),
    Float(f64),
    Flag(bool),
}

/// The values of one record.
#[derive(Debug)]
pub struct Slots<'a> {
    /// Of each slot, 1 + where its value stands; 0 for none.
    places: Vec<u16>,
    values: Vec<(Slot, Held<'a>)>,
    elements: Vec<Vec<(Slot, Held<'a>)>>,
    /// Whether it has a name that no format asks for.
    stray: bool,
    /// Whether what stands there begins as a refusal does.
    refusal: bool,
    /// Whether it is the element of an array that its format takes apart.
    element: bool,
    /// Whether it stands in an array that has a name: what stands beside that array may say what its elements are.
    wrapped: bool,
}

impl<'a> Slots<'a> {
    fn new(keys: &Keys, room: &mut Room) -> Self {
        let mut places = std::mem::take(&mut room.places);
        places.resize(keys.slots, 0);
        Slots {
            places,
            values: emptied(std::mem::take(&mut room.values)),
            elements: Vec::new(),
            stray: false,
            refusal: false,
            element: false,
            wrapped: false,
        }
    }

    /// Gives the memory back.
    fn leave(mut self, room: &mut Room) {
        self.clear();
        (room.places, room.values) = (self.places, emptied(self.values));
    }

    fn place(&self, slot: Slot) -> Option<usize> {
        usize::from(*self.places.get(usize::from(slot))?).checked_sub(1)
    }

    /// The first value of a name wins; of an array without a meaning of its own that is its first element.
    fn put(&mut self, slot: Slot, value: Held<'a>) {
        match self.place(slot) {
            None => self.push(slot, value),
            Some(at) => {
                if let (_, held @ Held::Present) = &mut self.values[at] {
                    *held = value;
                }
            }
        }
    }

    fn push(&mut self, slot: Slot, value: Held<'a>) {
        self.values.push((slot, value));
        // There are no more values than slots, and no more slots than fit.
        self.places[usize::from(slot)] = self.values.len() as u16;
    }

    /// Takes out what was put since `mark`.
    fn take_from(&mut self, mark: usize) -> Vec<(Slot, Held<'a>)> {
        // A cut inside arrays in arrays has taken out more already.
        let mark = mark.min(self.values.len());
        for (slot, _) in &self.values[mark..] {
            self.places[usize::from(*slot)] = 0;
        }
        self.values.drain(mark..).collect()
    }

    fn clear(&mut self) {
        self.elements.clear();
        (self.stray, self.refusal, self.wrapped) = (false, false, false);
        for (slot, _) in self.values.drain(..) {
            self.places[usize::from(slot)] = 0;
        }
    }

    /// The names that the record has, in the order in which they were met.
    pub fn names(&self) -> impl Iterator<Item = Slot> {
        self.values.iter().map(|(slot, _)| *slot)
    }

    /// Calls `visit` once for each element, its values laid over the shared ones.
    pub fn each(&mut self, mut visit: impl FnMut(&Self)) {
        for element in std::mem::take(&mut self.elements) {
            self.element = true;
            let mark = self.values.len();
            let mut below = Vec::new();
            for (slot, value) in element {
                match self.place(slot) {
                    None => self.push(slot, value),
                    Some(at) => below.push((at, std::mem::replace(&mut self.values[at].1, value))),
                }
            }
            visit(self);
            for (at, value) in below.into_iter().rev() {
                self.values[at].1 = value;
            }
            self.take_from(mark);
        }
        self.element = false;
    }

    /// Whether others may stand beside it, of which it knows nothing.
    pub fn is_listed(&self) -> bool {
        self.element || self.wrapped
    }
}

/// The memory of a list for one whose values live longer or shorter.
fn emptied<'b>(mut list: Vec<(Slot, Held<'_>)>) -> Vec<(Slot, Held<'b>)> {
    list.clear();
    // Nothing is left to be mapped; collecting in place keeps the memory.
    list.into_iter().map(|(slot, _)| (slot, Held::Present)).collect()
}

impl Values for Slots<'_> {
    fn get(&self, slot: Slot) -> Option<Value<'_>> {
        match &self.values.get(self.place(slot)?)?.1 {
            Held::Present => None,
            Held::Text(text) => Some(clean::trimmed(text)).filter(|text| !text.is_empty()).map(Value::Text),
            Held::Integer(number) => Some(Value::Integer(*number)),
            Held::Float(number) => Some(Value::Float(*number)),
            Held::Flag(flag) => Some(Value::Flag(*flag)),
        }
    }

    fn has(&self, slot: Slot) -> bool {
        self.place(slot).is_some()
    }

    fn has_only(&self, slots: &[Slot]) -> bool {
        !self.stray && !self.wrapped && self.names().all(|name| slots.contains(&name))
    }

    fn tells_refusal(&self) -> bool {
        self.refusal
    }
}

/// Reads one JSON text and hands every record in it to `emit`.
///
/// # Errors
/// Text that is not JSON; records before the damage have been handed over.
pub fn read(
    keys: &Keys,
    room: &mut Room,
    text: &[u8],
    emit: &mut dyn FnMut(&mut Slots<'_>),
) -> Result<(), serde_json::Error> {
    // Looked at once, and not for each string anew.
    let (text, damage) = match str::from_utf8(text) {
        Ok(text) => (text, None),
        Err(damage) => (text.utf8_chunks().next().map_or("", |sound| sound.valid()), Some(damage)),
    };
    let slots = Slots::new(keys, room);
    room.order.start();
    let order = &mut room.order;
    let mut sink = Sink { keys, slots, emit, nested: 0, text: text.as_bytes(), searched: 0, order };
    let mut json = serde_json::Deserializer::from_str(text);
    let read = Seed { sink: &mut sink, node: ROOT }.deserialize(&mut json).and_then(|()| json.end());
    if read.is_ok() {
        sink.flush();
    }
    sink.slots.leave(room);
    damage.map_or(read, |damage| Err(serde::de::Error::custom(damage)))
}

struct Sink<'k, 'a, 'e> {
    keys: &'k Keys,
    slots: Slots<'a>,
    emit: &'e mut dyn FnMut(&mut Slots<'_>),
    nested: u8,
    /// What is read, and how far it was searched for whole numbers that no integer type holds.
    text: &'a [u8],
    searched: usize,
    order: &'e mut Order,
}

impl<'a> Sink<'_, 'a, '_> {
    fn flush(&mut self) {
        if !self.slots.values.is_empty() || !self.slots.elements.is_empty() {
            (self.emit)(&mut self.slots);
            self.slots.clear();
        }
    }

    /// The digits of a whole number that serde_json can give only rounded: an id. Searched from where the last one ended.
    fn digits_of(&mut self, rounded: f64) -> Option<&'a str> {
        let text = self.text;
        while self.searched < text.len() {
            let rest = &text[self.searched..];
            let start = self.searched + rest.iter().position(u8::is_ascii_digit).unwrap_or(rest.len());
            let digits = text[start..].iter().take_while(|b| b.is_ascii_digit()).count();
            self.searched = start + digits;
            let minus = usize::from(start > 0 && text[start - 1] == b'-');
            let whole = !matches!(text.get(start + digits), Some(b'.' | b'e' | b'E'));
            let number = std::str::from_utf8(&text[start - minus..start + digits]).ok()?;
            if digits >= MAX_EXACT && whole && number.parse() == Ok(rounded) {
                return Some(number);
            }
        }
        None
    }

    /// Sets aside what the element of an array brought: since `mark`, and in the array's own slot.
    fn take_element(&mut self, node: usize, mark: usize) {
        let mut element = self.slots.take_from(mark);
        if let Some(slot) = self.keys.nodes[node].slot
            && let Some(at) = self.slots.place(slot)
            && !matches!(self.slots.values[at].1, Held::Present)
        {
            element.push((slot, std::mem::replace(&mut self.slots.values[at].1, Held::Present)));
        }
        self.slots.elements.push(element);
    }

    fn put(&mut self, node: usize, value: Held<'a>) {
        if let Some(slot) = self.keys.nodes[node].slot {
            self.slots.put(slot, value);
        }
    }

    /// A string that holds JSON, where an object is looked for. What is no JSON after all stays without effect.
    fn nested(&mut self, node: usize, text: &str) {
        if self.nested >= MAX_NESTED || !text.trim_start().starts_with(['{', '[']) {
            return;
        }
        let mut inner = Sink {
            keys: self.keys,
            slots: Slots::new(self.keys, &mut Room::default()),
            emit: &mut *self.emit,
            nested: self.nested + 1,
            text: text.as_bytes(),
            searched: 0,
            order: &mut *self.order,
        };
        let mut json = serde_json::Deserializer::from_str(text);
        if (Seed { sink: &mut inner, node }).deserialize(&mut json).is_err() {
            return;
        }
        let Slots { values, elements, stray, refusal, .. } = inner.slots;
        self.slots.stray |= stray;
        self.slots.refusal |= refusal;
        for (slot, value) in values {
            self.slots.put(slot, value.into_owned());
        }
        let own = |element: Vec<(Slot, Held<'_>)>| {
            element.into_iter().map(|(slot, value)| (slot, value.into_owned())).collect()
        };
        self.slots.elements.extend(elements.into_iter().map(own));
    }
}

impl Held<'_> {
    fn into_owned<'b>(self) -> Held<'b> {
        match self {
            Held::Present => Held::Present,
            Held::Text(text) => Held::Text(Cow::Owned(text.into_owned())),
            Held::Integer(number) => Held::Integer(number),
            Held::Float(number) => Held::Float(number),
            Held::Flag(flag) => Held::Flag(flag),
        }
    }
}

/// Reads the value that stands at a node.
struct Seed<'s, 'k, 'a, 'e> {
    sink: &'s mut Sink<'k, 'a, 'e>,
    node: usize,
}

impl<'de> DeserializeSeed<'de> for Seed<'_, '_, 'de, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_, '_, 'de, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.sink.put(self.node, Held::Present);
        Ok(())
    }

    fn visit_bool<E>(self, flag: bool) -> Result<(), E> {
        self.sink.put(self.node, Held::Flag(flag));
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.sink.put(self.node, Held::Integer(number));
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        let spelled = |_| Held::Text(Cow::Owned(number.to_string()));
        self.sink.put(self.node, i64::try_from(number).map_or_else(spelled, Held::Integer));
        Ok(())
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        let exact = if number.abs() >= BEYOND_INTEGERS { self.sink.digits_of(number) } else { None };
        self.sink.put(self.node, exact.map_or(Held::Float(number), |digits| Held::Text(Cow::Borrowed(digits))));
        Ok(())
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<(), E> {
        if !self.sink.keys.nodes[self.node].children.is_empty() {
            self.sink.nested(self.node, text);
        }
        self.sink.put(self.node, Held::Text(Cow::Borrowed(text)));
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        if !self.sink.keys.nodes[self.node].children.is_empty() {
            self.sink.nested(self.node, text);
        }
        if self.sink.keys.nodes[self.node].slot.is_some() {
            self.sink.put(self.node, Held::Text(Cow::Owned(text.to_owned())));
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.sink.put(self.node, Held::Present);
        while let Some(child) =
            map.next_key_seed(Key { keys: self.sink.keys, node: self.node, order: self.sink.order })?
        {
            match child {
                Some(node) => map.next_value_seed(Seed { sink: &mut *self.sink, node })?,
                None => {
                    let slots = &mut self.sink.slots;
                    slots.stray = true;
                    map.next_value_seed(Stray { refusal: &mut slots.refusal })?;
                }
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let (wrapper, each) = {
            let node = &self.sink.keys.nodes[self.node];
            (node.wrapper, node.each)
        };
        // An array that may be either is set aside: only the whole object tells which it is, whatever the order of its keys.
        // Its elements win over what the object says itself.
        let within = wrapper && each;
        let wrapper = wrapper && !within;
        self.sink.put(self.node, Held::Present);
        let outer = if within { self.sink.slots.take_from(0) } else { Vec::new() };
        let mut first = true;
        loop {
            let mark = self.sink.slots.values.len();
            let element = Seed { sink: &mut *self.sink, node: self.node };
            let more = match wrapper || each || first {
                true => seq.next_element_seed(element).map(|element| element.is_some()),
                false => seq.next_element::<IgnoredAny>().map(|element| element.is_some()),
            };
            if !matches!(more, Ok(true)) {
                // What a cut leaves of an element goes; the elements before it may be records, and are whole.
                drop(self.sink.slots.take_from(mark));
                outer.into_iter().for_each(|(slot, value)| self.sink.slots.push(slot, value));
                if more.is_err() && within {
                    self.sink.flush();
                }
                return more.map(drop);
            }
            first = false;
            if wrapper {
                self.sink.slots.wrapped = self.node != ROOT;
                self.sink.flush();
            } else if each {
                self.sink.take_element(self.node, mark);
            }
        }
    }
}

/// Finds a key among a node's children, without making a string of it.
struct Key<'k, 'o> {
    keys: &'k Keys,
    node: usize,
    order: &'o mut Order,
}

impl<'de> DeserializeSeed<'de> for Key<'_, '_> {
    type Value = Option<usize>;

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_, '_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.order.child(self.keys, self.node, key))
    }
}
