//! Problems that two sets share.
//!
//! Texts are compared after normalization: letters, digits and the signs of formulas, without case,
//! spaces, punctuation, figures and LaTeX for layout. A problem of a training set counts as one of a
//! benchmark
//!
//! - if the normalized texts are equal; or
//! - if the Jaccard index of their sets of 20-character n-grams is at least 0.2, the digits of one
//!   (numbers in words included) are all in the other, and their answers are equal and more than the
//!   letter of a choice. Exercises made from one pattern differ in their numbers or answers, and do not
//!   count as the same. The answer k + m counts as equal to k/m: DAPO's problems ask for it where the
//!   original asks for the fraction.
//!
//! n-grams are of characters and not of words, since word boundaries in formulas depend on spacing. A
//! text of fewer than 20 characters has no n-grams and matches only by equality.

use super::problem::{Gold, Problem};
use rs_grpo_grade::{Answer, Grader, Verdict, number_in_words};
use std::collections::HashMap;

/// Characters of an n-gram.
const RUN: usize = 20;
/// Least Jaccard index of two problems that count as the same.
const LIKE: f64 = 0.2;

/// A training problem that is also in a benchmark.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Overlap {
    /// The name of the training problem.
    pub problem: String,
    /// The benchmark.
    pub benchmark: String,
    /// The name of its problem.
    pub of: String,
    /// Whether the normalized texts are equal rather than similar.
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
    /// Benchmark and number of the problems with each n-gram.
    runs: HashMap<u64, Vec<(usize, usize)>>,
    /// Number of different n-grams of each problem.
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
                let said = said(&problem.prompt);
                let all = character_runs(&said);
                texts.entry(said).or_default().push(place);
                sizes.insert(place, all.len());
                all.into_iter().for_each(|run| runs.entry(run).or_default().push(place));
            }
        }
        Self { benchmarks, texts, runs, sizes }
    }

    /// The first problem of a benchmark that this one matches.
    pub fn find(&self, problem: &Problem) -> Option<Overlap> {
        let overlap = |(at, number): (usize, usize), exact| Overlap {
            problem: problem.id.clone(),
            benchmark: self.benchmarks[at].name.clone(),
            of: self.benchmarks[at].problems[number].id.clone(),
            exact,
        };
        let said = said(&problem.prompt);
        if let Some(places) = self.texts.get(&said) {
            return Some(overlap(places[0], true));
        }
        self.alike(problem, &character_runs(&said)).map(|place| overlap(place, false))
    }

    fn alike(&self, problem: &Problem, mine: &[u64]) -> Option<(usize, usize)> {
        let mut common = HashMap::<_, usize>::new();
        for place in mine.iter().filter_map(|run| self.runs.get(run)).flatten() {
            *common.entry(*place).or_default() += 1;
        }
        let is_like = |(place, common): &(_, usize)| {
            *common as f64 >= LIKE * (mine.len() + self.sizes[place] - common) as f64
        };
        let mut alike: Vec<_> = common.into_iter().filter(is_like).collect();
        alike.sort();
        let is_same = |&(at, number): &(usize, usize)| {
            let theirs = &self.benchmarks[at].problems[number];
            same_digits(&problem.prompt, &theirs.prompt) && same_answer(problem, theirs)
        };
        alike.into_iter().map(|(place, _)| place).find(is_same)
    }
}

/// Whether one text has all the digits of the other.
fn same_digits(a: &str, b: &str) -> bool {
    let (a, b) = (digits(a), digits(b));
    a & b == a || a & b == b
}

/// The set of the digits of a text, as bits; those of `twelve` are 1 and 2. `One` is as often a pronoun.
fn digits(text: &str) -> u16 {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| *word != "one");
    let in_words: String =
        words.filter_map(number_in_words).map(|number| number.to_string()).collect();
    let all = said(text).into_bytes().into_iter().chain(in_words.into_bytes());
    all.filter(u8::is_ascii_digit).fold(0, |set, digit| set | 1 << (digit - b'0'))
}

fn same_answer(training: &Problem, benchmark: &Problem) -> bool {
    let (Gold::Math(training), Gold::Math(benchmark)) = (&training.gold, &benchmark.gold) else {
        return false;
    };
    let is_equal = || Grader::default().compare(training, benchmark).0 == Verdict::Correct;
    benchmark.kind() != "choice" && is_equal()
        || sum_of_terms(benchmark).is_some_and(|sum| training.key() == sum.to_string())
}

/// k + m for a fraction k/m.
fn sum_of_terms(answer: &Answer) -> Option<i128> {
    let key = answer.key();
    let (k, m) = key.split_once('/')?;
    k.parse::<i128>().ok()?.checked_add(m.parse().ok()?)
}

/// Signs that change the meaning of a formula.
const SIGNS: &str = "+-=<>/^|";

/// LaTeX commands for layout.
const SETTING: [&str; 26] = [
    "left",
    "right",
    "big",
    "bigl",
    "bigr",
    "displaystyle",
    "text",
    "textbf",
    "mathrm",
    "mathbf",
    "mbox",
    "operatorname",
    "underline",
    "overline",
    "quad",
    "qquad",
    "begin",
    "end",
    "aligned",
    "dots",
    "ldots",
    "cdots",
    "dotsc",
    "dotsm",
    "dotsb",
    "limits",
];

/// Mark-up around words in texts of forums.
const TAGS: [&str; 4] = ["[i]", "[/i]", "[b]", "[/b]"];

/// Normalizes a text.
fn said(text: &str) -> String {
    let mut text = without_figures(&text.to_lowercase());
    for tag in TAGS {
        text = text.replace(tag, "");
    }
    let (mut said, mut rest) = (String::with_capacity(text.len()), text.as_str());
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if c == '\\' {
            let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
            said.push_str(meaning(&rest[..end]));
            rest = &rest[end..];
        } else if c.is_alphanumeric() || SIGNS.contains(c) {
            said.push(c);
        }
    }
    said
}

/// The canonical name of a command.
fn meaning(command: &str) -> &str {
    match command {
        "dfrac" | "tfrac" => "frac",
        "leq" => "le",
        "geq" => "ge",
        "neq" => "ne",
        setting if SETTING.contains(&setting) => "",
        other => other,
    }
}

/// Removes Asymptote drawings, which MATH's problems contain and copies of them often lack.
fn without_figures(text: &str) -> String {
    let (mut kept, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, figure)) = rest.split_once("[asy]") {
        kept.push_str(before);
        rest = figure.split_once("[/asy]").map_or("", |(_, after)| after);
    }
    kept + rest
}

/// The different n-grams, each as its polynomial hash.
fn character_runs(said: &str) -> Vec<u64> {
    const BASE: u64 = 0x9E37_79B9_7F4A_7C15;
    let first = (1..RUN).fold(1_u64, |power, _| power.wrapping_mul(BASE));
    let characters: Vec<u64> = said.chars().map(u64::from).collect();
    let (mut runs, mut number) = (Vec::with_capacity(characters.len()), 0_u64);
    for (at, &character) in characters.iter().enumerate() {
        if at >= RUN {
            number = number.wrapping_sub(characters[at - RUN].wrapping_mul(first));
        }
        number = number.wrapping_mul(BASE).wrapping_add(character);
        if at + 1 >= RUN {
            runs.push(number);
        }
    }
    runs.sort_unstable();
    runs.dedup();
    runs
}
