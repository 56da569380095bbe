//! Which column holds what, and the forms that answers have.

use super::cell::ColumnValue;
use super::messages::{Asked, asked};
use super::row::DataRow;

/// Where the answer is in its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AnswerForm {
    /// It is the answer.
    #[default]
    Plain,
    /// After `#### ` at the end of a solution, as in GSM8K.
    Hashes,
}

/// The names of columns; an empty one stands for the usual names. A dot leads into an object or a list:
/// `prompt.0.content`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Columns<S> {
    /// The question: a text, or a list of messages.
    pub problem: S,
    /// The gold answer.
    pub answer: S,
    /// The name of the problem; without one it is called by its number.
    pub id: S,
    /// The form of the answers.
    pub form: AnswerForm,
}

const PROBLEM: [&str; 3] = ["problem", "prompt", "question"];
const ANSWER: [&str; 3] = ["answer", "final_answer", "solution"];
const ID: [&str; 1] = ["id"];

impl<S: AsRef<str>> Columns<S> {
    /// Whether a column of this name may be needed.
    pub(super) fn wants(&self, column: &str) -> bool {
        let names = [
            (self.problem.as_ref(), &PROBLEM[..]),
            (self.answer.as_ref(), &ANSWER),
            (self.id.as_ref(), &ID),
        ];
        names.into_iter().any(|(name, usual)| match name {
            "" => usual.contains(&column),
            name => name == column || name.split('.').next() == Some(column),
        })
    }

    /// The question, and the system message before it.
    pub(super) fn problem(&self, row: &DataRow) -> Result<Asked, String> {
        let cell = column(row, self.problem.as_ref(), &PROBLEM);
        let asked = match cell.map_err(|names| missing(row, &names))? {
            ColumnValue::List(messages) => asked(messages)?,
            cell => {
                let question = cell.text().ok_or_else(|| {
                    format!("is {}; allowed: a text, or a list of messages", cell.kind())
                })?;
                Asked { question, system: None }
            }
        };
        match asked.question.trim().is_empty() {
            true => Err("is empty".to_owned()),
            false => Ok(asked),
        }
    }

    /// The answer as text: of a list, the list in JSON, which the grader reads.
    pub(super) fn answer(&self, row: &DataRow) -> Result<String, String> {
        let cell = column(row, self.answer.as_ref(), &ANSWER);
        let cell = cell.map_err(|names| missing(row, &names))?;
        let text = answer_text(cell).ok_or_else(|| {
            format!("is {}; allowed: a text, a number, or a list of these", cell.kind())
        })?;
        let answer = match self.form {
            AnswerForm::Plain => text.as_str(),
            AnswerForm::Hashes => {
                text.rsplit_once("####").ok_or("has no answer after ####")?.1.trim()
            }
        };
        match answer.trim().is_empty() {
            true => Err("is empty".to_owned()),
            false => Ok(answer.to_owned()),
        }
    }

    /// Whether a row has an answer, or at least something in its place.
    pub(super) fn has_answer(&self, row: &DataRow) -> bool {
        let cell = column(row, self.answer.as_ref(), &ANSWER);
        cell.is_ok_and(|cell| !matches!(cell, ColumnValue::Null))
    }

    pub(super) fn id(&self, row: &DataRow) -> Option<String> {
        column(row, self.id.as_ref(), &ID).ok().and_then(ColumnValue::text)
    }
}

/// A list of one answer is that answer.
fn answer_text(cell: &ColumnValue) -> Option<String> {
    let ColumnValue::List(items) = cell else { return cell.text() };
    let items: Vec<String> = items.iter().map(ColumnValue::text).collect::<Option<_>>()?;
    match &items[..] {
        [] => None,
        [only] => Some(only.clone()),
        several => Some(serde_json::json!(several).to_string()),
    }
}

/// The value of the named column, or of the first of the usual ones; else the names that were tried.
fn column<'a>(row: &'a DataRow, name: &str, usual: &[&str]) -> Result<&'a ColumnValue, String> {
    let found = match name {
        "" => usual.iter().find_map(|name| row.get(*name)),
        name => row.get(name).or_else(|| inside(row, name)),
    };
    found.ok_or_else(|| if name.is_empty() { usual.join(" or ") } else { name.to_owned() })
}

fn inside<'a>(row: &'a DataRow, path: &str) -> Option<&'a ColumnValue> {
    let mut steps = path.split('.');
    let first = row.get(steps.next()?)?;
    steps.try_fold(first, |value, step| match value {
        ColumnValue::Object(fields) => fields.get(step),
        ColumnValue::List(items) => items.get(step.parse::<usize>().ok()?),
        _ => None,
    })
}

fn missing(row: &DataRow, names: &str) -> String {
    let columns: Vec<&str> = row.keys().map(String::as_str).collect();
    format!("there is no column {names}; the row has {}", columns.join(", "))
}
