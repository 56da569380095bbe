//! Problems from rows, and what was wrong with them.

use super::columns::{Columns, DataRow, text};
use super::rows::each_row;
use super::{AnswerForm, DataSet, Gold, Problem};
use crate::error::{Error, Result};
use rs_grpo_files::Refuse as _;
use rs_grpo_grade::Grader;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

/// The problems of a set, and what was found in its files.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// Usable problems, with unique names.
    pub problems: Vec<Problem>,
    /// Answers as in the files, by problem; empty for generated problems.
    pub answers: HashMap<String, String>,
    /// Rows in the files.
    pub rows: usize,
    /// Rows the set should have, where that is known.
    pub expected: Option<usize>,
    /// Place and reason of each answer that the grader cannot read; those problems are left out.
    pub unreadable: Vec<(String, String)>,
    /// Rows left out because the same problem with the same answer came before.
    pub repeated: usize,
    /// Rows whose problem came before with another answer; they are kept.
    pub conflicting: usize,
}

impl Loaded {
    /// Notes for the user; none if nothing is wrong.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(expected) = self.expected.filter(|&expected| expected != self.rows) {
            let rows = self.rows;
            notes.push(format!("{rows} rows where {expected} are expected: another version?"));
        }
        if let [(place, reason), ..] = &self.unreadable[..] {
            let count = self.unreadable.len();
            notes.push(format!("{count} problems left out, whose answers cannot be graded, such as that of {place}: {reason}"));
        }
        if self.repeated > 0 {
            notes.push(format!("{} rows left out that repeat a problem", self.repeated));
        }
        if self.conflicting > 0 {
            let count = self.conflicting;
            notes.push(format!("{count} rows repeat a problem with another answer"));
        }
        notes
    }
}

/// The problems of the user's own file, or of the files in a folder: every row must hold one.
///
/// # Errors
/// A row without a problem, by file and line; a name that occurs twice; no problems.
pub fn load_file<S: AsRef<str>>(path: &Path, columns: &Columns<S>) -> Result<Loaded> {
    let mut loader = Loader::default();
    for file in files(path, "")? {
        each_row(&file, &|column| columns.wants(column), &mut |place, number, row| {
            let id = columns.id(&row).unwrap_or_else(|| format!("line {number}"));
            if !loader.names.insert(id.clone()) {
                return Err(Error::malformed(place, "id", format!("{id:?} occurs twice")));
            }
            loader.push(place, id, &row, columns, true)
        })?;
    }
    loader.finish(path)
}

/// The problems of a named set, from a file or a folder. Repeated rows and problems whose answer cannot
/// be graded are left out and counted.
///
/// A copy with the usual column names instead of the set's is accepted, too.
///
/// # Errors
/// Files that cannot be read; rows without problem or answer; no problems at all.
pub fn load_set(set: &DataSet, path: &Path) -> Result<Loaded> {
    let usual = Columns { problem: "", answer: "", id: "", form: AnswerForm::Plain };
    let mut loader = Loader::default();
    for file in files(path, set.files)? {
        let wanted = |column: &str| set.columns.wants(column) || usual.wants(column);
        each_row(&file, &wanted, &mut |place, _, row| {
            let has_own = set.columns.problem(&row).is_ok() && set.columns.answer(&row).is_ok();
            let columns = if has_own { &set.columns } else { &usual };
            let number = loader.loaded.rows + 1;
            let own = columns.id(&row).or_else(|| usual.id(&row));
            let name = own.map_or(number.to_string(), |id| id.replace(set.name, ""));
            let mut id = format!("{}-{}", set.name, name.trim_start_matches('-'));
            if !loader.names.insert(id.clone()) {
                id = format!("{id}#{number}");
                loader.names.insert(id.clone());
            }
            loader.push(place, id, &row, columns, false)
        })?;
    }
    let loaded = loader.finish(path)?;
    Ok(Loaded { expected: Some(set.count), ..loaded })
}

#[derive(Default)]
struct Loader {
    grader: Grader,
    loaded: Loaded,
    names: HashSet<String>,
    /// The answer of each problem so far.
    answers: HashMap<String, String>,
}

impl Loader {
    fn push<S: AsRef<str>>(
        &mut self,
        place: &Path,
        id: String,
        row: &DataRow,
        columns: &Columns<S>,
        strict: bool,
    ) -> Result<()> {
        self.loaded.rows += 1;
        let (problem, answer) = problem_and_answer(place, row, columns)?;
        match self.answers.get(&problem) {
            Some(before) if *before == answer && !strict => {
                self.loaded.repeated += 1;
                return Ok(());
            }
            Some(before) => self.loaded.conflicting += usize::from(*before != answer),
            None => {}
        }
        match self.grader.parse_gold(&answer) {
            Ok(gold) => {
                self.answers.insert(problem.clone(), answer.clone());
                self.loaded.answers.insert(id.clone(), answer);
                self.loaded.problems.push(Problem { id, prompt: problem, gold: Gold::Math(gold) });
                Ok(())
            }
            Err(error) if strict => {
                let problem =
                    format!("{answer:?} cannot be graded: {error}; correct it, or leave it out");
                Err(Error::malformed(place, "answer", problem))
            }
            Err(error) => {
                self.loaded.unreadable.push((id, format!("{answer:?}: {error}")));
                Ok(())
            }
        }
    }

    fn finish(self, path: &Path) -> Result<Loaded> {
        match self.loaded.problems.is_empty() {
            true => Err(Error::malformed(path, "the file", "has no problems")),
            false => Ok(self.loaded),
        }
    }
}

/// The text of the problem in a row, and that of its answer.
fn problem_and_answer<S: AsRef<str>>(
    place: &Path,
    row: &DataRow,
    columns: &Columns<S>,
) -> Result<(String, String)> {
    let wrong = |field: &str, problem: String| Error::malformed(place, field, problem);
    let problem = columns.problem(row).map_err(|reason| wrong("problem", reason))?;
    let problem = text(problem)
        .filter(|problem| !problem.trim().is_empty())
        .ok_or_else(|| wrong("problem", "must be a text, and not empty".to_owned()))?;
    Ok((problem, columns.answer(row).map_err(|reason| wrong("answer", reason))?))
}

/// A file itself; of a folder, the data files whose relative paths begin with `prefix`, or else all of
/// its data files; sorted by name.
fn files(path: &Path, prefix: &str) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    if !path.is_dir() {
        let problem = "is not there; give --data a file of one {\"problem\": …, \"answer\": …} a line, or the name of a set (repro data list)";
        return Err(Error::malformed(path, "the file", problem));
    }
    let (folder, start) = match prefix.rsplit_once('/') {
        Some((folder, start)) => (path.join(folder), start),
        None => (path.to_owned(), prefix),
    };
    let mut found = data_files(&folder, start)?;
    if found.is_empty() {
        found = data_files(path, "")?;
    }
    match found.is_empty() {
        true => {
            Err(Error::malformed(path, "the folder", "holds no .jsonl, .json or .parquet file"))
        }
        false => Ok(found),
    }
}

/// The data files in a folder whose names begin with `start`, sorted.
fn data_files(folder: &Path, start: &str) -> Result<Vec<PathBuf>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(Error::file(folder))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let extension = path.extension().and_then(|extension| extension.to_str());
        let is_data = matches!(extension, Some("jsonl" | "json" | "parquet"));
        if is_data && name.starts_with(start) && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
