//! Names of settings in other trainers and earlier versions.

/// Another name for a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForeignName {
    /// The other name.
    pub name: &'static str,
    /// Its equivalent in a file.
    pub(crate) in_file: &'static str,
    /// Its equivalent on the command line.
    pub flag: ForeignFlag,
}

/// What another name is on a command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignFlag {
    /// Another name of the flag of this setting: it takes the same values, with the same meaning.
    Alias(&'static str),
    /// Written differently: how.
    Instead(&'static str),
    /// A separate flag.
    Own,
}

/// The same under another name.
const fn same(name: &'static str, key: &'static str) -> ForeignName {
    ForeignName { name, in_file: key, flag: ForeignFlag::Alias(key) }
}

/// The first key of a table, which a flag takes without naming it.
const fn first(name: &'static str, key: &'static str, in_file: &'static str) -> ForeignName {
    ForeignName { name, in_file, flag: ForeignFlag::Alias(key) }
}

const fn instead(name: &'static str, in_file: &'static str, flag: &'static str) -> ForeignName {
    ForeignName { name, in_file, flag: ForeignFlag::Instead(flag) }
}

const LORA_RANK: &str = "rank in [lora]";
const SAVE_EVERY: &str = "every in [save]";
const SAVE_KEEP: (&str, &str) = ("keep in [save]", "--save every=50,keep=2");
const EVAL_EVERY: &str = "every in [eval]";
const DUAL_CLIP: (&str, &str) = ("dual_clip in [loss]", "--loss token-mean:dual_clip=3");
const WARMUP: (&str, &str) = ("warmup in [schedule]", "--schedule cosine:warmup=20");

/// TRL's names, verl's, PEFT's, and those of earlier versions.
pub const FOREIGN_NAMES: [ForeignName; 32] = [
    same("lr", "learning_rate"),
    ForeignName {
        name: "beta",
        in_file: "estimator, as in \"rs-grpo:beta=2\", or kl_coef for the weight of the divergence",
        flag: ForeignFlag::Own,
    },
    same("num_generations", "samples"),
    same("n", "samples"),
    same("max_completion_length", "max_new_tokens"),
    same("max_tokens", "max_new_tokens"),
    // TRL's `epsilon` is both bounds, unless `epsilon_high` is given.
    instead("epsilon", "clip_low, and clip_high for the upper bound", "--clip-low and --clip-high"),
    same("epsilon_high", "clip_high"),
    instead("delta", DUAL_CLIP.0, DUAL_CLIP.1),
    instead("dual_clip", DUAL_CLIP.0, DUAL_CLIP.1),
    instead("weight_decay", "weight_decay in [optimizer]", "--optimizer adamw:weight_decay=0.01"),
    instead("kl_estimator", "kl in [loss]", "--loss token-mean:kl=k1"),
    // The names of its values are others.
    instead(
        "loss_type",
        "kind in [loss]",
        "--loss token-mean, sequence-mean, constant-length or gspo",
    ),
    same("num_iterations", "epochs"),
    same("max_steps", "steps"),
    same("max_grad_norm", "clip_norm"),
    instead("warmup", WARMUP.0, WARMUP.1),
    instead("warmup_steps", WARMUP.0, WARMUP.1),
    first("lr_scheduler_type", "schedule", "decay in [schedule]"),
    first("lora_r", "lora", LORA_RANK),
    first("lora_rank", "lora", LORA_RANK),
    instead("lora_alpha", "alpha in [lora]", "--lora rank=16,alpha=32"),
    first("save_steps", "save", SAVE_EVERY),
    instead("save_total_limit", SAVE_KEEP.0, SAVE_KEEP.1),
    first("save_every", "save", SAVE_EVERY),
    instead("keep_last", SAVE_KEEP.0, SAVE_KEEP.1),
    first("eval_steps", "eval", EVAL_EVERY),
    first("eval_every", "eval", EVAL_EVERY),
    instead("eval_problems", "problems in [eval]", "--eval every=20,problems=200"),
    instead("eval_samples", "samples in [eval]", "--eval every=20,samples=128"),
    instead(
        "problems",
        "data, as in \"countdown:problems=4096\"",
        "--data countdown:problems=4096",
    ),
    instead(
        "reward_timeout",
        "reward_command, as in \"timeout=60 python3 reward.py\"",
        "--reward-command \"timeout=60 python3 reward.py\"",
    ),
];
