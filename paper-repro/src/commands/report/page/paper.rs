//! The numbers of the paper's table, found by model, training set, method and benchmark.

use super::method;
use crate::failure::Failure;
use serde::Deserialize;

/// Origin in the file's header.
const TABLE: &str = include_str!("../../../../reference/paper_table.csv");

/// One line of the table, in percent.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Line {
    pub(super) model: String,
    pub(super) training_set: String,
    pub(super) method: String,
    pub(super) benchmark: String,
    pub(super) pass_at_1: f64,
    pub(super) pass_at_32: f64,
}

/// The table.
pub(super) struct Paper {
    pub(super) lines: Vec<Line>,
}

/// What was evaluated: a model as published, or what a training made of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Subject {
    /// The model at the start.
    pub(super) model: String,
    /// Problems and estimator of the training, where there was one.
    pub(super) training: Option<(String, String)>,
}

impl Paper {
    pub(super) fn read() -> Result<Self, Failure> {
        let mut reader =
            csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(TABLE.as_bytes());
        let lines: Result<_, _> = reader.deserialize().collect();
        let broken = |error| Failure::Failed(format!("the paper's table: {error}"));
        Ok(Self { lines: lines.map_err(broken)? })
    }

    /// The line of a subject on a benchmark, if the paper has one.
    pub(super) fn find(&self, subject: &Subject, benchmark: &str) -> Option<&Line> {
        let estimator = subject.training.as_ref().map(|(_, estimator)| estimator.as_str());
        let method = method::in_paper(estimator)?;
        self.lines.iter().find(|line| {
            let trained_on = |(data, _): &(String, String)| same_set(&line.training_set, data);
            line.method == method
                && same_model(&line.model, &subject.model)
                // The base model is the same whatever it is trained on.
                && subject.training.as_ref().is_none_or(trained_on)
                && same_set(&line.benchmark, benchmark)
        })
    }

    /// The paper's name of a model.
    pub(super) fn model(&self, name: &str) -> Option<&str> {
        self.lines.iter().map(|line| line.model.as_str()).find(|known| same_model(known, name))
    }

    /// The paper's name of a training set.
    pub(super) fn training_set(&self, name: &str) -> Option<&str> {
        let mut sets = self.lines.iter().map(|line| line.training_set.as_str());
        sets.find(|known| same_set(known, name))
    }

    /// The paper's name of a benchmark.
    pub(super) fn benchmark(&self, name: &str) -> Option<&str> {
        let mut all = self.lines.iter().map(|line| line.benchmark.as_str());
        all.find(|known| same_set(known, name))
    }
}

/// Whether a name on the command line, an alias, an id on the hub or a folder, is that of a model: some
/// part of it is its name, whatever the case and the punctuation.
fn same_model(known: &str, given: &str) -> bool {
    let parts = given.split(['/', '\\']).flat_map(|part| part.split("--"));
    let bare = |text: &str| letters(text.strip_prefix("Meta-").unwrap_or(text));
    parts.map(bare).any(|part| part == letters(known))
}

/// The same for a set of problems: the file's name without what follows the first point or colon.
fn same_set(known: &str, given: &str) -> bool {
    let name = given.rsplit(['/', '\\']).next().unwrap_or(given);
    letters(name.split(['.', ':']).next().unwrap_or(name)) == letters(known)
}

fn letters(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::{Paper, Subject};

    fn subject(model: &str, training: Option<(&str, &str)>) -> Subject {
        let owned = |(data, estimator): (&str, &str)| (data.to_owned(), estimator.to_owned());
        Subject { model: model.to_owned(), training: training.map(owned) }
    }

    /// Lines of the file beside it.
    #[test]
    fn a_line_is_found_by_any_name_of_its_model() {
        let paper = Paper::read().expect("the table");
        assert_eq!(paper.lines.len(), 28 * 7);
        let trained = Some(("data/deepmath103k.jsonl", "pkpo-loo1:k=4"));
        for model in
            ["qwen2.5-math-1.5b", "Qwen/Qwen2.5-Math-1.5B", "/m/models--Qwen--Qwen2.5-Math-1.5B/x"]
        {
            let found = |training, set| paper.find(&subject(model, training), set).cloned();
            let line = found(trained, "aime24").expect("a line");
            assert_eq!((line.pass_at_1, line.pass_at_32), (13.7, 34.5));
            let base = found(None, "benchmarks/AIME24.jsonl").expect("a line");
            assert_eq!((base.pass_at_1, base.pass_at_32), (5.8, 32.6));
        }
        assert_eq!(
            paper.model("meta-llama/Meta-Llama-3.1-8B-Instruct"),
            Some("Llama-3.1-8B-Instruct")
        );
    }

    #[test]
    fn what_the_paper_did_not_run_has_no_line() {
        let paper = Paper::read().expect("the table");
        let model = "qwen2.5-math-1.5b";
        let trained = |data, estimator| subject(model, Some((data, estimator)));
        for (other, set) in [
            (trained("math12k", "grpo"), "aime24"),
            (trained("deepmath103k", "rs-grpo:beta=4"), "aime24"),
            (trained("deepmath103k", "pkpo-loo1:k=8"), "aime24"),
            (trained("deepmath103k", "grpo"), "gsm8k"),
            (subject("countdown", None), "aime24"),
        ] {
            assert_eq!(paper.find(&other, set), None, "{other:?}");
        }
        assert!(paper.find(&trained("deepmath103k", "rs-grpo:beta=2"), "aime24").is_some());
    }
}
