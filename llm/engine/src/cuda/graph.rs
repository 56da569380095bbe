//! CUDA graphs, captured from the stream of a GPU.

use super::cuda_graph::CudaGraph;
use crate::{Error, Result};
use cudarc::driver::{self, CudaStream, sys};
use std::sync::{Arc, Mutex, PoisonError};

/// A captured graph that can be launched.
pub(super) struct Graph(Mutex<Owned>);

struct Owned {
    graph: driver::CudaGraph,
    stream: Arc<CudaStream>,
}

// SAFETY: a graph may be used from any thread, though from one at a time; it lies behind a lock.
#[expect(unsafe_code, reason = "a graph is two pointers")]
unsafe impl Send for Owned {}

impl Drop for Owned {
    fn drop(&mut self) {
        // The graph may be dropped on any thread. A driver that fails here fails again at the next call.
        let _ = self.stream.context().bind_to_thread();
    }
}

impl std::fmt::Debug for Graph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Graph")
    }
}

impl CudaGraph for Graph {
    fn replay(&self) -> Result<()> {
        let graph = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        graph.graph.launch().map_err(|error| Error::gpu("a CUDA graph", error))
    }
}

/// A stream that captures until this is dropped: the stream works again afterwards, even after an error.
struct Capture<'a>(Option<&'a Arc<CudaStream>>);

impl<'a> Capture<'a> {
    fn begin(stream: &'a Arc<CudaStream>) -> Result<Self> {
        // Other threads are not restricted meanwhile.
        let mode = sys::CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
        stream.begin_capture(mode).map_err(|error| Error::gpu("a CUDA graph", error))?;
        Ok(Self(Some(stream)))
    }

    fn end(mut self) -> Result<Graph> {
        let Some(stream) = self.0.take() else { return Err(Error::gpu("a CUDA graph", "is over")) };
        match stream.end_capture(sys::CUgraphInstantiate_flags(0)) {
            Ok(Some(graph)) => Ok(Graph(Mutex::new(Owned { graph, stream: stream.clone() }))),
            Ok(None) => Err(Error::gpu("a CUDA graph", "the driver gave none")),
            Err(error) => Err(Error::gpu("a CUDA graph", error)),
        }
    }
}

impl Drop for Capture<'_> {
    fn drop(&mut self) {
        // The work failed and reports its own error; what was captured so far is discarded.
        if let Some(stream) = self.0.take() {
            let _ = stream.end_capture(sys::CUgraphInstantiate_flags(0));
        }
    }
}

/// Captures the work that `work` submits to a stream, without running it.
pub(super) fn capture(
    stream: &Arc<CudaStream>,
    work: &mut dyn FnMut() -> Result<()>,
) -> Result<Graph> {
    let capture = Capture::begin(stream)?;
    work()?;
    capture.end()
}
