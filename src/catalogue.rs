//! Every estimator with its default parameters, what it optimises, and its source.

use crate::estimators::grpo::DEFAULT_EPSILON;
use crate::{Base, Estimator, Spread};

/// The authors' recommendation.
const DEFAULT_BETA: f64 = 2.0;
/// What the paper gives its pass@k baselines.
const DEFAULT_K: usize = 4;

/// One line of the catalogue: an estimator with its default parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    /// The estimator, with default parameters.
    pub estimator: Estimator,
    /// What its expected gradient climbs.
    pub optimises: &'static str,
    /// Where it comes from.
    pub source: &'static str,
}

/// Every estimator, once, with what it optimises and its source.
pub const CATALOGUE: &[Entry] = &[
    Entry {
        estimator: Estimator::RsGrpo { beta: DEFAULT_BETA },
        optimises: "entropic risk (1/β) ln E exp(β r); biased O(1/N)",
        source: "Jiang et al. 2025, arXiv 2509.24261",
    },
    Entry {
        estimator: Estimator::Grpo { epsilon: DEFAULT_EPSILON, spread: Spread::Sample },
        optimises: "2 arcsin √p on binary rewards, as N → ∞",
        source: "Shao et al. 2024, arXiv 2402.03300",
    },
    Entry {
        estimator: Estimator::DrGrpo,
        optimises: "mean reward, scaled by (N−1)/N",
        source: "Liu et al. 2025, arXiv 2503.20783",
    },
    Entry {
        estimator: Estimator::Rloo,
        optimises: "mean reward; unbiased",
        source: "Ahmadian et al. 2024, arXiv 2402.14740",
    },
    Entry {
        estimator: Estimator::MaxRl { epsilon: DEFAULT_EPSILON },
        optimises: "log pass rate truncated at order N−1; unbiased as ε → 0",
        source: "Tajwar, Zeng et al. 2026, arXiv 2602.02710",
    },
    Entry {
        estimator: Estimator::RsLoo { beta: DEFAULT_BETA },
        optimises: "expected entropic risk of N samples; unbiased",
        source: "Tang et al. 2025, arXiv 2503.19595, applied to the entropic risk",
    },
    Entry {
        estimator: Estimator::Pkpo { k: DEFAULT_K },
        optimises: "max@k; unbiased, no baseline",
        source: "Walder & Karkhanis 2025, arXiv 2505.15201 (s)",
    },
    Entry {
        estimator: Estimator::PkpoLoo { k: DEFAULT_K },
        optimises: "max@k; unbiased, not 0 on constant groups",
        source: "Walder & Karkhanis 2025, arXiv 2505.15201 (s_loo)",
    },
    Entry {
        estimator: Estimator::PkpoLoo1 { k: DEFAULT_K },
        optimises: "max@k; unbiased, never negative",
        source: "Walder & Karkhanis 2025, arXiv 2505.15201 (s_loo−1)",
    },
    Entry {
        estimator: Estimator::PkpoLooMm { k: DEFAULT_K },
        optimises: "max@k; unbiased, 0 on constant groups",
        source: "this project: PKPO with a mean-matched baseline",
    },
    Entry {
        estimator: Estimator::PassAtK { k: DEFAULT_K, epsilon: DEFAULT_EPSILON },
        optimises: "(2/k) arcsin √pass@k as N → ∞; binary rewards",
        source: "Chen et al. 2025, arXiv 2508.10751",
    },
    Entry {
        estimator: Estimator::Focal { k: DEFAULT_K, base: Base::Grpo },
        optimises: "pass@k, plug-in estimate; binary rewards",
        source: "Mahdavi et al. 2025, OpenReview Dn3gk9auxd",
    },
    Entry {
        estimator: Estimator::PassAtKRloo { k: DEFAULT_K },
        optimises: "pass@k; unbiased; binary rewards",
        source: "this project: exact form of Mahdavi et al. 2025",
    },
    Entry {
        estimator: Estimator::GrpoPassK { normalise: false },
        optimises: "max@N, scaled by 1/N; unbiased",
        source: "Tang et al. 2025, arXiv 2503.19595; verl GRPO_PASSK",
    },
    Entry {
        estimator: Estimator::EntropicLoo { beta: DEFAULT_BETA },
        optimises: "entropic risk: exact direction, inflated scale",
        source: "TTT-Discover 2026, arXiv 2601.16175 (entropic)",
    },
    Entry {
        estimator: Estimator::EntropicAdaptive,
        optimises: "entropic risk with β from KL = ln 2",
        source: "TTT-Discover 2026, arXiv 2601.16175 (entropic_adaptive_beta)",
    },
];
