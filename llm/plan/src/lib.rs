//! Estimates the memory of a run, the time of a step on a number of GPUs, and its cost.
//!
//! One GPU trains; the others sample, behind vLLM servers of a tensor-parallel group each. With one GPU
//! alone, the engine of this program samples on it between the updates. Everything here is arithmetic on
//! a model's shape and on [`Rates`], each with its origin; [`check`](check()) compares it with what was measured, and
//! [`fit`](fit()) fits the rates of decoding to that again.
//!
//! # Formula
//! ```text
//! decode step  d(b, c) = max(2·P / w, 2·P·b / f) / products + c·κ / w / attention
//!                        + L·(layer + adapter_layer + tensor_layer) + b·sequence
//! prompts      u·Q·2·P / f / prefill
//! sampling     prompts + ∫ d(b(t), c(t)) dt over the tokens of the longest completion
//! training     [ p·P·(u·Q + n·m) + p'·L·h·h_d·(u·Q² / 2 + n·(Q·m + m₂ / 2)) ] / f / share
//! publishing   s·y / link + load
//! in turn      sampling + publishing + training
//! overlapped   max(sampling, publishing + training)          (--async-steps 1)
//! ```
//! where P is the number of weights, 2 bytes each; `b` the completions that a server decodes at once and
//! `c` the tokens that they hold in the cache, a shared prompt's once; `κ` bytes of a token's keys and
//! values; `w` and `f` bytes and operations a second of a server, what a copy and a product reach; `L`
//! layers, `h` heads of width `h_d`; `u` prompts of `Q` tokens, `n` completions whose lengths have mean
//! `m` and mean square `m₂`; `p` operations a weight and token, 4 for adapters and 6 for all weights (2
//! more for each pass that only reads log-probabilities), `p'` is 12 and 4 more; `s` servers, `y` bytes of
//! what is published. A tensor-parallel group of k GPUs has k times `w` and `f`. The rest are rates.
//!
//! A decode step adds the products' time to attention's, since one waits for the other: the larger of
//! reading all weights and of the operations, and the bytes of the cache. At small batches `layer` counts,
//! at large ones `sequence`: that is why a fixed share of the bytes' floor, which is what the field
//! quotes, is 84 % in one published measurement and 34 % in another.
//!
//! Completions differ in length, as modelled by [`Lengths`]. Not in the model: the network between
//! trainer and servers except for publishing, grading (on the CPU, while others are sampled),
//! evaluation, checkpoints, and failures.
//!
//! | file | what |
//! |---|---|
//! | `run_shape` | the settings of a run that all of this depends on |
//! | `workload` | memory of a model: weights, cache, activations |
//! | `memory` | memory of a run, and the nearest settings that fit |
//! | `host` | memory of this machine |
//! | `rates` | every number that is not arithmetic, with its origin |
//! | `lengths` | how long completions are |
//! | `decode` | seconds to decode, on one server |
//! | `training` | seconds to train |
//! | `fleet` | a step of one trainer and its servers; the split of GPUs; memory and money |
//! | `measurements` | what was measured, from `measurements.toml` |
//! | `check` | compares the model with measurements |
//! | `fit` | the rates of decoding, fitted to the measurements |
//! | `least_squares` | the fit itself, with nalgebra |

mod check;
mod decode;
mod error;
mod fit;
mod fleet;
mod host;
mod least_squares;
mod lengths;
mod measurements;
mod memory;
mod rates;
mod run_shape;
mod training;
mod workload;

pub use check::{MeasuredRate, check};
pub use decode::{DecodeBatch, DecodeServer, DecodeWork};
pub use error::{Error, Result};
pub use fit::{FittedMeasurement, FittedRate, RateFit, fit};
pub use fleet::{Bottleneck, Colocated, FleetPlan, FleetSpec, GpuMemory, GpuSplit};
pub use host::host_memory;
pub use lengths::Lengths;
pub use memory::{MemoryPlan, Site};
pub use rates::{DecodeRates, GpuSpec, Origin, PublishRates, Rate, Rates, TrainRates, VerlRates};
pub use run_shape::RunShape;
pub use workload::Workload;

/// The example of the README, compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
