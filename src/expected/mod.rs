//! The exact expectation of an estimator over groups of `N` draws from a policy.
//!
//! | file | what |
//! |---|---|
//! | `levels` | the distinct rewards of a policy |
//! | `quadrature` | the integral over the Laplace transform of one draw, and its error |
//! | `rs_grpo`, `rs_loo` | the two estimators that need it |
//! | `max_at_k` | a closed form for all unbiased estimators of max@k |
//! | `enumeration` | every other estimator, where few rewards are distinct |

mod enumeration;
mod levels;
mod max_at_k;
mod quadrature;
mod rs_grpo;
mod rs_loo;

use crate::estimators::rs_grpo::check_beta;
use crate::group::require_count;
use crate::{Error, Estimator, Policy};
use levels::Levels;

/// Range of the tolerance.
const TOLERANCES: std::ops::RangeInclusive<f64> = 1e-15..=1e-3;
/// Largest group.
const MAX_GROUP: usize = 1 << 24;

impl Estimator {
    /// Writes the expected advantage of each of the `K` arms in a group of `group_size` draws from `policy`
    /// into `out` (length `K`), and returns a bound on the error of each.
    ///
    /// # Formula
    /// ```text
    /// out_a = E[ A₁ | a₁ = a ] − E[ A₁ ]
    /// ```
    /// so that the expected gradient of the group, `E[ (1/N) Σᵢ Aᵢ ∇log π(aᵢ) ]`, has the component
    /// `π_a out_a` along the logit of arm `a`. For estimators whose advantages sum to 0, `E[A₁] = 0`.
    ///
    /// `tolerance`, from 1e-15 to 1e-3, is the relative error of the integral that [`Estimator::RsGrpo`]
    /// and [`Estimator::RsLoo`] need; the cost grows with the square of its digits. For max@k
    /// (`pkpo…`, and `grpo-passk` without division) there is a closed form; every other estimator is
    /// evaluated on all groups, which is possible where few rewards are distinct.
    ///
    /// `N → ∞` is [`Estimator::population_advantages_into`]. On binary rewards, out of a correct response
    /// less out of a wrong one is [`effective_weight`](crate::effective_weight).
    ///
    /// # Errors
    /// A `group_size` outside 1 to 2²⁴, a tolerance outside its range, an `out` of another length, what the
    /// estimator refuses at this group size, or [`Error::TooManyGroups`].
    #[inline(always)]
    pub fn expected_advantages_into(
        &self,
        policy: Policy<'_>,
        group_size: usize,
        tolerance: f64,
        out: &mut [f64],
    ) -> Result<f64, Error> {
        self.check_output(policy.rewards().len(), out)?;
        if !(1..=MAX_GROUP).contains(&group_size) {
            return Err(Error::parameter("group size", group_size, "1 to 16777216"));
        }
        if !TOLERANCES.contains(&tolerance) {
            return Err(Error::parameter("tolerance", tolerance, "1e-15 to 1e-3"));
        }
        let levels = Levels::of(policy);
        let (by_level, error) = self.expected(&levels, group_size, tolerance)?;
        levels.spread_into(&by_level, out);
        let (group, _) = policy.parts();
        self.check_finite(group, out)?;
        Ok(error)
    }

    #[inline(always)]
    fn expected(
        &self,
        levels: &Levels,
        n: usize,
        tolerance: f64,
    ) -> Result<(Vec<f64>, f64), Error> {
        let scaled = |k: usize, factor: f64| {
            let (mut advantages, error) = max_at_k::advantages(levels, k);
            advantages.iter_mut().for_each(|advantage| *advantage *= factor);
            (advantages, factor * error)
        };
        let max_at = |k: usize, least: usize, spare: usize| {
            require_count(n, "k", k, least, spare).map(|()| scaled(k, 1.0))
        };
        match *self {
            Self::RsGrpo { beta } => {
                check_beta(beta)?;
                Ok(rs_grpo::advantages(levels, beta, n, tolerance))
            }
            Self::RsLoo { beta } => {
                check_beta(beta)?;
                rs_loo::advantages(levels, beta, n, tolerance)
            }
            Self::DrGrpo => Ok(rs_grpo::advantages(levels, 0.0, n, tolerance)),
            Self::Rloo if n >= 2 => rs_loo::advantages(levels, 0.0, n, tolerance),
            Self::Pkpo { k } => max_at(k, 1, 0),
            Self::PkpoLoo { k } | Self::PkpoLooMm { k } => max_at(k, 1, 1),
            Self::PkpoLoo1 { k } => max_at(k, 2, 0),
            Self::GrpoPassK { normalise: false } if n >= 2 => Ok(scaled(n, 1.0 / n as f64)),
            _ => enumeration::advantages(self, levels, n),
        }
    }
}
