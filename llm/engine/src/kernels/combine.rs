//! Weighted sums of rows.

use super::lanes::LANES;
use pulp::{Arch, Simd, WithSimd};

/// Vectors of the output that stay in registers.
const VECTORS: usize = 4;

/// `out[i, c] += Σⱼ p[i, j] · v[j, c]`: adds the product of `p`, `[m, n]`, with `v`, `[n, width]`, to
/// `out`, `[m, width]`. Rows of `p`, `v` and `out` begin `strides` elements apart.
///
/// Each element takes its terms one after the other, fused: splitting the rows of `v` over several
/// calls gives the same bits.
pub fn combine(
    (m, n, width): (usize, usize, usize),
    p: &[f32],
    v: &[f32],
    out: &mut [f32],
    strides: [usize; 3],
) {
    combine_on(Arch::new(), (m, n, width), p, v, out, strides);
}

/// [`combine`] with the instructions of `arch`, which do not change the result.
#[doc(hidden)]
pub fn combine_on(
    arch: Arch,
    (m, n, width): (usize, usize, usize),
    p: &[f32],
    v: &[f32],
    out: &mut [f32],
    strides: [usize; 3],
) {
    if m > 0 && n > 0 {
        arch.dispatch(Combine { m, n, width, p, v, out, strides });
    }
}

struct Combine<'a> {
    m: usize,
    n: usize,
    width: usize,
    p: &'a [f32],
    v: &'a [f32],
    out: &'a mut [f32],
    strides: [usize; 3],
}

impl WithSimd for Combine<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let mut column = 0;
        while column + VECTORS * S::F32_LANES <= self.width {
            self.columns::<S, VECTORS>(simd, column);
            column += VECTORS * S::F32_LANES;
        }
        while column < self.width {
            self.columns::<S, 1>(simd, column);
            column += S::F32_LANES;
        }
    }
}

impl Combine<'_> {
    /// `V` vectors of columns, the last of which may be cut short by the width.
    #[inline(always)]
    fn columns<S: Simd, const V: usize>(&mut self, simd: S, column: usize) {
        let mut row = 0;
        if S::F32_LANES == LANES {
            while row + 6 <= self.m {
                self.tile::<S, 6, V>(simd, row, column);
                row += 6;
            }
        }
        while row + 2 <= self.m {
            self.tile::<S, 2, V>(simd, row, column);
            row += 2;
        }
        if row < self.m {
            self.tile::<S, 1, V>(simd, row, column);
        }
    }

    #[inline(always)]
    fn tile<S: Simd, const M: usize, const V: usize>(
        &mut self,
        simd: S,
        row: usize,
        column: usize,
    ) {
        let [p_stride, v_stride, out_stride] = self.strides;
        let width = (self.width - column).min(V * S::F32_LANES);
        let mut sums = [[simd.splat_f32s(0.0); V]; M];
        for (i, sums) in sums.iter_mut().enumerate() {
            load(simd, &self.out[(row + i) * out_stride + column..][..width], sums);
        }
        for j in 0..self.n {
            let mut values = [simd.splat_f32s(0.0); V];
            load(simd, &self.v[j * v_stride + column..][..width], &mut values);
            for (i, sums) in sums.iter_mut().enumerate() {
                let weight = simd.splat_f32s(self.p[(row + i) * p_stride + j]);
                for (sum, &value) in sums.iter_mut().zip(&values) {
                    *sum = simd.mul_add_f32s(weight, value, *sum);
                }
            }
        }
        for (i, sums) in sums.iter().enumerate() {
            let target = &mut self.out[(row + i) * out_stride + column..][..width];
            for (part, &sum) in target.chunks_mut(S::F32_LANES).zip(sums) {
                simd.partial_store_f32s(part, sum);
            }
        }
    }
}

#[inline(always)]
fn load<S: Simd, const V: usize>(simd: S, from: &[f32], into: &mut [S::f32s; V]) {
    let (whole, rest) = S::as_simd_f32s(from);
    if whole.len() == V {
        into.copy_from_slice(whole);
    } else {
        // Only a single vector is ever cut short.
        into[0] = simd.partial_load_f32s(rest);
    }
}
