//! One layer, forward and backward.

use super::super::memory::Array;
use super::super::place::{Angles, Heads, Norm, Place, Seen};
use super::gradients::Gradients;
use super::joint::Joint;
use super::load::{Loader, Weight};
use super::projection::Projection;
use crate::Result;
use crate::config::ModelConfig;

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
    /// Query, key and value, and gate and up, as one each.
    attention: Joint,
    gates: Joint,
    heads: Heads,
    eps: f32,
}

/// Where the rows of a batch are in their sequences, and what they see.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) angles: Angles,
    pub(super) seen: Seen,
}

/// What a layer computes on its way, which its backward reads.
#[derive(Debug)]
pub(super) struct Inner {
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

impl Layer {
    pub(super) fn new(config: &ModelConfig, loader: &mut Loader<'_>) -> Result<Self> {
        let mut projection = |name: &str, bias| Projection::new(loader, name, bias);
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
            attention: Joint::new(loader, &mut [&mut query, &mut key, &mut value])?,
            gates: Joint::new(loader, &mut [&mut gate, &mut up])?,
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

    /// Takes the adapters away.
    pub(super) fn without_adapters(mut self) -> Self {
        let Self { query, key, value, output, gate, up, down, .. } = &mut self;
        for projection in [query, key, value, output, gate, up, down] {
            projection.without_adapter();
        }
        self.attention.without_adapters();
        self.gates.without_adapters();
        self
    }

    fn norm<'a>(&self, weight: &'a Weight) -> Norm<'a> {
        Norm { weight: &weight.array, eps: self.eps }
    }

    /// The residual stream after the layer, with keys and values written to their `slots` of a cache.
    pub(super) fn infer(
        &self,
        place: &Place,
        x: Array,
        Batch { angles, seen }: &Batch,
        slots: &Array,
        cache: [&Array; 2],
    ) -> Result<Array> {
        let h = place.rms_norm(&x, self.norm(&self.input_norm))?;
        let raw = self.attention.forward(place, &h)?;
        let norms = self.query_norm.as_ref().zip(self.key_norm.as_ref());
        let norms = norms.map(|(query, key)| [self.norm(query), self.norm(key)]);
        let bias = self.attention.bias.as_ref();
        let to = (slots, cache);
        let query = place.heads_to_cache(&raw, bias, norms, angles, to, self.heads)?;
        let mixed = place.cached_attention(&query, cache, seen, self.heads)?;
        self.output.forward_into(place, &mixed, &x, 1.0)?;
        let feed = place.rms_norm(&x, self.norm(&self.feed_norm))?;
        let gated = place.swiglu_rows(&self.gates.forward(place, &feed)?, self.gate.rows())?;
        self.down.forward_into(place, &gated, &x, 1.0)?;
        Ok(x)
    }

    /// The residual stream after the layer, and what the backward reads.
    pub(super) fn forward(
        &self,
        place: &Place,
        x: &Array,
        batch: &Batch,
    ) -> Result<(Array, Inner)> {
        let inner = self.inner(place, x, batch)?;
        let y = inner.middle.duplicate()?;
        self.down.forward_into(place, &inner.gated, &y, 1.0)?;
        Ok((y, inner))
    }

    /// All of a layer but its last product.
    fn inner(&self, place: &Place, x: &Array, Batch { angles, seen }: &Batch) -> Result<Inner> {
        let Heads { queries, keys, width } = self.heads;
        let h = place.rms_norm(x, self.norm(&self.input_norm))?;
        let turned = |projection: &Projection, norm: &Option<Weight>, heads| {
            let raw = projection.forward(place, &h)?;
            let norm = norm.as_ref().map(|norm| self.norm(norm));
            let out = place.head_norm_rope(&raw, norm, angles, [heads, width])?;
            Ok::<_, crate::Error>((raw, out))
        };
        let (raw_query, query) = turned(&self.query, &self.query_norm, queries)?;
        let (raw_key, key) = turned(&self.key, &self.key_norm, keys)?;
        let value = self.value.forward(place, &h)?;
        let [mixed, lse] = place.attention([&query, &key, &value], seen, self.heads)?;
        let middle = x.duplicate()?;
        self.output.forward_into(place, &mixed, &middle, 1.0)?;
        let feed = place.rms_norm(&middle, self.norm(&self.feed_norm))?;
        let (gate, up) = (self.gate.forward(place, &feed)?, self.up.forward(place, &feed)?);
        let gated = place.swiglu(&gate, &up)?;
        Ok(Inner {
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

    /// The gradient of the layer's input from that of its output, whose memory it takes; those of
    /// trained weights are added to theirs. What was not kept is computed again.
    pub(super) fn backward(
        &self,
        place: &Place,
        x: &Array,
        kept: Option<Inner>,
        dy: Array,
        batch: &Batch,
        gradients: &mut Gradients,
    ) -> Result<Array> {
        let inner = match kept {
            Some(inner) => inner,
            None => self.inner(place, x, batch)?,
        };
        let dfeed = self.backward_gates(place, &inner, &dy, gradients)?;
        // The residual stream's own gradient goes on; that of the norm is added.
        let sum = gradients.of(&self.feed_norm)?;
        let norm = self.norm(&self.feed_norm);
        place.rms_norm_backward(&inner.middle, norm, &dfeed, (&dy, true), sum)?;
        let dh = self.backward_attention(place, inner, &dy, batch, gradients)?;
        let sum = gradients.of(&self.input_norm)?;
        place.rms_norm_backward(x, self.norm(&self.input_norm), &dh, (&dy, true), sum)?;
        Ok(dy)
    }

    /// From the layer's output to the input of the feed-forward part.
    fn backward_gates(
        &self,
        place: &Place,
        inner: &Inner,
        dy: &Array,
        gradients: &mut Gradients,
    ) -> Result<Array> {
        let Inner { feed, gate, up, gated, .. } = inner;
        let dgated = place.blank(gated.len())?;
        self.down.backward(place, gated, dy, (&dgated, 0.0), gradients)?;
        let [dgate, dup] = place.swiglu_backward(gate, up, &dgated)?;
        let dfeed = place.blank(feed.len())?;
        self.gate.backward(place, feed, &dgate, (&dfeed, 0.0), gradients)?;
        self.up.backward(place, feed, &dup, (&dfeed, 1.0), gradients)?;
        Ok(dfeed)
    }

    /// From the attention's output to the input of its projections.
    fn backward_attention(
        &self,
        place: &Place,
        inner: Inner,
        dy: &Array,
        batch: &Batch,
        gradients: &mut Gradients,
    ) -> Result<Array> {
        let Inner { h, raw_query, raw_key, query, key, value, mixed, lse, .. } = inner;
        let dmixed = place.blank(mixed.len())?;
        self.output.backward(place, &mixed, dy, (&dmixed, 0.0), gradients)?;
        let [dquery, dkey, dvalue] = place.attention_backward(
            [&query, &key, &value],
            [&mixed, &lse],
            &dmixed,
            &batch.seen,
            self.heads,
        )?;
        let Heads { queries, keys, .. } = self.heads;
        let mut turn_back = |dy, raw: &Array, norm: &Option<Weight>, heads| {
            self.turn_back(place, dy, (raw, norm.as_ref(), heads), batch, gradients)
        };
        let dquery = turn_back(dquery, &raw_query, &self.query_norm, queries)?;
        let dkey = turn_back(dkey, &raw_key, &self.key_norm, keys)?;
        let dh = place.blank(h.len())?;
        self.query.backward(place, &h, &dquery, (&dh, 0.0), gradients)?;
        self.key.backward(place, &h, &dkey, (&dh, 1.0), gradients)?;
        self.value.backward(place, &h, &dvalue, (&dh, 1.0), gradients)?;
        Ok(dh)
    }

    /// From rotated and normalised heads to what the projection gave.
    fn turn_back(
        &self,
        place: &Place,
        dy: Array,
        (raw, norm, heads): (&Array, Option<&Weight>, usize),
        batch: &Batch,
        gradients: &mut Gradients,
    ) -> Result<Array> {
        let turned = place.rope_backward(&dy, &batch.angles, [heads, self.heads.width])?;
        let Some(norm) = norm else { return Ok(turned) };
        let sum = gradients.of(norm)?;
        place.rms_norm_backward(raw, self.norm(norm), &turned, (&dy, false), sum)?;
        Ok(dy)
    }
}
