//! Answers in tags and fences: `<answer>…</answer>`, `<|begin_of_box|>…<|end_of_box|>`, and what a
//! program printed.

/// Tags around an answer.
const TAGS: [(&str, &str); 6] = [
    ("<answer>", "</answer>"),
    ("<|begin_of_box|>", "<|end_of_box|>"),
    ("<final_answer>", "</final_answer>"),
    ("[ANSWER]", "[/ANSWER]"),
    ("<solution>", "</solution>"),
    ("<ans>", "</ans>"),
];

/// Labels of fenced blocks that hold an answer, not a program.
const LABELS: [&str; 11] = [
    "",
    "output",
    "text",
    "plaintext",
    "result",
    "stdout",
    "console",
    "math",
    "latex",
    "tex",
    "answer",
];

/// What stands in the last pair of tags, and what follows that pair.
pub(crate) fn tagged(text: &str) -> Option<(&str, &str)> {
    let last = |(open, close): (&str, &str)| {
        let end = text.rfind(close)?;
        let start = text[..end].rfind(open)?;
        Some((start, (text[start + open.len()..end].trim(), &text[end + close.len()..])))
    };
    TAGS.into_iter().filter_map(last).max_by_key(|(start, _)| *start).map(|(_, parts)| parts)
}

/// What a text says when it ends with a fenced block: the content of the block, or nothing where that
/// is a program. `None` where it does not end so.
pub(super) fn fenced(text: &str) -> Option<&str> {
    let before = text.trim_end().strip_suffix("```")?;
    let block = &before[before.rfind("```")? + 3..];
    let (label, content) = block.split_once('\n').unwrap_or(("", block));
    let is_answer = LABELS.contains(&&*label.trim().to_ascii_lowercase());
    Some(if is_answer { content.trim() } else { "" })
}
