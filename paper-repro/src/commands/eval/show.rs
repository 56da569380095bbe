//! The table and the figure of an evaluation.

use super::measure::Measurement;
use crate::failure::Failure;
use rs_grpo_figures::{Axis, Color, Column, Figure, Panel, Series, Table};
use rs_grpo_train::evaluate::Estimate;

/// Columns of pass@k: the first, the last, and as many between as keep the table narrow.
const COLUMNS: [u64; 5] = [1, 8, 32, 128, 1024];

/// One row for each model and set of problems.
pub(super) fn table(measurements: &[Measurement]) -> Result<Table, Failure> {
    let all = || measurements.iter().flat_map(|m| m.pass_at.iter().map(|(k, _)| *k));
    let (few, last) = (all().count() <= COLUMNS.len() * measurements.len(), all().max());
    let mut ks: Vec<u64> =
        all().filter(|k| few || COLUMNS.contains(k) || Some(*k) == last).collect();
    ks.sort_unstable();
    ks.dedup();
    let mut columns = vec![Column::left("model"), Column::left("data")];
    columns.extend(["problems", "samples"].map(Column::right));
    columns.extend(ks.iter().map(|k| Column::right(format!("pass@{k}"))));
    columns.extend(["majority", "answers", "cut off", "no answer"].map(Column::right));
    let mut table = Table::new(columns)?;
    for m in measurements {
        let mut row = vec![m.model.clone(), m.data.clone()];
        row.extend([m.problems.to_string(), m.samples.to_string()]);
        for k in &ks {
            let estimate = m.pass_at.iter().find(|(other, _)| other == k);
            row.push(estimate.map_or("–".to_owned(), |(_, e)| with_interval(e, 3)));
        }
        for (name, digits) in [("majority", 3), ("answers", 1), ("truncated", 3), ("unparsable", 3)]
        {
            let estimate = m.others.iter().find(|(other, _)| *other == name);
            row.push(estimate.map_or("–".to_owned(), |(_, e)| with_interval(e, digits)));
        }
        table.push(row)?;
    }
    Ok(table)
}

fn with_interval(estimate: &Estimate, digits: usize) -> String {
    let Estimate { mean, low, high } = estimate;
    format!("{mean:.digits$} [{low:.digits$}, {high:.digits$}]")
}

/// pass@k over k: a panel for each set of problems, a line with its interval for each model.
pub(super) fn figure(measurements: &[Measurement]) -> Result<Figure, Failure> {
    let distinct = |of: fn(&Measurement) -> &str| {
        let mut names: Vec<&str> = Vec::new();
        for name in measurements.iter().map(of) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    };
    let (models, sets) = (distinct(|m| &m.model), distinct(|m| &m.data));
    let mut figure = Figure::new("pass@k");
    for set in &sets {
        let of_set = || measurements.iter().filter(|m| m.data == *set);
        let highs = of_set().flat_map(|m| m.pass_at.iter().map(|(_, e)| e.high));
        // If nothing is solved, the axis still goes from 0 to 1.
        let top = Some(highs.fold(0.0, f64::max)).filter(|top| *top > 0.0).unwrap_or(1.0);
        let (x, y) = (Axis::new("k").log2(), Axis::new("pass@k").range(0.0, top));
        let mut panel = Panel::new(*set).x(x).y(y);
        for m in of_set() {
            let at = models.iter().position(|model| *model == m.model).unwrap_or(0);
            let x: Vec<f64> = m.pass_at.iter().map(|(k, _)| *k as f64).collect();
            let of = |part: fn(&Estimate) -> f64| -> Vec<f64> {
                m.pass_at.iter().map(|(_, e)| part(e)).collect()
            };
            let line = Series::line(m.model.clone(), x, of(|e| e.mean))
                .band(of(|e| e.low), of(|e| e.high))
                .color(color(at, models.len()));
            panel = panel.series(line);
        }
        figure = figure.panel(panel);
    }
    let columns = sets.len().min(3);
    let rows = sets.len().div_ceil(columns.max(1));
    Ok(figure.columns(columns).size(120 + 430 * columns as u32, 80 + 360 * rows as u32))
}

/// Distinct colours: from the palette, or along a scale if there are more models.
fn color(at: usize, models: usize) -> Color {
    match models <= Color::PALETTE_LEN {
        true => Color::palette(at),
        false => Color::ordered(at, models),
    }
}
