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
//! | `slots` | numbers as shares of a table, from which one is drawn |
//! | `draws` | arms that were drawn, and memory for more |
//! | `sums` | weights of the arms, and the entropy |
//! | `noise` | noisy rewards |
//! | `learner` | a policy that draws groups and learns from them |
//! | `run` | one run from sampled groups |
//! | `exact` | one run with exact gradients, `N = ∞` |
//! | `recorder` | the curve of a run, in windows of pulls |
//! | `ensemble` | many seeds, in parallel, with intervals |
//! | `phase` | escape probability over β and group size |

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

pub use config::{Config, InitialPolicy, Noise, Peak};
pub use draws::Draws;
pub use ensemble::{Curve, Summary, simulate};
pub use exact::run_exact;
pub use phase::{Phase, PhaseCell, phase};
pub use run::{Run, run_sampled};
pub use softmax_policy::SoftmaxPolicy;
