//! Tables for terminals, Markdown and spreadsheets.

use serde::Serialize;

use crate::{Error, Result, csv};

/// The side of a column to which its cells are pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    /// To the left: words.
    Left,
    /// To the right: numbers.
    Right,
}

/// The heading and the alignment of a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Column {
    /// The heading.
    pub title: String,
    /// Where cells and heading stand.
    pub align: Align,
}

impl Column {
    /// A column of words.
    pub fn left(title: impl Into<String>) -> Self {
        Self { title: title.into(), align: Align::Left }
    }

    /// A column of numbers.
    pub fn right(title: impl Into<String>) -> Self {
        Self { title: title.into(), align: Align::Right }
    }
}

/// A header and rows of text; every row has one single-line cell per column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with these columns.
    ///
    /// # Errors
    /// [`Error::Empty`] without a column, [`Error::Value`] for a heading with a line break.
    pub fn new(columns: impl Into<Vec<Column>>) -> Result<Self> {
        let columns = columns.into();
        if columns.is_empty() {
            return Err(Error::Empty {
                place: "table".to_owned(),
                remedy: "give at least one column",
            });
        }
        columns.iter().try_for_each(|column| single_line("the heading", &column.title))?;
        Ok(Self { columns, rows: Vec::new() })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// [`Error::Length`] where the number of cells is not that of the columns, [`Error::Value`] for a cell with a line
    /// break.
    pub fn push<T: ToString>(&mut self, row: impl IntoIterator<Item = T>) -> Result<()> {
        let row: Vec<String> = row.into_iter().map(|cell| cell.to_string()).collect();
        let number = self.rows.len();
        if row.len() != self.columns.len() {
            return Err(Error::Length {
                place: "table".to_owned(),
                name: format!("row {number}"),
                found: row.len(),
                reference: "the header".to_owned(),
                expected: self.columns.len(),
            });
        }
        row.iter().try_for_each(|cell| single_line(&format!("a cell of row {number}"), cell))?;
        self.rows.push(row);
        Ok(())
    }

    /// The columns.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The rows, each with one cell per column.
    pub fn rows(&self) -> &[Vec<String>] {
        &self.rows
    }

    /// Aligned columns for a terminal, with a rule under the header.
    pub fn to_text(&self) -> String {
        let header: Vec<String> = self.columns.iter().map(|column| column.title.clone()).collect();
        let rule = self.widths(str::to_owned).into_iter().map(|width| "─".repeat(width)).collect();
        let lines = [header, rule].into_iter().chain(self.rows.iter().cloned());
        let widths = self.widths(str::to_owned);
        lines
            .map(|row| self.aligned(&row, &widths).join("  ").trim_end().to_owned() + "\n")
            .collect()
    }

    /// A table of GitHub-flavoured Markdown, aligned in the source too.
    pub fn to_markdown(&self) -> String {
        let widths: Vec<usize> =
            self.widths(escape).into_iter().map(|width| width.max(3)).collect();
        let line = |row: Vec<String>| format!("| {} |\n", self.aligned(&row, &widths).join(" | "));
        let header = line(self.columns.iter().map(|column| escape(&column.title)).collect());
        let rows = self.rows.iter().map(|row| line(row.iter().map(|cell| escape(cell)).collect()));
        header + &line(self.delimiters(&widths)) + &rows.collect::<String>()
    }

    /// Comma-separated values with a header line.
    pub fn to_csv(&self) -> String {
        let header = csv::record(self.columns.iter().map(|column| column.title.as_str()));
        header
            + &self
                .rows
                .iter()
                .map(|row| csv::record(row.iter().map(String::as_str)))
                .collect::<String>()
    }

    /// The row of Markdown that says how columns are aligned.
    fn delimiters(&self, widths: &[usize]) -> Vec<String> {
        let delimiter = |(column, width): (&Column, &usize)| match column.align {
            Align::Left => "-".repeat(*width),
            Align::Right => "-".repeat(width - 1) + ":",
        };
        self.columns.iter().zip(widths).map(delimiter).collect()
    }

    /// The widest entry of each column, as it is `written`.
    fn widths(&self, written: fn(&str) -> String) -> Vec<usize> {
        let widest = |(i, column): (usize, &Column)| {
            let cells = self.rows.iter().map(|row| width(&written(&row[i])));
            cells.max().unwrap_or(0).max(width(&written(&column.title)))
        };
        self.columns.iter().enumerate().map(widest).collect()
    }

    fn aligned(&self, row: &[String], widths: &[usize]) -> Vec<String> {
        let pad = |((cell, column), total): ((&String, &Column), &usize)| {
            let space = " ".repeat(total - width(cell));
            match column.align {
                Align::Left => format!("{cell}{space}"),
                Align::Right => format!("{space}{cell}"),
            }
        };
        row.iter().zip(&self.columns).zip(widths).map(pad).collect()
    }
}

/// A pipe would end the cell.
fn escape(cell: &str) -> String {
    cell.replace('|', "\\|")
}

/// Columns of a terminal: combining marks, as in β̄, take none. Wide East Asian characters are counted as one.
fn width(text: &str) -> usize {
    text.chars().filter(|c| !('\u{300}'..='\u{36f}').contains(c)).count()
}

fn single_line(name: &str, text: &str) -> Result<()> {
    if !text.contains(['\n', '\r']) {
        return Ok(());
    }
    Err(Error::Value {
        place: "table".to_owned(),
        name: name.to_owned(),
        value: format!("{text:?}"),
        allowed: "text without line breaks".to_owned(),
    })
}
