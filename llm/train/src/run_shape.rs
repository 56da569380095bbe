//! What the memory and the time of a run depend on, from its settings.

use super::config::TrainConfig;
use rs_grpo_plan::RunShape;

impl From<&TrainConfig> for RunShape {
    fn from(config: &TrainConfig) -> Self {
        Self {
            prompts: config.prompts,
            samples: config.samples,
            max_new_tokens: config.max_new_tokens,
            sampling_rounds: config.sampling_rounds,
            on_servers: !config.sampler.is_local(),
            lora_rank: config.lora.rank,
            reference: config.kl_coef != 0.0,
            importance_correction: config.importance_cap != 0.0,
            minibatches: config.minibatches,
            epochs: config.epochs,
            micro_batch_tokens: config.micro_batch_tokens,
            moments: config.optimizer.state,
        }
    }
}
