//! Where the completions of a step come from: this process, or servers, perhaps a step ahead.

use super::learner::Learner;
use super::metrics::{Metrics, put};
use super::order::Order;
use super::rollout::{Collector, Rollout};
use super::setup::{Remote, Setup};
use crate::{Error, Result};
use rs_grpo_engine::generate::Sampler;
use rs_grpo_files::Refuse as _;
use rs_grpo_fleet::FleetSampler;

/// Draws completions, step after step.
pub(super) struct Drawing<'a> {
    setup: &'a Setup,
    collector: Collector<'a>,
    order: Order,
    fleet: Option<FleetSampler<'a>>,
    /// The completions of a step that were drawn before it, or why they were not.
    ahead: Option<(usize, Result<Drawn>)>,
}

/// The completions of a step.
pub(super) struct Drawn {
    pub(super) rollout: Rollout,
    /// Problems that were given out when they had been drawn.
    pub(super) given: u64,
}

impl<'a> Drawing<'a> {
    pub(super) fn new(setup: &'a Setup, given: u64) -> Result<Self> {
        let (config, stop) = (&setup.config, setup.stop_tokens.clone());
        Ok(Self {
            collector: Collector::new(config, &setup.problems, &setup.prompts, stop)?,
            order: Order::new(config.seed, given),
            fleet: fleet(setup)?,
            ahead: None,
            setup,
        })
    }

    /// Goes on after `given` problems. What was drawn ahead will be drawn again.
    pub(super) fn go_on(&mut self, given: u64) {
        self.order = Order::new(self.setup.config.seed, given);
        self.ahead = None;
    }

    /// The completions of a step, drawn now unless they were drawn ahead.
    pub(super) fn take(&mut self, learner: &mut dyn Learner, step: usize) -> Result<Drawn> {
        if let Some((_, drawn)) = self.ahead.take().filter(|(ahead, _)| *ahead == step) {
            return drawn;
        }
        match &mut self.fleet {
            Some(fleet) => {
                publish(fleet, learner, step)?;
                draw(&mut self.collector, fleet, step, &mut self.order)
            }
            None => draw(&mut self.collector, learner.sampler()?, step, &mut self.order),
        }
    }

    /// Learns from the completions of a step, and draws those of the next meanwhile if so asked, from the
    /// policy as it is before.
    pub(super) fn ahead_of<T>(
        &mut self,
        learner: &mut dyn Learner,
        step: usize,
        learn: impl FnOnce(&mut dyn Learner) -> Result<T>,
    ) -> Result<T> {
        let config = &self.setup.config;
        let is_ahead = config.sampler.async_steps > 0 && step + 1 < config.steps;
        let Some(fleet) = self.fleet.as_mut().filter(|_| is_ahead) else { return learn(learner) };
        publish(fleet, learner, step)?;
        let (collector, order) = (&mut self.collector, &mut self.order);
        let (learned, drawn) = std::thread::scope(|scope| {
            let drawing = scope.spawn(|| draw(collector, fleet, step + 1, order));
            let learned = learn(learner);
            let drawn = drawing.join();
            (learned, drawn.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        });
        // A step that learned is done, whatever became of the next.
        self.ahead = Some((step + 1, drawn));
        learned
    }

    /// The sampler of a policy that has learned from so many steps.
    pub(super) fn sampler<'s>(
        &'s mut self,
        learner: &'s mut dyn Learner,
        steps: usize,
    ) -> Result<&'s mut dyn Sampler> {
        match &mut self.fleet {
            Some(fleet) => {
                publish(fleet, learner, steps)?;
                Ok(fleet)
            }
            None => learner.sampler(),
        }
    }

    /// How often a reward command had to be started again; none where there is no command.
    pub(super) fn restarts(&self) -> Option<usize> {
        self.collector.restarts()
    }

    /// What the servers did since this was last asked, and how old the policy of a step's completions is.
    pub(super) fn metrics(&self, rollout: &Rollout, step: usize) -> Metrics {
        let mut metrics = Metrics::new();
        let Some(fleet) = &self.fleet else { return metrics };
        let counts = fleet.take_counts();
        let samples = rollout.drawn().flat_map(|group| &group.completions).map(|c| &c.sample);
        let ages = samples.filter_map(|sample| sample.policy).map(|own| (step as u64 - own) as f64);
        let ages: Vec<f64> = ages.collect();
        for (name, value) in [
            ("sampling/refused", counts.refused as f64),
            ("sampling/repeated", counts.repeated as f64),
            ("sampling/servers_alive", fleet.servers_alive() as f64),
            ("sampling/staleness/mean", ages.iter().sum::<f64>() / ages.len() as f64),
            ("sampling/staleness/max", ages.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
        ] {
            put(&mut metrics, name, value);
        }
        metrics
    }

    /// What there is to say of servers since this was last asked.
    pub(super) fn notes(&self) -> Vec<String> {
        self.fleet.as_ref().map(FleetSampler::take_notes).unwrap_or_default()
    }
}

fn fleet(setup: &Setup) -> Result<Option<FleetSampler<'_>>> {
    let is_remote = !setup.config.sampler.is_local();
    let Some(Remote { servers, adapters }) = setup.remote.clone().filter(|_| is_remote) else {
        return match is_remote {
            true => Err(Error::parameter("endpoint", "missing", "the servers of --sampler http")),
            false => Ok(None),
        };
    };
    let config = setup.model.config();
    let limits = (config.vocab_size, config.max_positions);
    Ok(Some(FleetSampler::new(servers, adapters, &setup.tokenizer, limits)?))
}

/// Has servers sample from the policy as it is, after so many steps.
fn publish(fleet: &mut FleetSampler<'_>, learner: &dyn Learner, steps: usize) -> Result<()> {
    Ok(fleet.publish(steps as u64, |folder| learner.write_adapters(folder))?)
}

fn draw(
    collector: &mut Collector<'_>,
    sampler: &mut dyn Sampler,
    step: usize,
    order: &mut Order,
) -> Result<Drawn> {
    let rollout = collector.collect(sampler, step, order)?;
    Ok(Drawn { rollout, given: order.given() })
}
