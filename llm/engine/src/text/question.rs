//! The prompt of a question.

use super::chat::{ChatOptions, ChatTemplate, Message};
use super::plain::PlainTemplate;
use super::stop::stop_tokens;
use super::tokenizer::Tokenizer;
use crate::{Error, Result};
use rs_grpo_files::Refuse as _;
use std::path::Path;

/// The text in place of a template that leaves the choice to the model and the question.
pub const AUTO: &str = "auto";

/// Asks for a boxed answer, in the wording of Qwen2.5-Math's model cards that evaluations of these
/// models use.
const BOXED: &str =
    "{prompt}\nPlease reason step by step, and put your final answer within \\boxed{}.";

/// The template around questions, and the chat template around that, for chat models.
#[derive(Debug)]
pub struct Question {
    text: PlainTemplate,
    chat: Option<ChatTemplate>,
}

impl Question {
    /// The template of this text: `auto`, a text with `{prompt}`, or an empty text for the model's chat
    /// template with the question alone.
    ///
    /// `auto` adds the request for a boxed answer to a mathematical question, and the chat template if
    /// the model is a chat model; other questions stay as they are. Base models often come with a chat
    /// template that they were not trained on. A model counts as a chat model if one of its
    /// [`stop_tokens`] is the token that the template writes after an answer; the base models of Qwen
    /// stop at another. Checkpoints of a run keep this.
    ///
    /// # Errors
    /// A text without `{prompt}`; an empty one where the model has no chat template.
    pub fn new(
        template: &str,
        folder: &Path,
        tokenizer: &Tokenizer,
        is_math: bool,
    ) -> Result<Self> {
        match template {
            AUTO => {
                let chat = if is_math { conversation(folder, tokenizer)? } else { None };
                // A chat template marks the end of the question; plain text needs a line break.
                let text = match chat {
                    None => Self::plain(AUTO, is_math)?,
                    Some(_) => Self::text(AUTO, is_math)?,
                };
                Ok(Self { text, chat })
            }
            "" => {
                let chat = ChatTemplate::from_folder(folder)?.ok_or_else(|| {
                    let allowed = "a text with {prompt}, since the model has no chat template";
                    Error::parameter("prompt-template", "empty", allowed)
                })?;
                Ok(Self { text: PlainTemplate::default(), chat: Some(chat) })
            }
            text => Ok(Self { text: PlainTemplate::new(text)?, chat: None }),
        }
    }

    /// The template of a served model, whose files are not available.
    ///
    /// # Errors
    /// A text without `{prompt}`.
    pub fn text(template: &str, is_math: bool) -> Result<PlainTemplate> {
        match template {
            AUTO if is_math => PlainTemplate::new(BOXED),
            AUTO | "" => Ok(PlainTemplate::default()),
            text => PlainTemplate::new(text),
        }
    }

    /// The template of a base model.
    ///
    /// # Errors
    /// A text without `{prompt}`.
    pub fn plain(template: &str, is_math: bool) -> Result<PlainTemplate> {
        match template {
            AUTO if is_math => PlainTemplate::new(format!("{BOXED}\n")),
            other => Self::text(other, is_math),
        }
    }

    /// The prompt as the model gets it.
    ///
    /// # Errors
    /// Those of the chat template.
    pub fn render(&self, question: &str) -> Result<String> {
        let text = self.text.render(question);
        match &self.chat {
            Some(chat) => chat.render(&[Message::new("user", text)], &ChatOptions::generation()),
            None => Ok(text),
        }
    }

    /// The same in tokens.
    ///
    /// # Errors
    /// Those of the chat template and of the tokenizer.
    pub fn encode(&self, question: &str, tokenizer: &Tokenizer) -> Result<Vec<u32>> {
        // A chat template writes the special tokens itself.
        tokenizer.encode(&self.render(question)?, self.chat.is_none())
    }
}

/// The chat template, if the model stops at the token that ends an answer in it.
fn conversation(folder: &Path, tokenizer: &Tokenizer) -> Result<Option<ChatTemplate>> {
    const ANSWER: &str = "It is two.";
    let Some(chat) = ChatTemplate::from_folder(folder)? else { return Ok(None) };
    let messages = [Message::new("user", "1+1?"), Message::new("assistant", ANSWER)];
    let text = chat.render(&messages, &ChatOptions::new())?;
    let end = text.rsplit_once(ANSWER).map_or("", |(_, end)| end.trim_start());
    let stop_tokens = stop_tokens(folder, tokenizer)?;
    let mut stops = stop_tokens.into_iter().filter_map(|id| tokenizer.token(id));
    Ok(stops.any(|stop| end.starts_with(stop.as_str())).then_some(chat))
}
