//! The table of estimators: one file and one row for each.
//!
//! Each file takes a checked group and writes its advantages, in mean form. Parameters and group
//! sizes are checked inside; the length of `out` and the finiteness of the result are checked once,
//! by [`Estimator::advantages_into`]. A row gives everything else: name, formula (a page of Markdown
//! beside the file), parameters with their defaults and text form, origin, and the calls. From it
//! come the enum, its documentation, its text form, [`CATALOGUE`], and all that is listed elsewhere.

mod dr_grpo;
mod entropic_adaptive;
mod entropic_loo;
mod focal;
pub(crate) mod focal_base;
mod focal_weight;
mod grpo;
mod grpo_passk;
mod maxrl;
mod maxrl_order;
pub(crate) mod maxrl_order_loo;
mod order;
mod pass_at_k;
mod pass_at_k_rloo;
mod pkpo;
mod qae;
mod rloo;
pub(crate) mod rs_grpo;
mod rs_loo;
mod top_eps;
mod w_reinforce;

use crate::declare::declare;
use crate::moments::{Spread, Weighting};
use crate::nested::Nested;
use crate::parameter::range::{ANY, BELOW_ONE, NOT_NEGATIVE, SHARE};
use crate::statistic::OrderStatistic;
use focal_base::Base;
use maxrl_order_loo::SeriesBaseline;

/// One line of the [`CATALOGUE`]: an estimator with its default parameters.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Entry {
    /// The estimator, with default parameters.
    pub estimator: Estimator,
    /// What its expected gradient climbs.
    pub optimises: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Formula, parameters, limits, expectation and source, as Markdown; the first paragraph is a
    /// summary.
    pub page: &'static str,
}

/// The symbols of the pages of the [`CATALOGUE`], as Markdown.
pub const SYMBOLS: &str = include_str!("symbols.md");

const UNIFORM: Weighting<'static> = Weighting::Uniform;
/// The authors' recommendation.
const BETA: f64 = 2.0;
/// What the paper of RS-GRPO gives its pass@k baselines.
const K: usize = 4;
/// ε of verl.
const EPSILON: f64 = grpo::DEFAULT_EPSILON;
/// What [`Estimator::FocalWeight`] scales unless told otherwise.
static GRPO: Estimator = Estimator::Grpo { epsilon: EPSILON, spread: Spread::Sample };

declare! {
    RsGrpo {
        /// Risk parameter β, any finite number.
        beta: f64 = BETA => Always "beta" in ANY,
    }
    "rs-grpo", "rs_grpo.md",
    optimises: "entropic risk (1/β) ln E exp(β r); biased O(1/N)",
    source: "Jiang et al. 2025, arXiv 2509.24261",
    sums_to_zero: true,
    group: |group, out, _| rs_grpo::advantages_into(group, *beta, UNIFORM, out),
    limit: |group, weighting, out| Some(rs_grpo::advantages_into(group, *beta, weighting, out));

    Grpo {
        /// Added to the standard deviation; ≥ 0.
        epsilon: f64 = EPSILON => UnlessDefault "eps" in NOT_NEGATIVE,
        /// Divisor of the variance.
        spread: Spread = Spread::Sample => UnlessDefault "std",
    }
    "grpo", "grpo.md",
    optimises: "2 arcsin √p on binary rewards, as N → ∞",
    source: "Shao et al. 2024, arXiv 2402.03300",
    sums_to_zero: true,
    group: |group, out, _| grpo::advantages_into(group, *epsilon, *spread, UNIFORM, out),
    limit: |group, weighting, out| {
        Some(grpo::advantages_into(group, *epsilon, *spread, weighting, out))
    };

    DrGrpo
    "dr-grpo", "dr_grpo.md",
    optimises: "mean reward, scaled by (N−1)/N",
    source: "Liu et al. 2025, arXiv 2503.20783",
    sums_to_zero: true,
    group: |group, out, _| dr_grpo::advantages_into(group, UNIFORM, out),
    limit: |group, weighting, out| Some(dr_grpo::advantages_into(group, weighting, out));

    Rloo
    "rloo", "rloo.md",
    optimises: "mean reward; unbiased",
    source: "Ahmadian et al. 2024, arXiv 2402.14740",
    sums_to_zero: true,
    group: |group, out, _| rloo::advantages_into(group, out),
    limit: |group, weighting, out| Some(dr_grpo::advantages_into(group, weighting, out));

    MaxRl {
        /// Added to the mean; ≥ 0.
        epsilon: f64 = EPSILON => UnlessDefault "eps" in NOT_NEGATIVE,
    }
    "maxrl", "maxrl.md",
    optimises: "log pass rate truncated at order N−1; unbiased as ε → 0",
    source: "Tajwar, Zeng et al. 2026, arXiv 2602.02710",
    sums_to_zero: true,
    group: |group, out, _| maxrl::advantages_into(group, *epsilon, UNIFORM, out),
    limit: |group, weighting, out| Some(maxrl::advantages_into(group, *epsilon, weighting, out));

    MaxRlOrder {
        /// Terms `T` of the series, 1 to `N`.
        order: usize = K => Always "order",
    }
    "maxrl-order", "maxrl_order.md",
    optimises: "log pass rate truncated at order T; unbiased, no baseline; binary rewards",
    source: "Tajwar, Zeng et al. 2026, arXiv 2602.02710 (maclaurin_weights)",
    sums_to_zero: false,
    group: |group, out, _| maxrl_order::advantages_into(group, *order, out),
    limit: |_, _, _| None;

    MaxRlOrderLoo {
        /// Terms `T` of the series, 1 to `N − 1`.
        order: usize = K => Always "order",
        /// What the baseline of a term is taken over.
        baseline: SeriesBaseline = SeriesBaseline::Responses => UnlessDefault "baseline",
    }
    "maxrl-order-loo", "maxrl_order_loo.md",
    optimises: "log pass rate truncated at order T; unbiased, 0 on constant groups; binary rewards",
    source: "Tajwar, Zeng et al. 2026, arXiv 2602.02710; the baseline is this project's",
    sums_to_zero: matches!(baseline, SeriesBaseline::Responses),
    group: |group, out, _| maxrl_order_loo::advantages_into(group, *order, *baseline, out),
    limit: |_, _, _| None;

    RsLoo {
        /// Risk parameter β, any finite number.
        beta: f64 = BETA => Always "beta" in ANY,
    }
    "rs-loo", "rs_loo.md",
    optimises: "expected entropic risk of N samples; unbiased",
    source: "Tang et al. 2025, arXiv 2503.19595, applied to the entropic risk",
    sums_to_zero: false,
    group: |group, out, _| rs_loo::advantages_into(group, *beta, out),
    limit: |group, weighting, out| Some(rs_grpo::advantages_into(group, *beta, weighting, out));

    Pkpo {
        /// Attempts, 1 to `N`.
        k: usize = K => Always "k",
    }
    "pkpo", "pkpo.md",
    optimises: "max@k; unbiased, no baseline",
    source: "Walder & Karkhanis 2025, arXiv 2505.15201 (s)",
    sums_to_zero: false,
    group: |group, out, scratch| {
        pkpo::advantages_into(group, *k, pkpo::Baseline::None, out, scratch)
    },
    limit: |_, _, _| None;

    PkpoLoo {
        /// Attempts, 1 to `N − 1`.
        k: usize = K => Always "k",
    }
    "pkpo-loo", "pkpo_loo.md",
    optimises: "max@k; unbiased, not 0 on constant groups",
    source: "Walder & Karkhanis 2025, arXiv 2505.15201 (s_loo)",
    sums_to_zero: false,
    group: |group, out, scratch| {
        pkpo::advantages_into(group, *k, pkpo::Baseline::LeaveOneOut, out, scratch)
    },
    limit: |_, _, _| None;

    PkpoLoo1 {
        /// Attempts, 2 to `N`.
        k: usize = K => Always "k",
    }
    "pkpo-loo1", "pkpo_loo1.md",
    optimises: "max@k; unbiased, never negative",
    source: "Walder & Karkhanis 2025, arXiv 2505.15201 (s_loo−1)",
    sums_to_zero: false,
    group: |group, out, scratch| {
        pkpo::advantages_into(group, *k, pkpo::Baseline::LeaveOneOutOneLess, out, scratch)
    },
    limit: |_, _, _| None;

    PkpoLooMm {
        /// Attempts, 1 to `N − 1`.
        k: usize = K => Always "k",
    }
    "pkpo-loo-mm", "pkpo_loo_mm.md",
    optimises: "max@k; unbiased, 0 on constant groups",
    source: "OrderGrad and MaxPO 2026, arXiv 2606.06096, 2606.06080; in O(N log N): this project",
    sums_to_zero: true,
    group: |group, out, scratch| {
        pkpo::advantages_into(group, *k, pkpo::Baseline::MeanMatched, out, scratch)
    },
    limit: |_, _, _| None;

    Order {
        /// Responses `K` that the statistic is of, 1 to `N − 1`.
        k: usize = K => Always "k",
        /// Weights of their sorted rewards.
        statistic: OrderStatistic = OrderStatistic::Top(2) => Always "stat",
    }
    "order", "order.md",
    optimises: "an L-statistic of K responses, such as top-2, median, lower-0.2; unbiased",
    source: "OrderGrad: Parmas et al. 2026, arXiv 2606.06096",
    sums_to_zero: true,
    group: |group, out, scratch| order::advantages_into(group, *k, statistic, out, scratch),
    limit: |_, _, _| None;

    TopEps {
        /// The share `ε` of the group that learns, in (0, 1].
        epsilon: f64 = 0.25 => Always "eps" in SHARE,
    }
    "top-eps", "top_eps.md",
    optimises: "mean of the best share ε (CVaR), as N → ∞",
    source: "Petersen et al. 2021, arXiv 1912.04871",
    sums_to_zero: false,
    group: |group, out, scratch| top_eps::advantages_into(group, *epsilon, out, scratch),
    limit: |_, _, _| None;

    Qae {
        /// The level `K` of the quantile, in (0, 1).
        level: f64 = 0.4 => Always "level" in BELOW_ONE,
        /// Added to the standard deviation; ≥ 0.
        epsilon: f64 = EPSILON => UnlessDefault "eps" in NOT_NEGATIVE,
        /// Divisor of the variance.
        spread: Spread = Spread::Sample => UnlessDefault "std",
    }
    "qae", "qae.md",
    optimises: "2 arcsin √p on binary rewards, as N → ∞",
    source: "Wu et al. 2025, arXiv 2509.22611",
    sums_to_zero: false,
    group: |group, out, scratch| {
        qae::advantages_into(group, *level, *epsilon, *spread, out, scratch)
    },
    limit: |_, _, _| None;

    Psr
    "psr", "psr.md",
    optimises: "pass rate; unbiased, no baseline; binary rewards",
    source: "Zhu et al. 2025, arXiv 2506.01347",
    sums_to_zero: false,
    group: |group, out, _| w_reinforce::advantages_into(group, "psr", 1.0, 0.0, out),
    limit: |_, _, _| None;

    Nsr
    "nsr", "nsr.md",
    optimises: "pass rate; unbiased, no baseline; binary rewards",
    source: "Zhu et al. 2025, arXiv 2506.01347",
    sums_to_zero: false,
    group: |group, out, _| w_reinforce::advantages_into(group, "nsr", 0.0, -1.0, out),
    limit: |_, _, _| None;

    WReinforce {
        /// Advantage `λ ≥ 0` of a correct response.
        lambda: f64 = 0.1 => Always "lambda" in NOT_NEGATIVE,
    }
    "w-reinforce", "w_reinforce.md",
    optimises: "pass rate, scaled by 1 + λ; unbiased, no baseline; binary rewards",
    source: "Zhu et al. 2025, arXiv 2506.01347",
    sums_to_zero: false,
    group: |group, out, _| w_reinforce::weighted_into(group, *lambda, out),
    limit: |_, _, _| None;

    PassAtK {
        /// Attempts, 1 to `N`.
        k: usize = K => Always "k",
        /// Added to the standard deviation; ≥ 0.
        epsilon: f64 = EPSILON => UnlessDefault "eps" in NOT_NEGATIVE,
    }
    "pass-at-k", "pass_at_k.md",
    optimises: "(2/k) arcsin √pass@k as N → ∞; binary rewards",
    source: "Chen et al. 2025, arXiv 2508.10751",
    sums_to_zero: true,
    group: |group, out, _| pass_at_k::advantages_into(group, *k, *epsilon, out),
    limit: |_, _, _| None;

    Focal {
        /// Attempts, 1 to `N`.
        k: usize = K => Always "k",
        /// The advantage that is scaled.
        base: Base = Base::Grpo => UnlessDefault "base",
    }
    "focal", "focal.md",
    optimises: "pass@k, plug-in estimate; binary rewards",
    source: "Mahdavi et al. 2025, OpenReview Dn3gk9auxd",
    sums_to_zero: true,
    group: |group, out, _| focal::advantages_into(group, *k, *base, out),
    limit: |_, _, _| None;

    FocalWeight {
        /// Exponent `γ ≥ 0` of the group's failure rate.
        gamma: f64 = 1.0 => Always "gamma" in NOT_NEGATIVE,
        /// The estimator that is scaled; not `focal-weight` itself.
        of: Nested<Estimator> = Nested::fixed(&GRPO) => Always "of",
    }
    "focal-weight", "focal_weight.md",
    optimises: "what `of` does, less where many are correct; binary rewards",
    source: "F-GRPO: Plyusov et al. 2026, arXiv 2602.06717",
    sums_to_zero: of.sums_to_zero(),
    group: |group, out, scratch| focal_weight::advantages_into(
        (group, *gamma, of.name()),
        (out, scratch),
        |rewards, out, scratch| of.advantages_into(rewards, out, scratch),
    ),
    limit: |_, _, _| None;

    PassAtKRloo {
        /// Attempts, 1 to `N`.
        k: usize = K => Always "k",
    }
    "pass-at-k-rloo", "pass_at_k_rloo.md",
    optimises: "pass@k; unbiased; binary rewards",
    source: "this project: exact form of Mahdavi et al. 2025",
    sums_to_zero: false,
    group: |group, out, _| pass_at_k_rloo::advantages_into(group, *k, out),
    limit: |_, _, _| None;

    GrpoPassK {
        /// Whether to divide by the group's standard deviation.
        normalise: bool = false => UnlessDefault "std",
    }
    "grpo-passk", "grpo_passk.md",
    optimises: "max@N, scaled by 1/N; unbiased",
    source: "Tang et al. 2025, arXiv 2503.19595; verl GRPO_PASSK",
    sums_to_zero: false,
    group: |group, out, _| grpo_passk::advantages_into(group, *normalise, out),
    limit: |_, _, _| None;

    EntropicLoo {
        /// Risk parameter β, any finite number.
        beta: f64 = BETA => Always "beta" in ANY,
    }
    "entropic-loo", "entropic_loo.md",
    optimises: "entropic risk: exact direction, inflated scale",
    source: "TTT-Discover 2026, arXiv 2601.16175 (entropic)",
    sums_to_zero: false,
    group: |group, out, _| entropic_loo::advantages_into(group, *beta, out),
    limit: |group, weighting, out| Some(entropic_loo::limit_into(group, *beta, weighting, out));

    EntropicAdaptive
    "entropic-adaptive", "entropic_adaptive.md",
    optimises: "entropic risk with β from KL = ln 2",
    source: "TTT-Discover 2026, arXiv 2601.16175 (entropic_adaptive_beta)",
    sums_to_zero: false,
    group: |group, out, _| entropic_adaptive::advantages_into(group, out),
    limit: |_, _, _| None;
}
