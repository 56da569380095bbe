//! The figures of runs: pass@k over k, and training over steps.

use super::compare::subjects;
use super::document::{Block, Picture, one_line};
use super::evaluation::ReportedEvaluation;
use super::method;
use super::paper::Subject;
use super::training::ReportArm;
use crate::commands::look::look;
use rs_grpo_figures::{Axis, Color, Dash, Figure, Panel, Series, drawable};
use rs_grpo_train::evaluate::Estimate;

/// Points of a training curve, at most.
const POINTS: usize = 100;

/// pass@k over k: a panel for each set of problems, a line with its interval for each model.
pub(super) fn pass_at_k(evaluations: &[ReportedEvaluation]) -> Option<Block> {
    let subjects = subjects(evaluations);
    let names = names(&subjects);
    let mut sets: Vec<&str> = Vec::new();
    for evaluation in
        evaluations.iter().filter(|e| e.pass_at.iter().any(|(_, e)| e.mean.is_finite()))
    {
        if !sets.contains(&evaluation.benchmark.as_str()) {
            sets.push(&evaluation.benchmark);
        }
    }
    let mut figure = Figure::new("pass@k");
    for set in &sets {
        let mut panel = Panel::new(drawable(&one_line(set))).x(Axis::new("k").log2());
        let mut top = 0.0_f64;
        for evaluation in evaluations.iter().filter(|e| e.benchmark == *set) {
            let at =
                subjects.iter().position(|subject| **subject == evaluation.subject).unwrap_or(0);
            let points: Vec<_> =
                evaluation.pass_at.iter().filter(|(_, e)| e.mean.is_finite()).collect();
            let of = |part: fn(&Estimate) -> f64| -> Vec<f64> {
                points.iter().map(|(_, estimate)| part(estimate)).collect()
            };
            let x: Vec<f64> = points.iter().map(|(k, _)| *k as f64).collect();
            top = of(|e| e.high).into_iter().fold(top, f64::max);
            if !x.is_empty() {
                let line = Series::line(names[at].clone(), x, of(|e| e.mean))
                    .band(of(|e| e.low), of(|e| e.high));
                panel = panel.series(of_subject(line, at, &subjects));
            }
        }
        // If nothing is solved, the axis still goes from 0 to 1.
        let top = if top > 0.0 { top } else { 1.0 };
        figure = figure.panel(panel.y(Axis::new("pass@k").range(0.0, top)));
    }
    (!sets.is_empty()).then(|| {
        Block::Figure(Picture {
            name: "pass-at-k",
            caption: "Share of problems solved in k attempts, the unbiased estimate; bands are 95 % intervals."
                .to_owned(),
            alt: format!("pass@k over k of {} on {}.", names.join("; "), sets.join(", ")),
            figure: arranged(figure, sets.len()),
        })
    })
}

/// The names of subjects in a legend: no longer than tells them apart.
fn names(subjects: &[&Subject]) -> Vec<String> {
    let one = |of: fn(&Subject) -> Option<&str>| {
        let mut all = subjects.iter().filter_map(|subject| of(subject));
        let first = all.next();
        all.all(|other| Some(other) == first)
    };
    let one_model = one(|subject| Some(&subject.model));
    let one_data = one(|subject| subject.training.as_ref().map(|(data, _)| data.as_str()));
    let name = |subject: &&Subject| {
        let mut parts = Vec::new();
        if !one_model {
            parts.push(subject.model.clone());
        }
        match &subject.training {
            None if one_model => parts.push(format!("{}, not trained", subject.model)),
            None => parts.push("not trained".to_owned()),
            Some((data, estimator)) => {
                parts.push(method::label(estimator));
                parts.extend((!one_data).then(|| format!("on {data}")));
            }
        }
        drawable(&one_line(&parts.join(", ")))
    };
    subjects.iter().map(name).collect()
}

fn of_subject(series: Series, at: usize, subjects: &[&Subject]) -> Series {
    let estimators: Vec<Option<&str>> =
        subjects.iter().map(|subject| subject.training.as_ref().map(|(_, e)| e.as_str())).collect();
    told_apart(series, at, &estimators)
}

/// The colours of methods where each is there once; else those of the palette.
fn told_apart(series: Series, at: usize, estimators: &[Option<&str>]) -> Series {
    let once = (1..estimators.len()).all(|i| !estimators[..i].contains(&estimators[i]));
    match once {
        true => look(series, at, estimators),
        false => {
            let dashes = [Dash::Solid, Dash::Dashed, Dash::Dotted];
            let dash = dashes[at / Color::PALETTE_LEN % dashes.len()];
            series.color(Color::palette(at)).dash(dash)
        }
    }
}

/// What is drawn over the steps: its name in `metrics.jsonl`, the title and the axis.
const CURVES: [(&str, &str, &str); 7] = [
    ("reward", "Reward", "mean reward"),
    ("pass_rate", "Pass rate", "share of correct completions"),
    ("entropy", "Policy entropy", "nats a token"),
    ("frac_no_signal", "Groups without signal", "share of groups"),
    ("grad_norm", "Gradient norm", "norm before clipping"),
    ("train/solved_share", "Training problems ever solved", "share of training problems"),
    ("eval/pass@1", "Held-out problems", "pass@1"),
];

/// Training over steps: a panel for each number that some run has, a line for each arm.
pub(super) fn training(arms: &[ReportArm]) -> Option<Block> {
    let estimators: Vec<Option<&str>> =
        arms.iter().map(|arm| Some(arm.runs[0].config.estimator.as_str())).collect();
    let steps = arms.iter().flat_map(|arm| &arm.runs).map(|run| run.steps.len()).max().unwrap_or(0);
    let window = steps.div_ceil(POINTS).max(1);
    let mut figure = Figure::new("Training");
    let mut titles = Vec::new();
    for (name, title, axis) in CURVES {
        let mut panel = Panel::new(title).x(Axis::new("step")).y(Axis::new(axis));
        let mut any = false;
        for (at, arm) in arms.iter().enumerate() {
            let (x, y, low, high) = curve(arm, name, window);
            if x.is_empty() {
                continue;
            }
            any = true;
            // One point is not a line.
            let alone = x.len() == 1;
            let mut line = Series::line(drawable(&one_line(&arm.label)), x, y);
            if alone {
                line = line.dots();
            }
            if arm.runs.len() > 1 {
                line = line.band(low, high);
            }
            panel = panel.series(told_apart(line, at, &estimators));
        }
        if any {
            figure = figure.panel(panel);
            titles.push(title.to_lowercase());
        }
    }
    (!titles.is_empty()).then(|| {
        let labels: Vec<&str> = arms.iter().map(|arm| arm.label.as_str()).collect();
        let several = arms.iter().any(|arm| arm.runs.len() > 1);
        let mean = if window > 1 { format!("Means of {window} steps. ") } else { String::new() };
        let seeds = if several {
            " Lines are means over seeds, bands reach from the lowest to the highest."
        } else {
            ""
        };
        Block::Figure(Picture {
            name: "training",
            caption: format!("{mean}Gradient norms are those before clipping.{seeds}"),
            alt: format!("{} over the steps of {}.", titles.join(", "), labels.join("; ")),
            figure: arranged(figure, titles.len()),
        })
    })
}

type Curve = (Vec<f64>, Vec<f64>, Vec<f64>, Vec<f64>);

/// Means over windows of steps and over runs, with the lowest and the highest run.
fn curve(arm: &ReportArm, name: &str, window: usize) -> Curve {
    let mut curve = Curve::default();
    let steps = arm.runs.iter().map(|run| run.steps.len()).max().unwrap_or(0);
    for start in (0..steps).step_by(window) {
        let of_run = |run: &super::training::ReportedRun| -> Option<(f64, f64)> {
            let part = run.steps.get(start..(start + window).min(run.steps.len()))?;
            let values: Vec<f64> = part
                .iter()
                .filter_map(|(_, m)| m.get(name).copied())
                .filter(|v| v.is_finite())
                .collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            (!values.is_empty()).then_some((part.last()?.0, mean))
        };
        let points: Vec<(f64, f64)> = arm.runs.iter().filter_map(of_run).collect();
        let Some((step, _)) = points.first() else { continue };
        let values = || points.iter().map(|(_, value)| *value);
        curve.0.push(*step);
        curve.1.push(values().sum::<f64>() / points.len() as f64);
        curve.2.push(values().fold(f64::INFINITY, f64::min));
        curve.3.push(values().fold(f64::NEG_INFINITY, f64::max));
    }
    curve
}

/// Two panels beside each other, or three where there are many.
fn arranged(figure: Figure, panels: usize) -> Figure {
    let columns = if panels > 4 { 3 } else { panels.clamp(1, 2) };
    let rows = panels.div_ceil(columns);
    figure.columns(columns).size(120 + 430 * columns as u32, 90 + 360 * rows as u32)
}
