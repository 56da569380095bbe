//! The tidy data behind a figure: one row a point, one row a cell.

use serde::Serialize;

use crate::gaps::present;
use crate::{Direction, Figure, Heatmap, Marker, Panel, Plot, Series, csv};

/// A point of a series. `None` is a gap, a missing interval, or the free coordinate of a marker line.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Point {
    /// The title of the panel.
    pub panel: String,
    /// The label of the series or marker.
    pub series: String,
    /// The x coordinate.
    pub x: Option<f64>,
    /// The y coordinate.
    pub y: Option<f64>,
    /// The lower end of the interval around `y`.
    pub low: Option<f64>,
    /// The upper end of the interval around `y`.
    pub high: Option<f64>,
}

/// A cell of a heat map. `None` is a cell without a value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cell {
    /// The title of the panel.
    pub panel: String,
    /// The name or centre of the column.
    pub x: String,
    /// The name or centre of the row.
    pub y: String,
    /// The value that the colour shows.
    pub value: Option<f64>,
}

/// All that a figure shows, in the order of its panels.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Data {
    /// The points of all series and markers.
    pub points: Vec<Point>,
    /// The cells of all heat maps.
    pub cells: Vec<Cell>,
}

impl Data {
    pub(crate) fn of(figure: &Figure) -> Self {
        let mut data = Self::default();
        for plot in &figure.panels {
            match plot {
                Plot::Panel(panel) => data.add_panel(panel),
                Plot::Heatmap(map) => data.add_heatmap(map),
            }
        }
        data
    }

    fn add_panel(&mut self, panel: &Panel) {
        let series = panel.series.iter().flat_map(|series| points(&panel.title, series));
        let markers = panel.markers.iter().map(|marker| marker_point(&panel.title, marker));
        self.points.extend(series.chain(markers));
    }

    fn add_heatmap(&mut self, map: &Heatmap) {
        let columns = map.columns.names();
        for (y, row) in map.rows.names().into_iter().zip(&map.values) {
            self.cells.extend(columns.iter().zip(row).map(|(x, &value)| Cell {
                panel: map.title.clone(),
                x: x.clone(),
                y: y.clone(),
                value: present(value),
            }));
        }
    }

    /// Comma-separated values with a header line.
    ///
    /// The columns are `panel,series,x,y,low,high` for points and `panel,x,y,value` for cells; a figure with both has
    /// `panel,series,x,y,low,high,value`.
    pub fn to_csv(&self) -> String {
        match (self.points.is_empty(), self.cells.is_empty()) {
            (false, true) => self.write_csv(
                "panel,series,x,y,low,high\n",
                |p| point_fields(p).to_vec(),
                |_| vec![],
            ),
            (true, _) => {
                self.write_csv("panel,x,y,value\n", |_| vec![], |c| cell_fields(c).to_vec())
            }
            (false, false) => self.write_csv(
                "panel,series,x,y,low,high,value\n",
                |p| [&point_fields(p)[..], &[String::new()]].concat(),
                |c| {
                    let [panel, x, y, value] = cell_fields(c);
                    vec![panel, String::new(), x, y, String::new(), String::new(), value]
                },
            ),
        }
    }

    fn write_csv(
        &self,
        header: &str,
        point: impl Fn(&Point) -> Vec<String>,
        cell: impl Fn(&Cell) -> Vec<String>,
    ) -> String {
        let rows = self.points.iter().map(point).chain(self.cells.iter().map(cell));
        rows.fold(header.to_owned(), |text, row| {
            text + &csv::record(row.iter().map(String::as_str))
        })
    }
}

fn points(panel: &str, series: &Series) -> Vec<Point> {
    let band = |i: usize| series.band.as_ref().map(|band| (band.low[i], band.high[i]));
    let point = |i: usize| Point {
        panel: panel.to_owned(),
        series: series.label.clone(),
        x: present(series.x[i]),
        y: present(series.y[i]),
        low: band(i).and_then(|(low, _)| present(low)),
        high: band(i).and_then(|(_, high)| present(high)),
    };
    (0..series.x.len()).map(point).collect()
}

fn marker_point(panel: &str, marker: &Marker) -> Point {
    let vertical = marker.direction == Direction::Vertical;
    Point {
        panel: panel.to_owned(),
        series: marker.label.clone(),
        x: vertical.then_some(marker.at),
        y: (!vertical).then_some(marker.at),
        low: None,
        high: None,
    }
}

fn point_fields(point: &Point) -> [String; 6] {
    let number = |v: Option<f64>| v.map(|v| v.to_string()).unwrap_or_default();
    let Point { panel, series, x, y, low, high } = point;
    [panel.clone(), series.clone(), number(*x), number(*y), number(*low), number(*high)]
}

fn cell_fields(cell: &Cell) -> [String; 4] {
    let value = cell.value.map(|v| v.to_string()).unwrap_or_default();
    [cell.panel.clone(), cell.x.clone(), cell.y.clone(), value]
}
