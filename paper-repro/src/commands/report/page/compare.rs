//! Evaluations beside the paper's table.

use super::document::{Block, Inline, Paragraph, plain, table};
use super::evaluation::ReportedEvaluation;
use super::method;
use super::paper::{Line, Paper, Subject};
use crate::failure::Failure;
use rs_grpo_figures::Column;
use rs_grpo_train::evaluate::Estimate;

/// Shown in place of a missing number.
pub(super) const NONE: &str = "–";
/// The k of the paper's table.
const KS: [u64; 2] = [1, 32];

/// What the columns are, and a table for each model and training.
pub(super) fn blocks(
    evaluations: &[ReportedEvaluation],
    paper: &Paper,
) -> Result<Vec<Block>, Failure> {
    if evaluations.is_empty() {
        return Ok(Vec::new());
    }
    let mut blocks = vec![Block::Text(explanation())];
    for subject in subjects(evaluations) {
        let of: Vec<&ReportedEvaluation> =
            evaluations.iter().filter(|e| e.subject == *subject).collect();
        let mut rows: Vec<Vec<String>> = of.iter().map(|e| row(e, paper)).collect();
        rows.extend(average(&of, subject, paper));
        let mut columns = vec![Column::left("benchmark"), Column::right("problems")];
        columns.push(Column::right("samples"));
        for k in KS {
            columns.push(Column::right(format!("pass@{k}, paper")));
            columns.push(Column::right(format!("pass@{k}, here")));
            columns.push(Column::right("difference"));
        }
        blocks.push(Block::Table { caption: name(subject), table: table(columns, rows)? });
    }
    if blocks.len() > 1 && !evaluations.iter().any(|e| line(e, paper).is_some()) {
        blocks.push(Block::Text(plain(
            "The paper has no number for any of these models, trainings and benchmarks, so there is nothing \
             to take a difference from.",
        )));
    }
    Ok(blocks)
}

fn explanation() -> Paragraph {
    vec![
        Inline::Plain(
            "Percent, with 95 % intervals in brackets: a bootstrap over the problems, and over the seeds where \
             there are several. The paper's numbers are those of its results table ("
                .to_owned(),
        ),
        Inline::Link { text: "arXiv:2509.24261", url: "https://arxiv.org/abs/2509.24261" },
        Inline::Plain(format!(
            "), printed without intervals: a difference has the interval of this side alone. {NONE} stands \
             where the paper, or this evaluation, has no such number."
        )),
    ]
}

/// The subjects, each once, in the order of their first evaluation.
pub(super) fn subjects(evaluations: &[ReportedEvaluation]) -> Vec<&Subject> {
    let mut subjects: Vec<&Subject> = Vec::new();
    for evaluation in evaluations {
        if !subjects.contains(&&evaluation.subject) {
            subjects.push(&evaluation.subject);
        }
    }
    subjects
}

/// A subject in a caption.
pub(super) fn name(subject: &Subject) -> String {
    match &subject.training {
        None => format!("{}, not trained", subject.model),
        Some((data, estimator)) => {
            format!("{} trained on {data} with {}", subject.model, method::label(estimator))
        }
    }
}

fn line<'a>(evaluation: &ReportedEvaluation, paper: &'a Paper) -> Option<&'a Line> {
    paper.find(&evaluation.subject, &evaluation.benchmark)
}

fn row(evaluation: &ReportedEvaluation, paper: &Paper) -> Vec<String> {
    let known = paper.benchmark(&evaluation.benchmark).unwrap_or(&evaluation.benchmark);
    let mut row =
        vec![known.to_owned(), evaluation.problems.to_string(), evaluation.samples.to_string()];
    let line = line(evaluation, paper);
    for k in KS {
        row.extend(triple(printed(line, k), evaluation.pass_at(k).map(percent)));
    }
    row
}

/// The mean over the paper's benchmarks, where all of them were evaluated.
fn average(of: &[&ReportedEvaluation], subject: &Subject, paper: &Paper) -> Option<Vec<String>> {
    const BENCHMARKS: usize = 6;
    let known = |e: &&&ReportedEvaluation| paper.benchmark(&e.benchmark).is_some();
    let of: Vec<_> = of.iter().filter(known).collect();
    if of.len() != BENCHMARKS {
        return None;
    }
    let line = paper.find(subject, "Average");
    let mut row = vec!["Average".to_owned(), NONE.to_owned(), NONE.to_owned()];
    for k in KS {
        let all: Option<Vec<Estimate>> = of.iter().map(|e| e.pass_at(k).map(percent)).collect();
        row.extend(triple(printed(line, k), all.map(|all| mean(&all))));
    }
    Some(row)
}

/// The mean of independent estimates: the halves of their intervals add up as deviations do.
fn mean(estimates: &[Estimate]) -> Estimate {
    let count = estimates.len() as f64;
    let mean = estimates.iter().map(|e| e.mean).sum::<f64>() / count;
    let half = |side: fn(&Estimate) -> f64| {
        estimates.iter().map(|e| (side(e) - e.mean).powi(2)).sum::<f64>().sqrt() / count
    };
    Estimate { mean, low: mean - half(|e| e.low), high: mean + half(|e| e.high) }
}

fn printed(line: Option<&Line>, k: u64) -> Option<f64> {
    line.map(|line| if k == 1 { line.pass_at_1 } else { line.pass_at_32 })
}

fn percent(estimate: &Estimate) -> Estimate {
    let Estimate { mean, low, high } = estimate;
    Estimate { mean: 100.0 * mean, low: 100.0 * low, high: 100.0 * high }
}

/// The paper's number, the one here, and the second less the first.
fn triple(paper: Option<f64>, here: Option<Estimate>) -> [String; 3] {
    let none = || NONE.to_owned();
    let here = here.filter(|estimate| estimate.mean.is_finite());
    let difference = paper.zip(here).map(|(paper, e)| {
        let [mean, low, high] = [e.mean, e.low, e.high].map(|x| x - paper);
        format!("{mean:+.1} [{low:+.1}, {high:+.1}]")
    });
    let own = here.map(|e| format!("{:.1} [{:.1}, {:.1}]", e.mean, e.low, e.high));
    [
        paper.map_or_else(none, |paper| format!("{paper:.1}")),
        own.unwrap_or_else(none),
        difference.unwrap_or_else(none),
    ]
}

impl ReportedEvaluation {
    /// pass@k, if it was estimated for this k.
    pub(super) fn pass_at(&self, k: u64) -> Option<&Estimate> {
        self.pass_at.iter().find(|(other, _)| *other == k).map(|(_, estimate)| estimate)
    }
}

#[cfg(test)]
mod tests {
    use super::{mean, triple};
    use rs_grpo_train::evaluate::Estimate;

    /// 40 − 32.6 = 7.4, 35 − 32.6 = 2.4, 46 − 32.6 = 13.4.
    #[test]
    fn a_difference_has_the_interval_of_this_side() {
        let here = Estimate { mean: 40.0, low: 35.0, high: 46.0 };
        let expected = ["32.6", "40.0 [35.0, 46.0]", "+7.4 [+2.4, +13.4]"];
        assert_eq!(triple(Some(32.6), Some(here)), expected);
        assert_eq!(triple(None, Some(here))[2], "–");
        assert_eq!(triple(Some(32.6), None), ["32.6", "–", "–"]);
    }

    /// Two means of 10 and 20 with halves 3 and 4 below, 6 and 8 above: √(9 + 16)/2 and √(36 + 64)/2.
    #[test]
    fn halves_of_intervals_add_up_as_deviations_do() {
        let one = Estimate { mean: 10.0, low: 7.0, high: 16.0 };
        let other = Estimate { mean: 20.0, low: 16.0, high: 28.0 };
        assert_eq!(mean(&[one, other]), Estimate { mean: 15.0, low: 12.5, high: 20.0 });
    }
}
