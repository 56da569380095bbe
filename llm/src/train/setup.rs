//! What a run works on: problems in tokens, the policy, and the reference if there is one.

use super::config::TrainConfig;
use super::plan::{MemoryPlan, host_memory};
use crate::checkpoint::Checkpoint;
use crate::model::{Decoder, Training};
use crate::task::{Problem, Split};
use crate::text::{ChatOptions, ChatTemplate, Message, PlainTemplate, Tokenizer, stop_tokens};
use crate::{Error, Result};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// A policy, its tokenizer and its problems.
#[derive(Debug)]
pub struct Setup {
    /// The settings, checked.
    pub config: TrainConfig,
    /// Problems to train on.
    pub problems: Vec<Problem>,
    /// Their prompts in tokens.
    pub prompts: Vec<Vec<u32>>,
    /// The policy.
    pub model: Decoder,
    /// The model at the start, where the loss has a divergence from it.
    pub reference: Option<Decoder>,
    /// The model's tokenizer.
    pub tokenizer: Tokenizer,
    /// Tokens that end a completion.
    pub stop_tokens: Vec<u32>,
    /// Folder of the model's files.
    pub folder: PathBuf,
    /// Name and contents of the files that belong to every checkpoint as they are.
    pub companions: Vec<(&'static str, Vec<u8>)>,
    /// All of the model's `config.json`.
    pub fields: Map<String, Value>,
}

impl Setup {
    /// Reads the model of a folder and the problems to train on.
    ///
    /// # Errors
    /// Settings that do not fit; files that are not what they should be; no problems; prompts that
    /// leave no room for an answer.
    pub fn new(config: TrainConfig, folder: &Path) -> Result<Self> {
        config.check()?;
        let problems = config.source()?.problems(Split::Train, config.problems)?;
        let checkpoint = Checkpoint::open(folder)?;
        let tokenizer = Tokenizer::from_folder(folder)?;
        tokenizer.check_model(checkpoint.config().vocab_size, &folder.join("config.json"))?;
        let prompts = encode(&problems, &tokenizer, folder, &config.prompt_template)?;
        check_memory(&config, &checkpoint, &prompts)?;
        let training = config.lora().map_or(Training::Full, Training::Lora);
        let model = Decoder::load(&checkpoint, training)?;
        let reference = match (config.kl_coef == 0.0, training) {
            (true, _) => None,
            (false, Training::Lora(_)) => Some(model.without_adapters()),
            (false, _) => Some(Decoder::load(&checkpoint, Training::Frozen)?),
        };
        Ok(Self {
            stop_tokens: stop_tokens(folder, &tokenizer)?,
            fields: checkpoint.config_fields().clone(),
            folder: folder.to_owned(),
            companions: companions(folder)?,
            config,
            problems,
            prompts,
            model,
            reference,
            tokenizer,
        })
    }
}

/// Refuses a run that this machine has no memory for, where its memory is known.
fn check_memory(config: &TrainConfig, checkpoint: &Checkpoint, prompts: &[Vec<u32>]) -> Result<()> {
    let Some(limit) = host_memory() else { return Ok(()) };
    let longest = prompts.iter().map(Vec::len).max().unwrap_or(0) + config.max_new_tokens;
    let longest = longest.min(checkpoint.config().max_positions);
    MemoryPlan::within(limit, config, checkpoint.config(), longest).map(drop)
}

/// Files of a model that its checkpoints have, too.
const COMPANIONS: [&str; 8] = [
    "tokenizer.json",
    "tokenizer_config.json",
    "generation_config.json",
    "chat_template.jinja",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
];

/// Read at the start, since the folder may be gone when a long run writes its checkpoints.
fn companions(folder: &Path) -> Result<Vec<(&'static str, Vec<u8>)>> {
    let present = COMPANIONS.into_iter().filter(|name| folder.join(name).exists());
    let read = |name: &'static str| {
        let path = folder.join(name);
        Ok((name, std::fs::read(&path).map_err(Error::file(&path))?))
    };
    present.map(read).collect()
}

/// The prompts of problems in tokens.
///
/// # Errors
/// An empty template where the model has no chat template; text that has no tokens.
pub fn encode(
    problems: &[Problem],
    tokenizer: &Tokenizer,
    folder: &Path,
    template: &str,
) -> Result<Vec<Vec<u32>>> {
    if template.is_empty() {
        let chat = ChatTemplate::from_folder(folder)?.ok_or_else(|| {
            let allowed = "a text with {prompt}, since the model has no chat template";
            Error::parameter("prompt-template", "empty", allowed)
        })?;
        let encode = |problem: &Problem| {
            let messages = [Message::new("user", problem.prompt.clone())];
            tokenizer.encode(&chat.render(&messages, &ChatOptions::generation())?, false)
        };
        return problems.iter().map(encode).collect();
    }
    let template = PlainTemplate::new(template)?;
    problems
        .iter()
        .map(|problem| tokenizer.encode(&template.render(&problem.prompt), true))
        .collect()
}
