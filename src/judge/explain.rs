//! Explaining a night: the fewest causes that account for the failures. In: the cells of one stream. Out: findings, and
//! each failure marked with the finding that explains it. Single organisations are `tenant`'s work.
//!
//! Greedy: take the candidate with the best score, set its failures aside, weigh the rest again. Then each finding is
//! fitted once more with the others fixed: it falls if it does not hold on its own, and gives way to a better one.

use std::cmp::Ordering;

use super::candidate::{Candidate, Dimension, Stream};
use super::grounds::Gate;
use super::index::Index;
use super::measure::{Measure, View, overlaps};
use super::pass::measure;
use super::stats;
use super::weigh::{Round, Weight, naming};
use crate::bounce::FailureStream;
use crate::bounce::{Families, Family};
use crate::facts::cells::{Cells, NOBODY};
use crate::facts::identity::Identity;
use crate::facts::night::Night;
use crate::facts::organisation::Places;
use crate::tables::policy::Judging;

/// One cause found.
#[derive(Debug, Clone)]
pub struct Finding {
    /// What is to blame.
    pub candidate: Candidate,
    /// The stream.
    pub stream: FailureStream,
    /// Inside and outside, the other findings set aside.
    pub measure: Measure,
    /// What it scored.
    pub weight: Weight,
    /// The round it was chosen in, from 1.
    pub round: u32,
    /// Candidates that explain the same failures about as well.
    pub rivals: Vec<Candidate>,
    /// Whether a rival asks for another action and the wording is silent.
    pub undecided: bool,
    /// Number in `Fail::by`.
    pub number: u16,
}

/// A candidate as it was weighed in a round.
#[derive(Debug, Clone)]
pub struct WeighedCandidate {
    /// Round, from 1.
    pub round: u32,
    /// The candidate.
    pub candidate: Candidate,
    /// Inside and outside.
    pub measure: Measure,
    /// What it scored.
    pub weight: Weight,
    /// Gates passed and failed, in order.
    pub gates: Vec<Gate>,
}

/// How many candidates of a round are remembered for `explain --incident`.
const REMEMBERED: usize = 8;

/// The state of explaining one stream.
pub struct Explain<'a> {
    /// Names.
    pub night: &'a Night,
    /// Organisations and pools.
    pub places: &'a Places,
    /// Thresholds.
    pub judging: &'a Judging,
    /// What fails and what passes.
    pub stream: Stream,
    /// Dimensions that the deliveries name.
    pub covered: [bool; Dimension::COUNT],
    /// What was found so far.
    pub findings: Vec<Finding>,
    /// What was weighed.
    pub weighed: Vec<WeighedCandidate>,
    /// The next free number for `Fail::by`.
    pub next: u16,
}

impl<'a> Explain<'a> {
    /// A view of the cells with the failures of finding `refit` counted again.
    fn view<'b>(&'b self, cells: &'b Cells, refit: u16) -> View<'b> {
        let Explain { night, places, stream, covered, .. } = self;
        View { night, places, cells, stream, covered: *covered, refit, all: false, within: None }
    }

    /// Finds the causes of the stream; at least `judging.rounds` are enough for any night.
    pub fn run(&mut self, cells: &mut Cells) {
        let index = Index::build(self.night, self.places, cells, &self.stream, self.judging.organisations as u32);
        let mut round = 1;
        self.rounds(cells, &index, &mut round);
        for _ in 0..2 {
            if !self.refit(cells, &index, round) {
                break;
            }
            self.rounds(cells, &index, &mut round);
        }
    }

    fn rounds(&mut self, cells: &mut Cells, index: &Index, round: &mut u32) {
        while f64::from(*round) <= self.judging.rounds && !index.candidates.is_empty() {
            let Some(mut finding) = self.best(cells, index, *round, NOBODY) else { return };
            *round += 1;
            if self.leans(cells, &finding.candidate) && self.lend(cells, &finding.candidate) {
                continue;
            }
            finding.number = self.next;
            self.next += 1;
            self.mark(cells, &finding);
            self.findings.push(finding);
        }
    }

    /// The finding of ours whose slice holds a cell.
    fn holder(&self, receiver: u32, decider: u32, identity: &Identity) -> Option<u16> {
        self.findings.iter().find(|f| f.candidate.holds(receiver, decider, identity)).map(|f| f.number)
    }

    /// Whether a candidate fails only where findings already hold: its failures are theirs in other words.
    fn leans(&self, cells: &Cells, candidate: &Candidate) -> bool {
        let parts = cells.in_parts(|nodes| self.sides(cells, candidate, nodes));
        let sum = |at: usize| parts.iter().map(|sides| sides[at]).fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
        let (inside, outside) = (sum(0), sum(1));
        stats::odds_ratio(inside, outside) >= self.judging.odds
            && stats::likelihood_ratio(inside, outside) >= self.judging.rival_nats
    }

    /// Shares and voters of a candidate where findings hold, and where none does.
    fn sides(&self, cells: &Cells, candidate: &Candidate, nodes: std::ops::Range<usize>) -> [(f64, f64); 2] {
        let families = self.stream.fails[candidate.dimension as usize];
        let (mut sides, mut voter) = ([(0.0, 0.0); 2], [(0u64, 0u64); 2]);
        for n in nodes {
            let node = &cells.nodes[n];
            for cell in cells.cells_of(n) {
                let identity = &self.night.identities.get(cells.cells[cell].identity);
                if !candidate.holds(node.receiver, node.decider, identity) {
                    continue;
                }
                let side = &mut voter[usize::from(self.holder(node.receiver, node.decider, identity).is_none())];
                side.1 += u64::from(cells.cells[cell].delivered);
                for fail in &cells.fails[cells.fails_of(cell)] {
                    let open = fail.by == NOBODY && families.has(fail.family);
                    let count = u64::from(fail.count);
                    side.0 += if open { count } else { 0 };
                    side.1 += if open || self.stream.passes.has(fail.family) { count } else { 0 };
                }
            }
            if cells.nodes.get(n + 1).is_none_or(|next| next.voter != node.voter) {
                for (sum, (fails, tried)) in sides.iter_mut().zip(std::mem::take(&mut voter)) {
                    if tried > 0 {
                        *sum = (sum.0 + fails as f64 / tried as f64, sum.1 + 1.0);
                    }
                }
            }
        }
        sides
    }

    /// Gives a candidate's failures to the findings whose slices hold them. Returns whether there were any.
    fn lend(&self, cells: &mut Cells, candidate: &Candidate) -> bool {
        let families = self.stream.fails[candidate.dimension as usize];
        cells.give(|node, identity| {
            let identity = &self.night.identities.get(identity);
            let holds = candidate.holds(node.receiver, node.decider, identity);
            let holder = holds.then(|| self.holder(node.receiver, node.decider, identity))?;
            Some((families, holder?))
        })
    }

    fn round_of<'b>(&'b self, cells: &Cells, index: &Index) -> Round<'b> {
        let mut of_dimension = [0; Dimension::COUNT];
        for candidate in &index.candidates {
            of_dimension[candidate.dimension as usize] += 1;
        }
        let tried = index.candidates.len().max(index.tried);
        Round { judging: self.judging, tried, of_dimension, rates: cells.rates, stream: &self.stream }
    }

    /// The best candidate that passes all gates, with its rivals.
    fn best(&mut self, cells: &Cells, index: &Index, number: u32, refit: u16) -> Option<Finding> {
        let view = self.view(cells, refit);
        let (measures, _) = measure(view, index);
        let round = self.round_of(cells, index);
        let mut weighed: Vec<(Candidate, Measure, Weight)> = index
            .candidates
            .iter()
            .zip(measures)
            .filter(|(_, m)| m.fails > 0)
            .map(|(c, m)| (*c, m, round.weigh(c, &m)))
            .collect();
        weighed.sort_by(|a, b| by_score(&a.2, &b.2).then_with(|| a.0.cmp(&b.0)));
        let remembered = weighed.iter().take(REMEMBERED).map(|(c, m, w)| WeighedCandidate {
            round: number,
            candidate: *c,
            measure: *m,
            weight: w.clone(),
            gates: round.gates(c, m).collect(),
        });
        let remembered: Vec<_> = if refit == NOBODY { remembered.collect() } else { vec![] };
        let passing = (0..weighed.len()).filter(|at| weighed[*at].2.passes);
        let found = passing.filter_map(|at| self.settle(view, &weighed, at)).next().map(|(at, mut rivals)| {
            let (candidate, m, weight) = weighed[at].clone();
            rivals.extend(
                self.rivals(view, &weighed, at).into_iter().filter(|r| !rivals.contains(r)).collect::<Vec<_>>(),
            );
            let undecided = self.undecided(&candidate, &m, &rivals);
            let stream = self.stream.name;
            Finding { candidate, stream, measure: m, weight, round: number, rivals, undecided, number: NOBODY }
        });
        self.weighed.extend(remembered);
        found
    }

    /// A pair stands only if its receiver takes mail of other senders, and its sender is taken elsewhere; else the part
    /// that fails as a whole stands in its place, if it passes, with the pair as a rival. Returns the place of the one
    /// that stands, and its rivals.
    fn settle(
        &self,
        view: View,
        weighed: &[(Candidate, Measure, Weight)],
        at: usize,
    ) -> Option<(usize, Vec<Candidate>)> {
        let pair = weighed[at].0;
        let place = |part: &Candidate| weighed.iter().position(|(c, _, w)| c == part && w.passes);
        let (receiver, sender) =
            (Candidate::one(Dimension::Receiver, pair.at), Candidate::one(pair.dimension, pair.value));
        if !pair.is_pair() {
            Some((at, vec![]))
        } else if !self.contrasts(view.with_all().limited_to(receiver), pair) {
            // Refused, whoever sends: that another finding explains the others does not make this one special.
            Some((place(&receiver)?, vec![sender, pair]))
        } else if !self.contrasts(view.limited_to(sender), pair) {
            Some((place(&sender)?, vec![pair]))
        } else {
            Some((at, vec![]))
        }
    }

    /// Whether a pair fails much more than the rest of what `view` is limited to.
    fn contrasts(&self, view: View, pair: Candidate) -> bool {
        let m = measure(view, &Index::only(pair)).0[0];
        let (inside, outside) = ((m.hits, m.trials), (m.hits_out, m.trials_out));
        stats::odds_ratio(inside, outside) >= self.judging.odds
            && stats::likelihood_ratio(inside, outside) >= self.judging.rival_nats
    }

    /// Candidates close behind the best that hold the same failures.
    fn rivals(&self, view: View, weighed: &[(Candidate, Measure, Weight)], best: usize) -> Vec<Candidate> {
        let (candidate, _, weight) = &weighed[best];
        let close: Vec<Candidate> = weighed
            .iter()
            .enumerate()
            .filter(|(at, (_, _, w))| *at != best && w.passes && w.score >= weight.score - self.judging.rival_nats)
            .map(|(_, (rival, _, _))| *rival)
            .take(REMEMBERED)
            .collect();
        let shares = overlaps(view, candidate, &close);
        close
            .into_iter()
            .zip(shares)
            .filter(|(_, s)| *s >= self.judging.rival_overlap)
            .map(|(c, _)| c)
            .take(5)
            .collect()
    }

    /// Whether rivals ask for another action and the wording does not decide.
    fn undecided(&self, candidate: &Candidate, m: &Measure, rivals: &[Candidate]) -> bool {
        let names = naming(&self.stream, candidate.dimension);
        rivals.iter().any(|r| r.dimension != candidate.dimension)
            && !names.is_empty()
            && m.share_named(names) < self.judging.silent_text
    }

    /// Marks the failures that a finding explains: those of its own wordings, and others that are as elevated inside.
    fn mark(&self, cells: &mut Cells, finding: &Finding) {
        let own = self.stream.fails[finding.candidate.dimension as usize];
        let others = Family::POLICY.into_iter().filter(|f| Families::OURS.has(*f) && !own.has(*f));
        let there = if self.stream.name == FailureStream::Policy {
            self.families_in(cells, &finding.candidate)
        } else {
            Families::NONE
        };
        let absorbed = others
            .filter(|f| there.has(*f))
            .filter(|f| self.elevated(cells, &finding.candidate, *f))
            .fold(own, |set, f| set.with(f.set()));
        cells.give(|node, identity| {
            let identity = &self.night.identities.get(identity);
            let holds = finding.candidate.holds(node.receiver, node.decider, identity);
            holds.then_some((absorbed, finding.number))
        });
    }

    /// The wordings of unexplained failures inside a candidate.
    fn families_in(&self, cells: &Cells, candidate: &Candidate) -> Families {
        let parts = cells.in_parts(|nodes| {
            let mut there = Families::NONE;
            for n in nodes {
                let node = &cells.nodes[n];
                for cell in cells.cells_of(n) {
                    let fails = cells.fails[cells.fails_of(cell)].iter();
                    let open = fails.filter(|f| f.by == NOBODY && !there.has(f.family));
                    let new = open.fold(Families::NONE, |set, f| set.with(f.family.set()));
                    let identity = &self.night.identities.get(cells.cells[cell].identity);
                    if new != Families::NONE && candidate.holds(node.receiver, node.decider, identity) {
                        there = there.with(new);
                    }
                }
            }
            there
        });
        parts.into_iter().fold(Families::NONE, Families::with)
    }

    /// Whether failures of one more wording are much more frequent inside than outside.
    fn elevated(&self, cells: &Cells, candidate: &Candidate, family: Family) -> bool {
        let stream = Stream { fails: [family.set(); Dimension::COUNT], ..self.stream };
        let view = View { stream: &stream, ..self.view(cells, NOBODY) };
        let m = measure(view, &Index::only(*candidate)).0[0];
        m.fails > 0
            && stats::odds_ratio((m.hits, m.trials), (m.hits_out, m.trials_out)) >= self.judging.absorb_odds
            && stats::likelihood_ratio((m.hits, m.trials), (m.hits_out, m.trials_out)) >= self.judging.rival_nats
    }

    /// Measures one candidate on what is not explained yet.
    pub fn measure_one(&self, cells: &Cells, candidate: Candidate) -> Measure {
        measure(self.view(cells, NOBODY), &Index::only(candidate)).0[0]
    }

    /// Takes a candidate as a finding without weighing it against others.
    pub fn accept(&mut self, cells: &mut Cells, candidate: Candidate) {
        let measure = self.measure_one(cells, candidate);
        let weight = self.round_of(cells, &Index::only(candidate)).weigh(&candidate, &measure);
        let round = self.findings.len() as u32 + 1;
        let finding = Finding {
            candidate,
            stream: self.stream.name,
            measure,
            weight,
            round,
            rivals: vec![],
            undecided: false,
            number: self.next,
        };
        self.next += 1;
        self.mark(cells, &finding);
        self.findings.push(finding);
    }

    /// Takes the single candidates, those with most failures first, whose measure suffices by itself, contrast or not.
    pub fn accept_where(&mut self, cells: &mut Cells, suffices: impl Fn(&Measure) -> bool) {
        let index = Index::build(self.night, self.places, cells, &self.stream, self.judging.organisations as u32);
        let (measures, _) = measure(self.view(cells, NOBODY), &index);
        let round = self.round_of(cells, &index);
        let known = |c: &Candidate| self.findings.iter().any(|f| f.candidate == *c);
        let mut enough: Vec<(Candidate, Measure, Weight)> = index
            .candidates
            .iter()
            .zip(measures)
            .filter(|(c, m)| suffices(m) && !known(c))
            .map(|(c, m)| (*c, m, round.weigh(c, &m)))
            .collect();
        enough.sort_by(|a, b| b.1.fails.cmp(&a.1.fails).then_with(|| a.0.cmp(&b.0)));
        enough.truncate(self.judging.rounds as usize);
        for (candidate, measure, weight) in enough {
            self.add(candidate, measure, weight);
        }
        self.lend(cells, &Candidate::FLEET);
    }

    fn add(&mut self, candidate: Candidate, measure: Measure, weight: Weight) {
        let (stream, round) = (self.stream.name, self.findings.len() as u32 + 1);
        let (rivals, undecided, number) = (vec![], false, self.next);
        self.next += 1;
        self.findings.push(Finding { candidate, stream, measure, weight, round, rivals, undecided, number });
    }

    /// Puts one candidate in the place of several findings.
    pub fn merge(&mut self, cells: &mut Cells, numbers: &[u16], candidate: Candidate) {
        numbers.iter().for_each(|number| Self::unmark(cells, *number));
        self.findings.retain(|f| !numbers.contains(&f.number));
        self.accept(cells, candidate);
    }

    fn unmark(cells: &mut Cells, number: u16) {
        for fail in &mut cells.fails {
            if fail.by == number {
                fail.by = NOBODY;
            }
        }
    }

    /// Fits each finding with the others fixed. Returns whether anything changed.
    fn refit(&mut self, cells: &mut Cells, index: &Index, round: u32) -> bool {
        let mut changed = false;
        let mut at = 0;
        while self.findings.len() > 1 && at < self.findings.len() {
            let old = self.findings[at].clone();
            match self.best(cells, index, round, old.number) {
                Some(new) if new.candidate == old.candidate => {
                    let finding = &mut self.findings[at];
                    (finding.measure, finding.weight) = (new.measure, new.weight);
                    (finding.rivals, finding.undecided) = (new.rivals, new.undecided);
                    at += 1;
                }
                Some(mut new) => {
                    changed = true;
                    new.number = old.number;
                    Self::unmark(cells, old.number);
                    self.mark(cells, &new);
                    self.findings[at] = new;
                    at += 1;
                }
                None => {
                    changed = true;
                    Self::unmark(cells, old.number);
                    self.findings.remove(at);
                }
            }
        }
        changed
    }
}

/// Best score first.
fn by_score(a: &Weight, b: &Weight) -> Ordering {
    b.score.total_cmp(&a.score)
}
