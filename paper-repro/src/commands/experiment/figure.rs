//! The figure of an experiment: pass@k on held-out problems, and how training went.

use super::results::{Results, estimate};
use crate::commands::look::look;
use crate::failure::Failure;
use rs_grpo_figures::{Axis, Figure, Panel, Series};
use rs_grpo_train::evaluate::Statistic;
use rs_grpo_train::{Metrics, TrainConfig};

/// Steps that one point of a training curve is the mean of.
const WINDOW: usize = 5;

/// pass@k over k, and pass rate, solved problems and entropy over the steps of training.
pub(super) fn of(results: &[Results], config: &TrainConfig) -> Result<Figure, Failure> {
    let seeds = results.iter().map(|arm| arm.seeds.len()).max().unwrap_or(0);
    let TrainConfig { steps, prompts, samples, eval, .. } = config;
    let subtitle = format!(
        "{steps} steps of {prompts} × {samples} completions, {}; pass@k from {} \
         completions of each of {} held-out problems. Bands: 95 % intervals of pass@k, the range of the seeds \
         of the curves",
        if seeds == 1 { "one seed".to_owned() } else { format!("{seeds} seeds") },
        eval.samples,
        eval.problems
    );
    let mut figure = Figure::new("Countdown: what training does to pass@k").subtitle(subtitle);
    figure = figure.panel(pass_at_k(results)?);
    for (title, name) in [
        ("Pass rate in training", "pass_rate"),
        ("Training problems ever solved", "train/solved_share"),
        ("Policy entropy", "entropy"),
    ] {
        figure = figure.panel(over_steps(results, title, name));
    }
    Ok(figure.columns(2).size(1100, 860))
}

fn pass_at_k(results: &[Results]) -> Result<Panel, Failure> {
    let mut panel = Panel::new("Held-out problems").x(Axis::new("k").log2()).y(Axis::new("pass@k"));
    let estimators = estimators(results);
    for (index, arm) in results.iter().enumerate() {
        let Some(first) = arm.seeds.first() else { continue };
        let ks = first.report.ks();
        let (mut means, mut low, mut high) = (Vec::new(), Vec::new(), Vec::new());
        for &k in &ks {
            let estimate = estimate(arm, Statistic::PassAt(k))?;
            means.push(estimate.mean);
            low.push(estimate.low);
            high.push(estimate.high);
        }
        let x: Vec<f64> = ks.iter().map(|&k| k as f64).collect();
        let line = Series::line(arm.arm.label.clone(), x, means).band(low, high);
        panel = panel.series(look(line, index, &estimators));
    }
    Ok(panel)
}

fn over_steps(results: &[Results], title: &str, name: &str) -> Panel {
    let mut panel = Panel::new(title).x(Axis::new("step")).y(Axis::new(label(name)));
    let estimators = estimators(results);
    for (index, arm) in results.iter().enumerate() {
        let runs: Vec<&[Metrics]> = arm.seeds.iter().map(|seed| seed.steps.as_slice()).collect();
        let (x, y) = curve(&runs, name);
        if x.is_empty() {
            continue;
        }
        let mut line = Series::line(arm.arm.label.clone(), x, y);
        if let Some((low, high)) = spread(&runs, name) {
            line = line.band(low, high);
        }
        panel = panel.series(look(line, index, &estimators));
    }
    panel
}

fn label(name: &str) -> &str {
    match name {
        "pass_rate" => "share of correct completions",
        "train/solved_share" => "share of training problems",
        _ => "nats a token",
    }
}

/// Means over runs and windows of steps.
fn curve(runs: &[&[Metrics]], name: &str) -> (Vec<f64>, Vec<f64>) {
    let steps = runs.iter().map(|run| run.len()).min().unwrap_or(0);
    let windows = (0..steps).step_by(WINDOW).map(|start| start..(start + WINDOW).min(steps));
    let point = |window: std::ops::Range<usize>| {
        let values =
            || runs.iter().flat_map(|run| &run[window.clone()]).filter_map(|m| m.get(name));
        let mean = values().sum::<f64>() / values().count() as f64;
        (window.end as f64, mean)
    };
    windows.map(point).unzip()
}

/// The smallest and the largest curve of the seeds at each point; nothing with one seed.
fn spread(runs: &[&[Metrics]], name: &str) -> Option<(Vec<f64>, Vec<f64>)> {
    let curves: Vec<Vec<f64>> = runs.iter().map(|run| curve(&[run], name).1).collect();
    let points = curves.iter().map(Vec::len).min().filter(|_| curves.len() > 1)?;
    let fold = |start: f64, pick: fn(f64, f64) -> f64| -> Vec<f64> {
        (0..points).map(|i| curves.iter().map(|curve| curve[i]).fold(start, pick)).collect()
    };
    Some((fold(f64::INFINITY, f64::min), fold(f64::NEG_INFINITY, f64::max)))
}

fn estimators(results: &[Results]) -> Vec<Option<&str>> {
    results.iter().map(|arm| arm.arm.estimator.as_deref()).collect()
}
