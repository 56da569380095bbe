//! Trials of one statement on many instances, in parallel; the tally does not depend on the number of
//! threads.

use super::{Enclosure, Instance, Sign};
use crate::Error;
use rayon::prelude::*;
use serde::Serialize;

/// Trials that one task of the thread pool runs in sequence.
const CHUNK: u64 = 256;

/// The outcome of a statement over all its trials.
///
/// A trial has a *margin*: a number that the statement says is positive, computed with a rigorous
/// bound on its error. Beyond the bound on the wrong side it is a violation; within the bound it is
/// undecided.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// Short name of the statement.
    pub name: &'static str,
    /// The statement.
    pub claim: &'static str,
    /// What the margin measures, in words.
    pub margin: &'static str,
    /// Number of trials that met the premise of the statement.
    pub instances: u64,
    /// Number of trials that contradict the statement.
    pub violations: u64,
    /// Number of trials whose margin is smaller than its error bound.
    pub undecided: u64,
    /// Smallest margin of all trials; `None` without trials.
    pub worst_margin: Option<f64>,
    /// The trial whose margin is smallest relative to its error bound.
    pub closest: Option<Trial>,
}

/// One trial of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Trial {
    /// What the statement says is positive.
    pub margin: Enclosure,
    /// Number of arms `K`.
    pub arms: usize,
    /// Total probability `P` of the best arms.
    pub best_mass: f64,
    /// Risk parameter `β`.
    pub beta: f64,
    /// Step size `α`, if the statement is about a step.
    pub step: Option<f64>,
}

impl Trial {
    /// A trial on `instance`.
    pub(crate) fn new(
        instance: &Instance,
        beta: f64,
        step: Option<f64>,
        margin: Enclosure,
    ) -> Self {
        Self { margin, arms: instance.arms(), best_mass: instance.best_mass(), beta, step }
    }
}

/// A statement to check.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claim {
    pub(crate) name: &'static str,
    pub(crate) claim: &'static str,
    pub(crate) margin: &'static str,
}

impl Claim {
    /// Runs trials `0..count`; `None` says that a trial does not meet the premise.
    pub(crate) fn check(
        self,
        count: u64,
        trial: impl Fn(u64) -> Result<Option<Trial>, Error> + Sync,
    ) -> Result<Check, Error> {
        Ok(self.tally(parallel(count, trial)?))
    }

    /// Counts the outcomes of trials.
    pub(crate) fn tally(self, trials: impl IntoIterator<Item = Trial>) -> Check {
        let mut check = Check {
            name: self.name,
            claim: self.claim,
            margin: self.margin,
            instances: 0,
            violations: 0,
            undecided: 0,
            worst_margin: None,
            closest: None,
        };
        trials.into_iter().for_each(|trial| check.add(trial));
        check
    }
}

impl Check {
    fn add(&mut self, trial: Trial) {
        self.instances += 1;
        match trial.margin.sign() {
            Sign::Positive => {}
            Sign::Negative => self.violations += 1,
            Sign::Undecided => self.undecided += 1,
        }
        let margin = trial.margin.value;
        self.worst_margin = Some(self.worst_margin.map_or(margin, |worst| worst.min(margin)));
        let rank = |trial: &Trial| (trial.margin.certainty(), trial.margin.value);
        if self.closest.is_none_or(|closest| rank(&trial) < rank(&closest)) {
            self.closest = Some(trial);
        }
    }
}

/// Runs trials `0..count` and returns their outcomes in order, leaving out `None`.
pub(crate) fn parallel<T: Send>(
    count: u64,
    trial: impl Fn(u64) -> Result<Option<T>, Error> + Sync,
) -> Result<Vec<T>, Error> {
    let chunk = |start: u64| {
        (start..(start + CHUNK).min(count))
            .filter_map(|index| trial(index).transpose())
            .collect::<Result<Vec<T>, Error>>()
    };
    let starts: Vec<u64> = (0..count).step_by(CHUNK as usize).collect();
    let chunks = starts.into_par_iter().map(chunk);
    let chunks = chunks.collect::<Result<Vec<_>, Error>>()?;
    Ok(chunks.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLAIM: Claim = Claim { name: "", claim: "", margin: "" };

    fn trial(value: f64, error: f64) -> Trial {
        let margin = Enclosure { value, error };
        Trial { margin, arms: 2, best_mass: 0.5, beta: 0.0, step: None }
    }

    #[test]
    fn counts_violations_and_undecided_apart() {
        let margins = [(1.0, 0.1), (-1.0, 0.1), (0.05, 0.1), (-0.1, 0.1), (f64::NAN, 0.1)];
        let check = CLAIM.tally(margins.map(|(value, error)| trial(value, error)));
        assert_eq!((check.instances, check.violations, check.undecided), (5, 1, 3));
        assert_eq!(check.worst_margin, Some(-1.0));
        assert_eq!(check.closest, Some(trial(-1.0, 0.1)));
    }

    #[test]
    fn leaves_out_trials_without_the_premise_and_keeps_the_order() {
        let even = |i: u64| Ok((i.is_multiple_of(2)).then_some(i));
        assert_eq!(parallel(1001, even).unwrap(), (0..=1000).step_by(2).collect::<Vec<_>>());
        assert_eq!(CLAIM.check(10, |_| Ok(None)).unwrap().worst_margin, None);
    }
}
