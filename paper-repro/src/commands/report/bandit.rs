//! The bandit's part of the report.

use crate::commands::bandit::{figure, heatmap, simulate_all, table};
use crate::console::Console;
use crate::failure::Failure;
use rayon::ThreadPool;
use rs_grpo::Estimator;
use rs_grpo_figures::{Column, Figure, Table};
use rs_grpo_sims::bandit::{Config, Phase, Summary, Updates, phase};

/// The authors' script, run once; origin in the file's header.
const AUTHORS: &str = include_str!("../../../reference/bandit_authors.csv");
/// Pulls before the last window of the authors' run.
const LAST_WINDOW: u64 = 399_000;
/// Risk parameters of the paper's figure.
const PAPER_BETAS: [f64; 7] = [0.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];
/// Risk parameters and runs of the README's first command.
const README_BETAS: [f64; 4] = [0.0, 1.0, 2.0, 4.0];
const README_SEEDS: u64 = 32;
const TABLE_SEEDS: u64 = 200;
const SEED: u64 = 0;

fn configs(betas: &[f64]) -> Vec<Config> {
    let config = |&beta| Config { estimator: Estimator::RsGrpo { beta }, ..Config::default() };
    betas.iter().map(config).collect()
}

/// The figure of `repro bandit --beta 0,1,2,4`.
pub(super) fn curves(pool: &ThreadPool, console: &mut Console<'_>) -> Result<Figure, Failure> {
    let configs = configs(&README_BETAS);
    let results = simulate_all(&configs, SEED, README_SEEDS, Updates::Sampled, pool, console)?;
    Ok(figure(&configs[0], &results)?)
}

/// The figure of `repro bandit --phase`.
pub(super) fn phase_diagram(
    pool: &ThreadPool,
    console: &mut Console<'_>,
) -> Result<Figure, Failure> {
    let grid = Phase::default();
    let bar = console.progress(grid.runs(), "phase");
    let cells = pool.install(|| phase(&grid, SEED, || bar.inc(1)));
    bar.finish_and_clear();
    Ok(heatmap(&grid, &cells?)?)
}

/// One row for each risk parameter of the paper.
pub(super) fn beside_the_paper(
    pool: &ThreadPool,
    console: &mut Console<'_>,
) -> Result<Table, Failure> {
    let results =
        simulate_all(&configs(&PAPER_BETAS), SEED, TABLE_SEEDS, Updates::Sampled, pool, console)?;
    let mut table = Table::new([
        Column::right("β"),
        Column::left("paper"),
        Column::right("authors' script, one run"),
        Column::right(format!("here, {TABLE_SEEDS} runs [95 %]")),
        Column::right("runs that escape"),
        Column::right("median pulls to escape"),
    ])?;
    for (beta, result) in PAPER_BETAS.iter().zip(&results) {
        table.push(row(*beta, result))?;
    }
    Ok(table)
}

fn row(beta: f64, result: &Summary) -> [String; 6] {
    [
        beta.to_string(),
        paper(beta).to_owned(),
        authors_final_reward(beta),
        table::final_reward(result),
        table::percent(result.escaped),
        table::pulls(result.median_escape_pulls),
    ]
}

/// What the paper's figure shows.
fn paper(beta: f64) -> &'static str {
    if beta < 4.0 { "stays at 0.6" } else { "escapes to 1.0" }
}

fn authors_final_reward(beta: f64) -> String {
    let start = format!("{beta},reward,{LAST_WINDOW},");
    AUTHORS.lines().find_map(|line| line.strip_prefix(&start)).unwrap_or("–").to_owned()
}
