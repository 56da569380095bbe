//! Figures and tables: a description and numbers in; CSV, JSON, SVG, PNG, text and Markdown out.
//!
//! The crate knows axes, curves and colours, and nothing of what they mean. A [`Figure`] is a title and a row of
//! panels: a [`Panel`] of [`Series`] over two [`Axis`]es, or a [`Heatmap`]. What a figure shows can be read back as
//! tidy [`Data`], so the points behind a picture are always written beside it.
//!
//! ```
//! use rs_grpo_figures::{Axis, Color, Figure, Panel, Series};
//!
//! let pulls = [0.0, 1e5, 2e5, 3e5];
//! let panel = Panel::new("Reward")
//!     .x(Axis::new("pulls"))
//!     .y(Axis::new("mean reward").range(0.0, 1.0))
//!     .series(Series::line("β = 0", pulls, [0.1, 0.4, 0.5, 0.5]).color(Color::ordered(0, 2)))
//!     .series(
//!         Series::line("β = 4", pulls, [0.1, 0.3, 0.7, 0.9])
//!             .band([0.0, 0.2, 0.6, 0.8], [0.2, 0.4, 0.8, 1.0])
//!             .color(Color::ordered(1, 2)),
//!     );
//! let figure = Figure::new("A bandit with many local optima").panel(panel);
//!
//! assert!(figure.svg()?.contains("β = 4"));
//! assert!(figure.to_csv()?.starts_with("panel,series,x,y,low,high\n"));
//! # Ok::<(), rs_grpo_figures::Error>(())
//! ```
//!
//! The same input gives the same bytes: text is laid out and drawn with the bundled font alone, and nothing else is
//! read from the machine. A picture never hides a point silently: legends and marker labels stand outside the plot
//! area, and what cannot be drawn (a negative number on a log axis, an infinity) is an [`Error`].

mod apart;
mod axis;
mod check;
mod color;
mod csv;
mod dark;
mod data;
mod error;
mod export;
mod figure;
mod gaps;
mod heatmap;
mod marker;
mod panel;
mod render;
mod series;
mod table;
mod tick_format;
mod ticks;
mod write;

pub use apart::Apart;
pub use axis::{Axis, Scale};
pub use color::{Color, viridis};
pub use dark::colors_of;
pub use data::{Cell, Data, Point};
pub use error::{Error, Result};
pub use figure::{Figure, Plot};
pub use heatmap::{Cells, Heatmap};
pub use marker::{Direction, Marker};
pub use panel::Panel;
pub use render::{Key, REGULAR as INTER_REGULAR, SEMI_BOLD as INTER_SEMI_BOLD, drawable};
pub use series::{Dash, Series, Shape, Side};
pub use table::{Align, Column, Table};
pub use tick_format::TickFormat;
pub use write::write_atomic;

/// The example of the README, compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
