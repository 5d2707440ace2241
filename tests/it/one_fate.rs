//! Over made-up nights: each bounce has exactly one fate and at most one owner, and every file of the night says the same of
//! them. Whether what was planted is found is not asked here.

use std::fmt::Write as _;

use crate::published::Published;
use crate::scratch::Scratch;
use crate::traffic::{Dice, Traffic};

/// Nights of each kind of input.
const SEEDS: u64 = 8;

/// Runs the nights of some seeds; `args` writes the inputs and names them.
fn nights(from: u64, args: impl Fn(&Traffic, &Scratch, &mut Dice) -> String) {
    let (mut faults, mut incidents) = (String::new(), 0);
    for seed in from..from + SEEDS {
        let (traffic, planted) = Traffic::of_seed(seed);
        let scratch = Scratch::new();
        let args = args(&traffic, &scratch, &mut Dice(seed));
        let told = scratch.run(&format!("{args} --as-of 2026-11-20 --max-suppressions 99999"));
        assert!(told.report.is_some(), "seed {seed}: {}", told.outcome.stderr);
        let night = Published::read(told.night());
        incidents += night.incidents().len();
        for fault in night.faults() {
            let _ = writeln!(faults, "seed {seed} {planted:?}: {fault}");
        }
    }
    assert!(faults.is_empty(), "{faults}");
    assert!(incidents >= SEEDS as usize / 2, "{incidents} incidents in {SEEDS} nights show nothing");
}

#[test]
fn books_close_with_deliveries() {
    nights(100, |traffic, scratch, _| {
        scratch.add("bounces.csv", traffic.events());
        scratch.add("accepted.csv", traffic.log(false));
        "bounces.csv --delivered accepted.csv".to_owned()
    });
}

#[test]
fn books_close_with_a_send_log_and_rows_that_come_twice() {
    nights(200, |traffic, scratch, dice| {
        let events = traffic.events();
        let again: String = events.lines().skip(1).filter(|_| dice.chance(20)).map(|row| format!("{row}\n")).collect();
        scratch.add("in/again.csv", format!("{}\n{again}", events.lines().next().unwrap_or_default()));
        scratch.add("in/bounces.csv", events);
        scratch.add("sent.csv", traffic.log(true));
        "in --sent sent.csv".to_owned()
    });
}

#[test]
fn books_close_without_deliveries() {
    nights(300, |traffic, scratch, _| {
        scratch.add("bounces.csv", traffic.events());
        "bounces.csv".to_owned()
    });
}

#[test]
fn books_close_with_mails_of_which_some_are_forged() {
    nights(400, |traffic, scratch, dice| {
        let mut forged = traffic.clone();
        for mail in &mut forged.mails {
            if dice.chance(10) {
                (mail.sender, mail.number) = ("stranger.example".to_owned(), mail.number + 1_000_000);
                mail.to = format!("x{}", mail.to);
            }
        }
        scratch.add("bounces.mbox", forged.mbox());
        scratch.add("accepted.csv", traffic.log(false));
        "bounces.mbox --delivered accepted.csv".to_owned()
    });
}
