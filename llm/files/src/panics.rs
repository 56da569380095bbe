//! Panics of libraries that are caught.
//!
//! Some libraries panic on damaged files of strangers, where an error is due. What the standard library
//! prints of a panic would then stand beside the error; whether it does is the program's choice, whose
//! hook can ask [`is_caught`].

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic of this thread, now, becomes an error.
pub fn is_caught() -> bool {
    CAUGHT.get()
}

/// What some work gives, or the text of its panic. Nothing that the panic may have left half-changed may
/// be used afterwards.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let before = CAUGHT.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    CAUGHT.set(before);
    result.map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
    })
}
