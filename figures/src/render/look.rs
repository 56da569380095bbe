//! Sizes and colours of everything that is not data, in pixels of the SVG.

use crate::Color;

pub(super) const PAPER: Color = Color(255, 255, 255);
pub(super) const INK: Color = Color(38, 38, 38);
pub(super) const SOFT_INK: Color = Color(89, 89, 89);
pub(super) const GRID: Color = Color(229, 229, 229);
pub(super) const SPINE: Color = Color(140, 140, 140);
pub(super) const MARKER: Color = Color(110, 110, 110);
/// A cell of a heat map without a value.
pub(super) const NO_VALUE: Color = Color(222, 222, 222);

pub(super) const LINE: f64 = 2.4;
pub(super) const HAIRLINE: f64 = 1.0;
pub(super) const MARKER_LINE: f64 = 1.4;
pub(super) const DOT: f64 = 3.6;
pub(super) const BAND_ALPHA: f64 = 0.18;
pub(super) const AREA_ALPHA: f64 = 0.26;
pub(super) const DOT_ALPHA: f64 = 0.8;

/// Space at the edge of the page and between panels.
pub(super) const MARGIN: f64 = 16.0;
/// Space between the plot area and the labels of its ticks.
pub(super) const TICK_GAP: f64 = 8.0;
/// The least space between two labels side by side.
pub(super) const LABEL_GAP: f64 = 10.0;
/// Width of the colour bar and its distance from the cells.
pub(super) const BAR_WIDTH: f64 = 16.0;
pub(super) const BAR_GAP: f64 = 16.0;

/// A text style.
#[derive(Clone, Copy)]
pub(super) struct Text {
    pub(super) size: f64,
    pub(super) bold: bool,
    pub(super) color: Color,
}

impl Text {
    /// The distance between the baselines of two lines.
    pub(super) fn line_height(self) -> f64 {
        (self.size * 1.3).round()
    }

    /// The distance from the middle of the lower-case letters to the baseline.
    pub(super) fn half_height(self) -> f64 {
        self.size * 0.36
    }
}

pub(super) const TITLE: Text = Text { size: 23.0, bold: true, color: INK };
pub(super) const SUBTITLE: Text = Text { size: 16.0, bold: false, color: SOFT_INK };
pub(super) const LEGEND: Text = Text { size: 17.0, bold: false, color: INK };
pub(super) const PANEL_TITLE: Text = Text { size: 18.0, bold: true, color: INK };
pub(super) const AXIS_LABEL: Text = Text { size: 16.0, bold: false, color: INK };
pub(super) const TICK: Text = Text { size: 15.0, bold: false, color: SOFT_INK };
pub(super) const MARKER_LABEL: Text = Text { size: 15.0, bold: false, color: INK };
