//! Grading of answers.

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use rs_grpo_grade::{Answer, Grader, Outcome, Unboxed};
use serde::Serialize;
use std::fmt;

/// Verdict, reward, the answer that was found, and how it was compared.
type Row = (String, Option<f64>, Option<String>, Option<String>);

/// Version of the grader: another one may give other verdicts.
#[pyfunction]
pub(crate) fn grader_version() -> &'static str {
    rs_grpo_grade::VERSION
}

/// Grades completions, each against the gold answer beside it.
#[pyfunction]
pub(crate) fn grade(
    py: Python<'_>,
    golds: Vec<PyBackedStr>,
    completions: Vec<PyBackedStr>,
    boxed_only: bool,
) -> Vec<Row> {
    let grader = Grader::new(if boxed_only { Unboxed::Refuse } else { Unboxed::Lenient });
    let pairs: Vec<(&str, &str)> =
        golds.iter().zip(&completions).map(|(gold, text)| (&**gold, &**text)).collect();
    py.detach(|| {
        // Completions of one problem stand together: its gold answer is read once.
        let problems = pairs.chunk_by(|(gold, _), (next, _)| gold == next);
        problems.flat_map(|problem| grade_problem(&grader, problem)).collect()
    })
}

/// Grades completions that share a gold answer.
fn grade_problem(grader: &Grader, problem: &[(&str, &str)]) -> Vec<Row> {
    let gold = problem.first().and_then(|(gold, _)| grader.parse_gold(gold).ok());
    let grade = |(text, completion): &(&str, &str)| match &gold {
        Some(gold) => grader.grade_with(gold, completion),
        None => grader.grade(text, completion),
    };
    problem.iter().map(|pair| row(grade(pair))).collect()
}

/// Of each cluster of equal answers its leader and all its indices, the most frequent first. Answers
/// that cannot be read are in none.
#[pyfunction]
pub(crate) fn clusters(py: Python<'_>, answers: Vec<PyBackedStr>) -> Vec<(usize, Vec<usize>)> {
    py.detach(|| {
        let grader = Grader::default();
        let read = answers.iter().map(|text| grader.parse(text).ok()).enumerate();
        let (at, read): (Vec<usize>, Vec<Answer>) =
            read.filter_map(|(at, answer)| Some((at, answer?))).unzip();
        let named = |votes: Vec<usize>| votes.into_iter().map(|vote| at[vote]).collect();
        let clusters = grader.clusters(&read).into_iter();
        clusters.map(|cluster| (at[cluster.leader], named(cluster.votes))).collect()
    })
}

fn row(outcome: Outcome) -> Row {
    let Outcome { verdict, extracted, method, .. } = outcome;
    let method = method.map(|method| Word(method).to_string());
    (Word(verdict).to_string(), verdict.reward(), extracted, method)
}

/// The name that a value has in files, such as `gold_unparsable`.
struct Word<T>(T);

impl<T: Serialize> fmt::Display for Word<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.serialize(f)
    }
}
