//! The domain that a remark names: `k \in \mathbb{Z}`, `\text{for any positive integer } k`, `a \ge 2`.

/// Numbers that a parameter may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numbers {
    Integers,
    /// The natural numbers, with 0 or without it.
    Naturals,
    PositiveIntegers,
    NonNegativeIntegers,
    NegativeIntegers,
    Odd,
    Even,
    Primes,
    Rationals,
    Reals,
    PositiveReals,
    NonNegativeReals,
    NegativeReals,
    NonZeroReals,
    Complex,
}

impl Numbers {
    /// Whether two names can mean the same numbers.
    pub(crate) fn agrees(self, other: Self) -> bool {
        use Numbers::{Naturals, NonNegativeIntegers, PositiveIntegers};
        let natural = |numbers| matches!(numbers, PositiveIntegers | NonNegativeIntegers);
        self == other || self == Naturals && natural(other) || other == Naturals && natural(self)
    }
}

/// What a remark says about where an answer holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Domain {
    /// The letter that it is about, where it declares one.
    pub(crate) letter: Option<char>,
    pub(crate) numbers: Option<Numbers>,
    /// A relation that must hold, such as `k \ge 1`, in notation.
    pub(crate) condition: Option<String>,
    /// The modulus of a residue class, without spaces.
    pub(crate) modulus: Option<String>,
}

impl Domain {
    /// What a remark says.
    pub(crate) fn of(remark: &str) -> Self {
        let plain = remark.replace(['$', '~'], " ");
        let letter = declared(plain.trim_start()).and_then(|name| name.chars().next());
        let lower = plain.to_lowercase();
        if let Some(at) = lower.find("mod") {
            let modulus = plain[at.min(plain.len())..].chars().skip(3);
            let modulus: String = modulus.filter(|c| c.is_alphanumeric()).collect();
            return Self { modulus: Some(modulus), ..Self::default() };
        }
        let numbers = numbers(&plain, &lower);
        let states = ["for", "if", "when", "where", "whenever", "with", "provided"];
        let first =
            lower.split(|c: char| !c.is_alphabetic()).find(|w| !w.is_empty() && *w != "text");
        let stated = letter.is_some() || first.is_some_and(|word| states.contains(&word));
        let condition = stated.then(|| relation(&plain)).flatten();
        let letter = letter.or_else(|| subject(&plain));
        Self { letter, numbers, condition, modulus: None }
    }

    /// Whether both can hold: what only one of them says does not count.
    pub(crate) fn agrees(&self, other: &Self) -> bool {
        let numbers = match (self.numbers, other.numbers) {
            (Some(a), Some(b)) => a.agrees(b),
            _ => true,
        };
        let modulus = match (&self.modulus, &other.modulus) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        };
        numbers && modulus
    }
}

/// The letter that a text declares at its beginning: `k\in…`, `k > 0`, `m,n \in …`.
pub(super) fn declared(text: &str) -> Option<&str> {
    let text = text.trim_start_matches(['$', ' ']);
    let letter = text.chars().next().filter(|c| c.is_alphabetic())?;
    let mut rest = text[letter.len_utf8()..].trim_start();
    // Of several letters the first stands for all.
    while let Some(next) = rest.strip_prefix(',') {
        let mut letters = next.trim_start().chars();
        letters.next().filter(|c| c.is_alphabetic())?;
        rest = letters.as_str().trim_start();
    }
    let relation = is_membership_sign(rest)
        || is_range(rest)
        || is_said(rest)
        || RELATIONS.iter().any(|sign| starts(rest, sign));
    relation.then_some(&text[..letter.len_utf8()])
}

/// Relations of order, longest first.
const RELATIONS: [&str; 15] = [
    "\\geqslant",
    "\\leqslant",
    "\\geq",
    "\\leq",
    "\\neq",
    "\\ge",
    "\\le",
    "\\ne",
    "\\gt",
    "\\lt",
    "≥",
    "≤",
    "≠",
    "<",
    ">",
];

/// Whether a text begins with a sign or a command of this name.
fn starts(text: &str, sign: &str) -> bool {
    text.strip_prefix(sign).is_some_and(|rest| {
        !sign.starts_with('\\') || !rest.starts_with(|c: char| c.is_ascii_alphabetic())
    })
}

fn is_membership_sign(text: &str) -> bool {
    starts(text, "\\in") || text.starts_with('∈')
}

/// `= 0, \pm 1, \pm 2, \dots`: all integers, or all from the first on.
fn is_range(text: &str) -> bool {
    text.starts_with('=')
        && ["\\dots", "\\ldots", "...", "…"].iter().any(|dots| text.contains(dots))
}

/// Words behind a letter that say what it may be: `\text{ is an integer}`, `\text{ arbitrary}`.
fn is_said(text: &str) -> bool {
    const SAYS: [&str; 9] = [
        "integer",
        "real",
        "natural",
        "rational",
        "complex",
        "constant",
        "arbitrary",
        "number",
        "parameter",
    ];
    let prose = text.starts_with("\\text") || text.starts_with("is ") || text.starts_with("are ");
    let plain = prose || SAYS.iter().any(|word| text.starts_with(word));
    plain && SAYS.iter().any(|word| text.contains(word))
}

/// Whether a declaration says in which numbers a letter is, and nothing else.
pub(super) fn is_membership(text: &str) -> bool {
    let letters = text.trim_start_matches(['$', ' ']).chars().skip(1);
    let behind: String = letters.collect();
    if is_range(behind.trim_start()) || is_said(behind.trim_start()) {
        return true;
    }
    let sign = text.find("\\in").filter(|at| starts(&text[*at..], "\\in")).or(text.find('∈'));
    let Some(at) = sign else { return false };
    let set = text[at..].trim_start_matches("\\in").trim_start_matches('∈');
    let letter = set.trim_matches([' ', '$', '.', ')']);
    let plain = matches!(letter, "Z" | "N" | "R" | "Q" | "C");
    (plain || numbers(set, &set.to_lowercase()).is_some()) && !set.contains(['=', '[', '|'])
}

/// Whether a letter stands in a text, outside the names of commands.
pub(super) fn uses(text: &str, letter: &str) -> bool {
    text.match_indices(letter).any(|(at, _)| {
        let before = text[..at].trim_end_matches(|c: char| c.is_ascii_alphabetic());
        !before.ends_with('\\')
    })
}

/// A text with a letter by the name that all answers give a parameter; the letters of commands and of
/// other words stay.
pub(crate) fn rename(text: &str, letter: char) -> String {
    let mut renamed = String::with_capacity(text.len() + 16);
    let mut before = ' ';
    let mut in_command = false;
    for next in text.chars() {
        in_command = next.is_ascii_alphabetic() && (in_command || before == '\\');
        match next == letter && !in_command {
            true => renamed.push_str("\\parameter "),
            false => renamed.push(next),
        }
        before = next;
    }
    renamed
}

/// The numbers that a text names.
fn numbers(text: &str, lower: &str) -> Option<Numbers> {
    let symbol = |letter: &str, sign: char| {
        let set = text.rsplit_once("\\in ").or(text.rsplit_once('∈')).map(|(_, set)| set.trim());
        set == Some(letter)
            || text.contains(sign)
            || ["\\mathbb{L}", "\\mathbb L", "\\mathbf{L}", "\\Bbb{L}", "\\mathrm{L}"]
                .iter()
                .any(|form| text.contains(&form.replace('L', letter)))
    };
    let compact: String = lower.chars().filter(|c| !c.is_whitespace()).collect();
    let has = |marks: &[&str]| marks.iter().any(|mark| compact.contains(mark));
    let non_negative =
        has(&["non-negative", "nonnegative", "_{\\ge0}", "_{\\geq0}", "_{\\geqslant0}", "≥0"]);
    let non_zero = has(&["non-zero", "nonzero", "\\setminus\\{0\\}", "^*", "^{*}", "^{\\times}"]);
    let positive =
        has(&["positive", "^+", "^{+}", "_+", "_{+}", "_{>0}"]) && !has(&["nonpositive"]);
    let negative = !non_negative && has(&["negative", "^-", "^{-}", "_{<0}"]);
    use Numbers as N;
    Some(match () {
        () if has(&["odd"]) => N::Odd,
        () if has(&["even"]) => N::Even,
        () if has(&["prime"]) && !has(&["\\prime"]) => N::Primes,
        () if has(&["natural"]) || symbol("N", 'ℕ') => N::Naturals,
        () if has(&["integer"]) || symbol("Z", 'ℤ') => match () {
            () if non_negative => N::NonNegativeIntegers,
            () if positive => N::PositiveIntegers,
            () if negative => N::NegativeIntegers,
            () => N::Integers,
        },
        () if has(&["rational"]) || symbol("Q", 'ℚ') => N::Rationals,
        () if has(&["complex"]) || symbol("C", 'ℂ') => N::Complex,
        () if has(&["real"]) || symbol("R", 'ℝ') => match () {
            () if non_negative => N::NonNegativeReals,
            () if positive => N::PositiveReals,
            () if negative => N::NegativeReals,
            () if non_zero => N::NonZeroReals,
            () => N::Reals,
        },
        () => return range(&compact),
    })
}

/// The numbers of `k = 0, \pm 1, \dots` or of a set in one plain letter.
fn range(compact: &str) -> Option<Numbers> {
    let (_, first) = compact.split_once('=').filter(|(name, _)| name.chars().count() == 1)?;
    match () {
        () if !is_range(&format!("={first}")) => None,
        () if first.contains("\\pm") || first.contains('±') || first.contains('-') => {
            Some(Numbers::Integers)
        }
        () if first.starts_with('0') => Some(Numbers::NonNegativeIntegers),
        () if first.starts_with('1') => Some(Numbers::PositiveIntegers),
        () => None,
    }
}

/// The one relation of order that a text states, in notation: from its first letter on.
fn relation(text: &str) -> Option<String> {
    let (at, sign) = text
        .char_indices()
        .find_map(|(at, _)| Some((at, RELATIONS.iter().find(|sign| starts(&text[at..], sign))?)))?;
    let before = text[..at].trim_end();
    let letter = before.chars().next_back().filter(|c| c.is_alphabetic())?;
    let behind = text[at + sign.len()..].trim();
    let bound: String = behind.chars().take_while(|c| !matches!(c, ',' | ';' | ')')).collect();
    let alone = !bound.contains("\\text") && bound.split_whitespace().count() <= 3;
    (alone && !bound.trim().is_empty()).then(|| format!("{letter} {sign} {}", bound.trim()))
}

/// The letter that prose is about: the only one that stands alone in it.
fn subject(text: &str) -> Option<char> {
    let mut found = None;
    let mut at = 0;
    for run in text.split(|c: char| !c.is_alphabetic()) {
        let start = at;
        at += run.len() + text[start + run.len()..].chars().next().map_or(0, char::len_utf8);
        let letter = run.chars().next().filter(|_| run.chars().count() == 1);
        let in_command = text[..start].ends_with(['\\', '{']) || text[..start].ends_with("bb ");
        let Some(letter) = letter.filter(|c| *c != 'a' && !in_command) else { continue };
        if found.is_some_and(|other| other != letter) {
            return None;
        }
        found = Some(letter);
    }
    found
}
