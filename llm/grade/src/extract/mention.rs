//! Boxes that are only named: `\boxed{}`, `\boxed{...}`, `\boxed{your answer}`, "put it in \boxed."

/// Whether a box is only named. "The answer is \boxed{}" names none: there the answer is empty.
pub(super) fn is_mention(before: &str, content: &str) -> bool {
    let before = before.trim_end_matches(['$', '*', ' ', '\n', ':']);
    let said = [" is", " are", "=", " equals"].iter().any(|verb| before.ends_with(verb));
    is_placeholder(content) && !(said && content.trim().is_empty())
}

/// Whether the content of a box stands for an answer that is to be put there.
fn is_placeholder(content: &str) -> bool {
    let inner = content.trim().trim_matches(|c: char| "<>[]{}*_. …\"'".contains(c));
    let text = ["\\text", "\\textbf", "\\mathrm", "\\textit", "\\texttt"]
        .into_iter()
        .find_map(|style| inner.strip_prefix(style))
        .unwrap_or(inner);
    let lower = text.trim_matches(|c: char| "<>[]{} ".contains(c)).to_ascii_lowercase();
    let words = lower.replace(['_', '-'], " ");
    let words = words.strip_prefix("your ").or(words.strip_prefix("the ")).unwrap_or(&words);
    let names =
        ["", "answer", "final answer", "answer here", "final answer here", "ans", "solution"];
    names.contains(&words)
        || matches!(words, "\\ldots" | "\\dots" | "\\cdots" | "result" | "\\cdot")
}

/// Whether what follows `\boxed` without braces is an answer: a number, or one letter that ends its
/// line.
pub(super) fn is_unbraced_answer(content: &str, behind: &str) -> bool {
    let ends = behind.trim_start_matches(['$', '.', ' ']).starts_with('\n')
        || behind.trim_matches(['$', '.', ' ']).is_empty();
    let letter = content.trim_end_matches('.').chars().count() == 1;
    content.contains(|c: char| c.is_ascii_digit())
        || letter && ends && content.contains(char::is_alphanumeric)
}
