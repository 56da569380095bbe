//! Answers in `\boxed{…}`, compared as text.
//!
//! Two ways to write one number are two answers here: `1/2` is not `\frac{1}{2}`. Whoever needs more
//! needs a grader that knows mathematics.

use super::Grade;

/// What a completion's last box holds; the whole of it where there is no box that is closed.
pub fn answer(completion: &str) -> &str {
    const OPEN: &str = "\\boxed{";
    // What a model thinks before it answers is no answer.
    let said = completion.rsplit("</think>").next().unwrap_or(completion);
    let inside = said.rfind(OPEN).and_then(|at| closed(&said[at + OPEN.len()..]));
    inside.unwrap_or(said).trim()
}

/// The text up to the brace that closes it.
fn closed(text: &str) -> Option<&str> {
    let mut depth = 1;
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(&text[..at]);
        }
    }
    None
}

/// Checks a completion against the right answer.
pub(super) fn grade(gold: &str, completion: &str) -> Grade {
    let found = plain(answer(completion));
    let correct = found == plain(gold);
    let solution = correct.then(|| completion.trim().to_owned());
    Grade { correct, answer: Some(found).filter(|found| !found.is_empty()), solution }
}

/// Without what does not show: spaces, dollar signs, sizes of brackets and fractions, a last full stop.
fn plain(answer: &str) -> String {
    let mut text: String = answer.chars().filter(|c| !c.is_whitespace() && *c != '$').collect();
    for (from, to) in [("\\left", ""), ("\\right", ""), ("\\!", ""), ("\\,", ""), ("dfrac", "frac")]
    {
        text = text.replace(from, to);
    }
    text.trim_end_matches('.').to_owned()
}
