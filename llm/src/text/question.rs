//! How a question is put to a model.

use super::{ChatOptions, ChatTemplate, Message, PlainTemplate, Tokenizer};
use crate::{Error, Result};
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
    /// template if the model was trained to follow instructions, and any other question as it is. Base
    /// models often come with a chat template that they were not trained on, so it is the name of the
    /// model, in the path of its folder, that tells: it holds `instruct` or `chat`.
    ///
    /// # Errors
    /// A text without `{prompt}`; an empty one where the model has no chat template.
    pub fn new(template: &str, folder: &Path, is_math: bool) -> Result<Self> {
        match template {
            AUTO => {
                let follows = is_math && follows_instructions(folder);
                let chat = if follows { ChatTemplate::from_folder(folder)? } else { None };
                let text = Self::text(AUTO, is_math)?;
                // A conversation marks the end of the question; a text needs its line ended.
                let text = match (&chat, is_math) {
                    (None, true) => PlainTemplate::new(format!("{BOXED}\n"))?,
                    _ => text,
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

fn follows_instructions(folder: &Path) -> bool {
    let path = folder.to_string_lossy().to_ascii_lowercase();
    path.contains("instruct") || path.contains("chat")
}
