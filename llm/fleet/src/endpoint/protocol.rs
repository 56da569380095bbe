//! Bodies of requests and answers.

use super::settings::{Endpoint, Protocol};
use rs_grpo_engine::generate::{SamplingParams, TextSample};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Body of a request. `n` is left at 1, its default.
#[derive(Serialize)]
pub(super) struct ChatBody<'a> {
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Vec<Message<'a>>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    chat_template_kwargs: &'a BTreeMap<String, Value>,
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
        endpoint: &'a Endpoint,
        prompt: &'a str,
        params: &'a SamplingParams,
        seed: u32,
    ) -> Self {
        let Endpoint { model, protocol, system, template_vars, .. } = endpoint;
        let messages = || {
            let all = [
                Message { role: "system", content: system },
                Message { role: "user", content: prompt },
            ];
            all.into_iter().filter(|message| !message.content.is_empty()).collect()
        };
        Self {
            model,
            prompt: (*protocol == Protocol::Completions).then_some(prompt),
            messages: (*protocol == Protocol::Chat).then(messages),
            chat_template_kwargs: template_vars,
            max_tokens: params.max_tokens,
            temperature: params.temperature,
            top_p: params.top_p,
            stop: &params.stop_strings,
            seed,
            stream: false,
        }
    }
}

/// The fields of an answer that are read.
#[derive(Deserialize)]
struct Answer {
    choices: Vec<Choice>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    text: Option<String>,
    message: Option<ResponseMessage>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct ResponseMessage {
    content: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    completion_tokens: Option<usize>,
}

/// Parses the sample of an answer; the error says what is wrong with it.
pub(super) fn read(protocol: Protocol, body: &[u8], index: usize) -> Result<TextSample, String> {
    let answer: Answer = serde_json::from_slice(body)
        .map_err(|error| format!("its answer is cut off or is not a completion ({error})"))?;
    let [choice] = &answer.choices[..] else {
        return Err(format!("it gave {} choices; 1 was asked for", answer.choices.len()));
    };
    let text = match protocol {
        Protocol::Completions => choice.text.clone().ok_or("its choice has no text")?,
        // Content is null after a tool call or if there was only reasoning.
        Protocol::Chat => {
            let message = choice.message.as_ref().ok_or("its choice has no message")?;
            message.content.clone().unwrap_or_default()
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
