//! Causal attention over sequences packed one after the other.

use super::attend::{AttendedSequence, BLOCK, KeysValues, attend};
use super::heads::Heads;
use super::spans::{Span, Spans};
use crate::checkpoint::Elements;
use crate::kernels::gemm::{Matrix, gemm};
use crate::kernels::{SharedMut, dot, exp_shifted};
use crate::tensor::Segment;
use crate::tensor::{floats, with_floats};
use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};
use rayon::prelude::*;
use std::sync::{Arc, OnceLock};

/// `softmax(q kᵀ / √width) v` over the earlier tokens of the same sequence, for `q`, `[t, h, width]`,
/// and `k` and `v`, `[t, kv, width]`, where query head `i` reads key head `i · kv / h`.
///
/// `spans` are the sequences that lie one after the other along `t`; completions that share a prompt
/// read its keys and values, which are there once. Scores are held for 32 rows at a time, never for
/// all; the backward computes them again.
///
/// # Errors
/// Shapes that do not fit each other or `spans`; tensors that are not contiguous f32.
///
/// # Source
/// Ainslie et al., "GQA" (arXiv 2305.13245); Dao et al., "FlashAttention" (arXiv 2205.14135), for the
/// backward from the log of the sum of exponentials.
pub fn attention(q: &Tensor, k: &Tensor, v: &Tensor, spans: &Spans) -> Result<Tensor> {
    q.apply_op3(k, v, Attention { spans: spans.clone(), lse: Arc::default() })
}

struct Attention {
    spans: Spans,
    /// Of the forward, for the backward: `[t, h]`.
    lse: Arc<OnceLock<Vec<f32>>>,
}

impl Attention {
    /// Every span as a separate sequence, which may begin with the rows of a trunk.
    fn sequences(&self) -> Vec<AttendedSequence> {
        let of_tree = |tree: &Vec<Span>| {
            let trunk = tree[0];
            tree.clone().into_iter().map(move |Span { first, len, shared }| {
                let mut segments = vec![Segment { slot: first, len }];
                if shared > 0 {
                    segments.insert(0, Segment { slot: trunk.first, len: shared });
                }
                AttendedSequence { first, len, start: shared, segments }
            })
        };
        self.spans.each_tree().iter().flat_map(of_tree).collect()
    }

    fn heads(&self, q: &[usize], k: &[usize], v: &[usize]) -> Result<Heads> {
        match Heads::of(q, k, v) {
            Some(heads) if q[0] == k[0] => {
                self.spans.check(q[0])?;
                Ok(heads)
            }
            _ => candle_core::bail!("attention of {q:?} to {k:?} and {v:?}"),
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
        let memory = KeysValues { keys: floats(k, k_layout)?, values: floats(v, v_layout)? };
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
                            let trees = self.spans.each_tree().iter();
                            let jobs: Vec<_> = trees
                                .flat_map(|tree| (0..heads.keys).map(move |head| (tree, head)))
                                .collect();
                            jobs.par_iter().for_each_init(Room::default, |room, (tree, head)| {
                                known.tree(tree, *head, room, targets);
                            });
                        })
                    })
                })
            })
        })?????;
        let tensor = |d, like: &Tensor| Tensor::from_vec(d, like.shape(), like.device()).map(Some);
        Ok((tensor(dq, q)?, tensor(dk, k)?, tensor(dv, v)?))
    }
}

/// Inputs of the backward pass: the forward's inputs, output and sums, and the output's gradient.
struct Known<'a> {
    heads: Heads,
    q: &'a [f32],
    k: &'a [f32],
    v: &'a [f32],
    out: &'a [f32],
    dout: &'a [f32],
    lse: &'a [f32],
}

/// Buffers of a thread: keys, values and their gradients of one sequence and head, `[n, width]` each,
/// and what a block of queries needs.
#[derive(Default)]
struct Room {
    k: Vec<f32>,
    v: Vec<f32>,
    dk: Vec<f32>,
    dv: Vec<f32>,
    q: Vec<f32>,
    out: Vec<f32>,
    dout: Vec<f32>,
    p: Vec<f32>,
    ds: Vec<f32>,
    dq: Vec<f32>,
}

impl Known<'_> {
    /// Gradients of one key head of a trunk and its branches. The trunk's keys and values are read by
    /// all of them, and theirs are the sums over all.
    fn tree(&self, tree: &[Span], head: usize, room: &mut Room, [dq, dk, dv]: [SharedMut<'_>; 3]) {
        let Heads { keys, width, .. } = self.heads;
        let (stride, trunk) = (keys * width, tree[0].len);
        let longest = trunk + tree[1..].iter().map(|branch| branch.len).max().unwrap_or(0);
        for buffer in [&mut room.k, &mut room.v, &mut room.dk, &mut room.dv] {
            buffer.clear();
            buffer.resize(longest * width, 0.0);
        }
        for span in tree {
            let own = span.shared * width..(span.shared + span.len) * width;
            let at = |row: usize| (span.first + row) * stride + head * width;
            for (from, to) in [(self.k, &mut room.k), (self.v, &mut room.v)] {
                for (row, to) in to[own.clone()].chunks_exact_mut(width).enumerate() {
                    to.copy_from_slice(&from[at(row)..][..width]);
                }
            }
            self.span(span, head, room, dq);
            if span.shared == 0 {
                continue;
            }
            for (from, to) in [(&mut room.dk, dk), (&mut room.dv, dv)] {
                for (row, from) in from[own.clone()].chunks_exact_mut(width).enumerate() {
                    write(to, at(row), from);
                    from.fill(0.0);
                }
            }
        }
        for (from, to) in [(&room.dk, dk), (&room.dv, dv)] {
            for (row, from) in from[..trunk * width].chunks_exact(width).enumerate() {
                write(to, (tree[0].first + row) * stride + head * width, from);
            }
        }
    }

    /// Gradients of the queries of a span, and what they add to those of keys and values. With `P` the
    /// attention weights and `δ = Σ dout·out` of a row: `dv = Pᵀ dout`, `dS = P ∘ (dout vᵀ − δ)`,
    /// `dq = dS k / √width`, `dk = dSᵀ q / √width`.
    fn span(&self, span: &Span, head: usize, room: &mut Room, dq: SharedMut<'_>) {
        let Heads { queries, width, .. } = self.heads;
        let group = self.heads.group();
        let Room { k, v, dk, dv, q, out, dout, p, ds, dq: dq_block } = room;
        for at in (0..span.len).step_by(BLOCK) {
            let tokens = at..(at + BLOCK).min(span.len);
            let (rows, n) = (tokens.len() * group, span.shared + tokens.end);
            let absolute = span.first + tokens.start..span.first + tokens.end;
            self.heads.pack(self.q, absolute.clone(), head, q);
            self.heads.pack(self.dout, absolute.clone(), head, dout);
            self.heads.pack(self.out, absolute.clone(), head, out);
            p.resize(rows * n, 0.0);
            ds.resize(rows * n, 0.0);
            dq_block.resize(rows * width, 0.0);
            dot((rows, n, width), q, Elements::F32(k), p, [width, width, n]);
            dot((rows, n, width), dout, Elements::F32(v), ds, [width, width, n]);
            for row in 0..rows {
                let token = absolute.start + row / group;
                let last = span.shared + tokens.start + row / group;
                let index = token * queries + head * group + row % group;
                let part = row * width..(row + 1) * width;
                let delta: f32 =
                    dout[part.clone()].iter().zip(&out[part]).map(|(a, b)| a * b).sum();
                let (p, ds) = (&mut p[row * n..][..n], &mut ds[row * n..][..n]);
                p[last + 1..].fill(0.0);
                ds[last + 1..].fill(0.0);
                exp_shifted(&mut p[..=last], self.heads.scale(), self.lse[index]);
                for (ds, p) in ds[..=last].iter_mut().zip(&p[..=last]) {
                    *ds = p * (*ds - delta) * self.heads.scale();
                }
            }
            let (p, ds) = (Matrix::new(&p[..], rows, n, n), Matrix::new(&ds[..], rows, n, n));
            let block = |data| Matrix::new(data, rows, width, width);
            let sum = |data| Matrix::new(data, n, width, width);
            gemm(sum(&mut dv[..]), p.transposed(), block(&dout[..]), true, false);
            gemm(sum(&mut dk[..]), ds.transposed(), block(&q[..]), true, false);
            let dq_part = Matrix::new(&mut dq_block[..], rows, width, width);
            gemm(dq_part, ds, Matrix::new(&k[..], n, width, width), false, false);
            for (row, part) in dq_block.chunks_exact(width).enumerate() {
                let index = (absolute.start + row / group) * queries + head * group + row % group;
                write(dq, index * width, part);
            }
        }
    }
}

fn write(target: SharedMut<'_>, at: usize, row: &[f32]) {
    // SAFETY: a token and head belong to one job.
    #[expect(unsafe_code, reason = "threads write rows of one tensor")]
    unsafe { target.row(at, row.len()) }.copy_from_slice(row);
}
