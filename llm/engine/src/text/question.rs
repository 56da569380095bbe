//! The prompt of a question.

use super::chat::{ChatOptions, ChatTemplate, Message};
use super::plain::PlainTemplate;
use super::stop::stop_tokens;
use super::tokenizer::Tokenizer;
use crate::{Error, Result};
use rs_grpo_files::Refuse as _;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// The text in place of a template that leaves the choice to the model and the question.
pub const AUTO: &str = "auto";

/// Asks for a boxed answer, in the wording of Qwen2.5-Math's model cards that evaluations of these
/// models use.
const BOXED: &str =
    "{prompt}\nPlease reason step by step, and put your final answer within \\boxed{}.";

/// How questions become prompts.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptOptions {
    /// Text around a question, which stands in it as `{prompt}`; `auto` chooses it by the question and,
    /// unless `chat` decides that, whether it goes through the chat template. An empty text is the
    /// question alone, through the chat template.
    pub template: String,
    /// Whether the text goes through the model's chat template, as the user's message.
    pub chat: bool,
    /// Text of the system message in the chat template; none where it is empty. One that comes with a
    /// question stands in its place.
    pub system: String,
    /// Variables of the chat template, such as `enable_thinking`.
    pub variables: BTreeMap<String, Value>,
}

impl Default for PromptOptions {
    /// By model and question, without a system message.
    fn default() -> Self {
        Self {
            template: AUTO.to_owned(),
            chat: false,
            system: String::new(),
            variables: BTreeMap::new(),
        }
    }
}

impl PromptOptions {
    /// The text around a question in a conversation, or where the model is out of reach, as behind an
    /// endpoint: `auto` asks for a boxed answer to a mathematical question.
    ///
    /// # Errors
    /// A text without `{prompt}`.
    pub fn text(&self, is_math: bool) -> Result<PlainTemplate> {
        Question::text(&self.template, is_math)
    }
}

/// Text around questions, and around that, for models that hold conversations, their chat template.
#[derive(Debug)]
pub struct Question {
    text: PlainTemplate,
    chat: Option<ChatTemplate>,
    system: Option<String>,
    options: ChatOptions,
}

impl Question {
    /// How this model is asked.
    ///
    /// `auto` adds the request for a boxed answer to a mathematical question, and the chat template if
    /// the model is a chat model; other questions stay as they are. Base models often come with a chat
    /// template that they were not trained on. A model counts as a chat model if one of its
    /// [`stop_tokens`] is the token that the template writes after an answer; the base models of Qwen
    /// stop at another. Checkpoints of a run keep this.
    ///
    /// # Errors
    /// A text without `{prompt}`; `chat`, a system message or variables where the model has no chat
    /// template, or where the text stands alone.
    pub fn new(
        options: &PromptOptions,
        folder: &Path,
        tokenizer: &Tokenizer,
        is_math: bool,
    ) -> Result<Self> {
        let PromptOptions { template, chat, .. } = options;
        let (text, chat) = match template.as_str() {
            AUTO if !chat => {
                let chat = if is_math { conversation(folder, tokenizer)? } else { None };
                // A chat template marks the end of the question; plain text needs a line break.
                let text = match chat {
                    None => Self::plain(AUTO, is_math)?,
                    Some(_) => Self::text(AUTO, is_math)?,
                };
                (text, chat)
            }
            text if *chat || text.is_empty() => {
                (Self::text(text, is_math)?, Some(chat_template(folder)?))
            }
            text => (PlainTemplate::new(text)?, None),
        };
        Self { text, chat, system: None, options: ChatOptions::generation() }.with(options)
    }

    /// With the system message and the variables of the chat template.
    fn with(mut self, options: &PromptOptions) -> Result<Self> {
        let without_chat = |name, value: String| {
            let allowed = "with --chat: it is a part of the model's chat template";
            Err(Error::parameter(name, value, allowed))
        };
        if self.chat.is_none() && !options.system.is_empty() {
            return without_chat("system-prompt", format!("{:?}", options.system));
        }
        if let (None, Some(name)) = (&self.chat, options.variables.keys().next()) {
            return without_chat("template-vars", name.clone());
        }
        self.system = Some(options.system.clone()).filter(|text| !text.is_empty());
        for (name, value) in &options.variables {
            self.options = self.options.with(name, value)?;
        }
        Ok(self)
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

    /// The prompt as the model gets it; `system` is the question's own system message, if it has one.
    ///
    /// # Errors
    /// Those of the chat template; a system message where the text stands alone.
    pub fn render(&self, question: &str, system: Option<&str>) -> Result<String> {
        let text = self.text.render(question);
        let system = system.or(self.system.as_deref());
        match (&self.chat, system) {
            (Some(chat), system) => {
                let mut messages: Vec<Message> =
                    system.map(|text| Message::new("system", text)).into_iter().collect();
                messages.push(Message::new("user", text));
                chat.render(&messages, &self.options)
            }
            (None, None) => Ok(text),
            (None, Some(system)) => {
                let allowed = "with --chat: the data have system messages";
                Err(Error::parameter("system message", format!("{system:?}"), allowed))
            }
        }
    }

    /// The same in tokens.
    ///
    /// # Errors
    /// Those of [`render`](Self::render) and of the tokenizer.
    pub fn encode(
        &self,
        question: &str,
        system: Option<&str>,
        tokenizer: &Tokenizer,
    ) -> Result<Vec<u32>> {
        // A chat template writes the special tokens itself.
        tokenizer.encode(&self.render(question, system)?, self.chat.is_none())
    }
}

fn chat_template(folder: &Path) -> Result<ChatTemplate> {
    ChatTemplate::from_folder(folder)?.ok_or_else(|| {
        let allowed = "a --prompt-template with {prompt}, without --chat";
        Error::parameter("chat template", "missing from the model", allowed)
    })
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
