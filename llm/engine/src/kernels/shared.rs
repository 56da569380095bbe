//! One output, written by several threads in parts that do not overlap.

use std::marker::PhantomData;

/// A slice that threads write rectangles of.
#[derive(Clone, Copy)]
pub(crate) struct SharedMut<'a> {
    start: *mut f32,
    len: usize,
    slice: PhantomData<&'a mut [f32]>,
}

#[expect(unsafe_code, reason = "the kernels give every element of the output to one thread")]
// SAFETY: `row` is the only access, and its callers write rectangles that do not overlap.
unsafe impl Send for SharedMut<'_> {}
#[expect(unsafe_code, reason = "the kernels give every element of the output to one thread")]
// SAFETY: as above.
unsafe impl Sync for SharedMut<'_> {}

impl<'a> SharedMut<'a> {
    pub(crate) fn new(slice: &'a mut [f32]) -> Self {
        Self { start: slice.as_mut_ptr(), len: slice.len(), slice: PhantomData }
    }

    /// `len` elements from `at`.
    ///
    /// # Safety
    /// No other reference to any of them may be alive.
    #[inline(always)]
    #[expect(unsafe_code, reason = "rectangles of one slice for several threads")]
    pub(crate) unsafe fn row(&self, at: usize, len: usize) -> &'a mut [f32] {
        assert!(at <= self.len && len <= self.len - at, "outside the output");
        // SAFETY: inside the slice by the line above, and not aliased by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(at), len) }
    }
}
