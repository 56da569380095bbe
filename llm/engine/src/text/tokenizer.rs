//! A checkpoint's `tokenizer.json`.

use super::files::not_json;
use crate::{Error, Result};
use rs_grpo_files::Refuse as _;
use rs_grpo_files::panics::caught;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use tokenizers::{
    AddedToken, DecoderWrapper, ModelWrapper, NormalizerWrapper, PostProcessorWrapper,
    PreTokenizerWrapper,
};

/// Turns text into tokens and tokens into text.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    path: PathBuf,
    vocab_size: usize,
    /// Whether tokens such as `<0xE4>` are bytes of characters that the vocabulary lacks.
    byte_fallback: bool,
}

impl Tokenizer {
    /// The tokenizer of a checkpoint's folder, `tokenizer.json`.
    ///
    /// Truncation and padding of the file are ignored, as in transformers: text is never cut.
    ///
    /// # Errors
    /// A file that is missing, truncated or not a tokenizer; a token whose id is not its position in the
    /// vocabulary, or two tokens with one id; BPE dropout.
    pub fn from_folder(folder: &Path) -> Result<Self> {
        let path = folder.join("tokenizer.json");
        let bytes = std::fs::read(&path).map_err(Error::file(&path))?;
        let mut inner = guarded(&path, "tokenizer", || tokenizers::Tokenizer::from_bytes(&bytes))
            .map_err(|error| faulty_part(&path, &bytes).err().unwrap_or(error))?;
        inner.with_padding(None);
        guarded(&path, "truncation", || inner.with_truncation(None).map(drop))?;
        check_dropout(&path, &inner)?;
        check_added_tokens(&path, &bytes, &inner)?;
        let vocab_size = distinct_ids(&path, &inner)?;
        let byte_fallback = has_byte_fallback(&inner);
        Ok(Self { inner, path, vocab_size, byte_fallback })
    }

    /// The tokens of a text, with what the model expects around every text (Llama's
    /// `<|begin_of_text|>`) where `special` says so.
    ///
    /// A prompt from a chat template has these tokens already: give `false`. The text of a special token
    /// inside `text` becomes that token, as in transformers. An empty text without added tokens gives no
    /// tokens, which the generation engine refuses.
    ///
    /// # Errors
    /// Where the tokenizer has no token for a part of the text.
    pub fn encode(&self, text: &str, special: bool) -> Result<Vec<u32>> {
        let encoding = guarded(&self.path, "encode", || self.inner.encode_fast(text, special))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The text of tokens, without the special ones where `skip_special` says so.
    ///
    /// Bytes that are not UTF-8 become `U+FFFD`. Unknown ids are left out: models often have more rows
    /// than their tokenizer has tokens.
    ///
    /// # Errors
    /// Where the decoder of the file refuses the tokens.
    pub fn decode(&self, tokens: &[u32], skip_special: bool) -> Result<String> {
        guarded(&self.path, "decoder", || self.inner.decode(tokens, skip_special))
    }

    /// What a token does to the text of a run of byte tokens before it.
    pub(super) fn role(&self, id: u32, skip_special: bool) -> TokenRole {
        match self.inner.id_to_token(id) {
            _ if !self.byte_fallback => TokenRole::Text,
            None => TokenRole::Left,
            Some(token) if is_byte(&token) => TokenRole::Byte,
            Some(token) if skip_special && self.is_special(&token) => TokenRole::Left,
            Some(_) => TokenRole::Text,
        }
    }

    fn is_special(&self, token: &str) -> bool {
        self.inner.get_added_vocabulary().is_special_token(token)
    }

    /// The token with this text.
    pub fn id(&self, token: &str) -> Option<u32> {
        self.inner.token_to_id(token)
    }

    /// The text of a token, in the alphabet of the file: in byte-level files `Ġ` stands for a space.
    pub fn token(&self, id: u32) -> Option<String> {
        self.inner.id_to_token(id)
    }

    /// One more than the highest id.
    pub fn vocab_size(&self) -> usize {
        self.vocab_size
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Checks that the model has a row for every token. More rows than tokens are usual: Qwen's
    /// checkpoints pad their embedding.
    ///
    /// # Errors
    /// A tokenizer with an id that the model has no row for; the message names both files, the
    /// model's as `config`.
    pub fn check_model(&self, model_vocab_size: usize, config: &Path) -> Result<()> {
        if self.vocab_size <= model_vocab_size {
            return Ok(());
        }
        let problem = format!(
            "has ids up to {}, but vocab_size in {} is {model_vocab_size}: tokenizer and model disagree \
             in vocabulary; take both from one checkpoint",
            self.vocab_size - 1,
            config.display()
        );
        Err(Error::malformed(&self.path, "vocabulary", problem))
    }
}

/// What a token is to a decoder that reads runs of byte tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenRole {
    /// A byte. A run of them is text where all of it is UTF-8, and else a replacement for every byte.
    Byte,
    /// It is left out of the text: the run goes on behind it.
    Left,
    /// Anything else: it ends a run.
    Text,
}

/// Whether a token has the form `<0xE4>`.
fn is_byte(token: &str) -> bool {
    let digits = token.strip_prefix("<0x").and_then(|rest| rest.strip_suffix('>'));
    digits.is_some_and(|digits| digits.len() == 2 && u8::from_str_radix(digits, 16).is_ok())
}

/// Whether the decoder of a file has the step `ByteFallback`, as SentencePiece's models do.
fn has_byte_fallback(tokenizer: &tokenizers::Tokenizer) -> bool {
    fn names(value: &Value) -> bool {
        match value {
            Value::Object(fields) => {
                fields.get("type").is_some_and(|kind| kind == "ByteFallback")
                    || fields.values().any(names)
            }
            Value::Array(items) => items.iter().any(names),
            _ => false,
        }
    }
    tokenizer
        .get_decoder()
        .and_then(|decoder| serde_json::to_value(decoder).ok())
        .is_some_and(|decoder| names(&decoder))
}

/// Runs the tokenizers library, which panics on some files that are not what it expects.
fn guarded<T>(path: &Path, field: &str, work: impl FnOnce() -> tokenizers::Result<T>) -> Result<T> {
    let problem = match caught(work) {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(error)) => error.to_string(),
        Err(panic) => panic,
    };
    let problem = format!("the tokenizers library refuses it: {problem}");
    Err(Error::malformed(path, field, problem))
}

/// An error that names the place or the field that makes a file invalid; `Ok` where no single
/// one does.
fn faulty_part(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut parts: Map<String, Value> =
        serde_json::from_slice(bytes).map_err(|error| not_json(path, &error))?;
    if !parts.contains_key("model") {
        let problem = "is missing; a tokenizer.json holds its vocabulary there";
        return Err(Error::malformed(path, "model", problem));
    }
    check_part::<ModelWrapper>(path, &mut parts, "model")?;
    check_part::<Option<NormalizerWrapper>>(path, &mut parts, "normalizer")?;
    check_part::<Option<PreTokenizerWrapper>>(path, &mut parts, "pre_tokenizer")?;
    check_part::<Option<PostProcessorWrapper>>(path, &mut parts, "post_processor")?;
    check_part::<Option<DecoderWrapper>>(path, &mut parts, "decoder")?;
    check_part::<Vec<StatedToken>>(path, &mut parts, "added_tokens")
}

fn check_part<T: DeserializeOwned>(
    path: &Path,
    parts: &mut Map<String, Value>,
    field: &str,
) -> Result<()> {
    let Some(part) = parts.remove(field) else { return Ok(()) };
    guarded(path, field, || Ok(serde_json::from_value::<T>(part)?)).map(drop)
}

/// What the file says of a token outside the model's own vocabulary.
#[derive(Deserialize)]
struct StatedToken {
    id: u32,
    #[serde(flatten)]
    token: AddedToken,
}

#[derive(Deserialize)]
struct Stated {
    #[serde(default)]
    added_tokens: Vec<StatedToken>,
}

/// The library numbers added tokens by their place and only warns where the file says otherwise.
fn check_added_tokens(path: &Path, bytes: &[u8], inner: &tokenizers::Tokenizer) -> Result<()> {
    let stated: Stated = serde_json::from_slice(bytes).map_err(|error| not_json(path, &error))?;
    for StatedToken { id, token: AddedToken { content, .. } } in stated.added_tokens {
        let actual = inner.token_to_id(&content);
        if actual != Some(id) {
            let actual = actual.map_or("no token".to_owned(), |actual| format!("token {actual}"));
            let problem = format!(
                "'{content}' has id {id} there, but is {actual} by its place after the model's \
                 vocabulary; ids must follow that without a gap"
            );
            return Err(Error::malformed(path, "added_tokens", problem));
        }
    }
    Ok(())
}

/// One more than the highest id, where no two tokens share one.
fn distinct_ids(path: &Path, inner: &tokenizers::Tokenizer) -> Result<usize> {
    let mut tokens = HashMap::new();
    for (token, id) in inner.get_vocab(true) {
        if let Some(other) = tokens.insert(id, token.clone()) {
            let (first, second) = if token < other { (token, other) } else { (other, token) };
            let problem = format!("gives id {id} to both '{first}' and '{second}'");
            return Err(Error::malformed(path, "model.vocab", problem));
        }
    }
    Ok(tokens.keys().max().map_or(0, |&highest| highest as usize + 1))
}

/// BPE dropout would make the tokens of a text random.
fn check_dropout(path: &Path, inner: &tokenizers::Tokenizer) -> Result<()> {
    match inner.get_model() {
        ModelWrapper::BPE(model) if model.dropout.is_some_and(|dropout| dropout > 0.0) => {
            let problem = "makes the tokens of a text random; set it to null";
            Err(Error::malformed(path, "model.dropout", problem))
        }
        _ => Ok(()),
    }
}
