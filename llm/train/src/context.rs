//! Settings, problems and networks of a run.

use crate::config::TrainConfig;
use crate::data::{Gold, Problem};
use crate::decontaminate::{Decontaminated, decontaminate};
use crate::error::{Error, Result};
use rs_grpo::Estimator;
use rs_grpo_engine::ModelConfig;
use rs_grpo_engine::checkpoint::Checkpoint;
use rs_grpo_engine::cuda::backend::Backend;
use rs_grpo_engine::cuda::network::Network;
use rs_grpo_engine::model::{Decoder, Training};
use rs_grpo_engine::optim::StateType;
use rs_grpo_engine::text::{PromptOptions, Question, Tokenizer, stop_tokens};
use rs_grpo_files::Refuse as _;
use rs_grpo_fleet::{AdapterFolder, Servers};
use rs_grpo_plan::{MemoryPlan, Site, host_memory};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// Settings, problems and networks of a run.
///
/// The policy `P` is a [`Decoder`] in the memory of the host, or a [`Network`] on a device.
#[derive(Debug)]
pub struct TrainContext<P> {
    /// The settings, checked.
    pub config: TrainConfig,
    /// How rewards become advantages: what the settings name, or what
    /// [`TrainContext::replace_estimator`] put in its place.
    pub estimator: Estimator,
    /// Problems to train on.
    pub problems: Vec<Problem>,
    /// Their prompts in tokens.
    pub prompts: Vec<Vec<u32>>,
    /// Notes for the user on their files, a sentence each.
    pub notes: Vec<String>,
    /// Training problems that were left out because a benchmark has them; absent without
    /// decontamination.
    pub decontaminated: Option<Decontaminated>,
    /// The model in training.
    pub policy: P,
    /// The initial model, if the loss has a KL divergence from it.
    pub reference: Option<P>,
    /// Sizes of the model.
    pub model: ModelConfig,
    /// All of the model's `config.json`.
    pub config_fields: Map<String, Value>,
    /// The model's tokenizer.
    pub tokenizer: Tokenizer,
    /// Tokens that end a completion.
    pub stop_tokens: Vec<u32>,
    /// Folder of the model's files.
    pub folder: PathBuf,
    /// Name and contents of the tokenizer's files, which every checkpoint holds unchanged.
    pub tokenizer_files: Vec<(&'static str, Vec<u8>)>,
    /// Servers that sample completions, where the configuration says so.
    pub remote: Option<SamplerServers>,
}

/// Servers that sample completions, and how adapters reach them.
#[derive(Debug, Clone)]
pub struct SamplerServers {
    /// The servers.
    pub servers: Servers,
    /// The folder of adapters.
    pub adapters: AdapterFolder,
}

impl TrainContext<Decoder> {
    /// A run in the memory of the host, with the model of a folder.
    ///
    /// # Errors
    /// Incompatible settings; malformed files; no problems; prompts that leave no room for an answer; a
    /// run that does not fit into memory.
    pub fn new(config: TrainConfig, folder: &Path) -> Result<Self> {
        Self::open(config, folder, None)
    }

    /// The same for a resumed run, which leaves out the same problems as when it began, whatever
    /// benchmarks are in the cache now: its position in the data is valid only for the same problems.
    ///
    /// # Errors
    /// As [`TrainContext::new`].
    pub fn open(
        config: TrainConfig,
        folder: &Path,
        left_out: Option<Decontaminated>,
    ) -> Result<Self> {
        Self::with_networks(config, folder, left_out, |config, checkpoint, prompts| {
            refuse_device_only(config)?;
            check_memory((Site::Host, host_memory()), config, checkpoint, prompts)?;
            on_host(config, checkpoint)
        })
    }
}

impl TrainContext<Network> {
    /// As [`TrainContext::open`], on a device.
    ///
    /// # Errors
    /// As [`TrainContext::new`]; a device that does not answer.
    pub fn on_device(
        config: TrainConfig,
        folder: &Path,
        left_out: Option<Decontaminated>,
        place: &Backend,
    ) -> Result<Self> {
        Self::with_networks(config, folder, left_out, |config, checkpoint, prompts| {
            let [free, _] = place.device().room()?;
            let memory = (Site::Device(place.element()), Some(free));
            check_memory(memory, config, checkpoint, prompts)?;
            on_device(config, checkpoint, place)
        })
    }
}

impl<P> TrainContext<P> {
    /// Reads the problems and the model's files; `load` gives the policy and its reference.
    fn with_networks(
        config: TrainConfig,
        folder: &Path,
        left_out: Option<Decontaminated>,
        load: impl FnOnce(&TrainConfig, &Checkpoint, &[Vec<u32>]) -> Result<(P, Option<P>)>,
    ) -> Result<Self> {
        config.check()?;
        let mut loaded = config.source()?.training()?;
        let mut notes = loaded.notes();
        let decontaminated = decontaminate(&config, &mut loaded, left_out)?;
        let problems = loaded.problems;
        let checkpoint = Checkpoint::open(folder)?;
        let tokenizer = Tokenizer::from_folder(folder)?;
        tokenizer.check_model(checkpoint.config().vocab_size, &folder.join("config.json"))?;
        let prompts = encode(&problems, &tokenizer, folder, &config.prompt_options()?)?;
        let longest = checkpoint.config().max_positions;
        let Fitting { problems, prompts, note } = fitting(problems, prompts, longest)?;
        notes.extend(note);
        let (policy, reference) = load(&config, &checkpoint, &prompts)?;
        Ok(Self {
            estimator: config.estimator()?,
            stop_tokens: stop_tokens(folder, &tokenizer)?,
            model: checkpoint.config().clone(),
            config_fields: checkpoint.config_fields().clone(),
            folder: folder.to_owned(),
            tokenizer_files: tokenizer_files(folder)?,
            config,
            notes,
            decontaminated,
            problems,
            prompts,
            policy,
            reference,
            remote: None,
            tokenizer,
        })
    }

    /// Trains with this estimator, such as one of [`Estimator::custom`], in place of the one that the
    /// settings name. The settings and what is written from them stay as they are; a note says so.
    ///
    /// # Errors
    /// An estimator that refuses groups of this run's size.
    pub fn replace_estimator(&mut self, estimator: Estimator) -> Result<()> {
        self.config.check_estimator(&estimator)?;
        self.notes.push(format!(
            "Advantages are those of {estimator}, not of {}, which the settings name.",
            self.config.estimator
        ));
        self.estimator = estimator;
        Ok(())
    }

    /// Names of the problems of these indices.
    pub(crate) fn names(&self, problems: impl IntoIterator<Item = usize>) -> Vec<String> {
        problems.into_iter().map(|index| self.problems[index].id.clone()).collect()
    }
}

/// The policy, and the reference if the loss needs one.
fn on_host(config: &TrainConfig, checkpoint: &Checkpoint) -> Result<(Decoder, Option<Decoder>)> {
    let training = config.training();
    let policy = Decoder::load(checkpoint, training)?;
    let reference = match (config.kl_coef == 0.0, training) {
        (true, _) => None,
        (false, Training::Lora(_)) => Some(policy.without_adapters()),
        (false, _) => Some(Decoder::load(checkpoint, Training::Frozen)?),
    };
    Ok((policy, reference))
}

/// The same on a device, from a decoder on the host with the weights of the files and the initial
/// adapters.
fn on_device(
    config: &TrainConfig,
    checkpoint: &Checkpoint,
    place: &Backend,
) -> Result<(Network, Option<Network>)> {
    let training = config.training();
    let model = match training {
        Training::Lora(_) => Decoder::load(checkpoint, training)?,
        Training::Full | Training::Frozen => Decoder::load(checkpoint, Training::Frozen)?,
    };
    let policy = Network::new(place, &model, training)?;
    let reference = match (config.kl_coef == 0.0, training) {
        (true, _) => None,
        (false, Training::Lora(_)) => Some(policy.without_adapters()),
        (false, _) => Some(Network::new(place, &model, Training::Frozen)?),
    };
    Ok((policy, reference))
}

/// Refuses a run that needs more memory than there is, as far as that is known.
fn check_memory(
    (site, limit): (Site, Option<u64>),
    config: &TrainConfig,
    checkpoint: &Checkpoint,
    prompts: &[Vec<u32>],
) -> Result<()> {
    let Some(limit) = limit else { return Ok(()) };
    let longest = prompts.iter().map(Vec::len).max().unwrap_or(0) + config.max_new_tokens;
    let longest = longest.min(checkpoint.config().max_positions);
    MemoryPlan::within((site, limit), &config.into(), checkpoint.config(), longest)?;
    Ok(())
}

/// Refuses settings that need a GPU.
fn refuse_device_only(config: &TrainConfig) -> Result<()> {
    match config.optimizer.state {
        StateType::F32 => Ok(()),
        StateType::Bf16 => {
            Err(Error::parameter("optimizer", config.optimizer, "state=f32, on the CPU"))
        }
    }
}

/// Files of a tokenizer, and of how the model is used.
const TOKENIZER_FILES: [&str; 8] = [
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
fn tokenizer_files(folder: &Path) -> Result<Vec<(&'static str, Vec<u8>)>> {
    let present = TOKENIZER_FILES.into_iter().filter(|name| folder.join(name).exists());
    let read = |name: &'static str| {
        let path = folder.join(name);
        Ok((name, std::fs::read(&path).map_err(Error::file(&path))?))
    };
    present.map(read).collect()
}

/// Problems whose prompts fit into a model's context.
#[derive(Debug, Clone)]
pub struct Fitting {
    /// The problems.
    pub problems: Vec<Problem>,
    /// Their prompts, in tokens.
    pub prompts: Vec<Vec<u32>>,
    /// How many were left out, and an example; `None` if all fit.
    pub note: Option<String>,
}

/// The problems whose prompts leave room for at least one token in a model's context of `positions`.
///
/// # Errors
/// Prompts none of which fits.
pub fn fitting(
    problems: Vec<Problem>,
    prompts: Vec<Vec<u32>>,
    positions: usize,
) -> Result<Fitting> {
    let all = problems.into_iter().zip(prompts);
    let (fitting, long): (Vec<_>, Vec<_>) = all.partition(|(_, prompt)| prompt.len() < positions);
    let note = long.first().map(|(problem, prompt)| {
        let (count, id, tokens) = (long.len(), &problem.id, prompt.len());
        format!(
            "{count} problems left out, whose prompts fill the model's context of {positions} tokens, \
             such as {id} with {tokens}"
        )
    });
    if let (true, Some(note)) = (fitting.is_empty(), &note) {
        let allowed = "prompts that leave room for a completion";
        return Err(Error::parameter("data", note, allowed));
    }
    let (problems, prompts) = fitting.into_iter().unzip();
    Ok(Fitting { problems, prompts, note })
}

/// The prompts of problems as texts, with the special tokens of a chat template in them.
///
/// # Errors
/// Those of [`Question::new`] and [`Question::render`].
pub fn prompt_texts(
    problems: &[Problem],
    tokenizer: &Tokenizer,
    folder: &Path,
    options: &PromptOptions,
) -> Result<Vec<String>> {
    let is_math = problems.iter().any(|problem| matches!(problem.gold, Gold::Math(_)));
    let question = Question::new(options, folder, tokenizer, is_math)?;
    let render =
        |problem: &Problem| Ok(question.render(&problem.prompt, problem.system.as_deref())?);
    problems.iter().map(render).collect()
}

/// The prompts of problems in tokens.
///
/// # Errors
/// Those of [`Question::new`]; text that has no tokens.
pub fn encode(
    problems: &[Problem],
    tokenizer: &Tokenizer,
    folder: &Path,
    options: &PromptOptions,
) -> Result<Vec<Vec<u32>>> {
    let is_math = problems.iter().any(|problem| matches!(problem.gold, Gold::Math(_)));
    let question = Question::new(options, folder, tokenizer, is_math)?;
    let encode = |problem: &Problem| {
        Ok(question.encode(&problem.prompt, problem.system.as_deref(), tokenizer)?)
    };
    problems.iter().map(encode).collect()
}
