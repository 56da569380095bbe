//! `repro data`: named data sets, their checks, and their prompts.

use crate::commands::prompt_flags::PromptFlags;
use crate::console::Console;
use crate::failure::Failure;
use crate::model;
use crate::output::Format;
use crate::parse;
use clap::{Args, Subcommand};
use rs_grpo_engine::text::{Question, Tokenizer};
use rs_grpo_figures::{Column, Table};
use rs_grpo_hub::HubSettings;
use rs_grpo_train::benchmarks;
use rs_grpo_train::data::{DATA_SETS, DataSet, Loaded, Overlap, Overlaps, Purpose};
use rs_grpo_train::task::{Split, TaskSource, is_cached};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What to do with sets of problems.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the sets that have a name.
    List(ListOptions),
    /// Check sets: their number of problems, answers that cannot be graded, repeated problems, and
    /// problems that benchmarks hold.
    Check(CheckOptions),
    /// Show problems, and the prompts that a model gets.
    Show(ShowOptions),
}

/// Options of `repro data list`.
#[derive(Debug, Args)]
pub(crate) struct ListOptions {
    /// How to print: a table, or one JSON object for each set.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Options of `repro data check`.
#[derive(Debug, Args)]
pub(crate) struct CheckOptions {
    /// Sets: names of `repro data list`, NAME=PATH for copies of them, or files.
    #[arg(value_name = "DATA", required = true)]
    data: Vec<String>,
    /// Benchmarks to compare with, with commas between them [default: those in the cache].
    #[arg(long, value_name = "DATA,…", value_delimiter = ',')]
    benchmark: Vec<String>,
    /// How to print: a table, or one JSON object for each set.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Options of `repro data show`.
#[derive(Debug, Args)]
pub(crate) struct ShowOptions {
    /// The set: a name of `repro data list`, NAME=PATH for a copy of it, a file, or countdown.
    #[arg(value_name = "DATA")]
    data: String,
    /// Number of problems.
    #[arg(long, value_name = "N", value_parser = parse::size::<1>, default_value = "3")]
    problems: usize,
    /// Print prompts as this model gets them.
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Print the ids of their tokens, too.
    #[arg(long, requires = "model")]
    tokens: bool,
    #[command(flatten)]
    prompt: PromptFlags,
}

pub(crate) fn run(command: &Command, console: &mut Console<'_>) -> Result<(), Failure> {
    match command {
        Command::List(options) => list(options, console),
        Command::Check(options) => check(options, console),
        Command::Show(options) => show(options, console),
    }
}

/// Downloads the files of a set, with a bar for each.
pub(crate) fn fetch(source: &TaskSource, console: &Console<'_>) -> Result<PathBuf, Failure> {
    Ok(source.fetch(&HubSettings::from_environment(), &mut model::Bars::new(console))?)
}

/// One line of `repro data list --format json`.
#[derive(Serialize)]
struct Listed {
    name: &'static str,
    purpose: &'static str,
    problems: usize,
    licence: &'static str,
    repository: &'static str,
    cached: bool,
}

fn list(options: &ListOptions, console: &mut Console<'_>) -> Result<(), Failure> {
    let settings = HubSettings::from_environment();
    let listed = |set: &DataSet| Listed {
        name: set.name,
        purpose: match set.purpose {
            Purpose::Training => "training",
            Purpose::Benchmark => "benchmark",
        },
        problems: set.count,
        licence: set.licence,
        repository: set.repository,
        cached: is_cached(set, &settings),
    };
    let mut sets = DATA_SETS.iter().map(listed);
    if options.format == Format::Json {
        return sets.try_for_each(|set| Ok(console.json(&set)?));
    }
    let mut columns = vec![Column::left("set"), Column::left("for"), Column::right("problems")];
    columns.extend(["cached", "licence", "repository"].map(Column::left));
    let mut table = Table::new(columns)?;
    for set in sets {
        table.push([
            set.name.to_owned(),
            set.purpose.to_owned(),
            set.problems.to_string(),
            if set.cached { "yes" } else { "no" }.to_owned(),
            set.licence.to_owned(),
            set.repository.to_owned(),
        ])?;
    }
    Ok(write!(console.out, "{}", table.to_text())?)
}

/// What was found in a set.
#[derive(Serialize)]
struct Checked {
    data: String,
    rows: usize,
    expected: Option<usize>,
    problems: usize,
    /// Rows that hold no problem.
    faulty: Vec<String>,
    unreadable: Vec<String>,
    repeated: usize,
    conflicting: usize,
    /// Shared problems by benchmark.
    overlaps: BTreeMap<String, Vec<Overlap>>,
}

fn check(options: &CheckOptions, console: &mut Console<'_>) -> Result<(), Failure> {
    let known = match &options.benchmark[..] {
        [] => benchmarks(&HubSettings::from_environment())?,
        texts => texts.iter().map(|text| benchmark(text, console)).collect::<Result<_, _>>()?,
    };
    let index = Overlaps::new(&known);
    let mut checked = Vec::new();
    for data in &options.data {
        let source: TaskSource = data.parse()?;
        fetch(&source, console)?;
        let loaded = source.check()?;
        // A benchmark holds its own problems.
        let own = |overlap: &Overlap| match &source {
            TaskSource::Set { set, .. } => overlap.benchmark == set.name,
            _ => overlap.benchmark == *data,
        };
        let mut overlaps: BTreeMap<String, Vec<Overlap>> =
            known.iter().map(|benchmark| (benchmark.name.clone(), Vec::new())).collect();
        for overlap in loaded.problems.iter().filter_map(|problem| index.find(problem)) {
            if !own(&overlap) {
                overlaps.entry(overlap.benchmark.clone()).or_default().push(overlap);
            }
        }
        checked.push(Checked::new(data, &loaded, overlaps));
    }
    print(options.format, &checked, console)?;
    match checked.iter().filter(|set| !set.is_clean()).count() {
        0 => Ok(()),
        bad => Err(Failure::Failed(format!("{bad} of {} sets are not clean", checked.len()))),
    }
}

fn benchmark(text: &str, console: &Console<'_>) -> Result<rs_grpo_train::data::Benchmark, Failure> {
    let source: TaskSource = text.parse()?;
    fetch(&source, console)?;
    let name = match &source {
        TaskSource::Set { set, .. } => set.name.to_owned(),
        _ => text.to_owned(),
    };
    let problems = source.training()?.problems;
    Ok(rs_grpo_train::data::Benchmark { name, problems })
}

impl Checked {
    fn new(data: &str, loaded: &Loaded, overlaps: BTreeMap<String, Vec<Overlap>>) -> Self {
        let unreadable = loaded.unreadable.iter().map(|(id, reason)| format!("{id}: {reason}"));
        Self {
            data: data.to_owned(),
            rows: loaded.rows,
            expected: loaded.expected,
            problems: loaded.problems.len(),
            faulty: loaded.faulty.clone(),
            unreadable: unreadable.collect(),
            repeated: loaded.repeated,
            conflicting: loaded.conflicting,
            overlaps,
        }
    }

    fn shared(&self) -> usize {
        self.overlaps.values().map(Vec::len).sum()
    }

    fn is_clean(&self) -> bool {
        self.expected.is_none_or(|expected| expected == self.rows)
            && self.unreadable.is_empty()
            && self.faulty.is_empty()
            && self.repeated + self.conflicting + self.shared() == 0
    }
}

fn print(format: Format, checked: &[Checked], console: &mut Console<'_>) -> Result<(), Failure> {
    if format == Format::Json {
        return checked.iter().try_for_each(|set| Ok(console.json(set)?));
    }
    let numbers = [
        "rows",
        "expected",
        "problems",
        "faulty",
        "unreadable",
        "repeated",
        "conflicting",
        "shared",
    ];
    let mut columns = vec![Column::left("set")];
    columns.extend(numbers.map(Column::right));
    let mut table = Table::new(columns)?;
    for set in checked {
        let expected = set.expected.map_or("–".to_owned(), |expected| expected.to_string());
        table.push([
            set.data.clone(),
            set.rows.to_string(),
            expected,
            set.problems.to_string(),
            set.faulty.len().to_string(),
            set.unreadable.len().to_string(),
            set.repeated.to_string(),
            set.conflicting.to_string(),
            set.shared().to_string(),
        ])?;
    }
    write!(console.out, "{}", table.to_text())?;
    for set in checked {
        for line in &set.faulty {
            writeln!(console.out, "{}: no problem: {line}", set.data)?;
        }
        for line in &set.unreadable {
            writeln!(console.out, "{}: cannot be graded: {line}", set.data)?;
        }
        let compared: Vec<&str> = set.overlaps.keys().map(String::as_str).collect();
        if compared.is_empty() {
            console.note(&format!(
                "{}: compared with no benchmark: none is in the cache; name some by --benchmark",
                set.data
            ));
        }
        for overlap in set.overlaps.values().flatten() {
            let how = if overlap.exact { "is" } else { "is like, with the same answer," };
            let Overlap { problem, benchmark, of, .. } = overlap;
            writeln!(console.out, "{}: {problem} {how} {of} of {benchmark}", set.data)?;
        }
    }
    Ok(())
}

fn show(options: &ShowOptions, console: &mut Console<'_>) -> Result<(), Failure> {
    let source: TaskSource = options.data.parse()?;
    fetch(&source, console)?;
    let loaded = source.up_to(Split::HeldOut, options.problems)?;
    loaded.notes().iter().for_each(|note| console.note(&format!("{}: {note}", options.data)));
    let question = match &options.model {
        Some(name) => {
            model::check(name)?;
            let folder = model::folder(name, console)?;
            let tokenizer = Tokenizer::from_folder(&folder)?;
            let prompt_options = options.prompt.options();
            Some((
                Question::new(&prompt_options, &folder, &tokenizer, source.is_math())?,
                tokenizer,
            ))
        }
        None => None,
    };
    for problem in &loaded.problems {
        writeln!(console.out, "── {}", problem.id)?;
        match &question {
            Some((question, tokenizer)) => {
                let system = problem.system.as_deref();
                writeln!(console.out, "{}", question.render(&problem.prompt, system)?)?;
                if options.tokens {
                    let tokens = question.encode(&problem.prompt, system, tokenizer)?;
                    writeln!(console.out, "── {} tokens: {tokens:?}", tokens.len())?;
                }
            }
            None => writeln!(console.out, "{}", problem.prompt)?,
        }
        let answer = problem.answer().unwrap_or_else(|| "none".to_owned());
        writeln!(console.out, "── answer: {answer}")?;
    }
    Ok(())
}
