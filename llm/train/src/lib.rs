//! Training: from problems to a better policy.
//!
//! ```text
//! problems ──► sample ──► grade ──► advantages ──► loss ──► gradient ──► AdamW
//!                                   (rs-grpo)
//! ```

mod batch;
mod commented;
mod config;
pub mod data;
mod drawing;
mod error;
pub mod evaluate;
mod foreign;
mod gradient;
mod learner;
mod loss;
mod metrics;
mod order;
mod pretrain;
pub mod reward;
mod rollout;
pub mod run;
mod run_shape;
mod schedule;
pub mod self_test;
mod setting;
mod setup;
mod state;
mod tables;
pub mod task;
mod trainer;
mod update;

pub use batch::Example;
pub use config::TrainConfig;
pub use error::{Error, Result};
pub use foreign::{FOREIGN_NAMES, ForeignFlag, ForeignName};
pub use gradient::{Pass, Sums, gradient, logprobs};
pub use loss::{KlKind, Loss, LossKind, Term, Token};
pub use metrics::Metrics;
pub use pretrain::{Pretraining, pretrain};
pub use rollout::{Completion, Group, Rollout};
pub use schedule::{Decay, Schedule};
pub use setting::{Key, Setting, TableForm};
pub use setup::{Cleared, OnDevice, Remote, Setup, benchmarks, encode, training_problems};
pub use state::Progress;
pub use tables::{
    CheckpointConfig, EvalConfig, LoraConfig, LossConfig, OptimizerConfig, OptimizerKind,
    SamplerConfig, SamplerKind,
};
pub use trainer::{StepReport, Trainer, engine_options, sampler};
pub use update::{Updated, update};
