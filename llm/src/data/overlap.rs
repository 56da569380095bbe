//! Problems that two sets share.
//!
//! A problem of a training set is taken for one of a benchmark
//!
//! - where both are the same text, but for case, spaces and dollar signs; or
//! - where half of their different runs of eight words are common to both (the Jaccard index), and
//!   their answers are equal. Without the answers, sets of exercises made from one pattern ("the number
//!   of ways to arrange the letters of …") would be taken for one another.
//!
//! A problem of fewer than eight words has no runs, and is found by its text alone.

use crate::grade::{Answer, Grader, Verdict};
use crate::task::{Gold, Problem};
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Words in a run.
const RUN: usize = 8;
/// Share of common runs from which two problems count as one.
const LIKE: f64 = 0.5;

/// A training problem that a benchmark holds.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Overlap {
    /// The name of the training problem.
    pub problem: String,
    /// The benchmark.
    pub benchmark: String,
    /// The name of its problem.
    pub of: String,
    /// Whether the texts are the same, or only alike.
    pub exact: bool,
}

/// A benchmark to compare with.
#[derive(Debug, Clone)]
pub struct Benchmark {
    /// Its name.
    pub name: String,
    /// Its problems.
    pub problems: Vec<Problem>,
}

/// An index of the problems of benchmarks.
#[derive(Debug)]
pub struct Overlaps<'a> {
    benchmarks: &'a [Benchmark],
    /// Benchmark and number of the problems of each text.
    texts: HashMap<String, Vec<(usize, usize)>>,
    /// And of those that have each run of words.
    runs: HashMap<u64, Vec<(usize, usize)>>,
    /// Different runs of each problem.
    sizes: HashMap<(usize, usize), usize>,
}

impl<'a> Overlaps<'a> {
    /// Reads the benchmarks.
    pub fn new(benchmarks: &'a [Benchmark]) -> Self {
        let (mut texts, mut runs) = (HashMap::<_, Vec<_>>::new(), HashMap::<_, Vec<_>>::new());
        let mut sizes = HashMap::new();
        for (at, benchmark) in benchmarks.iter().enumerate() {
            for (number, problem) in benchmark.problems.iter().enumerate() {
                let place = (at, number);
                texts.entry(plain(&problem.prompt)).or_default().push(place);
                let all = word_runs(&problem.prompt);
                sizes.insert(place, all.len());
                all.into_iter().for_each(|run| runs.entry(run).or_default().push(place));
            }
        }
        Self { benchmarks, texts, runs, sizes }
    }

    /// The first problem of a benchmark that this one is.
    pub fn find(&self, problem: &Problem) -> Option<Overlap> {
        let overlap = |(at, number): (usize, usize), exact| Overlap {
            problem: problem.id.clone(),
            benchmark: self.benchmarks[at].name.clone(),
            of: self.benchmarks[at].problems[number].id.clone(),
            exact,
        };
        if let Some(places) = self.texts.get(&plain(&problem.prompt)) {
            return Some(overlap(places[0], true));
        }
        self.alike(problem).map(|place| overlap(place, false))
    }

    fn alike(&self, problem: &Problem) -> Option<(usize, usize)> {
        let mine = word_runs(&problem.prompt);
        let mut common = HashMap::<_, usize>::new();
        for place in mine.iter().filter_map(|run| self.runs.get(run)).flatten() {
            *common.entry(*place).or_default() += 1;
        }
        let is_like = |(place, common): &(_, usize)| {
            *common as f64 >= LIKE * (mine.len() + self.sizes[place] - common) as f64
        };
        let mut alike: Vec<_> = common.into_iter().filter(is_like).collect();
        alike.sort();
        let theirs = |&(at, number): &(usize, usize)| &self.benchmarks[at].problems[number];
        alike.into_iter().map(|(place, _)| place).find(|place| same_answer(problem, theirs(place)))
    }
}

fn same_answer(a: &Problem, b: &Problem) -> bool {
    let math = |problem: &'_ Problem| -> Option<Answer> {
        match &problem.gold {
            Gold::Math(answer) => Some(answer.clone()),
            Gold::Countdown(_) => None,
        }
    };
    let (Some(a), Some(b)) = (math(a), math(b)) else { return false };
    Grader::default().compare(&a, &b).0 == Verdict::Correct
}

/// The text without case, spaces and dollar signs.
fn plain(text: &str) -> String {
    let kept = text.chars().filter(|c| !c.is_whitespace() && *c != '$');
    kept.flat_map(char::to_lowercase).collect()
}

/// Every run of words once, as a number.
fn word_runs(text: &str) -> HashSet<u64> {
    let lower = text.to_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let number = |run: &[&str]| {
        let mut hasher = DefaultHasher::new();
        run.hash(&mut hasher);
        hasher.finish()
    };
    words.windows(RUN).map(number).collect()
}
