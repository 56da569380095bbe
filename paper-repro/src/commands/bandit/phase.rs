//! `repro bandit --phase`: the share of escapes over risk parameter and group size.

use super::config::Resolved;
use super::{Options, table};
use crate::console::Console;
use crate::failure::Failure;
use crate::output::{Format, write_config};
use rayon::ThreadPool;
use rs_grpo_figures::{Axis, Cells, Column, Figure, Heatmap, Result as FigureResult, Table};
use rs_grpo_sims::bandit::{Noise, Phase, PhaseCell, phase};
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
        // An expected update is that of mean rewards without a bonus.
        predict: options.noise == Noise::None && options.entropy_bonus == 0.0,
    };
    let bar = console.progress(grid.runs(), "phase");
    let cells = pool.install(|| phase(&grid, options.seed, || bar.inc(1)));
    bar.finish_and_clear();
    let cells = cells?;
    let mut files = heatmap(&grid, &cells)?.write(&options.out, "phase")?;
    files.push(write_config(&options.out, &Resolved::new(options, &options.configs()))?);
    match options.format {
        Format::Text => {
            write!(console.out, "{}", text(&grid, &cells)?.to_text())?;
            if grid.predict {
                writeln!(console.out, "*: the expected updates of groups of this size escape")?;
            }
        }
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
        let share = |cell: &PhaseCell| {
            let mark = match cell.predicted(&grid.config) {
                Some(true) => " *",
                Some(false) => "  ",
                None => "",
            };
            format!("{}{mark}", table::percent(cell.escaped))
        };
        let shares = row.iter().map(share);
        table.push([beta.to_string()].into_iter().chain(shares))?;
    }
    Ok(table)
}

/// β to the right, N upwards; a border around the cells whose expected updates escape.
pub(crate) fn heatmap(grid: &Phase, cells: &[PhaseCell]) -> FigureResult<Figure> {
    let columns = Cells::categories(&grid.betas);
    let rows = Cells::categories(&grid.group_sizes);
    let mut map = Heatmap::new("", columns, rows, by_size(grid, cells, |cell| cell.escaped))
        .x(Axis::new("risk parameter β"))
        .y(Axis::new("group size N"))
        .value(Axis::new("share of runs that escape").range(0.0, 1.0));
    let (updates, seeds) = (table::thousands(grid.updates()), table::thousands(grid.seeds));
    let mut subtitle =
        format!("Share of {seeds} runs of {updates} updates that end on the higher peak");
    if grid.predict {
        let escapes = |cell: &PhaseCell| cell.predicted(&grid.config) == Some(true);
        map = map.outline(by_size(grid, cells, escapes));
        subtitle += ". White line: where the exact expected update of a group of N escapes";
    }
    let figure =
        Figure::new("Who escapes the wrong peak").subtitle(subtitle).panel(map).size(1200, 580);
    figure.data().map(|_| figure)
}

/// A value of each cell, a row for each group size.
fn by_size<T>(grid: &Phase, cells: &[PhaseCell], value: impl Fn(&PhaseCell) -> T) -> Vec<Vec<T>> {
    let sizes = grid.group_sizes.len();
    (0..sizes).map(|row| cells.iter().skip(row).step_by(sizes).map(&value).collect()).collect()
}
