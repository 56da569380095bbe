//! What can be wrong with a description or with writing it.

use std::path::PathBuf;

use thiserror::Error;

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a figure or a table could not be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// Something that needs at least one item has none.
    #[error("{place} has nothing to show: {remedy}")]
    Empty {
        /// The figure, panel and series.
        place: String,
        /// What to add.
        remedy: &'static str,
    },
    /// Two lists that belong together differ in length.
    #[error(
        "{place}: {name} has length {found}, but {reference} has length {expected}; give both the same length"
    )]
    Length {
        /// The figure, panel and series.
        place: String,
        /// The list that does not fit.
        name: String,
        /// Its length.
        found: usize,
        /// The list it must fit.
        reference: String,
        /// The length it must have.
        expected: usize,
    },
    /// A value outside of what is allowed.
    #[error("{place}: {name} is {value}; allowed: {allowed}")]
    Value {
        /// The figure, panel and series.
        place: String,
        /// The name of the value.
        name: String,
        /// The value.
        value: String,
        /// The values that are allowed.
        allowed: String,
    },
    /// A series on the right-hand axis of a panel that has none.
    #[error(
        "{place} is drawn against the right axis, but its panel has none: add one with `Panel::right`"
    )]
    NoRightAxis {
        /// The figure, panel and series.
        place: String,
    },
    /// Two series share a label, and so a legend entry, but differ in colour or dash.
    #[error(
        "{place}: series `{label}` is drawn as {first} and as {second}; a label has one look in the whole figure: \
         give both the same colour and dash, or different labels"
    )]
    Conflict {
        /// The figure.
        place: String,
        /// The label in the legend.
        label: String,
        /// The look of the first series with this label.
        first: String,
        /// The look that differs.
        second: String,
    },
    /// A text with a character that the bundled font lacks, which would be drawn as an empty box or not at all.
    #[error(
        "{place}: the text `{text}` has the character `{character}` (U+{:04X}), which the bundled font lacks; write it \
         with Latin or Greek letters and common mathematical signs",
        u32::from(*character)
    )]
    NoGlyph {
        /// The figure.
        place: String,
        /// The whole text.
        text: String,
        /// The character.
        character: char,
    },
    /// The drawing library refused.
    #[error("figure `{figure}` could not be drawn: {reason}")]
    Draw {
        /// The title of the figure.
        figure: String,
        /// What the library said.
        reason: String,
    },
    /// JSON could not be read or written.
    #[error("not the JSON of a figure: {0}; allowed: what `Figure::to_json` writes")]
    Json(#[from] serde_json::Error),
    /// A file could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}
