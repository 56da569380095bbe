//! The figure of an experiment: pass@k on held-out problems, and how training went.

use super::countdown::Results;
use super::table::estimate;
use crate::failure::Failure;
use rs_grpo_figures::{Axis, Color, Dash, Figure, Panel, Series};
use rs_grpo_llm::evaluate::Statistic;
use rs_grpo_llm::train::{Metrics, TrainConfig};

/// Steps that one point of a training curve is the mean of.
const WINDOW: usize = 5;

/// pass@k over k, and pass rate, solved problems and entropy over the steps of training.
pub(super) fn of(results: &[Results], config: &TrainConfig) -> Result<Figure, Failure> {
    let seeds = results.iter().map(|arm| arm.seeds.len()).max().unwrap_or(0);
    let TrainConfig { steps, prompts, samples, eval_problems, eval_samples, .. } = config;
    let subtitle = format!(
        "{steps} steps of {prompts} × {samples} completions, {seeds} seed(s); pass@k from {eval_samples} \
         completions of each of {eval_problems} held-out problems"
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
    for (index, arm) in results.iter().enumerate() {
        let Some(first) = arm.seeds.first() else { continue };
        let ks = first.report.ks();
        let mut means = Vec::new();
        for &k in &ks {
            means.push(estimate(arm, Statistic::PassAt(k))?.mean);
        }
        let x: Vec<f64> = ks.iter().map(|&k| k as f64).collect();
        panel = panel.series(look(Series::line(arm.arm.label.clone(), x, means), index, results));
    }
    Ok(panel)
}

fn over_steps(results: &[Results], title: &str, name: &str) -> Panel {
    let mut panel = Panel::new(title).x(Axis::new("step")).y(Axis::new(label(name)));
    for (index, arm) in results.iter().enumerate() {
        let runs: Vec<&[Metrics]> = arm.seeds.iter().map(|seed| seed.steps.as_slice()).collect();
        let (x, y) = curve(&runs, name);
        if !x.is_empty() {
            panel = panel.series(look(Series::line(arm.arm.label.clone(), x, y), index, results));
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

/// How the estimators begin that have a risk parameter.
const OURS: &str = "rs-grpo";
/// Colours of the rivals, none of them near those of GRPO or of the scale of risk parameters.
const RIVALS: [Color; 4] =
    [Color(0, 158, 115), Color(213, 94, 0), Color(86, 180, 233), Color(140, 86, 75)];

/// The base model is grey and dashed; risk parameters go along one scale, rivals have colours of
/// their own.
fn look(series: Series, index: usize, results: &[Results]) -> Series {
    let estimator = results[index].arm.estimator.as_deref();
    let of = |wanted: fn(&str) -> bool| -> Vec<usize> {
        let estimator = |i: usize| results[i].arm.estimator.as_deref();
        (0..results.len()).filter(|&i| estimator(i).is_some_and(wanted)).collect()
    };
    let ours = of(|estimator| estimator.starts_with(OURS));
    let rivals = of(|estimator| !estimator.starts_with(OURS) && estimator != "grpo");
    match estimator {
        None => series.color(Color(110, 110, 110)).dash(Dash::Dashed),
        Some("grpo") => series.color(Color(20, 20, 20)),
        _ => match ours.iter().position(|&i| i == index) {
            Some(at) => series.color(Color::ordered(at, ours.len())),
            None => {
                let at = rivals.iter().position(|&i| i == index).unwrap_or(0);
                series.color(RIVALS[at % RIVALS.len()]).dash(Dash::Dotted)
            }
        },
    }
}
