//! Lines, shapes and text on a page, drawn by plotters.

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{
    Circle, DashedPathElement, Drawable, PathElement, PointCollection, Polygon, Rectangle,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    Color as _, FontDesc, FontFamily, FontStyle, FontTransform, RGBAColor, ShapeStyle, TextStyle,
};

use super::font;
use super::look::{self, Text};
use crate::{Color, Dash, Error, Figure, Result};

/// Plotters counts in whole units. With ten of them in a pixel of the SVG, curves stay smooth.
const UNITS: f64 = 10.0;

/// What plotters divides a font size by when it writes SVG.
const FONT_DIVISOR: f64 = 1.24;

/// The part of the font size by which plotters lowers text that is anchored at its top.
const TOP_TO_BASELINE: f64 = 0.76;

/// A position in pixels of the SVG, from the upper left corner.
pub(super) type Position = (f64, f64);

/// A rectangle in pixels of the SVG.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rect {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Rect {
    pub(super) fn width(self) -> f64 {
        self.right - self.left
    }

    pub(super) fn height(self) -> f64 {
        self.bottom - self.top
    }
}

/// A way to draw a line.
#[derive(Clone, Copy)]
pub(super) struct Pen {
    pub(super) color: Color,
    pub(super) width: f64,
    pub(super) dash: Dash,
}

impl Pen {
    pub(super) fn solid(color: Color, width: f64) -> Self {
        Self { color, width, dash: Dash::Solid }
    }

    /// The lengths of stroke and gap.
    fn pattern(self) -> Option<(f64, f64)> {
        match self.dash {
            Dash::Solid => None,
            Dash::Dashed => Some((7.0, 5.0)),
            Dash::Dotted => Some((1.5, 4.5)),
        }
    }
}

/// The anchor of a text at its position.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A page of a figure.
pub(super) struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
    figure: &'a Figure,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// The SVG document that `draw` makes on a white page of `size` pixels.
pub(super) fn document(
    figure: &Figure,
    size: (u32, u32),
    draw: impl FnOnce(&Canvas) -> Result<()>,
) -> Result<String> {
    font::register();
    let mut svg = String::new();
    let units = (size.0 * UNITS as u32, size.1 * UNITS as u32);
    let area = SVGBackend::with_string(&mut svg, units).into_drawing_area();
    let canvas = Canvas { area, figure, width: f64::from(size.0), height: f64::from(size.1) };
    canvas.refused(canvas.area.fill(&rgba(look::PAPER, 1.0)))?;
    draw(&canvas)?;
    canvas.refused(canvas.area.present())?;
    drop(canvas);
    Ok(with_head(figure, size, &svg))
}

/// Plotters writes its own units for the size and no line joins: say pixels, round all corners, and name the picture.
fn with_head(figure: &Figure, (width, height): (u32, u32), svg: &str) -> String {
    let body = svg.split_once('>').map_or(svg, |(_, body)| body);
    let (full_width, full_height) = (f64::from(width) * UNITS, f64::from(height) * UNITS);
    let title = figure.title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {full_width} {full_height}\" stroke-linejoin=\"round\" stroke-linecap=\"round\">\n\
         <title>{title}</title>{body}"
    )
}

impl<'a> Canvas<'a> {
    /// A line through the points.
    pub(super) fn line(&self, points: &[Position], pen: Pen) -> Result<()> {
        let style = rgba(pen.color, 1.0).stroke_width((pen.width * UNITS) as u32);
        let mut points: Vec<_> = points.iter().copied().map(units).collect();
        points.dedup();
        match pen.pattern() {
            None => self.draw(&PathElement::new(points, style)),
            Some((stroke, gap)) => {
                self.draw(&DashedPathElement::new(points, stroke * UNITS, gap * UNITS, style))
            }
        }
    }

    /// A filled polygon.
    pub(super) fn polygon(&self, corners: &[Position], color: Color, alpha: f64) -> Result<()> {
        let mut corners: Vec<_> = corners.iter().copied().map(units).collect();
        corners.dedup();
        self.draw(&Polygon::new(corners, filled(color, alpha)))
    }

    /// A filled rectangle.
    pub(super) fn rect(&self, rect: Rect, color: Color, alpha: f64) -> Result<()> {
        let corners = [units((rect.left, rect.top)), units((rect.right, rect.bottom))];
        self.draw(&Rectangle::new(corners, filled(color, alpha)))
    }

    /// A disc.
    pub(super) fn dot(
        &self,
        centre: Position,
        radius: f64,
        color: Color,
        alpha: f64,
    ) -> Result<()> {
        self.draw(&Circle::new(units(centre), radius * UNITS, filled(color, alpha)))
    }

    /// A line of text whose baseline is at `at`.
    pub(super) fn text(&self, text: &str, at: Position, look: Text, anchor: Anchor) -> Result<()> {
        let top = (at.0, at.1 - TOP_TO_BASELINE * look.size);
        self.put(text, top, &text_style(look, anchor, FontTransform::None))
    }

    /// A line of text that runs upwards, with its baseline at the x of `at` and its middle at the y.
    pub(super) fn text_up(&self, text: &str, at: Position, look: Text) -> Result<()> {
        let top = (at.0 - TOP_TO_BASELINE * look.size, at.1);
        self.put(text, top, &text_style(look, Anchor::Middle, FontTransform::Rotate270))
    }

    /// The width of a line of text.
    pub(super) fn text_width(&self, text: &str, look: Text) -> Result<f64> {
        let style = text_style(look, Anchor::Start, FontTransform::None);
        let (width, _) = self.refused(self.area.estimate_text_size(text, &style))?;
        Ok(f64::from(width) / UNITS)
    }

    /// The text in lines of at most `width`, broken between words.
    pub(super) fn wrap(&self, text: &str, look: Text, width: f64) -> Result<Vec<String>> {
        let mut lines: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            if let Some(line) = lines.last_mut() {
                let longer = format!("{line} {word}");
                if self.text_width(&longer, look)? <= width {
                    *line = longer;
                    continue;
                }
            }
            lines.push(word.to_owned());
        }
        Ok(lines)
    }

    fn put(&self, text: &str, at: Position, style: &TextStyle) -> Result<()> {
        if let Some(character) = font::missing(text) {
            return Err(Error::NoGlyph {
                place: self.figure.place(),
                text: text.to_owned(),
                character,
            });
        }
        self.refused(self.area.draw_text(text, style, units(at)))
    }

    fn draw<E>(&self, element: &E) -> Result<()>
    where
        for<'b> &'b E: PointCollection<'b, (i32, i32)>,
        E: Drawable<SVGBackend<'a>>,
    {
        self.refused(self.area.draw(element))
    }

    fn refused<T, E: std::error::Error>(&self, result: std::result::Result<T, E>) -> Result<T> {
        result.map_err(|error| -> Error { self.figure.draw_error(error) })
    }
}

fn units((x, y): Position) -> (i32, i32) {
    ((x * UNITS).round() as i32, (y * UNITS).round() as i32)
}

fn rgba(color: Color, alpha: f64) -> RGBAColor {
    RGBAColor(color.0, color.1, color.2, alpha)
}

fn filled(color: Color, alpha: f64) -> ShapeStyle {
    rgba(color, alpha).filled()
}

fn text_style(look: Text, anchor: Anchor, transform: FontTransform) -> TextStyle<'static> {
    let style = if look.bold { FontStyle::Bold } else { FontStyle::Normal };
    let size = look.size * UNITS * FONT_DIVISOR;
    let font = FontDesc::new(FontFamily::Name(font::FAMILY), size, style).transform(transform);
    let side = match anchor {
        Anchor::Start => HPos::Left,
        Anchor::Middle => HPos::Center,
        Anchor::End => HPos::Right,
    };
    let color = rgba(look.color, 1.0).to_backend_color();
    TextStyle { font, color, pos: Pos::new(side, VPos::Top) }
}
