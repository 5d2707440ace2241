//! This program's own output is never its input: a night's folder is known by what its manifest says, the folder of nights
//! and the memory by where they stand.

use std::fs;

use crate::program::bouncescope;
use crate::scratch::{NIGHT, Scratch, Told, bounces, deliveries};

fn night() -> Scratch {
    let scratch = Scratch::new();
    scratch.add("bounces.csv", bounces("self", 400));
    scratch.add("delivered.csv", deliveries("self", 2000));
    scratch
}

/// What must not change from one run to the next.
fn figures(told: &Told) -> Vec<String> {
    let pointers = ["/totals", "/inputs", "/verdict", "/lists/brake", "/incidents", "/quality/rejects"];
    pointers.iter().map(|pointer| told.at(pointer).to_string()).collect()
}

#[test]
fn a_second_run_over_the_same_folder_gives_the_same_figures() {
    for args in [
        ".",
        ". --out nights",
        ". --out deep/nights --state deep/memory",
        ". --state memory",
        ". --out .",
        ". --out . --state memory",
        "./ --out ./nights/",
        "* --out .",
    ] {
        let scratch = night();
        let first = scratch.run(args);
        let (second, third) = (scratch.run(args), scratch.run(args));
        assert_eq!(figures(&first), figures(&second), "{args}");
        assert_eq!(figures(&first), figures(&third), "{args}");
        assert_eq!(first.outcome.code, second.outcome.code, "{args}: {}", second.outcome.stderr);
        let passed_over = second.at("/quality/own_output").as_array().expect("a list").len();
        assert!(passed_over > 0, "{args}: not told");
    }
}

#[test]
fn the_nights_of_other_runs_are_none_either() {
    let scratch = night();
    let first = scratch.run(". --out one");
    let second = scratch.run(". --out two");
    let third = scratch.run(". --out three --as-of 2026-11-20");
    assert_eq!(figures(&first), figures(&second));
    assert_eq!(figures(&first), figures(&third));
    assert_eq!(scratch.parse(".").lines().len(), 400);
}

#[test]
fn a_night_is_known_by_its_manifest_wherever_it_was_moved() {
    let scratch = night();
    let first = scratch.run(". --out nights");
    fs::rename(scratch.path("nights").join(NIGHT), scratch.path("kept for the auditor")).expect("moved");
    fs::remove_dir_all(scratch.path("nights")).expect("removed");
    let second = scratch.run(". --out elsewhere");
    assert_eq!(figures(&first), figures(&second));
}

#[test]
fn a_link_to_the_nights_is_no_input() {
    let scratch = night();
    let first = scratch.run(". --out nights");
    #[cfg(unix)]
    std::os::unix::fs::symlink("nights", scratch.path("latest")).expect("linked");
    assert_eq!(figures(&first), figures(&scratch.run(". --out nights")));
}

#[test]
fn a_night_that_is_named_is_refused_with_the_reason() {
    let scratch = night();
    assert!(scratch.run(".").report.is_some());
    for input in
        [format!("reports/{NIGHT}"), "reports".into(), format!("reports/{NIGHT}/domains.csv"), "reports/*/*.csv".into()]
    {
        let told = bouncescope(["run", &input]).dir(&scratch.path("")).run().behaves(&[1]);
        assert!(told.stderr.contains("output of this program"), "{input}: {}", told.stderr);
        assert!(scratch.parse(&input).stdout.is_empty(), "{input}");
    }
}

#[test]
fn an_earlier_list_may_still_be_named_as_existing() {
    let scratch = night();
    assert!(scratch.run("bounces.csv").report.is_some());
    let list = format!("reports/{NIGHT}/suppression/addresses.csv");
    let told = scratch.run(&format!("bounces.csv --existing {list} --target generic --out next"));
    assert_eq!(told.outcome.code, Some(0), "{}", told.outcome.stderr);
}

#[test]
fn somebody_elses_manifest_makes_a_folder_no_night() {
    for manifest in [
        "{}",
        "not JSON",
        r#"{"name":"export","files":[]}"#,
        r#"{"name":"export","files":["bounces.csv"]}"#,
        r#"{"name":"export","files":[{"path":"bounces.csv","bytes":12,"sha256":"00"}]}"#,
        r#"[{"name":"export"}]"#,
    ] {
        let scratch = Scratch::new();
        scratch.add("export/bounces.csv", bounces("theirs", 60));
        scratch.add("export/manifest.json", manifest);
        let told = scratch.run("export");
        assert_eq!(told.count("/totals/events"), 60, "{manifest}");
        assert!(told.at("/quality/own_output").as_array().is_some_and(Vec::is_empty), "{manifest}");
    }
}
