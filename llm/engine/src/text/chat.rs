//! Chat templates: conversations as the text that a model was trained on.

use super::environment::environment;
use super::files::{read_object, read_text, token_text};
use super::template_source::prepare;
use crate::{Error, Result};
use minijinja::Environment;
use minijinja::value::Value as Variable;
use rs_grpo_files::Refuse as _;
use rs_grpo_files::panics::caught;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Name of the only template in the environment.
const NAME: &str = "chat";

/// Tokens that templates know by name, where `tokenizer_config.json` gives them.
const TOKENS: [&str; 7] =
    ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

/// Longest text of a conversation, in bytes.
const LONGEST: usize = 64 << 20;

/// A text that a template writes, up to [`LONGEST`].
#[derive(Default)]
struct Bounded(Vec<u8>);

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > LONGEST {
            let problem = format!("the text is longer than {LONGEST} bytes");
            return Err(std::io::Error::other(problem));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Role of the speaker: `system`, `user`, `assistant`, or another that the template knows.
    pub role: String,
    /// Text of the message.
    pub content: String,
}

impl Message {
    /// A turn of a conversation.
    pub fn new(role: impl Into<String>, content: impl Into<String>) -> Self {
        Self { role: role.into(), content: content.into() }
    }
}

/// Variables of a template besides the messages.
#[derive(Debug, Clone, Default)]
pub struct ChatOptions {
    add_generation_prompt: bool,
    variables: BTreeMap<String, Variable>,
}

impl ChatOptions {
    /// For a conversation that ends as its last message does.
    pub fn new() -> Self {
        Self::default()
    }

    /// For a conversation that the assistant continues: the text ends where the answer begins.
    pub fn generation() -> Self {
        Self { add_generation_prompt: true, ..Self::default() }
    }

    /// With a variable of the template, such as Qwen3's `enable_thinking` or Llama's `date_string`. It
    /// takes precedence over a token of the same name.
    ///
    /// # Errors
    /// `messages` and `add_generation_prompt`, which are set separately.
    pub fn with(mut self, name: impl Into<String>, value: impl Serialize) -> Result<Self> {
        let name = name.into();
        if ["messages", "add_generation_prompt"].contains(&name.as_str()) {
            let allowed = "any name but messages and add_generation_prompt";
            return Err(Error::parameter("name of a template variable", name, allowed));
        }
        self.variables.insert(name, Variable::from_serialize(value));
        Ok(self)
    }
}

/// The chat template of a checkpoint.
///
/// Renders what transformers' `apply_chat_template` does, in the same dialect of Jinja: blocks are
/// trimmed, strings have Python's methods, `tojson` is Python's, `raise_exception` is known, and
/// `{% generation %}` blocks print what is in them. `strftime_now` gives 26 July 2024, or the variable
/// `date` (such as `2026-01-31`): a prompt must not depend on the day it was made on.
///
/// A template is foreign code: its length, its steps and the text that it makes are bounded.
#[derive(Debug, Clone)]
pub struct ChatTemplate {
    environment: Environment<'static>,
    path: PathBuf,
    /// Where in the file the template stands, if it is not the whole file.
    field: &'static str,
    tokens: Map<String, Value>,
}

impl ChatTemplate {
    /// The template of a checkpoint's folder: `chat_template.jinja`, else `chat_template` of
    /// `tokenizer_config.json`, and of several the one named `default`. `None` where neither is
    /// there, as with most base models.
    ///
    /// # Errors
    /// A file that is not JSON or not UTF-8, several templates none of which is the default, and a
    /// template that is not Jinja; the message names the file and the line.
    pub fn from_folder(folder: &Path) -> Result<Option<Self>> {
        let config = folder.join("tokenizer_config.json");
        let fields = read_object(&config)?;
        let own_file = folder.join("chat_template.jinja");
        let (path, field, source) = match (read_text(&own_file)?, in_config(&config, &fields)?) {
            (Some(source), _) => (own_file, "", source),
            (None, Some(source)) => (config.clone(), "chat_template, ", source.to_owned()),
            (None, None) => return Ok(None),
        };
        let tokens = named_tokens(&config, &fields)?;
        let mut template = Self { environment: environment(), path, field, tokens };
        let source = prepare(&source)
            .map_err(|problem| Error::malformed(&template.path, template.part(1), problem))?;
        let added = caught(|| template.environment.add_template_owned(NAME, source));
        let added = added.map_err(|panic| template.panicked(&panic))?;
        added.map_err(|error| template.error(&error))?;
        Ok(Some(template))
    }

    /// The text of a conversation.
    ///
    /// It holds the special tokens as text: encode it without adding them again.
    ///
    /// # Errors
    /// What the template refuses, such as roles that it does not know, and what fails inside it; the
    /// message names the file and the line.
    pub fn render(&self, messages: &[Message], options: &ChatOptions) -> Result<String> {
        // transformers always gives these two.
        let mut context =
            BTreeMap::from(["tools", "documents"].map(|name| (name, Variable::from(()))));
        let tokens =
            self.tokens.iter().map(|(name, text)| (&**name, Variable::from_serialize(text)));
        context.extend(tokens);
        context.extend(options.variables.iter().map(|(name, value)| (&**name, value.clone())));
        context.insert("messages", Variable::from_serialize(messages));
        context.insert("add_generation_prompt", options.add_generation_prompt.into());
        let mut text = Bounded::default();
        let template = self.environment.get_template(NAME).map_err(|error| self.error(&error))?;
        let rendered = caught(|| template.render_captured_to(context, &mut text).map(drop));
        match rendered.map_err(|panic| self.panicked(&panic))? {
            Ok(()) => String::from_utf8(text.0)
                .map_err(|error| Error::malformed(&self.path, self.part(1), error.to_string())),
            Err(error) => Err(self.error(&error)),
        }
    }

    /// A place in the template.
    fn part(&self, line: usize) -> String {
        format!("{}line {line}", self.field)
    }

    fn error(&self, error: &minijinja::Error) -> Error {
        let detail = error.detail().map_or(String::new(), |detail| format!(": {detail}"));
        let cause = std::error::Error::source(error);
        let cause = cause.map_or(String::new(), |cause| format!(": {cause}"));
        let problem = format!("{}{detail}{cause}", error.kind());
        Error::malformed(&self.path, self.part(error.line().unwrap_or(1)), problem)
    }

    fn panicked(&self, panic: &str) -> Error {
        let problem = format!("the template engine cannot do this: {panic}");
        Error::malformed(&self.path, self.part(1), problem)
    }
}

/// `chat_template` of `tokenizer_config.json`: a text, or a list of named ones.
fn in_config<'a>(path: &Path, fields: &'a Map<String, Value>) -> Result<Option<&'a str>> {
    let several = match fields.get("chat_template") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => return Ok(Some(text)),
        Some(Value::Array(several)) => several,
        Some(_) => return Err(no_template(path, "is neither a text nor a list")),
    };
    let mut names = Vec::with_capacity(several.len());
    for one in several {
        let text = |field| one.get(field).and_then(Value::as_str);
        let (Some(name), Some(template)) = (text("name"), text("template")) else {
            return Err(no_template(
                path,
                "holds an entry without the texts 'name' and 'template'",
            ));
        };
        if name == "default" {
            return Ok(Some(template));
        }
        names.push(name);
    }
    Err(no_template(path, &format!("holds '{}' only", names.join("', '"))))
}

fn no_template(path: &Path, problem: &str) -> Error {
    let allowed = "allowed: a template, or a list of {name, template} with one named 'default'";
    Error::malformed(path, "chat_template", format!("{problem}; {allowed}"))
}

fn named_tokens(path: &Path, fields: &Map<String, Value>) -> Result<Map<String, Value>> {
    let mut tokens = Map::new();
    for name in TOKENS {
        if let Some(text) = token_text(path, fields, name)? {
            tokens.insert(name.to_owned(), text.into());
        }
    }
    Ok(tokens)
}
