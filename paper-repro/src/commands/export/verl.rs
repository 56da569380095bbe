//! `repro export verl`: a run as verl's command, with its data and its reward.

use super::blocks;
use super::settings::{ExportTarget, Mapping};
use crate::commands::data;
use crate::commands::llm::flags::Flags;
use crate::console::Console;
use crate::failure::Failure;
use crate::parse;
use clap::Args;
use rs_grpo_engine::text::PlainTemplate;
use rs_grpo_figures::write_atomic;
use rs_grpo_train::data::{Loaded, VerlRow, verl_parquet};
use rs_grpo_train::task::Split;
use rs_grpo_train::{TrainConfig, training_problems};
use std::path::{Path, PathBuf};

/// Default folder of the files.
const OUT: &str = "out/verl";
/// The function that verl calls for a reward.
const REWARD: &str = include_str!("reward.py");

/// Options of `repro export verl`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A block of the paper's table, a file of settings of `repro llm`, or a folder with a config.toml.
    #[arg(value_name = "EXPERIMENT")]
    experiment: String,
    /// Number of machines.
    #[arg(long, value_name = "N", value_parser = parse::size::<1>, default_value = "1")]
    nodes: usize,
    /// GPUs of each machine.
    #[arg(long, value_name = "N", value_parser = parse::size::<1>, default_value = "8")]
    gpus_per_node: usize,
    /// GPUs that sample together, for models too large for one.
    #[arg(long, value_name = "N", value_parser = parse::size::<1>, default_value = "1")]
    tensor_parallel: usize,
    /// Longest prompt, in tokens, if the model reads as many; verl leaves longer ones out.
    #[arg(long, value_name = "N", value_parser = parse::size::<1>, default_value = "1024")]
    max_prompt_tokens: usize,
    /// The folder of the files [default: out/verl/EXPERIMENT].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Leave the problems out if they are not available here; verl needs them before it runs.
    #[arg(long)]
    no_data: bool,
    #[command(flatten)]
    flags: Flags<false>,
}

pub(super) fn run(options: &Options, console: &mut Console<'_>) -> Result<(), Failure> {
    let (name, config) = blocks::find(&options.experiment)?;
    let config = config.with(options.flags.table()?, Path::new("the command line"))?;
    config.check()?;
    let target = ExportTarget {
        nodes: options.nodes,
        gpus: options.gpus_per_node,
        tensor_parallel: options.tensor_parallel,
        prompt_tokens: options.max_prompt_tokens,
    };
    if !(target.nodes * target.gpus).is_multiple_of(target.tensor_parallel) {
        return Err(Failure::Usage(format!(
            "--tensor-parallel is {}; allowed: a divisor of the {} GPUs",
            target.tensor_parallel,
            target.nodes * target.gpus
        )));
    }
    let mapping = Mapping::new(&name, &config, target)?;
    let folder = options.out.clone().unwrap_or_else(|| Path::new(OUT).join(&name));
    let mut files: Vec<(&str, Vec<u8>)> = vec![
        ("run.sh", script(&name, &mapping, target).into_bytes()),
        ("overrides.txt", overrides(&name, &mapping).into_bytes()),
        ("reward.py", REWARD.as_bytes().to_vec()),
        ("NOTES.md", notes(&name, &mapping).into_bytes()),
    ];
    if !options.no_data {
        files.extend(problems(&config, &mapping, console)?);
    }
    let mut written = Vec::new();
    for (file, bytes) in files {
        let path = folder.join(file);
        write_atomic(&path, &bytes)?;
        written.push(path);
    }
    console.note_files(&written);
    for note in &mapping.notes {
        console.note(&format!("verl differs: {note}"));
    }
    if options.no_data {
        console.note("The problems are left out: call this again without --no-data before run.sh.");
    }
    writeln!(console.out, "bash {}", folder.join("run.sh").display())?;
    Ok(())
}

/// The problems to train on, and to evaluate on, as verl reads them.
fn problems(
    config: &TrainConfig,
    mapping: &Mapping,
    console: &mut Console<'_>,
) -> Result<Vec<(&'static str, Vec<u8>)>, Failure> {
    data::fetch(&config.source()?, console)?;
    let (loaded, decontaminated) = training_problems(config)?;
    loaded.notes().iter().for_each(|note| console.note(&format!("{}: {note}", config.data)));
    if let Some(decontaminated) =
        decontaminated.filter(|decontaminated| !decontaminated.overlaps.is_empty())
    {
        let count = decontaminated.overlaps.len();
        console.note(&format!(
            "{}: {count} problems left out that are in benchmarks of the cache",
            config.data
        ));
    }
    let mut files = vec![("train.parquet", rows(&config.data, &loaded, &mapping.template)?)];
    if mapping.evaluates {
        let source = config.eval_source()?;
        data::fetch(&source, console)?;
        let loaded = source.load(Split::HeldOut, config.eval.problems)?;
        files.push(("val.parquet", rows(&source.to_string(), &loaded, &mapping.template)?));
    }
    Ok(files)
}

fn rows(set: &str, loaded: &Loaded, template: &PlainTemplate) -> Result<Vec<u8>, Failure> {
    let row = |problem: &rs_grpo_train::data::Problem| VerlRow {
        source: set.to_owned(),
        content: template.render(&problem.prompt),
        answer: loaded
            .answers
            .get(&problem.id)
            .cloned()
            .or_else(|| problem.answer())
            .unwrap_or_default(),
        id: problem.id.clone(),
    };
    let rows: Vec<VerlRow> = loaded.problems.iter().map(row).collect();
    Ok(verl_parquet(&rows)?)
}

/// One override a line, under titles.
fn overrides(name: &str, mapping: &Mapping) -> String {
    let mut text = format!(
        "# {name} as settings of verl 0.9.1, one a line. run.sh adds the paths of this folder's files.\n"
    );
    for part in &mapping.parts {
        text += &format!("\n# {}\n{}\n", part.title, part.overrides.join("\n"));
    }
    text
}

fn script(name: &str, mapping: &Mapping, target: ExportTarget) -> String {
    let ExportTarget { nodes, gpus, .. } = target;
    let val = if mapping.evaluates { "val" } else { "train" };
    format!(
        r#"#!/usr/bin/env bash
# {name} on verl 0.9.1, {nodes} × {gpus} GPUs. Written by `repro export verl`.
#
# On every node, with the wheel that `pip wheel ./python` builds in the repository of rs-grpo:
#   pip install verl==0.9.1 vllm "TransferQueue>=0.1.10" cachetools fastapi uvicorn rs_grpo-*.whl
#   ray start --head --port=6379                 # on the first, where there are several; on the others:
#   ray start --address=FIRST:6379
#   bash run.sh                                  # on the first; more settings of verl may follow
#
# All nodes read this folder under the same path.
set -euo pipefail
here=$(cd "$(dirname "${{BASH_SOURCE[0]}}")" && pwd)
if [ ! -f "$here/train.parquet" ]; then
    echo "there is no $here/train.parquet: call repro export verl without --no-data" >&2
    exit 2
fi
mapfile -t overrides < <(grep -v -e '^#' -e '^$' "$here/overrides.txt")
overrides+=(
    "data.train_files='$here/train.parquet'"
    "data.val_files='$here/{val}.parquet'"
    "reward.custom_reward_function.path='$here/reward.py'"
    "trainer.default_local_dir='$here/checkpoints'"
    "$@"
)
# Whether verl accepts the settings and knows the estimator, in seconds and without a GPU.
python3 -m rs_grpo.verl check "${{overrides[@]}}"
exec python3 -m verl.trainer.main_ppo "${{overrides[@]}}"
"#
    )
}

fn notes(name: &str, mapping: &Mapping) -> String {
    let mut text = format!(
        "# {name}: what verl does differently\n\nSettings are in `overrides.txt`, {} of them; all others are \
         verl's defaults. Advantages and rewards are computed by the package `rs-grpo`.\n\n",
        mapping.overrides().count()
    );
    for note in &mapping.notes {
        text += &format!("- {note}\n");
    }
    text
}
