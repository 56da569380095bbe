//! Settings that belong together, each one text: `name:key=value,key=value`, as estimators have it.
//!
//! What a text does not name has its default.

use super::loss::{KlKind, LossKind};
use super::schedule::{Decay, Schedule};
use crate::{Error, Result};
use rs_grpo_engine::optim::StateType;
use rs_grpo_files::Refuse as _;
use serde::{Deserialize, Deserializer, Serializer, de::Error as _};
use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

const LOSSES: [(&str, LossKind); 4] = [
    ("token-mean", LossKind::TokenMean),
    ("sequence-mean", LossKind::SequenceMean),
    ("constant-length", LossKind::ConstantLength),
    ("gspo", LossKind::Gspo),
];
const DIVERGENCES: [(&str, KlKind); 3] =
    [("k1", KlKind::K1), ("k2", KlKind::K2), ("k3", KlKind::K3)];
const STATES: [(&str, StateType); 2] = [("f32", StateType::F32), ("bf16", StateType::Bf16)];
const DECAYS: [(&str, Decay); 2] = [("constant", Decay::Constant), ("cosine", Decay::Cosine)];

/// How tokens become one loss, and what is rarely changed about it: `token-mean`,
/// `gspo:kl=k1,dual_clip=3`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LossForm {
    /// How tokens are put together.
    pub kind: LossKind,
    /// How the divergence is estimated.
    pub kl: KlKind,
    /// With a negative advantage, ratios over this have no gradient; 0 is off.
    pub dual_clip: f64,
}

/// Which weights are trained: `off` for all, `rank=16,alpha=32` for LoRA adapters on all linear layers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adapters {
    /// Rank of the adapters; 0 trains every weight.
    pub rank: usize,
    /// The adapters' product is multiplied by this over their rank.
    pub alpha: f64,
}

/// Where completions are drawn: `local` in this process, `http` on servers, `http:async_steps=1` there
/// while the trainer learns from those before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SamplerForm {
    /// In this process, by the policy as it is.
    #[default]
    Local,
    /// On servers that load the policy's adapter.
    Http {
        /// Steps that a policy has learned from since its completions were drawn, 0 or 1.
        async_steps: usize,
    },
}

impl SamplerForm {
    /// Steps by which completions are drawn ahead.
    pub fn async_steps(self) -> usize {
        match self {
            Self::Local => 0,
            Self::Http { async_steps } => async_steps,
        }
    }
}

/// The optimiser: `adamw`, `adamw:weight_decay=0.01,state=bf16`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct OptimizerForm {
    /// Decoupled weight decay of matrices.
    pub weight_decay: f64,
    /// How its moments are stored.
    pub state: StateType,
}

/// Which checkpoints a run keeps: `every=50,keep=1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Saving {
    /// Steps from one checkpoint to the next; the last step is always one.
    pub every: usize,
    /// Checkpoints that are kept, beside the best.
    pub keep: usize,
}

/// How a run is evaluated: `every=20,problems=200,samples=128`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evaluating {
    /// Steps from one evaluation to the next; 0 evaluates nothing.
    pub every: usize,
    /// Problems of an evaluation.
    pub problems: usize,
    /// Completions of each of them.
    pub samples: usize,
}

impl Default for LossForm {
    /// DAPO's mean over tokens.
    fn default() -> Self {
        Self { kind: LossKind::TokenMean, kl: KlKind::K3, dual_clip: 0.0 }
    }
}

impl Default for Adapters {
    /// None.
    fn default() -> Self {
        Self { rank: 0, alpha: 32.0 }
    }
}

impl Default for Saving {
    /// The newest one, and the best.
    fn default() -> Self {
        Self { every: 50, keep: 1 }
    }
}

impl Default for Evaluating {
    /// No evaluation.
    fn default() -> Self {
        Self { every: 0, problems: 200, samples: 128 }
    }
}

impl FromStr for LossForm {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (name, pairs) = text.split_once(':').unwrap_or((text, ""));
        let mut form = Self::default();
        let read = named(&LOSSES, name).and_then(|kind| {
            form.kind = kind;
            read(pairs, |key, value| {
                match key {
                    "kl" => form.kl = named(&DIVERGENCES, value)?,
                    "dual_clip" => form.dual_clip = value.parse().ok()?,
                    _ => return None,
                }
                Some(())
            })
        });
        let allowed = "token-mean, sequence-mean, constant-length or gspo, and then any of \
                       :kl=k1|k2|k3,dual_clip=RATIO";
        read.map(|()| form).ok_or_else(|| refused("loss", text, allowed))
    }
}

impl FromStr for Schedule {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (name, pairs) = text.split_once(':').unwrap_or((text, ""));
        let mut schedule = Self::default();
        let read = named(&DECAYS, name).and_then(|decay| {
            schedule.decay = decay;
            read(pairs, |key, value| put(&mut [("warmup", &mut schedule.warmup)], key, value))
        });
        let allowed = "constant or cosine, and then any of :warmup=STEPS";
        read.map(|()| schedule).ok_or_else(|| refused("schedule", text, allowed))
    }
}

impl FromStr for Adapters {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut own = Self::default();
        let read = read(if text == "off" { "" } else { text }, |key, value| {
            match key {
                "rank" => own.rank = value.parse().ok()?,
                "alpha" => own.alpha = value.parse().ok()?,
                _ => return None,
            }
            Some(())
        });
        let none = text != "off" && own.rank == 0;
        let read = read.filter(|()| !none);
        read.map(|()| own).ok_or_else(|| refused("lora", text, "off, or rank=R[,alpha=α]"))
    }
}

impl FromStr for SamplerForm {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (name, pairs) = text.split_once(':').unwrap_or((text, ""));
        let mut async_steps = 0;
        let read =
            read(pairs, |key, value| put(&mut [("async_steps", &mut async_steps)], key, value));
        let form = match (name, read) {
            ("local", Some(())) if pairs.is_empty() => Some(Self::Local),
            ("http", Some(())) if async_steps <= 1 => Some(Self::Http { async_steps }),
            _ => None,
        };
        form.ok_or_else(|| refused("sampler", text, "local, http or http:async_steps=1"))
    }
}

impl FromStr for OptimizerForm {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (name, pairs) = text.split_once(':').unwrap_or((text, ""));
        let mut form = Self::default();
        let read = read(pairs, |key, value| {
            match key {
                "weight_decay" => form.weight_decay = value.parse().ok()?,
                "state" => form.state = named(&STATES, value)?,
                _ => return None,
            }
            Some(())
        });
        let read = read.filter(|()| name == "adamw");
        let allowed = "adamw, and then any of :weight_decay=λ,state=f32|bf16";
        read.map(|()| form).ok_or_else(|| refused("optimizer", text, allowed))
    }
}

impl FromStr for Saving {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut own = Self::default();
        let read = read(text, |key, value| {
            put(&mut [("every", &mut own.every), ("keep", &mut own.keep)], key, value)
        });
        read.map(|()| own).ok_or_else(|| refused("save", text, "any of every=STEPS,keep=N"))
    }
}

impl FromStr for Evaluating {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut own = Self::default();
        let read = read(if text == "off" { "" } else { text }, |key, value| {
            let places = &mut [
                ("every", &mut own.every),
                ("problems", &mut own.problems),
                ("samples", &mut own.samples),
            ];
            put(places, key, value)
        });
        let allowed = "off, or any of every=STEPS,problems=N,samples=N";
        read.map(|()| own).ok_or_else(|| refused("eval", text, allowed))
    }
}

impl Display for LossForm {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let default = Self::default();
        let kl = (self.kl != default.kl).then(|| format!("kl={}", name(&DIVERGENCES, self.kl)));
        let dual_clip =
            (self.dual_clip != default.dual_clip).then(|| format!("dual_clip={}", self.dual_clip));
        let pairs: Vec<String> = kl.into_iter().chain(dual_clip).collect();
        let colon = if pairs.is_empty() { "" } else { ":" };
        write!(f, "{}{colon}{}", name(&LOSSES, self.kind), pairs.join(","))
    }
}

impl Display for Schedule {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(name(&DECAYS, self.decay))?;
        if self.warmup == 0 { Ok(()) } else { write!(f, ":warmup={}", self.warmup) }
    }
}

impl Display for Adapters {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match *self {
            Self { rank: 0, .. } => f.write_str("off"),
            Self { rank, alpha } => write!(f, "rank={rank},alpha={alpha}"),
        }
    }
}

impl Display for SamplerForm {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Local => f.write_str("local"),
            Self::Http { async_steps: 0 } => f.write_str("http"),
            Self::Http { async_steps } => write!(f, "http:async_steps={async_steps}"),
        }
    }
}

impl Display for OptimizerForm {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let default = Self::default();
        let decay = (self.weight_decay != default.weight_decay)
            .then(|| format!("weight_decay={}", self.weight_decay));
        let state =
            (self.state != default.state).then(|| format!("state={}", name(&STATES, self.state)));
        let pairs: Vec<String> = decay.into_iter().chain(state).collect();
        let colon = if pairs.is_empty() { "" } else { ":" };
        write!(f, "adamw{colon}{}", pairs.join(","))
    }
}

impl Display for Saving {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "every={},keep={}", self.every, self.keep)
    }
}

impl Display for Evaluating {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "every={},problems={},samples={}", self.every, self.problems, self.samples)
    }
}

/// Gives each pair of `key=value,key=value` to `take`; nothing where it takes one not, and where a key
/// comes twice.
fn read(pairs: &str, mut take: impl FnMut(&str, &str) -> Option<()>) -> Option<()> {
    let mut seen = Vec::new();
    for pair in pairs.split(',').filter(|_| !pairs.is_empty()) {
        let (key, value) = pair.split_once('=')?;
        if seen.contains(&key) {
            return None;
        }
        seen.push(key);
        take(key, value)?;
    }
    Some(())
}

/// Puts a number into the place of its key.
fn put(places: &mut [(&str, &mut usize)], key: &str, value: &str) -> Option<()> {
    let (_, place) = places.iter_mut().find(|(name, _)| *name == key)?;
    **place = value.parse().ok()?;
    Some(())
}

fn named<T: Copy>(choices: &[(&str, T)], name: &str) -> Option<T> {
    choices.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

fn name<T: Copy + PartialEq>(choices: &[(&'static str, T)], value: T) -> &'static str {
    choices.iter().find(|(_, known)| *known == value).map_or("", |(name, _)| name)
}

fn refused(setting: &'static str, text: &str, allowed: &str) -> Error {
    Error::parameter(setting, format!("{text:?}"), allowed)
}

/// The text of a setting in a configuration file.
pub(super) fn serialize<T: Display, S: Serializer>(
    value: &T,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// A setting from its text; the file's reader says of which key.
pub(super) fn deserialize<'de, T: FromStr<Err = Error>, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<T, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(|error| match error {
        Error::Input(rs_grpo_files::Error::Parameter { value, allowed, .. }) => {
            D::Error::custom(format!("is {value}; allowed: {allowed}"))
        }
        other => D::Error::custom(other),
    })
}
