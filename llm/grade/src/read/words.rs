//! Words in plain letters: functions, units and connectives.

use super::syntax::{Constant, Function, Relation};
use super::token::{Separator, Token};

/// The meaning of a run of letters, if it has one.
pub(super) fn meaning(word: &str) -> Option<Token> {
    if let Some(function) = function(word) {
        return Some(Token::Function(function));
    }
    Some(match word {
        "pi" | "Pi" => Token::Constant(Constant::Pi),
        "inf" | "infty" | "infinity" | "oo" => Token::Constant(Constant::Infinity),
        "alpha" => Token::Name("alpha"),
        "beta" => Token::Name("beta"),
        "gamma" => Token::Name("gamma"),
        "theta" => Token::Name("theta"),
        "lambda" => Token::Name("lambda"),
        "phi" => Token::Name("phi"),
        "choose" => Token::Choose,
        "and" | "or" => Token::Separator(Separator::Strong),
        "in" => Token::Relation(Relation::In),
        "percent" | "pct" => Token::Percent,
        "degrees" | "degree" | "deg" => Token::Degree,
        _ => return None,
    })
}

/// Functions with the names that programs give them, too: `asin`, `sqrt`.
fn function(word: &str) -> Option<Function> {
    Some(match word {
        "asin" => Function::Arcsin,
        "acos" => Function::Arccos,
        "atan" => Function::Arctan,
        "acot" => Function::Arccot,
        "asec" => Function::Arcsec,
        "acsc" => Function::Arccsc,
        "abs" => Function::Abs,
        "floor" => Function::Floor,
        "ceil" => Function::Ceil,
        "sqrt" => Function::Sqrt,
        "cbrt" => Function::Cbrt,
        "binom" | "binomial" => Function::Binomial,
        "factorial" => Function::Factorial,
        _ => return Function::named(word),
    })
}

/// Units and counted things that stand behind a number in plain letters. Words of four letters and
/// more need no entry: behind a number and a space they can be nothing else.
const UNITS: [&str; 66] = [
    "mm", "cm", "dm", "km", "nm", "in", "ft", "yd", "mi", "mg", "kg", "lb", "lbs", "oz", "ml",
    "mL", "cl", "gal", "ms", "sec", "min", "hr", "hrs", "day", "mph", "kph", "kmh", "rpm", "sq",
    "cu", "pt", "pts", "usd", "USD", "EUR", "GBP", "Hz", "kHz", "kW", "MW", "Nm", "kJ", "cal",
    "mol", "atm", "bar", "deg", "rad", "am", "pm", "dollar", "dollars", "cents", "units", "kB",
    "KB", "MB", "GB", "TB", "psi", "tsp", "tbsp", "pcs", "kcal", "dB", "kWh",
];

/// Whether a word is a unit wherever it stands behind a number.
pub(crate) fn is_unit(word: &str) -> bool {
    UNITS.contains(&word)
}

/// Whether a word of one sign multiplies the number before it, as `万` and `亿` do, or halves it.
pub(super) fn is_multiple(word: &str) -> bool {
    word.starts_with([
        '十', '百', '千', '万', '萬', '亿', '億', '兆', '半', '만', '억', '조', '천', '백',
    ]) && !matches!(word, "千米" | "千克")
}

/// Whether three letters behind a number and a space are a word, as in `9 men`: it has a vowel, and its
/// letters do not follow each other as those of `abc` do.
pub(super) fn is_noun(word: &str) -> bool {
    let letters = word.as_bytes();
    let in_a_row = letters.windows(2).all(|pair| pair[0].wrapping_add(1) == pair[1]);
    let lower = letters.iter().all(u8::is_ascii_lowercase);
    lower && !in_a_row && letters[..2].iter().any(|letter| b"aeiou".contains(letter))
}

/// Whether letters right behind a number are a word, as in `7apples`: they are long, lower case, pronounced
/// with vowels, and no two neighbours of the alphabet in a row as products of variables have.
pub(super) fn is_plain_word(word: &str) -> bool {
    let letters = word.as_bytes();
    let vowels = letters.iter().filter(|letter| b"aeiouy".contains(letter)).count();
    let ordered = letters.windows(2).all(|pair| pair[0] <= pair[1]);
    letters.len() >= 5 && letters.iter().all(u8::is_ascii_lowercase) && vowels >= 2 && !ordered
}

/// Abbreviations that are products of variables as often: m·g is a weight.
pub(super) fn is_ambiguous(word: &str) -> bool {
    matches!(word, "mg" | "ms" | "Nm")
}

/// Whether a word before a number is the name of a currency.
pub(super) fn is_currency(word: &str) -> bool {
    matches!(word, "USD" | "EUR" | "GBP" | "INR" | "CAD" | "AUD" | "JPY" | "CNY" | "Rs")
}

/// `a.m.` and `p.m.` are part of the answer, unlike units.
pub(crate) fn is_clock_suffix(text: &str) -> bool {
    let letters: String = text.chars().filter(|c| c.is_alphabetic()).collect();
    matches!(letters.to_ascii_lowercase().as_str(), "am" | "pm")
}

/// Whether what prose says is not the number behind it: `not 5`, `all powers of 5`, `more than 5`.
pub(super) fn goes_on(prose: &str) -> bool {
    let words: Vec<&str> = prose.split_whitespace().collect();
    if words.iter().any(|word| matches!(*word, "not" | "no")) {
        return true;
    }
    let operates = |word: &&str| {
        let operators = ["twice", "thrice", "double", "triple", "half", "minus", "negative"];
        operators.contains(&word.to_ascii_lowercase().as_str())
    };
    if words.last().is_some_and(operates) {
        return true;
    }
    match words[..] {
        // `a total of 5` is 5; `powers of 5`, `half of 5` and `the root of 5` are not.
        [.., what, "of"] => !matches!(
            what,
            "total"
                | "sum"
                | "product"
                | "difference"
                | "maximum"
                | "minimum"
                | "value"
                | "average"
                | "mean"
                | "median"
                | "result"
                | "answer"
                | "probability"
                | "chance"
                | "profit"
                | "loss"
                | "cost"
                | "price"
                | "area"
                | "volume"
                | "length"
                | "distance"
                | "speed"
                | "rate"
                | "score"
                | "amount"
                | "radius"
                | "angle"
                | "remainder"
                | "set"
        ),
        ["up", "to"] | [.., "or" | "times"] => true,
        [.., last] => matches!(last, "than" | "except" | "by" | "least" | "most"),
        [] => false,
    }
}

/// What a word behind a number multiplies it by, as the two sides of a fraction.
pub(crate) fn multiplier(word: &str) -> Option<(i64, i64)> {
    Some(match word {
        "hundred" => (100, 1),
        "thousand" => (1_000, 1),
        "million" | "millions" => (1_000_000, 1),
        "billion" | "billions" => (1_000_000_000, 1),
        "trillion" | "trillions" => (1_000_000_000_000, 1),
        "halves" => (1, 2),
        "thirds" => (1, 3),
        "fourths" => (1, 4),
        "fifths" => (1, 5),
        "sixths" => (1, 6),
        "sevenths" => (1, 7),
        "eighths" => (1, 8),
        "ninths" => (1, 9),
        "tenths" => (1, 10),
        "hundredths" => (1, 100),
        "thousandths" => (1, 1_000),
        _ => return None,
    })
}

/// Whether prose behind a number makes another number of it, or takes it back: `squared`, `and a half`,
/// `(or 6)`. `squared units` and `times` are counted.
pub(super) fn changes_the_value(prose: &str) -> bool {
    let lower = prose.to_ascii_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).collect();
    let adds = |word: &&str| matches!(*word, "half" | "third" | "thirds" | "quarter" | "quarters");
    words.iter().any(|word| matches!(*word, "incorrect" | "wrong"))
        || match words[..] {
            ["squared" | "cubed" | "factorial"] | ["or" | "nor", ..] => true,
            ["at", "least" | "most"] => true,
            ["and", "above" | "more" | "over" | "below" | "less" | "under"] => true,
            ["and", ref rest @ ..] => rest.iter().any(adds),
            _ => false,
        }
}

/// The sign that a word before a number stands for.
pub(super) fn is_minus(word: &str) -> bool {
    matches!(word.trim(), "negative" | "minus" | "Negative" | "Minus")
}
