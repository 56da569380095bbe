//! Checks a figure before it is drawn, so that drawing never meets a bad number.

use std::collections::BTreeMap;
use std::fmt::{Debug, Display};
use std::ops::RangeInclusive;

use crate::series::Band;
use crate::{
    Axis, Cells, Direction, Error, Figure, Heatmap, Marker, Panel, Plot, Result, Scale, Series,
    Side,
};

/// The sizes of numbers other than zero; beyond, differences on some scale overflow or vanish.
const SIZES: RangeInclusive<f64> = 1e-100..=1e100;
const FIGURE_PIXELS: RangeInclusive<u32> = 200..=4000;
const PNG_SCALES: RangeInclusive<f64> = 0.1..=4.0;

pub(crate) fn figure(figure: &Figure) -> Result<()> {
    let place = figure.place();
    if figure.panels.is_empty() {
        return Err(Error::Empty { place, remedy: "add a panel with `Figure::panel`" });
    }
    if figure.columns == Some(0) {
        return Err(bad(&place, "columns", 0, "1 or more"));
    }
    if let Some((width, height)) = figure.size {
        within(&place, "the width in pixels", width, FIGURE_PIXELS)?;
        within(&place, "the height in pixels", height, FIGURE_PIXELS)?;
    }
    for plot in &figure.panels {
        match plot {
            Plot::Panel(p) => panel(&format!("{place}, panel `{}`", p.title), p)?,
            Plot::Heatmap(map) => heatmap(&format!("{place}, heat map `{}`", map.title), map)?,
        }
    }
    one_look_per_label(figure)
}

pub(crate) fn scale(figure: &Figure, scale: f64) -> Result<()> {
    within(&figure.place(), "the scale of the PNG", scale, PNG_SCALES)
}

pub(crate) fn stem(figure: &Figure, stem: &str) -> Result<()> {
    let plain = !stem.is_empty() && !stem.starts_with('.') && !stem.contains(['/', '\\']);
    let allowed = "a file name without folder and extension, such as `bandit-reward`";
    ensure(plain, || bad(&figure.place(), "the file stem", format!("`{stem}`"), allowed))
}

fn panel(place: &str, panel: &Panel) -> Result<()> {
    if panel.series.is_empty() {
        return Err(Error::Empty {
            place: place.to_owned(),
            remedy: "add a series with `Panel::series`",
        });
    }
    axis(&format!("{place}, x axis"), &panel.x)?;
    axis(&format!("{place}, y axis"), &panel.y)?;
    if let Some(right) = &panel.right {
        axis(&format!("{place}, right axis"), right)?;
    }
    for s in &panel.series {
        series(&format!("{place}, series `{}`", s.label), panel, s)?;
    }
    panel
        .markers
        .iter()
        .try_for_each(|m| marker(&format!("{place}, marker `{}`", m.label), panel, m))
}

fn axis(place: &str, axis: &Axis) -> Result<()> {
    match axis.scale {
        Scale::Log { base } => within(place, "the base of the logarithm", base, 1.5..=1000.0)?,
        Scale::SymLog { linear } => within(place, "the linear part of the scale", linear, SIZES)?,
        Scale::Linear => {}
    }
    if let Some((low, high)) = axis.range {
        coordinate(place, "the lower end of the range", low, axis.scale)?;
        coordinate(place, "the upper end of the range", high, axis.scale)?;
        ensure(axis.scale.forward(low) < axis.scale.forward(high), || {
            bad(place, "the range", format!("{low} to {high}"), "a lower end below the upper end")
        })?;
    }
    let mut ticks = axis.ticks.iter().flatten().enumerate();
    ticks.try_for_each(|(i, &tick)| coordinate(place, format_args!("tick {i}"), tick, axis.scale))
}

fn series(place: &str, panel: &Panel, series: &Series) -> Result<()> {
    if series.side == Side::Right && panel.right.is_none() {
        return Err(Error::NoRightAxis { place: place.to_owned() });
    }
    if series.y.iter().all(|y| y.is_nan()) {
        return Err(Error::Empty {
            place: place.to_owned(),
            remedy: "give at least one point whose y is not NaN",
        });
    }
    same_length(place, "y", series.y.len(), "x", series.x.len())?;
    let scale = panel.axis_of(series).scale;
    for (i, (&x, &y)) in series.x.iter().zip(&series.y).enumerate() {
        coordinate(place, format_args!("x[{i}]"), x, panel.x.scale)?;
        coordinate_or_gap(place, format_args!("y[{i}]"), y, scale)?;
    }
    series.band.as_ref().map_or(Ok(()), |b| band(place, b, series.x.len(), scale))
}

fn band(place: &str, band: &Band, points: usize, scale: Scale) -> Result<()> {
    same_length(place, "low", band.low.len(), "x", points)?;
    same_length(place, "high", band.high.len(), "x", points)?;
    for (i, (&low, &high)) in band.low.iter().zip(&band.high).enumerate() {
        coordinate_or_gap(place, format_args!("low[{i}]"), low, scale)?;
        coordinate_or_gap(place, format_args!("high[{i}]"), high, scale)?;
        let ordered = low <= high || low.is_nan() || high.is_nan();
        ensure(ordered, || {
            bad(place, format_args!("low[{i}]"), low, format!("at most high[{i}] = {high}"))
        })?;
    }
    Ok(())
}

fn marker(place: &str, panel: &Panel, marker: &Marker) -> Result<()> {
    let (name, axis) = match marker.direction {
        Direction::Vertical => ("x", &panel.x),
        Direction::Horizontal => ("y", &panel.y),
    };
    on_axis(place, name, marker.at, axis)
}

/// A line at `value` must be seen.
fn on_axis(place: &str, name: &str, value: f64, axis: &Axis) -> Result<()> {
    coordinate(place, name, value, axis.scale)?;
    axis.range.map_or(Ok(()), |(low, high)| within(place, name, value, low..=high))
}

fn heatmap(place: &str, map: &Heatmap) -> Result<()> {
    if map.values.iter().flatten().all(|v| v.is_nan()) {
        return Err(Error::Empty {
            place: place.to_owned(),
            remedy: "give at least one value that is not NaN",
        });
    }
    cells(&format!("{place}, x axis"), &map.columns, &map.x)?;
    cells(&format!("{place}, y axis"), &map.rows, &map.y)?;
    axis(&format!("{place}, value axis"), &map.value)?;
    same_length(place, "values", map.values.len(), "rows", map.rows.len())?;
    for (r, row) in map.values.iter().enumerate() {
        same_length(place, format_args!("values[{r}]"), row.len(), "columns", map.columns.len())?;
        for (c, &value) in row.iter().enumerate() {
            coordinate_or_gap(place, format_args!("values[{r}][{c}]"), value, map.value.scale)?;
        }
    }
    if !map.outlined.is_empty() {
        same_length(place, "outlined", map.outlined.len(), "rows", map.rows.len())?;
    }
    for (r, row) in map.outlined.iter().enumerate() {
        let name = format_args!("outlined[{r}]");
        same_length(place, name, row.len(), "columns", map.columns.len())?;
    }
    map.contour.map_or(Ok(()), |level| on_axis(place, "the contour level", level, &map.value))
}

fn cells(place: &str, cells: &Cells, of: &Axis) -> Result<()> {
    axis(place, of)?;
    let Cells::Centres(centres) = cells else { return Ok(()) };
    for (i, &centre) in centres.iter().enumerate() {
        let name = format_args!("centre {i}");
        coordinate(place, name, centre, of.scale)?;
        let before = i.checked_sub(1).map_or(f64::NEG_INFINITY, |i| centres[i]);
        ensure(of.scale.forward(before) < of.scale.forward(centre), || {
            bad(place, name, centre, format!("more than {before}, the centre before"))
        })?;
    }
    Ok(())
}

/// A reader finds a line by its legend entry, so one label must not stand for two looks.
fn one_look_per_label(figure: &Figure) -> Result<()> {
    let mut looks = BTreeMap::new();
    let panels = figure
        .panels
        .iter()
        .filter_map(|plot| if let Plot::Panel(panel) = plot { Some(panel) } else { None });
    for s in panels.flat_map(|panel| &panel.series).filter(|s| !s.label.is_empty()) {
        let first = *looks.entry(&s.label).or_insert((s.color, s.dash));
        let same =
            (s.color.is_none() || s.color == first.0) && (s.dash.is_none() || s.dash == first.1);
        ensure(same, || Error::Conflict {
            place: figure.place(),
            label: s.label.clone(),
            first: look(first.0, first.1),
            second: look(s.color.or(first.0), s.dash.or(first.1)),
        })?;
    }
    Ok(())
}

fn look(color: Option<crate::Color>, dash: Option<crate::Dash>) -> String {
    let color =
        color.map_or("the next colour of the palette".to_owned(), |color| color.to_string());
    format!("{color}, {}", dash.unwrap_or_default())
}

fn same_length(
    place: &str,
    name: impl Display,
    found: usize,
    reference: &str,
    expected: usize,
) -> Result<()> {
    ensure(found == expected, || Error::Length {
        place: place.to_owned(),
        name: name.to_string(),
        found,
        reference: reference.to_owned(),
        expected,
    })
}

fn coordinate_or_gap(place: &str, name: impl Display, value: f64, scale: Scale) -> Result<()> {
    if value.is_nan() { Ok(()) } else { coordinate(place, name, value, scale) }
}

fn coordinate(place: &str, name: impl Display, value: f64, scale: Scale) -> Result<()> {
    if matches!(scale, Scale::Log { .. }) && value <= 0.0 {
        return Err(bad(place, name, value, "positive numbers on a logarithmic axis"));
    }
    ensure(value == 0.0 || SIZES.contains(&value.abs()), || {
        bad(place, name, value, "finite numbers, either 0 or of a size from 1e-100 to 1e100")
    })
}

fn within<T: PartialOrd + Display + Debug>(
    place: &str,
    name: &str,
    value: T,
    allowed: RangeInclusive<T>,
) -> Result<()> {
    let text = || format!("{:?} to {:?}", allowed.start(), allowed.end());
    ensure(allowed.contains(&value), || bad(place, name, &value, text()))
}

fn ensure(holds: bool, error: impl FnOnce() -> Error) -> Result<()> {
    if holds { Ok(()) } else { Err(error()) }
}

fn bad(place: &str, name: impl Display, value: impl ToString, allowed: impl Into<String>) -> Error {
    Error::Value {
        place: place.to_owned(),
        name: name.to_string(),
        value: value.to_string(),
        allowed: allowed.into(),
    }
}
