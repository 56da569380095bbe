//! The policy in training: its optimiser, and its sampler.
//!
//! | file | what |
//! |---|---|
//! | `learner` | updates of the policy: the optimiser, and how mini-batches go through the network |
//! | `micro_batches` | micro-batches that fit into the memory of a GPU |
//! | `sampler` | the policy's sampler: in this process, or servers that load its adapter |
//! | `weights` | the trained weights in files |

mod learner;
mod micro_batches;
mod sampler;
mod weights;

pub(crate) use learner::PolicyUpdater;
pub(crate) use sampler::{PolicySampler, publish};
pub use sampler::{engine, engine_options};
pub(crate) use weights::write_weights;
