//! The architectures, and transformers' defaults for missing fields of a `config.json`.

/// Which published architecture a checkpoint follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// Llama 3, 3.1, 3.2.
    Llama,
    /// Qwen2 and Qwen2.5, Math variants included.
    Qwen2,
    /// Qwen3, dense models.
    Qwen3,
}

/// Values of fields that a `config.json` may leave out.
pub(super) struct Defaults {
    pub vocab_size: usize,
    pub intermediate_size: usize,
    pub kv_heads: Option<usize>,
    pub head_dim: Option<usize>,
    pub max_positions: usize,
}

impl Family {
    /// The families by their `model_type`.
    pub(super) const NAMES: [(&str, Self); 3] =
        [("llama", Self::Llama), ("qwen2", Self::Qwen2), ("qwen3", Self::Qwen3)];

    /// The defaults of `LlamaConfig`, `Qwen2Config` and `Qwen3Config` in transformers, where they
    /// differ from each other; `None` is derived from the number of heads.
    pub(super) fn defaults(self) -> Defaults {
        let qwen2 = Defaults {
            vocab_size: 151_936,
            intermediate_size: 22_016,
            kv_heads: Some(32),
            head_dim: None,
            max_positions: 32_768,
        };
        match self {
            Self::Qwen2 => qwen2,
            Self::Qwen3 => Defaults { head_dim: Some(128), ..qwen2 },
            Self::Llama => Defaults {
                vocab_size: 32_000,
                intermediate_size: 11_008,
                kv_heads: None,
                head_dim: None,
                max_positions: 2_048,
            },
        }
    }
}
