//! The weights of a network on a device.

use super::super::memory::{Array, Kind};
use super::super::place::{Angles, Norm, Place};
use super::burst::Recorder;
use super::layer::Layer;
use crate::config::ModelConfig;
use crate::model::adapter::{DOWN, UP};
use crate::model::{Decoder, LoraOptions, Training, prefix_of};
use crate::ops::Rotation;
use crate::{Error, Result};
use rs_grpo_files::Refuse as _;
use std::collections::BTreeMap;
use std::sync::Arc;

const EMBEDDING: &str = "model.embed_tokens.weight";
const NORM: &str = "model.norm.weight";
const HEAD: &str = "lm_head.weight";

/// Where the numbers of weights come from: an array of a type for a name and a shape.
pub trait Numbers {
    /// The numbers of a weight.
    ///
    /// # Errors
    /// A weight that is not there, or for which the device has no room.
    fn array(&mut self, place: &Place, name: &str, shape: &[usize], kind: Kind) -> Result<Array>;
}

/// A weight as the operations read it.
#[derive(Debug, Clone)]
pub(super) struct Weight {
    pub(super) name: String,
    pub(super) array: Array,
    /// Rows and columns of a matrix; 1 and the length of a vector.
    pub(super) shape: [usize; 2],
    pub(super) trained: bool,
}

/// A weight that is trained: its numbers in single precision, and as the operations read them.
#[derive(Debug)]
pub(super) struct Master {
    pub(super) numbers: Array,
    pub(super) copy: Array,
    pub(super) shape: Vec<usize>,
}

/// A decoder-only transformer on a device.
#[derive(Debug)]
pub struct Network {
    pub(super) place: Place,
    pub(super) config: ModelConfig,
    pub(super) embedding: Weight,
    pub(super) layers: Vec<Layer>,
    norm: Weight,
    /// Absent where the head shares the embedding.
    head: Option<Weight>,
    /// Cosine and sine of every position of the context.
    tables: [Array; 2],
    pub(super) masters: BTreeMap<String, Master>,
    /// Whether its steps are recorded. Recordings are of one network's weights, whose places in memory
    /// do not change while it lives: they are its.
    pub(super) recorder: Arc<Recorder>,
}

impl Network {
    /// A network whose weights are those of a decoder, its adapters with them. With [`Training::Full`]
    /// all of them are trained, with adapters these.
    ///
    /// # Errors
    /// No room for them.
    pub fn new(place: &Place, model: &Decoder, training: Training) -> Result<Self> {
        let mut numbers = OfDecoder(model.named().into_iter().collect());
        Self::with_numbers(place, model.config(), training, &mut numbers)
    }

    /// A network of a shape with numbers from anywhere.
    ///
    /// # Errors
    /// Those of the numbers; no room for them.
    pub fn with_numbers(
        place: &Place,
        config: &ModelConfig,
        training: Training,
        numbers: &mut dyn Numbers,
    ) -> Result<Self> {
        let mut loader = Loader {
            place,
            training,
            numbers,
            shapes: config.tensors().into_iter().collect(),
            masters: BTreeMap::new(),
            prefix: String::new(),
        };
        let embedding = loader.weight(EMBEDDING)?;
        let mut layers = Vec::with_capacity(config.layers);
        for layer in 0..config.layers {
            loader.prefix = prefix_of(layer);
            layers.push(Layer::new(config, &mut loader)?);
        }
        loader.prefix.clear();
        let norm = loader.weight(NORM)?;
        let head = if config.tie_embeddings { None } else { Some(loader.weight(HEAD)?) };
        let masters = loader.masters;
        let rotation = Rotation::new(&config.rope, config.head_dim, 0..config.max_positions);
        let tables = [place.floats(rotation.cos())?, place.floats(rotation.sin())?];
        let (place, config) = (place.clone(), config.clone());
        let recorder = Arc::default();
        Ok(Self { place, config, embedding, layers, norm, head, tables, masters, recorder })
    }

    /// The network without its adapters, on the same weights, not trained.
    #[must_use]
    pub fn without_adapters(&self) -> Self {
        let Self { place, config, embedding, layers, norm, head, tables, .. } = self;
        Self {
            place: place.clone(),
            config: config.clone(),
            embedding: embedding.clone(),
            layers: layers.iter().cloned().map(Layer::without_adapters).collect(),
            norm: norm.clone(),
            head: head.clone(),
            tables: tables.clone(),
            masters: BTreeMap::new(),
            recorder: Arc::default(),
        }
    }

    /// Where it is.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Its shape.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    pub(super) fn angles(&self, positions: &[u32]) -> Result<Angles> {
        Ok(self.angles_at(self.place.counts(positions)?))
    }

    /// The angles of positions that lie on the device.
    pub(super) fn angles_at(&self, positions: Array) -> Angles {
        let [cos, sin] = self.tables.clone();
        Angles { cos, sin, positions }
    }

    pub(super) fn last_norm(&self) -> (&Weight, Norm<'_>) {
        let eps = self.config.rms_norm_eps as f32;
        (&self.norm, Norm { weight: &self.norm.array, eps })
    }

    pub(super) fn head(&self) -> &Weight {
        self.head.as_ref().unwrap_or(&self.embedding)
    }

    /// Refuses tokens that no row of the embedding is of, and positions past the context.
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

/// Takes weights by their names in the layer at hand.
pub(super) struct Loader<'a> {
    place: &'a Place,
    training: Training,
    numbers: &'a mut dyn Numbers,
    shapes: BTreeMap<String, Vec<usize>>,
    masters: BTreeMap<String, Master>,
    prefix: String,
}

impl Loader<'_> {
    /// A weight of the checkpoint.
    pub(super) fn weight(&mut self, name: &str) -> Result<Weight> {
        let name = format!("{}{name}", self.prefix);
        let shape = self.shapes.get(&name).cloned().unwrap_or_default();
        self.take(name, &shape, self.training == Training::Full)
    }

    /// The factors of a projection's adapter and their scale, if it has one.
    pub(super) fn adapter(
        &mut self,
        name: &str,
        [n, k]: [usize; 2],
    ) -> Result<Option<([Weight; 2], f32)>> {
        let Training::Lora(LoraOptions { rank, alpha, .. }) = self.training else {
            return Ok(None);
        };
        let mut factor = |part: &str, shape: [usize; 2]| {
            self.take(format!("{}{name}.{part}", self.prefix), &shape, true)
        };
        let factors = [factor(DOWN, [rank, k])?, factor(UP, [n, rank])?];
        Ok(Some((factors, (alpha / rank as f64) as f32)))
    }

    /// Moves weights into memory where they lie one after another, and returns all of it.
    pub(super) fn join<'a>(
        &mut self,
        weights: impl Iterator<Item = &'a mut Weight>,
    ) -> Result<Array> {
        let weights: Vec<_> = weights.collect();
        let whole = self.place.blank(weights.iter().map(|weight| weight.array.len()).sum())?;
        let mut first = 0;
        for weight in weights {
            let part = whole.part(first..first + weight.array.len());
            first += part.len();
            weight.array.copy_to(&part)?;
            if let Some(master) = self.masters.get_mut(&weight.name) {
                // In single precision the operations read the numbers themselves.
                if master.numbers.address() == master.copy.address() {
                    master.numbers = part.clone();
                }
                master.copy = part.clone();
            }
            weight.array = part;
        }
        Ok(whole)
    }

    fn take(&mut self, name: String, shape: &[usize], trained: bool) -> Result<Weight> {
        let place = self.place;
        let array = if trained {
            let numbers = self.numbers.array(place, &name, shape, Kind::F32)?;
            let copy = place.narrow(numbers.clone())?;
            let master = Master { numbers, copy: copy.clone(), shape: shape.to_vec() };
            self.masters.insert(name.clone(), master);
            copy
        } else {
            self.numbers.array(place, &name, shape, place.element().into())?
        };
        let shape = match *shape {
            [rows, columns] => [rows, columns],
            _ => [1, shape.iter().product()],
        };
        Ok(Weight { name, array, shape, trained })
    }
}

/// The numbers of a decoder's weights by their names.
struct OfDecoder<'a>(BTreeMap<String, &'a crate::tensor::Weight>);

impl Numbers for OfDecoder<'_> {
    fn array(&mut self, place: &Place, name: &str, _: &[usize], kind: Kind) -> Result<Array> {
        match self.0.get(name) {
            Some(weight) => weight.frozen().read(|numbers| place.upload(numbers, kind))?,
            None => Err(Error::parameter("weight", name, "one of the model's")),
        }
    }
}
