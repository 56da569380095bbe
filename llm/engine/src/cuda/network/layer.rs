//! One layer, forward and backward.

use super::gradients::DeviceGradients;
use super::loader::DeviceLoader;
use super::merged_linear::MergedLinear;
use super::projection::DeviceProjection;
use super::weight::DeviceWeight;
use crate::Result;
use crate::config::ModelConfig;
use crate::cuda::backend::{Angles, AttentionMetadata, Backend, Norm};
use crate::cuda::memory::Array;
use crate::ops::heads::Heads;

/// One layer: attention and a gated feed-forward part, each behind an RMS norm and added to the
/// residual stream.
#[derive(Debug, Clone)]
pub(super) struct DeviceLayer {
    input_norm: DeviceWeight,
    query: DeviceProjection,
    key: DeviceProjection,
    value: DeviceProjection,
    query_norm: Option<DeviceWeight>,
    key_norm: Option<DeviceWeight>,
    output: DeviceProjection,
    feed_norm: DeviceWeight,
    gate: DeviceProjection,
    up: DeviceProjection,
    down: DeviceProjection,
    /// Query, key and value as one product, and gate and up as another.
    attention: MergedLinear,
    gates: MergedLinear,
    heads: Heads,
    eps: f32,
}

/// What all layers read of a batch: the positions of its rows, and what each attends to.
#[derive(Debug)]
pub(super) struct ForwardContext {
    pub(super) angles: Angles,
    pub(super) attention: AttentionMetadata,
}

/// Intermediate results of a layer that its backward reads.
#[derive(Debug)]
pub(super) struct SavedActivations {
    h: Array,
    raw_query: Array,
    raw_key: Array,
    query: Array,
    key: Array,
    value: Array,
    mixed: Array,
    lse: Array,
    middle: Array,
    feed: Array,
    gate: Array,
    up: Array,
    gated: Array,
}

impl DeviceLayer {
    pub(super) fn new(config: &ModelConfig, loader: &mut DeviceLoader<'_>) -> Result<Self> {
        let mut projection = |name: &str, bias| DeviceProjection::new(loader, name, bias);
        let mut query = projection("self_attn.q_proj", config.qkv_bias)?;
        let mut key = projection("self_attn.k_proj", config.qkv_bias)?;
        let mut value = projection("self_attn.v_proj", config.qkv_bias)?;
        let output = projection("self_attn.o_proj", false)?;
        let mut gate = projection("mlp.gate_proj", false)?;
        let mut up = projection("mlp.up_proj", false)?;
        let down = projection("mlp.down_proj", false)?;
        let mut head_norm = |name: &str| config.qk_norm.then(|| loader.weight(name)).transpose();
        let ModelConfig { heads, kv_heads, head_dim, rms_norm_eps, .. } = *config;
        Ok(Self {
            query_norm: head_norm("self_attn.q_norm.weight")?,
            key_norm: head_norm("self_attn.k_norm.weight")?,
            input_norm: loader.weight("input_layernorm.weight")?,
            feed_norm: loader.weight("post_attention_layernorm.weight")?,
            attention: MergedLinear::new(loader, &mut [&mut query, &mut key, &mut value])?,
            gates: MergedLinear::new(loader, &mut [&mut gate, &mut up])?,
            query,
            key,
            value,
            output,
            gate,
            up,
            down,
            heads: Heads { queries: heads, keys: kv_heads, width: head_dim },
            eps: rms_norm_eps as f32,
        })
    }

    /// Removes the adapters.
    pub(super) fn without_adapters(mut self) -> Self {
        let Self { query, key, value, output, gate, up, down, .. } = &mut self;
        for projection in [query, key, value, output, gate, up, down] {
            projection.without_adapter();
        }
        self.attention.without_adapters();
        self.gates.without_adapters();
        self
    }

    fn norm<'a>(&self, weight: &'a DeviceWeight) -> Norm<'a> {
        Norm { weight: &weight.array, eps: self.eps }
    }

    /// The residual stream after the layer, with keys and values written to their slots of a cache.
    pub(super) fn infer(
        &self,
        backend: &Backend,
        x: Array,
        ForwardContext { angles, attention }: &ForwardContext,
        slot_mapping: &Array,
        cache: [&Array; 2],
    ) -> Result<Array> {
        let h = backend.rms_norm(&x, self.norm(&self.input_norm))?;
        let raw = self.attention.forward(backend, &h)?;
        let norms = self.query_norm.as_ref().zip(self.key_norm.as_ref());
        let norms = norms.map(|(query, key)| [self.norm(query), self.norm(key)]);
        let bias = self.attention.bias.as_ref();
        let to = (slot_mapping, cache);
        let query = backend.qkv_rope_store(&raw, bias, norms, angles, to, self.heads)?;
        let mixed = backend.cached_attention(&query, cache, attention, self.heads)?;
        self.output.forward_into(backend, &mixed, &x, 1.0)?;
        let feed = backend.rms_norm(&x, self.norm(&self.feed_norm))?;
        let gated = backend.swiglu_rows(&self.gates.forward(backend, &feed)?, self.gate.rows())?;
        self.down.forward_into(backend, &gated, &x, 1.0)?;
        Ok(x)
    }

    /// The residual stream after the layer, and the activations that the backward reads.
    pub(super) fn forward(
        &self,
        backend: &Backend,
        x: &Array,
        context: &ForwardContext,
    ) -> Result<(Array, SavedActivations)> {
        let saved = self.activations(backend, x, context)?;
        let y = saved.middle.duplicate()?;
        self.down.forward_into(backend, &saved.gated, &y, 1.0)?;
        Ok((y, saved))
    }

    /// All of a layer but its last product.
    fn activations(
        &self,
        backend: &Backend,
        x: &Array,
        ForwardContext { angles, attention }: &ForwardContext,
    ) -> Result<SavedActivations> {
        let Heads { queries, keys, width } = self.heads;
        let h = backend.rms_norm(x, self.norm(&self.input_norm))?;
        let rotated = |projection: &DeviceProjection, norm: &Option<DeviceWeight>, heads| {
            let raw = projection.forward(backend, &h)?;
            let norm = norm.as_ref().map(|norm| self.norm(norm));
            let out = backend.head_norm_rope(&raw, norm, angles, [heads, width])?;
            Ok::<_, crate::Error>((raw, out))
        };
        let (raw_query, query) = rotated(&self.query, &self.query_norm, queries)?;
        let (raw_key, key) = rotated(&self.key, &self.key_norm, keys)?;
        let value = self.value.forward(backend, &h)?;
        let [mixed, lse] = backend.attention([&query, &key, &value], attention, self.heads)?;
        let middle = x.duplicate()?;
        self.output.forward_into(backend, &mixed, &middle, 1.0)?;
        let feed = backend.rms_norm(&middle, self.norm(&self.feed_norm))?;
        let (gate, up) = (self.gate.forward(backend, &feed)?, self.up.forward(backend, &feed)?);
        let gated = backend.swiglu(&gate, &up)?;
        Ok(SavedActivations {
            h,
            raw_query,
            raw_key,
            query,
            key,
            value,
            mixed,
            lse,
            middle,
            feed,
            gate,
            up,
            gated,
        })
    }

    /// The gradient of the layer's input from that of its output, whose memory it reuses. Gradients of
    /// trained weights are accumulated. Activations that were not kept are recomputed.
    pub(super) fn backward(
        &self,
        backend: &Backend,
        x: &Array,
        kept: Option<SavedActivations>,
        dy: Array,
        context: &ForwardContext,
        gradients: &mut DeviceGradients,
    ) -> Result<Array> {
        let saved = match kept {
            Some(saved) => saved,
            None => self.activations(backend, x, context)?,
        };
        let dfeed = self.backward_gates(backend, &saved, &dy, gradients)?;
        // The gradient of the residual stream passes through; that of the norm is added.
        let sum = gradients.of(&self.feed_norm)?;
        let norm = self.norm(&self.feed_norm);
        backend.rms_norm_backward(&saved.middle, norm, &dfeed, (&dy, true), sum)?;
        let dh = self.backward_attention(backend, saved, &dy, context, gradients)?;
        let sum = gradients.of(&self.input_norm)?;
        backend.rms_norm_backward(x, self.norm(&self.input_norm), &dh, (&dy, true), sum)?;
        Ok(dy)
    }

    /// From the layer's output to the input of the feed-forward part.
    fn backward_gates(
        &self,
        backend: &Backend,
        saved: &SavedActivations,
        dy: &Array,
        gradients: &mut DeviceGradients,
    ) -> Result<Array> {
        let SavedActivations { feed, gate, up, gated, .. } = saved;
        let dgated = backend.empty(gated.len())?;
        self.down.backward(backend, gated, dy, (&dgated, 0.0), gradients)?;
        let [dgate, dup] = backend.swiglu_backward(gate, up, &dgated)?;
        let dfeed = backend.empty(feed.len())?;
        self.gate.backward(backend, feed, &dgate, (&dfeed, 0.0), gradients)?;
        self.up.backward(backend, feed, &dup, (&dfeed, 1.0), gradients)?;
        Ok(dfeed)
    }

    /// From the attention's output to the input of its projections.
    fn backward_attention(
        &self,
        backend: &Backend,
        saved: SavedActivations,
        dy: &Array,
        context: &ForwardContext,
        gradients: &mut DeviceGradients,
    ) -> Result<Array> {
        let SavedActivations { h, raw_query, raw_key, query, key, value, mixed, lse, .. } = saved;
        let dmixed = backend.empty(mixed.len())?;
        self.output.backward(backend, &mixed, dy, (&dmixed, 0.0), gradients)?;
        let [dquery, dkey, dvalue] = backend.attention_backward(
            [&query, &key, &value],
            [&mixed, &lse],
            &dmixed,
            &context.attention,
            self.heads,
        )?;
        let Heads { queries, keys, .. } = self.heads;
        let mut rotate_back = |dy, raw: &Array, norm: &Option<DeviceWeight>, heads| {
            self.rotate_back(backend, dy, (raw, norm.as_ref(), heads), context, gradients)
        };
        let dquery = rotate_back(dquery, &raw_query, &self.query_norm, queries)?;
        let dkey = rotate_back(dkey, &raw_key, &self.key_norm, keys)?;
        let dh = backend.empty(h.len())?;
        self.query.backward(backend, &h, &dquery, (&dh, 0.0), gradients)?;
        self.key.backward(backend, &h, &dkey, (&dh, 1.0), gradients)?;
        self.value.backward(backend, &h, &dvalue, (&dh, 1.0), gradients)?;
        Ok(dh)
    }

    /// Back through rotation and norm to the output of the projection.
    fn rotate_back(
        &self,
        backend: &Backend,
        dy: Array,
        (raw, norm, heads): (&Array, Option<&DeviceWeight>, usize),
        context: &ForwardContext,
        gradients: &mut DeviceGradients,
    ) -> Result<Array> {
        let turned = backend.rope_backward(&dy, &context.angles, [heads, self.heads.width])?;
        let Some(norm) = norm else { return Ok(turned) };
        let sum = gradients.of(norm)?;
        backend.rms_norm_backward(raw, self.norm(norm), &turned, (&dy, false), sum)?;
        Ok(dy)
    }
}
