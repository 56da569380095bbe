//! `repro eval`: pass@k of any number of models on any number of sets of problems.

mod measure;
mod samples;
mod served;
mod show;

use crate::commands::data;
use crate::commands::device::DeviceOption;
use crate::commands::llm::model;
use crate::console::Console;
use crate::failure::Failure;
use crate::parse;
use crate::signals::Signals;
use clap::Args;
use measure::{Measurement, Policy};
use rayon::ThreadPool;
use rs_grpo_engine::text::AUTO;
use rs_grpo_figures::write_atomic;
use rs_grpo_train::data::Problem;
use rs_grpo_train::reward::RewardCommand;
use rs_grpo_train::task::{Source, Split};
use samples::Samples;
use served::Served;
use std::path::{Path, PathBuf};

/// Options of `repro eval`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A model: countdown for the embedded one, an alias of `repro models`, an id on the hub, or a
    /// folder such as a checkpoint of a run; with --endpoint, the name under which it is served. Repeat
    /// it for several.
    #[arg(long, value_name = "MODEL", required = true)]
    model: Vec<String>,
    /// Problems: countdown[:numbers=4,largest=12,target=99,seed=0], of which those are taken that
    /// training never sees, a set of `repro data list`, NAME=PATH for a copy of it, or a file:
    /// PATH[:problem=COLUMN,answer=COLUMN]; repeat it for several.
    #[arg(long, value_name = "DATA", required_unless_present = "benchmark")]
    data: Vec<String>,
    /// The same for several sets at once, with commas between them.
    #[arg(long, value_name = "DATA,…", value_delimiter = ',')]
    benchmark: Vec<String>,
    /// Most problems of each set.
    #[arg(long, value_name = "N", value_parser = parse::size::<1>, default_value = "500")]
    problems: usize,
    /// Completions of each problem; other numbers for some sets follow, as in 1024,math500=32.
    #[arg(long, value_name = "N[,DATA=N…]", value_parser = Samples::parse, default_value = "32")]
    samples: Samples,
    /// The k of pass@k, with commas between them [default: 1, 2, 4, … up to --samples].
    #[arg(long, value_name = "K,…", value_delimiter = ',', value_parser = parse::whole::<1>)]
    k: Vec<u64>,
    /// Program that gives rewards in place of the grader, as for `repro llm`; a completion counts as
    /// correct where its reward is at least 1.
    #[arg(long, value_name = "COMMAND", default_value = "", hide_default_value = true)]
    reward_command: String,
    /// Text around a question, which stands in it as {prompt}; auto chooses it by model and question.
    #[arg(long, value_name = "TEXT", default_value = AUTO)]
    prompt_template: String,
    /// Ask through the model's chat template; with --endpoint, by its chat completions.
    #[arg(long, conflicts_with = "prompt_template")]
    chat: bool,
    /// Divides the logits.
    #[arg(long, value_name = "T", allow_negative_numbers = true, default_value_t = 1.0)]
    temperature: f32,
    /// Draw from the fewest tokens that have this probability together; 1 is off.
    #[arg(long, value_name = "P", allow_negative_numbers = true, default_value_t = 1.0)]
    top_p: f32,
    /// Longest completion, in tokens.
    #[arg(
        long,
        aliases = parse::MAX_NEW_TOKENS,
        value_name = "N",
        value_parser = parse::size::<1>,
        default_value = "1024"
    )]
    max_new_tokens: usize,
    /// Seed; a completion depends on it, on the prompt and on its number alone.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Folder for completions, results, table and figure; an evaluation that was interrupted goes on.
    #[arg(long, value_name = "DIR", default_value = "out/eval")]
    out: PathBuf,
    #[command(flatten)]
    device: DeviceOption,
    #[command(flatten)]
    served: Served,
}

/// A set of problems, with its name.
struct Set {
    name: String,
    problems: Vec<Problem>,
    is_math: bool,
    /// Completions of each problem.
    samples: usize,
}

pub(crate) fn run(
    options: &Options,
    pool: &ThreadPool,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    parse::no_repeats("--model", &options.model).map_err(Failure::Usage)?;
    if !options.reward_command.is_empty() {
        RewardCommand::check(&options.reward_command)?;
    }
    let sets = options.sets(console)?;
    let ks = options.ks(&sets)?;
    for model in &options.model {
        match options.served.endpoint(model, options.chat)? {
            Some(_) => {}
            None => model::check(model)?,
        }
    }
    let signals = Signals::watch()?;
    let models = names(&options.model);
    let mut measurements = Vec::new();
    for (model, name) in options.model.iter().zip(&models) {
        let source = match options.served.endpoint(model, options.chat)? {
            Some(endpoint) => Policy::Served(endpoint),
            None => {
                let folder = model::folder(model, console)?;
                let place = options.device.place(&folder, console)?;
                Policy::Folder(folder, place)
            }
        };
        for set in &sets {
            let bar = console.sampling((set.problems.len() * set.samples) as u64);
            let names = (model.as_str(), name.as_str());
            let task = measure::Task { options, names, policy: &source, set, ks: &ks };
            let (measured, notes) = pool.install(|| task.measure(&signals, &bar))?;
            bar.finish_and_clear();
            notes.iter().for_each(|note| console.note(note));
            measurements.push(measured);
        }
    }
    write(options, &measurements, console)
}

/// The table, on the console and as files, and the figure.
fn write(
    options: &Options,
    measurements: &[Measurement],
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let table = show::table(measurements)?;
    write!(console.out, "{}", table.to_text())?;
    let mut files = show::figure(measurements)?.write(&options.out, "eval")?;
    for (kind, text) in [("csv", table.to_csv()), ("md", table.to_markdown())] {
        let path = options.out.join(format!("table.{kind}"));
        write_atomic(&path, text.as_bytes())?;
        files.push(path);
    }
    console.note_files(&files);
    Ok(())
}

impl Options {
    /// All of `--k`, each within the completions of one set at least.
    fn ks(&self, sets: &[Set]) -> Result<Vec<u64>, Failure> {
        parse::no_repeats("--k", &self.k).map_err(Failure::Usage)?;
        let most = sets.iter().map(|set| set.samples as u64).max().unwrap_or(0);
        match self.k.iter().find(|&&k| k > most) {
            Some(k) => {
                Err(Failure::Usage(format!("--k is {k}; allowed: at most --samples, {most}")))
            }
            None => Ok(self.k.clone()),
        }
    }

    fn sets(&self, console: &mut Console<'_>) -> Result<Vec<Set>, Failure> {
        let texts = [self.data.as_slice(), self.benchmark.as_slice()].concat();
        parse::no_repeats("--data", &texts).map_err(Failure::Usage)?;
        let names = names(&texts);
        self.samples.check(&texts, &names).map_err(Failure::Usage)?;
        let read = |(data, name): (&String, String)| {
            let source: Source = data.parse()?;
            data::fetch(&source, console)?;
            let samples = self.samples.of(data, &name);
            let loaded = source.load(Split::HeldOut, self.problems)?;
            loaded.notes().iter().for_each(|note| console.note(&format!("{name}: {note}")));
            Ok(Set { name, problems: loaded.problems, is_math: source.is_math(), samples })
        };
        texts.iter().zip(names).map(read).collect()
    }
}

/// Short names that can be folders, all different: the last part of a path, else all of the text.
fn names(texts: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for text in texts {
        let path = Path::new(text);
        let last = path.file_stem().filter(|_| path.extension().is_some_and(|e| e == "jsonl"));
        let last = last.or(path.file_name()).and_then(|name| name.to_str()).unwrap_or(text);
        let allowed = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' };
        let short: String = last.chars().map(allowed).collect();
        let taken = |name: &String| names.contains(name);
        let numbered = (2..).map(|n| format!("{short}-{n}"));
        let name = std::iter::once(short.clone()).chain(numbered).find(|name| !taken(name));
        names.extend(name);
    }
    names
}
