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
        let told = bouncescope(["run", &input]).dir(&scratch.path("")).run().behaves(&[2]);
        assert!(told.stderr.contains("output of this program"), "{input}: {}", told.stderr);
        assert_eq!(told.stderr.trim().lines().count(), 1, "{input}: {}", told.stderr);
        assert!(scratch.parse(&input).stdout.is_empty(), "{input}");
    }
}

/// A night without what was meant would take the place of the one that is there.
#[test]
fn a_published_night_is_never_emptied_by_a_run_over_our_own_output() {
    for given in [
        "reports",
        "reports/2026-11-20",
        "reports/2026-11-20/events.parquet",
        "reports/*",
        "kept",
        "notes",
        "bounces.csv.link",
    ] {
        let scratch = night();
        scratch.add("notes/README.md", "how we do it\n");
        scratch.add("notes/.keep", "");
        #[cfg(unix)]
        std::os::unix::fs::symlink("reports", scratch.path("bounces.csv.link")).expect("linked");
        assert_eq!(scratch.run("bounces.csv").outcome.code, Some(0));
        fs::create_dir(scratch.path("kept")).expect("made");
        fs::rename(scratch.path("reports").join("state"), scratch.path("kept/state")).expect("moved");
        let before = crate::program::tree(&scratch.path("reports"));
        for more in [
            "",
            "--as-of 2026-11-20",
            "--as-of 2026-11-20 -q --fail-on-empty",
            "--as-of 2026-11-20 --delivered delivered.csv",
        ] {
            let told = scratch.run(&format!("{given} --state kept/state {more}")).outcome;
            assert_eq!(told.code, Some(2), "{given} {more}: {}", told.stderr);
            assert_eq!(told.stderr.trim().lines().count(), 1, "{given} {more}: {}", told.stderr);
            assert!(told.stderr.contains(" no input"), "{given} {more}: {}", told.stderr);
            assert!(before == crate::program::tree(&scratch.path("reports")), "{given} {more}: the night was changed");
        }
        scratch.add("out.ndjson", "earlier");
        if !given.contains("state") {
            let told = scratch.parse(&format!("{given} -q -o out.ndjson"));
            assert!(told.code == Some(2) || given == "kept", "{given}: {}", told.stderr);
        }
    }
}

#[test]
fn what_is_truly_empty_makes_an_empty_night_if_that_is_named() {
    for (name, text) in
        [("empty/.keep", None), ("header.csv", Some("recipient,timestamp,reply_code\n")), ("page.json", Some("[]"))]
    {
        let scratch = Scratch::new();
        match text {
            Some(text) => drop(scratch.add(name, text)),
            None => fs::create_dir(scratch.path("empty")).expect("made"),
        }
        let input = name.split('/').next().expect("a name");
        assert_eq!(scratch.run(&format!("{input} --as-of {NIGHT}")).outcome.code, Some(0), "{input}");
        let told = scratch.run(&format!("{input} --out other")).outcome;
        assert_eq!(told.code, Some(2), "{input}: {}", told.stderr);
        assert!(told.stderr.contains("--as-of"), "{input}: {}", told.stderr);
        assert_eq!(scratch.run(&format!("{input} --as-of {NIGHT} --out third --fail-on-empty")).outcome.code, Some(6));
        scratch.add("out.csv", "earlier");
        assert_eq!(scratch.parse(&format!("{input} --format csv -o out.csv")).code, Some(0), "{input}");
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
