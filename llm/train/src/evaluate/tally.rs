//! The completions of one problem, counted.

use rs_grpo_grade::{Answer, Grader, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::iter::repeat_n;

/// A graded completion: one line of an evaluation's file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Graded {
    /// Name of the problem.
    pub problem: String,
    /// Index among the completions of the problem.
    pub sample: usize,
    /// Its text.
    pub completion: String,
    /// Whether it is correct, and if not, why.
    pub verdict: Verdict,
    /// What a program says that it is worth; absent where the grader decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reward: Option<f64>,
    /// Its answer as it is written, if it has one. Files of earlier versions hold a form that is
    /// the same for most equal answers.
    pub answer: Option<String>,
    /// Its way to the answer, if it is correct.
    pub solution: Option<String>,
    /// Its tokens; absent where the sampler does not count them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<usize>,
    /// Sum of the entropies of the policy at its tokens, in nats; absent where the sampler does not
    /// tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entropy: Option<f64>,
    /// Whether it ended for want of room.
    pub truncated: bool,
}

/// What the completions of one problem say.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Completions.
    pub samples: usize,
    /// Correct ones.
    pub correct: usize,
    /// Wrong ones: with an answer, which is another than the gold one.
    pub wrong: usize,
    /// Completions without an answer that could be read.
    pub unparsable: usize,
    /// Completions that could not be graded within the budget.
    pub over_budget: usize,
    /// Completions whose gold answer cannot be read: all of them, or none.
    pub gold_unparsable: usize,
    /// Whether a program said which are correct, and nothing of their answers.
    pub rewarded: bool,
    /// Whether the most frequent answer is correct, 1 or 0; where several tie, the share of them that
    /// are. Answers are told apart as the grader does, see [`Grader::clusters`].
    pub majority: f64,
    /// Distinct correct solutions.
    pub solutions: usize,
    /// Answers that differ, right or wrong.
    pub answers: usize,
    /// Tokens of all completions, where all were counted.
    pub tokens: Option<usize>,
    /// Sum of the policy's entropies at all tokens, in nats, where all are known.
    pub entropy: Option<f64>,
    /// Completions that ended for want of room.
    pub truncated: usize,
}

impl Tally {
    /// Counts the completions of one problem.
    pub fn of<'a>(graded: impl IntoIterator<Item = &'a Graded>) -> Self {
        let mut tally = Self { tokens: Some(0), entropy: Some(0.0), ..Self::default() };
        let mut votes: BTreeMap<&str, (usize, bool)> = BTreeMap::new();
        let mut solutions = BTreeSet::new();
        for line in graded {
            tally.samples += 1;
            tally.rewarded |= line.reward.is_some();
            let correct = line.verdict == Verdict::Correct;
            *tally.count_mut(line.verdict) += 1;
            tally.tokens = tally.tokens.zip(line.tokens).map(|(sum, own)| sum + own);
            tally.entropy = tally.entropy.zip(line.entropy).map(|(sum, own)| sum + own);
            tally.truncated += usize::from(line.truncated);
            solutions.extend(line.solution.as_deref());
            if let Some(answer) = &line.answer {
                let (count, right) = votes.entry(answer).or_default();
                *count += 1;
                *right |= correct;
            }
        }
        let answers = clusters(&votes);
        let most = answers.iter().map(|(count, _)| *count).max().unwrap_or(0);
        let winners = || answers.iter().filter(|(count, _)| *count == most);
        let right = winners().filter(|(_, correct)| *correct).count();
        tally.majority = right as f64 / winners().count().max(1) as f64;
        tally.solutions = solutions.len();
        tally.answers = answers.len();
        tally
    }

    /// Completions of a verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        match verdict {
            Verdict::Correct => self.correct,
            Verdict::Wrong => self.wrong,
            Verdict::PredictionUnparsable => self.unparsable,
            Verdict::BudgetExceeded => self.over_budget,
            Verdict::GoldUnparsable => self.gold_unparsable,
        }
    }

    fn count_mut(&mut self, verdict: Verdict) -> &mut usize {
        match verdict {
            Verdict::Correct => &mut self.correct,
            Verdict::Wrong => &mut self.wrong,
            Verdict::PredictionUnparsable => &mut self.unparsable,
            Verdict::BudgetExceeded => &mut self.over_budget,
            Verdict::GoldUnparsable => &mut self.gold_unparsable,
        }
    }
}

/// The votes of answers that are the same, and whether these are correct, from the votes of each
/// text. A text that cannot be read stands for itself.
fn clusters(texts: &BTreeMap<&str, (usize, bool)>) -> Vec<(usize, bool)> {
    let grader = Grader::default();
    let read: Vec<Option<Answer>> = texts.keys().map(|text| grader.parse(text).ok()).collect();
    let (mut votes, mut correct, mut clusters) = (Vec::new(), Vec::new(), Vec::new());
    for (answer, &(count, right)) in read.iter().zip(texts.values()) {
        match answer {
            Some(answer) => {
                votes.extend(repeat_n(answer, count));
                correct.extend(repeat_n(right, count));
            }
            None => clusters.push((count, right)),
        }
    }
    let of_grader = grader.clusters(&votes).into_iter();
    clusters.extend(of_grader.map(|cluster| (cluster.votes.len(), correct[cluster.leader])));
    clusters
}
