//! Everything a training run depends on, in one flat table.

use super::forms::{self, Adapters, Evaluating, LossForm, OptimizerForm, SamplerForm, Saving};
use super::loss::Loss;
use super::schedule::Schedule;
use crate::reward::{Reward, RewardCommand};
use crate::task::Source;
use crate::{Error, Result};
use rs_grpo::Estimator;
use rs_grpo_engine::model::{LoraOptions, Training};
use rs_grpo_engine::text::AUTO;
use rs_grpo_files::Refuse as _;
use serde::{Deserialize, Serialize};
use std::path::Path;
use toml::{Table, Value};

/// The settings of a training run. Every field is a key of the configuration file and a flag of the
/// command line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainConfig {
    /// The model: `countdown` for the embedded one, an alias, an id on the hub, or a folder.
    pub model: String,
    /// Problems to train on: `countdown[:…]`, the name of a set, or a file.
    pub data: String,
    /// Problems to evaluate on; empty for those that `data` holds out.
    pub eval_data: String,
    /// Leave out problems that a benchmark at hand holds.
    pub decontaminate: bool,
    /// Text around a question, which stands in it as `{prompt}`; `auto` chooses it by model and
    /// question; empty for the model's chat template.
    pub prompt_template: String,
    /// `[timeout=SECONDS] PROGRAM ARGUMENT…` that gives rewards, see [`RewardCommand`]; empty for the
    /// grader.
    pub reward_command: String,
    /// How rewards become advantages, such as `rs-grpo:beta=2`.
    pub estimator: String,
    /// How the terms of tokens become one loss, such as `token-mean`.
    #[serde(with = "forms")]
    pub loss: LossForm,
    /// A ratio under `1 − clip_low` is not pushed further down.
    pub clip_low: f64,
    /// A ratio over `1 + clip_high` is not pushed further up.
    pub clip_high: f64,
    /// Weight of the divergence from the model at the start; with 0 no reference is kept.
    pub kl_coef: f64,
    /// Weight of the policy's entropy, which is rewarded.
    pub entropy_coef: f64,
    /// Bound on the correction for a sampler that differs from the trainer; 0 is off.
    pub importance_cap: f64,
    /// Whether completions that reached the longest length are left out of the loss.
    pub mask_truncated: bool,
    /// Tokens before the longest length over which the reward falls by 1; 0 is off.
    pub overlong_buffer: usize,
    /// Most rounds of sampling that a step may take to fill groups without signal; 1 is off.
    pub sampling_rounds: usize,
    /// Where completions are drawn, such as `http:async_steps=1`; which servers draw them is no setting,
    /// since nothing depends on it.
    #[serde(with = "forms")]
    pub sampler: SamplerForm,
    /// Prompts of a step.
    pub prompts: usize,
    /// Completions of each prompt: the size of a group.
    pub samples: usize,
    /// Updates that a step's completions are divided over.
    pub minibatches: usize,
    /// Times that a step goes over its completions.
    pub epochs: usize,
    /// Most tokens that go through the network together in training.
    pub micro_batch_tokens: usize,
    /// Steps of the run.
    pub steps: usize,
    /// Learning rate after the warm-up.
    pub learning_rate: f64,
    /// How it rises to that and moves then, such as `cosine:warmup=20`.
    #[serde(with = "forms")]
    pub schedule: Schedule,
    /// The optimiser, such as `adamw:weight_decay=0.01,state=bf16`.
    #[serde(with = "forms")]
    pub optimizer: OptimizerForm,
    /// Longest gradient; a longer one is shortened to it.
    pub clip_norm: f64,
    /// LoRA adapters, such as `rank=16,alpha=32`; `off` trains every weight.
    #[serde(with = "forms")]
    pub lora: Adapters,
    /// Divides the logits when completions are drawn, and when they are learned from.
    pub temperature: f32,
    /// Longest completion, in tokens.
    pub max_new_tokens: usize,
    /// When checkpoints are written and how many are kept, such as `every=50,keep=1`.
    #[serde(with = "forms")]
    pub save: Saving,
    /// When and how the policy is evaluated, such as `every=20,problems=200,samples=128`.
    #[serde(with = "forms")]
    pub eval: Evaluating,
    /// Seed of all random numbers.
    pub seed: u64,
}

impl Default for TrainConfig {
    /// RS-GRPO with β = 2 on the embedded model and task.
    fn default() -> Self {
        Self {
            model: "countdown".to_owned(),
            data: "countdown".to_owned(),
            eval_data: String::new(),
            decontaminate: true,
            prompt_template: AUTO.to_owned(),
            reward_command: String::new(),
            estimator: "rs-grpo:beta=2".to_owned(),
            loss: LossForm::default(),
            clip_low: 0.2,
            clip_high: 0.28,
            kl_coef: 0.0,
            entropy_coef: 0.0,
            importance_cap: 0.0,
            mask_truncated: false,
            overlong_buffer: 0,
            sampling_rounds: 1,
            sampler: SamplerForm::default(),
            prompts: 64,
            samples: 16,
            minibatches: 1,
            epochs: 1,
            micro_batch_tokens: 2048,
            steps: 200,
            learning_rate: 2e-4,
            schedule: Schedule::default(),
            optimizer: OptimizerForm::default(),
            clip_norm: 1.0,
            lora: Adapters::default(),
            temperature: 1.0,
            max_new_tokens: 16,
            save: Saving::default(),
            eval: Evaluating::default(),
            seed: 0,
        }
    }
}

impl TrainConfig {
    /// The keys of the table, in their order.
    pub fn keys() -> Vec<String> {
        Self::default().table().keys().cloned().collect()
    }

    /// The settings as a table.
    pub fn table(&self) -> Table {
        Table::try_from(self).unwrap_or_default()
    }

    /// The settings as the text of a configuration file.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).unwrap_or_default()
    }

    /// The defaults, overridden by a file's table.
    ///
    /// # Errors
    /// A file that cannot be read or is no TOML; a key that is none of the settings, with the nearest
    /// that is; a value of the wrong kind.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(Error::file(path))?;
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            Error::malformed(path, "the file", format!("is no TOML: {}", error.message()))
        })?;
        Self::default().with(table, path)
    }

    /// These settings, overridden by a table; `origin` is named in messages.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn with(&self, overrides: Table, origin: &Path) -> Result<Self> {
        let mut table = self.table();
        for (key, value) in overrides {
            let Some(own) = table.get_mut(&key) else {
                return Err(unknown(&key, &table, origin));
            };
            *own = fit(value, own);
            let attempt: std::result::Result<Self, _> = table.clone().try_into();
            if let Err(error) = attempt {
                return Err(Error::malformed(origin, key, error.message().trim().to_owned()));
            }
        }
        table.try_into().map_err(|error: toml::de::Error| {
            Error::malformed(origin, "the file", error.message().to_owned())
        })
    }

    /// Names and values of the settings in which another run differs, as `key: its value here, its
    /// value there`.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let (mine, theirs) = (self.table(), other.table());
        let differing = mine.iter().filter(|(key, value)| theirs.get(*key) != Some(*value));
        let theirs = |key: &String| theirs.get(key).map(Value::to_string).unwrap_or_default();
        differing.map(|(key, value)| format!("{key}: {value}, here {}", theirs(key))).collect()
    }

    /// Whether all settings are in their ranges and fit each other.
    ///
    /// # Errors
    /// The first setting that is not.
    pub fn check(&self) -> Result<()> {
        self.estimator()?;
        self.source()?;
        self.loss().check()?;
        if !self.reward_command.is_empty() {
            RewardCommand::check(&self.reward_command)?;
        }
        let at_least_one = [
            ("prompts", self.prompts),
            ("samples", self.samples),
            ("minibatches", self.minibatches),
            ("epochs", self.epochs),
            ("micro-batch-tokens", self.micro_batch_tokens),
            ("sampling-rounds", self.sampling_rounds),
            ("steps", self.steps),
            ("max-new-tokens", self.max_new_tokens),
            ("every in save", self.save.every),
            ("keep in save", self.save.keep),
            ("problems in eval", self.eval.problems),
            ("samples in eval", self.eval.samples),
        ];
        if let Some((name, _)) = at_least_one.into_iter().find(|(_, value)| *value == 0) {
            return Err(Error::parameter(name, 0, "at least 1"));
        }
        let positive = [
            ("learning-rate", self.learning_rate),
            ("clip-norm", self.clip_norm),
            ("alpha in lora", self.lora.alpha),
            ("temperature", f64::from(self.temperature)),
        ];
        let bad = |value: f64| !(value > 0.0 && value.is_finite());
        if let Some((name, value)) = positive.into_iter().find(|(_, value)| bad(*value)) {
            return Err(Error::parameter(name, value, "a finite number over 0"));
        }
        let decay = self.optimizer.weight_decay;
        if !(0.0..1.0).contains(&decay) {
            return Err(Error::parameter("weight_decay in optimizer", decay, "0 up to 1"));
        }
        if self.overlong_buffer > self.max_new_tokens {
            let allowed = format!("at most max-new-tokens, {}", self.max_new_tokens);
            return Err(Error::parameter("overlong-buffer", self.overlong_buffer, allowed));
        }
        if self.minibatches > self.prompts * self.samples {
            let allowed = "at most the completions of a step, prompts times samples";
            return Err(Error::parameter("minibatches", self.minibatches, allowed));
        }
        self.check_sampler()
    }

    /// Servers are given adapters, and learning from completions of the policy before needs a correction.
    fn check_sampler(&self) -> Result<()> {
        if self.sampler == SamplerForm::Local {
            return Ok(());
        }
        if self.lora.rank == 0 {
            let allowed = "local, or http with adapters, as in --lora rank=32: servers load the base \
                           model once and an adapter for each step";
            return Err(Error::parameter("sampler", self.sampler, allowed));
        }
        if self.sampler.async_steps() > 0 && self.importance_cap == 0.0 {
            let allowed = format!(
                "at least 1 with {}, such as {DEFAULT_CAP}: completions are of the policy before",
                self.sampler
            );
            return Err(Error::parameter("importance-cap", 0, allowed));
        }
        Ok(())
    }

    /// The same with completions drawn so many steps ahead on servers, and with the correction that this
    /// needs where there is none.
    #[must_use]
    pub fn drawn_ahead(mut self, async_steps: usize) -> Self {
        self.sampler = SamplerForm::Http { async_steps };
        if async_steps > 0 && self.importance_cap == 0.0 {
            self.importance_cap = DEFAULT_CAP;
        }
        self
    }

    /// The estimator of advantages, which must accept groups of this size.
    ///
    /// # Errors
    /// A text that names none, and a group that is too small for it.
    pub fn estimator(&self) -> Result<Estimator> {
        let refuse = |error: rs_grpo::Error| {
            Error::parameter("estimator", format!("{:?}", self.estimator), error.to_string())
        };
        let estimator: Estimator = self.estimator.parse().map_err(refuse)?;
        // One of each reward, as far as the group reaches: what any size can refuse shows here.
        let rewards: Vec<f64> = (0..self.samples.max(1)).map(|i| (i % 2) as f64).collect();
        estimator.advantages(&rewards).map_err(|error| {
            let allowed = format!("one that takes groups of --samples {}: {error}", self.samples);
            Error::parameter("estimator", format!("{:?}", self.estimator), allowed)
        })?;
        Ok(estimator)
    }

    /// Where the problems come from.
    ///
    /// # Errors
    /// A text that is none of the sources.
    pub fn source(&self) -> Result<Source> {
        self.data.parse()
    }

    /// Where the problems of evaluations come from.
    ///
    /// # Errors
    /// A text that is none of the sources.
    pub fn eval_source(&self) -> Result<Source> {
        let text = if self.eval_data.is_empty() { &self.data } else { &self.eval_data };
        Ok(text.parse::<Source>()?.held_out())
    }

    /// The loss and its constants.
    pub fn loss(&self) -> Loss {
        Loss {
            kind: self.loss.kind,
            clip_low: self.clip_low,
            clip_high: self.clip_high,
            dual_clip: if self.loss.dual_clip == 0.0 { f64::INFINITY } else { self.loss.dual_clip },
            kl_coef: self.kl_coef,
            kl_kind: self.loss.kl,
            entropy_coef: self.entropy_coef,
            importance_cap: self.importance_cap,
            longest: self.max_new_tokens,
        }
    }

    /// Where rewards come from; a program is started.
    ///
    /// # Errors
    /// A program that cannot be.
    pub fn reward(&self) -> Result<Reward> {
        Reward::of(&self.reward_command)
    }

    /// What of the model is trained.
    pub fn training(&self) -> Training {
        self.lora().map_or(Training::Full, Training::Lora)
    }

    /// The adapters, where not every weight is trained.
    pub fn lora(&self) -> Option<LoraOptions> {
        let (Adapters { rank, alpha }, seed) = (self.lora, self.seed);
        (rank > 0).then_some(LoraOptions { rank, alpha, seed })
    }
}

/// Bound on the correction for completions of the policy before, unless one is given (that of TIS,
/// Yao et al. 2025, "Your efficient RL framework secretly brings you off-policy RL training").
const DEFAULT_CAP: f64 = 2.0;

/// A whole number where a number is wanted.
fn fit(value: Value, like: &Value) -> Value {
    match (value, like) {
        (Value::Integer(whole), Value::Float(_)) => Value::Float(whole as f64),
        (value, _) => value,
    }
}

/// Settings of other trainers and of earlier versions, and what they are here.
const ELSEWHERE: [(&str, &str); 32] = [
    ("lr", "learning_rate"),
    ("beta", "estimator, as in \"rs-grpo:beta=2\", or kl_coef for the weight of the divergence"),
    ("num_generations", "samples"),
    ("n", "samples"),
    ("max_completion_length", "max_new_tokens"),
    ("max_tokens", "max_new_tokens"),
    ("epsilon", "clip_low"),
    ("epsilon_high", "clip_high"),
    ("delta", DUAL_CLIP),
    ("dual_clip", DUAL_CLIP),
    ("weight_decay", "optimizer, as in \"adamw:weight_decay=0.01\""),
    ("kl_estimator", "loss, as in \"token-mean:kl=k1\""),
    ("loss_type", "loss"),
    ("num_iterations", "epochs"),
    ("max_steps", "steps"),
    ("max_grad_norm", "clip_norm"),
    ("warmup", WARMUP),
    ("warmup_steps", WARMUP),
    ("lr_scheduler_type", "schedule"),
    ("lora_r", LORA),
    ("lora_rank", LORA),
    ("lora_alpha", LORA),
    ("save_steps", SAVE),
    ("save_total_limit", SAVE),
    ("save_every", SAVE),
    ("keep_last", SAVE),
    ("eval_steps", EVAL),
    ("eval_every", EVAL),
    ("eval_problems", EVAL),
    ("eval_samples", EVAL),
    ("problems", "data, as in \"countdown:problems=4096\""),
    ("reward_timeout", "reward_command, as in \"timeout=60 python3 reward.py\""),
];

const DUAL_CLIP: &str = "loss, as in \"token-mean:dual_clip=3\"";
const WARMUP: &str = "schedule, as in \"cosine:warmup=20\"";
const LORA: &str = "lora, as in \"rank=16,alpha=32\"";
const SAVE: &str = "save, as in \"every=50,keep=1\"";
const EVAL: &str = "eval, as in \"every=20,problems=200,samples=128\"";

fn unknown(key: &str, table: &Table, origin: &Path) -> Error {
    let near = |known: &&String| strsim::jaro_winkler(key, known);
    let elsewhere = ELSEWHERE.iter().find(|(name, _)| *name == key);
    let hint = match (elsewhere, table.keys().max_by(|a, b| near(a).total_cmp(&near(b)))) {
        (Some((_, here)), _) => format!("; here it is {here}"),
        (None, Some(nearest)) => format!("; did you mean {nearest:?}?"),
        (None, None) => String::new(),
    };
    Error::malformed(origin, key, format!("is no setting{hint}"))
}
