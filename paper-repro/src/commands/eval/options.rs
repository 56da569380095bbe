//! The options of `repro eval`.

use super::samples::Samples;
use super::served::Served;
use crate::commands::device::DeviceOption;
use crate::commands::prompt_flags::PromptFlags;
use crate::parse;
use clap::Args;
use std::path::PathBuf;

/// Options of `repro eval`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A model: countdown for the embedded one, an alias of `repro models`, an id on the hub, or a
    /// folder such as a checkpoint of a run; with --endpoint, the name under which it is served. Repeat
    /// it for several.
    #[arg(long, value_name = "MODEL", required = true)]
    pub(super) model: Vec<String>,
    /// Problems: countdown[:numbers=4,largest=12,target=99,seed=0], of which those are taken that
    /// training never sees, a set of `repro data list`, NAME=PATH for a copy of it, or a file:
    /// PATH[:problem=COLUMN,answer=COLUMN]; repeat it for several.
    #[arg(long, value_name = "DATA", required_unless_present = "benchmark")]
    pub(super) data: Vec<String>,
    /// The same for several sets at once, with commas between them.
    #[arg(long, value_name = "DATA,…", value_delimiter = ',')]
    pub(super) benchmark: Vec<String>,
    /// Most problems of each set.
    #[arg(long, value_name = "N", value_parser = parse::size::<1>, default_value = "500")]
    pub(super) problems: usize,
    /// Completions of each problem; other numbers for some sets follow, as in 1024,math500=32.
    #[arg(long, value_name = "N[,DATA=N…]", value_parser = Samples::parse, default_value = "32")]
    pub(super) samples: Samples,
    /// The k of pass@k, with commas between them [default: 1, 2, 4, … up to --samples].
    #[arg(long, value_name = "K,…", value_delimiter = ',', value_parser = parse::whole::<1>)]
    pub(super) k: Vec<u64>,
    /// Program that gives rewards in place of the grader, as for `repro llm`; a completion counts as
    /// correct where its reward is at least 1.
    #[arg(long, value_name = "COMMAND", default_value = "", hide_default_value = true)]
    pub(super) reward_command: String,
    /// Stop string, which ends a completion; repeat it for several.
    #[arg(long, value_name = "TEXT")]
    pub(super) stop: Vec<String>,
    /// Divides the logits.
    #[arg(long, value_name = "T", allow_negative_numbers = true, default_value_t = 1.0)]
    pub(super) temperature: f32,
    /// Draw from the fewest tokens that have this probability together; 1 is off.
    #[arg(long, value_name = "P", allow_negative_numbers = true, default_value_t = 1.0)]
    pub(super) top_p: f32,
    /// Longest completion, in tokens.
    #[arg(
        long,
        aliases = parse::MAX_NEW_TOKENS,
        value_name = "N",
        value_parser = parse::size::<1>,
        default_value = "1024"
    )]
    pub(super) max_new_tokens: usize,
    /// Seed; a completion depends on it, on the prompt and on its number alone.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) seed: u64,
    /// Folder for completions, results, table and figure; an interrupted evaluation is resumed.
    #[arg(long, value_name = "DIR", default_value = "out/eval")]
    pub(super) out: PathBuf,
    #[command(flatten)]
    pub(super) prompt: PromptFlags,
    #[command(flatten)]
    pub(super) device: DeviceOption,
    #[command(flatten)]
    pub(super) served: Served,
}
