//! Streaming detokenization.

use super::tokenizer::{TokenRole, Tokenizer};
use crate::Result;

/// Replaces bytes that are not, or not yet, a character.
const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// A character that lacks its last byte shows as one to three replacements, as the decoder likes.
const UNFINISHED: usize = 3;

/// Decodes a sequence token by token.
///
/// A character may be spread over several tokens; it is held back until it is whole. A run of byte
/// tokens (`<0xE4>`) is held back until another token ends it, since one bad byte makes all of it
/// replacements. All the text that [`push`](Self::push) and [`finish`](Self::finish) return, in a row, is what
/// [`Tokenizer::decode`] makes of all the tokens.
#[derive(Debug, Clone)]
pub struct TextStream<'a> {
    tokenizer: &'a Tokenizer,
    skip_special: bool,
    /// The tokens that the next one is decoded with.
    window: Vec<u32>,
    /// Number of them that are kept as context only: a decoder may treat the first token of a text
    /// differently.
    context: usize,
    /// Bytes of the window's text that were returned.
    returned: usize,
    /// Whether the window ends in a run of byte tokens.
    in_run: bool,
}

impl Tokenizer {
    /// Decodes tokens as they come.
    pub fn stream(&self, skip_special: bool) -> TextStream<'_> {
        TextStream {
            tokenizer: self,
            skip_special,
            window: Vec::new(),
            context: 0,
            returned: 0,
            in_run: false,
        }
    }
}

impl TextStream<'_> {
    /// The text that is certain once `token` is known, often none.
    ///
    /// # Errors
    /// As [`Tokenizer::decode`].
    pub fn push(&mut self, token: u32) -> Result<String> {
        self.window.push(token);
        let role = self.tokenizer.role(token, self.skip_special);
        let ends_run = self.in_run && role == TokenRole::Text;
        self.in_run = role == TokenRole::Byte || (self.in_run && role == TokenRole::Left);
        if self.in_run {
            return Ok(String::new());
        }
        let text = self.tokenizer.decode(&self.window, self.skip_special)?;
        // Replacements before a token that ends a run are there to stay.
        let certain = if ends_run { text.len() } else { certain(&text) };
        let Some(new) = text.get(self.returned..certain) else { return Ok(String::new()) };
        let new = new.to_owned();
        self.returned = certain;
        if certain == text.len() && !new.is_empty() {
            self.forget()?;
        }
        Ok(new)
    }

    /// The text that was held back; bytes that never became a character show as replacements.
    ///
    /// # Errors
    /// As [`Tokenizer::decode`].
    pub fn finish(self) -> Result<String> {
        let text = self.tokenizer.decode(&self.window, self.skip_special)?;
        Ok(text.get(self.returned..).unwrap_or_default().to_owned())
    }

    /// Keeps of the window what the last text came from, as context of the next.
    fn forget(&mut self) -> Result<()> {
        self.window.drain(..self.context);
        self.context = self.window.len();
        self.returned = self.tokenizer.decode(&self.window, self.skip_special)?.len();
        Ok(())
    }
}

/// Bytes of a text that no further token changes: all but replacements at its end, of which only
/// the last few can still become a character.
fn certain(text: &str) -> usize {
    let unfinished = text.chars().rev().take(UNFINISHED).take_while(|&c| c == REPLACEMENT).count();
    text.len() - unfinished * REPLACEMENT.len_utf8()
}
