//! `repro bandit --phase`: the share of escapes over risk parameter and group size.

use super::config::Resolved;
use super::{Options, table};
use crate::console::Console;
use crate::failure::Failure;
use crate::output::{Format, write_config};
use rayon::ThreadPool;
use rs_grpo_figures::{Axis, Cells, Column, Figure, Heatmap, Result as FigureResult, Table};
use rs_grpo_sims::bandit::{Phase, PhaseCell, phase};
use serde::Serialize;

/// What `--format json` prints.
#[derive(Serialize)]
struct Answer<'a> {
    cells: &'a [PhaseCell],
}

pub(super) fn run(
    options: &Options,
    pool: &ThreadPool,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let grid = Phase {
        config: options.config(),
        betas: options.betas(),
        group_sizes: options.group_sizes.clone(),
        seeds: options.seeds(),
    };
    let bar = console.progress(grid.runs(), "phase");
    let cells = pool.install(|| phase(&grid, options.seed, || bar.inc(1)));
    bar.finish_and_clear();
    let cells = cells?;
    let mut files = heatmap(&grid, &cells)?.write(&options.out, "phase")?;
    files.push(write_config(&options.out, &Resolved::new(options, &options.configs()))?);
    match options.format {
        Format::Text => write!(console.out, "{}", text(&grid, &cells)?.to_text())?,
        Format::Json => console.json(&Answer { cells: &cells })?,
    }
    console.note_files(&files);
    Ok(())
}

/// Rows β, columns N.
fn text(grid: &Phase, cells: &[PhaseCell]) -> FigureResult<Table> {
    let sizes = grid.group_sizes.iter().map(|size| format!("N = {size}"));
    let header: Vec<Column> =
        ["β".to_owned()].into_iter().chain(sizes).map(Column::right).collect();
    let mut table = Table::new(header)?;
    for (beta, row) in grid.betas.iter().zip(cells.chunks(grid.group_sizes.len())) {
        let shares = row.iter().map(|cell| table::percent(cell.escaped));
        table.push([beta.to_string()].into_iter().chain(shares))?;
    }
    Ok(table)
}

/// β to the right, N upwards.
pub(crate) fn heatmap(grid: &Phase, cells: &[PhaseCell]) -> FigureResult<Figure> {
    let rows = (0..grid.group_sizes.len())
        .map(|row| cells.iter().skip(row).step_by(grid.group_sizes.len()).map(|cell| cell.escaped))
        .map(Iterator::collect)
        .collect();
    let columns = Cells::categories(&grid.betas);
    let map = Heatmap::new("", columns, Cells::categories(&grid.group_sizes), rows)
        .x(Axis::new("risk parameter β"))
        .y(Axis::new("group size N"))
        .value(Axis::new("share of runs that escape").range(0.0, 1.0));
    let (updates, seeds) = (table::thousands(grid.updates()), grid.seeds);
    let figure = Figure::new("Who escapes the wrong peak")
        .subtitle(format!("share of {seeds} runs of {updates} updates that end on the higher peak"))
        .panel(map)
        .size(1200, 560);
    figure.data().map(|_| figure)
}
