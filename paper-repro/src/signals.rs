//! Interrupts and requests to end, which let a step finish first.

use crate::exit::Exit;
use crate::failure::Failure;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Signals that the process has received.
pub(crate) struct Signals {
    received: Arc<AtomicUsize>,
}

impl Signals {
    /// Begins to watch. The first signal is noted; a second one ends the process at once.
    pub(crate) fn watch() -> Result<Self, Failure> {
        let received = Arc::new(AtomicUsize::new(0));
        let once = Arc::new(AtomicBool::new(false));
        for (signal, exit) in [(SIGINT, Exit::Interrupted), (SIGTERM, Exit::Terminated)] {
            // In this order, so that the first signal finds the flag not yet set.
            flag::register_conditional_shutdown(signal, exit as i32, once.clone())
                .and_then(|_| flag::register(signal, once.clone()))
                .and_then(|_| flag::register_usize(signal, received.clone(), signal as usize))
                .map_err(|error| Failure::Failed(format!("cannot watch for signals: {error}")))?;
        }
        Ok(Self { received })
    }

    /// The signal that was received, if any.
    pub(crate) fn received(&self) -> Option<i32> {
        match self.received.load(Ordering::Relaxed) {
            0 => None,
            signal => Some(signal as i32),
        }
    }

    /// The failure of a run that stopped early; `again` says how to resume it.
    pub(crate) fn failure(&self, folder: &Path, again: &str) -> Failure {
        let exit = match self.received() {
            Some(SIGTERM) => Exit::Terminated,
            _ => Exit::Interrupted,
        };
        let message = format!("stopped; continue the run in {} with {again}", folder.display());
        Failure::Stopped(message, exit)
    }
}
