//! Settings of several keys: a table in a file (`[lora]` with `rank = 32`), one short text on a command
//! line (`--lora rank=32,alpha=64`).

use super::loss::{KlKind, LossKind};
use super::setting::table;
use rs_grpo_engine::optim::StateType;
use serde::{Deserialize, Serialize};

table! {
    /// How the losses of tokens are aggregated, such as `gspo:kl=k1,dual_clip=3`.
    LossConfig, "loss",
    allowed: "token-mean, sequence-mean, constant-length or gspo, and then any of \
              :kl=k1|k2|k3,dual_clip=RATIO",
    off: false {
        /// How tokens are aggregated: token-mean (DAPO), sequence-mean (GRPO), constant-length
        /// (Dr. GRPO) or gspo.
        kind: LossKind = LossKind::TokenMean;
        /// How the KL divergence from the initial model is estimated: k1, k2 or k3.
        kl: KlKind = KlKind::K3;
        /// With a negative advantage, ratios over this have no gradient; 0 is off.
        dual_clip: f64 = 0.0;
    }
}

table! {
    /// Which weights are trained: all, or LoRA adapters on all linear layers, such as `rank=16,alpha=32`.
    LoraConfig, "lora", allowed: "off, a rank, or rank=R,alpha=α", off: true {
        /// Rank of the adapters; 0 trains every weight.
        rank: usize = 0;
        /// The adapters' product is multiplied by this over their rank.
        alpha: f64 = 32.0;
    }
}

table! {
    /// Where completions are sampled, such as `http:async_steps=1`. Which servers sample them is not a setting,
    /// since no result depends on it.
    SamplerConfig, "sampler", allowed: "local, http or http:async_steps=1", off: false {
        /// Where: local, in this process, or http, on servers that load the adapters of each step.
        kind: SamplerKind = SamplerKind::Local;
        /// With http, steps by which sampling is ahead of training: 0 samples from the policy as it is, 1
        /// samples the next step while this one trains.
        async_steps: usize = 0;
    }
}

table! {
    /// The optimiser, such as `adamw:weight_decay=0.01,state=bf16`.
    OptimizerConfig, "optimizer",
    allowed: "adamw, and then any of :weight_decay=λ,state=f32|bf16", off: false {
        /// The method: adamw.
        kind: OptimizerKind = OptimizerKind::Adamw;
        /// Decoupled weight decay of matrices, 0 up to 1.
        weight_decay: f64 = 0.0;
        /// How its moments are stored: f32, or bf16, half as large and on a GPU only.
        state: StateType = StateType::F32;
    }
}

table! {
    /// Which checkpoints a run keeps, such as `every=50,keep=1`.
    CheckpointConfig, "save", allowed: "a number of steps, or any of every=STEPS,keep=N", off: false {
        /// Steps from one checkpoint to the next; the last step always has one.
        every: usize = 50;
        /// Number of newest checkpoints to keep besides the best.
        keep: usize = 1;
    }
}

table! {
    /// When and how a run evaluates its policy, such as `every=20,problems=200,samples=128`.
    EvalConfig, "eval",
    allowed: "off, a number of steps, or any of every=STEPS,problems=N,samples=N", off: false {
        /// Steps from one evaluation to the next; 0 evaluates nothing.
        every: usize = 0;
        /// Most problems of an evaluation.
        problems: usize = 200;
        /// Completions of each problem.
        samples: usize = 128;
    }
}

/// Where completions are sampled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SamplerKind {
    /// In this process, from the current policy.
    Local,
    /// On servers that load the policy's adapter.
    Http,
}

/// How gradients become updates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OptimizerKind {
    /// Adam with decoupled weight decay.
    Adamw,
}

impl SamplerConfig {
    /// Whether completions are sampled in this process.
    pub fn is_local(&self) -> bool {
        self.kind == SamplerKind::Local
    }
}
