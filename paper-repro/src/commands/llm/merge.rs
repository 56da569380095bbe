//! `repro llm merge`: LoRA adapters added to the matrices of their model.

use crate::console::Console;
use crate::failure::Failure;
use crate::model;
use clap::Args;
use rayon::ThreadPool;
use rs_grpo_engine::checkpoint::Checkpoint;
use std::path::PathBuf;

/// Options of `repro llm merge`.
#[derive(Debug, Args)]
pub(crate) struct MergeOptions {
    /// The model that the adapters belong to: an alias, an id on the hub, or a folder.
    #[arg(long, value_name = "MODEL")]
    model: String,
    /// Folder of the adapters, in PEFT's files: a checkpoint of a run with --lora, for instance.
    #[arg(long, value_name = "DIR")]
    adapter: PathBuf,
    /// New folder for the merged model, in the precision of the original.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Files of the model that are copied to the merged one.
const COMPANIONS: [&str; 4] =
    ["tokenizer.json", "tokenizer_config.json", "generation_config.json", "chat_template.jinja"];

pub(crate) fn run(
    options: &MergeOptions,
    pool: &ThreadPool,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let folder = model::folder(&options.model, console)?;
    let checkpoint = Checkpoint::open(&folder)?;
    pool.install(|| rs_grpo_engine::model::merge(&checkpoint, &options.adapter, &options.out))?;
    for name in COMPANIONS {
        let from = folder.join(name);
        if from.exists() {
            std::fs::copy(&from, options.out.join(name))
                .map_err(|error| Failure::Failed(format!("{}: {error}", from.display())))?;
        }
    }
    console.note(&format!("wrote {}", options.out.display()));
    Ok(())
}
