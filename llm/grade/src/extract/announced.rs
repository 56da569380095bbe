//! What a text announces as its answer: "the answer is …", `Answer: …`, `#### …`.

use super::formula;

/// What announces an answer, in lower case. Each stands where no letter precedes it.
const MARKERS: [&str; 15] = [
    "answer is:",
    "answer is",
    "answer would be",
    "answers are",
    "answer:",
    "answer =",
    "answer**:",
    "answer:**",
    "answer**",
    "ans:",
    "solution is",
    "solution set is",
    "####",
    "答案是",
    "答案为",
];

/// Titles of the part that answers, on a line of their own.
const TITLES: [&str; 5] =
    ["answer", "final answer", "the answer", "the final answer", "final result"];

/// Whether a text announces an answer.
pub(crate) fn announces(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    MARKERS.into_iter().any(|marker| lower.contains(marker))
}

/// What follows the last announcement, to the end of its line or of the next one that is not empty.
pub(super) fn behind_marker(text: &str) -> Option<&str> {
    // ASCII letters keep their place in lower case.
    let lower = text.to_ascii_lowercase();
    let end = |marker: &str| last_free(&lower, marker).map(|at| at + marker.len());
    let marked = MARKERS.into_iter().filter_map(end).max();
    let end = marked.max(behind_title(&lower))?;
    let behind = text[end..].trim_start_matches(['*', ':', ' ', '：']).trim_start();
    // A formula on lines of its own.
    if behind.starts_with("\\[") || behind.starts_with("$$") {
        return formula::first_display(behind);
    }
    behind.lines().next()
}

/// Where a marker stands last with no letter before it.
fn last_free(lower: &str, marker: &str) -> Option<usize> {
    let free = |at: &usize| !lower[..*at].ends_with(|c: char| c.is_ascii_alphabetic());
    lower.rmatch_indices(marker).map(|(at, _)| at).take(64).find(free)
}

/// Where the last line ends that is a title such as `## Answer`.
fn behind_title(lower: &str) -> Option<usize> {
    let mut end = 0;
    let mut found = None;
    for line in lower.split_inclusive('\n') {
        end += line.len();
        let title = line.trim().trim_matches(|c: char| "#*_:. ".contains(c));
        if line.ends_with('\n') && TITLES.contains(&title) && !lower[end..].trim().is_empty() {
            found = Some(end);
        }
    }
    found
}

/// Up to a full stop with a space behind it. Formulas have no such stop but at their end.
pub(super) fn first_sentence(text: &str) -> &str {
    let text = text.trim();
    let end = text.find(". ").or(text.find(".$ ")).unwrap_or(text.len());
    text[..end].trim_end_matches(['.', '*', '"']).trim()
}

/// What a completion calls its final answer behind the last box: it may have changed its mind.
pub(super) fn final_answer(behind_box: &str) -> Option<&str> {
    let marker = "final answer is";
    let at = behind_box.to_ascii_lowercase().rfind(marker)?;
    let line = behind_box[at + marker.len()..].trim_start_matches([':', '*', ' ']);
    Some(first_sentence(line.lines().next().unwrap_or("")))
}
