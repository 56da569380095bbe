//! Reinforcement learning of language models: from problems to a better policy.
//!
//! ```text
//! data ─► task ─► reward ─┬─► rollout ─┐
//! problems  checks        │            ├─► step ─► run
//!                         │  loss, policy ─┘        ▲
//!                         └────────► evaluate ──────┘
//! ```
//!
//! | module | what |
//! |---|---|
//! | `data` | problems, and the files that they come from |
//! | `task` | where problems come from, and how answers to them are checked |
//! | `reward` | rewards of completions, from the grader or the user's program |
//! | `config`, `tables`, `setting`, `schedule` | the settings of a run |
//! | `commented`, `foreign` | settings as a commented file; names that other trainers have for them |
//! | `run_shape` | the settings that memory and time depend on |
//! | `decontaminate` | training problems without those of benchmarks |
//! | `context` | settings, problems and networks of a run |
//! | `rollout` | the completions of a step, with their rewards and advantages |
//! | `loss` | the loss of a mini-batch, and its gradient |
//! | `policy` | the policy in training: its optimiser, and its sampler |
//! | `step` | one step, from prompts to the update: begin here |
//! | `metrics` | the numbers of a step |
//! | `evaluate` | evaluation of a policy by many completions of each problem |
//! | `run` | the loop around the steps: sampling ahead, checkpoints, evaluations, records |
//! | `pretrain` | pre-trains the embedded model on Countdown |
//! | `self_test` | compares networks on a device with the decoder on the CPU |
//!
//! An arrow points from a module to those that depend on it; none points back.

mod commented;
mod config;
mod context;
pub mod data;
mod decontaminate;
mod error;
pub mod evaluate;
mod foreign;
pub mod inputs;
mod loss;
mod metrics;
mod policy;
mod pretrain;
pub mod reward;
mod rollout;
pub mod run;
mod run_shape;
mod schedule;
pub mod self_test;
mod setting;
mod step;
mod tables;
pub mod task;
mod template_vars;

pub use config::TrainConfig;
pub use context::{Fitting, SamplerServers, TrainContext, encode, fitting, prompt_texts};
pub use decontaminate::{Decontaminated, benchmarks, training_problems};
pub use error::{Error, Result};
pub use foreign::{FOREIGN_NAMES, ForeignFlag, ForeignName};
pub use loss::{
    Example, KlKind, Loss, LossKind, LossSums, Pass, Term, TokenTerms, UpdateStats, gradient,
    logprobs,
};
pub use metrics::Metrics;
pub use policy::{engine, engine_options};
pub use pretrain::{Pretraining, pretrain};
pub use rollout::{Completion, CompletionGroup, Rollout};
pub use run::{StepReport, Trainer, TrainingProgress};
pub use schedule::{Decay, Schedule};
pub use setting::{Setting, TableForm, TableKey};
pub use step::update;
pub use tables::{
    CheckpointConfig, EvalConfig, LoraConfig, LossConfig, OptimizerConfig, OptimizerKind,
    SamplerConfig, SamplerKind,
};
pub use template_vars::TemplateVars;
