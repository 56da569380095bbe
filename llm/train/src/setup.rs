//! What a run works on: problems in tokens, the policy, and the reference if there is one.

use super::config::TrainConfig;
use crate::data::{Benchmark, DataSet, Loaded, Overlap, Overlaps, load_set};
use crate::task::{Gold, Problem, Source, Split, is_at_hand};
use crate::{Error, Result};
use rs_grpo_engine::checkpoint::Checkpoint;
use rs_grpo_engine::cuda::backend::Backend;
use rs_grpo_engine::cuda::network::Network;
use rs_grpo_engine::model::{Decoder, Training};
use rs_grpo_engine::optim::StateType;
use rs_grpo_engine::text::{Question, Tokenizer, stop_tokens};
use rs_grpo_files::Refuse as _;
use rs_grpo_fleet::{AdapterFolder, Servers};
use rs_grpo_hub::Settings;
use rs_grpo_plan::{MemoryPlan, Site, host_memory};
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// A policy, its tokenizer and its problems.
#[derive(Debug)]
pub struct Setup {
    /// The settings, checked.
    pub config: TrainConfig,
    /// Problems to train on.
    pub problems: Vec<Problem>,
    /// What was found in their files, a sentence each.
    pub notes: Vec<String>,
    /// What was taken out of them; absent where benchmarks do not matter.
    pub cleared: Option<Cleared>,
    /// Their prompts in tokens.
    pub prompts: Vec<Vec<u32>>,
    /// The policy.
    pub model: Decoder,
    /// The model at the start, where the loss has a divergence from it.
    pub reference: Option<Decoder>,
    /// Servers that draw completions; those of a configuration that says so.
    pub remote: Option<Remote>,
    /// Both on a device, where they learn and sample if there is one.
    pub on_device: Option<OnDevice>,
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

/// Servers that draw completions, and how adapters reach them.
#[derive(Debug, Clone)]
pub struct Remote {
    /// The servers.
    pub servers: Servers,
    /// The folder of adapters.
    pub adapters: AdapterFolder,
}

/// The networks of a run on a device.
#[derive(Debug)]
pub struct OnDevice {
    /// The policy.
    pub policy: Network,
    /// The model at the start, where the loss has a divergence from it.
    pub reference: Option<Network>,
}

/// Problems that were left out since benchmarks hold them.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Cleared {
    /// The benchmarks that were compared.
    pub benchmarks: Vec<String>,
    /// The problems.
    pub overlaps: Vec<Overlap>,
}

impl Setup {
    /// Reads the model of a folder and the problems to train on.
    ///
    /// # Errors
    /// Settings that do not fit; files that are not what they should be; no problems; prompts that
    /// leave no room for an answer.
    pub fn new(config: TrainConfig, folder: &Path) -> Result<Self> {
        Self::open(config, folder, None, None)
    }

    /// The same on a device, or for a run that goes on, which leaves out what it `left_out` from its
    /// start: its place in the data means nothing among other problems, whatever benchmarks are in the
    /// cache by now.
    ///
    /// # Errors
    /// As [`Setup::new`]; a device without room.
    pub fn open(
        config: TrainConfig,
        folder: &Path,
        left_out: Option<Cleared>,
        place: Option<&Backend>,
    ) -> Result<Self> {
        config.check()?;
        let mut loaded = config.source()?.training()?;
        let notes = loaded.notes();
        let cleared = clear(&config, &mut loaded, left_out)?;
        let problems = loaded.problems;
        let checkpoint = Checkpoint::open(folder)?;
        let tokenizer = Tokenizer::from_folder(folder)?;
        tokenizer.check_model(checkpoint.config().vocab_size, &folder.join("config.json"))?;
        let prompts = encode(&problems, &tokenizer, folder, &config.prompt_template)?;
        let Networks { model, reference, on_device } = match place {
            None => {
                refuse_device_only(&config)?;
                check_memory((Site::Host, host_memory()), &config, &checkpoint, &prompts)?;
                Networks::on_host(&config, &checkpoint)?
            }
            Some(place) => {
                let [free, _] = place.device().room()?;
                let memory = (Site::Device(place.element()), Some(free));
                check_memory(memory, &config, &checkpoint, &prompts)?;
                Networks::on_device(&config, &checkpoint, place)?
            }
        };
        Ok(Self {
            stop_tokens: stop_tokens(folder, &tokenizer)?,
            fields: checkpoint.config_fields().clone(),
            folder: folder.to_owned(),
            companions: companions(folder)?,
            config,
            notes,
            cleared,
            problems,
            prompts,
            model,
            reference,
            remote: None,
            on_device,
            tokenizer,
        })
    }
}

/// The policy, and what it is compared with.
struct Networks {
    model: Decoder,
    reference: Option<Decoder>,
    on_device: Option<OnDevice>,
}

impl Networks {
    fn on_host(config: &TrainConfig, checkpoint: &Checkpoint) -> Result<Self> {
        let training = config.training();
        let model = Decoder::load(checkpoint, training)?;
        let reference = match (config.kl_coef == 0.0, training) {
            (true, _) => None,
            (false, Training::Lora(_)) => Some(model.without_adapters()),
            (false, _) => Some(Decoder::load(checkpoint, Training::Frozen)?),
        };
        Ok(Self { model, reference, on_device: None })
    }

    /// The host keeps only what is in files, and the adapters as they begin.
    fn on_device(config: &TrainConfig, checkpoint: &Checkpoint, place: &Backend) -> Result<Self> {
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
        Ok(Self { model, reference: None, on_device: Some(OnDevice { policy, reference }) })
    }
}

/// Refuses a run that there is no memory for, where the memory is known.
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

/// Refuses settings that only a GPU has.
fn refuse_device_only(config: &TrainConfig) -> Result<()> {
    match config.optimizer.state {
        StateType::F32 => Ok(()),
        StateType::Bf16 => {
            Err(Error::parameter("optimizer", config.optimizer, "state=f32, on the CPU"))
        }
    }
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

/// Problems to train on, without those that benchmarks at hand hold, and what was left out.
///
/// # Errors
/// Problems that cannot be had, and where none are left.
pub fn training_problems(config: &TrainConfig) -> Result<(Loaded, Option<Cleared>)> {
    let mut loaded = config.source()?.training()?;
    let cleared = clear(config, &mut loaded, None)?;
    Ok((loaded, cleared))
}

/// The prompts of problems in tokens; `template` is that of [`Question::new`].
///
/// # Errors
/// An empty template where the model has no chat template; text that has no tokens.
pub fn encode(
    problems: &[Problem],
    tokenizer: &Tokenizer,
    folder: &Path,
    template: &str,
) -> Result<Vec<Vec<u32>>> {
    let is_math = problems.iter().any(|problem| matches!(problem.gold, Gold::Math(_)));
    let question = Question::new(template, folder, tokenizer, is_math)?;
    problems.iter().map(|problem| Ok(question.encode(&problem.prompt, tokenizer)?)).collect()
}

/// Takes out the problems that benchmarks hold: those at hand in the hub's cache, and the set that the
/// run is evaluated on if it is another.
fn clear(
    config: &TrainConfig,
    loaded: &mut Loaded,
    left_out: Option<Cleared>,
) -> Result<Option<Cleared>> {
    let source = config.source()?;
    if !config.decontaminate || !source.is_math() {
        return Ok(None);
    }
    let cleared = match left_out {
        Some(left_out) => left_out,
        None => overlaps(config, &source, &loaded.problems)?,
    };
    let shared: HashSet<&str> =
        cleared.overlaps.iter().map(|overlap| overlap.problem.as_str()).collect();
    loaded.problems.retain(|problem| !shared.contains(problem.id.as_str()));
    if loaded.problems.is_empty() {
        let allowed = "a set that the benchmarks do not hold, or --decontaminate false";
        return Err(Error::parameter("data", &config.data, allowed));
    }
    Ok(Some(cleared))
}

fn overlaps(config: &TrainConfig, source: &Source, problems: &[Problem]) -> Result<Cleared> {
    let mut benchmarks = benchmarks(&Settings::from_environment())?;
    let own = config.eval_source()?;
    if own.is_math() && own != *source {
        let problems = own.problems(Split::HeldOut, usize::MAX)?;
        benchmarks.push(Benchmark { name: own.to_string(), problems });
    }
    let index = Overlaps::new(&benchmarks);
    let overlaps = problems.iter().filter_map(|problem| index.find(problem)).collect();
    let benchmarks = benchmarks.into_iter().map(|benchmark| benchmark.name).collect();
    Ok(Cleared { benchmarks, overlaps })
}

/// The problems of every benchmark in the hub's cache.
///
/// # Errors
/// Files there that are no problems.
pub fn benchmarks(settings: &Settings) -> Result<Vec<Benchmark>> {
    let at_hand = DataSet::benchmarks().filter(|set| is_at_hand(set, settings));
    at_hand
        .map(|set| {
            let source = Source::Set { set, path: None };
            let loaded = load_set(set, &source.fetch(settings, &mut ())?)?;
            Ok(Benchmark { name: set.name.to_owned(), problems: loaded.problems })
        })
        .collect()
}
