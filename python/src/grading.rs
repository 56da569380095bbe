//! Grading of answers.

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use rs_grpo_grade::{Grader, Outcome, Unboxed};
use serde::Serialize;
use std::fmt;

/// Verdict, reward, the answer that was found, and how it was compared.
type Row = (String, Option<f64>, Option<String>, Option<String>);

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
        let pairs = golds.iter().zip(&completions);
        pairs.map(|(gold, completion)| row(grader.grade(gold, completion))).collect()
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
