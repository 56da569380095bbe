//! A rule from outside the core trains as one of the core does.

use rs_grpo::{AdvantageRule, Error, Estimator, Group, Scratch};
use rs_grpo_train::{StepReport, TrainConfig, TrainContext, Trainer};
use test_support::countdown_model as model;

/// The share of the group that a response beats, less the share that beats it: on rewards of 0 and 1
/// the deviation from the mean.
#[derive(Debug)]
struct Wins;

impl AdvantageRule for Wins {
    fn name(&self) -> &'static str {
        "wins"
    }

    fn advantages_into(
        &self,
        group: Group<'_>,
        out: &mut [f64],
        _: &mut Scratch,
    ) -> Result<(), Error> {
        group.require_size(self.name(), 2)?;
        for (advantage, own) in out.iter_mut().zip(group.rewards()) {
            let beaten = group.rewards().iter().filter(|other| *other < own).count() as f64;
            let lost = group.rewards().iter().filter(|other| *other > own).count() as f64;
            *advantage = (beaten - lost) / group.size() as f64;
        }
        Ok(())
    }
}

fn config(estimator: &str, samples: usize) -> TrainConfig {
    TrainConfig {
        data: "countdown:problems=40".to_owned(),
        estimator: estimator.to_owned(),
        prompts: 3,
        samples,
        steps: 2,
        ..TrainConfig::default()
    }
}

/// Each advantage of each step, and the norm of the gradient, which depends on all of them.
fn run(context: &TrainContext<rs_grpo_engine::model::Decoder>) -> (Vec<f64>, Vec<f64>) {
    let mut trainer = Trainer::new(context).unwrap();
    let reports: Vec<StepReport> = (0..2).map(|_| trainer.step().unwrap()).collect();
    let groups = reports.iter().flat_map(|report| &report.rollout.groups);
    let advantages = groups.flat_map(|group| &group.completions).map(|c| c.advantage).collect();
    let norms = reports.iter().map(|report| report.metrics["grad_norm"]).collect();
    (advantages, norms)
}

#[test]
fn a_rule_from_outside_trains() {
    let known = TrainContext::new(config("dr-grpo", 4), &model()).unwrap();
    let mut own = TrainContext::new(config("rs-grpo:beta=2", 4), &model()).unwrap();
    own.replace_estimator(Estimator::custom(Wins)).unwrap();
    let (expected, actual) = (run(&known), run(&own));
    assert!(expected.0.iter().any(|advantage| *advantage != 0.0), "no group has a signal");
    assert_eq!(actual, expected);
    assert_eq!(own.config.estimator, "rs-grpo:beta=2");
    let note = own.notes.last().unwrap();
    assert!(note.contains("wins") && note.contains("rs-grpo:beta=2"), "{note}");
}

#[test]
fn a_rule_that_refuses_the_groups_is_refused_at_once() {
    let mut context = TrainContext::new(config("dr-grpo", 1), &model()).unwrap();
    let refusal = context.replace_estimator(Estimator::custom(Wins)).unwrap_err().to_string();
    assert!(refusal.contains("wins") && refusal.contains("--samples 1"), "{refusal}");
}
