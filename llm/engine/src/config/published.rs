//! Shapes of published models, so that sizes are known before a download; a test compares the number of
//! weights of each shape with the published one.

use super::family::Family;
use super::model::ModelConfig;
use super::rope::{Llama3Scaling, Rope};

impl ModelConfig {
    /// The shape of a published model by its repository on the Hugging Face hub, such as
    /// `Qwen/Qwen3-4B-Base`.
    pub fn published(repository: &str) -> Option<&'static Self> {
        PUBLISHED.iter().find(|(own, _)| *own == repository).map(|(_, config)| config)
    }
}

/// Repositories and their shapes, as in their `config.json`.
const PUBLISHED: &[(&str, ModelConfig)] = &[
    (
        "Qwen/Qwen2.5-0.5B",
        ModelConfig {
            hidden_size: 896,
            intermediate_size: 4_864,
            layers: 24,
            heads: 14,
            kv_heads: 2,
            head_dim: 64,
            ..QWEN2
        },
    ),
    ("Qwen/Qwen3-0.6B-Base", ModelConfig { hidden_size: 1_024, intermediate_size: 3_072, ..QWEN3 }),
    ("Qwen/Qwen2.5-1.5B", ModelConfig { max_positions: 131_072, ..QWEN2 }),
    (
        "Qwen/Qwen2.5-Math-1.5B",
        ModelConfig { max_positions: 4_096, rope: plain(10_000.0), ..QWEN2 },
    ),
    ("Qwen/Qwen3-1.7B-Base", ModelConfig { hidden_size: 2_048, intermediate_size: 6_144, ..QWEN3 }),
    (
        "Qwen/Qwen3-4B-Base",
        ModelConfig {
            hidden_size: 2_560,
            intermediate_size: 9_728,
            layers: 36,
            heads: 32,
            ..QWEN3
        },
    ),
    ("Qwen/Qwen2.5-7B", ModelConfig { max_positions: 131_072, ..QWEN2_7B }),
    (
        "Qwen/Qwen2.5-Math-7B",
        ModelConfig { max_positions: 4_096, rope: plain(10_000.0), ..QWEN2_7B },
    ),
    (
        "Qwen/Qwen3-8B-Base",
        ModelConfig {
            hidden_size: 4_096,
            intermediate_size: 12_288,
            layers: 36,
            heads: 32,
            tie_embeddings: false,
            ..QWEN3
        },
    ),
    ("meta-llama/Llama-3.2-1B-Instruct", ModelConfig { layers: 16, head_dim: 64, ..LLAMA }),
    (
        "meta-llama/Llama-3.2-3B-Instruct",
        ModelConfig { hidden_size: 3_072, layers: 28, heads: 24, ..LLAMA },
    ),
    (
        "meta-llama/Llama-3.1-8B-Instruct",
        ModelConfig {
            hidden_size: 4_096,
            intermediate_size: 14_336,
            layers: 32,
            rope: stretched(8.0),
            tie_embeddings: false,
            ..LLAMA
        },
    ),
];

/// What the Qwen2.5 models share, at the width of those with 1.5 billion weights.
const QWEN2: ModelConfig = ModelConfig {
    family: Family::Qwen2,
    vocab_size: 151_936,
    hidden_size: 1_536,
    intermediate_size: 8_960,
    layers: 28,
    heads: 12,
    kv_heads: 2,
    head_dim: 128,
    max_positions: 32_768,
    rms_norm_eps: 1e-6,
    rope: plain(1_000_000.0),
    tie_embeddings: true,
    qkv_bias: true,
    qk_norm: false,
};

const QWEN2_7B: ModelConfig = ModelConfig {
    vocab_size: 152_064,
    hidden_size: 3_584,
    intermediate_size: 18_944,
    heads: 28,
    kv_heads: 4,
    tie_embeddings: false,
    ..QWEN2
};

/// What the small Qwen3 models share.
const QWEN3: ModelConfig = ModelConfig {
    family: Family::Qwen3,
    heads: 16,
    kv_heads: 8,
    qkv_bias: false,
    qk_norm: true,
    ..QWEN2
};

/// What the Llama 3.2 models share.
const LLAMA: ModelConfig = ModelConfig {
    family: Family::Llama,
    vocab_size: 128_256,
    hidden_size: 2_048,
    intermediate_size: 8_192,
    layers: 32,
    heads: 32,
    kv_heads: 8,
    head_dim: 128,
    max_positions: 131_072,
    rms_norm_eps: 1e-5,
    rope: stretched(32.0),
    tie_embeddings: true,
    qkv_bias: false,
    qk_norm: false,
};

const fn plain(theta: f64) -> Rope {
    Rope { theta, scaling: None }
}

const fn stretched(factor: f64) -> Rope {
    let scaling = Llama3Scaling {
        factor,
        low_freq_factor: 1.0,
        high_freq_factor: 4.0,
        original_max_positions: 8_192,
    };
    Rope { theta: 500_000.0, scaling: Some(scaling) }
}
