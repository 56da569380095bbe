//! One layer of the decoder.

use super::adapter::Adapter;
use super::loader::Loader;
use crate::config::ModelConfig;
use crate::ops::{Rotation, add_bias, linear, rms_norm, rope, swiglu};
use crate::tensor::Weight;
use candle_core::{Result, Tensor};

/// A projection with or without a bias.
#[derive(Debug, Clone)]
pub(super) struct Projection {
    weight: Weight,
    bias: Option<Weight>,
    adapter: Option<Adapter>,
}

impl Projection {
    fn forward(&self, x: &Tensor, train: bool) -> Result<Tensor> {
        let mut y = linear(x, &self.weight, train)?;
        if let Some(bias) = &self.bias {
            y = add_bias(&y, &bias.tensor(train)?)?;
        }
        match &self.adapter {
            Some(adapter) => adapter.add(x, y, train),
            None => Ok(y),
        }
    }
}

/// One layer: attention and a gated feed-forward part, each behind an RMS norm and added to the
/// residual stream.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    input_norm: Weight,
    query: Projection,
    key: Projection,
    value: Projection,
    query_norm: Option<Weight>,
    key_norm: Option<Weight>,
    output: Projection,
    feed_norm: Weight,
    gate: Projection,
    up: Projection,
    down: Projection,
    head_dim: usize,
    eps: f64,
}

impl Layer {
    /// Takes the weights of the layer by the names of [`ModelConfig::tensors`].
    pub(super) fn new(config: &ModelConfig, loader: &mut Loader<'_>) -> crate::Result<Self> {
        let mut projection = |name: &str, bias: bool| -> crate::Result<Projection> {
            let bias = bias.then(|| loader.weight(&format!("{name}.bias"))).transpose()?;
            let weight = loader.weight(&format!("{name}.weight"))?;
            let adapter = loader.adapter(name, &weight)?;
            Ok(Projection { weight, bias, adapter })
        };
        let query = projection("self_attn.q_proj", config.qkv_bias)?;
        let key = projection("self_attn.k_proj", config.qkv_bias)?;
        let value = projection("self_attn.v_proj", config.qkv_bias)?;
        let output = projection("self_attn.o_proj", false)?;
        let gate = projection("mlp.gate_proj", false)?;
        let up = projection("mlp.up_proj", false)?;
        let down = projection("mlp.down_proj", false)?;
        let mut head_norm = |name: &str| config.qk_norm.then(|| loader.weight(name)).transpose();
        Ok(Self {
            query_norm: head_norm("self_attn.q_norm.weight")?,
            key_norm: head_norm("self_attn.k_norm.weight")?,
            input_norm: loader.weight("input_layernorm.weight")?,
            feed_norm: loader.weight("post_attention_layernorm.weight")?,
            query,
            key,
            value,
            output,
            gate,
            up,
            down,
            head_dim: config.head_dim,
            eps: config.rms_norm_eps,
        })
    }

    /// Removes the adapters.
    pub(super) fn without_adapters(mut self) -> Self {
        let Self { query, key, value, output, gate, up, down, .. } = &mut self;
        for projection in [query, key, value, output, gate, up, down] {
            projection.adapter = None;
        }
        self
    }

    /// Every weight by its name in the layer, adapters included.
    pub(super) fn named(&self) -> Vec<(String, &Weight)> {
        let projections = [
            ("self_attn.q_proj", &self.query),
            ("self_attn.k_proj", &self.key),
            ("self_attn.v_proj", &self.value),
            ("self_attn.o_proj", &self.output),
            ("mlp.gate_proj", &self.gate),
            ("mlp.up_proj", &self.up),
            ("mlp.down_proj", &self.down),
        ];
        let mut named = vec![
            ("input_layernorm.weight".to_owned(), &self.input_norm),
            ("post_attention_layernorm.weight".to_owned(), &self.feed_norm),
        ];
        for (name, Projection { weight, bias, adapter }) in projections {
            named.push((format!("{name}.weight"), weight));
            named.extend(bias.iter().map(|bias| (format!("{name}.bias"), bias)));
            let factors = adapter.iter().flat_map(Adapter::named);
            named.extend(factors.map(|(part, factor)| (format!("{name}.{part}"), factor)));
        }
        let norms = [("q_norm", &self.query_norm), ("k_norm", &self.key_norm)];
        for (name, norm) in norms {
            named.extend(norm.iter().map(|norm| (format!("self_attn.{name}.weight"), norm)));
        }
        named
    }

    /// The residual stream after the layer, `[t, d]`.
    ///
    /// `attend` computes the attention of queries, keys and values `[t, heads, head_dim]`. With
    /// `train`, trained weights are part of the graph.
    pub(super) fn forward(
        &self,
        x: &Tensor,
        rotation: &Rotation,
        train: bool,
        attend: impl FnOnce(Tensor, Tensor, Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        let h = rms_norm(x, &self.input_norm.tensor(train)?, self.eps)?;
        let q = self.heads(self.query.forward(&h, train)?, self.query_norm.as_ref(), train)?;
        let k = self.heads(self.key.forward(&h, train)?, self.key_norm.as_ref(), train)?;
        let v = self.heads(self.value.forward(&h, train)?, None, train)?;
        let mixed = attend(rope(&q, rotation)?, rope(&k, rotation)?, v)?;
        let x = (x + self.output.forward(&mixed.flatten_from(1)?, train)?)?;
        let h = rms_norm(&x, &self.feed_norm.tensor(train)?, self.eps)?;
        let inner = swiglu(&self.gate.forward(&h, train)?, &self.up.forward(&h, train)?)?;
        x + self.down.forward(&inner, train)?
    }

    /// `[t, heads · head_dim]` as `[t, heads, head_dim]`, each head normalised if it has a norm.
    fn heads(&self, x: Tensor, norm: Option<&Weight>, train: bool) -> Result<Tensor> {
        let x = x.reshape((x.dim(0)?, (), self.head_dim))?;
        match norm {
            Some(norm) => rms_norm(&x, &norm.tensor(train)?, self.eps),
            None => Ok(x),
        }
    }
}
