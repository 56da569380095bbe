//! Texts that end a sample.

/// Cuts `text` before the first stop string that ends in its new part, which begins at `new`; returns
/// the string.
pub(super) fn cut(text: &mut String, new: usize, stops: &[String]) -> Option<String> {
    let found = stops.iter().filter_map(|stop| {
        // It may have begun before the new part.
        let from = new.saturating_sub(stop.len() - 1);
        let from = (0..=from).rev().find(|&at| text.is_char_boundary(at))?;
        text[from..].find(stop.as_str()).map(|at| (from + at, stop))
    });
    let (at, stop) = found.min_by_key(|(at, _)| *at)?;
    text.truncate(at);
    Some(stop.clone())
}
