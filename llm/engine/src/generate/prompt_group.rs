//! A prompt, with the state that its samples share.

/// The samples of a prompt share its keys and values, and the logits after its last token.
#[derive(Debug)]
pub(super) struct PromptGroup<'a, L> {
    pub(super) prompt: &'a [u32],
    pub(super) blocks: Vec<usize>,
    /// Positions of the prompt that the cache holds.
    pub(super) cached: usize,
    /// Logits after the prompt, once all of it is in the cache.
    pub(super) logits: Option<L>,
    /// Samples that are in the batch.
    pub(super) running: usize,
}

impl<'a, L> PromptGroup<'a, L> {
    pub(super) fn new(prompt: &'a [u32]) -> Self {
        Self { prompt, blocks: Vec::new(), cached: 0, logits: None, running: 0 }
    }

    /// Tokens of the prompt that are not processed yet.
    pub(super) fn pending(&self) -> &'a [u32] {
        &self.prompt[self.cached..]
    }

    /// Marks nothing as cached.
    pub(super) fn forget(&mut self) {
        self.cached = 0;
        self.logits = None;
    }
}
