//! Sampling ahead: servers sample the completions of the next step while the trainer learns from those
//! of this one.

use crate::error::Result;
use crate::metrics::{self, Metrics};
use crate::policy::{PolicyUpdater, publish};
use crate::rollout::{Rollout, RolloutSource};
use crate::step::{learn, rollout};
use rs_grpo_engine::model::TrainableModel;
use rs_grpo_fleet::FleetSampler;
use std::panic::resume_unwind;
use std::time::Instant;

/// The rollout of a step that was sampled during the step before, or why it failed.
#[derive(Debug, Default)]
pub(super) struct Ahead(Option<(usize, Result<Rollout>)>);

impl Ahead {
    /// A [`step`](crate::step::step) with the rollout that was sampled ahead. Meanwhile the rollout of
    /// the next step is sampled, by the policy before this step's updates.
    ///
    /// # Errors
    /// Those of the rollout and of the updates of this step; a rollout of the next step that failed is an
    /// error of the next step.
    pub(super) fn step<P: TrainableModel>(
        &mut self,
        source: &mut RolloutSource<'_>,
        servers: &mut FleetSampler<'_>,
        learner: &mut PolicyUpdater<'_, P>,
        step: usize,
    ) -> Result<(Rollout, Metrics)> {
        let this = match self.0.take() {
            Some((ahead, rollout)) if ahead == step => rollout?,
            _ => {
                publish(servers, learner.context, step)?;
                rollout(source, servers, step)?
            }
        };
        let start = Instant::now();
        let updates = if step + 1 < learner.context.config.steps {
            publish(servers, learner.context, step)?;
            let (updates, next) = std::thread::scope(|scope| {
                let next = scope.spawn(|| rollout(source, servers, step + 1));
                let updates = learn(learner, &this, step);
                (updates, next.join().unwrap_or_else(|panic| resume_unwind(panic)))
            });
            // This step succeeded even if the next rollout failed.
            self.0 = Some((step + 1, next));
            updates?
        } else {
            learn(learner, &this, step)?
        };
        let metrics = metrics::of_step(&this, &updates, start.elapsed());
        Ok((this, metrics))
    }

    /// Discards what was sampled ahead; it will be sampled again.
    pub(super) fn forget(&mut self) {
        self.0 = None;
    }
}
