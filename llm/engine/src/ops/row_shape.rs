//! Shapes of rows.

use candle_core::{Layout, Result};

/// The last two axes of a shape, earlier ones folded into the rows.
pub(super) fn rows_and_width(layout: &Layout) -> Result<(usize, usize)> {
    match layout.dims().split_last() {
        Some((&width, outer)) => Ok((outer.iter().product(), width)),
        None => candle_core::bail!("an operation over rows was given a scalar, shape []"),
    }
}

/// The width of the rows of `x`, for which `row` has one number each.
pub(super) fn width_of_both(x: &Layout, row: &Layout) -> Result<usize> {
    match (x.dims(), row.dims()) {
        (&[.., width], &[numbers]) if width == numbers => Ok(width),
        (x, row) => candle_core::bail!("a row {row:?} for each row of {x:?}"),
    }
}
