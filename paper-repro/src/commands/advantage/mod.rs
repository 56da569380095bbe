//! `repro advantage`: advantages of groups given on the command line or in a file.

mod list;

use super::lines::for_each_line;
use crate::console::Console;
use crate::failure::Failure;
use crate::parse;
use clap::Args;
use list::{ListFormat, list};
use rs_grpo::{Estimator, Scratch};
use rs_grpo_figures::{Column, Table};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Options of `repro advantage`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The rule, such as rs-grpo:beta=2; repeat it to compare several.
    #[arg(long, value_name = "NAME[:KEY=VALUE,…]", value_parser = parse::estimator, default_value = "rs-grpo:beta=2")]
    estimator: Vec<Estimator>,
    /// Short for --estimator rs-grpo:beta=β; several with commas between them.
    #[arg(
        long,
        value_name = "β,…",
        value_delimiter = ',',
        value_parser = parse::number,
        allow_hyphen_values = true,
        conflicts_with = "estimator"
    )]
    beta: Vec<f64>,
    /// Rewards of one group, separated by commas.
    #[arg(
        long,
        value_name = "R,…",
        value_delimiter = ',',
        value_parser = parse::number,
        allow_hyphen_values = true,
        required_unless_present_any = ["input", "list"],
        conflicts_with_all = ["input", "list"]
    )]
    rewards: Vec<f64>,
    /// A file of groups, one {"rewards": [...]} a line; - reads standard input.
    #[arg(long, value_name = "FILE.jsonl", conflicts_with = "list")]
    input: Option<PathBuf>,
    /// List every estimator with what it optimises and its source.
    #[arg(long)]
    list: bool,
    /// How to print: a table, one JSON object for each group and estimator, or the list as a page.
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    format: ListFormat,
}

/// One line of `--input`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    rewards: Vec<f64>,
}

/// One line of `--format json`.
#[derive(Serialize)]
struct Answer<'a> {
    estimator: String,
    rewards: &'a [f64],
    advantages: &'a [f64],
}

pub(crate) fn run(options: &Options, console: &mut Console<'_>) -> Result<(), Failure> {
    if options.format == ListFormat::Markdown && !options.list {
        let allowed = "--format is markdown; allowed: text or json, and markdown with --list";
        return Err(Failure::Usage(allowed.to_owned()));
    }
    let estimators = parse::estimators(&options.estimator, &options.beta)?;
    let mut scratch = Scratch::new();
    match &options.input {
        _ if options.list => list(options.format, console),
        Some(path) => for_each_group(path, |rewards| {
            answer(&estimators, options.format, rewards, &mut scratch, console)
        }),
        None => answer(&estimators, options.format, &options.rewards, &mut scratch, console),
    }
}

/// Calls `each` with the rewards of every line.
fn for_each_group(
    path: &Path,
    mut each: impl FnMut(&[f64]) -> Result<(), Failure>,
) -> Result<(), Failure> {
    for_each_line(path, |line| {
        let group: Line = serde_json::from_str(line).map_err(|error| {
            Failure::Usage(format!("{error}; allowed: {{\"rewards\": [numbers]}}"))
        })?;
        each(&group.rewards)
    })
}

/// Prints the advantages of one group under every estimator asked for.
fn answer(
    estimators: &[Estimator],
    format: ListFormat,
    rewards: &[f64],
    scratch: &mut Scratch,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let mut columns = vec![rewards.to_vec()];
    for estimator in estimators {
        let mut advantages = vec![0.0; rewards.len()];
        estimator
            .advantages_into(rewards, &mut advantages, scratch)
            .map_err(|error| Failure::Usage(format!("--estimator {estimator}: {error}")))?;
        if format == ListFormat::Json {
            let estimator = estimator.to_string();
            console.json(&Answer { estimator, rewards, advantages: &advantages })?;
        }
        columns.push(advantages);
    }
    match format {
        ListFormat::Json => Ok(()),
        ListFormat::Text | ListFormat::Markdown => print_table(estimators, &columns, console),
    }
}

fn print_table(
    estimators: &[Estimator],
    columns: &[Vec<f64>],
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let names = estimators.iter().map(ToString::to_string);
    let header: Vec<Column> = ["response", "reward"]
        .into_iter()
        .map(str::to_owned)
        .chain(names)
        .map(Column::right)
        .collect();
    let mut table = Table::new(header)?;
    for i in 0..columns[0].len() {
        let advantages = columns[1..].iter().map(|column| format!("{:+.6}", column[i]));
        let row = [(i + 1).to_string(), columns[0][i].to_string()].into_iter().chain(advantages);
        table.push(row)?;
    }
    Ok(write!(console.out, "{}", table.to_text())?)
}
