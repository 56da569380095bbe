//! Numbers and sets in words: `twelve`, `forty-two`, `two thirds`, `all real numbers`.

/// Words for whole numbers below twenty.
const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];

/// Words for tens, from twenty on.
const TENS: [&str; 8] =
    ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

/// Words for parts, from the half on.
const PARTS: [&str; 9] =
    ["half", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];

/// Most words of a number.
const LONGEST: usize = 12;

/// The notation for what words say, if they say a number or a set and nothing else.
pub(super) fn meaning(text: &str) -> Option<String> {
    if let Some(set) = qualified(text) {
        return Some(set);
    }
    let inner = unstyled(text);
    if !inner.starts_with(|c: char| c.is_ascii_alphabetic()) || inner.contains(['\\', '$', '{']) {
        return None;
    }
    let lower = inner.to_ascii_lowercase().replace('-', " ");
    let words: Vec<&str> = lower.split_whitespace().collect();
    if let Some(set) = numbers(&words) {
        return Some(set.into());
    }
    match words[..] {
        ["empty", "set"] | ["the", "empty", "set"] => return Some("\\emptyset".into()),
        ["no", "solution" | "solutions"] | ["no", "real", "solution" | "solutions"] => {
            return Some("\\emptyset".into());
        }
        _ => {}
    }
    if words.len() > LONGEST {
        return None;
    }
    if let [above @ .., part] = &words[..]
        && let Some(below) = denominator(part)
    {
        let single = above == ["a"] || above.is_empty() && *part == "half";
        let above = if single { 1 } else { whole(above)? };
        return Some(format!("{above}/{below}"));
    }
    whole(&words).map(|value| value.to_string())
}

/// The set of `all real numbers` or `all positive integers`, and how many there are of them.
fn numbers(words: &[&str]) -> Option<&'static str> {
    let kind = match words {
        ["all" | "the", rest @ ..] => rest,
        rest => rest,
    };
    Some(match kind {
        ["real", "numbers"] | ["reals"] => "\\mathbb{R}",
        ["integers"] => "\\mathbb{Z}",
        ["natural", "numbers"] => "\\mathbb{N}",
        ["rational", "numbers"] => "\\mathbb{Q}",
        ["complex", "numbers"] => "\\mathbb{C}",
        ["positive", "integers"] => "\\mathbb{Z}^+",
        ["positive", "reals"] | ["positive", "real", "numbers"] => "(0, \\infty)",
        ["negative", "reals"] | ["negative", "real", "numbers"] => "(-\\infty, 0)",
        ["nonnegative", "reals"]
        | ["nonnegative", "real", "numbers"]
        | ["non", "negative", "real", "numbers"] => "[0, \\infty)",
        ["nonzero", "reals"]
        | ["nonzero", "real", "numbers"]
        | ["non", "zero", "real", "numbers"] => "\\mathbb{R} \\setminus \\{0\\}",
        ["infinitely", "many"]
        | ["infinitely", "many", "solutions"]
        | ["infinite", "solutions"]
        | [.., "infinite", "number", "of", "solutions"] => "\\infty",
        _ => return None,
    })
}

/// The set of `all real numbers except 2 and 3` or `all reals greater than 5`.
fn qualified(text: &str) -> Option<String> {
    let inner = text.strip_prefix("\\text{").unwrap_or(text);
    inner.get(..3).filter(|all| all.eq_ignore_ascii_case("all"))?;
    let words = inner.replace(['$', '}'], "").to_lowercase();
    let rest = words.trim().strip_prefix("all ")?;
    let rest = rest.strip_prefix("real numbers").or(rest.strip_prefix("reals"))?;
    let rest = rest.trim_start_matches(',').trim_start();
    let after = |start: &[&str]| start.iter().find_map(|start| rest.strip_prefix(start));
    let (numbers, open, close) = if let Some(numbers) = after(&["except", "other than"]) {
        (numbers, "\\mathbb{R} \\setminus \\{", "\\}")
    } else if let Some(bound) = after(&["greater than or equal to", "at least"]) {
        (bound, "[", ", \\infty)")
    } else if let Some(bound) = after(&["greater than", "more than"]) {
        (bound, "(", ", \\infty)")
    } else if let Some(bound) = after(&["less than or equal to", "at most"]) {
        (bound, "(-\\infty, ", "]")
    } else {
        (after(&["less than"])?, "(-\\infty, ", ")")
    };
    let mut numbers = numbers.trim();
    for start in ["for ", "x =", "x="] {
        numbers = numbers.strip_prefix(start).unwrap_or(numbers).trim_start();
    }
    let numbers = numbers.replace(" and ", ", ");
    let written = |c: char| c.is_ascii_digit() || "-/., ".contains(c);
    let is_bound = !numbers.is_empty() && numbers.chars().all(written);
    (is_bound && (close == "\\}" || !numbers.contains(',')))
        .then(|| format!("{open}{numbers}{close}"))
}

/// The inside of `\text{…}`, `\{…\}` and the like.
fn unstyled(text: &str) -> &str {
    let marks = |c: char| c == '$' || c.is_whitespace();
    let set = text.trim_matches(marks).strip_prefix("\\{").and_then(|set| set.strip_suffix("\\}"));
    let text = set.map_or(text, |set| set.trim_matches(marks).trim_end_matches('.'));
    let styles = ["\\text{", "\\textbf{", "\\mathrm{", "\\mbox{", "\\textit{"];
    let inner = styles.into_iter().find_map(|style| text.strip_prefix(style)?.strip_suffix('}'));
    inner.unwrap_or(text).trim()
}

/// `thirds` is 3.
fn denominator(word: &str) -> Option<usize> {
    if matches!(word, "halves") {
        return Some(2);
    }
    if matches!(word, "quarter" | "quarters") {
        return Some(4);
    }
    let singular = word.strip_suffix('s').unwrap_or(word);
    PARTS.iter().position(|part| *part == singular).map(|at| at + 2)
}

/// The number that a single word is: `twelve` is 12.
pub fn number_in_words(word: &str) -> Option<u64> {
    whole(&[word])
}

/// `two hundred and five` is 205.
fn whole(words: &[&str]) -> Option<u64> {
    let (mut total, mut group, mut last) = (0u64, 0u64, "");
    for &word in words {
        let small = SMALL.iter().position(|known| *known == word).map(|n| n as u64);
        let tens = TENS.iter().position(|known| *known == word).map(|n| 10 * n as u64 + 20);
        match (word, small, tens) {
            (_, Some(n), _)
                if group % 10 == 0 && (n < 10 || group % 100 == 0) && last != "zero" =>
            {
                group += n;
            }
            (_, _, Some(n)) if group % 100 == 0 => group += n,
            ("hundred", ..) if (1..10).contains(&group) => group *= 100,
            ("thousand" | "million", ..) if group > 0 && total % 1_000_000 == 0 => {
                let scale = if word == "thousand" { 1_000 } else { 1_000_000 };
                total += group * scale;
                group = 0;
            }
            ("and", ..) if last == "hundred" || last == "thousand" => {}
            _ => return None,
        }
        last = word;
    }
    (!last.is_empty() && last != "and").then_some(total + group)
}
