//! Norms, biases, rotations, gates, rows of tables, and changes of type.

use super::base::Backend;
use crate::Result;
use crate::cuda::launch::{Argument, Element, Launch};
use crate::cuda::memory::Array;
use crate::ops::embedding::Gathered;
use crate::ops::heads::Heads;

/// Rows of a slice in a sum over rows, and the largest number of slices.
const SLICE: usize = 64;
const MOST_SLICES: usize = 256;
/// Numbers of a row for each thread, where several blocks share it.
const COLUMNS: usize = 8;

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

/// Threads that share a row of `width` numbers.
fn threads(width: usize) -> u32 {
    (width.div_ceil(4).next_multiple_of(32) as u32).clamp(32, 512)
}

impl Backend {
    /// Converts single precision to the type of activations.
    pub(crate) fn cast(&self, x: Array) -> Result<Array> {
        if self.element == Element::F32 {
            return Ok(x);
        }
        let y = self.empty(x.len())?;
        self.cast_into(&x, &y)?;
        Ok(y)
    }

    /// Converts single precision to the type of activations, into `y`.
    pub(crate) fn cast_into(&self, x: &Array, y: &Array) -> Result<()> {
        let n = Argument::U64(x.len() as u64);
        self.launch(self.elements("cast", x.len()), &[x, y], [n])
    }

    pub(crate) fn rms_norm(&self, x: &Array, norm: Norm<'_>) -> Result<Array> {
        let Norm { weight, eps } = norm;
        let (width, y) = (weight.len(), self.empty(x.len())?);
        let launch = self.rows("rms_norm", x.len() / width).with_threads(threads(width));
        self.launch(launch, &[x, weight, &y], [width.into(), eps.into()])?;
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
        let inverse = self.empty_f32(rows)?;
        let launch = self.rows("rms_norm_backward", rows).with_threads(threads(width));
        let sizes = [width.into(), eps.into(), usize::from(add).into()];
        self.launch(launch, &[x, weight, dy, dx, &inverse], sizes)?;
        match sum {
            Some(sum) => {
                let inputs = [x, dy, &inverse];
                self.sum_over_rows("rms_norm_backward_weight", &inputs, rows, &sum)
            }
            None => Ok(()),
        }
    }

    /// Adds a sum over rows, which a kernel computes in slices.
    fn sum_over_rows(
        &self,
        kernel: &'static str,
        inputs: &[&Array],
        rows: usize,
        sum: &Array,
    ) -> Result<()> {
        let width = sum.len();
        let slices = rows.div_ceil(SLICE).clamp(1, MOST_SLICES);
        let parts = self.empty_f32(slices * width)?;
        let launch = Launch::columns(kernel, self.element, width);
        let grid = [launch.grid[0], slices as u32, 1];
        let arrays = [inputs, &[&parts]].concat();
        self.launch(launch.with_grid(grid), &arrays, [rows.into(), width.into()])?;
        let launch = Launch::columns("sum_slices", self.element, width);
        self.launch(launch, &[&parts, sum], [slices.into(), width.into()])
    }

    /// Adds a bias to every row.
    pub(crate) fn add_bias(&self, x: &Array, bias: &Array) -> Result<()> {
        let launch = self.rows("add_bias", x.len() / bias.len());
        self.launch(launch, &[x, bias, x], [bias.len().into()])
    }

    /// Adds the gradient of a bias to `sum`.
    pub(crate) fn add_bias_backward(&self, dy: &Array, sum: &Array) -> Result<()> {
        self.sum_over_rows("add_bias_backward", &[dy], dy.len() / sum.len(), sum)
    }

    /// Heads of rows, each normalised if there is a norm, and rotated.
    pub(crate) fn head_norm_rope(
        &self,
        x: &Array,
        norm: Option<Norm<'_>>,
        angles: &Angles,
        [heads, width]: [usize; 2],
    ) -> Result<Array> {
        let (rows, out) = (x.len() / width, self.empty(x.len())?);
        let launch = Launch::warps("head_norm_rope", self.element, rows);
        let (weight, eps) = norm.map_or((x, 0.0), |norm| (norm.weight, norm.eps));
        let Angles { cos, sin, positions } = angles;
        self.launch(
            launch,
            &[x, weight, cos, sin, positions, &out],
            [
                rows.into(),
                heads.into(),
                width.into(),
                eps.into(),
                usize::from(norm.is_some()).into(),
            ],
        )?;
        Ok(out)
    }

    /// Takes queries, keys and values from one merged product, concatenated in each row: adds the bias,
    /// if any, normalises queries and keys, if they have norms, and rotates them. Keys and values are
    /// written to their slots of a cache; the queries are returned.
    pub(crate) fn qkv_rope_store(
        &self,
        x: &Array,
        bias: Option<&Array>,
        norms: Option<[Norm<'_>; 2]>,
        Angles { cos, sin, positions }: &Angles,
        (slot_mapping, [keys, values]): (&Array, [&Array; 2]),
        heads: Heads,
    ) -> Result<Array> {
        let query = self.empty(slot_mapping.len() * heads.queries * heads.width)?;
        let rows = x.len() / heads.width;
        let launch = Launch::warps("qkv_rope_store", self.element, rows);
        let ([of_queries, of_keys], eps) =
            norms.map_or(([x, x], 0.0), |norms| (norms.map(|norm| norm.weight), norms[0].eps));
        let inputs = [x, bias.unwrap_or(x), of_queries, of_keys, cos, sin, positions, slot_mapping];
        let sizes = [rows, heads.queries, heads.keys, heads.width].map(Argument::from);
        let flags = [bias.is_some(), norms.is_some()].map(|flag| usize::from(flag).into());
        self.launch(
            launch,
            &[&inputs[..], &[&query, keys, values]].concat(),
            sizes.into_iter().chain([eps.into()]).chain(flags),
        )?;
        Ok(query)
    }

    /// The gradient before the rotation.
    pub(crate) fn rope_backward(
        &self,
        dy: &Array,
        Angles { cos, sin, positions }: &Angles,
        [heads, width]: [usize; 2],
    ) -> Result<Array> {
        let dx = self.empty(dy.len())?;
        let rows = dy.len() / width;
        let launch = Launch::warps("rope_backward", self.element, rows);
        self.launch(
            launch,
            &[dy, cos, sin, positions, &dx],
            [rows.into(), heads.into(), width.into()],
        )?;
        Ok(dx)
    }

    /// [`swiglu`](Self::swiglu) of rows of one merged product, gate and up concatenated.
    pub(crate) fn swiglu_rows(&self, x: &Array, width: usize) -> Result<Array> {
        let (rows, y) = (x.len() / (2 * width), self.empty(x.len() / 2)?);
        let launch = self.rows("swiglu_rows", rows);
        let blocks = width.div_ceil(COLUMNS * launch.threads as usize) as u32;
        self.launch(launch.with_grid([rows as u32, blocks, 1]), &[x, &y], [width.into()])?;
        Ok(y)
    }

    pub(crate) fn swiglu(&self, gate: &Array, up: &Array) -> Result<Array> {
        let y = self.empty(gate.len())?;
        let n = Argument::U64(y.len() as u64);
        let launch = self.elements("swiglu", y.len());
        self.launch(launch, &[gate, up, &y], [n])?;
        Ok(y)
    }

    /// Gradients of gate and up.
    pub(crate) fn swiglu_backward(
        &self,
        gate: &Array,
        up: &Array,
        dy: &Array,
    ) -> Result<[Array; 2]> {
        let (dgate, dup) = (self.empty(gate.len())?, self.empty(gate.len())?);
        let n = Argument::U64(gate.len() as u64);
        let launch = self.elements("swiglu_backward", gate.len());
        self.launch(launch, &[gate, up, dy, &dgate, &dup], [n])?;
        Ok([dgate, dup])
    }

    /// Rows of a table, by their numbers.
    pub(crate) fn gather(&self, numbers: &Array, table: &Array, width: usize) -> Result<Array> {
        let y = self.empty(numbers.len() * width)?;
        let launch = self.rows("embedding", numbers.len());
        self.launch(launch, &[numbers, table, &y], [width.into()])?;
        Ok(y)
    }

    /// Adds each row of `dy` to the row of `sum` that its number names.
    pub(crate) fn scatter_add(
        &self,
        numbers: &[u32],
        dy: &Array,
        sum: &Array,
        width: usize,
    ) -> Result<()> {
        let Gathered { distinct, begin, rows } = Gathered::new(numbers);
        let launch = self.rows("embedding_backward", distinct.len());
        let (distinct, begin) = (self.upload_u32(&distinct)?, self.upload_u32(&begin)?);
        let rows = self.upload_u32(&rows)?;
        self.launch(launch, &[&distinct, &begin, &rows, dy, sum], [width.into()])
    }
}
