//! A figure: its panels, and how they are laid out.

use serde::{Deserialize, Serialize};

use crate::{Error, Heatmap, Panel};

/// One panel of a figure, of either kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Plot {
    /// Series over axes.
    Panel(Panel),
    /// Coloured cells.
    Heatmap(Heatmap),
}

impl From<Panel> for Plot {
    fn from(panel: Panel) -> Self {
        Self::Panel(panel)
    }
}

impl From<Heatmap> for Plot {
    fn from(map: Heatmap) -> Self {
        Self::Heatmap(map)
    }
}

/// A title, a legend and a row of panels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    pub(crate) title: String,
    pub(crate) subtitle: String,
    pub(crate) panels: Vec<Plot>,
    pub(crate) columns: Option<usize>,
    pub(crate) size: Option<(u32, u32)>,
}

impl Figure {
    /// A figure without panels; the title may be empty.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// Adds a smaller line under the title.
    pub fn subtitle(mut self, subtitle: impl Into<String>) -> Self {
        self.subtitle = subtitle.into();
        self
    }

    /// Adds a [`Panel`] or a [`Heatmap`].
    pub fn panel(mut self, plot: impl Into<Plot>) -> Self {
        self.panels.push(plot.into());
        self
    }

    /// Sets the number of panels per row; by default all are in one row.
    pub fn columns(mut self, columns: usize) -> Self {
        self.columns = Some(columns);
        self
    }

    /// Sets the size of the SVG in pixels; without it the size follows from the number of panels.
    pub fn size(mut self, width: u32, height: u32) -> Self {
        self.size = Some((width, height));
        self
    }

    /// How messages name the figure.
    pub(crate) fn place(&self) -> String {
        format!("figure `{}`", self.title)
    }

    pub(crate) fn draw_error(&self, reason: impl ToString) -> Error {
        Error::Draw { figure: self.title.clone(), reason: reason.to_string() }
    }

    /// Panels per row.
    pub(crate) fn column_count(&self) -> usize {
        self.columns.unwrap_or(self.panels.len()).min(self.panels.len())
    }
}
