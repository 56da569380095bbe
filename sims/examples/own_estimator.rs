//! A rule of your own in the bandit, beside RS-GRPO.
//!
//! `cargo run --release -p rs-grpo-sims --example own_estimator`

use rs_grpo::{AdvantageRule, Error, Estimator, Group, Scratch};
use rs_grpo_sims::bandit::{Config, run_sampled};

/// By how many others a response is beaten, and how many it beats: only ranks count.
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
        for (advantage, own) in out.iter_mut().zip(group.rewards()) {
            let beaten = group.rewards().iter().filter(|other| *other < own).count();
            let lost = group.rewards().iter().filter(|other| *other > own).count();
            *advantage = (beaten as f64 - lost as f64) / group.size() as f64;
        }
        Ok(())
    }

    /// Every win is another's loss: the bandit then moves only the arms that were drawn.
    fn sums_to_zero(&self) -> bool {
        true
    }
}

fn main() -> Result<(), rs_grpo_sims::Error> {
    for estimator in [Estimator::custom(Wins), Estimator::RsGrpo { beta: 4.0 }] {
        let config = Config { estimator, pulls: 100_000, ..Config::default() };
        let run = run_sampled(&config, 0, 0)?;
        println!("{}: mean reward of the last pulls {:.4}", config.estimator, run.final_reward);
    }
    Ok(())
}
