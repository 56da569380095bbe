//! The figure of `repro bandit`: the landscape, and how reward and entropy move.

use super::table::{label, thousands};
use rs_grpo_figures::{Axis, Color, Figure, Panel, Result, Series};
use rs_grpo_sims::bandit::{Config, Summary};

/// Reward landscape, reward over pulls with 95 % bands, entropy over pulls.
pub(crate) fn curves(config: &Config, results: &[Summary]) -> Result<Figure> {
    let mut reward = over_pulls(config, "Reward", "mean reward of an arm drawn");
    let mut entropy = over_pulls(config, "Policy entropy", "entropy, nats");
    for (i, result) in results.iter().enumerate() {
        let color = Color::ordered(i, results.len());
        reward = reward.series(reward_curve(result).color(color));
        let (pulls, label) = (pulls(result), label(result));
        let curve = Series::line(label, pulls, result.curve.entropy_mean.clone());
        entropy = entropy.series(curve.color(color));
    }
    let figure = Figure::new("A policy that starts on the wrong peak")
        .subtitle(subtitle(config, results))
        .panel(landscape(config))
        .panel(reward)
        .panel(entropy)
        .size(1500, 520);
    figure.data().map(|_| figure)
}

fn subtitle(config: &Config, results: &[Summary]) -> String {
    let runs = results.iter().map(|result| result.seeds).max().unwrap_or(0);
    let (arms, size) = (config.arms, config.group_size);
    let runs = match runs {
        1 => "one run of each setting".to_owned(),
        _ => format!(
            "{} runs of each setting; bands are 95 % intervals of the mean",
            thousands(runs)
        ),
    };
    format!("{}-armed bandit, groups of {size}, {runs}", thousands(arms as u64))
}

fn over_pulls(config: &Config, title: &str, label: &str) -> Panel {
    Panel::new(title).x(Axis::new("pulls").range(0.0, config.pulls as f64)).y(Axis::new(label))
}

fn pulls(result: &Summary) -> Vec<f64> {
    result.curve.pulls.iter().map(|&pulls| pulls as f64).collect()
}

fn reward_curve(result: &Summary) -> Series {
    let curve = &result.curve;
    let line = Series::line(label(result), pulls(result), curve.reward_mean.clone());
    let ends = |ends: &[Option<f64>]| ends.iter().copied().collect::<Option<Vec<f64>>>();
    match (ends(&curve.reward_low), ends(&curve.reward_high)) {
        (Some(low), Some(high)) => line.band(low, high),
        _ => line,
    }
}

/// The reward of each arm, and behind it the policy at the start.
fn landscape(config: &Config) -> Panel {
    let arms: Vec<f64> = (0..config.arms).map(|arm| arm as f64).collect();
    let policy = Series::area("initial policy", arms.clone(), config.initial_probabilities());
    let reward = Series::line("reward of an arm", arms, config.rewards());
    Panel::new("Landscape")
        .x(Axis::new("arm"))
        .y(Axis::new("reward"))
        .right(Axis::new("probability"))
        .own_legend()
        .series(policy.on_right().color(Color(150, 150, 150)))
        .series(reward.color(Color(60, 60, 60)))
}
