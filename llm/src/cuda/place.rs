//! Where a network is, and the operations there: each is the launch of a kernel on arrays.

use super::launch::{Argument, Element, Launch};
use super::memory::{Array, Device, Kind, Product};
use crate::Result;
use crate::checkpoint::Elements;
use crate::ops::embedding::Gathered;
use crate::ops::spans::{Pieces, TILE, View};
use half::bf16;
use std::sync::Arc;

/// Blocks that keep a large GPU busy.
const BUSY: usize = 1024;
/// Fewest positions that are worth a block of their own in the attention to a cache.
const SHARE: usize = 64;
/// Rows whose part of a sum over rows is worth a thread of its own, and most such parts.
const SLICE: usize = 64;
const MOST_SLICES: usize = 256;

/// Most heads of a block of `decode_attention`.
const MOST_GROUP: usize = 4;

/// What is known where attention goes back: queries, keys and values; results and the logarithms of
/// their sums; the gradient of results, and its product with them.
type Known<'a> = ([&'a Array; 3], [&'a Array; 2], &'a Array, &'a Array);

/// A device, and the type of weights and activations on it.
#[derive(Debug, Clone)]
pub struct Place {
    device: Arc<dyn Device>,
    element: Element,
}

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

/// The angles of the rows of a batch.
#[derive(Debug)]
pub(crate) struct Angles {
    /// Cosine and sine of every position.
    pub(crate) cos: Array,
    pub(crate) sin: Array,
    /// Positions of the rows.
    pub(crate) positions: Array,
}

/// A norm's weight, and what is added to the mean square.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Norm<'a> {
    pub(crate) weight: &'a Array,
    pub(crate) eps: f32,
}

/// The largest of some counts, at least 1.
fn most(counts: impl Iterator<Item = u32>) -> usize {
    counts.max().map_or(1, |most| most.max(1) as usize)
}

/// Threads that share a row of so many numbers.
fn threads(width: usize) -> u32 {
    (width.div_ceil(4).next_multiple_of(32) as u32).clamp(32, 512)
}

impl Place {
    /// A device, and the type of weights and activations on it.
    pub fn new(device: Arc<dyn Device>, element: Element) -> Self {
        Self { device, element }
    }

    /// The device.
    pub fn device(&self) -> &Arc<dyn Device> {
        &self.device
    }

    /// The type of weights and activations.
    pub fn element(&self) -> Element {
        self.element
    }

    /// A copy of numbers of the host in a type.
    ///
    /// # Errors
    /// No room, or a device that does not answer.
    pub fn array(&self, kind: Kind, numbers: &[f32]) -> Result<Array> {
        self.upload(Elements::F32(numbers), kind)
    }

    /// As many numbers, those of a block again and again.
    ///
    /// # Errors
    /// As [`array`](Self::array).
    pub fn repeat(&self, block: &Array, len: usize) -> Result<Array> {
        let array = Array::new(&self.device, block.kind(), len)?;
        for at in (0..len).step_by(block.len().max(1)) {
            let part = block.len().min(len - at);
            block.part(0..part).copy_to(&array.part(at..at + part))?;
        }
        Ok(array)
    }

    /// Activations that hold anything.
    pub(crate) fn blank(&self, len: usize) -> Result<Array> {
        Array::new(&self.device, self.element.into(), len)
    }

    /// Numbers in single precision that hold anything.
    pub(crate) fn blank_floats(&self, len: usize) -> Result<Array> {
        Array::new(&self.device, Kind::F32, len)
    }

    /// Zeros in single precision.
    pub(crate) fn zeros(&self, len: usize) -> Result<Array> {
        Array::zeros(&self.device, Kind::F32, len)
    }

    /// A copy of numbers of the host, in single precision.
    pub(crate) fn floats(&self, numbers: &[f32]) -> Result<Array> {
        Array::from_host(&self.device, numbers)
    }

    /// A copy of counts of the host.
    pub(crate) fn counts(&self, counts: &[u32]) -> Result<Array> {
        Array::from_host(&self.device, counts)
    }

    /// A copy of numbers of the host in a type.
    pub(crate) fn upload(&self, numbers: Elements<'_>, kind: Kind) -> Result<Array> {
        match (numbers, kind) {
            (Elements::Bf16(numbers), Kind::Bf16) => Array::from_host(&self.device, numbers),
            (Elements::F32(numbers), Kind::F32) => self.floats(numbers),
            (numbers, Kind::Bf16) => {
                let narrow: Vec<bf16> =
                    numbers.to_f32().iter().map(|&x| bf16::from_f32(x)).collect();
                Array::from_host(&self.device, &narrow)
            }
            (numbers, _) => self.floats(&numbers.to_f32()),
        }
    }

    /// What the rows of a batch see.
    pub(crate) fn seen(&self, view: &View) -> Result<Seen> {
        let Pieces { pieces, tiles } = view.pieces();
        Ok(Seen {
            slots: self.counts(&view.slots)?,
            begin: self.counts(&view.begin)?,
            count: self.counts(&view.count)?,
            last: self.counts(&view.last)?,
            tiles: self.counts(view.tiles.as_flattened())?,
            pieces: [self.counts(pieces.as_flattened())?, self.counts(tiles.as_flattened())?],
            prefixes: self.counts(view.prefixes.as_flattened())?,
            skip: self.counts(&view.skip)?,
            together: most(view.prefixes.iter().map(|prefix| prefix[1])),
            rows: view.count.len(),
            longest: most(view.count.iter().copied()),
        })
    }

    fn launch<const N: usize>(&self, launch: Launch, arguments: [Argument; N]) -> Result<()> {
        self.device.launch(&launch.with(arguments))
    }

    fn rows(&self, kernel: &'static str, rows: usize) -> Launch {
        Launch::rows(kernel, self.element, rows)
    }

    fn elements(&self, kernel: &'static str, n: usize) -> Launch {
        Launch::elements(kernel, self.element, n)
    }

    /// Single precision as activations.
    pub(crate) fn narrow(&self, x: Array) -> Result<Array> {
        if self.element == Element::F32 {
            return Ok(x);
        }
        let y = self.blank(x.len())?;
        self.narrow_into(&x, &y)?;
        Ok(y)
    }

    /// Single precision as activations that are there.
    pub(crate) fn narrow_into(&self, x: &Array, y: &Array) -> Result<()> {
        let n = Argument::U64(x.len() as u64);
        self.launch(self.elements("narrow", x.len()), [x.into(), y.into(), n])
    }

    /// `y = x · wᵀ` for rows `x` and a weight `[n, k]`.
    pub(crate) fn linear(&self, x: &Array, w: &Array, [n, k]: [usize; 2]) -> Result<Array> {
        let y = self.blank(x.len() / k * n)?;
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
            a.len() == m * k && b.len() == k * n && out.len() == m * n && a.kind() == b.kind(),
            "[{m}, {k}] × [{k}, {n}] of {}, {} and {}",
            a.len(),
            b.len(),
            out.len()
        );
        self.device.product(&Product {
            out: (out.address(), out.kind()),
            a: a.address(),
            b: b.address(),
            kind: a.kind(),
            sizes,
            transposed,
            scale,
            keep,
        })
    }

    pub(crate) fn rms_norm(&self, x: &Array, norm: Norm<'_>) -> Result<Array> {
        let Norm { weight, eps } = norm;
        let (width, y) = (weight.len(), self.blank(x.len())?);
        let launch = self.rows("rms_norm", x.len() / width).with_threads(threads(width));
        self.launch(launch, [x.into(), weight.into(), (&y).into(), width.into(), eps.into()])?;
        Ok(y)
    }

    /// The gradient of a norm's input, added to `dx` where so asked, and that of its weight added to
    /// `sum`.
    pub(crate) fn rms_norm_backward(
        &self,
        x: &Array,
        Norm { weight, eps }: Norm<'_>,
        dy: &Array,
        (dx, add): (&Array, bool),
        sum: Option<Array>,
    ) -> Result<()> {
        let (width, rows) = (weight.len(), x.len() / weight.len());
        let inverse = self.blank_floats(rows)?;
        let launch = self.rows("rms_norm_backward", rows).with_threads(threads(width));
        let arrays = [x.into(), weight.into(), dy.into(), dx.into(), (&inverse).into()];
        let [a, b, c, d, e]: [Argument; 5] = arrays;
        let add = usize::from(add).into();
        self.launch(launch, [a, b, c, d, e, width.into(), eps.into(), add])?;
        let Some(sum) = sum else { return Ok(()) };
        let inputs = [x.into(), dy.into(), (&inverse).into()];
        self.sum_over_rows("rms_norm_backward_weight", inputs, rows, &sum)
    }

    /// Adds a sum over rows, which a kernel computes in slices.
    fn sum_over_rows<const N: usize>(
        &self,
        kernel: &'static str,
        inputs: [Argument; N],
        rows: usize,
        sum: &Array,
    ) -> Result<()> {
        let width = sum.len();
        let slices = rows.div_ceil(SLICE).clamp(1, MOST_SLICES);
        let parts = self.blank_floats(slices * width)?;
        let launch = Launch::columns(kernel, self.element, width);
        let grid = [launch.grid[0], slices as u32, 1];
        let rest = [(&parts).into(), rows.into(), width.into()];
        self.device.launch(&launch.with_grid(grid).with(inputs.into_iter().chain(rest)))?;
        let launch = Launch::columns("sum_slices", self.element, width);
        self.launch(launch, [(&parts).into(), sum.into(), slices.into(), width.into()])
    }

    /// Adds a bias to every row.
    pub(crate) fn add_bias(&self, x: &Array, bias: &Array) -> Result<()> {
        let launch = self.rows("add_bias", x.len() / bias.len());
        self.launch(launch, [x.into(), bias.into(), x.into(), bias.len().into()])
    }

    /// Adds the gradient of a bias to `sum`.
    pub(crate) fn add_bias_backward(&self, dy: &Array, sum: &Array) -> Result<()> {
        self.sum_over_rows("add_bias_backward", [dy.into()], dy.len() / sum.len(), sum)
    }

    /// Heads of rows, each normalised if there is a norm, rotated, and written to their slots.
    pub(crate) fn head_norm_rope(
        &self,
        x: &Array,
        norm: Option<Norm<'_>>,
        angles: &Angles,
        slots: &Array,
        (out, heads, width): (&Array, usize, usize),
    ) -> Result<()> {
        let rows = x.len() / width;
        let launch = Launch::warps("head_norm_rope", self.element, rows);
        let (weight, eps) = norm.map_or((x, 0.0), |norm| (norm.weight, norm.eps));
        let Angles { cos, sin, positions } = angles;
        self.launch(
            launch,
            [
                x.into(),
                weight.into(),
                cos.into(),
                sin.into(),
                positions.into(),
                slots.into(),
                out.into(),
                rows.into(),
                heads.into(),
                width.into(),
                eps.into(),
                usize::from(norm.is_some()).into(),
            ],
        )
    }

    /// The gradient before the rotation.
    pub(crate) fn rope_backward(
        &self,
        dy: &Array,
        Angles { cos, sin, positions }: &Angles,
        [heads, width]: [usize; 2],
    ) -> Result<Array> {
        let dx = self.blank(dy.len())?;
        let rows = dy.len() / width;
        let launch = Launch::warps("rope_backward", self.element, rows);
        self.launch(
            launch,
            [
                dy.into(),
                cos.into(),
                sin.into(),
                positions.into(),
                (&dx).into(),
                rows.into(),
                heads.into(),
                width.into(),
            ],
        )?;
        Ok(dx)
    }

    /// Writes rows to their slots of a cache.
    pub(crate) fn cache_write(&self, rows: &Array, slots: &Array, cache: &Array) -> Result<()> {
        let width = rows.len() / slots.len();
        let launch = self.rows("cache_write", slots.len());
        self.launch(launch, [rows.into(), slots.into(), cache.into(), width.into()])
    }

    pub(crate) fn swiglu(&self, gate: &Array, up: &Array) -> Result<Array> {
        let y = self.blank(gate.len())?;
        let n = Argument::U64(y.len() as u64);
        let launch = self.elements("swiglu", y.len());
        self.launch(launch, [gate.into(), up.into(), (&y).into(), n])?;
        Ok(y)
    }

    /// Gradients of gate and up.
    pub(crate) fn swiglu_backward(
        &self,
        gate: &Array,
        up: &Array,
        dy: &Array,
    ) -> Result<[Array; 2]> {
        let (dgate, dup) = (self.blank(gate.len())?, self.blank(gate.len())?);
        let n = Argument::U64(gate.len() as u64);
        let launch = self.elements("swiglu_backward", gate.len());
        let arrays = [gate, up, dy, &dgate, &dup].map(Argument::from);
        let [a, b, c, d, e] = arrays;
        self.launch(launch, [a, b, c, d, e, n])?;
        Ok([dgate, dup])
    }

    /// Whether kernels for tensor cores are for such heads.
    fn has_tensor_cores(&self, heads: Heads) -> bool {
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
        ([q, k, v], [out, lse], dout, delta): Known<'_>,
        [dq, dk, dv]: &[Array; 3],
        seen: &Seen,
        heads: Heads,
    ) -> Result<()> {
        let Seen { slots, begin, count, last, rows, .. } = seen;
        let n = rows * heads.queries;
        let launch = Launch::warps("attention_backward_query", self.element, n);
        let arrays = [q, k, v, slots, begin, count, out, dout, lse, dq, delta];
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
        let arrays = [out.into(), dout.into(), delta.into()];
        let [a, b, c]: [Argument; 3] = arrays;
        self.launch(launch, [a, b, c, n.into(), heads.width.into()])?;
        let arrays = [q, k, v, &seen.tiles, dout, lse, delta, dq];
        self.launch_tiles("flash_backward_query", &arrays, seen, heads)?;
        let [pieces, tiles] = &seen.pieces;
        let len = pieces.len() / 4 * heads.keys * TILE * heads.width;
        let (of_keys, of_values) = (self.blank_floats(len)?, self.blank_floats(len)?);
        let blocks = [pieces.len() as u32 / 4, heads.keys as u32, 1];
        let launch = self.rows("flash_backward_key", 1).with_grid(blocks);
        let arrays = [q, k, v, pieces, dout, lse, delta, &of_keys, &of_values];
        let sizes = [heads.queries, heads.keys, heads.width].map(Argument::from);
        let arrays = arrays.into_iter().map(Argument::from);
        self.device.launch(&launch.with(arrays.chain(sizes)))?;
        let blocks = [tiles.len() as u32 / 4, heads.keys as u32, 1];
        let launch = self.rows("flash_sum_pieces", 1).with_grid(blocks);
        let arrays = [tiles, &of_keys, &of_values, dk, dv].into_iter().map(Argument::from);
        let sizes = [heads.keys, heads.width].map(Argument::from);
        self.device.launch(&launch.with(arrays.chain(sizes)))
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
        let arrays = arrays.iter().map(|array| Argument::from(*array));
        self.device.launch(&launch.with(arrays.chain(sizes)))
    }

    fn launch_sized(
        &self,
        launch: Launch,
        arrays: &[&Array],
        rows: usize,
        heads: Heads,
    ) -> Result<()> {
        let sizes = [rows, heads.queries, heads.keys, heads.width].map(Argument::from);
        let arrays = arrays.iter().map(|array| Argument::from(*array));
        self.device.launch(&launch.with(arrays.chain(sizes)))
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
        let arrays = [(&parts).into(), (&sums).into(), (&out).into()];
        let [a, b, c]: [Argument; 3] = arrays;
        self.launch(launch, [a, b, c, width.into(), shares.into()])?;
        Ok(out)
    }

    /// Shares of the positions, so that there are blocks for all of a GPU, and what each comes to.
    fn shares(&self, seen: &Seen, heads: Heads, more: usize) -> Result<(usize, [Array; 2])> {
        let Heads { queries, keys, width } = heads;
        let shares =
            BUSY.div_ceil(seen.rows * keys).min(seen.longest.div_ceil(SHARE)).max(1) + more;
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
        let arrays = arrays.into_iter().map(Argument::from);
        self.device.launch(&launch.with(arrays.chain(sizes)))?;
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
        let arrays = [q, k, v, slots, begin, count, skip, &parts, &sums].map(Argument::from);
        let sizes = [queries, keys, width, shares].map(Argument::from);
        self.device.launch(&launch.with(arrays.into_iter().chain(sizes.clone())))?;
        if !prefixes.is_empty() {
            let tiles = (seen.together * group).div_ceil(TILE) as u32;
            let launch = self.rows("prefix_attention", 1);
            let launch = launch.with_grid([prefixes.len() as u32 / 4, keys as u32, tiles]);
            let arrays = [q, k, v, slots, prefixes, &parts, &sums].map(Argument::from);
            self.device.launch(&launch.with(arrays.into_iter().chain(sizes)))?;
        }
        Ok((shares, [parts, sums]))
    }

    /// Rows of a table, by their numbers.
    pub(crate) fn gather(&self, numbers: &Array, table: &Array, width: usize) -> Result<Array> {
        let y = self.blank(numbers.len() * width)?;
        let launch = self.rows("embedding", numbers.len());
        self.launch(launch, [numbers.into(), table.into(), (&y).into(), width.into()])?;
        Ok(y)
    }

    /// Adds each row of `dy` to that of its number in `sum`.
    pub(crate) fn scatter_add(
        &self,
        numbers: &[u32],
        dy: &Array,
        sum: &Array,
        width: usize,
    ) -> Result<()> {
        let Gathered { distinct, begin, rows } = Gathered::new(numbers);
        let launch = self.rows("embedding_backward", distinct.len());
        let tables = [self.counts(&distinct)?, self.counts(&begin)?, self.counts(&rows)?];
        let [distinct, begin, rows] = [&tables[0], &tables[1], &tables[2]].map(Argument::from);
        self.launch(launch, [distinct, begin, rows, dy.into(), sum.into(), width.into()])
    }

    /// Log-sums, log-probabilities of targets and entropies of rows of logits.
    pub(crate) fn scores(
        &self,
        logits: &Array,
        targets: &Array,
        vocab: usize,
        scale: f32,
    ) -> Result<[Array; 3]> {
        let rows = targets.len();
        let outputs =
            [self.blank_floats(rows)?, self.blank_floats(rows)?, self.blank_floats(rows)?];
        let launch = self.rows("logprob_scores", rows).with_threads(512);
        let [lse, logprobs, entropies] = &outputs;
        self.launch(
            launch,
            [
                logits.into(),
                targets.into(),
                lse.into(),
                logprobs.into(),
                entropies.into(),
                vocab.into(),
                scale.into(),
            ],
        )?;
        Ok(outputs)
    }

    /// The gradient with respect to logits, from the weights of log-probabilities and entropies.
    pub(crate) fn scores_backward(
        &self,
        [logits, targets]: [&Array; 2],
        [lse, entropies]: [&Array; 2],
        [a, b]: [&Array; 2],
        (vocab, scale): (usize, f32),
    ) -> Result<Array> {
        let gradient = self.blank(logits.len())?;
        let launch = self.rows("logprob_backward", targets.len()).with_threads(512);
        self.launch(
            launch,
            [
                logits.into(),
                targets.into(),
                lse.into(),
                entropies.into(),
                a.into(),
                b.into(),
                (&gradient).into(),
                vocab.into(),
                scale.into(),
            ],
        )?;
        Ok(gradient)
    }
}
