//! Training: from problems to a better policy.
//!
//! ```text
//! problems ──► sample ──► grade ──► advantages ──► loss ──► gradient ──► AdamW
//!                                   (rs-grpo)
//! ```

mod adamw;
mod batch;
mod config;
mod drawing;
mod forms;
mod gradient;
mod learner;
mod loss;
mod metrics;
mod order;
mod plan;
mod policy;
mod pretrain;
mod rollout;
mod schedule;
mod setup;
mod state;
mod trainer;
mod update;

pub use adamw::{AdamW, AdamWOptions, StateType};
pub use batch::Example;
pub use config::TrainConfig;
pub use forms::{Adapters, Evaluating, LossForm, OptimizerForm, SamplerForm, Saving};
pub use gradient::{Pass, Sums, gradient, logprobs};
pub use loss::{KlKind, Loss, LossKind, Term, Token};
pub use metrics::Metrics;
pub use plan::{MemoryPlan, Site, host_memory};
pub use policy::{OptimizerState, Policy};
pub use pretrain::{Pretraining, pretrain};
pub use rollout::{Completion, Group, Rollout};
pub use schedule::{Decay, Schedule};
pub use setup::{Cleared, OnDevice, Remote, Setup, benchmarks, encode};
pub use state::Progress;
pub use trainer::{StepReport, Trainer, engine_options, sampler};
pub use update::{Updated, update};
