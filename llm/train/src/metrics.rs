//! Metrics of a step, under TRL's names where it has them.

use crate::loss::{LossSums, UpdateStats};
use crate::rollout::{Completion, Rollout};
use std::collections::BTreeMap;
use std::time::Duration;

/// Numbers by name. Undefined ones, such as the mean length of no completions, are left out.
pub type Metrics = BTreeMap<String, f64>;

/// The metrics of a step: of its completions, of its updates, and how long they took.
pub(crate) fn of_step(rollout: &Rollout, updates: &[UpdateStats], training: Duration) -> Metrics {
    let mut metrics = of_rollout(rollout);
    metrics.extend(of_updates(updates));
    for (name, duration) in [
        ("timing_s/sample", rollout.sampling),
        ("timing_s/grade", rollout.grading),
        ("timing_s/train", training),
    ] {
        put(&mut metrics, name, duration.as_secs_f64());
    }
    metrics
}

/// Adds a number, if it is finite.
pub(crate) fn put(metrics: &mut Metrics, name: &str, value: f64) {
    if value.is_finite() {
        metrics.insert(name.to_owned(), value);
    }
}

/// Metrics of the completions of a step.
fn of_rollout(rollout: &Rollout) -> Metrics {
    let mut metrics = Metrics::new();
    let mut put = |name: &str, value: f64| put(&mut metrics, name, value);
    let groups = || rollout.sampled();
    let all = || groups().flat_map(|group| &group.completions);
    let lengths = |of: &dyn Fn(&Completion) -> bool| -> Vec<f64> {
        all().filter(|c| of(c)).map(|c| c.sample.tokens.len() as f64).collect()
    };
    put("reward", mean(all().map(|c| c.reward)));
    put("pass_rate", share(all(), |c| c.grade.is_correct()));
    put("reward_std", mean(groups().map(|group| group.reward_std)));
    put("frac_reward_zero_std", share(groups(), |group| group.reward_std == 0.0));
    put("frac_no_signal", share(groups(), |group| !group.has_signal()));
    put("sampling_rounds", rollout.rounds as f64);
    for (prefix, lengths) in [
        ("completions", lengths(&|_| true)),
        ("completions/terminated", lengths(&|c: &Completion| !c.is_truncated())),
    ] {
        let (join, lengths) = (if prefix == "completions" { '/' } else { '_' }, &lengths);
        let name = |what: &str| match join {
            '/' => format!("completions/{what}_length"),
            _ => format!("completions/{what}_terminated_length"),
        };
        put(&name("mean"), mean(lengths.iter().copied()));
        put(&name("min"), lengths.iter().copied().fold(f64::INFINITY, f64::min));
        put(&name("max"), lengths.iter().copied().fold(f64::NEG_INFINITY, f64::max));
    }
    put("completions/clipped_ratio", share(all(), Completion::is_truncated));
    put("entropy", mean(all().flat_map(|c| &c.sample.entropies).map(|&h| f64::from(h))));
    metrics
}

/// Metrics of the updates of a step: means over their tokens, and over the updates.
fn of_updates(updates: &[UpdateStats]) -> Metrics {
    let mut metrics = Metrics::new();
    let mut put = |name: &str, value: f64| put(&mut metrics, name, value);
    let mut all = LossSums::default();
    updates.iter().for_each(|stats| all += stats.sums);
    let count = updates.len() as f64;
    let per_token = |sum: f64| sum / all.tokens as f64;
    put("loss", all.loss / count);
    put("grad_norm", mean(updates.iter().map(|stats| stats.grad_norm)));
    put("clip_ratio/low_mean", all.clipped_low / all.ratios);
    put("clip_ratio/high_mean", all.clipped_high / all.ratios);
    put("clip_ratio/region_mean", (all.clipped_low + all.clipped_high) / all.ratios);
    put("kl", per_token(all.kl));
    put("sampling/sampling_logp_difference/mean", per_token(all.logprob_mismatch));
    put("sampling/sampling_logp_difference/max", all.max_logprob_mismatch);
    metrics
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0);
    for value in values {
        sum += value;
        count += 1;
    }
    sum / f64::from(count)
}

fn share<T>(items: impl Iterator<Item = T>, is: impl Fn(T) -> bool) -> f64 {
    mean(items.map(|item| f64::from(u8::from(is(item)))))
}
