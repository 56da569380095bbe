//! A rule of your own in the trainer: a few steps of Countdown on the CPU.
//!
//! `cargo run --release -p rs-grpo-train --example own_estimator -- paper-repro/models/countdown`

use rs_grpo::{AdvantageRule, Estimator, Group, Scratch};
use rs_grpo_train::{TrainConfig, TrainContext, Trainer};
use std::path::PathBuf;

/// Only correct responses learn, and each the more the fewer there are.
#[derive(Debug)]
struct RareSuccess;

impl AdvantageRule for RareSuccess {
    fn name(&self) -> &'static str {
        "rare-success"
    }

    fn advantages_into(
        &self,
        group: Group<'_>,
        out: &mut [f64],
        _: &mut Scratch,
    ) -> Result<(), rs_grpo::Error> {
        let correct = group.correct(self.name())?;
        let share = correct as f64 / group.size() as f64;
        for (advantage, &reward) in out.iter_mut().zip(group.rewards()) {
            *advantage = if reward == 1.0 { 1.0 - share } else { 0.0 };
        }
        Ok(())
    }
}

fn main() -> rs_grpo_train::Result<()> {
    let folder = std::env::args_os().nth(1);
    let folder =
        folder.map_or_else(|| PathBuf::from("paper-repro/models/countdown"), PathBuf::from);
    let config = TrainConfig {
        data: "countdown:problems=200".to_owned(),
        prompts: 8,
        samples: 8,
        steps: 3,
        ..TrainConfig::default()
    };
    let mut context = TrainContext::new(config, &folder)?;
    context.replace_estimator(Estimator::custom(RareSuccess))?;
    let mut trainer = Trainer::new(&context)?;
    while !trainer.is_done() {
        let report = trainer.step()?;
        println!("step {}: {} groups with a signal", report.step, report.rollout.groups.len());
    }
    Ok(())
}
