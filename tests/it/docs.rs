//! The documents against the program: flags, columns, thresholds, the worked example, paths, links, and the names of the tests
//! that hold what they promise. In: README.md, CONTRIBUTING.md and docs/ as text. Out: what they name that is not there, and
//! what is there that they do not name.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::program::{bouncescope, root};

/// The commands whose help holds flags; the first is the program's own.
const COMMANDS: &[&[&str]] = &[&[], &["run"], &["parse"], &["explain"], &["check"], &["completions"], &["man"]];

#[test]
fn the_documents_name_every_flag_and_no_other() {
    let mut known = BTreeSet::new();
    for command in COMMANDS {
        let help = bouncescope(command.iter().chain(&["--help"])).run().behaves(&[0]).stdout;
        known.extend(long_flags(&help));
    }
    let reference = text("docs/reference.md");
    let told = long_flags(&reference);
    let untold: Vec<&String> = known.difference(&told).collect();
    assert!(untold.is_empty(), "docs/reference.md does not name {untold:?}; add each to the tables of flags");
    // Cargo has flags of its own.
    let own = format!("{}\n{reference}", text("README.md"));
    let own: String = own.lines().filter(|line| !line.contains("cargo ")).flat_map(|line| [line, "\n"]).collect();
    let unknown: Vec<String> = long_flags(&own).difference(&known).cloned().collect();
    assert!(unknown.is_empty(), "README.md or docs/reference.md name {unknown:?}, which no --help knows");
}

#[test]
fn the_readme_is_short() {
    let lines = text("README.md").lines().count();
    assert!(
        lines <= 150,
        "README.md has {lines} lines, 150 are enough for a newcomer; the rest belongs into docs/reference.md"
    );
}

/// The list files by their own headers: what a night writes is what the reference says.
#[test]
fn the_reference_has_the_columns_that_a_night_writes() {
    let out = tempfile::tempdir().expect("a temporary directory");
    let args = ["run", "sample_data", "--no-progress", "--quiet", "--out"].map(AsRef::as_ref);
    bouncescope(args.into_iter().chain([out.path().as_os_str()])).dir(&root("")).run().behaves(&[0]);
    let reference = text("docs/reference.md");
    let mut wrong = Vec::new();
    for (name, bytes) in crate::program::tree(&out.path().join("2026-11-20")) {
        if !name.ends_with(".csv") {
            continue;
        }
        let header = String::from_utf8_lossy(&bytes).lines().next().unwrap_or_default().replace(',', " ");
        let row = format!("| `{name}` | `{header}` |");
        if !reference.contains(&row) {
            wrong.push(row);
        }
    }
    assert!(wrong.is_empty(), "docs/reference.md lacks rows of its table of CSV files:\n{}", wrong.join("\n"));
}

#[test]
fn paths_and_links_lead_somewhere() {
    let mut wrong = Vec::new();
    for page in pages() {
        let written = fs::read_to_string(&page).expect("a page can be read");
        let folder = page.parent().expect("a page has a folder");
        let links = written.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let links = links.filter(|link| !link.contains("://")).map(|link| link.split('#').next().unwrap_or_default());
        let paths = written.split('`').skip(1).step_by(2);
        let paths = paths.filter(|path| ["src/", "tests/", "docs/"].iter().any(|top| path.starts_with(top)));
        let lost = links.filter(|link| !folder.join(link).exists()).chain(paths.filter(|path| !root(path).exists()));
        wrong.extend(lost.map(|lost| format!("{}: {lost}", page.display())));
    }
    assert!(wrong.is_empty(), "these lead nowhere:\n{}", wrong.join("\n"));
}

#[test]
fn the_tests_that_hold_the_invariants_exist() {
    let page = text("docs/architecture.md");
    let mut code = String::new();
    for folder in ["src", "tests"] {
        sources(&root(folder), &mut code);
    }
    let names = page.split('`').skip(1).step_by(2).filter(|name| name.matches('_').count() >= 3);
    let names = names.filter(|name| name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'));
    let gone: Vec<&str> = names.filter(|name| !code.contains(&format!("fn {name}("))).collect();
    assert!(
        gone.is_empty(),
        "docs/architecture.md names tests that are not there: {gone:?}; name what holds the promise now"
    );
}

#[test]
fn the_method_names_every_threshold() {
    let (policy, method) = (text("src/tables/policy.toml"), text("docs/method.md"));
    let judging = policy.split("[judging]").nth(1).expect("the section of judging");
    let keys =
        judging.lines().filter_map(|line| line.split_once(" = ")).map(|(key, _)| key).filter(|key| !key.contains('#'));
    let untold: Vec<&str> = keys.filter(|key| !method.contains(&format!("`{key}`"))).collect();
    assert!(untold.is_empty(), "docs/method.md does not say what {untold:?} are for");
}

/// The night of the page's script, row for row.
#[test]
fn the_worked_example_is_what_a_run_says() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let head = "timestamp,recipient,remote_mta,sending_ip,sending_domain,campaign_id";
    let (mut bounces, mut accepted, mut n) = (format!("{head},diagnostic_code\n"), format!("{head}\n"), 0_usize);
    let mut send = |domain: &str, host: &str, refused: bool, user: usize| {
        let (ip, campaign) = (10 + n % 2, ["spring", "webinar"][n / 4 % 2]);
        let sender = ["news.example.com", "mail.example.com"][n / 2 % 2];
        let time = format!("2026-11-20T02:{:02}:{:02}Z", n / 60 % 60, n % 60);
        let row = format!("{time},user{user}@{domain},{host},192.0.2.{ip},{sender},{campaign}");
        n += 1;
        match refused {
            true => bounces.push_str(&format!("{row},550 5.7.1 Message refused by policy\n")),
            false => accepted.push_str(&format!("{row}\n")),
        }
    };
    for k in 0..700 {
        let host = format!("house{k:04}-example.mail.protection.outlook.com");
        send(&format!("house{k:04}.example"), &host, k % 14 < 11, 1);
    }
    for k in 0..1900 {
        for user in 0..if k < 40 { 5 } else { 1 } {
            let domain = format!("firm{k:04}.example");
            send(&domain, &format!("mx1.{domain}"), [0, 100, 700, 1500].contains(&k), user);
        }
    }
    fs::write(folder.path().join("bounces.csv"), bounces).expect("a file can be written");
    fs::write(folder.path().join("delivered.csv"), accepted).expect("a file can be written");
    let args = ["run", "bounces.csv", "--delivered", "delivered.csv", "--no-progress", "--quiet"];
    bouncescope(args).dir(folder.path()).run().behaves(&[0]);
    let incidents = fs::read_to_string(folder.path().join("reports/2026-11-20/incidents.csv")).expect("the incidents");
    assert_eq!(incidents.lines().count(), 3, "a header and two incidents: {incidents}");
    let method = text("docs/method.md");
    let said = method.split("The program says the same:").nth(1).and_then(|rest| rest.split("```").nth(1));
    for part in said.expect("what the program says").lines().flat_map(|line| line.split(" ... ")) {
        let part = part.trim_end_matches('.');
        assert!(incidents.contains(part), "docs/method.md says {part:?}, a run says: {incidents}");
    }
}

fn text(path: &str) -> String {
    fs::read_to_string(root(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All pages that people read.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![root("README.md"), root("CONTRIBUTING.md")];
    for folder in ["docs", "docs/decisions"] {
        let entries = fs::read_dir(root(folder)).expect("the folder of documents").flatten().map(|entry| entry.path());
        pages.extend(entries.filter(|path| path.extension().is_some_and(|ending| ending == "md")));
    }
    pages.sort();
    pages
}

/// Adds the text of all Rust files below a folder.
fn sources(folder: &Path, into: &mut String) {
    for entry in fs::read_dir(folder).expect("a folder of sources").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            into.push_str(&fs::read_to_string(&path).expect("a source can be read"));
        }
    }
}

/// The long flags in a text: `--out`.
fn long_flags(text: &str) -> BTreeSet<String> {
    let starts =
        text.match_indices("--").filter(|(at, _)| !text[..*at].ends_with(['-', '|'])).map(|(at, _)| &text[at + 2..]);
    let names = starts.map(|rest| rest.split(|c: char| !c.is_ascii_lowercase() && c != '-').next().unwrap_or_default());
    names.filter(|name| name.len() > 1 && !name.starts_with('-')).map(|name| format!("--{name}")).collect()
}
