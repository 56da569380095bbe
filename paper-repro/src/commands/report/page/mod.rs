//! The page of a report: what runs did, beside the paper, as Markdown and as one HTML file.
//!
//! | file | what |
//! |---|---|
//! | `find` | finds the runs in the folders of the command line |
//! | `training`, `evaluation` | a run, read from its folder |
//! | `paper`, `method` | the paper's numbers, and which of them a run is compared with |
//! | `compare`, `curves`, `differs` | tables beside the paper, figures, what differs |
//! | `runs`, `committed` | the page about runs, and the page about the committed results |
//! | `document`, `markdown`, `html` | the content of a page, and its formats |

mod committed;
mod compare;
mod curves;
mod differs;
mod document;
mod evaluation;
mod find;
mod html;
mod markdown;
mod method;
mod paper;
mod runs;
mod training;

use crate::console::Console;
use crate::failure::Failure;
use document::{Block, Document};
use rs_grpo_figures::write_atomic;
use std::path::{Path, PathBuf};

/// Writes the page about these runs, or about the committed results if there are none.
pub(super) fn run(
    folders: &[PathBuf],
    out: &Path,
    title: Option<&str>,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let mut document = match folders.is_empty() {
        true => committed::document()?,
        false => runs::document(find::find(folders)?)?,
    };
    if let Some(title) = title {
        document.title = title.to_owned();
    }
    console.note_files(&write(&document, out)?);
    Ok(())
}

/// The figures first, then the pages that show them, each file atomically.
fn write(document: &Document, out: &Path) -> Result<Vec<PathBuf>, Failure> {
    let pages = [("report.md", markdown::write(document)), ("report.html", html::write(document)?)];
    let mut files = Vec::new();
    for block in document.sections.iter().flat_map(|section| &section.blocks) {
        if let Block::Figure(picture) = block {
            files.extend(picture.figure.write(out.join("figures"), picture.name)?);
        }
    }
    for (name, text) in pages {
        let path = out.join(name);
        write_atomic(&path, text.as_bytes())?;
        files.push(path);
    }
    Ok(files)
}
