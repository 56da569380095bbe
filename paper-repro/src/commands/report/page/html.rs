//! A page as one HTML file that needs nothing else: no script, no other file, no network.

use super::document::{Block, Document, Inline, Paragraph, Picture, one_line};
use crate::failure::Failure;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};
use rs_grpo_figures::{Align, Color, Dash, INTER_REGULAR, INTER_SEMI_BOLD, Key, Table, colors_of};
use std::collections::BTreeSet;

const TEMPLATE: &str = include_str!("../../../../templates/report.html");
/// Size of a panel of a figure; the page lays panels out side by side as it has room.
const PANEL: (u32, u32) = (560, 400);

pub(super) fn write(document: &Document) -> Result<String, Failure> {
    let mut colors = BTreeSet::new();
    let sections: Vec<Value> = document
        .sections
        .iter()
        .map(|section| {
            let blocks = section.blocks.iter().map(|block| of_block(block, &mut colors));
            let blocks = blocks.collect::<Result<Vec<_>, Failure>>()?;
            Ok(context! { id => section.id, title => one_line(&section.title), blocks })
        })
        .collect::<Result<_, Failure>>()?;
    let facts = document.facts.iter().map(|fact| {
        let [value, label, note] =
            [&fact.value, &fact.label, &fact.note].map(|text| one_line(text));
        context! { value, label, note }
    });
    let page = context! {
        title => one_line(&document.title),
        lead => inlines(&document.lead),
        facts => facts.collect::<Vec<_>>(),
        sections,
        dark => dark(&colors),
        fonts => [INTER_REGULAR, INTER_SEMI_BOLD].map(|font| BASE64_STANDARD.encode(font)),
        version => env!("CARGO_PKG_VERSION"),
    };
    render(page).map_err(|error| Failure::Failed(format!("the page's template: {error:#}")))
}

/// Everything that is put into the page is escaped, but for what the template calls safe: the pictures, whose
/// text the figures escape themselves.
fn render(page: Value) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.set_keep_trailing_newline(true);
    environment.add_template("report.html", TEMPLATE)?;
    environment.get_template("report.html")?.render(page)
}

/// The dark-page colour of each colour of the pictures.
fn dark(colors: &BTreeSet<String>) -> Vec<Value> {
    let pairs = colors.iter().filter_map(|text| Some((text, Color::from_hex(text)?.on_dark())));
    pairs.map(|(light, dark)| context! { light, dark => dark.to_string() }).collect()
}

fn of_block(block: &Block, colors: &mut BTreeSet<String>) -> Result<Value, Failure> {
    Ok(match block {
        Block::Text(text) => context! { kind => "text", parts => inlines(text) },
        Block::Table { caption, table } => of_table("table", caption, table),
        Block::Folded { caption, table } => of_table("folded", caption, table),
        Block::Figure(picture) => of_picture(picture, colors)?,
        Block::Commands(lines) => context! { kind => "commands", lines },
    })
}

fn inlines(text: &Paragraph) -> Vec<Value> {
    let part = |part: &Inline| match part {
        Inline::Plain(text) => context! { kind => "plain", text => one_line(text) },
        Inline::Code(text) => context! { kind => "code", text => one_line(text) },
        Inline::Link { text, url } => context! { kind => "link", text, url },
    };
    text.iter().map(part).collect()
}

/// Numbers stand apart from their intervals, so that they are in line.
fn of_table(kind: &str, caption: &str, table: &Table) -> Value {
    let columns = table.columns().iter();
    let columns = columns.map(|c| context! { title => c.title, right => c.align == Align::Right });
    let cell = |(cell, right): (&String, bool)| {
        let parts = cell.split_once(" [").filter(|(_, rest)| right && rest.ends_with(']'));
        let signed = |text: &str| if right { text.replace('-', "−") } else { text.to_owned() };
        let value = signed(parts.map_or(cell.as_str(), |(value, _)| value));
        let interval = parts.map(|(_, rest)| signed(&format!("[{rest}")));
        context! { value, interval, right }
    };
    let aligned = || table.columns().iter().map(|column| column.align == Align::Right);
    let row = |row: &Vec<String>| row.iter().zip(aligned()).map(cell).collect::<Vec<_>>();
    let rows: Vec<_> = table.rows().iter().map(row).collect();
    context! { kind, caption => one_line(caption), columns => columns.collect::<Vec<_>>(), rows }
}

fn of_picture(picture: &Picture, colors: &mut BTreeSet<String>) -> Result<Value, Failure> {
    let apart = picture.figure.apart(PANEL);
    let svgs = apart.panels.iter().map(|panel| panel.svg()).collect::<Result<Vec<_>, _>>()?;
    for svg in &svgs {
        colors.extend(colors_of(svg));
    }
    let key = |key: &Key| {
        let color = key.color.to_string().to_uppercase();
        colors.insert(color.clone());
        let dashes = match key.dash {
            Dash::Solid => "none",
            Dash::Dashed => "7 5",
            Dash::Dotted => "1.5 4.5",
        };
        context! { label => key.label, color, dashes }
    };
    let legend: Vec<Value> = apart.legend.iter().map(key).collect();
    Ok(context! {
        kind => "figure",
        caption => one_line(&picture.caption),
        alt => one_line(&picture.alt),
        legend,
        // The caption names the picture; an empty title would hide it.
        panels => svgs.iter().map(|svg| svg.replacen("<title></title>", "", 1)).collect::<Vec<_>>(),
    })
}
