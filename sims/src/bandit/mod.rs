//! The K-armed bandit in which a policy starts on the wrong peak.
//!
//! The setting is that of the RS-GRPO paper (arXiv 2509.24261): 100 arms, two Gaussian peaks of
//! reward, a softmax policy concentrated on the lower one. [`Config::default`] holds the constants
//! of the authors' script. One *update* draws a group of `N` arms, turns their rewards into
//! advantages by any [`Estimator`](rs_grpo::Estimator) of the core library and takes one gradient
//! step; one *pull* is one draw.
//!
//! | file | what |
//! |---|---|
//! | `config` | the settings and their ranges |
//! | `softmax_policy` | a softmax policy that draws and moves single arms in `O(1)` |
//! | `slots` | a table that draws an index in proportion to its weight |
//! | `draws` | drawn arms, and buffers for more |
//! | `sums` | weights of the arms and their sums, for probabilities and entropy |
//! | `noise` | noisy rewards |
//! | `learner` | draws a group, observes its rewards, takes a gradient step |
//! | `run` | one run from sampled groups, and the result of a run |
//! | `exact` | one run without sampling: the expected update of a group, or `N = ∞` |
//! | `recorder` | the curve of a run, in windows of pulls |
//! | `ensemble` | several seeds, in parallel, with confidence intervals |
//! | `phase` | escape probability over β and group size, and where it is predicted |
//! | `threshold` | the smallest β that escapes: predicted, and simulated with an interval |

mod config;
mod draws;
mod ensemble;
mod exact;
mod learner;
mod noise;
mod phase;
mod recorder;
mod run;
mod slots;
mod softmax_policy;
mod sums;
mod threshold;

pub use config::{Config, InitialPolicy, Noise, Peak};
pub use draws::Draws;
pub use ensemble::{Curve, Summary, simulate};
pub use exact::{Updates, expected_update, run_exact, run_expected};
pub use phase::{Phase, PhaseCell, phase};
pub use run::{Run, one_update, run_sampled};
pub use softmax_policy::SoftmaxPolicy;
pub use threshold::{
    BorderEstimator, Search, Threshold, UpdateNoise, predicted_threshold, signal_to_noise,
    simulated_threshold,
};
