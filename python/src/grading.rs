//! Grading of answers.

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use rs_grpo_grade::{Answer, Grader, Outcome, ReadError, Unboxed};
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
    py.detach(|| {
        // Completions of one problem stand together: its gold answer is read once.
        let mut read: Option<(&str, Result<Answer, ReadError>)> = None;
        let grade = |(gold, completion): (&PyBackedStr, &PyBackedStr)| {
            let gold: &str = gold;
            if read.as_ref().is_none_or(|(before, _)| *before != gold) {
                read = Some((gold, grader.parse_gold(gold)));
            }
            row(match &read {
                Some((_, Ok(answer))) => grader.grade_with(answer, completion),
                _ => grader.grade(gold, completion),
            })
        };
        golds.iter().zip(&completions).map(grade).collect()
    })
}

/// The indices of equal answers, the most frequent first; the first of each is the answer itself.
/// Absent where an answer cannot be read.
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
