//! The models that have a short name here.
//!
//! Their shapes are written down so that sizes can be told before anything is downloaded; a test
//! compares the number of weights that follows from each shape with the published one.

use super::Repository;
use super::resolve::Kind;
use crate::config::{Family, Llama3Scaling, ModelConfig, Rope};

/// A model with a short name.
#[derive(Debug, Clone, PartialEq)]
pub struct Alias {
    /// The short name.
    pub name: &'static str,
    /// Its repository on the hub.
    pub repository: &'static str,
    /// The licence of the weights.
    pub licence: &'static str,
    /// Whether the hub asks to accept the licence first.
    pub gated: bool,
    /// The shape, as in its `config.json`.
    pub config: ModelConfig,
}

impl Alias {
    /// The alias of that name.
    pub fn find(name: &str) -> Option<&'static Self> {
        ALIASES.iter().find(|alias| alias.name == name)
    }

    /// Its repository, at the newest revision.
    pub fn repository(&self) -> Repository {
        let revision = Repository::NEWEST.to_owned();
        Repository { id: self.repository.to_owned(), revision, kind: Kind::Model }
    }

    /// Bytes of the weights as published, in bfloat16; tokenizer and tables add some ten MB.
    pub fn download_bytes(&self) -> u64 {
        2 * self.config.parameters()
    }
}

const APACHE: &str = "Apache-2.0";

/// Every alias: base models of the Qwen family in order of size, then the Llama family.
pub const ALIASES: &[Alias] = &[
    Alias {
        name: "qwen2.5-0.5b",
        repository: "Qwen/Qwen2.5-0.5B",
        licence: APACHE,
        gated: false,
        config: ModelConfig {
            hidden_size: 896,
            intermediate_size: 4_864,
            layers: 24,
            heads: 14,
            kv_heads: 2,
            head_dim: 64,
            ..QWEN2
        },
    },
    Alias {
        name: "qwen3-0.6b-base",
        repository: "Qwen/Qwen3-0.6B-Base",
        licence: APACHE,
        gated: false,
        config: ModelConfig { hidden_size: 1_024, intermediate_size: 3_072, ..QWEN3 },
    },
    Alias {
        name: "qwen2.5-1.5b",
        repository: "Qwen/Qwen2.5-1.5B",
        licence: APACHE,
        gated: false,
        config: ModelConfig { max_positions: 131_072, ..QWEN2 },
    },
    Alias {
        name: "qwen2.5-math-1.5b",
        repository: "Qwen/Qwen2.5-Math-1.5B",
        licence: APACHE,
        gated: false,
        config: ModelConfig { max_positions: 4_096, rope: plain(10_000.0), ..QWEN2 },
    },
    Alias {
        name: "qwen3-1.7b-base",
        repository: "Qwen/Qwen3-1.7B-Base",
        licence: APACHE,
        gated: false,
        config: ModelConfig { hidden_size: 2_048, intermediate_size: 6_144, ..QWEN3 },
    },
    Alias {
        name: "qwen3-4b-base",
        repository: "Qwen/Qwen3-4B-Base",
        licence: APACHE,
        gated: false,
        config: ModelConfig {
            hidden_size: 2_560,
            intermediate_size: 9_728,
            layers: 36,
            heads: 32,
            ..QWEN3
        },
    },
    Alias {
        name: "qwen2.5-7b",
        repository: "Qwen/Qwen2.5-7B",
        licence: APACHE,
        gated: false,
        config: ModelConfig { max_positions: 131_072, ..QWEN2_7B },
    },
    Alias {
        name: "qwen2.5-math-7b",
        repository: "Qwen/Qwen2.5-Math-7B",
        licence: APACHE,
        gated: false,
        config: ModelConfig { max_positions: 4_096, rope: plain(10_000.0), ..QWEN2_7B },
    },
    Alias {
        name: "qwen3-8b-base",
        repository: "Qwen/Qwen3-8B-Base",
        licence: APACHE,
        gated: false,
        config: ModelConfig {
            hidden_size: 4_096,
            intermediate_size: 12_288,
            layers: 36,
            heads: 32,
            tie_embeddings: false,
            ..QWEN3
        },
    },
    Alias {
        name: "llama3.2-1b-instruct",
        repository: "meta-llama/Llama-3.2-1B-Instruct",
        licence: "Llama 3.2 Community License",
        gated: true,
        config: ModelConfig { layers: 16, head_dim: 64, ..LLAMA },
    },
    Alias {
        name: "llama3.2-3b-instruct",
        repository: "meta-llama/Llama-3.2-3B-Instruct",
        licence: "Llama 3.2 Community License",
        gated: true,
        config: ModelConfig { hidden_size: 3_072, layers: 28, heads: 24, ..LLAMA },
    },
    Alias {
        name: "llama3.1-8b-instruct",
        repository: "meta-llama/Llama-3.1-8B-Instruct",
        licence: "Llama 3.1 Community License",
        gated: true,
        config: ModelConfig {
            hidden_size: 4_096,
            intermediate_size: 14_336,
            layers: 32,
            rope: stretched(8.0),
            tie_embeddings: false,
            ..LLAMA
        },
    },
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
