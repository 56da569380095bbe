//! Attention of packed rows, and of new rows to a cache.

use super::{Place, Shape};
use crate::Result;
use crate::cuda::launch::{Argument, Element, Launch};
use crate::cuda::memory::Array;
use crate::ops::spans::{Pieces, TILE, View};

/// Blocks that keep a large GPU busy.
const BUSY: usize = 1024;
/// Fewest positions that are worth a block of their own in the attention to a cache.
pub(super) const SHARE: usize = 64;
/// Most heads of a block of `decode_attention`.
const MOST_GROUP: usize = 4;

/// What is known where attention goes back: queries, keys and values; results and the logarithms of
/// their sums; the gradient of results, and its product with them.
type Known<'a> = ([&'a Array; 3], [&'a Array; 2], &'a Array, &'a Array);

/// Heads of queries, heads of keys and values, and their width.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heads {
    pub(crate) queries: usize,
    pub(crate) keys: usize,
    pub(crate) width: usize,
}

/// What the rows of a batch see, see [`View`].
#[derive(Debug)]
pub(crate) struct Seen {
    slots: Array,
    begin: Array,
    count: Array,
    last: Array,
    tiles: Array,
    /// [`Pieces`], and the tiles that they are of.
    pieces: [Array; 2],
    prefixes: Array,
    skip: Array,
    /// Most rows that share a prefix.
    together: usize,
    rows: usize,
    longest: usize,
}

/// What the rows of a batch of one new token each see of a cache.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) slots: Array,
    pub(crate) begin: Array,
    pub(crate) count: Array,
    pub(crate) skip: Array,
    pub(crate) prefixes: Array,
}

/// The largest of some counts, at least 1.
fn most(counts: impl Iterator<Item = u32>) -> usize {
    counts.max().map_or(1, |most| most.max(1) as usize)
}

/// Shares of the positions, so that there are blocks for all of a GPU.
pub(super) fn spread(rows: usize, longest: usize, heads: Heads) -> usize {
    BUSY.div_ceil(rows * heads.keys).min(longest.div_ceil(SHARE)).max(1)
}

impl Shape {
    /// That of a batch of one new token each.
    pub(crate) fn of(view: &View) -> Self {
        Self {
            rows: view.count.len(),
            longest: most(view.count.iter().copied()),
            prefixes: view.prefixes.len(),
            together: most(view.prefixes.iter().map(|prefix| prefix[1])),
        }
    }
}

impl Seen {
    /// What the rows of a batch of a shape see, which lies in memory already.
    pub(crate) fn of_cache(
        rows: Rows,
        Shape { rows: count, longest, together, .. }: Shape,
    ) -> Self {
        let Rows { slots, begin, count: of_rows, skip, prefixes } = rows;
        let none = || begin.part(0..0);
        let (last, tiles, pieces) = (none(), none(), [none(), none()]);
        Self {
            slots,
            last,
            tiles,
            pieces,
            begin,
            count: of_rows,
            prefixes,
            skip,
            together,
            rows: count,
            longest,
        }
    }
}

impl Place {
    /// What the rows of a batch see.
    pub(crate) fn seen(&self, view: &View) -> Result<Seen> {
        let Pieces { pieces, tiles } = view.pieces();
        let Shape { rows, longest, together, .. } = Shape::of(view);
        Ok(Seen {
            slots: self.counts(&view.slots)?,
            begin: self.counts(&view.begin)?,
            count: self.counts(&view.count)?,
            last: self.counts(&view.last)?,
            tiles: self.counts(view.tiles.as_flattened())?,
            pieces: [self.counts(pieces.as_flattened())?, self.counts(tiles.as_flattened())?],
            prefixes: self.counts(view.prefixes.as_flattened())?,
            skip: self.counts(&view.skip)?,
            together,
            rows,
            longest,
        })
    }

    /// Whether kernels for tensor cores are for such heads.
    pub(super) fn has_tensor_cores(&self, heads: Heads) -> bool {
        self.element == Element::Bf16 && [64, 128].contains(&heads.width)
    }

    /// Attention of packed rows, and the logarithm of each query's sum of exponentials.
    pub(crate) fn attention(
        &self,
        [q, k, v]: [&Array; 3],
        seen: &Seen,
        heads: Heads,
    ) -> Result<[Array; 2]> {
        let n = seen.rows * heads.queries;
        let (out, lse) = (self.blank(q.len())?, self.blank_floats(n)?);
        if self.has_tensor_cores(heads) {
            let arrays = [q, k, v, &seen.tiles, &out, &lse];
            self.launch_tiles("flash_attention", &arrays, seen, heads)?;
        } else {
            let launch = Launch::warps("attention", self.element, n);
            let arrays = [q, k, v, &seen.slots, &seen.begin, &seen.count, &out, &lse];
            self.launch_sized(launch, &arrays, seen.rows, heads)?;
        }
        Ok([out, lse])
    }

    /// Gradients of queries, keys and values.
    pub(crate) fn attention_backward(
        &self,
        inputs: [&Array; 3],
        outputs: [&Array; 2],
        dout: &Array,
        seen: &Seen,
        heads: Heads,
    ) -> Result<[Array; 3]> {
        let [q, k, v] = inputs;
        let gradients = [self.blank(q.len())?, self.blank(k.len())?, self.blank(v.len())?];
        let delta = self.blank_floats(seen.rows * heads.queries)?;
        let known = (inputs, outputs, dout, &delta);
        match self.has_tensor_cores(heads) {
            true => self.flash_backward(known, &gradients, seen, heads)?,
            false => self.plain_backward(known, &gradients, seen, heads)?,
        }
        Ok(gradients)
    }

    fn plain_backward(
        &self,
        ([q, k, v], [_, lse], dout, delta): Known<'_>,
        [dq, dk, dv]: &[Array; 3],
        seen: &Seen,
        heads: Heads,
    ) -> Result<()> {
        let Seen { slots, begin, count, last, rows, .. } = seen;
        let n = rows * heads.queries;
        let launch = Launch::warps("attention_backward_query", self.element, n);
        let arrays = [q, k, v, slots, begin, count, dout, lse, dq, delta];
        self.launch_sized(launch, &arrays, *rows, heads)?;
        let launch = Launch::warps("attention_backward_key", self.element, rows * heads.keys);
        let arrays = [q, k, v, last, dout, lse, delta, dk, dv];
        self.launch_sized(launch, &arrays, *rows, heads)
    }

    fn flash_backward(
        &self,
        ([q, k, v], [out, lse], dout, delta): Known<'_>,
        [dq, dk, dv]: &[Array; 3],
        seen: &Seen,
        heads: Heads,
    ) -> Result<()> {
        let n = seen.rows * heads.queries;
        let launch = Launch::warps("flash_delta", self.element, n);
        self.launch(launch, &[out, dout, delta], [n.into(), heads.width.into()])?;
        let arrays = [q, k, v, &seen.tiles, dout, lse, delta, dq];
        self.launch_tiles("flash_backward_query", &arrays, seen, heads)?;
        let [pieces, tiles] = &seen.pieces;
        let len = pieces.len() / 4 * heads.keys * TILE * heads.width;
        let (of_keys, of_values) = (self.blank_floats(len)?, self.blank_floats(len)?);
        let blocks = [pieces.len() as u32 / 4, heads.keys as u32, 1];
        let launch = self.rows("flash_backward_key", 1).with_grid(blocks);
        let arrays = [q, k, v, pieces, dout, lse, delta, &of_keys, &of_values];
        let sizes = [heads.queries, heads.keys, heads.width].map(Argument::from);
        self.launch(launch, &arrays, sizes)?;
        let blocks = [tiles.len() as u32 / 4, heads.keys as u32, 1];
        let launch = self.rows("flash_sum_pieces", 1).with_grid(blocks);
        let sizes = [heads.keys, heads.width].map(Argument::from);
        self.launch(launch, &[tiles, &of_keys, &of_values, dk, dv], sizes)
    }

    /// A launch of one block for each tile of rows of each head of queries.
    fn launch_tiles(
        &self,
        kernel: &'static str,
        arrays: &[&Array],
        seen: &Seen,
        heads: Heads,
    ) -> Result<()> {
        let blocks = [seen.tiles.len() as u32 / 6, heads.queries as u32, 1];
        let launch = self.rows(kernel, 1).with_grid(blocks);
        let sizes = [heads.queries, heads.keys, heads.width].map(Argument::from);
        self.launch(launch, arrays, sizes)
    }

    fn launch_sized(
        &self,
        launch: Launch,
        arrays: &[&Array],
        rows: usize,
        heads: Heads,
    ) -> Result<()> {
        let sizes = [rows, heads.queries, heads.keys, heads.width].map(Argument::from);
        self.launch(launch, arrays, sizes)
    }

    /// Attention of new rows to a cache of keys and values.
    pub(crate) fn cached_attention(
        &self,
        q: &Array,
        [k, v]: [&Array; 2],
        seen: &Seen,
        heads: Heads,
    ) -> Result<Array> {
        let Heads { queries, width, .. } = heads;
        let n = seen.rows * queries;
        let (shares, [parts, sums]) = match self.has_tensor_cores(heads) {
            true => self.decode(q, [k, v], seen, heads)?,
            false => self.plain_cached(q, [k, v], seen, heads)?,
        };
        let out = self.blank(q.len())?;
        let launch = self.rows("merge_shares", n);
        self.launch(launch, &[&parts, &sums, &out], [width.into(), shares.into()])?;
        Ok(out)
    }

    /// Shares of the positions and some more, and what each comes to.
    fn shares(&self, seen: &Seen, heads: Heads, more: usize) -> Result<(usize, [Array; 2])> {
        let Heads { queries, width, .. } = heads;
        let shares = spread(seen.rows, seen.longest, heads) + more;
        let parts = seen.rows * queries * shares;
        Ok((shares, [self.blank_floats(parts * width)?, self.blank_floats(2 * parts)?]))
    }

    fn plain_cached(
        &self,
        q: &Array,
        [k, v]: [&Array; 2],
        seen: &Seen,
        heads: Heads,
    ) -> Result<(usize, [Array; 2])> {
        let Heads { queries, keys, width } = heads;
        let (shares, [parts, sums]) = self.shares(seen, heads, 0)?;
        let launch = self
            .rows("cached_attention", seen.rows)
            .with_grid([seen.rows as u32, keys as u32, shares as u32])
            .with_threads(32 * (queries / keys) as u32);
        let arrays = [q, k, v, &seen.slots, &seen.begin, &seen.count, &parts, &sums];
        let sizes = [queries, keys, width, shares].map(Argument::from);
        self.launch(launch, &arrays, sizes)?;
        Ok((shares, [parts, sums]))
    }

    /// The prompts that several rows share are read once for all of them: the last share of each row.
    fn decode(
        &self,
        q: &Array,
        [k, v]: [&Array; 2],
        seen: &Seen,
        heads: Heads,
    ) -> Result<(usize, [Array; 2])> {
        let Heads { queries, keys, width } = heads;
        let (shares, [parts, sums]) = self.shares(seen, heads, 1)?;
        let group = queries / keys;
        let blocks = (keys * group.div_ceil(MOST_GROUP)) as u32;
        let launch = self.rows("decode_attention", seen.rows);
        let launch = launch.with_grid([seen.rows as u32, blocks, shares as u32 - 1]);
        let Seen { slots, begin, count, skip, prefixes, .. } = seen;
        let arrays = [q, k, v, slots, begin, count, skip, &parts, &sums];
        let sizes = [queries, keys, width, shares].map(Argument::from);
        self.launch(launch, &arrays, sizes.clone())?;
        if !prefixes.is_empty() {
            let tiles = (seen.together * group).div_ceil(TILE) as u32;
            let launch = self.rows("prefix_attention", 1);
            let launch = launch.with_grid([prefixes.len() as u32 / 4, keys as u32, tiles]);
            self.launch(launch, &[q, k, v, slots, prefixes, &parts, &sums], sizes)?;
        }
        Ok((shares, [parts, sums]))
    }
}
