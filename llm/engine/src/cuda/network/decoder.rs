//! The decoder on a device: its weights, and the state that all passes share.

use super::graph_capture::GraphCapture;
use super::layer::DeviceLayer;
use super::loader::{DeviceLoader, WeightSource};
use super::weight::{DeviceWeight, Master};
use crate::config::ModelConfig;
use crate::cuda::backend::{Angles, Backend, Norm};
use crate::cuda::memory::Array;
use crate::model::names::{EMBEDDING, HEAD, NORM};
use crate::model::{Decoder, Training};
use crate::ops::Rotation;
use crate::{Error, Result, tensor};
use rs_grpo_files::Refuse as _;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A decoder-only transformer on a device.
#[derive(Debug)]
pub struct Network {
    pub(super) backend: Backend,
    pub(super) config: ModelConfig,
    pub(super) embedding: DeviceWeight,
    pub(super) layers: Vec<DeviceLayer>,
    norm: DeviceWeight,
    /// Absent if the head shares the embedding.
    head: Option<DeviceWeight>,
    /// Cosine and sine of every position of the context.
    tables: [Array; 2],
    pub(super) masters: BTreeMap<String, Master>,
    /// Whether its steps are captured. A graph reads the weights of one network, whose addresses do not
    /// change while it lives.
    pub(super) capture: Arc<GraphCapture>,
}

impl Network {
    /// A network with the weights and adapters of a decoder. [`Training::Full`] trains all weights,
    /// otherwise the adapters are trained.
    ///
    /// # Errors
    /// No room for them.
    pub fn new(backend: &Backend, model: &Decoder, training: Training) -> Result<Self> {
        let weights: BTreeMap<String, &tensor::Weight> = model.named().into_iter().collect();
        let mut source = |backend: &Backend, name: &str, _: &[usize], dtype| match weights.get(name)
        {
            Some(weight) => weight.frozen().read(|numbers| backend.upload(numbers, dtype))?,
            None => Err(Error::parameter("weight", name, "one of the model's")),
        };
        Self::with_source(backend, model.config(), training, &mut source)
    }

    /// A network of a shape with weights from any source.
    ///
    /// # Errors
    /// Those of the source; no room for them.
    pub fn with_source<'a>(
        backend: &'a Backend,
        config: &ModelConfig,
        training: Training,
        source: &'a mut WeightSource<'a>,
    ) -> Result<Self> {
        let mut loader = DeviceLoader::new(backend, config, training, source);
        let embedding = loader.weight(EMBEDDING)?;
        let mut layers = Vec::with_capacity(config.layers);
        for layer in 0..config.layers {
            loader.enter(layer);
            layers.push(DeviceLayer::new(config, &mut loader)?);
        }
        loader.leave_layers();
        let norm = loader.weight(NORM)?;
        let head = if config.tie_embeddings { None } else { Some(loader.weight(HEAD)?) };
        let masters = loader.into_masters();
        let rotation = Rotation::new(&config.rope, config.head_dim, 0..config.max_positions);
        let tables = [backend.upload_f32(rotation.cos())?, backend.upload_f32(rotation.sin())?];
        let (backend, config) = (backend.clone(), config.clone());
        let capture = Arc::default();
        Ok(Self { backend, config, embedding, layers, norm, head, tables, masters, capture })
    }

    /// The network without its adapters, frozen, on the same weights.
    #[must_use]
    pub fn without_adapters(&self) -> Self {
        let Self { backend, config, embedding, layers, norm, head, tables, .. } = self;
        Self {
            backend: backend.clone(),
            config: config.clone(),
            embedding: embedding.clone(),
            layers: layers.iter().cloned().map(DeviceLayer::without_adapters).collect(),
            norm: norm.clone(),
            head: head.clone(),
            tables: tables.clone(),
            masters: BTreeMap::new(),
            capture: Arc::default(),
        }
    }

    /// The device that it is on.
    pub fn backend(&self) -> &Backend {
        &self.backend
    }

    /// Its shape.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// The angles of positions.
    pub(super) fn angles(&self, positions: &[u32]) -> Result<Angles> {
        Ok(self.angles_at(self.backend.upload_u32(positions)?))
    }

    /// The angles of positions that lie on the device.
    pub(super) fn angles_at(&self, positions: Array) -> Angles {
        let [cos, sin] = self.tables.clone();
        Angles { cos, sin, positions }
    }

    /// The norm before the head, and its weight.
    pub(super) fn last_norm(&self) -> (&DeviceWeight, Norm<'_>) {
        let eps = self.config.rms_norm_eps as f32;
        (&self.norm, Norm { weight: &self.norm.array, eps })
    }

    /// The matrix of the head, which may be the embedding.
    pub(super) fn head(&self) -> &DeviceWeight {
        self.head.as_ref().unwrap_or(&self.embedding)
    }

    /// Refuses tokens outside the vocabulary, and sequences longer than the context.
    pub(super) fn check(&self, tokens: &[u32], longest: usize) -> Result<()> {
        let ModelConfig { vocab_size, max_positions, .. } = self.config;
        if let Some(token) = tokens.iter().find(|&&token| token as usize >= vocab_size) {
            let allowed = format!("less than the vocabulary, {vocab_size}");
            return Err(Error::parameter("token", token, allowed));
        }
        if longest > max_positions {
            let allowed = format!("at most the context of the model, {max_positions}");
            return Err(Error::parameter("sequence length", longest, allowed));
        }
        Ok(())
    }
}

impl Network {
    /// Default number of CUDA graphs of decoding steps that are kept, one per shape.
    pub const GRAPHS: usize = GraphCapture::GRAPHS;

    /// Keeps CUDA graphs of up to `most` shapes of decoding steps from now on; 0 turns graphs off.
    pub fn keep_graphs(&self, most: usize) {
        self.capture.keep(most);
    }

    /// Notes on CUDA graphs since the last call, for the user.
    pub fn take_notes(&self) -> Vec<String> {
        self.capture.take_notes()
    }
}
