//! Attention of packed rows, and of new rows to a cache.

use super::base::Backend;
use super::launch_shape::{LaunchShape, spread};
use crate::Result;
use crate::cuda::launch::{Argument, Element, Launch};
use crate::cuda::memory::Array;
use crate::ops::heads::Heads;
use crate::ops::spans::{AttentionSlots, Pieces, TILE};

/// Most heads of a block of `decode_attention`.
const MOST_GROUP: usize = 4;

/// Inputs of the backward pass: queries, keys and values; results and the logarithms of their sums of
/// exponentials; the gradient of results, and its product with them.
type Known<'a> = ([&'a Array; 3], [&'a Array; 2], &'a Array, &'a Array);

/// Which positions the rows of a batch attend to: a [`AttentionSlots`] in the memory of the device.
#[derive(Debug)]
pub(crate) struct AttentionMetadata {
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

/// The tables of a batch with one new token of each sequence, which attends to a cache.
#[derive(Debug)]
pub(crate) struct DecodeTables {
    pub(crate) slots: Array,
    pub(crate) begin: Array,
    pub(crate) count: Array,
    pub(crate) skip: Array,
    pub(crate) prefixes: Array,
}

impl AttentionMetadata {
    /// Attention metadata for a batch of a shape, over buffers that exist already.
    pub(crate) fn of_cache(
        tables: DecodeTables,
        LaunchShape { rows: count, longest, together, .. }: LaunchShape,
    ) -> Self {
        let DecodeTables { slots, begin, count: of_rows, skip, prefixes } = tables;
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

impl Backend {
    /// Copies a view to the device.
    pub(crate) fn attention_metadata(&self, view: &AttentionSlots) -> Result<AttentionMetadata> {
        let Pieces { pieces, tiles } = view.pieces();
        let LaunchShape { rows, longest, together, .. } = LaunchShape::of(view);
        Ok(AttentionMetadata {
            slots: self.upload_u32(&view.slots)?,
            begin: self.upload_u32(&view.begin)?,
            count: self.upload_u32(&view.count)?,
            last: self.upload_u32(&view.last)?,
            tiles: self.upload_u32(view.tiles.as_flattened())?,
            pieces: [
                self.upload_u32(pieces.as_flattened())?,
                self.upload_u32(tiles.as_flattened())?,
            ],
            prefixes: self.upload_u32(view.prefixes.as_flattened())?,
            skip: self.upload_u32(&view.skip)?,
            together,
            rows,
            longest,
        })
    }

    /// Whether there are tensor-core kernels for these heads.
    pub(super) fn has_tensor_cores(&self, heads: Heads) -> bool {
        self.element == Element::Bf16 && [64, 128].contains(&heads.width)
    }

    /// Attention of packed rows, and the logarithm of each query's sum of exponentials.
    pub(crate) fn attention(
        &self,
        [q, k, v]: [&Array; 3],
        metadata: &AttentionMetadata,
        heads: Heads,
    ) -> Result<[Array; 2]> {
        let n = metadata.rows * heads.queries;
        let (out, lse) = (self.empty(q.len())?, self.empty_f32(n)?);
        if self.has_tensor_cores(heads) {
            let arrays = [q, k, v, &metadata.tiles, &out, &lse];
            self.launch_tiles("flash_attention", &arrays, metadata, heads)?;
        } else {
            let launch = Launch::warps("attention", self.element, n);
            let arrays = [q, k, v, &metadata.slots, &metadata.begin, &metadata.count, &out, &lse];
            self.launch_sized(launch, &arrays, metadata.rows, heads)?;
        }
        Ok([out, lse])
    }

    /// Gradients of queries, keys and values.
    pub(crate) fn attention_backward(
        &self,
        inputs: [&Array; 3],
        outputs: [&Array; 2],
        dout: &Array,
        metadata: &AttentionMetadata,
        heads: Heads,
    ) -> Result<[Array; 3]> {
        let [q, k, v] = inputs;
        let gradients = [self.empty(q.len())?, self.empty(k.len())?, self.empty(v.len())?];
        let delta = self.empty_f32(metadata.rows * heads.queries)?;
        let known = (inputs, outputs, dout, &delta);
        match self.has_tensor_cores(heads) {
            true => self.flash_backward(known, &gradients, metadata, heads)?,
            false => self.plain_backward(known, &gradients, metadata, heads)?,
        }
        Ok(gradients)
    }

    fn plain_backward(
        &self,
        ([q, k, v], [_, lse], dout, delta): Known<'_>,
        [dq, dk, dv]: &[Array; 3],
        metadata: &AttentionMetadata,
        heads: Heads,
    ) -> Result<()> {
        let AttentionMetadata { slots, begin, count, last, rows, .. } = metadata;
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
        metadata: &AttentionMetadata,
        heads: Heads,
    ) -> Result<()> {
        let n = metadata.rows * heads.queries;
        let launch = Launch::warps("flash_delta", self.element, n);
        self.launch(launch, &[out, dout, delta], [n.into(), heads.width.into()])?;
        let arrays = [q, k, v, &metadata.tiles, dout, lse, delta, dq];
        self.launch_tiles("flash_backward_query", &arrays, metadata, heads)?;
        let [pieces, tiles] = &metadata.pieces;
        let len = pieces.len() / 4 * heads.keys * TILE * heads.width;
        let (of_keys, of_values) = (self.empty_f32(len)?, self.empty_f32(len)?);
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
        metadata: &AttentionMetadata,
        heads: Heads,
    ) -> Result<()> {
        let blocks = [metadata.tiles.len() as u32 / 6, heads.queries as u32, 1];
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
        metadata: &AttentionMetadata,
        heads: Heads,
    ) -> Result<Array> {
        let Heads { queries, width, .. } = heads;
        let n = metadata.rows * queries;
        let (shares, [parts, sums]) = match self.has_tensor_cores(heads) {
            true => self.decode(q, [k, v], metadata, heads)?,
            false => self.plain_cached(q, [k, v], metadata, heads)?,
        };
        let out = self.empty(q.len())?;
        let launch = self.rows("merge_shares", n);
        self.launch(launch, &[&parts, &sums, &out], [width.into(), shares.into()])?;
        Ok(out)
    }

    /// Number of shares of the positions, `more` included, and memory for the result of each.
    fn shares(
        &self,
        metadata: &AttentionMetadata,
        heads: Heads,
        more: usize,
    ) -> Result<(usize, [Array; 2])> {
        let Heads { queries, width, .. } = heads;
        let shares = spread(metadata.rows, metadata.longest, heads) + more;
        let parts = metadata.rows * queries * shares;
        Ok((shares, [self.empty_f32(parts * width)?, self.empty_f32(2 * parts)?]))
    }

    fn plain_cached(
        &self,
        q: &Array,
        [k, v]: [&Array; 2],
        metadata: &AttentionMetadata,
        heads: Heads,
    ) -> Result<(usize, [Array; 2])> {
        let Heads { queries, keys, width } = heads;
        let (shares, [parts, sums]) = self.shares(metadata, heads, 0)?;
        let launch = self
            .rows("cached_attention", metadata.rows)
            .with_grid([metadata.rows as u32, keys as u32, shares as u32])
            .with_threads(32 * (queries / keys) as u32);
        let arrays = [q, k, v, &metadata.slots, &metadata.begin, &metadata.count, &parts, &sums];
        let sizes = [queries, keys, width, shares].map(Argument::from);
        self.launch(launch, &arrays, sizes)?;
        Ok((shares, [parts, sums]))
    }

    /// Prompts shared by several rows are read once for all of them, as the last split of each row.
    fn decode(
        &self,
        q: &Array,
        [k, v]: [&Array; 2],
        metadata: &AttentionMetadata,
        heads: Heads,
    ) -> Result<(usize, [Array; 2])> {
        let Heads { queries, keys, width } = heads;
        let (shares, [parts, sums]) = self.shares(metadata, heads, 1)?;
        let group = queries / keys;
        let blocks = (keys * group.div_ceil(MOST_GROUP)) as u32;
        let launch = self.rows("decode_attention", metadata.rows);
        let launch = launch.with_grid([metadata.rows as u32, blocks, shares as u32 - 1]);
        let AttentionMetadata { slots, begin, count, skip, prefixes, .. } = metadata;
        let arrays = [q, k, v, slots, begin, count, skip, &parts, &sums];
        let sizes = [queries, keys, width, shares].map(Argument::from);
        self.launch(launch, &arrays, sizes.clone())?;
        if !prefixes.is_empty() {
            let tiles = (metadata.together * group).div_ceil(TILE) as u32;
            let launch = self.rows("prefix_attention", 1);
            let launch = launch.with_grid([prefixes.len() as u32 / 4, keys as u32, tiles]);
            self.launch(launch, &[q, k, v, slots, prefixes, &parts, &sums], sizes)?;
        }
        Ok((shares, [parts, sums]))
    }
}
