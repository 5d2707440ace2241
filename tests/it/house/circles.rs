//! Circles inside a room: a file that uses a second one, which uses the first again, over any number of steps.
//!
//! In: the sources as text. Out: for each knot of files the shortest way round, with what is used on each step.
//!
//! A file *uses* another if its code names an item that is defined there: by a `use`, or by a path (`super::X`, `self::x::Y`,
//! `crate::room::x::Y`, `child::Y`, or through an imported module). An item that is re-exported counts where it is defined,
//! so `use super::X` leads to the parent only if the parent defines `X`. A parent that declares `mod child;` or says
//! `pub use child::X` uses nothing; its own code that names `X` or `child::Y` does. Test code does not count. Methods, and
//! what macros make, are not seen.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use super::{File, assert_none, rooms};

/// Rooms that are being rebuilt, whose circles go with it.
const REBUILDING: &[&str] = &[];

#[test]
fn no_room_has_a_circle() {
    let kept = |file: &File| !REBUILDING.contains(&file.room());
    assert_none(&circles(rooms().into_iter().filter(kept).collect()));
}

/// A made-up room.
fn room(files: &[(&str, &str)]) -> Vec<String> {
    circles(files.iter().map(|(path, text)| File { path: format!("src/{path}"), text: (*text).into() }).collect())
}

#[test]
fn a_circle_is_found_however_it_is_spelled() {
    let parent = "mod a;\nmod b;\nmod c;\npub use a::A;";
    for (a, b, c) in [
        ("use super::b::B;\npub struct A;", "use super::a::A;\npub struct B;", ""),
        ("use super::{b, c};\nfn f() { b::g() }\npub struct A;", "pub fn g() { crate::r::a::f() }", ""),
        ("use super::b::{self, B};\npub struct A;", "pub struct B;\nuse super::c::C;", "pub struct C(super::A);"),
        ("pub struct A(crate::r::b::B);", "pub use super::c::C;\npub struct B(C);", "use super::a::A;\npub struct C;"),
        ("pub struct A;\nfn f() -> super::b::B {}", "use crate::{bounce::X, r::{a::A as Z}};\npub struct B;", ""),
    ] {
        let found = room(&[("r/mod.rs", parent), ("r/a.rs", a), ("r/b.rs", b), ("r/c.rs", c)]);
        assert_eq!(found.len(), 1, "{a}\n--\n{b}\n--\n{c}\n{found:?}");
        assert!(found[0].starts_with("src/r/a.rs"), "{found:?}");
    }
}

#[test]
fn a_circle_is_told_in_order_with_what_is_used_and_a_remedy() {
    let found = room(&[
        ("r.rs", "mod a;\nmod b;\nmod c;"),
        ("r/a.rs", "//! A.\nuse super::b::B;\npub struct A;"),
        ("r/b.rs", "use super::c;\npub struct B(c::C);"),
        ("r/c.rs", "pub struct C(\n    super::a::A,\n);"),
    ]);
    let want = "src/r/a.rs:2 uses `B` of src/r/b.rs:2 uses `C` of src/r/c.rs:2 uses `A` of src/r/a.rs: a circle";
    assert!(found.len() == 1 && found[0].starts_with(want) && found[0].contains("move what"), "{found:?}");
}

#[test]
fn a_parent_is_in_a_circle_only_with_what_it_defines_and_uses() {
    for (parent, child, want) in [
        ("mod a;\npub use a::A;\npub struct P;", "use super::P;\npub struct A;", 0),
        ("mod a;\npub use a::A;\npub struct P(A);", "use super::P;\npub struct A;", 1),
        ("mod a;\npub struct P(a::A);", "use super::P;\npub struct A;", 1),
        ("mod a;\nuse a::A;\npub struct P(A);", "pub struct A;", 0),
        ("mod a;\npub struct P(a::A);", "pub struct A;\n#[cfg(test)]\nmod tests { use super::super::P; }", 0),
        ("mod a;\npub struct P(a::A);", "/// As `super::P`.\npub struct A(&'static str = \"super::P\");", 0),
        ("#[cfg(test)]\nmod a;\npub struct P;\nfn f() {}", "use super::P;\npub struct A;", 0),
        ("mod a;\n#[cfg(test)]\nuse a::A;\npub struct P;", "use super::P;\npub struct A;", 0),
    ] {
        let found = room(&[("r/mod.rs", parent), ("r/a.rs", child)]);
        assert_eq!(found.len(), want, "{parent}\n--\n{child}\n{found:?}");
    }
}

#[test]
fn what_is_re_exported_is_used_where_it_is_defined() {
    let parent = "mod a;\nmod b;\npub use b::B;\npub use a::*;\npub fn all() { a::f() }";
    let found = room(&[("r/mod.rs", parent), ("r/a.rs", "use super::B;\npub fn f() {}"), ("r/b.rs", "pub struct B;")]);
    assert_eq!(found, Vec::<String>::new());
    let found = room(&[
        ("r/mod.rs", parent),
        ("r/a.rs", "use super::B;\npub fn f() {}"),
        ("r/b.rs", "pub struct B(super::f);"),
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
}

/// A file as a module.
struct Module {
    file: String,
    /// `["source", "format", "mbox"]`; of `mod.rs` and `room.rs` the folder's.
    path: Vec<String>,
    /// Names that it brings in: what they stand for.
    imports: HashMap<String, Vec<String>>,
    /// Modules of which it brings in everything.
    globs: Vec<Vec<String>>,
    /// Names of its own items.
    defines: BTreeSet<String>,
    /// Paths in its code, with their lines: what is used there, if they lead anywhere in the room.
    mentions: Vec<(usize, Vec<String>)>,
}

/// A word or a mark of the code, with its line.
type Token<'a> = (usize, &'a str);

/// The circles of files that use one another, one for each knot.
fn circles(files: Vec<File>) -> Vec<String> {
    let is_test = |file: &File| {
        let path = &file.path;
        path.ends_with("tests.rs") || path.contains("/tests/") || path.ends_with("/testing.rs")
    };
    let modules: Vec<Module> = files.iter().filter(|file| !is_test(file)).map(Module::of).collect();
    let house = House {
        places: modules.iter().enumerate().map(|(at, m)| (m.path.as_slice(), at)).collect(),
        modules: &modules,
    };
    let uses: Vec<BTreeMap<usize, (usize, String)>> = (0..modules.len()).map(|at| house.uses(at)).collect();
    let mut told: BTreeSet<usize> = BTreeSet::new();
    let mut found = Vec::new();
    for at in 0..modules.len() {
        let Some(way) = way_round(&uses, at).filter(|way| way.iter().all(|step| !told.contains(step))) else {
            continue;
        };
        told.extend(&way);
        let step = |(here, next): (&usize, &usize)| {
            let (line, name) = &uses[*here][next];
            format!("{}:{line} uses `{name}` of ", modules[*here].file)
        };
        let steps: String = way.iter().zip(way[1..].iter().chain(&way[..1])).map(step).collect();
        found.push(format!(
            "{steps}{}: a circle; move what two of them need into a file of its own, or hand it over as an argument",
            modules[at].file
        ));
    }
    found
}

/// The shortest way from a module back to itself, without its end.
fn way_round(uses: &[BTreeMap<usize, (usize, String)>], start: usize) -> Option<Vec<usize>> {
    let mut from: HashMap<usize, usize> = HashMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(here) = queue.pop_front() {
        for &next in uses[here].keys() {
            if next == start {
                let mut way = vec![here];
                while way[way.len() - 1] != start {
                    way.push(from[&way[way.len() - 1]]);
                }
                way.reverse();
                return Some(way);
            }
            from.entry(next).or_insert_with(|| {
                queue.push_back(next);
                here
            });
        }
    }
    None
}

/// All modules, by their paths.
struct House<'a> {
    modules: &'a [Module],
    places: HashMap<&'a [String], usize>,
}

impl House<'_> {
    /// The other files of its room that a module uses: where first, and what.
    fn uses(&self, at: usize) -> BTreeMap<usize, (usize, String)> {
        let module = &self.modules[at];
        let mut uses = BTreeMap::new();
        for (line, path) in &module.mentions {
            let Some((there, name)) = self.find(&module.path, path, 8) else { continue };
            if there != at && self.modules[there].path[0] == module.path[0] {
                uses.entry(there).or_insert((*line, name));
            }
        }
        uses
    }

    /// The module that defines what a path leads to, and its name there. `None` for what is not ours, and for modules.
    fn find(&self, here: &[String], path: &[String], steps: usize) -> Option<(usize, String)> {
        let mut here = here.to_vec();
        for (done, name) in path.iter().enumerate() {
            match name.as_str() {
                "crate" => here.clear(),
                "super" => drop(here.pop()),
                "self" => {}
                _ if self.places.contains_key([here.as_slice(), std::slice::from_ref(name)].concat().as_slice()) => {
                    here.push(name.clone());
                }
                _ => {
                    let at = *self.places.get(here.as_slice())?;
                    return self.item(at, &path[done..], steps.checked_sub(1)?);
                }
            }
        }
        None
    }

    /// The module that defines an item that is named in a module.
    fn item(&self, at: usize, path: &[String], steps: usize) -> Option<(usize, String)> {
        let (module, name) = (&self.modules[at], &path[0]);
        if module.defines.contains(name) {
            return Some((at, name.clone()));
        }
        if let Some(stands_for) = module.imports.get(name) {
            return self.find(&module.path, &[stands_for, &path[1..]].concat(), steps);
        }
        let from = |glob: &Vec<String>| self.find(&module.path, &[glob, path].concat(), steps);
        module.globs.iter().find_map(from)
    }
}

impl Module {
    fn of(file: &File) -> Module {
        let inside = file.path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
        let code = bare(&file.text);
        let tokens = without_tests(&tokens(&code));
        let mut module = Module {
            file: file.path.clone(),
            path: inside.split('/').map(str::to_owned).collect(),
            imports: HashMap::new(),
            globs: Vec::new(),
            defines: BTreeSet::new(),
            mentions: Vec::new(),
        };
        let rest = module.take_imports(&tokens);
        module.take_paths(&rest);
        module
    }

    /// Notes what is imported, and hands back the other code. A re-export is no use.
    fn take_imports<'a>(&mut self, tokens: &[Token<'a>]) -> Vec<Token<'a>> {
        let mut rest = Vec::new();
        let mut at = 0;
        while let Some(&(line, word)) = tokens.get(at) {
            at += 1;
            // `use<'a>` says what an opaque type holds.
            if word != "use" || tokens.get(at).is_some_and(|(_, next)| *next == "<") {
                rest.push((line, word));
                continue;
            }
            let length = tokens[at..].iter().position(|(_, word)| *word == ";").unwrap_or(tokens.len() - at);
            let public = at > 1 && matches!(tokens[at - 2].1, "pub" | ")");
            for (path, name) in tree(&mut tokens[at..at + length].iter().copied().peekable()) {
                match name.as_str() {
                    "*" => self.globs.push(path),
                    _ => {
                        if !public {
                            self.mentions.push((line, path.clone()));
                        }
                        self.imports.insert(name, path);
                    }
                }
            }
            at += length + 1;
        }
        rest
    }

    /// Notes what is defined, and every path.
    fn take_paths(&mut self, tokens: &[Token<'_>]) {
        const DEFINE: &[&str] = &["fn", "struct", "enum", "trait", "const", "static", "type", "union"];
        let mut at = 0;
        while let Some(&(line, word)) = tokens.get(at) {
            at += 1;
            if !is_word(word) {
                continue;
            }
            let before = at.checked_sub(2).map_or("", |before| tokens[before].1);
            if DEFINE.contains(&before) {
                self.defines.insert(word.to_owned());
                continue;
            }
            if matches!(before, "." | "mod") {
                continue;
            }
            let mut path = vec![word.to_owned()];
            while let Some([(_, "::"), (_, next)]) = tokens.get(at..at + 2) {
                if !is_word(next) {
                    break;
                }
                path.push((*next).to_owned());
                at += 2;
            }
            self.mentions.push((line, path));
        }
    }
}

/// The paths of a `use`, each with the name that it gets here; `*` for everything.
fn tree<'a>(tokens: &mut std::iter::Peekable<impl Iterator<Item = Token<'a>>>) -> Vec<(Vec<String>, String)> {
    let mut path: Vec<String> = Vec::new();
    let mut found = Vec::new();
    let mut name = None;
    while let Some((_, word)) = tokens.next_if(|(_, word)| !matches!(*word, "," | "}")) {
        match word {
            "::" => {}
            "as" => name = tokens.next().map(|(_, name)| name.to_owned()),
            "*" => name = Some("*".to_owned()),
            "{" => {
                while tokens.peek().is_some_and(|(_, word)| *word != "}") {
                    let below = tree(tokens).into_iter();
                    found.extend(below.map(|(below, name)| ([path.as_slice(), &below].concat(), name)));
                    tokens.next_if(|(_, word)| *word == ",");
                }
                tokens.next();
                return found;
            }
            "self" if !path.is_empty() || name.is_some() => {}
            word => path.push(word.to_owned()),
        }
    }
    // `a::{self}` names `a`, which the caller puts before.
    let name = name.or_else(|| path.last().cloned()).unwrap_or_default();
    found.push((path, name));
    found
}

/// Code without comments and texts; lines stay.
fn bare(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            'r' if !code.ends_with(|c: char| c.is_alphanumeric() || c == '_') && raw(rest).is_some() => {
                raw(rest).unwrap_or(1)
            }
            '"' => 1 + end_of_text(&rest[1..], '"'),
            // A lifetime has no closing quote.
            '\'' if rest[1..].starts_with('\\') => 1 + end_of_text(&rest[1..], '\''),
            '\'' if rest.chars().nth(2) == Some('\'') => rest.char_indices().nth(3).map_or(rest.len(), |(at, _)| at),
            c => {
                code.push(c);
                rest = &rest[c.len_utf8()..];
                continue;
            }
        };
        code.push(' ');
        code.extend(rest[..length].matches('\n'));
        rest = &rest[length..];
    }
    code
}

/// The length of a raw text.
fn raw(text: &str) -> Option<usize> {
    let marks = text[1..].bytes().take_while(|b| *b == b'#').count();
    let body = text[1 + marks..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(marks));
    Some(text.len() - body.len() + body.find(&end)? + end.len())
}

/// The length of a text with its closing quote.
fn end_of_text(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            c if c == quote && !escaped => return at + 1,
            c => escaped = c == '\\' && !escaped,
        }
    }
    text.len()
}

/// Words, `::`, and every other mark by itself.
fn tokens(code: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut line = 1;
    let mut rest = code;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            c if c.is_alphanumeric() || c == '_' => {
                rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
            }
            ':' if rest.starts_with("::") => 2,
            c => c.len_utf8(),
        };
        line += usize::from(c == '\n');
        if !c.is_whitespace() {
            found.push((line, &rest[..length]));
        }
        rest = &rest[length..];
    }
    found
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Code without the items that stand behind `#[cfg(test)]`.
fn without_tests<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if !tokens[at..].iter().map(|(_, word)| *word).take(MARK.len()).eq(MARK) {
            kept.push(tokens[at]);
            at += 1;
            continue;
        }
        let mut depth = 0;
        for &(_, word) in &tokens[at..] {
            at += 1;
            match word {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            if depth == 0 && matches!(word, ";" | "}") {
                break;
            }
        }
    }
    kept
}
