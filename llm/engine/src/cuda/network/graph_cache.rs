//! Steps that were recorded, and the memory that they work on.
//!
//! A recording names addresses: of weights, of the cache, of a burst's state and results, and of the
//! workspace in which a step computes. It is forgotten when one of these moves, and with the cache. The
//! numbers of weights may change: training writes them where they are.

use super::super::super::memory::{Array, Kind};
use super::super::super::place::{Place, Shape};
use super::super::super::recording::Recording;
use super::super::super::workspace::Workspace;
use super::Step;
use super::state::Plan;
use crate::generate::SamplingParams;
use crate::{Error, Result};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Most recordings that are kept. Those of a batch that runs out one sample after another are as many
/// as `rounded` has sizes for it; the last ones are small.
pub(in super::super) const MOST: usize = 16;

/// Whether a network's steps are recorded, and why they are not.
#[derive(Debug)]
pub(in super::super) struct Recorder {
    most: AtomicUsize,
    notes: Mutex<Vec<String>>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self { most: AtomicUsize::new(MOST), notes: Mutex::default() }
    }
}

impl Recorder {
    /// Keeps up to so many recordings from now on.
    pub(in super::super) fn keep(&self, most: usize) {
        self.most.store(most, Ordering::Relaxed);
    }

    /// What there is to say since this was last asked.
    pub(in super::super) fn take_notes(&self) -> Vec<String> {
        std::mem::take(&mut *self.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn most(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }

    /// Goes on without recordings.
    fn give_up(&self, error: &Error) {
        self.keep(0);
        let note = format!(
            "Decoding is not recorded, and slower for it: {error}. Samples are the same as with recordings."
        );
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).push(note);
    }
}

/// What a recording is of: a network's weights, the shape of its launches, and what they are told of how
/// tokens are drawn.
#[derive(Debug, Clone)]
pub(super) struct Key {
    recorder: Arc<Recorder>,
    shape: Shape,
    temperature: f32,
    top_k: usize,
    top_p: f32,
    min_p: f32,
}

impl Key {
    pub(super) fn new(recorder: &Arc<Recorder>, shape: Shape, params: &SamplingParams) -> Self {
        let SamplingParams { temperature, top_k, top_p, min_p, .. } = *params;
        Self { recorder: recorder.clone(), shape, temperature, top_k, top_p, min_p }
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        let draws = |key: &Self| (key.temperature, key.top_k, key.top_p, key.min_p);
        Arc::ptr_eq(&self.recorder, &other.recorder)
            && self.shape == other.shape
            && draws(self) == draws(other)
    }
}

/// What a cache keeps from one burst to the next.
#[derive(Debug, Default)]
pub(in super::super) struct Recordings {
    /// The one used last comes last. First of the fields, so that they go before their memory.
    kept: Vec<(Key, Box<dyn Recording>)>,
    workspace: Option<Arc<Workspace>>,
    state: Option<Array>,
    results: Option<Array>,
}

impl Recordings {
    /// Words for the state of a burst and for its results, where they were before if they fit.
    pub(super) fn memory(&mut self, place: &Place, plan: &Plan) -> Result<[Array; 2]> {
        let [state, results] = plan.words();
        Ok([
            Self::words(&mut self.kept, &mut self.state, place, state)?,
            Self::words(&mut self.kept, &mut self.results, place, results)?,
        ])
    }

    fn words(
        kept: &mut Vec<(Key, Box<dyn Recording>)>,
        words: &mut Option<Array>,
        place: &Place,
        needed: usize,
    ) -> Result<Array> {
        if let Some(words) = words.as_ref().filter(|words| words.len() >= needed) {
            return Ok(words.clone());
        }
        kept.clear();
        *words = None;
        // Sequences grow: twice as many, so that this is seldom.
        let array = Array::new(place.device(), Kind::U32, needed.next_power_of_two())?;
        Ok(words.insert(array).clone())
    }

    /// The recording of a step, if there is one and there are to be any.
    pub(super) fn get(&mut self, key: &Key) -> Option<&dyn Recording> {
        if key.recorder.most() == 0 {
            return None;
        }
        let at = self.kept.iter().position(|(kept, _)| kept == key)?;
        let found = self.kept.remove(at);
        self.kept.push(found);
        self.kept.last().map(|(_, recording)| &**recording)
    }

    /// Records a step that was not recorded so far. To have all kernels at hand, it is done once before;
    /// 1 is returned then, else 0. Where it cannot be recorded, the recorder says so, once.
    pub(super) fn prepare(&mut self, key: &Key, step: Step<'_>) -> Result<usize> {
        if key.recorder.most() == 0 || self.get(key).is_some() {
            return Ok(0);
        }
        let place = &step.network.place;
        let workspace = match self.workspace(step) {
            Ok(workspace) => place.moved(workspace),
            Err(error) => {
                key.recorder.give_up(&error);
                return Ok(0);
            }
        };
        step.run(&workspace)?;
        match place.device().record(&mut || step.run(&workspace)) {
            Ok(recording) => self.keep(key, recording),
            Err(error) => {
                self.kept.clear();
                key.recorder.give_up(&error);
            }
        }
        Ok(1)
    }

    fn keep(&mut self, key: &Key, recording: Box<dyn Recording>) {
        self.kept.push((key.clone(), recording));
        let over = self.kept.len().saturating_sub(key.recorder.most());
        self.kept.drain(..over);
    }

    /// Memory in which a step has room.
    fn workspace(&mut self, step: Step<'_>) -> Result<Arc<Workspace>> {
        let place = &step.network.place;
        let counting = Arc::new(Workspace::counting(place.device()));
        step.run(&place.moved(counting.clone()))?;
        let needed = counting.peak();
        if let Some(workspace) = self.workspace.as_ref().filter(|it| it.bytes() >= needed) {
            return Ok(workspace.clone());
        }
        self.kept.clear();
        self.workspace = None;
        let workspace = Arc::new(Workspace::new(place.device(), needed)?);
        Ok(self.workspace.insert(workspace).clone())
    }
}
