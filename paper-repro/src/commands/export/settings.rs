//! Each setting of a run as verl's, of version 0.9.1.
//!
//! A setting that verl lacks is refused; one that differs in verl gets a note.
//! [`every_setting_is_known`] names every field, so that a new setting does not compile before it is
//! handled.

use crate::failure::Failure;
use rs_grpo_engine::ModelConfig;
use rs_grpo_engine::config::Family;
use rs_grpo_engine::optim::{AdamWOptions, StateType};
use rs_grpo_engine::text::{AUTO, PlainTemplate, Question};
use rs_grpo_hub::Alias;
use rs_grpo_train::{
    CheckpointConfig, Decay, EvalConfig, KlKind, LoraConfig, LossConfig, LossKind, OptimizerConfig,
    OptimizerKind, Schedule, TrainConfig,
};
use std::path::Path;

/// Larger than any ratio: turns verl's dual clip off.
const NO_DUAL_CLIP: f64 = 1e6;
/// Names of verl's own estimators; ours have other names there.
const VERLS_OWN: [&str; 3] = ["grpo", "rloo", "grpo_passk"];

/// Machines and limits that verl needs besides the settings.
#[derive(Debug, Clone, Copy)]
pub(super) struct ExportTarget {
    pub(super) nodes: usize,
    pub(super) gpus: usize,
    pub(super) tensor_parallel: usize,
    pub(super) prompt_tokens: usize,
}

/// A section of the settings, with its title.
pub(super) struct Part {
    pub(super) title: &'static str,
    pub(super) overrides: Vec<String>,
}

/// A run as verl's settings.
pub(super) struct Mapping {
    pub(super) parts: Vec<Part>,
    /// Differences of verl, a sentence each.
    pub(super) notes: Vec<String>,
    /// The text around a question in verl's data.
    pub(super) template: PlainTemplate,
    /// Whether evaluations need a separate data file.
    pub(super) evaluates: bool,
}

impl Mapping {
    /// # Errors
    /// Settings that verl lacks, by name.
    pub(super) fn new(
        name: &str,
        config: &TrainConfig,
        target: ExportTarget,
    ) -> Result<Self, Failure> {
        every_setting_is_known(config);
        refuse(config)?;
        let shape = shape(&config.model)?;
        let (template, chat) = template(&shape, config)?;
        let prompt = prompt_tokens(&shape, config.max_new_tokens, target)?;
        let longest = prompt + config.max_new_tokens;
        let mut notes = room_notes(config, prompt, longest);
        let parts = vec![
            part("Model", model_part(&shape, config.lora, chat, &mut notes)?),
            part("Data", data_part(config, prompt)),
            part("Advantages", advantage_part(config, &mut notes)?),
            part("Loss", loss_part(config, &mut notes)?),
            part("Correction for the sampler", correction(config)),
            part("Reward", reward_part(config.overlong_buffer, config.max_new_tokens)),
            part("Updates", update_part(config, longest, target)?),
            part("Optimiser", optimizer_part(config, &mut notes)),
            part("Sampling", sampling_part(config, target)),
            part("Run", run_part(name, config, target, &mut notes)),
        ];
        Ok(Self { parts, notes, template, evaluates: config.eval.every > 0 })
    }

    /// Every override, without titles.
    pub(super) fn overrides(&self) -> impl Iterator<Item = &String> {
        self.parts.iter().flat_map(|part| &part.overrides)
    }
}

/// Every setting, and what maps or refuses it: a new one does not compile before it is added here.
fn every_setting_is_known(config: &TrainConfig) {
    let TrainConfig {
        model: _,              // shape and model_part
        data: _,               // refuse
        eval_data: _,          // in the files of the problems
        decontaminate: _,      // in the files of the problems
        prompt_template: _,    // template
        chat: _,               // template
        system_prompt: _,      // refuse
        template_vars: _,      // refuse
        reward_command: _,     // refuse
        estimator: _,          // advantage_part, in canonical form
        loss: _,               // loss_part
        clip_low: _,           // loss_part
        clip_high: _,          // loss_part
        kl_coef: _,            // loss_part
        entropy_coef: _,       // loss_part
        importance_cap: _,     // correction
        mask_truncated: _,     // refuse
        overlong_buffer: _,    // reward_part
        sampling_rounds: _,    // advantage_part
        sampler: _,            // refuse
        prompts: _,            // data_part and update_part
        samples: _,            // update_part and sampling_part
        minibatches: _,        // update_part and correction
        epochs: _,             // update_part and correction
        micro_batch_tokens: _, // update_part and room_notes
        steps: _,              // run_part
        learning_rate: _,      // optimizer_part
        schedule: _,           // optimizer_part
        optimizer: _,          // optimizer_part
        clip_norm: _,          // optimizer_part
        lora: _,               // model_part
        temperature: _,        // sampling_part
        max_new_tokens: _,     // prompt_tokens, data_part, loss_part and reward_part
        stop: _,               // refuse
        save: _,               // run_part
        eval: _,               // run_part
        seed: _,               // data_part, sampling_part and run_part
    } = config;
}

/// Refuses settings that verl lacks, each by itself.
fn refuse(config: &TrainConfig) -> Result<(), Failure> {
    let TrainConfig { data, reward_command, mask_truncated, sampler, .. } = config;
    if !config.source()?.is_math() {
        return refused(
            "data",
            data,
            "sets with mathematical answers: verl's reward is the grader",
        );
    }
    if !reward_command.is_empty() {
        let why = "empty: verl's reward is a function in Python; write it into reward.py";
        return refused("reward-command", reward_command, why);
    }
    if *mask_truncated {
        return refused("mask-truncated", mask_truncated, "false: verl has no such mask");
    }
    refuse_prompts(config)?;
    // verl always samples with its own vLLM.
    if sampler.async_steps > 0 {
        let why = "local, or http without async_steps: this trainer of verl draws each step anew";
        return refused("sampler", sampler.to_string(), why);
    }
    Ok(())
}

/// Refuses parts of prompts and stops that the files for verl do not hold.
fn refuse_prompts(config: &TrainConfig) -> Result<(), Failure> {
    let TrainConfig { system_prompt, template_vars, stop, .. } = config;
    if !system_prompt.is_empty() {
        let allowed = "empty: verl's rows would need it; write it into prompt_template";
        return refused("system-prompt", system_prompt, allowed);
    }
    if !template_vars.0.is_empty() {
        let allowed = "empty; give verl data.apply_chat_template_kwargs yourself";
        return refused("template-vars", template_vars, allowed);
    }
    if let Some(stop) = stop.first() {
        return refused("stop", stop, "empty: verl's rollout stops at tokens only");
    }
    Ok(())
}

/// Notes on lengths of prompts and micro-batches.
fn room_notes(config: &TrainConfig, prompt: usize, longest: usize) -> Vec<String> {
    let micro_batch_tokens = config.micro_batch_tokens;
    let mut notes = vec![format!("data: prompts of more than {prompt} tokens are left out.")];
    if longest > micro_batch_tokens {
        notes.push(format!(
            "micro_batch_tokens = {micro_batch_tokens}: verl needs room for the longest sequence, \
             {longest} tokens."
        ));
    }
    notes
}

fn data_part(config: &TrainConfig, prompt: usize) -> Vec<String> {
    let TrainConfig { prompts, max_new_tokens, seed, .. } = config;
    vec![
        format!("data.train_batch_size={prompts}"),
        format!("data.max_prompt_length={prompt}"),
        format!("data.max_response_length={max_new_tokens}"),
        "data.filter_overlong_prompts=True".to_owned(),
        "data.truncation=error".to_owned(),
        format!("data.seed={seed}"),
    ]
}

fn sampling_part(config: &TrainConfig, target: ExportTarget) -> Vec<String> {
    let TrainConfig { samples, temperature, seed, .. } = config;
    let key = |name: &str, value: &dyn std::fmt::Display| {
        format!("actor_rollout_ref.rollout.{name}={value}")
    };
    vec![
        key("name", &"vllm"),
        key("n", samples),
        key("temperature", &format!("{temperature:?}")),
        key("top_p", &"1.0"),
        key("top_k", &"-1"),
        key("seed", seed),
        key("calculate_log_probs", &"True"),
        key("tensor_model_parallel_size", &target.tensor_parallel),
        key("gpu_memory_utilization", &"0.6"),
    ]
}

fn part(title: &'static str, overrides: Vec<String>) -> Part {
    Part { title, overrides }
}

fn refused<T>(setting: &str, value: impl std::fmt::Debug, allowed: &str) -> Result<T, Failure> {
    Err(Failure::Usage(format!(
        "verl cannot do that: --{setting} is {value:?}; allowed: {allowed}"
    )))
}

/// Quotes a text for verl's command line.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// A model's shape, without its weights.
struct Shape {
    path: String,
    config: ModelConfig,
    /// Whether it is a chat model; unknown for a folder.
    converses: Option<bool>,
}

fn shape(model: &str) -> Result<Shape, Failure> {
    let shape = |alias: &'static Alias| Some((alias, ModelConfig::published(alias.repository)?));
    if let Some((alias, config)) = Alias::find(model).and_then(shape) {
        let converses = Some(alias.name.ends_with("-instruct"));
        return Ok(Shape { path: alias.repository.to_owned(), config: config.clone(), converses });
    }
    let folder = Path::new(model);
    if folder.is_dir() {
        let config = ModelConfig::from_json(&folder.join("config.json"))?;
        return Ok(Shape { path: model.to_owned(), config, converses: None });
    }
    refused("model", model, "an alias of `repro models`, or a folder with the model's files")
}

/// The text around a question, and whether the model's chat template goes around that.
fn template(shape: &Shape, config: &TrainConfig) -> Result<(PlainTemplate, bool), Failure> {
    let TrainConfig { model, prompt_template, chat, .. } = config;
    if *chat {
        return Ok((Question::text(prompt_template, true)?, true));
    }
    Ok(match (prompt_template.as_str(), shape.converses) {
        ("", _) => (PlainTemplate::default(), true),
        (AUTO, Some(true)) => (Question::text(AUTO, true)?, true),
        (AUTO, Some(false)) => (Question::plain(AUTO, true)?, false),
        (AUTO, None) => {
            let allowed = format!(
                "a text with {{prompt}}, or empty for the chat template: it is not known \
                 whether {model} is a chat model"
            );
            return refused("prompt-template", AUTO, &allowed);
        }
        (text, _) => (PlainTemplate::new(text)?, false),
    })
}

fn model_part(
    shape: &Shape,
    LoraConfig { rank, alpha }: LoraConfig,
    chat: bool,
    notes: &mut Vec<String>,
) -> Result<Vec<String>, Failure> {
    let key = |name: &str, value: &dyn std::fmt::Display| {
        format!("actor_rollout_ref.model.{name}={value}")
    };
    let mut part = vec![
        key("path", &quoted(&shape.path)),
        key("use_remove_padding", &"True"),
        key("enable_gradient_checkpointing", &"True"),
    ];
    if !chat {
        // verl puts every prompt through a chat template: this one adds nothing to it.
        let start = if shape.config.family == Family::Llama { "{{ bos_token }}" } else { "" };
        let text = format!(
            "{start}{{% for message in messages %}}{{{{ message['content'] }}}}{{% endfor %}}"
        );
        part.push(key("custom_chat_template", &quoted(&text)));
    }
    if rank > 0 {
        if alpha.fract() != 0.0 {
            return refused("lora", format!("rank={rank},alpha={alpha}"), "a whole alpha");
        }
        part.push(key("lora_rank", &rank));
        part.push(key("lora_alpha", &alpha));
        part.push(key("target_modules", &"all-linear"));
        part.push("actor_rollout_ref.rollout.load_format=safetensors".to_owned());
        notes.push(
            "lora: verl's adapters begin with PEFT's random numbers, not with those of --seed here."
                .to_owned(),
        );
    }
    Ok(part)
}

/// Longest prompt that verl keeps.
fn prompt_tokens(shape: &Shape, new: usize, target: ExportTarget) -> Result<usize, Failure> {
    let room = shape.config.max_positions.saturating_sub(new);
    match room {
        0 => refused("max-new-tokens", new, &format!("under {}", shape.config.max_positions)),
        _ => Ok(target.prompt_tokens.min(room)),
    }
}

fn advantage_part(config: &TrainConfig, notes: &mut Vec<String>) -> Result<Vec<String>, Failure> {
    let sampling_rounds = config.sampling_rounds;
    let estimator = config.estimator()?;
    let name = estimator.name().replace('-', "_");
    let name = match VERLS_OWN.contains(&name.as_str()) {
        true => format!("reference_{name}"),
        false => name,
    };
    let mut part = vec![format!("algorithm.adv_estimator={name}")];
    // Numbers and words stand as they are; the text of another estimator, or of weights, does not.
    let is_plain =
        |value: &str| value.chars().all(|c| c.is_ascii_alphanumeric() || "-+.".contains(c));
    let written = |value: String| if is_plain(&value) { value } else { quoted(&value) };
    part.extend(
        estimator
            .parameters()
            .into_iter()
            .map(|(key, value)| format!("+algorithm.{name}.{key}={}", written(value))),
    );
    part.push("algorithm.use_kl_in_reward=False".to_owned());
    if sampling_rounds > 1 {
        part.push("algorithm.filter_groups.enable=True".to_owned());
        part.push("algorithm.filter_groups.metric=reward".to_owned());
        notes.push(format!(
            "sampling_rounds = {sampling_rounds}: verl samples until a step is full, in as many rounds \
             as that takes."
        ));
    }
    Ok(part)
}

fn loss_part(config: &TrainConfig, notes: &mut Vec<String>) -> Result<Vec<String>, Failure> {
    let LossConfig { kind, kl, dual_clip } = config.loss;
    let TrainConfig { clip_low, clip_high, entropy_coef, .. } = config;
    let mode = match kind {
        LossKind::TokenMean => "token-mean",
        LossKind::SequenceMean | LossKind::Gspo => "seq-mean-token-mean",
        LossKind::ConstantLength => "seq-mean-token-sum-norm",
    };
    let mut part = vec![actor("loss_agg_mode", &mode)];
    match kind {
        LossKind::Gspo if dual_clip != 0.0 => {
            return refused(
                "loss",
                "gspo with dual_clip",
                "gspo without it: verl's gspo has no dual clip",
            );
        }
        LossKind::Gspo => part.push(actor("policy_loss.loss_mode", &"gspo")),
        LossKind::ConstantLength => part.push(actor("loss_scale_factor", &config.max_new_tokens)),
        LossKind::TokenMean | LossKind::SequenceMean => {}
    }
    part.push(actor("clip_ratio", &format!("{clip_low:?}")));
    part.push(actor("clip_ratio_low", &format!("{clip_low:?}")));
    part.push(actor("clip_ratio_high", &format!("{clip_high:?}")));
    let dual_clip = if dual_clip == 0.0 { NO_DUAL_CLIP } else { dual_clip };
    part.push(actor("clip_ratio_c", &format!("{dual_clip:?}")));
    part.push(actor("entropy_coeff", &format!("{entropy_coef:?}")));
    part.extend(divergence(kl, config.kl_coef, notes));
    Ok(part)
}

/// The weight and the estimate of the divergence in the loss.
fn divergence(kl: KlKind, coefficient: f64, notes: &mut Vec<String>) -> Vec<String> {
    if coefficient == 0.0 {
        return vec![actor("use_kl_loss", &"False")];
    }
    let name = match kl {
        KlKind::K1 => "k1",
        KlKind::K2 => "k2",
        KlKind::K3 => "k3",
    };
    if name == "k3" {
        notes.push("loss, kl=k3: verl bounds the estimate of a token at 10.".to_owned());
    }
    vec![
        actor("use_kl_loss", &"True"),
        actor("kl_loss_coef", &format!("{coefficient:?}")),
        actor("kl_loss_type", &name),
    ]
}

/// A setting of verl's actor.
fn actor(name: &str, value: &dyn std::fmt::Display) -> String {
    format!("actor_rollout_ref.actor.{name}={value}")
}

/// Importance correction of tokens: the trainer's probability over the sampler's. Without it, a step of
/// several updates uses the sampler's log-probabilities as the old ones.
fn correction(config: &TrainConfig) -> Vec<String> {
    let several_updates = config.minibatches * config.epochs > 1;
    let key = |name: &str, value: &str| format!("algorithm.rollout_correction.{name}={value}");
    match config.importance_cap {
        0.0 if several_updates => vec![key("rollout_is", "null"), key("bypass_mode", "True")],
        0.0 => vec![key("rollout_is", "null")],
        cap => vec![key("rollout_is", "token"), key("rollout_is_threshold", &format!("{cap:?}"))],
    }
}

fn reward_part(overlong_buffer: usize, longest: usize) -> Vec<String> {
    let mut part = vec!["reward.custom_reward_function.name=compute_score".to_owned()];
    match overlong_buffer {
        0 => part.push("reward.reward_manager.name=naive".to_owned()),
        tokens => {
            let key = |name: &str, value: String| format!("+reward.reward_kwargs.{name}={value}");
            part.push("reward.reward_manager.name=dapo".to_owned());
            part.push(key("max_resp_len", longest.to_string()));
            part.push(key("overlong_buffer_cfg.enable", "True".to_owned()));
            part.push(key("overlong_buffer_cfg.len", tokens.to_string()));
            part.push(key("overlong_buffer_cfg.penalty_factor", "1.0".to_owned()));
            part.push(key("overlong_buffer_cfg.log", "True".to_owned()));
        }
    }
    part
}

fn update_part(
    config: &TrainConfig,
    longest: usize,
    target: ExportTarget,
) -> Result<Vec<String>, Failure> {
    let TrainConfig { prompts, samples, minibatches, epochs, micro_batch_tokens, .. } = *config;
    if !prompts.is_multiple_of(minibatches) {
        let nearest =
            (1..=minibatches).rev().find(|&parts| prompts.is_multiple_of(parts)).unwrap_or(1);
        let allowed = format!("a divisor of --prompts {prompts}; the nearest below is {nearest}");
        return refused("minibatches", minibatches, &allowed);
    }
    let (part, gpus) = (prompts / minibatches, target.nodes * target.gpus);
    if !(part * samples).is_multiple_of(gpus) {
        let allowed = format!(
            "a multiple of the {gpus} GPUs in each of the {minibatches} mini-batches, which have {} \
             completions",
            part * samples
        );
        return refused("prompts", prompts, &allowed);
    }
    Ok(vec![
        actor("ppo_mini_batch_size", &part),
        actor("ppo_epochs", &epochs),
        actor("use_dynamic_bsz", &"True"),
        actor("ppo_max_token_len_per_gpu", &micro_batch_tokens.max(longest)),
    ])
}

fn optimizer_part(config: &TrainConfig, notes: &mut Vec<String>) -> Vec<String> {
    let TrainConfig { learning_rate: rate, clip_norm, .. } = *config;
    let Schedule { decay, warmup } = config.schedule;
    let OptimizerConfig { kind: OptimizerKind::Adamw, weight_decay, state } = config.optimizer;
    let key = |name: &str, value: &dyn std::fmt::Display| {
        format!("actor_rollout_ref.actor.optim.{name}={value}")
    };
    let AdamWOptions { beta1, beta2, .. } = AdamWOptions::default();
    let mut part = vec![
        key("lr", &format!("{rate:e}")),
        key("betas", &format!("[{beta1},{beta2}]")),
        key("weight_decay", &format!("{weight_decay:?}")),
        key("clip_grad", &format!("{clip_norm:?}")),
        format!("actor_rollout_ref.actor.grad_clip={clip_norm:?}"),
    ];
    if weight_decay != 0.0 {
        notes.push("optimizer: verl decays norms and biases as well as matrices.".to_owned());
    }
    if state == StateType::Bf16 {
        notes.push("optimizer, state=bf16: verl keeps moments in f32.".to_owned());
    }
    // verl's constant schedule has a first step at rate 0; its cosine that ends where it begins is ours.
    if decay == Decay::Constant && warmup == 0 {
        part.push(key("lr_scheduler_type", &"constant"));
        return part;
    }
    part.push(key("lr_scheduler_type", &"cosine"));
    part.push(key("min_lr_ratio", &if decay == Decay::Constant { "1.0" } else { "0.0" }));
    part.push(key("num_cycles", &"0.5"));
    part.push(key("zero_indexed_step", &"False"));
    part.push(key("lr_warmup_steps", &(warmup + 1)));
    if decay == Decay::Cosine {
        notes.push("schedule: verl's cosine reaches 0 in the last step, here after it.".to_owned());
    }
    part
}

fn run_part(
    name: &str,
    config: &TrainConfig,
    target: ExportTarget,
    notes: &mut Vec<String>,
) -> Vec<String> {
    let TrainConfig { steps, seed, .. } = config;
    let CheckpointConfig { every, keep } = config.save;
    notes.push(format!("save: verl keeps the newest {keep}, and not the best beside them."));
    notes.push(
        "seed: order of the problems and random numbers are verl's own; its runs do not repeat to the \
         last bit."
            .to_owned(),
    );
    let mut part = vec![
        "trainer.project_name=rs-grpo".to_owned(),
        format!("trainer.experiment_name={}", quoted(name)),
        "trainer.logger=[console,tensorboard]".to_owned(),
        format!("trainer.nnodes={}", target.nodes),
        format!("trainer.n_gpus_per_node={}", target.gpus),
        format!("trainer.total_training_steps={steps}"),
        // An epoch has at least one step, so this many suffice; the number of steps ends the run.
        format!("trainer.total_epochs={steps}"),
        format!("trainer.save_freq={every}"),
        format!("trainer.max_actor_ckpt_to_keep={keep}"),
        "trainer.resume_mode=auto".to_owned(),
        "trainer.val_before_train=False".to_owned(),
        format!("actor_rollout_ref.actor.data_loader_seed={seed}"),
        format!("actor_rollout_ref.actor.fsdp_config.seed={seed}"),
    ];
    part.extend(eval_part(config.eval, notes));
    part
}

fn eval_part(eval: EvalConfig, notes: &mut Vec<String>) -> Vec<String> {
    if eval.every == 0 {
        return vec!["trainer.test_freq=-1".to_owned(), "data.val_max_samples=1".to_owned()];
    }
    notes.push(
        "eval: verl reports mean@n and best@k by resampling, not the unbiased pass@k; `repro eval` gives \
         that of its checkpoints."
            .to_owned(),
    );
    let key = |name: &str| format!("actor_rollout_ref.rollout.val_kwargs.{name}");
    vec![
        format!("trainer.test_freq={}", eval.every),
        format!("{}={}", key("n"), eval.samples),
        format!("{}=True", key("do_sample")),
        format!("{}=1.0", key("temperature")),
    ]
}
