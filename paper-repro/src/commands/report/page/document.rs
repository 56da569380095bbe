//! The content of a page, independent of the format.

use crate::failure::Failure;
use rs_grpo_figures::{Figure, Table};

/// A page.
pub(super) struct Document {
    pub(super) title: String,
    pub(super) lead: Paragraph,
    /// The numbers to see first.
    pub(super) facts: Vec<Fact>,
    pub(super) sections: Vec<Section>,
}

/// A number, what it is, and what it is compared with.
pub(super) struct Fact {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) note: String,
}

/// A part of a page.
pub(super) struct Section {
    /// Its address in the page.
    pub(super) id: &'static str,
    pub(super) title: String,
    pub(super) blocks: Vec<Block>,
}

/// What a section is made of.
pub(super) enum Block {
    Text(Paragraph),
    Table {
        caption: String,
        table: Table,
    },
    /// A table that is opened on demand, where the page can.
    Folded {
        caption: String,
        table: Table,
    },
    Figure(Picture),
    /// Lines for a terminal.
    Commands(&'static [&'static str]),
}

/// A figure with its caption and alternative text.
pub(super) struct Picture {
    /// The name of its files.
    pub(super) name: &'static str,
    pub(super) caption: String,
    pub(super) alt: String,
    pub(super) figure: Figure,
}

/// A paragraph.
pub(super) type Paragraph = Vec<Inline>;

/// A part of a paragraph.
pub(super) enum Inline {
    Plain(String),
    Code(String),
    Link { text: &'static str, url: &'static str },
}

/// A paragraph without parts.
pub(super) fn plain(text: impl Into<String>) -> Paragraph {
    vec![Inline::Plain(text.into())]
}

impl Section {
    /// A section, unless it would be empty.
    pub(super) fn new(
        id: &'static str,
        title: impl Into<String>,
        blocks: Vec<Block>,
    ) -> Option<Self> {
        (!blocks.is_empty()).then(|| Self { id, title: title.into(), blocks })
    }
}

/// A table whose rows are checked and cleaned.
pub(super) fn table(
    columns: Vec<rs_grpo_figures::Column>,
    rows: impl IntoIterator<Item = Vec<String>>,
) -> Result<Table, Failure> {
    let columns: Vec<_> = columns
        .into_iter()
        .map(|column| rs_grpo_figures::Column { title: one_line(&column.title), ..column })
        .collect();
    let mut table = Table::new(columns)?;
    for row in rows {
        table.push(row.iter().map(|cell| one_line(cell)))?;
    }
    Ok(table)
}

/// Untrusted text on one line: line breaks become spaces, other control characters U+FFFD.
pub(super) fn one_line(text: &str) -> String {
    let clean = |c: char| match c {
        '\n' | '\r' | '\t' => ' ',
        // Marks that turn the direction of what follows them.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    text.chars().map(clean).collect()
}
