//! Prefetching.

/// Prefetches the cache line of an element into the L2 cache.
#[inline(always)]
pub(super) fn prefetch<T>(element: &T) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        #[expect(unsafe_code, reason = "the instruction takes a pointer")]
        // SAFETY: a hint: it reads nothing that the program sees, and never faults.
        unsafe {
            _mm_prefetch::<_MM_HINT_T1>(std::ptr::from_ref(element).cast());
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = element;
}
