//! Witnesses: the same testimony about us from unrelated voices is an incident on what it names, contrast or not. In: cells with the
//! findings that contrast has found. Out: findings on an IP, a sending domain, a campaign or all that we send, each with its
//! witnesses. This adds to what contrast finds; it lowers nothing.
//!
//! A voice is one decision: an organisation with a server of its own, a consumer pool, or all that one receiver serves. A
//! receiver that states a checkable fact to several of its customers and refuses most of them counts as several.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::attribution::Attribution;
use super::candidate::{Candidate, Dimension};
use super::testimony::{Testimony, Witnesses};
use super::walk::{Place, walk};
use crate::bounce::{Confidence, Families, Family};
use crate::facts::cells::{Cells, NOBODY};
use crate::facts::identity::Identity;
use crate::facts::names::{NONE, Names};
use crate::facts::night::{Night, ReceiverKind};
use crate::facts::organisation::Places;
use crate::tables::policy::Judging;

/// One testimony about one value of ours; `NONE` for what no row names and several could be.
type Subject = (Testimony, u32);

/// What one organisation, or one receiver's customers, said about a subject.
#[derive(Debug, Clone, Copy, Default)]
struct Said {
    /// Organisations mailed from it.
    mailed: u64,
    /// Those with any failure.
    failing: u64,
    /// Those that make the testimony in a way that anybody can check.
    checkable: u64,
    /// Those that make the testimony at all.
    any: u64,
}

impl Said {
    fn add(&mut self, other: Said) {
        self.mailed += other.mailed;
        self.failing += other.failing;
        self.checkable += other.checkable;
        self.any += other.any;
    }
}

/// All that is said about the subjects: by organisations with servers of their own and pools, and by receivers.
#[derive(Default)]
struct Heard {
    own: HashMap<Subject, Said>,
    receivers: HashMap<(Subject, u32), Said>,
}

/// The search for witnesses.
struct Search<'a> {
    night: &'a Night,
    places: &'a Places,
    judging: &'a Judging,
    /// The only value of each dimension, where a night has one: what no row names is about it.
    only: [u32; Dimension::COUNT],
}

impl<'a> Search<'a> {
    fn new(night: &'a Night, places: &'a Places, judging: &'a Judging) -> Search<'a> {
        let only = Dimension::ALL.map(|dimension| match dimension.names(night) {
            Some(names) if names.len() == 1 => 0,
            _ => NONE,
        });
        Search { night, places, judging, only }
    }

    fn subject(&self, testimony: Testimony, identity: &Identity) -> Subject {
        let value = testimony.about().value(identity);
        (testimony, if value == NONE { self.only[testimony.about() as usize] } else { value })
    }

    /// Who speaks at a node: `NONE` for an organisation or pool by itself, else the receiver for all of its customers.
    fn speaker(&self, receiver: u32, decider: u32) -> u32 {
        let known = self.night.receiver_kinds.get(receiver as usize).is_some_and(|kind| *kind != ReceiverKind::Other);
        if known && !self.places.is_pool(decider) { receiver } else { NONE }
    }

    /// The subjects about which more than one organisation testifies, in order.
    fn subjects(&self, cells: &Cells) -> Vec<Subject> {
        let parts = cells.in_parts(|nodes| {
            let mut seen: HashMap<Subject, (u32, u64)> = HashMap::new();
            for place in walk(self.night, cells, nodes) {
                for testimony in Testimony::ALL.into_iter().filter(|testimony| place.says(testimony.families())) {
                    let (last, count) = seen.entry(self.subject(testimony, &place.identity())).or_insert((NONE, 0));
                    *count += u64::from(*last != place.node.decider);
                    *last = place.node.decider;
                }
            }
            seen
        });
        let mut counts: HashMap<Subject, u64> = HashMap::new();
        for (subject, (_, count)) in parts.into_iter().flatten() {
            *counts.entry(subject).or_default() += count;
        }
        let mut subjects: Vec<Subject> =
            counts.into_iter().filter(|(_, n)| *n >= 2).map(|(subject, _)| subject).collect();
        subjects.sort_unstable();
        subjects
    }

    /// What everybody says about these subjects.
    fn hear(&self, cells: &Cells, subjects: &[Subject]) -> Heard {
        let parts = cells.in_parts(|nodes| self.hear_in(cells, nodes, subjects));
        let mut heard = Heard::default();
        for part in parts {
            part.own.into_iter().for_each(|(subject, said)| heard.own.entry(subject).or_default().add(said));
            part.receivers.into_iter().for_each(|(key, said)| heard.receivers.entry(key).or_default().add(said));
        }
        heard
    }

    fn hear_in(&self, cells: &Cells, nodes: Range<usize>, subjects: &[Subject]) -> Heard {
        let mut heard = Heard::default();
        let mut places = walk(self.night, cells, nodes).peekable();
        // Of one organisation or pool at one receiver.
        let mut here: Vec<(Subject, Said)> = Vec::new();
        while let Some(place) = places.next() {
            let identity = place.identity();
            for testimony in Testimony::ALL {
                let subject = self.subject(testimony, &identity);
                if subjects.binary_search(&subject).is_ok() {
                    let said = place.said(testimony.families());
                    match here.iter_mut().find(|(known, _)| *known == subject) {
                        Some((_, sum)) => sum.or(said),
                        None => here.push((subject, said)),
                    }
                }
            }
            let node = place.node;
            let more = |next: &Place| next.node.decider == node.decider && next.node.receiver == node.receiver;
            if !places.peek().is_some_and(more) {
                let speaker = self.speaker(node.receiver, node.decider);
                for (subject, said) in here.drain(..) {
                    match speaker {
                        NONE => heard.own.entry(subject).or_default().add(said),
                        receiver => heard.receivers.entry((subject, receiver)).or_default().add(said),
                    }
                }
            }
        }
        heard
    }

    /// What the witnesses of a subject amount to; `None` for too few to be told.
    fn weigh(&self, subject: Subject, heard: &Heard, rates: bool) -> Option<Witnesses> {
        let own = heard.own.get(&subject).copied().unwrap_or_default();
        let mailed = |said: &Said| if rates { said.mailed } else { said.failing };
        let mut all = mailed(&own) as f64;
        let [mut checkable, mut any] = [own.checkable as f64, own.any as f64];
        let mut receivers: Vec<(u32, &Said)> = heard
            .receivers
            .iter()
            .filter(|((about, _), _)| *about == subject)
            .map(|((_, r), said)| (*r, said))
            .collect();
        receivers.sort_unstable_by_key(|(receiver, _)| *receiver);
        for (_, said) in receivers.into_iter().filter(|(_, said)| mailed(said) > 0) {
            let (weight, share) = self.weight(said, mailed(said));
            all += weight;
            checkable += weight * share(said.checkable);
            any += weight * share(said.any);
        }
        let share = |voices: f64| if all > 0.0 { voices / all } else { 0.0 };
        let by_facts = self.checkable(checkable, share(checkable), rates);
        let by_scores = self.scored(any, share(any), rates);
        let confidence = by_facts.into_iter().chain(by_scores).min()?;
        let voices = if by_facts == Some(confidence) { checkable } else { any };
        Some(Witnesses { testimony: subject.0, voices: voices.round() as u64, mailed: all.round() as u64, confidence })
    }

    /// How many voices a receiver is, and how much of them so many of its customers are. It is one decision, of which each
    /// customer that says so is its share: one of three hundred is a stray, not the receiver. One that states to several
    /// what anybody can check, and to most of those mailed, is as good as several, and speaks as a whole.
    fn weight(&self, said: &Said, mailed: u64) -> (f64, impl Fn(u64) -> f64) {
        let j = self.judging;
        let most = said.checkable as f64 >= j.witness_receiver_share * mailed as f64;
        let whole = said.checkable as f64 >= j.organisations && most;
        let share = move |n: u64| if whole { f64::from(u8::from(n > 0)) } else { n as f64 / mailed as f64 };
        (if whole { j.witness_receiver_weight } else { 1.0 }, share)
    }

    /// By what anybody can check.
    fn checkable(&self, k: f64, share: f64, rates: bool) -> Option<Confidence> {
        let j = self.judging;
        let many = |least: f64, of: f64| k >= least && share >= of;
        if !rates {
            return match k {
                _ if many(j.witness_medium, j.witness_medium_share_counts) => Some(Confidence::Medium),
                _ if k >= j.witness_low => Some(Confidence::Low),
                _ => None,
            };
        }
        if many(j.witness_high, j.witness_high_share) || many(j.witness_high_many, j.witness_high_many_share) {
            Some(Confidence::High)
        } else if many(j.witness_medium, j.witness_medium_share) || many(j.witness_many, j.witness_many_share) {
            Some(Confidence::Medium)
        } else {
            (k >= j.witness_low).then_some(Confidence::Low)
        }
    }

    /// By what only those who say it know.
    fn scored(&self, k: f64, share: f64, rates: bool) -> Option<Confidence> {
        let j = self.judging;
        let many = |least: f64, of: f64| k >= least && share >= of;
        if !rates {
            return many(j.witness_score_counts, j.witness_score_counts_share).then_some(Confidence::Medium);
        }
        if many(j.witness_score_high, j.witness_score_high_share) {
            Some(Confidence::High)
        } else if many(j.witness_score_medium, j.witness_score_medium_share) {
            Some(Confidence::Medium)
        } else {
            many(j.organisations, j.witness_score_medium_share).then_some(Confidence::Low)
        }
    }
}

impl Said {
    /// Joins what one organisation said through another identity of ours.
    fn or(&mut self, other: Said) {
        self.mailed |= other.mailed;
        self.failing |= other.failing;
        self.checkable |= other.checkable;
        self.any |= other.any;
    }
}

impl Place<'_> {
    /// Whether any failure here is of these wordings.
    fn says(&self, families: Families) -> bool {
        self.fails.iter().any(|fail| families.has(fail.family))
    }

    /// What one organisation says here.
    fn said(&self, families: Families) -> Said {
        let not_failed = Family::Delay.set().with(Family::Complaint.set());
        let failing = self.fails.iter().any(|fail| !not_failed.has(fail.family));
        let checkable = Families::CHECKABLE;
        Said {
            mailed: u64::from(failing || self.delivered() > 0),
            failing: u64::from(failing),
            checkable: u64::from(self.fails.iter().any(|f| families.has(f.family) && checkable.has(f.family))),
            any: u64::from(self.says(families)),
        }
    }
}

/// Whose the testimonies about a subject are so far.
#[derive(Default)]
struct Owned {
    nobody: u64,
    by: HashMap<u16, u64>,
}

impl Owned {
    fn all(&self) -> u64 {
        self.nobody + self.by.values().sum::<u64>()
    }

    fn of(&self, number: u16) -> u64 {
        self.by.get(&number).copied().unwrap_or(0)
    }
}

/// Adds the findings that witnesses make, most voices first.
pub fn find(cells: &mut Cells, search: &mut Attribution) {
    let (night, places, judging) = (search.night, search.places, search.judging);
    let witness = Search::new(night, places, judging);
    let subjects = witness.subjects(cells);
    if subjects.is_empty() {
        return;
    }
    let heard = witness.hear(cells, &subjects);
    let rates = |testimony: Testimony| cells.rates && search.covered[testimony.about() as usize];
    let mut told: Vec<(Subject, Witnesses)> =
        subjects.iter().filter_map(|s| Some((*s, witness.weigh(*s, &heard, rates(s.0))?))).collect();
    told.sort_by_key(|(subject, w)| (w.confidence, std::cmp::Reverse(w.voices), *subject));
    told.truncate(judging.rounds as usize);
    witness.take_from_fleet(cells, search, &told);
    for (subject, witnesses) in told {
        witness.tell(cells, search, subject, witnesses);
    }
}

impl Search<'_> {
    /// Tells of one subject: on the finding that is about it already, or as a finding of its own where nobody on our side
    /// is blamed for most of it.
    fn tell(&self, cells: &mut Cells, search: &mut Attribution, subject: Subject, witnesses: Witnesses) {
        let candidate = match subject.1 {
            NONE => Candidate::FLEET,
            value => Candidate::one(subject.0.about(), value),
        };
        if let Some(known) = search.findings.iter_mut().find(|f| f.candidate == candidate) {
            known.witnesses = known.witnesses.or(Some(witnesses));
            return;
        }
        let owned = self.owners(cells, subject);
        let sure = witnesses.confidence != Confidence::Low;
        let taken = if sure { receivers_that_say_so(cells, search, &owned) } else { vec![] };
        let told = owned.nobody + taken.iter().map(|number| owned.of(*number)).sum::<u64>();
        if told > 0 && told * 2 >= owned.all() {
            let about = |identity: u32| self.subject(subject.0, &self.night.identities.get(identity)) == subject;
            let speakers = self.speakers(cells, subject);
            let says = |decider: u32| speakers.contains(&decider);
            search.testified(cells, candidate, witnesses, &taken, (about, says));
        }
    }

    /// What the fleet is blamed for goes to what its replies name, if they name few of our values: then not all that we send
    /// is at fault. What they leave unsaid goes with it.
    fn take_from_fleet(&self, cells: &mut Cells, search: &mut Attribution, told: &[(Subject, Witnesses)]) {
        let Some(fleet) = search.findings.iter().find(|f| f.candidate == Candidate::FLEET).map(|f| f.number) else {
            return;
        };
        let sure = told.iter().filter(|(subject, w)| w.confidence != Confidence::Low && subject.1 != NONE);
        let owned: Vec<(Subject, Witnesses, u64)> =
            sure.map(|(s, w)| (*s, *w, self.owners(cells, *s).of(fleet))).filter(|(_, _, n)| *n > 0).collect();
        let few: Vec<(Subject, Witnesses, u64)> =
            owned.iter().copied().filter(|(subject, _, _)| self.names_few(*subject, &owned)).collect();
        let of_fleet: Vec<usize> = (0..cells.fails.len()).filter(|at| cells.fails[*at].by == fleet).collect();
        let sum = |families: Families| {
            let fails = of_fleet.iter().map(|at| &cells.fails[*at]).filter(|fail| families.has(fail.family));
            fails.map(|fail| u64::from(fail.count)).sum::<u64>() as f64
        };
        let claimed: u64 = few.iter().map(|(_, _, n)| n).sum();
        let least = (0.5 * sum(Families::TESTIMONY)).max(search.judging.silent_text * sum(Families::POLICY));
        if few.is_empty() || (claimed as f64) < least {
            return;
        }
        search.take_back(cells, &[fleet]);
        for (subject, witnesses, _) in &few {
            self.tell(cells, search, *subject, *witnesses);
        }
        let number = |subject: &Subject| {
            let candidate = Candidate::one(subject.0.about(), subject.1);
            search.findings.iter().find(|f| f.candidate == candidate).map(|f| f.number)
        };
        let subjects: Vec<(Subject, u16)> = few.iter().filter_map(|(s, _, _)| Some((*s, number(s)?))).collect();
        self.give_the_rest(cells, &of_fleet, &subjects);
    }

    /// Whether the subjects of a dimension are some of its values only, or its single one.
    fn names_few(&self, subject: Subject, owned: &[(Subject, Witnesses, u64)]) -> bool {
        let named = owned.iter().filter(|(other, _, _)| other.0 == subject.0).count();
        let values = subject.0.about().names(self.night).map_or(0, Names::len);
        values == 1 || named * 3 <= values * 2
    }

    /// Gives failures that are nobody's any more to the first subject that holds them, else to the first.
    fn give_the_rest(&self, cells: &mut Cells, of_fleet: &[usize], subjects: &[(Subject, u16)]) {
        let Some((_, first)) = subjects.first() else { return };
        for cell in 0..cells.cells.len() {
            let identity = self.night.identities.get(cells.cells[cell].identity);
            let holds = |(subject, _): &&(Subject, u16)| self.subject(subject.0, &identity) == *subject;
            let number = subjects.iter().find(holds).map_or(*first, |(_, number)| *number);
            for at in cells.fails_of(cell) {
                if cells.fails[at].by == NOBODY && of_fleet.binary_search(&at).is_ok() {
                    cells.fails[at].by = number;
                }
            }
        }
    }

    /// The organisations that give a good part of their refusals such testimony: what they leave unsaid is the same.
    fn speakers(&self, cells: &Cells, subject: Subject) -> HashSet<u32> {
        let families = subject.0.families();
        let mut said: HashMap<u32, (u64, u64)> = HashMap::new();
        for place in walk(self.night, cells, 0..cells.nodes.len()).filter(|p| !self.places.is_pool(p.node.decider)) {
            if place.fails.is_empty() || self.subject(subject.0, &place.identity()) != subject {
                continue;
            }
            let sum = said.entry(place.node.decider).or_default();
            for fail in place.fails.iter().filter(|fail| Families::POLICY.has(fail.family)) {
                sum.0 += if families.has(fail.family) { u64::from(fail.count) } else { 0 };
                sum.1 += u64::from(fail.count);
            }
        }
        let least = 1.0 - self.judging.tenant_rate;
        let speaks = |(said, refused): (u64, u64)| said > 0 && said as f64 >= least * refused as f64;
        said.into_iter().filter(|(_, sum)| speaks(*sum)).map(|(decider, _)| decider).collect()
    }

    /// Whose the failures are that testify about a subject.
    fn owners(&self, cells: &Cells, subject: Subject) -> Owned {
        let families = subject.0.families();
        let mut owned = Owned::default();
        for place in walk(self.night, cells, 0..cells.nodes.len()).filter(|place| place.says(families)) {
            if self.subject(subject.0, &place.identity()) != subject {
                continue;
            }
            for fail in place.fails.iter().filter(|fail| families.has(fail.family)) {
                match fail.by {
                    NOBODY => owned.nobody += u64::from(fail.count),
                    by => *owned.by.entry(by).or_default() += u64::from(fail.count),
                }
            }
        }
        owned
    }
}

/// The findings about receivers most of whose failures say so: several voices that blame us for one thing are not at fault
/// themselves. One receiver alone stays what contrast says.
fn receivers_that_say_so(cells: &Cells, search: &Attribution, owned: &Owned) -> Vec<u16> {
    let mut all: HashMap<u16, u64> = HashMap::new();
    for fail in cells.fails.iter().filter(|fail| fail.by != NOBODY) {
        *all.entry(fail.by).or_default() += u64::from(fail.count);
    }
    let of_receiver = |d: Dimension| matches!(d, Dimension::Receiver | Dimension::Pool);
    let receivers = search.findings.iter().filter(|f| of_receiver(f.candidate.dimension) && !f.candidate.is_pair());
    let says_so = |number: &u16| owned.of(*number) * 2 >= all.get(number).copied().unwrap_or(u64::MAX);
    let numbers: Vec<u16> = receivers.map(|f| f.number).filter(says_so).collect();
    if numbers.len() + usize::from(owned.nobody > 0) >= 2 { numbers } else { vec![] }
}
