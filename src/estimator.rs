//! The estimators as one value, and the one dispatch.

use crate::estimators::focal::Base;
use crate::estimators::{
    dr_grpo, entropic_adaptive, entropic_loo, focal, grpo, grpo_passk, maxrl, pass_at_k,
    pass_at_k_rloo, pkpo, rloo, rs_grpo, rs_loo,
};
use crate::group::all_finite;
use crate::moments::{Spread, Weighting};
use crate::{Error, Group, Scratch};

/// A rule that turns the rewards of one group into advantages.
///
/// It has a text form, `name:key=value,key=value`, in both directions: [`str::parse`] and
/// [`ToString`]. [`CATALOGUE`](crate::CATALOGUE) lists what each one optimises and where it is from.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Estimator {
    /// `rs-grpo:beta=2`: risk-sensitive GRPO.
    RsGrpo {
        /// Risk parameter β, any finite number.
        beta: f64,
    },
    /// `grpo`, `grpo:eps=1e-4`, `grpo:std=population`.
    Grpo {
        /// Added to the standard deviation; ≥ 0.
        epsilon: f64,
        /// Divisor of the variance.
        spread: Spread,
    },
    /// `dr-grpo`: reward less group mean.
    DrGrpo,
    /// `rloo`: leave-one-out baseline.
    Rloo,
    /// `maxrl`: deviation relative to the mean; rewards ≥ 0.
    MaxRl {
        /// Added to the mean; ≥ 0.
        epsilon: f64,
    },
    /// `rs-loo:beta=2`: unbiased leave-one-out form of RS-GRPO.
    RsLoo {
        /// Risk parameter β, any finite number.
        beta: f64,
    },
    /// `pkpo:k=4`: unbiased max@k without a baseline.
    Pkpo {
        /// Attempts, 1 to `N`.
        k: usize,
    },
    /// `pkpo-loo:k=4`: unbiased max@k, leave-one-out baseline.
    PkpoLoo {
        /// Attempts, 1 to `N − 1`.
        k: usize,
    },
    /// `pkpo-loo1:k=4`: unbiased max@k, baseline max@(k−1) of the others.
    PkpoLoo1 {
        /// Attempts, 2 to `N`.
        k: usize,
    },
    /// `pkpo-loo-mm:k=4`: unbiased max@k, mean-matched leave-one-out baseline.
    PkpoLooMm {
        /// Attempts, 1 to `N − 1`.
        k: usize,
    },
    /// `pass-at-k:k=4`: pass@k training of Chen et al.; binary rewards.
    PassAtK {
        /// Attempts, 1 to `N`.
        k: usize,
        /// Added to the standard deviation; ≥ 0.
        epsilon: f64,
    },
    /// `focal:k=4`: plug-in pass@k of Mahdavi et al.; binary rewards.
    Focal {
        /// Attempts, 1 to `N`.
        k: usize,
        /// The advantage that is scaled.
        base: Base,
    },
    /// `pass-at-k-rloo:k=4`: unbiased pass@k; binary rewards.
    PassAtKRloo {
        /// Attempts, 1 to `N`.
        k: usize,
    },
    /// `grpo-passk`, `grpo-passk:std=sample`: only the best response learns.
    GrpoPassK {
        /// Whether to divide by the group's standard deviation.
        normalise: bool,
    },
    /// `entropic-loo:beta=2`: TTT-Discover's leave-one-out exponential weights.
    EntropicLoo {
        /// Risk parameter β, any finite number.
        beta: f64,
    },
    /// `entropic-adaptive`: the same with β chosen from the group.
    EntropicAdaptive,
}

impl Estimator {
    /// The advantages of one group of rewards (length `N`), in the same order.
    ///
    /// # Errors
    /// A bad group, a parameter outside its range for this group, rewards outside the estimator's
    /// domain, or an overflow.
    pub fn advantages(&self, rewards: &[f64]) -> Result<Vec<f64>, Error> {
        let mut out = vec![0.0; rewards.len()];
        self.advantages_into(rewards, &mut out, &mut Scratch::new())?;
        Ok(out)
    }

    /// Writes the advantages of one group (length `N`) into `out` (length `N`).
    ///
    /// Does not allocate once `scratch` has seen a group of this size. After an error the contents
    /// of `out` are unspecified.
    ///
    /// Inlined down to the exponentials of [`Estimator::RsGrpo`]: a caller that is compiled for wide
    /// vectors computes several at once, with the same bits.
    ///
    /// # Errors
    /// As [`Estimator::advantages`]; also an `out` of another length.
    #[inline(always)]
    pub fn advantages_into(
        &self,
        rewards: &[f64],
        out: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), Error> {
        let group = Group::new(rewards)?;
        self.check_output(rewards.len(), out)?;
        self.dispatch(group, out, scratch)?;
        self.check_finite(group, out)
    }

    #[inline(always)]
    fn dispatch(
        &self,
        group: Group<'_>,
        out: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), Error> {
        let uniform = Weighting::Uniform;
        let mut max_at_k =
            |k, baseline, out: &mut [f64]| pkpo::advantages_into(group, k, baseline, out, scratch);
        match *self {
            Self::RsGrpo { beta } => rs_grpo::advantages_into(group, beta, uniform, out),
            Self::Grpo { epsilon, spread } => {
                grpo::advantages_into(group, epsilon, spread, uniform, out)
            }
            Self::DrGrpo => {
                dr_grpo::advantages_into(group, uniform, out);
                Ok(())
            }
            Self::Rloo => rloo::advantages_into(group, out),
            Self::MaxRl { epsilon } => maxrl::advantages_into(group, epsilon, uniform, out),
            Self::RsLoo { beta } => rs_loo::advantages_into(group, beta, out),
            Self::Pkpo { k } => max_at_k(k, pkpo::Baseline::None, out),
            Self::PkpoLoo { k } => max_at_k(k, pkpo::Baseline::LeaveOneOut, out),
            Self::PkpoLoo1 { k } => max_at_k(k, pkpo::Baseline::LeaveOneOutOneLess, out),
            Self::PkpoLooMm { k } => max_at_k(k, pkpo::Baseline::MeanMatched, out),
            Self::PassAtK { k, epsilon } => pass_at_k::advantages_into(group, k, epsilon, out),
            Self::Focal { k, base } => focal::advantages_into(group, k, base, out),
            Self::PassAtKRloo { k } => pass_at_k_rloo::advantages_into(group, k, out),
            Self::GrpoPassK { normalise } => grpo_passk::advantages_into(group, normalise, out),
            Self::EntropicLoo { beta } => entropic_loo::advantages_into(group, beta, out),
            Self::EntropicAdaptive => entropic_adaptive::advantages_into(group, out),
        }
    }

    /// Whether the advantages of every group sum to 0 (but for rounding).
    ///
    /// Then the softmax gradient of a bandit touches only the arms that were drawn.
    pub fn sums_to_zero(&self) -> bool {
        match self {
            Self::RsGrpo { .. }
            | Self::Grpo { .. }
            | Self::DrGrpo
            | Self::Rloo
            | Self::MaxRl { .. }
            | Self::PkpoLooMm { .. }
            | Self::PassAtK { .. }
            | Self::Focal { .. } => true,
            Self::RsLoo { .. }
            | Self::Pkpo { .. }
            | Self::PkpoLoo { .. }
            | Self::PkpoLoo1 { .. }
            | Self::PassAtKRloo { .. }
            | Self::GrpoPassK { .. }
            | Self::EntropicLoo { .. }
            | Self::EntropicAdaptive => false,
        }
    }

    /// Refuses a buffer of another length than the group.
    pub(crate) fn check_output(&self, expected: usize, out: &[f64]) -> Result<(), Error> {
        if out.len() == expected {
            return Ok(());
        }
        Err(Error::OutputLength { got: out.len(), expected })
    }

    /// Refuses results that finite rewards have driven out of range.
    #[inline(always)]
    pub(crate) fn check_finite(&self, group: Group<'_>, out: &[f64]) -> Result<(), Error> {
        if all_finite(out) {
            return Ok(());
        }
        Err(Error::Overflow { estimator: self.name(), magnitude: group.magnitude() })
    }
}
