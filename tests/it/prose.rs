//! English stands in `report` and in errors: the rooms that judge and decide hand over numbers and words of closed sets. In: the
//! sources as text. Out: the literals of those rooms that are prose, each with file, line and remedy.

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms that say nothing to people.
const SILENT: &[&str] = &["facts", "judge", "outcome", "suppress"];

/// Calls whose texts are errors, logs, or for whoever reads a failed test.
const ERRORS: &[&str] = &[
    "anyhow",
    "assert",
    "assert_eq",
    "assert_ne",
    "bail",
    "context",
    "debug",
    "debug_assert",
    "ensure",
    "error",
    "expect",
    "info",
    "panic",
    "todo",
    "trace",
    "unreachable",
    "warn",
    "with_context",
];

/// Files that may speak, and why.
const SPEAKERS: &[(&str, &str)] = &[
    ("src/suppress/brake.rs", "the text of an error about --max-suppressions, made once for two places"),
    ("src/facts/maps.rs", "the text of an error about --contacts or --tenants, put together before it is raised"),
];

#[test]
fn rooms_that_judge_and_decide_speak_no_english() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut breaches = Vec::new();
    for room in SILENT {
        for path in sources(&root.join("src").join(room)) {
            let name = path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
            if is_test(&name) || SPEAKERS.iter().any(|(speaker, _)| name.starts_with(speaker)) {
                continue;
            }
            let text = fs::read_to_string(&path).expect("a readable source");
            breaches.extend(prose(&text).into_iter().map(|(line, words)| {
                format!(
                    "{name}:{line}: {words:?} is English; hand over numbers and a closed set, and let `report` say it"
                )
            }));
        }
    }
    assert!(breaches.is_empty(), "\n{}\n", breaches.join("\n"));
}

#[test]
fn the_guard_sees_prose_wherever_it_is_made() {
    for (code, found) in [
        ("let why = \"only one reply says so\";", true),
        ("parts.push(format!(\"{n} of {all} bounces went to unknown addresses\"));", true),
        ("fn f() -> &'static str { \"as the volume\\\n    is small\" }", true),
        ("let raw = r#\"stop mailing \"it\" at once\"#;", true),
        ("let c = '\"'; let why = \"nothing else is known\";", true),
        ("anyhow::bail!(\"no column {name} in it\");", false),
        ("read(path).with_context(|| format!(\"{path}: cannot be read\"))?;", false),
        ("#[error(\"a consumer domain is never suppressed\")]", false),
        ("tracing::warn!(\"{n} entries cannot be told\");", false),
        ("let word = \"mailbox_unknown\"; let name = \"list_sources.csv\";", false),
        ("// \"a comment may say what it wants\"\nlet x = 1; /* \"here as well\" */", false),
        ("#[cfg(test)]\nmod tests {\n    const REPLY: &str = \"user is unknown here\";\n}", false),
        ("fn f<'a>(text: &'a str) -> &'a str { text } const A: &str = \"{}: {}, {}\";", false),
    ] {
        assert_eq!(!prose(code).is_empty(), found, "{code}");
    }
    assert_eq!(prose("\n\nlet why = \"only one reply says so\";"), [(3, "only one reply says so".to_owned())]);
}

#[test]
fn every_speaker_has_something_to_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (speaker, why) in SPEAKERS {
        let all = SILENT.iter().flat_map(|room| sources(&root.join("src").join(room)));
        let speaks = all
            .filter(|path| path.strip_prefix(root).is_ok_and(|name| name.to_string_lossy().starts_with(speaker)))
            .any(|path| !prose(&fs::read_to_string(path).expect("a readable source")).is_empty());
        assert!(speaks, "{speaker} says nothing any more ({why}); take it off SPEAKERS");
    }
}

fn is_test(name: &str) -> bool {
    let in_folder = name.contains("/tests/");
    in_folder || ["tests.rs", "testing.rs", "promise.rs"].iter().any(|end| name.ends_with(end))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => found.extend(sources(&path)),
            path if path.extension().is_some_and(|end| end == "rs") => found.push(path),
            _ => {}
        }
    }
    found.sort();
    found
}

/// The literals of a source that are prose and stand in no error, with their lines; tests at its end are not looked at.
fn prose(source: &str) -> Vec<(usize, String)> {
    let code = source.split("#[cfg(test)]\nmod ").next().unwrap_or(source);
    let mut found = Vec::new();
    // What each open bracket belongs to, innermost last.
    let mut calls: Vec<&str> = Vec::new();
    let mut at = 0;
    while let Some(c) = code[at..].chars().next() {
        let rest = &code[at..];
        let step = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some((length, text)) = literal(&code[..at], rest) {
            if is_prose(text) && !calls.iter().any(|call| ERRORS.contains(call)) {
                found.push((code[..at].matches('\n').count() + 1, text.to_owned()));
            }
            length
        } else {
            match c {
                '(' | '[' | '{' => calls.push(caller(&code[..at])),
                ')' | ']' | '}' => drop(calls.pop()),
                _ => {}
            }
            c.len_utf8()
        };
        at += step;
    }
    found
}

/// The literal that starts here: its length, and its text; of a character the text is empty.
fn literal<'t>(before: &str, rest: &'t str) -> Option<(usize, &'t str)> {
    if let Some(quoted) = rest.strip_prefix('\'') {
        // Longer ones are lifetimes, or escapes such as `'\u{202e}'`.
        let escaped = quoted.starts_with('\\');
        let end = quoted.char_indices().skip(1 + usize::from(escaped)).find(|(_, c)| *c == '\'')?.0;
        return (escaped || quoted.chars().nth(1) == Some('\'')).then_some((end + 2, ""));
    }
    let in_word = before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
    let hashes = rest.strip_prefix('r').filter(|_| !in_word).map(|raw| raw.len() - raw.trim_start_matches('#').len());
    if let Some(hashes) = hashes.filter(|n| rest[1 + n..].starts_with('"')) {
        let (start, close) = (hashes + 2, format!("\"{}", "#".repeat(hashes)));
        let length = rest[start..].find(&close)?;
        return Some((start + length + close.len(), &rest[start..start + length]));
    }
    let inside = rest.strip_prefix('"')?;
    let mut escaped = false;
    let end = inside.find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    })?;
    Some((end + 2, &inside[..end]))
}

/// The name in front of an open bracket: `format` of `format!(`, `context` of `.context(`, `error` of `#[error(`.
fn caller(before: &str) -> &str {
    let before = before.trim_end_matches(['!', ' ']);
    let start = before.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |at| at + 1);
    &before[start..]
}

/// Whether a text has two lower-case words beside each other.
fn is_prose(text: &str) -> bool {
    let text = text.replace("\\\n", " ");
    let word = |word: &str| {
        let word = word.trim_end_matches([',', ';', ':', '.']);
        word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase() || c == '\'')
    };
    let words: Vec<bool> = text.split_whitespace().map(word).collect();
    words.windows(2).any(|pair| pair == [true, true])
}
