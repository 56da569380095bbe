//! A panel of coloured cells.

use serde::{Deserialize, Serialize};

use crate::{Axis, TickFormat, gaps};

/// The columns or rows of a heat map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cells {
    /// Named cells of equal size.
    Categories(Vec<String>),
    /// The value at the centre of each cell, ascending; cells meet half-way on the scale of the axis.
    Centres(Vec<f64>),
}

impl Cells {
    /// Named cells of equal size.
    pub fn categories<T: ToString>(names: impl IntoIterator<Item = T>) -> Self {
        Self::Categories(names.into_iter().map(|name| name.to_string()).collect())
    }

    /// Cells around these values.
    pub fn centres(values: impl Into<Vec<f64>>) -> Self {
        Self::Centres(values.into())
    }

    /// The number of cells.
    pub fn len(&self) -> usize {
        match self {
            Self::Categories(names) => names.len(),
            Self::Centres(values) => values.len(),
        }
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the tidy data calls each cell.
    pub(crate) fn names(&self) -> Vec<String> {
        match self {
            Self::Categories(names) => names.clone(),
            Self::Centres(values) => values.iter().map(f64::to_string).collect(),
        }
    }
}

/// Coloured cells over two axes, with a colour bar.
///
/// `values[row][column]`; the first row is drawn at the bottom. NaN is a cell without a value, drawn grey.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heatmap {
    pub(crate) title: String,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    /// The axis along the colour bar.
    pub(crate) value: Axis,
    pub(crate) columns: Cells,
    pub(crate) rows: Cells,
    #[serde(with = "gaps::rows")]
    pub(crate) values: Vec<Vec<f64>>,
    pub(crate) contour: Option<f64>,
    /// Cells inside a border that does not follow the values, `[row][column]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) outlined: Vec<Vec<bool>>,
    pub(crate) numbers: Option<TickFormat>,
}

impl Heatmap {
    /// A heat map of `values[row][column]`; the title may be empty.
    pub fn new(
        title: impl Into<String>,
        columns: Cells,
        rows: Cells,
        values: Vec<Vec<f64>>,
    ) -> Self {
        Self {
            title: title.into(),
            x: Axis::default(),
            y: Axis::default(),
            value: Axis::default(),
            columns,
            rows,
            values,
            contour: None,
            outlined: Vec::new(),
            numbers: None,
        }
    }

    /// Sets the x axis; its scale and ticks matter for [`Cells::Centres`] only.
    pub fn x(mut self, axis: Axis) -> Self {
        self.x = axis;
        self
    }

    /// Sets the y axis; its scale and ticks matter for [`Cells::Centres`] only.
    pub fn y(mut self, axis: Axis) -> Self {
        self.y = axis;
        self
    }

    /// Sets the axis along the colour bar: what a colour means. A value outside of its range takes the colour of the
    /// nearer end.
    pub fn value(mut self, axis: Axis) -> Self {
        self.value = axis;
        self
    }

    /// Draws the border between the cells below `level` and the others.
    pub fn contour(mut self, level: f64) -> Self {
        self.contour = Some(level);
        self
    }

    /// Draws the border around these cells, `[row][column]`, whatever their values.
    pub fn outline(mut self, cells: Vec<Vec<bool>>) -> Self {
        self.outlined = cells;
        self
    }

    /// Writes the value into each cell.
    pub fn numbers(mut self, format: TickFormat) -> Self {
        self.numbers = Some(format);
        self
    }
}
