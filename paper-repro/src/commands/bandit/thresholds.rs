//! `repro bandit --thresholds`: the smallest parameter that escapes, for each group size and for three
//! estimators, predicted and simulated.

use super::config::Resolved;
use super::{Options, table as format};
use crate::console::Console;
use crate::failure::Failure;
use crate::output::{Format, write_config};
use rayon::ThreadPool;
use rs_grpo_figures::{
    Axis, Color, Column, Dash, Figure, Panel, Result as FigureResult, Series, Table,
};
use rs_grpo_sims::bandit::{
    BorderEstimator, Config, Search, Threshold, UpdateNoise, predicted_threshold, signal_to_noise,
    simulated_threshold,
};
use serde::Serialize;

/// The estimators that are compared, with the letter of their parameter.
const FAMILIES: [(BorderEstimator, &str, &str); 3] = [
    (BorderEstimator::RsGrpo, "rs-grpo", "β"),
    (BorderEstimator::RsLoo, "rs-loo", "β"),
    (BorderEstimator::PkpoLooMm, "pkpo-loo-mm", "k"),
];

/// One estimator at one group size.
#[derive(Debug, Clone, Copy, Serialize)]
struct Row {
    family: BorderEstimator,
    group_size: usize,
    /// From the expected updates; `None` if none escapes.
    predicted: Option<f64>,
    /// From runs, with an interval; `None` if nothing is predicted, or if the runs do not cross one half.
    simulated: Option<Threshold>,
    /// Noise of one update at the predicted threshold.
    spread: Option<UpdateNoise>,
}

/// What `--format json` prints.
#[derive(Serialize)]
struct Answer<'a> {
    thresholds: &'a [Row],
}

pub(super) fn run(
    options: &Options,
    pool: &ThreadPool,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let (seed, seeds) = (options.seed, options.seeds());
    let rows = search_all(&options.config(), &options.group_sizes, seed, seeds, pool, console)?;
    let mut files = figure(&rows, seeds)?.write(&options.out, "thresholds")?;
    files.push(write_config(&options.out, &Resolved::new(options, &[]))?);
    match options.format {
        Format::Text => write!(console.out, "{}", table(&rows)?.to_text())?,
        Format::Json => console.json(&Answer { thresholds: &rows })?,
    }
    console.note_files(&files);
    Ok(())
}

/// Searches each estimator at each group size; all with as many updates as `config` has groups.
fn search_all(
    config: &Config,
    group_sizes: &[usize],
    seed: u64,
    seeds: u64,
    pool: &ThreadPool,
    console: &Console<'_>,
) -> Result<Vec<Row>, Failure> {
    let updates = (config.pulls / config.group_size.max(1) as u64).max(1);
    let bar = console.progress((FAMILIES.len() * group_sizes.len()) as u64, "thresholds");
    let mut rows = Vec::new();
    for (family, ..) in FAMILIES {
        for &group_size in group_sizes {
            let pulls = updates * group_size as u64;
            let config = Config { group_size, pulls, ..config.clone() };
            rows.push(pool.install(|| row(Search { config, family, seeds, seed }))?);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(rows)
}

fn row(search: Search) -> Result<Row, Failure> {
    let predicted = predicted_threshold(&search)?;
    let near = |value| simulated_threshold(&search, value);
    let simulated = predicted.map(near).transpose()?.flatten();
    let spread = predicted.map(|value| signal_to_noise(&search, value)).transpose()?;
    let Search { family, config, .. } = search;
    Ok(Row { family, group_size: config.group_size, predicted, simulated, spread })
}

/// One row for each group size; the parameter is β, or k for `pkpo-loo-mm`.
fn table(rows: &[Row]) -> FigureResult<Table> {
    let mut table = Table::new([
        Column::left("estimator"),
        Column::right("N"),
        Column::right("predicted"),
        Column::right("simulated [95 %]"),
        Column::right("noise"),
    ])?;
    for (family, name, letter) in FAMILIES {
        for row in rows.iter().filter(|row| row.family == family) {
            table.push([
                format!("{name}, {letter}"),
                format::thousands(row.group_size as u64),
                row.predicted.map_or("none".to_owned(), |value| number(family, value)),
                simulated(row),
                row.spread.map_or("–".to_owned(), |spread| format!("{:.1}", spread.ratio)),
            ])?;
        }
    }
    Ok(table)
}

fn simulated(row: &Row) -> String {
    row.simulated.map_or("–".to_owned(), |found| {
        let Threshold { value, low, high } = found;
        format!("{value:.2} [{low:.2}, {high:.2}]")
    })
}

fn number(family: BorderEstimator, value: f64) -> String {
    if family == BorderEstimator::PkpoLooMm { value.to_string() } else { format!("{value:.3}") }
}

/// Left the thresholds of β, right the noise of one update.
fn figure(rows: &[Row], seeds: u64) -> FigureResult<Figure> {
    let mut thresholds = Panel::new("Smallest β that escapes")
        .x(Axis::new("group size N").log2())
        .y(Axis::new("risk parameter β"))
        .own_legend();
    let mut noise = Panel::new("Noise of one update at the threshold")
        .x(Axis::new("group size N").log2())
        .y(Axis::new("standard deviation / |mean|").log())
        .own_legend();
    for (i, (family, name, letter)) in FAMILIES.into_iter().enumerate() {
        let color = Color::palette(i);
        let rows: Vec<&Row> = rows.iter().filter(|row| row.family == family).collect();
        if letter == "β" {
            thresholds = with_thresholds(thresholds, &rows, name, color);
        }
        let known = rows.iter().filter_map(|row| Some((row.group_size as f64, row.spread?.ratio)));
        let (x, y): (Vec<f64>, Vec<f64>) = known.unzip();
        if !x.is_empty() {
            noise = noise.series(Series::line(format!("{name}, noise"), x, y).dots().color(color));
        }
    }
    let runs = format::thousands(seeds);
    let figure = Figure::new("Which β a group of N needs")
        .subtitle(format!(
            "Lines: predicted from exact expected updates. Dots and bands: half of {runs} runs escape, \
             with 95 % intervals"
        ))
        .panel(thresholds)
        .panel(noise)
        .size(1300, 560);
    figure.data().map(|_| figure)
}

fn with_thresholds(mut panel: Panel, rows: &[&Row], name: &str, color: Color) -> Panel {
    let predicted = rows.iter().filter_map(|row| Some((row.group_size as f64, row.predicted?)));
    let (x, y): (Vec<f64>, Vec<f64>) = predicted.unzip();
    if !x.is_empty() {
        let line = Series::line(format!("{name}, predicted"), x, y).dash(Dash::Dashed);
        panel = panel.series(line.color(color));
    }
    let simulated: Vec<(f64, Threshold)> =
        rows.iter().filter_map(|row| Some((row.group_size as f64, row.simulated?))).collect();
    let column = |value: fn(&Threshold) -> f64| -> Vec<f64> {
        simulated.iter().map(|(_, found)| value(found)).collect()
    };
    if simulated.is_empty() {
        return panel;
    }
    let x: Vec<f64> = simulated.iter().map(|(x, _)| *x).collect();
    let dots = Series::line(format!("{name}, simulated"), x, column(|found| found.value));
    let dots = dots.dots().band(column(|found| found.low), column(|found| found.high));
    panel.series(dots.color(color))
}
