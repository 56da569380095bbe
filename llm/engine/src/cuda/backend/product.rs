//! Matrices of weights applied to rows, and their gradients.

use super::base::Backend;
use crate::Result;
use crate::cuda::memory::{Array, Product};

impl Backend {
    /// `y = x · wᵀ` for rows `x` and a weight `[n, k]`.
    pub(crate) fn linear(&self, x: &Array, w: &Array, [n, k]: [usize; 2]) -> Result<Array> {
        let y = self.empty(x.len() / k * n)?;
        self.linear_into(x, w, [n, k], &y, 1.0, 0.0)?;
        Ok(y)
    }

    /// `y = scale · x · wᵀ + keep · y`.
    pub(crate) fn linear_into(
        &self,
        x: &Array,
        w: &Array,
        [n, k]: [usize; 2],
        y: &Array,
        scale: f32,
        keep: f32,
    ) -> Result<()> {
        self.product([x, w, y], [x.len() / k, n, k], [false, true], scale, keep)
    }

    /// `dx = scale · dy · w + keep · dx`.
    pub(crate) fn linear_backward(
        &self,
        dy: &Array,
        w: &Array,
        [n, k]: [usize; 2],
        dx: &Array,
        scale: f32,
        keep: f32,
    ) -> Result<()> {
        self.product([dy, w, dx], [dy.len() / n, k, n], [false, false], scale, keep)
    }

    /// `dw += scale · dyᵀ · x`, in single precision.
    pub(crate) fn linear_backward_weight(
        &self,
        dy: &Array,
        x: &Array,
        [n, k]: [usize; 2],
        dw: &Array,
        scale: f32,
    ) -> Result<()> {
        self.product([dy, x, dw], [n, k, x.len() / k], [true, false], scale, 1.0)
    }

    /// `y += scale · x · wᵀ` for rows that are parts of longer ones: of `x`, those from column
    /// `columns[0]` on of rows of `strides[0]` numbers; of `y` likewise.
    pub(crate) fn linear_between(
        &self,
        [x, w, y]: [&Array; 3],
        [n, k]: [usize; 2],
        columns: [usize; 2],
        strides: [usize; 2],
        scale: f32,
    ) -> Result<()> {
        let rows = x.len() / strides[0];
        assert!(
            columns[0] + k <= strides[0] && columns[1] + n <= strides[1] && w.len() == n * k,
            "[{n}, {k}] between {columns:?} of {strides:?}"
        );
        assert!(rows * strides[0] == x.len() && rows * strides[1] == y.len(), "{rows} rows");
        let at = |array: &Array, column: usize| {
            array.address() + (column * array.dtype().bytes()) as u64
        };
        self.device.product(&Product {
            out: (at(y, columns[1]), y.dtype()),
            a: at(x, columns[0]),
            b: w.address(),
            dtype: w.dtype(),
            sizes: [rows, n, k],
            transposed: [false, true],
            strides: [strides[0], k, strides[1]],
            scale,
            keep: 1.0,
        })
    }

    fn product(
        &self,
        [a, b, out]: [&Array; 3],
        sizes: [usize; 3],
        transposed: [bool; 2],
        scale: f32,
        keep: f32,
    ) -> Result<()> {
        let [m, n, k] = sizes;
        assert!(
            a.len() == m * k && b.len() == k * n && out.len() == m * n && a.dtype() == b.dtype(),
            "[{m}, {k}] × [{k}, {n}] of {}, {} and {}",
            a.len(),
            b.len(),
            out.len()
        );
        self.device.product(&Product {
            out: (out.address(), out.dtype()),
            a: a.address(),
            b: b.address(),
            dtype: a.dtype(),
            sizes,
            transposed,
            strides: [if transposed[0] { m } else { k }, if transposed[1] { k } else { n }, n],
            scale,
            keep,
        })
    }
}
