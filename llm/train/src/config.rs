//! Everything a training run depends on.

use super::foreign::FOREIGN_NAMES;
use super::loss::Loss;
use super::schedule::Schedule;
use super::setting::{Setting, SettingKind, plain};
use super::tables::{
    CheckpointConfig, EvalConfig, LoraConfig, LossConfig, OptimizerConfig, SamplerConfig,
    SamplerKind,
};
use crate::reward::{Reward, RewardCommand};
use crate::task::TaskSource;
use crate::template_vars::TemplateVars;
use crate::{Error, Result};
use rs_grpo::Estimator;
use rs_grpo_engine::model::{LoraOptions, Training};
use rs_grpo_engine::text::{AUTO, PromptOptions};
use rs_grpo_files::Refuse as _;
use serde::{Deserialize, Serialize, Serializer};
use std::path::Path;
use toml::{Table, Value};

/// Declares the settings under their headings: each with its meaning, its type, its default, and the form
/// of its value on a command line.
macro_rules! settings {
    (
        $(#[doc = $about:literal])+
        $type:ident {
            $($heading:literal {
                $(
                    $(#[doc = $doc:literal])+
                    $(#[serde($($serde:tt)+)])?
                    $key:ident: $kind:ty = $default:expr, $value:literal;
                )+
            })+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $type {
            $($($(#[doc = $doc])+ $(#[serde($($serde)+)])? pub $key: $kind,)+)+
        }

        impl $type {
            /// Every setting, in the order of files and of the help.
            pub const SETTINGS: &'static [Setting] = &[$($(Setting {
                key: stringify!($key),
                heading: $heading,
                value: $value,
                doc: concat!($($doc),+),
                form: <$kind as SettingKind>::FORM,
            }),+),+];
        }

        impl Default for $type {
            /// RS-GRPO with β = 2 on the embedded model and task.
            fn default() -> Self {
                Self { $($($key: $default,)+)+ }
            }
        }
    };
}

settings! {
    /// The settings of a training run. Every field is a key of the configuration file and a flag of the
    /// command line; one of several keys is a table in the file and a short text as a flag.
    TrainConfig {
        "Model" {
            /// The model: countdown for the embedded one, an alias of `repro models`, an id on the hub, or a
            /// folder.
            model: String = "countdown".to_owned(), "MODEL";
            /// Train LoRA adapters on all linear layers in place of all weights.
            lora: LoraConfig = LoraConfig::default(), "RANK|rank=R,alpha=α|off";
        }
        "Data" {
            /// Problems to train on: countdown[:problems=4096,numbers=4,largest=12,target=99,seed=0], a set
            /// of `repro data list`, NAME=PATH for a copy of it, or a file:
            /// PATH[:problem=COLUMN,answer=COLUMN].
            data: String = "countdown".to_owned(), "DATA";
            /// Problems to evaluate on; empty for those that data holds out.
            eval_data: String = String::new(), "DATA";
            /// Leave out problems of benchmarks that are in the cache.
            decontaminate: bool = true, "BOOL";
            /// Prompt template, with {prompt} in place of the question; auto chooses it by model and
            /// question; empty for the question alone, in the model's chat template.
            prompt_template: String = AUTO.to_owned(), "TEXT";
            /// System message of the chat template, for questions without one.
            system_prompt: String = String::new(), "TEXT";
            /// Variables of the chat template, such as enable_thinking=false,date=2026-01-31; in a file
            /// also as a table.
            template_vars: TemplateVars = TemplateVars::default(), "NAME=VALUE[,…]";
            /// Apply the model's chat template to the prompt template, also for a base model.
            chat: bool = false, "BOOL";
        }
        "Method" {
            /// How rewards become advantages; `repro advantage --list` shows every estimator.
            estimator: String = "rs-grpo:beta=2".to_owned(), "NAME[:KEY=VALUE]";
            /// Program that gives rewards in place of the grader; empty for the grader. It reads lines {"id",
            /// "problem", "prompt", "completion", "answer"} and writes lines {"id", "reward"}. With
            /// `timeout=120 PROGRAM` it may take 120 s for the completions of one prompt, not 60, before it
            /// is started again.
            reward_command: String = String::new(), "COMMAND";
            /// How the losses of tokens are aggregated.
            loss: LossConfig = LossConfig::default(), "KIND[:KEY=VALUE]";
            /// Ratios under 1 − clip_low are not pushed further down.
            clip_low: f64 = 0.2, "ε";
            /// Ratios over 1 + clip_high are not pushed further up.
            clip_high: f64 = 0.28, "ε";
            /// Weight of the KL divergence from the initial model; with 0 no reference is kept.
            kl_coef: f64 = 0.0, "C";
            /// Weight of the policy's entropy, which is rewarded.
            entropy_coef: f64 = 0.0, "C";
            /// Bound on the correction for a sampler that differs from the trainer; 0 is off.
            importance_cap: f64 = 0.0, "W";
            /// Leave completions of the longest length out of the loss.
            mask_truncated: bool = false, "BOOL";
            /// Tokens before the longest length over which the reward falls by 1; 0 is off.
            overlong_buffer: usize = 0, "N";
        }
        "Optimisation" {
            /// Steps of the run.
            steps: usize = 200, "N";
            /// Prompts of a step.
            prompts: usize = 64, "N";
            /// Updates in a step, which its completions are divided among.
            minibatches: usize = 1, "N";
            /// Passes of a step over its completions.
            epochs: usize = 1, "N";
            /// Most tokens that go through the network together in training.
            micro_batch_tokens: usize = 2048, "N";
            /// Learning rate after the warm-up.
            learning_rate: f64 = 2e-4, "η";
            /// How the learning rate rises and falls.
            schedule: Schedule = Schedule::default(), "DECAY[:warmup=N]";
            /// How gradients become updates.
            optimizer: OptimizerConfig = OptimizerConfig::default(), "adamw[:KEY=VALUE]";
            /// Largest gradient norm; a larger gradient is scaled down to it.
            clip_norm: f64 = 1.0, "G";
            /// Seed of all random numbers.
            seed: u64 = 0, "N";
        }
        "Sampling" {
            /// Completions of each prompt: the size of a group.
            samples: usize = 16, "N";
            /// Divides the logits, in sampling and in the loss.
            #[serde(serialize_with = "shortest")]
            temperature: f32 = 1.0, "T";
            /// Longest completion, in tokens.
            max_new_tokens: usize = 16, "N";
            /// Stop strings: one text, or a list such as ["Question:", "Q:"].
            stop: Vec<String> = Vec::new(), "TEXT|[TEXT,…]";
            /// Most rounds of sampling that a step may take to replace groups without signal; 1 is off.
            sampling_rounds: usize = 1, "N";
            /// Where completions are sampled.
            sampler: SamplerConfig = SamplerConfig::default(), "local|http";
        }
        "Evaluation and saving" {
            /// When and how the policy is evaluated.
            eval: EvalConfig = EvalConfig::default(), "N|every=N,problems=N,samples=N|off";
            /// When checkpoints are written, and how many are kept.
            save: CheckpointConfig = CheckpointConfig::default(), "N|every=N,keep=N";
        }
    }
}

/// Writes an f32 as the shortest decimal that parses to the same value.
fn shortest<S: Serializer>(number: &f32, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_f64(number.to_string().parse().unwrap_or_else(|_| f64::from(*number)))
}

impl TrainConfig {
    /// The keys of all settings, in alphabetical order.
    pub fn keys() -> Vec<String> {
        Self::default().table().keys().cloned().collect()
    }

    /// The settings as a table of a file.
    pub fn table(&self) -> Table {
        Table::try_from(self).unwrap_or_default()
    }

    /// Parses a short text, such as `rank=32` for the setting `lora`, into its table; none if it is
    /// invalid.
    pub fn short(setting: &Setting, text: &str) -> Option<Value> {
        let mut table = Self::default().table();
        let named = setting.form?.read(text, table.get(setting.key)?.as_table()?)?;
        table.insert(setting.key.to_owned(), Value::Table(named.clone()));
        let _: Self = table.try_into().ok()?;
        Some(Value::Table(named))
    }

    /// The settings by key, tables as the short texts that flags take.
    pub fn texts(&self) -> Table {
        let (mut table, defaults) = (self.table(), Self::default().table());
        for (key, form) in Self::SETTINGS.iter().filter_map(|s| Some((s.key, s.form?))) {
            if let (Some(Value::Table(own)), Some(Value::Table(default))) =
                (table.get(key), defaults.get(key))
            {
                let text = form.short(own, default);
                table.insert(key.to_owned(), Value::String(text));
            }
        }
        table
    }

    /// The settings as the text of a configuration file.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).unwrap_or_default()
    }

    /// The defaults, overridden by a file's table.
    ///
    /// # Errors
    /// A file that cannot be read or is not TOML; an unknown key, with the nearest known one; a value of
    /// the wrong type.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(Error::file(path))?;
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            Error::malformed(path, "the file", format!("is not TOML: {}", error.message()))
        })?;
        Self::default().with(table, path)
    }

    /// These settings, overridden by a table; `origin` is named in messages. A table replaces a setting
    /// as a whole: missing keys get their defaults.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn with(&self, overrides: Table, origin: &Path) -> Result<Self> {
        let (mut table, defaults) = (self.table(), Self::default().table());
        check_form(&overrides, &defaults, origin)?;
        for (key, value) in overrides {
            let default =
                defaults.get(&key).ok_or_else(|| unknown(&key, &key, &defaults, origin))?;
            match (value, default) {
                (Value::Table(named), Value::Table(keys)) => {
                    table.insert(key.clone(), default.clone());
                    for (inner, value) in named {
                        let path = format!("{key}.{inner}");
                        let like =
                            keys.get(&inner).ok_or_else(|| unknown(&path, &inner, keys, origin))?;
                        if let Some(Value::Table(own)) = table.get_mut(&key) {
                            own.insert(inner, fit(value, like));
                        }
                        readable(&table, &path, origin)?;
                    }
                }
                (value, like) => {
                    table.insert(key.clone(), fit(value, like));
                    readable(&table, &key, origin)?;
                }
            }
        }
        readable(&table, "the settings", origin)
    }

    /// The settings in which another run differs, with both values.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let (mine, theirs) = (self.texts(), other.texts());
        let differing = mine.iter().filter(|(key, value)| theirs.get(*key) != Some(*value));
        let theirs = |key: &String| theirs.get(key).map(Value::to_string).unwrap_or_default();
        differing.map(|(key, value)| format!("{key}: {value}, here {}", theirs(key))).collect()
    }

    /// Checks that all settings are in range and compatible.
    ///
    /// # Errors
    /// The first setting that is out of range.
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
        let alpha = self.lora.alpha;
        if self.lora.rank == 0 && alpha != LoraConfig::default().alpha {
            let allowed =
                format!("with a rank, as in rank=16,alpha={alpha}: rank 0 trains all weights");
            return Err(Error::parameter("alpha in lora", alpha, allowed));
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

    /// Servers need adapters, and learning from completions of the previous policy needs the importance
    /// correction.
    fn check_sampler(&self) -> Result<()> {
        let ahead = self.sampler.async_steps;
        if ahead > usize::from(!self.sampler.is_local()) {
            let allowed = SamplerConfig::FORM.map_or("", |form| form.allowed);
            return Err(Error::parameter("sampler", self.sampler, allowed));
        }
        if self.sampler.is_local() {
            return Ok(());
        }
        if self.lora.rank == 0 {
            let allowed = "local, or http with adapters, as in --lora rank=32: servers load the base \
                           model once and an adapter for each step";
            return Err(Error::parameter("sampler", self.sampler, allowed));
        }
        if ahead > 0 && self.importance_cap == 0.0 {
            let allowed = format!(
                "at least 1 with {}, such as {DEFAULT_CAP}: completions are of the previous policy",
                self.sampler
            );
            return Err(Error::parameter("importance-cap", 0, allowed));
        }
        Ok(())
    }

    /// The same settings with completions sampled `async_steps` ahead on servers, and with the
    /// importance correction that this needs.
    #[must_use]
    pub fn drawn_ahead(mut self, async_steps: usize) -> Self {
        self.sampler = SamplerConfig { kind: SamplerKind::Http, async_steps };
        if async_steps > 0 && self.importance_cap == 0.0 {
            self.importance_cap = DEFAULT_CAP;
        }
        self
    }

    /// The estimator of advantages, checked to accept groups of this size.
    ///
    /// # Errors
    /// An unknown estimator; a group that is too small for it.
    pub fn estimator(&self) -> Result<Estimator> {
        let refuse = |error: rs_grpo::Error| {
            Error::parameter("estimator", format!("{:?}", self.estimator), error.to_string())
        };
        let estimator: Estimator = self.estimator.parse().map_err(refuse)?;
        self.check_estimator(&estimator)?;
        Ok(estimator)
    }

    /// Refuses an estimator that does not accept groups of this size.
    pub(crate) fn check_estimator(&self, estimator: &Estimator) -> Result<()> {
        // Rewards 0 and 1 in turn, so that an estimator that refuses this size does so here.
        let rewards: Vec<f64> = (0..self.samples.max(1)).map(|i| (i % 2) as f64).collect();
        estimator.advantages(&rewards).map_err(|error| {
            let allowed = format!("one that takes groups of --samples {}: {error}", self.samples);
            Error::parameter("estimator", format!("{:?}", estimator.to_string()), allowed)
        })?;
        Ok(())
    }

    /// Where the problems come from.
    ///
    /// # Errors
    /// An unknown source.
    pub fn source(&self) -> Result<TaskSource> {
        let source: TaskSource = self.data.parse()?;
        Ok(source.with_optional_answers(!self.reward_command.is_empty()))
    }

    /// Where the problems of evaluations come from.
    ///
    /// # Errors
    /// An unknown source.
    pub fn eval_source(&self) -> Result<TaskSource> {
        let text = if self.eval_data.is_empty() { &self.data } else { &self.eval_data };
        let source = text.parse::<TaskSource>()?.held_out();
        Ok(source.with_optional_answers(!self.reward_command.is_empty()))
    }

    /// How questions become prompts.
    ///
    /// # Errors
    /// Variables that are not `name=value`.
    pub fn prompt_options(&self) -> Result<PromptOptions> {
        Ok(PromptOptions {
            template: self.prompt_template.clone(),
            chat: self.chat,
            system: self.system_prompt.clone(),
            variables: self.template_vars.0.clone(),
        })
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

    /// The source of rewards; starts the reward command, if there is one.
    ///
    /// # Errors
    /// A program that cannot be started.
    pub fn reward(&self) -> Result<Reward> {
        Reward::of(&self.reward_command)
    }

    /// Which weights are trained.
    pub fn training(&self) -> Training {
        self.lora().map_or(Training::Full, Training::Lora)
    }

    /// Options of the LoRA adapters; none if all weights are trained.
    pub fn lora(&self) -> Option<LoraOptions> {
        let (LoraConfig { rank, alpha }, seed) = (self.lora, self.seed);
        (rank > 0).then_some(LoraOptions { rank, alpha, seed })
    }
}

/// Default bound on the importance correction for completions of the previous policy (that of TIS, Yao
/// et al. 2025, "Your efficient RL framework secretly brings you off-policy RL training").
const DEFAULT_CAP: f64 = 2.0;

/// Converts an integer where a float is expected.
fn fit(value: Value, like: &Value) -> Value {
    match (value, like) {
        (Value::Integer(whole), Value::Float(_)) => Value::Float(whole as f64),
        (value, _) => value,
    }
}

/// Deserializes settings; `path` is the new value that an error is about.
fn readable(table: &Table, path: &str, origin: &Path) -> Result<TrainConfig> {
    table.clone().try_into().map_err(|error: toml::de::Error| {
        Error::malformed(origin, path, error.message().trim().to_owned())
    })
}

/// Refuses strings and numbers in place of a table, the form of earlier versions; the error shows the
/// tables to write instead.
fn check_form(overrides: &Table, defaults: &Table, origin: &Path) -> Result<()> {
    let old = |setting: &Setting| {
        let (form, value) = (setting.form?, overrides.get(setting.key)?);
        let text = match value {
            Value::Table(_) => return None,
            value => plain(value),
        };
        let Some(Value::Table(keys)) = defaults.get(setting.key) else { return None };
        let named = form.read(&text, keys).unwrap_or_else(|| keys.clone());
        Some((setting.key, form.block(setting.key, &named)))
    };
    let old: Vec<(&str, String)> = TrainConfig::SETTINGS.iter().filter_map(old).collect();
    if old.is_empty() {
        return Ok(());
    }
    let (keys, blocks): (Vec<&str>, Vec<String>) = old.into_iter().unzip();
    let problem = format!(
        "is the form of earlier versions; write this at the end of the file:\n\n{}",
        blocks.join("\n")
    );
    Err(Error::malformed(origin, keys.join(", "), problem.trim_end()))
}

/// The error for an unknown key.
fn unknown(path: &str, key: &str, known: &Table, origin: &Path) -> Error {
    let near = |known: &&String| strsim::jaro_winkler(key, known);
    let foreign = FOREIGN_NAMES.iter().find(|foreign| foreign.name == path);
    let hint = match (foreign, known.keys().max_by(|a, b| near(a).total_cmp(&near(b)))) {
        (Some(foreign), _) => format!("; here it is {}", foreign.in_file),
        (None, Some(nearest)) => format!("; did you mean {nearest:?}?"),
        (None, None) => String::new(),
    };
    Error::malformed(origin, path, format!("is not a setting{hint}"))
}
