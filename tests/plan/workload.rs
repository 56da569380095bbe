//! Memory of a model by hand, and that more work never needs less.

use rs_grpo_engine::ModelConfig;
use rs_grpo_hub::{ALIASES, Alias};
use rs_grpo_plan::Workload;

fn config(alias: &str) -> &'static ModelConfig {
    ModelConfig::published(Alias::find(alias).unwrap().repository).unwrap()
}

/// Qwen3-0.6B-Base by hand: 596 049 920 weights; a token's keys and values are
/// 2·28·8·128 = 57 344 numbers; its seven matrices have in + out = (1024+2048) + 2·(1024+1024) +
/// (2048+1024) + 3·(1024+3072) = 22 528.
#[test]
fn memory_is_the_documented_formula() {
    let work = Workload { sequences: 10, tokens: 100, trained_sequences: 2, weight_bytes: 2 };
    let config = config("qwen3-0.6b-base");
    let (weights, cache) = (1_192_099_840, 10 * 100 * 57_344 * 2);
    assert_eq!(work.sampling(config), weights + cache);
    let kept = 200 * 4 * (29 * 1_024 + 8 * 1_024 + 4 * 32 * 128 + 6 * 3_072);
    let activations = kept + 1_024 * 151_936 * 4;
    assert!(activations > cache);
    assert_eq!(work.lora(config, 16), weights + 16 * (16 * 22_528 * 28) + activations);
    assert_eq!(work.full(config), weights + 16 * 596_049_920 + activations);
    // Adapters of rank 16 for Qwen3-4B have 33 030 144 weights in PEFT.
    let of_rank = |rank| work.lora(self::config("qwen3-4b-base"), rank);
    assert_eq!(of_rank(16) - of_rank(0), 16 * 33_030_144);
    let single = Workload { weight_bytes: 4, ..work };
    assert_eq!(single.full(config), 16 * 596_049_920 + activations);
}

#[test]
fn more_work_never_needs_less_memory_and_training_more_than_sampling() {
    let work = Workload::default();
    for alias in ALIASES {
        let config = config(alias.name);
        let sizes = [work.sampling(config), work.lora(config, 16), work.full(config)];
        assert!(sizes.is_sorted(), "{}: {sizes:?}", alias.name);
        for more in [
            Workload { sequences: 2 * work.sequences, ..work },
            Workload { tokens: 2 * work.tokens, ..work },
            Workload { trained_sequences: 64, ..work },
            Workload { weight_bytes: 4, ..work },
        ] {
            assert!(more.sampling(config) >= sizes[0], "{more:?}");
            assert!(more.lora(config, 16) >= sizes[1], "{more:?}");
        }
    }
    let absurd = Workload { sequences: u64::MAX, tokens: u64::MAX, ..work };
    assert_eq!(absurd.full(config("qwen2.5-0.5b")), u64::MAX);
}
