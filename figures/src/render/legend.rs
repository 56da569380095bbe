//! The legend: colour and dash of each label.

use super::canvas::{Anchor, Canvas, Pen, Rect};
use super::look::{AREA_ALPHA, BAND_ALPHA, DOT, LEGEND, LINE, MARGIN};
use crate::{Color, Dash, Figure, Plot, Result, Series, Shape};

const KEY_WIDTH: f64 = 32.0;
const KEY_GAP: f64 = 8.0;
const ENTRY_GAP: f64 = 26.0;
const ROW: f64 = 27.0;

/// One entry of a legend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// What the series are called.
    pub label: String,
    /// Their colour.
    pub color: Color,
    /// Their dash pattern.
    pub dash: Dash,
}

/// One label and the look of its series.
struct Entry<'a> {
    /// The first series with this label; the others may leave the look to it.
    series: &'a Series,
    color: Color,
    dash: Dash,
    /// The panel that shows it, if not the strip above all panels.
    panel: Option<usize>,
}

/// The looks of all labels of a figure, in the order of their first series.
pub(crate) struct Legend<'a> {
    entries: Vec<Entry<'a>>,
}

impl<'a> Legend<'a> {
    pub(crate) fn of(figure: &'a Figure) -> Self {
        let mut entries: Vec<Entry> = Vec::new();
        for (index, plot) in figure.panels.iter().enumerate() {
            let Plot::Panel(panel) = plot else { continue };
            for series in &panel.series {
                if entries.iter().all(|entry| entry.series.label != series.label) {
                    let own = panel.own_legend.then_some(index);
                    entries.push(Entry::new(series, entries.len(), own));
                }
            }
        }
        Self { entries }
    }

    /// The colour and dash of a series.
    pub(crate) fn look(&self, series: &Series) -> (Color, Dash) {
        let entry = self.entries.iter().find(|entry| entry.series.label == series.label);
        let (color, dash) =
            entry.map_or((Color::palette(0), Dash::Solid), |entry| (entry.color, entry.dash));
        (series.color.unwrap_or(color), series.dash.unwrap_or(dash))
    }

    /// The entries that are shown.
    pub(crate) fn keys(&self) -> Vec<Key> {
        let shown = self.entries.iter().filter(|entry| !entry.series.label.is_empty());
        let key = |entry: &Entry| Key {
            label: entry.series.label.clone(),
            color: entry.color,
            dash: entry.dash,
        };
        shown.map(key).collect()
    }

    /// Draws the strip above all panels, below `top`, and returns its lower edge.
    pub(super) fn draw(&self, canvas: &Canvas, top: f64) -> Result<f64> {
        self.strip(None, MARGIN, canvas.width - MARGIN, top, canvas)
    }

    /// The height of the strip in a panel that is `width` wide.
    pub(super) fn height_in(&self, panel: usize, width: f64, canvas: &Canvas) -> Result<f64> {
        let widths = widths(&self.shown(Some(panel)), width, canvas)?;
        Ok(ROW * rows(&widths, width).last().map_or(0.0, |(_, row)| row + 1.0))
    }

    /// Draws the strip of a panel from `left` to `right`, below `top`.
    pub(super) fn draw_in(&self, panel: usize, place: Rect, canvas: &Canvas) -> Result<()> {
        self.strip(Some(panel), place.left, place.right, place.top, canvas).map(drop)
    }

    fn shown(&self, panel: Option<usize>) -> Vec<&Entry<'_>> {
        let shown = |entry: &&Entry| !entry.series.label.is_empty() && entry.panel == panel;
        self.entries.iter().filter(shown).collect()
    }

    fn strip(
        &self,
        panel: Option<usize>,
        left: f64,
        right: f64,
        top: f64,
        canvas: &Canvas,
    ) -> Result<f64> {
        let shown = self.shown(panel);
        let widths = widths(&shown, right - left, canvas)?;
        let mut bottom = top;
        for (entry, (x, row)) in shown.iter().zip(rows(&widths, right - left)) {
            entry.draw(canvas, left + x, top + ROW * (row + 0.5))?;
            bottom = top + ROW * (row + 1.0);
        }
        Ok(bottom)
    }
}

/// Where each entry starts, and in which row.
fn rows(widths: &[f64], length: f64) -> Vec<(f64, f64)> {
    let (mut x, mut row) = (0.0, 0.0);
    let mut places = Vec::with_capacity(widths.len());
    for width in widths {
        if x > 0.0 && x + width > length {
            (x, row) = (0.0, row + 1.0);
        }
        places.push((x, row));
        x += width + ENTRY_GAP;
    }
    places
}

/// The widths of the entries; all the same where they need several rows, so that the rows are in line.
fn widths(entries: &[&Entry], length: f64, canvas: &Canvas) -> Result<Vec<f64>> {
    let width = |entry: &&Entry| {
        Ok(entry.key_width() + KEY_GAP + canvas.text_width(&entry.series.label, LEGEND)?)
    };
    let widths: Vec<f64> = entries.iter().map(width).collect::<Result<_>>()?;
    let one_row = widths.iter().sum::<f64>() + ENTRY_GAP * (widths.len().max(1) - 1) as f64;
    if one_row <= length {
        return Ok(widths);
    }
    let widest = widths.iter().copied().fold(0.0, f64::max);
    Ok(vec![widest; widths.len()])
}

impl<'a> Entry<'a> {
    fn new(series: &'a Series, index: usize, panel: Option<usize>) -> Self {
        // When the palette starts again, another dash keeps the lines apart.
        let dashes = [Dash::Solid, Dash::Dashed, Dash::Dotted];
        let dash = if series.color.is_some() {
            Dash::Solid
        } else {
            dashes[index / Color::PALETTE_LEN % dashes.len()]
        };
        Self {
            series,
            color: series.color.unwrap_or(Color::palette(index)),
            dash: series.dash.unwrap_or(dash),
            panel,
        }
    }

    fn key_width(&self) -> f64 {
        if self.series.shape == Shape::Points { 2.6 * DOT } else { KEY_WIDTH }
    }

    fn draw(&self, canvas: &Canvas, left: f64, middle: f64) -> Result<()> {
        let right = left + self.key_width();
        let block = Rect { left, right, top: middle - 8.0, bottom: middle + 8.0 };
        let centre = ((left + right) / 2.0, middle);
        let pen = Pen { color: self.color, width: LINE * 1.2, dash: self.dash };
        if self.series.band.is_some() {
            canvas.rect(block, self.color, BAND_ALPHA)?;
        }
        match self.series.shape {
            Shape::Area => {
                canvas.rect(block, self.color, AREA_ALPHA)?;
                canvas.line(
                    &[(left, block.top), (right, block.top)],
                    Pen { width: LINE / 2.0, ..pen },
                )?;
            }
            Shape::Points => canvas.dot(centre, DOT * 1.3, self.color, 1.0)?,
            Shape::Line | Shape::Step => canvas.line(&[(left, middle), (right, middle)], pen)?,
        }
        if self.series.dots {
            canvas.dot(centre, DOT * 1.2, self.color, 1.0)?;
        }
        canvas.text(
            &self.series.label,
            (right + KEY_GAP, middle + LEGEND.half_height()),
            LEGEND,
            Anchor::Start,
        )
    }
}
