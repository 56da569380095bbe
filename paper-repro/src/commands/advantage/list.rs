//! `repro advantage --list`: all estimators, for a terminal, for programs, and as a page.

use crate::console::Console;
use crate::failure::Failure;
use clap::ValueEnum;
use rs_grpo::{CATALOGUE, Entry, SYMBOLS};
use serde::Serialize;
use std::fmt::Write;

/// The page, but for what comes from the catalogue.
const PAGE: &str = include_str!("../../../templates/estimators.md");
/// Width of a terminal.
const WIDTH: usize = 80;

/// How advantages, or the list of estimators, are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    /// A table for people.
    Text,
    /// One JSON object for programs.
    Json,
    /// A page with every formula; with --list.
    Markdown,
}

/// One line of `--list --format json`.
#[derive(Serialize)]
struct Listed {
    estimator: String,
    optimises: &'static str,
    source: &'static str,
}

pub(super) fn list(format: ListFormat, console: &mut Console<'_>) -> Result<(), Failure> {
    match format {
        ListFormat::Text => write!(console.out, "{}", text())?,
        ListFormat::Markdown => write!(console.out, "{}", page())?,
        ListFormat::Json => CATALOGUE.iter().try_for_each(|entry| {
            let Entry { optimises, source, .. } = *entry;
            console.json(&Listed { estimator: entry.estimator.to_string(), optimises, source })
        })?,
    }
    Ok(())
}

/// Two columns: the estimator; what it optimises, and under that its source.
fn text() -> String {
    let names: Vec<String> = CATALOGUE.iter().map(|entry| entry.estimator.to_string()).collect();
    let left = names.iter().map(String::len).max().unwrap_or(0);
    let mut text = format!("{:left$}  optimises, and source\n", "estimator");
    writeln!(text, "{}  {}", "─".repeat(left), "─".repeat(WIDTH - left - 2)).unwrap_or(());
    for (name, entry) in names.iter().zip(CATALOGUE) {
        let lines = [entry.optimises, entry.source].map(|words| wrapped(words, WIDTH - left - 2));
        let mut name = name.as_str();
        for line in lines.concat() {
            writeln!(text, "{name:left$}  {line}").unwrap_or(());
            name = "";
        }
    }
    text
}

/// Words in lines of at most `width` characters; a longer word gets its own line.
fn wrapped(words: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in words.split(' ') {
        let last = lines.len() - 1;
        let length = lines[last].chars().count();
        if length > 0 && length + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            let space = if length > 0 { " " } else { "" };
            lines[last].push_str(space);
            lines[last].push_str(word);
        }
    }
    lines
}

/// The page of all estimators.
fn page() -> String {
    let (mut contents, mut pages) = (String::new(), String::new());
    for Entry { estimator, optimises, source, page, .. } in CATALOGUE {
        let name = estimator.name();
        writeln!(contents, "- [`{estimator}`](#{name}): {optimises} ({source})").unwrap_or(());
        write!(pages, "## {name}\n\n`{estimator}`: {page}\n").unwrap_or(());
    }
    let page = PAGE.replace("{symbols}", SYMBOLS.trim_end());
    page.replace("{contents}", &contents).replace("{pages}", &pages)
}
