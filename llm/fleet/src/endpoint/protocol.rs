//! What is sent, and what must come back.

use rs_grpo_engine::generate::{SamplingParams, TextSample};
use serde::{Deserialize, Serialize};

/// Which of the two kinds of completions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Of a text.
    Completions,
    /// Of a conversation that consists of the prompt: the server applies the model's chat template.
    Chat,
}

impl Protocol {
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Completions => "completions",
            Self::Chat => "chat/completions",
        }
    }
}

/// A request. The number of choices is left at one, its default.
#[derive(Serialize)]
pub(super) struct ChatBody<'a> {
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<[Message<'a>; 1]>,
    max_tokens: usize,
    temperature: f32,
    top_p: f32,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop: &'a [String],
    seed: u32,
    stream: bool,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
}

impl<'a> ChatBody<'a> {
    pub(super) fn new(
        protocol: Protocol,
        model: &'a str,
        prompt: &'a str,
        params: &'a SamplingParams,
        seed: u32,
    ) -> Self {
        let message = || [Message { role: "user", content: prompt }];
        Self {
            model,
            prompt: (protocol == Protocol::Completions).then_some(prompt),
            messages: (protocol == Protocol::Chat).then(message),
            max_tokens: params.max_tokens,
            temperature: params.temperature,
            top_p: params.top_p,
            stop: &params.stop_strings,
            seed,
            stream: false,
        }
    }
}

/// An answer, as far as it is read.
#[derive(Deserialize)]
struct Answer {
    choices: Vec<Choice>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    text: Option<String>,
    message: Option<Said>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Said {
    content: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    completion_tokens: Option<usize>,
}

/// The sample that an answer holds; what is wrong with one that holds none.
pub(super) fn read(protocol: Protocol, body: &[u8], index: usize) -> Result<TextSample, String> {
    let answer: Answer = serde_json::from_slice(body)
        .map_err(|error| format!("its answer is cut off or is not a completion ({error})"))?;
    let [choice] = &answer.choices[..] else {
        return Err(format!("it gave {} choices; 1 was asked for", answer.choices.len()));
    };
    let text = match protocol {
        Protocol::Completions => choice.text.clone().ok_or("its choice has no text")?,
        // A model that only thought, or called a tool, said nothing.
        Protocol::Chat => {
            let said = choice.message.as_ref().ok_or("its choice has no message")?;
            said.content.clone().unwrap_or_default()
        }
    };
    let truncated = match choice.finish_reason.as_deref() {
        Some("length") => true,
        Some("stop" | "eos_token" | "stop_sequence" | "tool_calls") => false,
        other => {
            let reason = other.unwrap_or("absent");
            return Err(format!("the finish reason is {reason}; known: stop, length"));
        }
    };
    let tokens = answer.usage.and_then(|usage| usage.completion_tokens);
    Ok(TextSample { index, text, tokens, entropy: None, truncated })
}
