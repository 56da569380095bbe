//! `repro models`: the models that have a short name.

use crate::console::Console;
use crate::failure::Failure;
use crate::output::Format;
use clap::Args;
use rs_grpo_engine::ModelConfig;
use rs_grpo_figures::{Column, Table};
use rs_grpo_hub::{ALIASES, Alias, HubSettings, is_cached};
use rs_grpo_plan::Workload;
use serde::Serialize;

/// Rank of the adapters in the memory columns.
const RANK: u64 = 32;

/// Options of `repro models`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How to print: a table, or one JSON object for each model.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// One line of `--format json`; sizes in bytes, the download's of weights in bfloat16.
#[derive(Serialize)]
struct Model {
    name: &'static str,
    repository: &'static str,
    licence: &'static str,
    parameters: u64,
    download: u64,
    sample: u64,
    lora: u64,
    full: u64,
    cached: bool,
}

impl Model {
    fn new((alias, config): (&Alias, &ModelConfig), settings: &HubSettings) -> Self {
        let workload = Workload::default();
        Self {
            name: alias.name,
            repository: alias.repository,
            licence: alias.licence,
            parameters: config.parameters(),
            download: 2 * config.parameters(),
            sample: workload.sampling(config),
            lora: workload.lora(config, RANK),
            full: workload.full(config),
            cached: is_cached(alias, settings),
        }
    }
}

/// Every alias with the shape of its model.
pub(crate) fn published() -> impl Iterator<Item = (&'static Alias, &'static ModelConfig)> {
    ALIASES.iter().filter_map(|alias| Some((alias, ModelConfig::published(alias.repository)?)))
}

pub(crate) fn run(options: &Options, console: &mut Console<'_>) -> Result<(), Failure> {
    let settings = HubSettings::from_environment();
    let mut models = published().map(|model| Model::new(model, &settings));
    match options.format {
        Format::Json => models.try_for_each(|model| Ok(console.json(&model)?)),
        Format::Text => print_table(models, console),
    }
}

fn print_table(
    models: impl Iterator<Item = Model>,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let mut header = vec![Column::left("model")];
    header.extend(["weights", "download", "sample", "LoRA", "full"].map(Column::right));
    header.extend(["cached", "licence", "repository"].map(Column::left));
    let mut table = Table::new(header)?;
    let size = |bytes: u64| format!("{:.1} GB", bytes as f64 / 1e9);
    for model in models {
        table.push([
            model.name.to_owned(),
            format!("{:.2} B", model.parameters as f64 / 1e9),
            size(model.download),
            size(model.sample),
            size(model.lora),
            size(model.full),
            if model.cached { "yes" } else { "no" }.to_owned(),
            model.licence.to_owned(),
            model.repository.to_owned(),
        ])?;
    }
    write!(console.out, "{}", table.to_text())?;
    let Workload { sequences, tokens, trained_sequences, .. } = Workload::default();
    console.note(&format!(
        "Memory in bf16: to sample {sequences} sequences of {tokens} tokens at a time, and to train \
         {trained_sequences} of them at a time, with adapters of rank {RANK} or in full."
    ));
    Ok(())
}
