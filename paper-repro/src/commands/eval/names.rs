//! The names of models and of sets, in results and as folders.

use std::path::Path;

/// Short names that can be folders, all different: the last part of a path, else all of the text.
pub(super) fn names(texts: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for text in texts {
        let path = Path::new(text);
        let last = path.file_stem().filter(|_| path.extension().is_some_and(|e| e == "jsonl"));
        let last = last.or(path.file_name()).and_then(|name| name.to_str()).unwrap_or(text);
        let allowed = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' };
        let short: String = last.chars().map(allowed).collect();
        let taken = |name: &String| names.contains(name);
        let numbered = (2..).map(|n| format!("{short}-{n}"));
        let name = std::iter::once(short.clone()).chain(numbered).find(|name| !taken(name));
        names.extend(name);
    }
    names
}
