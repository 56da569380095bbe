//! The shape of a decoder, and the tensors of its checkpoint.

use super::family::Family;
use super::rope::Rope;

/// The shape of a decoder, validated.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelConfig {
    /// Architecture.
    pub family: Family,
    /// Rows of the embedding.
    pub vocab_size: usize,
    /// Width of the residual stream.
    pub hidden_size: usize,
    /// Width inside the feed-forward part.
    pub intermediate_size: usize,
    /// Decoder layers.
    pub layers: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads; divides `heads`.
    pub kv_heads: usize,
    /// Width of a head; even, and not always `hidden_size / heads`.
    pub head_dim: usize,
    /// Longest sequence, in tokens.
    pub max_positions: usize,
    /// Added to the mean square in every RMS norm.
    pub rms_norm_eps: f64,
    /// Rotary position embedding.
    pub rope: Rope,
    /// Whether the head shares the embedding's weights.
    pub tie_embeddings: bool,
    /// Whether the projections to queries, keys and values have a bias.
    pub qkv_bias: bool,
    /// Whether queries and keys are normalised per head.
    pub qk_norm: bool,
}

impl ModelConfig {
    /// Number of weights.
    pub fn parameters(&self) -> u64 {
        let size = |shape: &[usize]| shape.iter().map(|&size| size as u64).product::<u64>();
        self.tensors().iter().map(|(_, shape)| size(shape)).sum()
    }

    /// Name and shape of every tensor of a checkpoint, in the order of the network, in the names of
    /// Hugging Face's files; matrices are `[out, in]`.
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let (d, inner) = (self.hidden_size, self.intermediate_size);
        let (q, kv) = (self.heads * self.head_dim, self.kv_heads * self.head_dim);
        let mut tensors = vec![("model.embed_tokens.weight".to_owned(), vec![self.vocab_size, d])];
        for layer in 0..self.layers {
            let mut push = |name: &str, shape: &[usize]| {
                tensors.push((format!("model.layers.{layer}.{name}"), shape.to_vec()));
            };
            push("input_layernorm.weight", &[d]);
            for (name, width) in [("q_proj", q), ("k_proj", kv), ("v_proj", kv)] {
                push(&format!("self_attn.{name}.weight"), &[width, d]);
                if self.qkv_bias {
                    push(&format!("self_attn.{name}.bias"), &[width]);
                }
            }
            if self.qk_norm {
                push("self_attn.q_norm.weight", &[self.head_dim]);
                push("self_attn.k_norm.weight", &[self.head_dim]);
            }
            push("self_attn.o_proj.weight", &[d, q]);
            push("post_attention_layernorm.weight", &[d]);
            push("mlp.gate_proj.weight", &[inner, d]);
            push("mlp.up_proj.weight", &[inner, d]);
            push("mlp.down_proj.weight", &[d, inner]);
        }
        tensors.push(("model.norm.weight".to_owned(), vec![d]));
        if !self.tie_embeddings {
            tensors.push(("lm_head.weight".to_owned(), vec![self.vocab_size, d]));
        }
        tensors
    }
}
