//! All checks in one report.

use super::gradient_check::{self, GradientAgreement};
use super::group_check::{self, RescueRate};
use super::lemma1::{self, FallRate};
use super::lemma2::{self, Ratios, Tightness};
use super::{Check, tradeoff};
use crate::Error;
use serde::Serialize;

/// Each row of the fall rates has one bandit for every ten instances of a check.
const FALL_RATE_SHARE: u64 = 10;
/// The rescue rates look at one bandit for every fifty instances of a check.
const RESCUE_SHARE: u64 = 50;
const INSTANCES: std::ops::RangeInclusive<u64> = 1..=100_000_000;

/// The outcome of every check.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Seed of every random bandit.
    pub seed: u64,
    /// Number of random bandits of each check.
    pub instances: u64,
    /// The outcome of each statement.
    pub checks: Vec<Check>,
    /// How closely the analytic gradient and dual numbers agree.
    pub agreement: GradientAgreement,
    /// How often the standard gradient lowers the optimal arm.
    pub fall_rates: Vec<FallRate>,
    /// How often some β raises an optimal arm that the standard gradient lowers.
    pub rescue_rates: Vec<RescueRate>,
    /// How far `β̄` lies above the exact thresholds.
    pub tightness: Tightness,
}

impl Report {
    /// The number of trials, over all checks, that contradict their statement.
    pub fn violations(&self) -> u64 {
        self.checks.iter().map(|check| check.violations).sum()
    }
}

/// Runs every check on `instances` random bandits each, from 1 to 100,000,000.
///
/// The result depends on the seed alone, neither on the number of threads nor on the machine. Also
/// returns the ratios behind [`Report::tightness`].
///
/// # Errors
/// A number of instances outside its range.
pub fn verify(seed: u64, instances: u64) -> Result<(Report, Ratios), Error> {
    if !INSTANCES.contains(&instances) {
        let allowed = "1 to 100000000";
        return Err(Error::parameter("instances", instances, allowed));
    }
    let (gradient, agreement) = gradient_check::check(seed, instances)?;
    let mut checks = vec![gradient];
    checks.extend(lemma1::checks(seed, instances)?);
    checks.extend(lemma2::checks(seed, instances)?);
    checks.extend(tradeoff::checks(seed, instances)?);
    checks.extend(group_check::checks(seed, instances)?);
    let ratios = lemma2::ratios(seed, instances)?;
    let report = Report {
        seed,
        instances,
        checks,
        agreement,
        fall_rates: lemma1::fall_rates(seed, instances.div_ceil(FALL_RATE_SHARE))?,
        rescue_rates: group_check::rescue_rates(seed, instances.div_ceil(RESCUE_SHARE))?,
        tightness: ratios.tightness.clone(),
    };
    Ok((report, ratios))
}
