//! Who has which part of the cache.

use crate::tensor::Segment;

/// Slots of a page.
pub(super) const PAGE: usize = 16;

/// Pages that are free.
#[derive(Debug)]
pub(super) struct Pages {
    free: Vec<usize>,
    all: usize,
}

impl Pages {
    /// All pages of a cache, free.
    pub(super) fn new(pages: usize) -> Self {
        // The lowest is handed out first, so that the pages of a prompt are neighbours.
        Self { free: (0..pages).rev().collect(), all: pages }
    }

    /// Pages that hold so many positions.
    pub(super) fn needed(positions: usize) -> usize {
        positions.div_ceil(PAGE)
    }

    pub(super) fn free(&self) -> usize {
        self.free.len()
    }

    pub(super) fn used_slots(&self) -> usize {
        (self.all - self.free.len()) * PAGE
    }

    /// Extends `held` to `pages` pages; false, and nothing is taken, if there are not enough.
    pub(super) fn extend(&mut self, held: &mut Vec<usize>, pages: usize) -> bool {
        let missing = pages.saturating_sub(held.len());
        if missing > self.free.len() {
            return false;
        }
        held.extend(self.free.drain(self.free.len() - missing..).rev());
        true
    }

    /// Takes pages back.
    pub(super) fn release(&mut self, held: &mut Vec<usize>) {
        self.free.extend(held.drain(..).rev());
    }
}

/// Appends the first `len` positions of some pages to a list of segments, joining neighbours.
pub(super) fn append(segments: &mut Vec<Segment>, pages: &[usize], len: usize) {
    let parts = (0..len).step_by(PAGE).map(|at| PAGE.min(len - at));
    for (&page, part) in pages.iter().zip(parts) {
        let slot = page * PAGE;
        match segments.last_mut() {
            Some(last) if last.slot + last.len == slot => last.len += part,
            _ => segments.push(Segment { slot, len: part }),
        }
    }
}
