//! Causal attention over sequences packed one after the other.

use super::attend::{BLOCK, Heads, Memory, Sequence, attend};
use super::{floats, with_floats};
use crate::checkpoint::Elements;
use crate::generate::Segment;
use crate::kernels::gemm::{Matrix, gemm};
use crate::kernels::{SharedMut, dot, exp_shifted};
use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};
use rayon::prelude::*;
use std::sync::{Arc, OnceLock};

/// `softmax(q kᵀ / √width) v` over the earlier tokens of the same sequence, for `q`, `[t, h, width]`,
/// and `k` and `v`, `[t, kv, width]`, where query head `i` reads key head `i · kv / h`.
///
/// `lengths` are the sequences that lie one after the other along `t`. Scores are held for 32 rows
/// at a time, never for all; the backward computes them again.
///
/// # Errors
/// Shapes that do not fit each other or `lengths`; tensors that are not contiguous f32.
///
/// # Source
/// Ainslie et al., "GQA" (arXiv 2305.13245); Dao et al., "FlashAttention" (arXiv 2205.14135), for the
/// backward from the log of the sum of exponentials.
pub fn attention(q: &Tensor, k: &Tensor, v: &Tensor, lengths: &Arc<[usize]>) -> Result<Tensor> {
    q.apply_op3(k, v, Attention { lengths: lengths.clone(), lse: Arc::default() })
}

struct Attention {
    lengths: Arc<[usize]>,
    /// Of the forward, for the backward: `[t, h]`.
    lse: Arc<OnceLock<Vec<f32>>>,
}

impl Attention {
    fn sequences(&self) -> Vec<Sequence> {
        let mut first = 0;
        let sequence = |&len: &usize| {
            let segments = vec![Segment { slot: first, len }];
            first += len;
            Sequence { first: first - len, len, start: 0, segments }
        };
        // An empty one would begin past the end of the batch.
        self.lengths.iter().filter(|&&len| len > 0).map(sequence).collect()
    }

    fn heads(&self, q: &[usize], k: &[usize], v: &[usize]) -> Result<Heads> {
        match Heads::of(q, k, v) {
            Some(heads) if q[0] == k[0] && q[0] == self.lengths.iter().sum::<usize>() => Ok(heads),
            _ => {
                candle_core::bail!("attention of {q:?} to {k:?} and {v:?} over {:?}", self.lengths)
            }
        }
    }
}

impl CustomOp3 for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(
        &self,
        q: &CpuStorage,
        q_layout: &Layout,
        k: &CpuStorage,
        k_layout: &Layout,
        v: &CpuStorage,
        v_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let heads = self.heads(q_layout.dims(), k_layout.dims(), v_layout.dims())?;
        let memory = Memory { keys: floats(k, k_layout)?, values: floats(v, v_layout)? };
        let (out, lse) = attend(heads, &self.sequences(), floats(q, q_layout)?, memory);
        // Set once: an operation of the graph runs forward once.
        let _ = self.lse.set(lse);
        Ok((CpuStorage::F32(out), q_layout.shape().clone()))
    }

    fn bwd(
        &self,
        q: &Tensor,
        k: &Tensor,
        v: &Tensor,
        out: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let heads = self.heads(q.dims(), k.dims(), v.dims())?;
        let Some(lse) = self.lse.get() else {
            candle_core::bail!("attention's backward before its forward");
        };
        let (mut dq, mut dk, mut dv) =
            (vec![0.0; q.elem_count()], vec![0.0; k.elem_count()], vec![0.0; v.elem_count()]);
        let gradient = gradient.contiguous()?;
        let targets = [&mut dq, &mut dk, &mut dv].map(|d| SharedMut::new(d));
        with_floats(q, |q| {
            with_floats(k, |k| {
                with_floats(v, |v| {
                    with_floats(out, |out| {
                        with_floats(&gradient, |dout| {
                            let known = Known { heads, q, k, v, out, dout, lse };
                            let sequences = self.sequences();
                            let jobs: Vec<_> = sequences
                                .iter()
                                .flat_map(|s| (0..heads.keys).map(move |head| (s, head)))
                                .collect();
                            jobs.par_iter()
                                .for_each(|(sequence, head)| known.head(sequence, *head, targets));
                        })
                    })
                })
            })
        })?????;
        let tensor = |d, like: &Tensor| Tensor::from_vec(d, like.shape(), like.device()).map(Some);
        Ok((tensor(dq, q)?, tensor(dk, k)?, tensor(dv, v)?))
    }
}

/// What the backward knows: the inputs, the output, its gradient and the forward's sums.
struct Known<'a> {
    heads: Heads,
    q: &'a [f32],
    k: &'a [f32],
    v: &'a [f32],
    out: &'a [f32],
    dout: &'a [f32],
    lse: &'a [f32],
}

impl Known<'_> {
    /// Gradients of one key head of one sequence. With `P` the attention weights and
    /// `δ = Σ dout·out` of a row: `dv = Pᵀ dout`, `dS = P ∘ (dout vᵀ − δ)`, `dq = dS k / √width`,
    /// `dk = dSᵀ q / √width`.
    fn head(&self, sequence: &Sequence, head: usize, [dq, dk, dv]: [SharedMut<'_>; 3]) {
        let Heads { queries, keys, width } = self.heads;
        let (group, stride) = (self.heads.group(), keys * width);
        let base = sequence.first * stride + head * width;
        let (k, v) = (&self.k[base..], &self.v[base..]);
        let mut dk_sum = vec![0.0; sequence.len * width];
        let mut dv_sum = vec![0.0; sequence.len * width];
        let (mut q, mut dout, mut out) = (Vec::new(), Vec::new(), Vec::new());
        let (mut p, mut ds, mut dq_block) = (Vec::new(), Vec::new(), Vec::new());
        for at in (0..sequence.len).step_by(BLOCK) {
            let tokens = at..(at + BLOCK).min(sequence.len);
            let (rows, n) = (tokens.len() * group, tokens.end);
            let absolute = sequence.first + tokens.start..sequence.first + tokens.end;
            self.heads.pack(self.q, absolute.clone(), head, &mut q);
            self.heads.pack(self.dout, absolute.clone(), head, &mut dout);
            self.heads.pack(self.out, absolute.clone(), head, &mut out);
            p.resize(rows * n, 0.0);
            ds.resize(rows * n, 0.0);
            dq_block.resize(rows * width, 0.0);
            dot((rows, n, width), &q, Elements::F32(k), &mut p, [width, stride, n]);
            dot((rows, n, width), &dout, Elements::F32(v), &mut ds, [width, stride, n]);
            for row in 0..rows {
                let token = tokens.start + row / group;
                let index = (sequence.first + token) * queries + head * group + row % group;
                let part = row * width..(row + 1) * width;
                let delta: f32 =
                    dout[part.clone()].iter().zip(&out[part]).map(|(a, b)| a * b).sum();
                let (p, ds) = (&mut p[row * n..][..n], &mut ds[row * n..][..n]);
                p[token + 1..].fill(0.0);
                ds[token + 1..].fill(0.0);
                exp_shifted(&mut p[..=token], self.heads.scale(), self.lse[index]);
                for (ds, p) in ds[..=token].iter_mut().zip(&p[..=token]) {
                    *ds = p * (*ds - delta) * self.heads.scale();
                }
            }
            let (p, ds) = (Matrix::new(&p[..], rows, n, n), Matrix::new(&ds[..], rows, n, n));
            let block = |data| Matrix::new(data, rows, width, width);
            let sum = |data| Matrix::new(data, n, width, width);
            gemm(sum(&mut dv_sum[..]), p.transposed(), block(&dout[..]), true, false);
            gemm(sum(&mut dk_sum[..]), ds.transposed(), block(&q[..]), true, false);
            let dq_part = Matrix::new(&mut dq_block[..], rows, width, width);
            gemm(dq_part, ds, Matrix::new(k, n, width, stride), false, false);
            for (row, part) in dq_block.chunks_exact(width).enumerate() {
                let index = (absolute.start + row / group) * queries + head * group + row % group;
                write(dq, index * width, part);
            }
        }
        for (token, (dk_row, dv_row)) in
            dk_sum.chunks_exact(width).zip(dv_sum.chunks_exact(width)).enumerate()
        {
            write(dk, base + token * stride, dk_row);
            write(dv, base + token * stride, dv_row);
        }
    }
}

fn write(target: SharedMut<'_>, at: usize, row: &[f32]) {
    // SAFETY: a token and head belong to one job.
    #[expect(unsafe_code, reason = "threads write rows of one tensor")]
    unsafe { target.row(at, row.len()) }.copy_from_slice(row);
}
