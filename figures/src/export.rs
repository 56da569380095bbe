//! Exports a figure: tidy data, a description, pictures, files.

use crate::{Data, Figure, Result, check, render, write_atomic};
use std::path::{Path, PathBuf};

/// The resolution of the PNG beside an SVG, in PNG pixels per SVG pixel.
const PNG_SCALE: f64 = 2.0;

impl Figure {
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
    /// [`Error::Json`](crate::Error::Json) for anything else; unknown fields are refused.
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
    /// What [`Figure::svg`] reports, a stem that is not a plain file name, and [`Error::Write`](crate::Error::Write).
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
}
