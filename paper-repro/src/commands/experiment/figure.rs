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
        "{steps} steps of {prompts} × {samples} completions, {seeds} seed(s); pass@k from {} \
         completions of each of {} held-out problems",
        eval.samples, eval.problems
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
        let mut means = Vec::new();
        for &k in &ks {
            means.push(estimate(arm, Statistic::PassAt(k))?.mean);
        }
        let x: Vec<f64> = ks.iter().map(|&k| k as f64).collect();
        panel =
            panel.series(look(Series::line(arm.arm.label.clone(), x, means), index, &estimators));
    }
    Ok(panel)
}

fn over_steps(results: &[Results], title: &str, name: &str) -> Panel {
    let mut panel = Panel::new(title).x(Axis::new("step")).y(Axis::new(label(name)));
    let estimators = estimators(results);
    for (index, arm) in results.iter().enumerate() {
        let runs: Vec<&[Metrics]> = arm.seeds.iter().map(|seed| seed.steps.as_slice()).collect();
        let (x, y) = curve(&runs, name);
        if !x.is_empty() {
            panel =
                panel.series(look(Series::line(arm.arm.label.clone(), x, y), index, &estimators));
        }
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

fn estimators(results: &[Results]) -> Vec<Option<&str>> {
    results.iter().map(|arm| arm.arm.estimator.as_deref()).collect()
}
