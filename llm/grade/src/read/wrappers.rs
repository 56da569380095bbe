//! What stands around an answer and says nothing: quotes, emphasis, tags, end marks, announcements.

use super::characters::plain_characters;
use std::borrow::Cow;

/// Pairs that are taken off where nothing of the same kind stands between them.
const PAIRS: [(&str, &str); 27] = [
    ("$$", "$$"),
    ("$", "$"),
    ("\\(", "\\)"),
    ("\\[", "\\]"),
    ("\\\"", "\\\""),
    ("\\\"", "\\"),
    ("\"", "\""),
    ("``", "''"),
    ("''", "''"),
    ("`", "'"),
    ("'", "'"),
    ("‘", "’"),
    ("“", "”"),
    ("„", "“"),
    ("«", "»"),
    ("‹", "›"),
    ("《", "》"),
    ("「", "」"),
    ("『", "』"),
    ("【", "】"),
    ("```", "```"),
    ("`", "`"),
    ("***", "***"),
    ("**", "**"),
    ("*", "*"),
    ("__", "__"),
    ("_", "_"),
];

/// Marks behind an answer: the end of a sentence, of a proof, or approval.
const END_MARKS: [&str; 22] = [
    ",",
    ";",
    ":",
    "。",
    "\\\\",
    "\\blacksquare",
    "\\square",
    "\\Box",
    "\\qed",
    "\\qedsymbol",
    "\\checkmark",
    "\\qedhere",
    "∎",
    "■",
    "□",
    "◻",
    "◼",
    "✓",
    "✔",
    "✅",
    "☑",
    "🎉",
];

/// What announces an answer in languages that set no space between the words, and in some others.
const ANNOUNCEMENTS: [&str; 20] = [
    "最终答案",
    "最後答案",
    "答案",
    "答え",
    "答",
    "解",
    "所以",
    "因此",
    "故",
    "정답",
    "답",
    "Ответ",
    "Antwort",
    "Respuesta",
    "Réponse",
    "Resposta",
    "Risposta",
    "Answer",
    "Ans",
    "ans",
];

/// Commands whose argument is shown as it is, in another style.
const STYLES: [&str; 9] = [
    "\\text",
    "\\textbf",
    "\\textit",
    "\\textrm",
    "\\textnormal",
    "\\mbox",
    "\\mathrm",
    "\\emph",
    "\\underline",
];

/// Bytes of a text that is looked at for tags and other characters.
const LONGEST: usize = 8_192;

/// An answer without what stands around it.
pub(crate) fn unwrapped(text: &str) -> Cow<'_, str> {
    if text.len() > LONGEST {
        return Cow::Borrowed(peeled(text));
    }
    let mut text = match text.contains('&') && text.contains(';') {
        true => Cow::Owned(plain_characters(&without_entities(text)).into_owned()),
        false => plain_characters(text),
    };
    if text.contains("</") || text.contains("<br") {
        text = Cow::Owned(without_tags(&text));
    }
    // An environment that was escaped twice.
    if text.contains("\\\\begin{") {
        text = Cow::Owned(text.replace("\\\\", "\\"));
    }
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(peeled(text)),
        Cow::Owned(text) => {
            let inner = peeled(&text);
            if inner.len() == text.len() { Cow::Owned(text) } else { Cow::Owned(inner.to_owned()) }
        }
    }
}

/// The inside of all pairs, without marks at the end and announcements before.
fn peeled(text: &str) -> &str {
    let mut text = text.trim();
    loop {
        let before = text;
        for (open, close) in PAIRS {
            text = inside(text, open, close).unwrap_or(text);
        }
        text = unstyled(text);
        text = announced(text);
        for mark in ["✓", "✔", "✅", "☑"] {
            text = text.strip_prefix(mark).filter(|rest| !rest.is_empty()).unwrap_or(text);
            text = text.trim_start();
        }
        for mark in END_MARKS {
            text = text.strip_suffix(mark).filter(|rest| !rest.is_empty()).unwrap_or(text);
            text = text.trim_end();
        }
        // The dots of `0.333...` say something.
        if !text.ends_with("...") {
            text = text.trim_end_matches('.').trim();
        }
        if text == before {
            return text;
        }
    }
}

/// The text between two marks that stand around the whole, and nowhere else in it.
fn inside<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let inner = text.strip_prefix(open)?.strip_suffix(close)?;
    let alone = !inner.contains(open) && !inner.contains(close) || close == "\\";
    // `*` between spaces is a product, and `_` before one an index.
    let tight = !matches!(open, "*" | "_") || !inner.starts_with(' ') && !inner.ends_with(' ');
    (alone && tight).then_some(inner.trim()).filter(|inner| !inner.is_empty())
}

/// The inside of `\text{…}` around the whole of an answer without a letter in it.
fn unstyled(text: &str) -> &str {
    let argument = |style: &&str| text.strip_prefix(*style)?.trim_start().strip_prefix('{');
    let inner = STYLES.iter().find_map(argument).and_then(|rest| rest.strip_suffix('}'));
    let plain = |inner: &&str| {
        !inner.contains(|c: char| c.is_alphabetic() || matches!(c, '{' | '}' | '\\'))
            && inner.contains(|c: char| c.is_ascii_digit())
    };
    inner.filter(plain).map_or(text, str::trim)
}

/// What follows `\text{Answer: }`.
fn announced_in_style(text: &str) -> Option<&str> {
    const SAYS: [&str; 8] = [
        "answer",
        "final answer",
        "the answer is",
        "the final answer is",
        "answer is",
        "ans",
        "result",
        "solution",
    ];
    let argument = |style: &&str| text.strip_prefix(*style)?.trim_start().strip_prefix('{');
    let (content, behind) = STYLES.iter().find_map(argument)?.split_once('}')?;
    let said = content.trim_matches([':', ' ', '*', '.', '~']).to_ascii_lowercase();
    let behind = behind.trim_start_matches([':', ' ', '~']);
    (SAYS.contains(&&*said) && !behind.is_empty() && !behind.starts_with('=')).then_some(behind)
}

/// What follows an announcement such as `答案是`, or a number sign.
fn announced(text: &str) -> &str {
    if let Some(behind) = announced_in_style(text) {
        return behind;
    }
    let numbered = text.strip_prefix("\\#").or(text.strip_prefix('#'));
    if let Some(number) = numbered.map(|rest| rest.trim_start_matches('#').trim_start())
        && number.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.')
    {
        return number;
    }
    let found =
        ANNOUNCEMENTS.into_iter().find_map(|known| Some((known, text.strip_prefix(known)?)));
    let Some((known, rest)) = found else { return text };
    let links = ["是", "为", "為", "等于", "は", "은", "는", ":", " ", ",", "."];
    let mut behind = rest;
    while let Some(next) = links.into_iter().find_map(|link| behind.strip_prefix(link)) {
        behind = next;
    }
    // A word in letters needs a colon: `Answer key` is a name.
    let joined = known.is_ascii() || known.chars().all(|c| (c as u32) < 0x2000);
    if behind.is_empty() || joined && !rest.trim_start().starts_with([':', '.']) {
        text
    } else {
        behind
    }
}

/// A text with HTML entities as the characters that they stand for.
fn without_entities(text: &str) -> String {
    const ENTITIES: [(&str, &str); 22] = [
        ("&nbsp;", " "),
        ("&thinsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&le;", "≤"),
        ("&ge;", "≥"),
        ("&ne;", "≠"),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&#39;", "'"),
        ("&times;", "×"),
        ("&divide;", "÷"),
        ("&middot;", "·"),
        ("&minus;", "-"),
        ("&plusmn;", "±"),
        ("&deg;", "°"),
        ("&pi;", "π"),
        ("&radic;", "√"),
        ("&infin;", "∞"),
        ("&frac12;", "½"),
        ("&sup2;", "²"),
        ("&amp;", "&"),
    ];
    let text =
        ENTITIES.iter().fold(text.to_owned(), |text, (entity, plain)| text.replace(entity, plain));
    if text.contains("&#") { with_numbered_characters(&text) } else { text }
}

/// A text with `&#56;` and `&#x38;` as the characters of these numbers.
fn with_numbered_characters(text: &str) -> String {
    let mut parts = text.split("&#");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let character = part.split_once(';').and_then(|(number, behind)| {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            Some((char::from_u32(code)?, behind))
        });
        match character {
            Some((character, behind)) => {
                plain.push(character);
                plain.push_str(behind);
            }
            None => {
                plain.push_str("&#");
                plain.push_str(part);
            }
        }
    }
    plain
}

/// A text without the HTML tags that style it; raised and lowered text as exponents and indices.
fn without_tags(text: &str) -> String {
    const TAGS: [&str; 16] = [
        "b", "i", "u", "em", "strong", "span", "mark", "font", "code", "p", "div", "center", "big",
        "small", "answer", "math",
    ];
    let mut plain = text.replace("<br>", " ").replace("<br/>", " ").replace("<br />", " ");
    for (tag, open, close) in [("sup", "^{", "}"), ("sub", "_{", "}")] {
        plain = plain.replace(&format!("<{tag}>"), open).replace(&format!("</{tag}>"), close);
    }
    for tag in TAGS {
        let closing = format!("</{tag}>");
        if !plain.contains(&closing) {
            continue;
        }
        plain = plain.replace(&closing, "");
        let opening = format!("<{tag}");
        while let Some(start) = plain.find(&opening) {
            let behind = &plain[start + opening.len()..];
            let Some(end) = behind.find('>') else { break };
            if !behind[..end].is_empty() && !behind.starts_with(' ') {
                break;
            }
            plain.replace_range(start..start + opening.len() + end + 1, "");
        }
    }
    plain
}
