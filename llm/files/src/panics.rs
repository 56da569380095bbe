//! Catches the panics of libraries.
//!
//! Some libraries panic on damaged files instead of returning an error. So that the panic is not printed
//! as well as the error, a program's panic hook can check [`is_caught`].

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic of this thread would become an error now.
pub fn is_caught() -> bool {
    CAUGHT.get()
}

/// The result of `work`, or the text of its panic. State that the panic may have left half-changed must
/// not be used afterwards.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let before = CAUGHT.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    CAUGHT.set(before);
    result.map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
    })
}
