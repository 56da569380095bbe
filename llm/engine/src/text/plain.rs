//! Prompt templates of base models.

use crate::{Error, Result};
use rs_grpo_files::Refuse as _;

/// Stands for the question in the text.
const PLACE: &str = "{prompt}";

/// A text with a place for the question, for base models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlainTemplate {
    text: String,
}

impl PlainTemplate {
    /// A template such as `Question: {prompt}\nAnswer:`.
    ///
    /// # Errors
    /// A text without `{prompt}`: every question would have the same prompt.
    pub fn new(text: impl Into<String>) -> Result<Self> {
        let text = text.into();
        if text.contains(PLACE) {
            return Ok(Self { text });
        }
        let allowed = "a text in which {prompt} stands for the question";
        Err(Error::parameter("prompt-template", format!("'{text}'"), allowed))
    }

    /// The prompt of a question. Nothing inside the question is replaced.
    pub fn render(&self, question: &str) -> String {
        self.text.replace(PLACE, question)
    }
}

/// The question and nothing else.
impl Default for PlainTemplate {
    fn default() -> Self {
        Self { text: PLACE.to_owned() }
    }
}
