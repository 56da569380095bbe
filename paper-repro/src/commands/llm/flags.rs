//! The settings of a training run as flags: one for each key of the configuration file.

use clap::Args;
use rs_grpo_train::{SamplerForm, TrainConfig};
use serde::Serialize;
use std::path::Path;
use toml::Table;

use crate::failure::Failure;
use crate::parse;

/// Declares the flags: a heading, then each setting with its type, the name of its value and help.
macro_rules! flags {
    ($($heading:literal { $($name:ident: $kind:ty, $value:literal, $help:literal;)+ })+) => {
        /// Settings that were given.
        #[derive(Debug, Clone, Default, PartialEq, Args, Serialize)]
        pub(crate) struct Flags {
            $($(
                #[doc = $help]
                #[arg(
                    long,
                    value_name = $value,
                    allow_negative_numbers = true,
                    help_heading = $heading
                )]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub(crate) $name: Option<$kind>,
            )+)+
        }
    };
}

flags! {
    "Model and data" {
        model: String, "MODEL", "The model: countdown for the embedded one, an alias of `repro models`, an id on the hub, or a folder";
        data: String, "DATA", "Problems to train on: countdown[:problems=4096,numbers=4,largest=12,target=99,seed=0], a set of `repro data list`, NAME=PATH for a copy of it, or a file: PATH[:problem=COLUMN,answer=COLUMN]";
        eval_data: String, "DATA", "Problems to evaluate on; by default those that --data holds out";
        decontaminate: bool, "BOOL", "Leave out problems that a benchmark at hand holds";
        prompt_template: String, "TEXT", "Text around a question, which stands in it as {prompt}; auto chooses it by model and question; empty for the model's chat template";
        max_new_tokens: usize, "N", "Longest completion, in tokens";
        temperature: f32, "T", "Divides the logits, when completions are drawn and when they are learned from";
    }
    "Method" {
        reward_command: String, "COMMAND", "Program that gives rewards in place of the grader: lines {\"id\", \"problem\", \"prompt\", \"completion\", \"answer\"} in, lines {\"id\", \"reward\"} out; `timeout=120 PROGRAM` lets it take 120 s for the completions of one prompt, not 60, before it is started again";
        estimator: String, "NAME[:KEY=VALUE]", "How rewards become advantages; `repro advantage --list` has them all";
        loss: String, "KIND[:KEY=VALUE]", "How tokens make one loss: token-mean, sequence-mean, constant-length or gspo; with :kl=k1, k2 or k3, how the divergence is estimated [k3], and with :dual_clip=3, over which ratio a negative advantage has no gradient [off]";
        clip_low: f64, "ε", "Ratios under 1 − ε are not pushed further down";
        clip_high: f64, "ε", "Ratios over 1 + ε are not pushed further up";
        kl_coef: f64, "C", "Weight of the divergence from the model at the start; with 0 no reference is kept";
        entropy_coef: f64, "C", "Weight of the policy's entropy, which is rewarded";
        importance_cap: f64, "W", "Bound on the correction for a sampler that differs from the trainer; 0 is off";
        mask_truncated: bool, "BOOL", "Leave completions of the longest length out of the loss";
        overlong_buffer: usize, "N", "Tokens before the longest length over which the reward falls by 1; 0 is off";
        sampling_rounds: usize, "N", "Most rounds of sampling to replace groups without signal; 1 is off";
    }
    "Optimisation" {
        sampler: String, "local|http", "Where completions are drawn: in this process, or on the servers of --endpoint, which load the adapters of --lora";
        prompts: usize, "N", "Prompts of a step";
        samples: usize, "N", "Completions of each prompt: the size of a group";
        minibatches: usize, "N", "Updates that a step's completions are divided over";
        epochs: usize, "N", "Times that a step goes over its completions";
        micro_batch_tokens: usize, "N", "Most tokens that go through the network together";
        steps: usize, "N", "Steps of the run";
        learning_rate: f64, "η", "Learning rate after the warm-up";
        schedule: String, "KIND[:warmup=N]", "How it rises to that, over N steps [0], and moves then: constant or cosine";
        optimizer: String, "adamw[:KEY=VALUE]", "AdamW; with :weight_decay=λ, decoupled decay of matrices [0], and with :state=bf16 moments of half the size on a GPU [f32]";
        clip_norm: f64, "G", "Longest gradient; a longer one is shortened to it";
        lora: String, "rank=R,alpha=α", "Train LoRA adapters of this rank on all linear layers, their product multiplied by α over R [α: 32]; off trains every weight";
        seed: u64, "N", "Seed of all random numbers";
    }
    "Checkpoints and evaluation" {
        save: String, "every=N,keep=N", "Steps from one checkpoint to the next, and how many are kept, beside the best";
        eval: String, "every=N,problems=N,samples=N", "Steps from one evaluation to the next, its problems, and completions of each; off evaluates nothing";
    }
}

/// Where settings come from.
#[derive(Debug, Args)]
pub(crate) struct Settings {
    /// A TOML file of settings; flags override it.
    #[arg(long, value_name = "FILE", help_heading = "Model and data")]
    pub(crate) config: Option<std::path::PathBuf>,
    /// Short for --estimator rs-grpo:beta=β.
    #[arg(
        long,
        value_name = "β",
        value_parser = parse::number,
        allow_negative_numbers = true,
        conflicts_with = "estimator",
        help_heading = "Method"
    )]
    pub(crate) beta: Option<f64>,
    /// With --sampler http, draw the completions of the next step while learning from those of this one
    /// (1), with an --importance-cap of 2 unless another is given; 0 draws them from the policy as it is.
    #[arg(long, value_name = "N", help_heading = "Servers")]
    pub(crate) async_steps: Option<usize>,
    #[command(flatten)]
    pub(crate) flags: Flags,
}

impl Settings {
    /// Whether nothing was given.
    pub(crate) fn is_empty(&self) -> bool {
        let shorts = self.beta.is_some() || self.async_steps.is_some();
        self.config.is_none() && !shorts && self.flags == Flags::default()
    }

    /// The settings of the file, or the defaults, overridden by the flags.
    pub(crate) fn resolve(&self, defaults: &TrainConfig) -> Result<TrainConfig, Failure> {
        let base = match &self.config {
            Some(path) => TrainConfig::read(path)?,
            None => defaults.clone(),
        };
        let mut flags = Table::try_from(&self.flags)
            .map_err(|error| Failure::Failed(format!("the flags are no table: {error}")))?;
        if let Some(beta) = self.beta {
            flags.insert("estimator".to_owned(), format!("rs-grpo:beta={beta}").into());
        }
        let mut config = base.with(flags, Path::new("the command line"))?;
        if let Some(steps) = self.async_steps {
            if config.sampler == SamplerForm::Local || steps > 1 {
                let problem = "--async-steps is 0 or 1, and needs --sampler http";
                return Err(Failure::Usage(problem.to_owned()));
            }
            config = config.drawn_ahead(steps);
        }
        config.check()?;
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::Flags;
    use clap::{Args, Command};
    use rs_grpo_train::TrainConfig;
    use std::collections::BTreeSet;

    #[test]
    fn every_key_of_the_file_is_a_flag_and_no_other() {
        let command = Flags::augment_args(Command::new("flags"));
        let flags: BTreeSet<String> =
            command.get_arguments().map(|flag| flag.get_id().to_string()).collect();
        assert_eq!(flags, TrainConfig::keys().into_iter().collect());
    }
}
