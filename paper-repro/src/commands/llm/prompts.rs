//! Prompts from the command line or a file, as texts and as tokens.

use crate::commands::lines::for_each_line;
use crate::failure::Failure;
use rs_grpo_engine::text::{ChatOptions, ChatTemplate, Message, PlainTemplate, Tokenizer};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// A prompt as it was given.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(
    untagged,
    expecting = "not a prompt; allowed: {\"prompt\": text} or {\"messages\": [{\"role\": …, \"content\": …}]}"
)]
pub(super) enum Prompt {
    /// A text.
    Text(TextLine),
    /// A conversation, for the model's chat template.
    Chat(ChatLine),
}

/// `{"prompt": …}`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TextLine {
    prompt: String,
}

/// `{"messages": …}`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChatLine {
    messages: Vec<Message>,
}

/// Prompts of the command line, or of every line of a file.
pub(super) fn read(texts: &[String], file: Option<&Path>) -> Result<Vec<Prompt>, Failure> {
    let text = |text: &String| Prompt::Text(TextLine { prompt: text.clone() });
    let mut prompts: Vec<_> = texts.iter().map(text).collect();
    if let Some(path) = file {
        for_each_line(path, |line| {
            let prompt = serde_json::from_str(line);
            prompts.push(prompt.map_err(|error| Failure::Usage(error.to_string()))?);
            Ok(())
        })?;
    }
    match prompts.is_empty() {
        true => Err(Failure::Usage("--prompts names a file without prompts".to_owned())),
        false => Ok(prompts),
    }
}

/// How prompts become tokens.
pub(super) struct Encoder<'a> {
    pub(super) folder: PathBuf,
    pub(super) tokenizer: &'a Tokenizer,
    /// Whether texts, too, are questions of a conversation.
    pub(super) chat: bool,
    pub(super) template: PlainTemplate,
}

impl Encoder<'_> {
    /// The tokens of every prompt.
    pub(super) fn encode(&self, prompts: &[Prompt]) -> Result<Vec<Vec<u32>>, Failure> {
        let chats = prompts.iter().any(|prompt| self.chat || matches!(prompt, Prompt::Chat(_)));
        let template = if chats { Some(self.chat_template()?) } else { None };
        prompts.iter().map(|prompt| self.encode_one(prompt, template.as_ref())).collect()
    }

    fn encode_one(
        &self,
        prompt: &Prompt,
        template: Option<&ChatTemplate>,
    ) -> Result<Vec<u32>, Failure> {
        let messages = match prompt {
            Prompt::Chat(line) => line.messages.clone(),
            Prompt::Text(line) => vec![Message::new("user", line.prompt.clone())],
        };
        match (prompt, template) {
            (Prompt::Text(line), template) if !self.chat || template.is_none() => {
                Ok(self.tokenizer.encode(&self.template.render(&line.prompt), true)?)
            }
            (_, Some(template)) => {
                // The template writes the special tokens itself.
                let text = template.render(&messages, &ChatOptions::generation())?;
                Ok(self.tokenizer.encode(&text, false)?)
            }
            (_, None) => Err(self.no_template()),
        }
    }

    fn chat_template(&self) -> Result<ChatTemplate, Failure> {
        ChatTemplate::from_folder(&self.folder)?.ok_or_else(|| self.no_template())
    }

    fn no_template(&self) -> Failure {
        Failure::Usage(format!(
            "{} has no chat template: leave out --chat, and give texts, not messages",
            self.folder.display()
        ))
    }
}
