//! Answers without a box: what a completion announces, or says last.

use super::announced::{announces, behind_marker, final_answer as final_sentence, first_sentence};
use super::{formula, markdown::plain_line, sentence, wrapped};

/// How lines begin that only end a conversation.
const FAREWELLS: [&str; 9] = [
    "i hope",
    "hope this",
    "let me know",
    "please let",
    "feel free",
    "if you have",
    "is there anything",
    "would you like",
    "thank",
];

/// Candidates for the answer, the best first. The second, what a sentence says, is there for a text
/// that is no formula as a whole.
pub(crate) fn in_prose(text: &str) -> Vec<String> {
    if let Some(content) = wrapped::fenced(text) {
        return last_line(content).map(|line| of_line(&line)).unwrap_or_default();
    }
    if let Some(behind) = behind_marker(text) {
        let announced = plain_line(first_sentence(behind));
        let mut candidates = vec![announced.clone()];
        candidates.extend(sentence::answer(&announced));
        return candidates;
    }
    if let Some(display) = formula::last_display(text) {
        return vec![sentence::value(&display).unwrap_or(display)];
    }
    last_line(text).map(|line| of_line(&line)).unwrap_or_default()
}

/// What a line says: all of it if it is a formula, else what its sentence answers.
fn of_line(line: &str) -> Vec<String> {
    let mut candidates = Vec::new();
    if !line.contains(char::is_whitespace) || is_formula(line) {
        candidates.extend(sentence::value(line).filter(|_| !line.contains(['$', '\\'])));
        candidates.push(line.to_owned());
    }
    candidates.extend(sentence::answer(line));
    candidates
}

/// The last line that says something, without mark-up.
fn last_line(text: &str) -> Option<String> {
    let says = |line: &&str| {
        let lower = line.trim().to_ascii_lowercase();
        let rule = line.trim().chars().all(|c| "-=_*".contains(c));
        !rule && !FAREWELLS.into_iter().any(|farewell| lower.starts_with(farewell))
    };
    let mut lines =
        text.lines().rev().filter(|line| !line.trim().is_empty()).skip_while(|line| !says(line));
    let line = lines.next()?.trim();
    let before = lines.next().unwrap_or("").trim();
    // In a list the hyphen is a bullet, elsewhere a sign.
    let listed = before.ends_with(':') || before.starts_with("- ");
    Some(plain_line(line.strip_prefix("- ").filter(|_| listed).unwrap_or(line)))
}

/// Candidates for the answer of prose that stands in a box: what is announced there, or its only
/// formula or number. Notation that cannot be read has no number in it that would stand for the whole.
pub(crate) fn in_boxed_prose(content: &str) -> Vec<String> {
    let styled = ["\\text{", "\\textbf{", "\\mathrm{"].into_iter();
    let inner = styled.filter_map(|style| content.strip_prefix(style)?.strip_suffix('}')).next();
    let inner = inner.unwrap_or(content);
    if announces(inner) {
        return in_prose(inner);
    }
    // "None of these, 4" and "I don't know, maybe 4" answer nothing.
    let unsure = inner.split(|c: char| !(c.is_alphabetic() || c == '\'')).any(|word| {
        let unsure =
            ["none", "don't", "maybe", "perhaps", "possibly", "unsure", "guess", "neither"];
        unsure.contains(&word.to_ascii_lowercase().as_str())
    });
    if unsure || is_formula(inner) {
        return Vec::new();
    }
    super::runs::only(inner).into_iter().collect()
}

/// What a completion calls its final answer behind the last box: it may have changed its mind.
pub(crate) fn final_answer(text: &str) -> Vec<String> {
    let last_box = text.rfind("\\boxed").max(text.rfind("\\fbox")).unwrap_or(0);
    let Some(last) = final_sentence(&text[last_box..]) else { return Vec::new() };
    std::iter::once(plain_line(last)).chain(sentence::answer(last)).collect()
}

/// What may be an answer in words: what the last line, or what it announces, says behind its verb,
/// and the word that it begins with.
pub(crate) fn worded(text: &str) -> Vec<String> {
    let announced = behind_marker(text).map(|behind| plain_line(first_sentence(behind)));
    let Some(line) = announced.or_else(|| last_line(text)) else { return Vec::new() };
    let sentence = first_sentence(&line);
    let mut candidates = vec![sentence.to_owned()];
    if let Some((_, behind)) =
        [" is ", " are ", " was "].into_iter().find_map(|v| sentence.rsplit_once(v))
    {
        candidates.push(behind.to_owned());
    }
    if let Some((first, _)) = line.split_once([',', '.', ':', ';']) {
        candidates.push(first.to_owned());
    }
    candidates
}

/// Whether a line is one formula and no prose: outside `$…$` it has no words.
fn is_formula(line: &str) -> bool {
    let line = line.trim();
    let outside: String = match line.contains('$') {
        true => line.split('$').step_by(2).collect::<Vec<_>>().join(" "),
        false => line.to_owned(),
    };
    let word = |(i, run): (usize, &str)| {
        let known = ["sin", "cos", "tan", "log", "exp", "sqrt", "and", "cot", "sec", "csc"];
        let command = i > 0 && outside[..i].ends_with('\\');
        run.len() >= 3 && !command && !known.contains(&run)
    };
    let mut start = 0;
    let mut words = false;
    for run in outside.split(|c: char| !c.is_alphabetic()) {
        let at = start + outside[start..].find(run).unwrap_or(0);
        words |= word((at, run));
        start = at + run.len();
    }
    !words && line.len() < 400
}
