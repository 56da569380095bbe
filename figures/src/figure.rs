//! A figure, and all the files it can become.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{Data, Error, Heatmap, Panel, Result, check, render, write_atomic};

/// The resolution of the PNG beside an SVG, in PNG pixels per SVG pixel.
const PNG_SCALE: f64 = 2.0;

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

    /// Wraps the panels into rows of so many; without it they stand in one row.
    pub fn columns(mut self, columns: usize) -> Self {
        self.columns = Some(columns);
        self
    }

    /// Sets the size of the SVG in pixels; without it the size follows from the number of panels.
    pub fn size(mut self, width: u32, height: u32) -> Self {
        self.size = Some((width, height));
        self
    }

    /// The tidy data behind the figure.
    ///
    /// # Errors
    /// What [`Figure::svg`] reports about the description.
    pub fn data(&self) -> Result<Data> {
        check::figure(self)?;
        Ok(Data::of(self))
    }

    /// The tidy data as comma-separated values, see [`Data::to_csv`].
    ///
    /// # Errors
    /// What [`Figure::svg`] reports about the description.
    pub fn to_csv(&self) -> Result<String> {
        Ok(self.data()?.to_csv())
    }

    /// The whole description as JSON, from which [`Figure::from_json`] makes the same figure.
    ///
    /// # Errors
    /// What [`Figure::svg`] reports about the description.
    pub fn to_json(&self) -> Result<String> {
        check::figure(self)?;
        Ok(serde_json::to_string(self)? + "\n")
    }

    /// Reads what [`Figure::to_json`] wrote.
    ///
    /// # Errors
    /// [`Error::Json`] for anything else; unknown fields are refused.
    pub fn from_json(json: &str) -> Result<Self> {
        Ok(serde_json::from_str(json)?)
    }

    /// The picture as SVG.
    ///
    /// # Errors
    /// Names the figure, panel and series, the value and what is allowed where the description cannot be drawn: nothing
    /// to show, lists of different lengths, an infinity, a value that an axis has no place for, one label with two
    /// looks.
    pub fn svg(&self) -> Result<String> {
        check::figure(self)?;
        render::svg(self)
    }

    /// The picture as PNG with `scale` PNG pixels per SVG pixel.
    ///
    /// # Errors
    /// What [`Figure::svg`] reports, and a scale outside of 0.1..=4.
    pub fn png(&self, scale: f64) -> Result<Vec<u8>> {
        check::scale(self, scale)?;
        render::png(self, &self.svg()?, scale)
    }

    /// Writes `stem.svg`, `stem.png` (at scale 2), `stem.csv` and `stem.json` into `folder` and returns their paths.
    ///
    /// Each file is written by [`write_atomic`], and none before all are made.
    ///
    /// # Errors
    /// What [`Figure::svg`] reports, a stem that is not a plain file name, and [`Error::Write`].
    pub fn write(&self, folder: impl AsRef<Path>, stem: &str) -> Result<Vec<PathBuf>> {
        check::stem(self, stem)?;
        let svg = self.svg()?;
        let files = [
            ("png", render::png(self, &svg, PNG_SCALE)?),
            ("svg", svg.into_bytes()),
            ("csv", self.to_csv()?.into_bytes()),
            ("json", self.to_json()?.into_bytes()),
        ];
        let write = |(extension, bytes): (&str, Vec<u8>)| {
            let path = folder.as_ref().join(format!("{stem}.{extension}"));
            write_atomic(&path, bytes).map(|()| path)
        };
        files.into_iter().map(write).collect()
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
