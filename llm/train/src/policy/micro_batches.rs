//! Micro-batches that fit into the memory of a GPU.

use crate::error::{Error, Result};
use crate::loss::Pass;
use rs_grpo_engine::model::ActivationCheckpointing;

/// How mini-batches go through the network: as configured, until a GPU runs out of memory.
#[derive(Debug)]
pub(crate) struct Passes {
    pass: Pass,
    /// Tokens of the longest sequence: the smallest micro-batch.
    longest: usize,
    notes: Vec<String>,
}

impl Passes {
    pub(super) fn new(pass: Pass, longest: usize) -> Self {
        Self { pass, longest, notes: Vec::new() }
    }

    /// Runs work that goes through the network in micro-batches. If a GPU runs out of memory, it is
    /// retried with activation checkpointing, then with half the tokens, and so on; later work starts
    /// with what fitted.
    ///
    /// # Errors
    /// Those of the work; [`rs_grpo_engine::Error::GpuMemory`] if even one sequence does not fit.
    pub(crate) fn within_memory<T>(
        &mut self,
        mut work: impl FnMut(Pass) -> Result<T>,
    ) -> Result<T> {
        loop {
            match work(self.pass) {
                Err(Error::Engine(rs_grpo_engine::Error::GpuMemory { .. }))
                    if self.can_shrink() =>
                {
                    let note = self.shrink();
                    self.notes.push(note);
                }
                done => return done,
            }
        }
    }

    /// Notes for the user since the last call, a sentence each.
    pub(super) fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    fn can_shrink(&self) -> bool {
        self.pass.checkpointing == ActivationCheckpointing::Off
            || self.pass.micro_batch_tokens > self.longest
    }

    fn shrink(&mut self) -> String {
        if self.pass.checkpointing == ActivationCheckpointing::Off {
            self.pass.checkpointing = ActivationCheckpointing::PerLayer;
            return "The GPU has no room for all intermediate results; from now on they are computed \
                    again, layer by layer."
                .to_owned();
        }
        let before = self.pass.micro_batch_tokens;
        let now = (before / 2).max(self.longest);
        self.pass.micro_batch_tokens = now;
        format!(
            "The GPU has no room for micro-batches of {before} tokens; those after this have {now}. \
             --micro-batch-tokens {now} says so from the start."
        )
    }
}
