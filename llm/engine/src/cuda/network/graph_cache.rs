//! CUDA graphs of decoding steps, and the memory that they work on.
//!
//! A graph holds addresses: of weights, of the cache, of the state and results of a step, and of the
//! workspace in which it computes. It is dropped when one of these moves, and with the cache. The numbers
//! of weights may change: training writes them where they are.

use super::graph_capture::GraphCapture;
use crate::Result;
use crate::cuda::backend::{Backend, LaunchShape};
use crate::cuda::cuda_graph::CudaGraph;
use crate::cuda::memory::{Array, DType};
use crate::cuda::workspace::Workspace;
use crate::generate::SamplingParams;
use std::sync::Arc;

/// One decoding step: submits its launches to a backend.
pub(super) type RecordedStep<'a> = dyn Fn(&Backend) -> Result<()> + 'a;

/// Identifies a graph: the network's weights, the sizes of the launches, and the sampling settings.
#[derive(Debug, Clone)]
pub(super) struct GraphKey {
    /// Stands for the network.
    capture: Arc<GraphCapture>,
    shape: LaunchShape,
    temperature: f32,
    top_k: usize,
    top_p: f32,
    min_p: f32,
}

impl GraphKey {
    pub(super) fn new(
        capture: &Arc<GraphCapture>,
        shape: LaunchShape,
        params: &SamplingParams,
    ) -> Self {
        let SamplingParams { temperature, top_k, top_p, min_p, .. } = *params;
        Self { capture: capture.clone(), shape, temperature, top_k, top_p, min_p }
    }
}

impl PartialEq for GraphKey {
    fn eq(&self, other: &Self) -> bool {
        let draws = |key: &Self| (key.temperature, key.top_k, key.top_p, key.min_p);
        Arc::ptr_eq(&self.capture, &other.capture)
            && self.shape == other.shape
            && draws(self) == draws(other)
    }
}

/// The graphs of a KV cache, and memory that later steps reuse.
#[derive(Debug, Default)]
pub(super) struct GraphCache {
    /// Least recently used first. The first field, so that graphs are dropped before their memory.
    kept: Vec<(GraphKey, Box<dyn CudaGraph>)>,
    workspace: Option<Arc<Workspace>>,
    state: Option<Array>,
    results: Option<Array>,
}

impl GraphCache {
    /// This many words for the state of steps and for their results, at the same addresses as before if
    /// they fit.
    pub(super) fn memory(
        &mut self,
        backend: &Backend,
        [state, results]: [usize; 2],
    ) -> Result<[Array; 2]> {
        Ok([
            Self::words(&mut self.kept, &mut self.state, backend, state)?,
            Self::words(&mut self.kept, &mut self.results, backend, results)?,
        ])
    }

    fn words(
        kept: &mut Vec<(GraphKey, Box<dyn CudaGraph>)>,
        words: &mut Option<Array>,
        backend: &Backend,
        needed: usize,
    ) -> Result<Array> {
        if let Some(words) = words.as_ref().filter(|words| words.len() >= needed) {
            return Ok(words.clone());
        }
        kept.clear();
        *words = None;
        // Rounded up, since sequences grow and reallocation should be rare.
        let array = Array::new(backend.device(), DType::U32, needed.next_power_of_two())?;
        Ok(words.insert(array).clone())
    }

    /// The graph of a step, if there is one and graphs are in use.
    pub(super) fn get(&mut self, key: &GraphKey) -> Option<&dyn CudaGraph> {
        if key.capture.most() == 0 {
            return None;
        }
        let at = self.kept.iter().position(|(kept, _)| kept == key)?;
        let found = self.kept.remove(at);
        self.kept.push(found);
        self.kept.last().map(|(_, graph)| &**graph)
    }

    /// Captures a step that has no graph yet. The step first runs once, so that all kernels are loaded.
    /// Returns the number of steps that ran, 1 or 0. If it cannot be captured, a note says so once.
    pub(super) fn prepare(
        &mut self,
        key: &GraphKey,
        backend: &Backend,
        step: &RecordedStep<'_>,
    ) -> Result<usize> {
        if key.capture.most() == 0 || self.get(key).is_some() {
            return Ok(0);
        }
        let workspace = match self.workspace(backend, step) {
            Ok(workspace) => backend.with_device(workspace),
            Err(error) => {
                key.capture.give_up(&error);
                return Ok(0);
            }
        };
        step(&workspace)?;
        match backend.device().capture(&mut || step(&workspace)) {
            Ok(graph) => self.keep(key, graph),
            Err(error) => {
                self.kept.clear();
                key.capture.give_up(&error);
            }
        }
        Ok(1)
    }

    fn keep(&mut self, key: &GraphKey, graph: Box<dyn CudaGraph>) {
        self.kept.push((key.clone(), graph));
        let over = self.kept.len().saturating_sub(key.capture.most());
        self.kept.drain(..over);
    }

    /// A workspace large enough for a step.
    fn workspace(&mut self, backend: &Backend, step: &RecordedStep<'_>) -> Result<Arc<Workspace>> {
        let counting = Arc::new(Workspace::counting(backend.device()));
        step(&backend.with_device(counting.clone()))?;
        let needed = counting.peak();
        if let Some(workspace) = self.workspace.as_ref().filter(|it| it.bytes() >= needed) {
            return Ok(workspace.clone());
        }
        self.kept.clear();
        self.workspace = None;
        let workspace = Arc::new(Workspace::new(backend.device(), needed)?);
        Ok(self.workspace.insert(workspace).clone())
    }
}
