//! Attribution: the fewest causes that account for the failures. In: the cells of one stream. Out: findings, and each
//! failure marked with the finding that explains it. Single organisations are `tenant`'s work.
//!
//! Greedy: take the candidate with the best score, set its failures aside, weigh the rest again. Then each finding is
//! fitted once more with the others fixed: it is dropped if it does not hold on its own, and replaced by a better one.

use super::candidate::{Candidate, Dimension, Stream};
use super::grounds::Gate;
use super::index::Index;
use super::measure::{Measure, View, overlaps, same_slices};
use super::pass::measure;
use super::stats;
use super::testimony::Witnesses;
use super::walk::walk;
use super::weigh::{Round, Weight, naming};
use crate::bounce::{FailureStream, Families, Family};
use crate::facts::cells::{Cells, NOBODY};
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
    /// Whether contrast speaks for it.
    pub by_contrast: bool,
    /// Who testifies about it; `None` where contrast alone speaks.
    pub witnesses: Option<Witnesses>,
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

type Weighed = (Candidate, Measure, Weight);

/// The state of explaining one stream.
pub struct Attribution<'a> {
    pub night: &'a Night,
    pub places: &'a Places,
    pub judging: &'a Judging,
    pub stream: Stream,
    /// Dimensions that the deliveries name.
    pub covered: [bool; Dimension::COUNT],
    pub findings: Vec<Finding>,
    pub weighed: Vec<WeighedCandidate>,
    /// The next free number for `Fail::by`.
    pub next: u16,
}

impl<'a> Attribution<'a> {
    /// A search of one stream that has found nothing yet; its findings are numbered from `next` on.
    pub fn new(
        (night, places, judging): (&'a Night, &'a Places, &'a Judging),
        stream: Stream,
        covered: [bool; Dimension::COUNT],
        next: u16,
    ) -> Attribution<'a> {
        Attribution { night, places, judging, stream, covered, findings: vec![], weighed: vec![], next }
    }
}

impl Attribution<'_> {
    /// A view of the cells with the failures of finding `refit` counted again.
    fn view<'b>(&'b self, cells: &'b Cells, refit: u16) -> View<'b> {
        let Attribution { night, places, stream, covered, .. } = self;
        View { night, places, cells, stream, covered: *covered, refit, all: false, within: None }
    }

    fn index(&self, cells: &Cells) -> Index {
        Index::build(self.night, self.places, cells, &self.stream, self.judging.organisations as u32)
    }

    /// Finds the causes of the stream; at least `judging.rounds` are enough for any night.
    pub fn run(&mut self, cells: &mut Cells) {
        let index = self.index(cells);
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
            let Some(finding) = self.best(cells, index, *round, NOBODY) else { return };
            *round += 1;
            let candidate = &finding.candidate;
            if !(self.overlaps_findings(cells, candidate) && self.reassign(cells, candidate)) {
                self.accept_finding(cells, finding);
            }
        }
    }

    /// Numbers a finding; its failures are marked by the caller.
    fn push(&mut self, mut finding: Finding) -> &Finding {
        finding.number = self.next;
        self.next += 1;
        self.findings.push(finding);
        &self.findings[self.findings.len() - 1]
    }

    fn accept_finding(&mut self, cells: &mut Cells, finding: Finding) {
        let finding = self.push(finding).clone();
        self.mark(cells, &finding);
    }

    /// The finding that holds a cell.
    fn owner(&self, holds: impl Fn(&Candidate) -> bool) -> Option<u16> {
        self.findings.iter().find(|f| holds(&f.candidate)).map(|f| f.number)
    }

    /// Whether a candidate fails only where findings already hold: its failures are theirs in other words.
    fn overlaps_findings(&self, cells: &Cells, candidate: &Candidate) -> bool {
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
        let mut places = walk(self.night, cells, nodes).filter(|place| place.is_in(candidate)).peekable();
        while let Some(place) = places.next() {
            let side = &mut voter[usize::from(self.owner(|found| place.is_in(found)).is_none())];
            side.1 += place.delivered();
            for fail in place.fails {
                let open = fail.by == NOBODY && families.has(fail.family);
                let count = u64::from(fail.count);
                side.0 += if open { count } else { 0 };
                side.1 += if open || self.stream.passes.has(fail.family) { count } else { 0 };
            }
            if places.peek().is_none_or(|next| next.node.voter != place.node.voter) {
                for (sum, (fails, tried)) in sides.iter_mut().zip(std::mem::take(&mut voter)) {
                    if tried > 0 {
                        *sum = (sum.0 + fails as f64 / tried as f64, sum.1 + 1.0);
                    }
                }
            }
        }
        sides
    }

    /// Gives a candidate's failures to the findings that hold them. Returns whether there were any.
    fn reassign(&self, cells: &mut Cells, candidate: &Candidate) -> bool {
        let families = self.stream.fails[candidate.dimension as usize];
        cells.give(|node, identity| {
            let identity = &self.night.identities.get(identity);
            let holds = |candidate: &Candidate| candidate.holds(node.receiver, node.decider, identity);
            let owner = holds(candidate).then(|| self.owner(holds))?;
            Some((families, owner?))
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

    /// The candidates of an index that are wanted, weighed.
    fn weigh(&self, view: View, index: &Index, wanted: impl Fn(&Candidate, &Measure) -> bool) -> Vec<Weighed> {
        let round = self.round_of(view.cells, index);
        let measured = index.candidates.iter().copied().zip(measure(view, index).0);
        measured.filter(|(c, m)| wanted(c, m)).map(|(c, m)| (c, m, round.weigh(&c, &m))).collect()
    }

    fn finding(&self, (candidate, measure, weight): Weighed, round: u32) -> Finding {
        let (stream, rivals) = (self.stream.name, vec![]);
        Finding {
            candidate,
            stream,
            measure,
            weight,
            round,
            rivals,
            undecided: false,
            by_contrast: true,
            witnesses: None,
            number: NOBODY,
        }
    }

    /// The best candidate that passes all gates, with its rivals.
    fn best(&mut self, cells: &Cells, index: &Index, number: u32, refit: u16) -> Option<Finding> {
        let view = self.view(cells, refit);
        let mut weighed = self.weigh(view, index, |_, m| m.fails > 0);
        weighed.sort_by(|a, b| b.2.score.total_cmp(&a.2.score).then_with(|| a.0.cmp(&b.0)));
        let round = self.round_of(cells, index);
        let remembered: Vec<_> = weighed
            .iter()
            .take(if refit == NOBODY { REMEMBERED } else { 0 })
            .map(|(candidate, measure, weight)| WeighedCandidate {
                round: number,
                candidate: *candidate,
                measure: *measure,
                weight: weight.clone(),
                gates: round.gates(candidate, measure),
            })
            .collect();
        let mut passing = (0..weighed.len()).filter(|at| weighed[*at].2.passes);
        let found = passing.find_map(|at| self.settle(view, &weighed, at)).map(|(at, mut rivals)| {
            let others = self.rivals(view, &weighed, at).into_iter().filter(|rival| !rivals.contains(rival));
            rivals.extend(others.collect::<Vec<_>>());
            let undecided = self.undecided(&weighed[at].0, &weighed[at].1, &rivals);
            Finding { rivals, undecided, ..self.finding(weighed[at].clone(), number) }
        });
        self.weighed.extend(remembered);
        found
    }

    /// A pair stands only if its receiver takes mail of other senders, and its sender is taken elsewhere; else the part
    /// that fails as a whole stands in its place, if it passes, with the pair as a rival. Returns the place of the one
    /// that stands, and its rivals.
    fn settle(&self, view: View, weighed: &[Weighed], at: usize) -> Option<(usize, Vec<Candidate>)> {
        let pair = weighed[at].0;
        let place = |part: &Candidate| weighed.iter().position(|(c, _, w)| c == part && w.passes);
        let (receiver, sender) =
            (Candidate::one(Dimension::Receiver, pair.at), Candidate::one(pair.dimension, pair.value));
        let contrasts = |view| self.contrasts(&measure_one(view, pair), self.judging.odds);
        if !pair.is_pair() {
            Some((at, vec![]))
        } else if !contrasts(view.with_all().limited_to(receiver)) {
            // Refused, whoever sends: that another finding explains the others does not make this one special.
            Some((place(&receiver)?, vec![sender, pair]))
        } else if !contrasts(view.limited_to(sender)) {
            Some((place(&sender)?, vec![pair]))
        } else {
            Some((at, vec![]))
        }
    }

    /// Whether the inside fails so much more than the outside.
    fn contrasts(&self, m: &Measure, odds: f64) -> bool {
        m.odds() >= odds && m.evidence() >= self.judging.rival_nats
    }

    /// Candidates close behind the best that hold the same failures.
    fn rivals(&self, view: View, weighed: &[Weighed], best: usize) -> Vec<Candidate> {
        let (candidate, _, weight) = &weighed[best];
        let least = weight.score - self.judging.rival_nats;
        let others = weighed.iter().enumerate().filter(|(at, (_, _, w))| *at != best && w.passes);
        let others = others.map(|(_, other)| other).filter(|(rival, _, _)| self.has_contrast(rival));
        let (close, far): (Vec<_>, Vec<_>) = others.partition(|(_, _, w)| w.score >= least);
        let names = |of: Vec<&Weighed>| of.into_iter().map(|(rival, _, _)| *rival).take(REMEMBERED).collect::<Vec<_>>();
        let (close, far) = (names(close), names(far));
        let shares = overlaps(view, candidate, &close);
        let same = close.into_iter().zip(shares).filter(|(_, share)| *share >= self.judging.rival_overlap);
        // What holds the same mail cannot be told apart, whatever one stray did to its evidence.
        let slices = same_slices(view, candidate, &far);
        let alike = far.into_iter().zip(slices).filter(|(_, share)| *share >= self.judging.rival_slices);
        same.chain(alike).map(|(rival, _)| rival).take(5).collect()
    }

    /// Whether its dimension has other values that night; one alone is no rival of anything.
    fn has_contrast(&self, candidate: &Candidate) -> bool {
        candidate.dimension.names(self.night).is_none_or(|names| names.len() > 1)
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
        let there = match self.stream.name {
            FailureStream::Policy => self.families_in(cells, &finding.candidate),
            _ => Families::NONE,
        };
        let absorbed = Family::POLICY
            .into_iter()
            .filter(|f| Families::OURS.has(*f) && !own.has(*f) && there.has(*f))
            .filter(|f| self.elevated(cells, &finding.candidate, *f))
            .fold(own, |set, f| set.with(f.set()));
        self.give(cells, &finding.candidate, (absorbed, finding.number), |_| true);
    }

    /// The wordings of unexplained failures inside a candidate.
    fn families_in(&self, cells: &Cells, candidate: &Candidate) -> Families {
        let parts = cells.in_parts(|nodes| {
            walk(self.night, cells, nodes).fold(Families::NONE, |there, place| {
                let new = place.open().filter(|f| !there.has(f.family));
                let new = new.fold(Families::NONE, |set, f| set.with(f.family.set()));
                if new != Families::NONE && place.is_in(candidate) { there.with(new) } else { there }
            })
        });
        parts.into_iter().fold(Families::NONE, Families::with)
    }

    /// Whether failures of one more wording are much more frequent inside than outside.
    fn elevated(&self, cells: &Cells, candidate: &Candidate, family: Family) -> bool {
        let stream = Stream { fails: [family.set(); Dimension::COUNT], ..self.stream };
        let m = measure_one(View { stream: &stream, ..self.view(cells, NOBODY) }, *candidate);
        m.fails > 0 && self.contrasts(&m, self.judging.absorb_odds)
    }

    /// Measures one candidate on what is not explained yet.
    pub fn measure_one(&self, cells: &Cells, candidate: Candidate) -> Measure {
        measure_one(self.view(cells, NOBODY), candidate)
    }

    /// A candidate as a finding, not weighed against others.
    fn unrivalled(&self, cells: &Cells, candidate: Candidate) -> Finding {
        let measure = self.measure_one(cells, candidate);
        let weight = self.round_of(cells, &Index::only(candidate)).weigh(&candidate, &measure);
        self.finding((candidate, measure, weight), self.findings.len() as u32 + 1)
    }

    /// Takes a candidate as a finding without weighing it against others.
    pub fn accept(&mut self, cells: &mut Cells, candidate: Candidate) {
        let finding = self.unrivalled(cells, candidate);
        self.accept_finding(cells, finding);
    }

    /// Gives failures of these families that a candidate holds, at the organisations and pools of which `at` holds.
    fn give(
        &self,
        cells: &mut Cells,
        candidate: &Candidate,
        (families, number): (Families, u16),
        at: impl Fn(u32) -> bool + Send + Sync,
    ) {
        cells.give(|node, identity| {
            let holds = || candidate.holds(node.receiver, node.decider, &self.night.identities.get(identity));
            (at(node.decider) && holds()).then_some((families, number))
        });
    }

    /// Takes the single candidates, those with most failures first, whose measure suffices by itself, contrast or not.
    pub fn accept_where(&mut self, cells: &mut Cells, suffices: impl Fn(&Measure) -> bool) {
        let known = |c: &Candidate| self.findings.iter().any(|f| f.candidate == *c);
        let wanted = |c: &Candidate, m: &Measure| suffices(m) && !known(c);
        let mut enough = self.weigh(self.view(cells, NOBODY), &self.index(cells), wanted);
        enough.sort_by(|a, b| b.1.fails.cmp(&a.1.fails).then_with(|| a.0.cmp(&b.0)));
        enough.truncate(self.judging.rounds as usize);
        for weighed in enough {
            self.push(self.finding(weighed, self.findings.len() as u32 + 1));
        }
        self.reassign(cells, &Candidate::FLEET);
    }

    /// Takes a candidate that witnesses name: the failures that say so, wherever `about` holds of their identity, what the
    /// organisations that `say` so leave unsaid there, and all of the findings about receivers whose place it takes.
    pub fn testified(
        &mut self,
        cells: &mut Cells,
        candidate: Candidate,
        witnesses: Witnesses,
        taken: &[u16],
        (about, says): (impl Fn(u32) -> bool + Send + Sync, impl Fn(u32) -> bool + Send + Sync),
    ) {
        let receivers: Vec<Candidate> =
            self.findings.iter().filter(|f| taken.contains(&f.number)).map(|f| f.candidate).collect();
        self.take_back(cells, taken);
        let finding = self.unrivalled(cells, candidate);
        let number = self.push(Finding { by_contrast: false, witnesses: Some(witnesses), ..finding }).number;
        cells.give(|node, identity| {
            let all = || self.night.identities.get(identity);
            let there = receivers.iter().any(|r| r.holds(node.receiver, node.decider, &all()));
            let unsaid = if says(node.decider) { Family::Generic.set() } else { Families::NONE };
            let families = if there { Families::OURS } else { witnesses.testimony.families().with(unsaid) };
            (there || about(identity)).then_some((families, number))
        });
    }

    /// Takes a candidate that nothing sets apart as a mere suspicion, with its open failures at these organisations.
    pub fn suspect(&mut self, cells: &mut Cells, candidate: Candidate, at: impl Fn(u32) -> bool + Send + Sync) {
        let finding = self.unrivalled(cells, candidate);
        let number = self.push(Finding { by_contrast: false, ..finding }).number;
        self.give(cells, &candidate, (Families::OURS, number), at);
    }

    /// Gives explicit words at a receiver to the finding about it, which is made where there is none: they are its own.
    pub fn says_so(&mut self, cells: &mut Cells, candidate: Candidate, words: Families) {
        let known = self.findings.iter().any(|f| f.candidate == candidate);
        if !known {
            self.accept(cells, candidate);
        }
        let Some(finding) = self.findings.iter_mut().find(|f| f.candidate == candidate) else { return };
        // Without deliveries nobody knows what else its customers took.
        finding.by_contrast &= known || cells.rates;
        let number = finding.number;
        self.give(cells, &candidate, (words, number), |_| true);
    }

    /// Takes findings back: their failures are nobody's again.
    pub fn take_back(&mut self, cells: &mut Cells, numbers: &[u16]) {
        unmark(cells, numbers);
        self.findings.retain(|f| !numbers.contains(&f.number));
    }

    /// Puts one candidate in the place of several findings.
    pub fn merge(&mut self, cells: &mut Cells, numbers: &[u16], candidate: Candidate) {
        self.take_back(cells, numbers);
        self.accept(cells, candidate);
    }

    /// Fits each finding with the others fixed. Returns whether anything changed.
    fn refit(&mut self, cells: &mut Cells, index: &Index, round: u32) -> bool {
        let (mut changed, mut at) = (false, 0);
        while self.findings.len() > 1 && at < self.findings.len() {
            let (old, number) = (self.findings[at].candidate, self.findings[at].number);
            match self.best(cells, index, round, number) {
                Some(new) if new.candidate == old => {
                    let round = self.findings[at].round;
                    self.findings[at] = Finding { number, round, ..new };
                    at += 1;
                }
                Some(new) => {
                    unmark(cells, &[number]);
                    self.findings[at] = Finding { number, ..new };
                    self.mark(cells, &self.findings[at]);
                    (changed, at) = (true, at + 1);
                }
                None => {
                    unmark(cells, &[number]);
                    self.findings.remove(at);
                    changed = true;
                }
            }
        }
        changed
    }
}

fn measure_one(view: View, candidate: Candidate) -> Measure {
    measure(view, &Index::only(candidate)).0[0]
}

/// Nothing explains the failures of these findings any more.
fn unmark(cells: &mut Cells, numbers: &[u16]) {
    cells.fails.iter_mut().filter(|fail| numbers.contains(&fail.by)).for_each(|fail| fail.by = NOBODY);
}
