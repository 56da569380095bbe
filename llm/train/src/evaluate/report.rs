//! The statistics of an evaluation.

use super::tally::Tally;
use crate::Result;
use rs_grpo::pass_at_k;
use rs_grpo_files::Refuse as _;
use rs_grpo_grade::Verdict;

/// The tallies of all problems. Problems whose gold answer cannot be read are counted but not part of
/// any statistic.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EvalReport {
    tallies: Vec<Tally>,
}

/// A statistic of a problem, averaged over problems. Statistics of answers are NaN with a reward
/// command, which does not report answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    /// The unbiased estimate of pass@k.
    PassAt(u64),
    /// Whether the most frequent answer is right.
    Majority,
    /// Distinct correct solutions.
    Solutions,
    /// Distinct answers.
    Answers,
    /// Entropy of the policy per token, in nats; NaN if the sampler does not report it.
    Entropy,
    /// Tokens per completion; NaN if the sampler does not report them.
    Length,
    /// Share of the completions that were truncated.
    Truncated,
    /// Share of the completions without an answer that could be read.
    Unparsable,
    /// Share of the completions that could not be graded within the budget.
    OverBudget,
}

impl EvalReport {
    /// A report of these tallies, one for each problem.
    pub fn new(tallies: Vec<Tally>) -> Self {
        Self { tallies }
    }

    /// Problems that are scored.
    fn scored(&self) -> impl Iterator<Item = &Tally> {
        self.tallies.iter().filter(|tally| tally.gold_unparsable == 0)
    }

    /// Number of problems that are not scored, because their gold answer cannot be read.
    pub fn left_out(&self) -> usize {
        self.tallies.len() - self.scored().count()
    }

    /// Completions of a verdict, of all problems.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.tallies.iter().map(|tally| tally.count(verdict)).sum()
    }

    /// Smallest number of completions of a problem.
    pub fn samples(&self) -> usize {
        self.scored().map(|tally| tally.samples).min().unwrap_or(0)
    }

    /// 1, 2, 4, … up to the number of completions, which comes last.
    pub fn ks(&self) -> Vec<u64> {
        let most = self.samples() as u64;
        let mut ks: Vec<u64> = (0..).map(|power| 1 << power).take_while(|&k| k <= most).collect();
        if ks.last() != Some(&most) && most > 0 {
            ks.push(most);
        }
        ks
    }

    /// A statistic of each problem.
    ///
    /// # Errors
    /// A `k` over the number of completions.
    pub fn values(&self, statistic: Statistic) -> Result<Vec<f64>> {
        self.scored().map(|tally| value(tally, statistic)).collect()
    }

    /// The mean of a statistic over the problems; NaN without problems.
    ///
    /// # Errors
    /// A `k` over the number of completions.
    pub fn mean(&self, statistic: Statistic) -> Result<f64> {
        let values = self.values(statistic)?;
        Ok(values.iter().sum::<f64>() / values.len() as f64)
    }
}

fn value(tally: &Tally, statistic: Statistic) -> Result<f64> {
    let per = |sum: f64, count: usize| if count == 0 { 0.0 } else { sum / count as f64 };
    Ok(match statistic {
        Statistic::PassAt(k) => pass_at_k(tally.samples as u64, tally.correct as u64, k)
            .map_err(|error| crate::Error::parameter("k", k, error.to_string()))?,
        Statistic::Majority
        | Statistic::Solutions
        | Statistic::Answers
        | Statistic::Unparsable
        | Statistic::OverBudget
            if tally.rewarded =>
        {
            f64::NAN
        }
        Statistic::Majority => tally.majority,
        Statistic::Solutions => tally.solutions as f64,
        Statistic::Answers => tally.answers as f64,
        Statistic::Entropy => {
            tally.entropy.zip(tally.tokens).map_or(f64::NAN, |(sum, tokens)| per(sum, tokens))
        }
        Statistic::Length => {
            tally.tokens.map_or(f64::NAN, |tokens| per(tokens as f64, tally.samples))
        }
        Statistic::Truncated => per(tally.truncated as f64, tally.samples),
        Statistic::Unparsable => per(tally.unparsable as f64, tally.samples),
        Statistic::OverBudget => per(tally.over_budget as f64, tally.samples),
    })
}
