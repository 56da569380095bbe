//! Which column holds what, and the forms that answers have.

use serde_json::{Map, Value};

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
    /// The question.
    pub problem: S,
    /// The gold answer.
    pub answer: S,
    /// The name of the problem; without one it is called by its number.
    pub id: S,
    /// The form of the answers.
    pub form: AnswerForm,
}

/// One row: columns by name.
pub(super) type DataRow = Map<String, Value>;

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

    pub(super) fn problem<'a>(&self, row: &'a DataRow) -> Result<&'a Value, String> {
        column(row, self.problem.as_ref(), &PROBLEM).map_err(|names| missing(row, &names))
    }

    /// The answer as text.
    pub(super) fn answer(&self, row: &DataRow) -> Result<String, String> {
        let value = column(row, self.answer.as_ref(), &ANSWER);
        let value = value.map_err(|names| missing(row, &names))?;
        let text = text(value).ok_or("must be a text or a number")?;
        let answer = match self.form {
            AnswerForm::Plain => text.as_str(),
            AnswerForm::Hashes => {
                text.rsplit_once("####").ok_or("has no answer after ####")?.1.trim()
            }
        };
        match answer.trim().is_empty() {
            true => Err("must be a text or a number".to_owned()),
            false => Ok(answer.to_owned()),
        }
    }

    pub(super) fn id(&self, row: &DataRow) -> Option<String> {
        column(row, self.id.as_ref(), &ID).ok().and_then(text)
    }
}

/// The value of the named column, or of the first of the usual ones; else the names that were tried.
fn column<'a>(row: &'a DataRow, name: &str, usual: &[&str]) -> Result<&'a Value, String> {
    let found = match name {
        "" => usual.iter().find_map(|name| row.get(*name)),
        name => row.get(name).or_else(|| inside(row, name)),
    };
    found.ok_or_else(|| if name.is_empty() { usual.join(" or ") } else { name.to_owned() })
}

fn inside<'a>(row: &'a DataRow, path: &str) -> Option<&'a Value> {
    let mut steps = path.split('.');
    let first = row.get(steps.next()?)?;
    steps.try_fold(first, |value, step| match value {
        Value::Object(fields) => fields.get(step),
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        _ => None,
    })
}

fn missing(row: &DataRow, names: &str) -> String {
    let columns: Vec<&str> = row.keys().map(String::as_str).collect();
    format!("there is no column {names}; the row has {}", columns.join(", "))
}

pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
