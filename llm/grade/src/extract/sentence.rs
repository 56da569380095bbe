//! Which number of a sentence answers: the rule for prose without a box and without a lone formula.
//!
//! 1. The last sentence with mathematics in it counts, unless it tells what was before ("He started with
//!    12.") and another sentence has mathematics in it.
//! 2. What follows "so", "therefore", "which means" and the like counts before what precedes it;
//!    conditions ("If …,", "After …,"), relative clauses ("…, which …", "because …"), what follows a
//!    colon and remarks in brackets do not count where something else is left.
//! 3. A calculation counts for the value behind its last `=`.
//! 4. Else what a verb such as "is", "has" or "costs" says directly.
//! 5. Else the only number that stands in no phrase such as "in the 5 boxes".
//! 6. Else the only number at all.
//!
//! "2 hours and 30 minutes" is one measure. Of a sentence in another language the last number counts.
//! Where two different numbers are left ("Ann has 3 and Tom has 4"), or where the sentence denies the
//! number or only bounds it ("more than 4"), there is no answer.

use super::runs::{Item, items};
use super::vocabulary::{
    BACKGROUND, CLAUSES, COMPOUNDS, CONCLUSIONS, ENGLISH, FILLERS, PREPOSITIONS, REASONS, VERBS,
};

/// Whether a word denies: `not`, `cannot`, `won't`.
fn is_denial(word: &str) -> bool {
    matches!(word, "not" | "never" | "cannot" | "neither")
        || word.ends_with("n't")
        || word.ends_with("n’t")
}

/// The mathematics that a line answers with.
pub(super) fn answer(line: &str) -> Option<String> {
    let items = items(line);
    let sentences = || items.rsplit(|item| *item == Item::Stop).filter(|part| has_run(part));
    let sentence = sentences().find(|part| !is_background(part)).or_else(|| sentences().next())?;
    let sentence = conclusion(sentence);
    let reason = |at: &usize| *at > 0 && word(sentence, *at).is_some_and(|w| REASONS.contains(&w));
    let reason = (0..sentence.len()).find(reason).unwrap_or(sentence.len());
    if let Some(value) = calculated(&sentence[..reason]) {
        return Some(value);
    }
    // "The number is 10, which is 2 · 5": said again, and nothing follows.
    if let [.., Item::Word(which), Item::Word(verb), Item::Run(run)] = sentence
        && which == "which"
        && matches!(&**verb, "is" | "equals")
    {
        return Some(run.clone());
    }
    let (start, end) = main_clause(sentence);
    let clause = &sentence[start..end];
    // "It is not 10, which is what we began with, but …": what is denied does not answer.
    let all_denied = places(clause).all(|at| is_denied(clause, at));
    if all_denied && has_run(&sentence[end..]) {
        return of_clause(&sentence[end..]);
    }
    of_clause(clause).or_else(|| last_of_foreign(sentence))
}

/// Whether a sentence tells what was before: "He started with 12."
fn is_background(sentence: &[Item]) -> bool {
    let past = |item: &Item| matches!(item, Item::Word(word) if BACKGROUND.contains(&&**word));
    let concludes =
        |item: &Item| matches!(item, Item::Word(word) if CONCLUSIONS.contains(&&**word));
    sentence.iter().any(past) && !sentence.iter().any(concludes)
}

/// The mathematics that a clause answers with.
fn of_clause(clause: &[Item]) -> Option<String> {
    if let Some(found) = only_run(clause) {
        return (!denies(clause) && !is_bound(clause)).then_some(found);
    }
    let counts = |at: &usize| !is_denied(clause, *at);
    let said: Vec<usize> =
        places(clause).filter(counts).filter(|at| is_said(clause, *at)).collect();
    let free: Vec<usize> =
        places(clause).filter(counts).filter(|at| !is_in_phrase(clause, *at)).collect();
    let found = match (&said[..], &free[..]) {
        ([at], _) | ([], [at]) => *at,
        _ => return None,
    };
    odds(clause, found)
        .or_else(|| compound(clause, found))
        .or_else(|| (!is_coordinated(clause, found)).then(|| text(clause, found)))
}

/// The last run of a sentence in another language, whose words the rule does not know.
fn last_of_foreign(sentence: &[Item]) -> Option<String> {
    let english = |item: &Item| matches!(item, Item::Word(word) if ENGLISH.contains(&&**word));
    let words = sentence.iter().filter(|item| matches!(item, Item::Word(_))).count();
    let foreign = words >= 3 && !sentence.iter().any(english);
    let last = places(sentence).last().filter(|_| foreign)?;
    let run = text(sentence, last);
    Some(value(&run).unwrap_or(run))
}

/// Whether a sentence has mathematics in it.
fn has_run(items: &[Item]) -> bool {
    items.iter().any(|item| matches!(item, Item::Run(_)))
}

/// Where its runs stand.
fn places(items: &[Item]) -> impl Iterator<Item = usize> + '_ {
    (0..items.len()).filter(|at| matches!(items[*at], Item::Run(_)))
}

fn text(items: &[Item], at: usize) -> String {
    match &items[at] {
        Item::Run(text) => text.clone(),
        _ => String::new(),
    }
}

fn word(items: &[Item], at: usize) -> Option<&str> {
    match items.get(at) {
        Some(Item::Word(word)) => Some(word),
        _ => None,
    }
}

/// What follows the last word that concludes, if mathematics does.
fn conclusion(sentence: &[Item]) -> &[Item] {
    let concludes = |at: &usize| word(sentence, *at).is_some_and(|w| CONCLUSIONS.contains(&w));
    match (0..sentence.len()).rev().find(concludes) {
        Some(at) if has_run(&sentence[at + 1..]) => &sentence[at + 1..],
        _ => sentence,
    }
}

/// Where the part of a sentence begins and ends that answers.
fn main_clause(sentence: &[Item]) -> (usize, usize) {
    let mut clause = sentence;
    // "3 packs with 4 pens each, for a total of 12 pens".
    let total = (0..clause.len()).rev().find(|at| {
        let said = [word(clause, *at), word(clause, at + 1), word(clause, at + 2)];
        said == [Some("a"), Some("total"), Some("of")]
    });
    if let Some(at) = total
        && has_run(&clause[at..])
    {
        clause = &clause[at + 3..];
    }
    // A condition before the main clause.
    let opens = word(clause, 0).is_some_and(|w| CLAUSES.contains(&w) || PREPOSITIONS.contains(&w));
    if opens
        && let Some(comma) = clause.iter().position(|item| *item == Item::Comma)
        && has_run(&clause[comma + 1..])
    {
        clause = &clause[comma + 1..];
    }
    let ends = |at: &usize| {
        let clause_word = word(clause, *at).is_some_and(|w| CLAUSES.contains(&w));
        (clause_word || clause[*at] == Item::Colon) && has_run(&clause[..*at])
    };
    let start = sentence.len() - clause.len();
    (start, (0..clause.len()).find(ends).map_or(sentence.len(), |end| start + end))
}

/// The value of the last calculation: `12 + 5 = 17` says 17.
fn calculated(clause: &[Item]) -> Option<String> {
    let equated = |at: usize| at > 0 && word(clause, at - 1) == Some("=");
    let shown = |at: &usize| text(clause, *at).contains('=') || equated(*at);
    let last = places(clause).filter(shown).last()?;
    if equated(last) {
        return Some(text(clause, last));
    }
    value(&text(clause, last))
}

/// Commands of arithmetic.
const ARITHMETIC: [&str; 9] =
    ["\\times", "\\cdot", "\\dfrac", "\\tfrac", "\\frac", "\\div", "\\sqrt", "\\left", "\\right"];

/// The value behind the last `=` of a calculation without letters on its left side.
pub(super) fn value(run: &str) -> Option<String> {
    let run = run.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(run);
    let (left, right) = run.rsplit_once('=')?;
    let mut plain = left.to_owned();
    for command in ARITHMETIC {
        plain = plain.replace(command, " ");
    }
    // `18 x 2 = 36`.
    plain = plain.replace(" x ", " ");
    let numeric = !plain.contains(|c: char| c.is_alphabetic() || "\\<>≤≥≠".contains(c));
    let is_calculation = left.contains(|c: char| c.is_ascii_digit()) && numeric;
    // `x = 3 + 4 = 7`: two signs say that the last side is the value.
    let is_chain = left.contains('=') && !right.contains(',') && !left.contains(" , ");
    // `7 = x` says 7.
    let named = !right.contains(|c: char| c.is_ascii_digit()) && !right.contains('\\');
    (is_calculation && !named || is_chain)
        .then(|| right.trim().to_owned())
        .filter(|right| !right.is_empty())
}

fn only_run(clause: &[Item]) -> Option<String> {
    let mut places = places(clause);
    let first = places.next()?;
    places.next().is_none().then(|| text(clause, first))
}

fn denies(items: &[Item]) -> bool {
    items.iter().any(|item| matches!(item, Item::Word(word) if is_denial(word)))
}

/// The word that rules a run, over words that say nothing.
fn ruler(clause: &[Item], at: usize) -> Option<&str> {
    let mut before = at;
    while before > 0 {
        before -= 1;
        let word = word(clause, before)?;
        // "Equal to 5", "a total of 5", "at least 5".
        let previous = before.checked_sub(1).and_then(|at| self::word(clause, at));
        let quantity = ["total", "sum", "profit", "average", "product", "maximum", "minimum"];
        let joined = word == "to" && matches!(previous, Some("equal" | "equals"))
            || word == "of" && previous.is_some_and(|p| quantity.contains(&p))
            || matches!(word, "least" | "most") && previous == Some("at");
        if joined {
            before -= 1;
        } else if !FILLERS.contains(&word) {
            return Some(word);
        }
    }
    None
}

/// Whether a word denies a run: `not 10`, `does not have 10`.
fn is_denied(clause: &[Item], at: usize) -> bool {
    let before = clause[..at].iter().rev().take(3);
    let mut words = before.map_while(|item| match item {
        Item::Word(word) => Some(&**word),
        _ => None,
    });
    words.any(is_denial)
}

/// Whether a verb says a run directly.
fn is_said(clause: &[Item], at: usize) -> bool {
    ruler(clause, at).is_some_and(|ruler| VERBS.contains(&ruler))
}

/// Whether a run stands in a phrase such as "in the 5 boxes".
fn is_in_phrase(clause: &[Item], at: usize) -> bool {
    ruler(clause, at).is_some_and(|ruler| PREPOSITIONS.contains(&ruler))
}

/// `1 in 6` and `2 out of 5`.
fn odds(clause: &[Item], at: usize) -> Option<String> {
    let behind = match (word(clause, at + 1), word(clause, at + 2)) {
        (Some("in"), _) => at + 2,
        (Some("out"), Some("of")) => at + 3,
        _ => return None,
    };
    let natural = |at: usize| match clause.get(at) {
        Some(Item::Run(run)) if run.bytes().all(|b| b.is_ascii_digit()) => Some(run),
        _ => None,
    };
    // "There are 3 in 6 boxes" is no chance.
    let ends = clause.get(behind + 1).is_none();
    Some(format!("{}/{}", natural(at)?, natural(behind).filter(|_| ends)?))
}

/// `2 hours and 30 minutes`, which is one measure, if nothing else follows it.
fn compound(clause: &[Item], at: usize) -> Option<String> {
    let unit = word(clause, at + 1)?;
    let next = if word(clause, at + 2) == Some("and") { at + 3 } else { at + 2 };
    let smaller = word(clause, next + 1)?;
    let is_pair = COMPOUNDS.iter().any(|(a, b)| unit.starts_with(a) && smaller.starts_with(b));
    let natural = |at: usize| match clause.get(at) {
        Some(Item::Run(run)) if run.bytes().all(|b| b.is_ascii_digit()) => Some(run),
        _ => None,
    };
    let alone = places(clause).all(|other| other <= next);
    (is_pair && alone)
        .then(|| Some(format!("{} {unit} {} {smaller}", natural(at)?, natural(next)?)))
        .flatten()
}

/// Whether the only run of a clause bounds the answer: `more than 4`.
fn is_bound(clause: &[Item]) -> bool {
    places(clause).next().is_some_and(|at| {
        at > 1
            && word(clause, at - 1) == Some("than")
            && matches!(word(clause, at - 2), Some("more" | "less" | "fewer" | "greater"))
            && (at < 3 || word(clause, at - 3) != Some("no"))
    })
}

/// Whether a run is but one part of what is said: `2 hours and 30 minutes`, `3 to 5`.
fn is_coordinated(clause: &[Item], at: usize) -> bool {
    let Some(next) = places(clause).find(|other| *other > at) else { return false };
    let between = &clause[at + 1..next];
    let is = |at: usize, list: &[&str]| word(between, at).is_some_and(|w| list.contains(&w));
    let joins = |at: usize| is(at, &["and", "or", "plus"]) || between[at] == Item::Comma;
    match between.len() {
        0 => true,
        1 => is(0, &["to", "by", "in"]) || joins(0) || is(0, &["foot", "feet", "hours", "hour"]),
        length => joins(length - 1),
    }
}
