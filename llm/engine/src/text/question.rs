//! How a question is put to a model.

use super::chat::{ChatOptions, ChatTemplate, Message};
use super::plain::PlainTemplate;
use super::stop::stop_tokens;
use super::tokenizer::Tokenizer;
use crate::{Error, Result};
use rs_grpo_files::Refuse as _;
use std::path::Path;

/// The text in place of a template that leaves the choice to the model and the question.
pub const AUTO: &str = "auto";

/// Asks for the form that the grader reads first. It is the wording of Qwen2.5-Math's model cards, which
/// evaluations of these models have in common.
const BOXED: &str =
    "{prompt}\nPlease reason step by step, and put your final answer within \\boxed{}.";

/// Text around questions, and around that, for models that hold conversations, their chat template.
#[derive(Debug)]
pub struct Question {
    text: PlainTemplate,
    chat: Option<ChatTemplate>,
}

impl Question {
    /// The template of this text: `auto`, a text with `{prompt}`, or an empty text for the model's chat
    /// template with the question alone.
    ///
    /// `auto` puts a mathematical question with the request for a boxed answer, through the chat
    /// template if the model was trained to hold conversations, and any other question as it is. Base
    /// models often come with a chat template that they were not trained on. What tells is how the model
    /// ends an answer, by its [`stop_tokens`]: with the token that the template writes there, or, as
    /// the base models of Qwen do, with another. Checkpoints of a run keep that.
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
                // A conversation marks the end of the question; a text needs its line ended.
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

    /// The text around a question where the model is out of reach, as behind an endpoint.
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

    /// The text around a question for a model that holds no conversations.
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

/// The chat template, if the model ends its answers as the template does.
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
