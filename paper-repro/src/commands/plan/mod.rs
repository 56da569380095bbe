//! `repro plan`: estimates the time of a step on a number of GPUs, its idle times, and its cost.

mod print;
mod rates;

use crate::console::Console;
use crate::failure::Failure;
use crate::output::Format;
use crate::parse;
use clap::Args;
use rs_grpo_engine::ModelConfig;
use rs_grpo_hub::{ALIASES, Alias};
use rs_grpo_plan::{FleetPlan, FleetSpec, Lengths, Rates, RunShape, check, fit};
use rs_grpo_train::TrainConfig;
use std::path::{Path, PathBuf};

/// Default adapters of the run.
const LORA: &str = "rank=32";

/// Options of `repro plan`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The model: an alias of `repro models`, or a folder with its config.json [default: qwen2.5-7b].
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// A TOML file of settings of a run, as of `repro llm`; flags override it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Prompts of a step [default: 128].
    #[arg(long, value_name = "N", value_parser = parse::size::<1>)]
    prompts: Option<usize>,
    /// Completions of each prompt [default: 16].
    #[arg(long, aliases = ["num-generations", "n"], value_name = "N", value_parser = parse::size::<1>)]
    samples: Option<usize>,
    /// Longest completion, in tokens [default: 4096].
    #[arg(long, aliases = parse::MAX_NEW_TOKENS, value_name = "N", value_parser = parse::size::<1>)]
    max_new_tokens: Option<usize>,
    /// Mean length of completions; by default all are of the longest, which is the worst.
    #[arg(long, value_name = "N", value_parser = parse::number, allow_negative_numbers = true)]
    mean_tokens: Option<f64>,
    /// Tokens of a prompt.
    #[arg(long, value_name = "N", value_parser = parse::size::<1>, default_value = "256")]
    prompt_tokens: usize,
    /// Share of the groups whose rewards differ; the others are not trained on.
    #[arg(long, value_name = "SHARE", value_parser = parse::number, allow_negative_numbers = true, default_value = "1")]
    signal: f64,
    /// What is trained, as in `repro llm` [default: rank=32].
    #[arg(long, aliases = ["lora-rank", "lora-r"], value_name = "RANK|rank=R,alpha=α|off")]
    lora: Option<String>,
    /// Updates in a step, which its completions are divided among [default: 1].
    #[arg(long, value_name = "N", value_parser = parse::size::<1>)]
    minibatches: Option<usize>,
    /// Most tokens that go through the network together in training [default: 16384].
    #[arg(long, value_name = "N", value_parser = parse::size::<1>)]
    micro_batch_tokens: Option<usize>,
    /// Steps of the run [default: 200].
    #[arg(long, alias = "max-steps", value_name = "N", value_parser = parse::size::<1>)]
    steps: Option<usize>,
    /// GPUs: one trains, the others sample; a single one does both.
    #[arg(long, value_name = "N", value_parser = parse::size::<1>, default_value = "8", help_heading = "Machines")]
    gpus: usize,
    /// The GPU that trains: a100, l40s, h100, h200 or b200.
    #[arg(long, value_name = "GPU", default_value = "h100", help_heading = "Machines")]
    device: String,
    /// The GPUs that sample [default: that of --device].
    #[arg(long, value_name = "GPU", help_heading = "Machines")]
    sampler_device: Option<String>,
    /// GPUs of a server [default: the fewest with room for the model].
    #[arg(long, value_name = "N", value_parser = parse::size::<1>, help_heading = "Machines")]
    tensor_parallel: Option<usize>,
    /// Steps by which sampling may be ahead of training: with 1, both go on at a time.
    #[arg(long, value_name = "0|1", value_parser = clap::value_parser!(u8).range(0..=1), default_value = "0", help_heading = "Machines")]
    async_steps: u8,
    /// A TOML file of rates in place of the built-in ones, in tables, as in [vllm] and sequence = 40.
    #[arg(long, value_name = "FILE", help_heading = "Rates")]
    rates: Option<PathBuf>,
    /// One rate, as in vllm.sequence=40 or h100.price=2.5; more than once for more.
    #[arg(long, value_name = "NAME=VALUE", help_heading = "Rates")]
    rate: Vec<String>,
    /// Print every rate with its origin.
    #[arg(long, help_heading = "Rates", conflicts_with = "check")]
    list_rates: bool,
    /// Print the model beside what was measured.
    #[arg(long, help_heading = "Rates")]
    check: bool,
    /// Fit the rates of decoding to the measurements, and print the fit beside the rates in use.
    #[arg(long, help_heading = "Rates", conflicts_with_all = ["check", "list_rates"])]
    fit: bool,
    /// How to print: tables and sentences, or JSON.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) fn run(options: &Options, console: &mut Console<'_>) -> Result<(), Failure> {
    let rates = given_rates(options)?;
    if options.list_rates {
        return rates::list(&rates, options.format, console);
    }
    if options.check {
        return rates::compare(&check(&rates)?, options.format, console);
    }
    if options.fit {
        return rates::print_fits(&fit(&rates)?, options.format, console);
    }
    let config = config(options)?;
    let shape = shape(&config.model)?;
    let longest = config.max_new_tokens;
    let positions = options.prompt_tokens.saturating_add(longest);
    if positions > shape.max_positions {
        return Err(Failure::Usage(format!(
            "--max-new-tokens is {longest}; allowed: at most {}, since {} reads {} tokens, and prompts have {}",
            shape.max_positions.saturating_sub(options.prompt_tokens),
            config.model,
            shape.max_positions,
            options.prompt_tokens
        )));
    }
    let trainer = rates.gpu("device", &options.device)?;
    let sampler = match &options.sampler_device {
        Some(name) => rates.gpu("sampler-device", name)?,
        None => trainer,
    };
    let fleet = FleetPlan::new(FleetSpec {
        model: &shape,
        run: RunShape::from(&config),
        prompt: options.prompt_tokens,
        lengths: Lengths::new(longest, options.mean_tokens.unwrap_or(longest as f64))?,
        signal: options.signal,
        gpus: options.gpus,
        trainer,
        sampler,
        group: options.tensor_parallel,
        rates: &rates,
    })?;
    let plan = print::Plan::new(&fleet, &config, options.async_steps == 1);
    match options.format {
        Format::Json => Ok(console.json(&plan)?),
        Format::Text => plan.print(&fleet, console),
    }
}

/// The built-in rates, with those of the file, and with those of flags.
fn given_rates(options: &Options) -> Result<Rates, Failure> {
    let mut rates = Rates::default();
    if let Some(path) = &options.rates {
        rates.read(path)?;
    }
    for text in &options.rate {
        let parsed =
            text.split_once('=').and_then(|(name, value)| Some((name, parse::number(value).ok()?)));
        let Some((name, value)) = parsed else {
            let allowed =
                "NAME=NUMBER, as in vllm.sequence=40; `repro plan --list-rates` has the names";
            return Err(Failure::Usage(format!("--rate is {text:?}; allowed: {allowed}")));
        };
        rates.set(name, value, "--rate")?;
    }
    Ok(rates)
}

/// The settings of a run on one large machine, with those of the file, and with those of flags.
fn config(options: &Options) -> Result<TrainConfig, Failure> {
    let mut config = match &options.config {
        Some(path) => TrainConfig::read(path)?,
        None => TrainConfig {
            model: "qwen2.5-7b".to_owned(),
            lora: LORA.parse()?,
            prompts: 128,
            max_new_tokens: 4_096,
            micro_batch_tokens: 16_384,
            ..TrainConfig::default()
        },
    };
    let put = |place: &mut usize, given: Option<usize>| *place = given.unwrap_or(*place);
    put(&mut config.prompts, options.prompts);
    put(&mut config.samples, options.samples);
    put(&mut config.max_new_tokens, options.max_new_tokens);
    put(&mut config.minibatches, options.minibatches);
    put(&mut config.micro_batch_tokens, options.micro_batch_tokens);
    put(&mut config.steps, options.steps);
    if let Some(model) = &options.model {
        config.model.clone_from(model);
    }
    if let Some(lora) = &options.lora {
        config.lora = lora.parse()?;
    }
    config.check()?;
    Ok(config)
}

/// The shape of a model, without its weights.
fn shape(model: &str) -> Result<ModelConfig, Failure> {
    let alias = Alias::find(model);
    if let Some(config) = alias.and_then(|alias| ModelConfig::published(alias.repository)) {
        return Ok(config.clone());
    }
    let folder = Path::new(model);
    if folder.is_dir() {
        return Ok(ModelConfig::from_json(&folder.join("config.json"))?);
    }
    let likeness = |alias: &&Alias| strsim::jaro_winkler(alias.name, &model.to_ascii_lowercase());
    let nearest = ALIASES.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let nearest = nearest.map_or("", |alias| alias.name);
    Err(Failure::Usage(format!(
        "--model is {model:?}; allowed: an alias of `repro models`, or a folder with a config.json; the \
         nearest is {nearest}"
    )))
}
