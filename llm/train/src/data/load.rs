//! Problems from rows, and what was wrong with them.

use super::columns::Columns;
use super::files::files;
use super::messages::Asked;
use super::row::DataRow;
use super::rows::each_row;
use super::{AnswerForm, DataSet, Gold, Problem};
use crate::error::{Error, Result};
use rs_grpo_files::Refuse as _;
use rs_grpo_grade::Grader;
use std::collections::{HashMap, HashSet};
use std::path::Path;

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
    /// A message for each row that holds no problem, with its place; those are left out.
    pub faulty: Vec<String>,
    /// Rows whose problem came before with the same answer; of a set, they are left out.
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
            let kept = if self.expected.is_some() { "left out" } else { "kept" };
            notes.push(format!("{} rows {kept} that repeat a problem", self.repeated));
        }
        if self.conflicting > 0 {
            let count = self.conflicting;
            notes.push(format!("{count} rows repeat a problem with another answer"));
        }
        notes
    }
}

/// How rows are taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// Rows without an answer are problems, too: a program gives the rewards.
    pub optional_answers: bool,
    /// Faults are collected in [`Loaded::faulty`] and [`Loaded::unreadable`]; else the first is an error.
    pub collect_faults: bool,
}

/// The problems of the user's own file, or of the files in a folder: every row must hold one. Rows that
/// repeat a problem are kept, and counted.
///
/// # Errors
/// A row that does not hold a problem, by file and number; a name that occurs twice; no problems at
/// all.
pub fn load_file<S: AsRef<str>>(
    path: &Path,
    columns: &Columns<S>,
    reading: ReadOptions,
) -> Result<Loaded> {
    let files = files(path, "")?;
    let mut loader = Loader { reading, keep_all: true, ..Loader::default() };
    for file in &files {
        let named = |number| match (&files[..], file.file_name().and_then(|name| name.to_str())) {
            ([_, _, ..], Some(name)) => format!("{name}:{number}"),
            _ => format!("line {number}"),
        };
        each_row(file, &|column| columns.wants(column), &mut |place, number, row| {
            let id = columns.id(&row).unwrap_or_else(|| named(number));
            let is_new = loader.names.insert(id.clone());
            loader.push(place, id, is_new, &row, columns)
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
pub fn load_set(set: &DataSet, path: &Path, reading: ReadOptions) -> Result<Loaded> {
    let usual = Columns { problem: "", answer: "", id: "", form: AnswerForm::Plain };
    let mut loader = Loader { reading, ..Loader::default() };
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
            loader.push(place, id, true, &row, columns)
        })?;
    }
    let loaded = loader.finish(path)?;
    Ok(Loaded { expected: Some(set.count), ..loaded })
}

#[derive(Default)]
struct Loader {
    reading: ReadOptions,
    /// Whether rows that repeat a problem are kept, and answers that cannot be graded are faults.
    keep_all: bool,
    grader: Grader,
    loaded: Loaded,
    names: HashSet<String>,
    /// The answer of each problem so far, by system message and question.
    answers: HashMap<Asked, String>,
}

impl Loader {
    fn push<S: AsRef<str>>(
        &mut self,
        place: &Path,
        id: String,
        is_new: bool,
        row: &DataRow,
        columns: &Columns<S>,
    ) -> Result<()> {
        self.loaded.rows += 1;
        let pushed = match is_new {
            true => self.push_new(place, id, row, columns),
            false => Err(Error::malformed(place, "id", format!("{id:?} occurs twice"))),
        };
        match pushed {
            Err(fault) if self.reading.collect_faults => {
                self.loaded.faulty.push(fault.to_string());
                Ok(())
            }
            other => other,
        }
    }

    fn push_new<S: AsRef<str>>(
        &mut self,
        place: &Path,
        id: String,
        row: &DataRow,
        columns: &Columns<S>,
    ) -> Result<()> {
        let asked = columns.problem(row).map_err(|why| Error::malformed(place, "problem", why))?;
        let Asked { question: prompt, system } = asked.clone();
        if self.reading.optional_answers && !columns.has_answer(row) {
            self.loaded.problems.push(Problem { id, prompt, system, gold: Gold::Absent });
            return Ok(());
        }
        let answer = columns.answer(row).map_err(|why| Error::malformed(place, "answer", why))?;
        if self.is_repeated(&asked, &answer) && !self.keep_all {
            return Ok(());
        }
        match self.grader.parse_gold(&answer) {
            Ok(gold) => {
                self.answers.insert(asked, answer.clone());
                self.loaded.answers.insert(id.clone(), answer);
                self.loaded.problems.push(Problem { id, prompt, system, gold: Gold::Math(gold) });
                Ok(())
            }
            Err(error) if self.keep_all && !self.reading.collect_faults => {
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

    /// Counts a problem that came before; whether it had the same answer.
    fn is_repeated(&mut self, asked: &Asked, answer: &str) -> bool {
        let Some(before) = self.answers.get(asked) else { return false };
        let same = before == answer;
        self.loaded.repeated += usize::from(same);
        self.loaded.conflicting += usize::from(!same);
        same
    }

    fn finish(self, path: &Path) -> Result<Loaded> {
        match self.loaded.problems.is_empty() && !self.reading.collect_faults {
            true => Err(Error::malformed(path, "the file", "has no problems")),
            false => Ok(self.loaded),
        }
    }
}
