//! The memory of a run before it takes any.

use rs_grpo_engine::ModelConfig;
use rs_grpo_engine::cuda::launch::Element;
use rs_grpo_engine::optim::StateType;
use rs_grpo_hub::Alias;
use rs_grpo_plan::{Error, MemoryPlan, RunShape, Site, host_memory};
use rs_grpo_train::{LoraConfig, OptimizerConfig, SamplerConfig, SamplerKind, TrainConfig};

fn model(name: &str) -> &'static ModelConfig {
    ModelConfig::published(Alias::find(name).unwrap().repository).unwrap()
}

fn config(rank: usize, micro_batch_tokens: usize) -> RunShape {
    let lora = LoraConfig { rank, ..LoraConfig::default() };
    RunShape::from(&TrainConfig { lora, micro_batch_tokens, ..TrainConfig::default() })
}

/// Each setting that memory or time depends on changes the shape of the run in its own field.
#[test]
fn a_run_has_the_shape_of_its_settings() {
    let config = TrainConfig::default();
    let shape = RunShape::from(&config);
    let TrainConfig { prompts, samples, max_new_tokens, micro_batch_tokens, .. } = config;
    assert_eq!([shape.prompts, shape.samples], [prompts, samples]);
    assert_eq!(
        [shape.max_new_tokens, shape.micro_batch_tokens],
        [max_new_tokens, micro_batch_tokens]
    );
    assert_eq!([shape.sampling_rounds, shape.minibatches, shape.epochs], [1, 1, 1]);
    assert_eq!([shape.lora_rank, usize::from(shape.on_servers)], [0, 0]);
    assert!(!shape.reference && !shape.importance_correction);
    let others = TrainConfig {
        sampling_rounds: 2,
        minibatches: 3,
        epochs: 4,
        kl_coef: 0.1,
        importance_cap: 2.0,
        lora: LoraConfig { rank: 5, ..LoraConfig::default() },
        optimizer: OptimizerConfig { state: StateType::Bf16, ..OptimizerConfig::default() },
        sampler: SamplerConfig { kind: SamplerKind::Http, async_steps: 0 },
        ..config
    };
    let expected = RunShape {
        sampling_rounds: 2,
        minibatches: 3,
        epochs: 4,
        reference: true,
        importance_correction: true,
        lora_rank: 5,
        moments: StateType::Bf16,
        on_servers: true,
        ..shape
    };
    assert_eq!(RunShape::from(&others), expected);
}

/// Qwen3-0.6B-Base by hand, as in the test of `Workload`: 596 049 920 weights; a token's keys and
/// values are 57 344 numbers; adapters of rank 16 have 16 · 22 528 · 28 weights.
#[test]
fn a_plan_is_the_documented_formula() {
    let model = model("qwen3-0.6b-base");
    let activations =
        2_048 * 4 * (29 * 1_024 + 8 * 1_024 + 4 * 32 * 128 + 6 * 3_072) + 1_024 * 151_936 * 4;
    let full = MemoryPlan::new(Site::Host, &config(0, 2_048), model, 50);
    assert_eq!(full.weights, 4 * 596_049_920);
    assert_eq!([full.moments, full.gradients], [8 * 596_049_920, 4 * 596_049_920]);
    assert_eq!(full.cache, 256 * 50 * 57_344 * 4);
    assert_eq!(full.activations, activations);
    assert_eq!(full.peak(), 16 * 596_049_920 + full.cache.max(activations));
    let adapters = MemoryPlan::new(Site::Host, &config(16, 2_048), model, 50);
    assert_eq!(adapters.weights + adapters.moments + adapters.gradients, 16 * (16 * 22_528 * 28));
    // 1 000 tokens of 256 completions would be 58 GB: the engine takes 4 GiB.
    assert_eq!(MemoryPlan::new(Site::Host, &config(16, 2_048), model, 1_000).cache, 4 << 30);
    // A sequence goes through the network whole, however small the micro-batch.
    let whole = MemoryPlan::new(Site::Host, &config(0, 64), model, 2_048);
    assert_eq!(whole.activations, activations);
}

fn advice(limit: u64, config: &RunShape, name: &str, longest: usize) -> String {
    let error = MemoryPlan::within((Site::Host, limit), config, model(name), longest).unwrap_err();
    assert!(error.to_string().contains("the run needs"), "{error}");
    match error {
        Error::Memory { need, limit, advice, .. } => {
            assert!(need > limit);
            advice
        }
        other => panic!("{other}"),
    }
}

/// What is proposed fits, and twice as many tokens at once would not.
#[test]
fn fewer_tokens_at_once_are_proposed_first() {
    let (large, name) = (config(0, 65_536), "qwen3-0.6b-base");
    let advice = advice(24_000_000_000, &large, name, 1_024);
    let tokens = advice.strip_prefix("It fits with micro_batch_tokens = ").unwrap();
    let tokens: usize = tokens.parse().unwrap();
    let fits = |tokens| {
        MemoryPlan::within((Site::Host, 24_000_000_000), &config(0, tokens), model(name), 1_024)
            .is_ok()
    };
    assert!(fits(tokens) && !fits(2 * tokens), "{tokens}");
}

#[test]
fn adapters_are_proposed_where_all_weights_are_too_many() {
    let advice = advice(24_000_000_000, &config(0, 4_096), "qwen3-4b-base", 2_048);
    assert_eq!(advice, "It fits with rank = 32 in [lora] and micro_batch_tokens = 4096");
    let adapters = config(32, 4_096);
    assert!(
        MemoryPlan::within((Site::Host, 24_000_000_000), &adapters, model("qwen3-4b-base"), 2_048)
            .is_ok()
    );
}

#[test]
fn what_fits_in_no_way_is_said_to() {
    for rank in [0, 32] {
        let advice = advice(1_000_000_000, &config(rank, 4_096), "qwen3-4b-base", 2_048);
        assert!(advice.starts_with("No setting makes it fit"), "{advice}");
    }
}

/// Qwen3-4B-Base by hand: 4 022 468 096 weights, in bf16 with a copy in f32, two moments and a
/// gradient in f32, is what does not fit into 80 GB; with moments in bf16 it does.
#[test]
fn a_device_that_is_too_small_is_helped_by_moments_in_bf16() {
    let (site, name) = (Site::Device(Element::Bf16), "qwen3-4b-base");
    let full = MemoryPlan::new(site, &config(0, 8_192), model(name), 1_024);
    assert_eq!(full.weights, 6 * 4_022_468_096);
    assert_eq!([full.moments, full.gradients], [8 * 4_022_468_096, 4 * 4_022_468_096]);
    // Keys and values of one sequence: 36 layers of 8 heads of 128 numbers.
    assert_eq!(full.cache, 1_024 * 2 * 36 * 8 * 128 * 2);
    assert_eq!(full.peak(), 18 * 4_022_468_096 + full.activations);
    let limit = 70_000_000_000;
    let error = MemoryPlan::within((site, limit), &config(0, 1_024), model(name), 1_024);
    let advice = error.unwrap_err().to_string();
    assert!(advice.ends_with("It fits with state = \"bf16\" in [optimizer]"), "{advice}");
    let narrow = RunShape { moments: StateType::Bf16, ..config(0, 1_024) };
    assert!(MemoryPlan::within((site, limit), &narrow, model(name), 1_024).is_ok());
    // A reference of its own is as large as the model.
    let with_reference = RunShape { reference: true, ..config(0, 8_192) };
    let with_reference = MemoryPlan::new(site, &with_reference, model(name), 1_024);
    assert_eq!(with_reference.weights - full.weights, 2 * 4_022_468_096);
}

/// Linux tells, and this test runs on no machine with less than 100 MB.
#[test]
fn the_memory_of_this_machine_is_known_on_linux() {
    let memory = host_memory();
    assert!(!cfg!(target_os = "linux") || memory.is_some_and(|bytes| bytes > 100_000_000));
}
