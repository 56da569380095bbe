//! Whether decoding steps are captured as CUDA graphs.

use crate::Error;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Whether a network's decoding steps are captured as CUDA graphs, and notes on why they are not.
#[derive(Debug)]
pub(super) struct GraphCapture {
    /// Graphs that are kept; 0 turns capturing off.
    most: AtomicUsize,
    notes: Mutex<Vec<String>>,
}

impl Default for GraphCapture {
    fn default() -> Self {
        Self { most: AtomicUsize::new(Self::GRAPHS), notes: Mutex::default() }
    }
}

impl GraphCapture {
    /// Default number of graphs that are kept. A batch whose samples end one after another needs one for
    /// each size of `Backend::rounded`; the last ones are small.
    pub(super) const GRAPHS: usize = 16;

    /// Keeps up to `most` graphs from now on.
    pub(super) fn keep(&self, most: usize) {
        self.most.store(most, Ordering::Relaxed);
    }

    /// Notes since the last call.
    pub(super) fn take_notes(&self) -> Vec<String> {
        std::mem::take(&mut *self.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Graphs that are kept.
    pub(super) fn most(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }

    /// Turns capturing off, and adds a note with the reason.
    pub(super) fn give_up(&self, error: &Error) {
        self.keep(0);
        let note = format!(
            "Decoding runs without CUDA graphs, which is slower: {error}. The samples are the same."
        );
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).push(note);
    }
}
