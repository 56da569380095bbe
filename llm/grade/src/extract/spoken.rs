//! What a completion says to its reader.

/// What ends a turn: nothing behind it was meant for the reader.
const STOPS: [&str; 6] =
    ["<|im_end|>", "<|endoftext|>", "<|im_start|>", "<|eot_id|>", "<|end_of_text|>", "</s>"];

/// What a completion says after it has thought, up to its end token.
///
/// `None` where thinking began and never ended.
pub(crate) fn spoken(completion: &str) -> Option<&str> {
    let tail = match completion.rfind("</think>") {
        Some(end) => &completion[end + "</think>".len()..],
        None => completion,
    };
    if tail.contains("<think>") {
        return None;
    }
    let end = STOPS.into_iter().filter_map(|stop| tail.find(stop)).min();
    Some(&tail[..end.unwrap_or(tail.len())])
}
