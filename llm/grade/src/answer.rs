//! An answer that was read: what it can mean.

use crate::agreement::Agreement;
use crate::budget::{Budget, Exhausted, Fuel};
use crate::clock::Clock;
use crate::commas::comma_readings;
use crate::extract::{Boxes, boxes};
use crate::listed;
use crate::plain::{
    choice, is_letters, is_phrase, is_short_name, is_worded_formula, is_words, plain,
};
use crate::printed::without_types;
use crate::read::{
    Commas, Node, ReadError, is_clock_suffix, letters_behind, parse, split_remark, unwrapped,
};
use crate::remarked::Holds;
use crate::role::Role;
use crate::spelled;
use crate::typed::{self, Value};
use crate::verdict::Method;
use std::cmp::Ordering;
use std::fmt;

/// A parsed answer, to be compared with as many others as needed.
///
/// An answer can have more than one reading: `1,234` is a number or two, `E` a variable or a choice.
/// Two answers are the same if any reading of the one is the same as any of the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    readings: Vec<Value>,
    /// The text without mark-up, for answers in words.
    plain: String,
    /// The letter, if it is a choice among several.
    choice: Option<char>,
    /// The time of day, if it can be one.
    clock: Option<Clock>,
    /// Where it holds, if a remark says so.
    holds: Option<Box<Holds>>,
}

impl Answer {
    /// Reads an answer: what stands in its box, if it has one, else all of it.
    pub(super) fn read(text: &str, role: Role, budget: &Budget) -> Result<Self, ReadError> {
        let text = text.trim();
        match boxes(text) {
            Boxes::Content(content) => Self::bare(&content, role, budget),
            Boxes::None => Self::bare(text, role, budget),
            Boxes::Unclosed => Err(ReadError::Syntax("a box is not closed".into())),
        }
    }

    fn bare(text: &str, role: Role, budget: &Budget) -> Result<Self, ReadError> {
        let text = unwrapped(text);
        let text = &*text;
        if text.is_empty() {
            return Err(ReadError::Empty);
        }
        if text.len() > budget.length {
            return long_integer(text);
        }
        let text = &*without_types(text);
        match Self::remarked(text, role, budget) {
            Some(answer) => Ok(answer),
            None => Self::whole(text, role, budget),
        }
    }

    /// Reads an answer without anything around it, a remark in it included.
    fn whole(text: &str, role: Role, budget: &Budget) -> Result<Self, ReadError> {
        if let Some((texts, ordered)) = listed::texts(text) {
            return Self::listed(&texts, ordered, role, budget);
        }
        if let Some((said, set)) = listed::restated(text) {
            return Self::restated(said, set, role, budget);
        }
        let (plain, choice, clock) = (plain(text), choice(text), Clock::read(text));
        let fuel = Fuel::new(budget);
        let (mut readings, problem) = read_meanings(text, &plain, clock, role, &fuel)?;
        if let Some(listed) = listed_prose(text)
            && let Ok(node) = parse(listed, Commas::Separate, budget)
            && let Ok(value) = typed::interpret(&node, &fuel)
        {
            readings.push(value);
        }
        match problem {
            Some(problem) if readings.is_empty() && choice.is_none() => Err(problem),
            _ => Ok(Self { readings, plain, choice, clock, holds: None }),
        }
    }

    /// An answer without the remark in it, if what is left is one by itself and not in words.
    fn remarked(text: &str, role: Role, budget: &Budget) -> Option<Self> {
        let split = split_remark(text)?;
        let mut answer = Self::whole(&unwrapped(&split.main), role, budget).ok()?;
        let lone_letter = |text: &str| text.len() == 1 && !text.bytes().all(|b| b.is_ascii_digit());
        if answer.has_words() || answer.readings.is_empty() || lone_letter(split.main.trim()) {
            return None;
        }
        if let Some((holds, renamed)) = Holds::read(&split, budget) {
            // The name of a parameter does not count where both declare it.
            if let Some(main) = renamed
                && let Ok(other) = Self::whole(&unwrapped(&main), role, budget)
            {
                answer.readings.extend(other.readings);
            }
            answer.holds = Some(Box::new(holds));
        }
        Some(answer)
    }

    /// The items of a list of texts; one item stands for itself.
    fn listed(
        texts: &[String],
        ordered: bool,
        role: Role,
        budget: &Budget,
    ) -> Result<Self, ReadError> {
        let mut items = Vec::with_capacity(texts.len());
        for text in texts {
            if listed::texts(&unwrapped(text)).is_some() {
                return Err(ReadError::Syntax("a list of lists".into()));
            }
            items.push(Self::read(text, role, budget)?);
        }
        if items.len() == 1 {
            return Ok(items.swap_remove(0));
        }
        let first = |item: &Self| item.readings.first().cloned();
        let values: Option<Vec<Value>> = items.iter().map(first).collect();
        let values = values.ok_or_else(|| ReadError::Syntax("a list of letters".into()))?;
        let plain = items.iter().map(|item| &*item.plain).collect::<Vec<_>>().join(",");
        let value = if ordered { Value::Tuple(values) } else { Value::List(values, false) };
        Ok(Self { readings: vec![value], plain, choice: None, clock: None, holds: None })
    }

    /// A set with what it is the solution of before it, as far as both say the same.
    fn restated(said: &str, set: &str, role: Role, budget: &Budget) -> Result<Self, ReadError> {
        let set = Self::bare(set, role, budget)?;
        match Self::bare(said, role, budget)?.compare(&set, budget).0 {
            Agreement::Yes => Ok(set),
            _ => Err(ReadError::Syntax("the set is not what is said before it".into())),
        }
    }

    /// An answer in words that equals itself alone.
    pub(super) fn in_words(text: &str) -> Self {
        Self::from_plain(plain(&unwrapped(text)))
    }

    fn from_plain(plain: String) -> Self {
        let readings = vec![Value::Text(plain.clone())];
        Self { readings, plain, choice: None, clock: None, holds: None }
    }

    /// Whether both are the same answer, and how that was found.
    pub(super) fn compare(&self, other: &Self, budget: &Budget) -> (Agreement, Method) {
        if self == other {
            return (Agreement::Yes, Method::Identical);
        }
        if let (Some(a), Some(b)) = (self.choice, other.choice)
            && (self.is_lone_letter() || other.is_lone_letter())
        {
            return ((a == b).into(), Method::Choice);
        }
        match (self.clock, other.clock) {
            (Some(a), Some(b)) => return (a.is(b).into(), Method::Words),
            // `3:04 p.m.` is no ratio.
            (Some(a), None) | (None, Some(a)) if a.is_certain() => {
                return ((self.plain == other.plain).into(), Method::Words);
            }
            _ => {}
        }
        if let (Some(a), Some(b)) = (&self.holds, &other.holds)
            && !a.agrees(b, budget)
        {
            return (Agreement::No, Method::Exact);
        }
        let words = self.has_words() || other.has_words();
        if words && self.plain == other.plain {
            return (Agreement::Yes, Method::Words);
        }
        let fuel = Fuel::new(budget);
        // Always in the same order: where the budget runs out must not depend on who is asked first.
        let result = match self.comes_before(other) {
            true => self.compare_readings(other, &fuel),
            false => other.compare_readings(self, &fuel),
        };
        let method = match words {
            true if result == Agreement::No => Method::Words,
            _ if fuel.was_numeric() => Method::Numeric,
            _ => Method::Exact,
        };
        (result, method)
    }

    /// An order of answers: by what they say, and by how they are read where that is the same.
    pub(super) fn comes_before(&self, other: &Self) -> bool {
        match self.plain.cmp(&other.plain) {
            Ordering::Equal => format!("{:?}", self.readings) < format!("{:?}", other.readings),
            order => order == Ordering::Less,
        }
    }

    fn compare_readings(&self, other: &Self, fuel: &Fuel<'_>) -> Agreement {
        let mut result = Agreement::No;
        for a in &self.readings {
            for b in &other.readings {
                match typed::matches(a, b, fuel) {
                    Ok(Agreement::Yes) => return Agreement::Yes,
                    Ok(Agreement::No) => {}
                    Ok(Agreement::Undecided) | Err(Exhausted) => result = Agreement::Undecided,
                }
            }
        }
        result
    }

    /// An answer in words, if another text consists of the same ones.
    pub(super) fn in_the_words_of(&self, text: &str) -> Option<Self> {
        let worded = Self::in_words(text);
        (self.has_words() && worded.plain == self.plain).then_some(worded)
    }

    /// The text without mark-up; equal answers, in the sense of `==`, share it.
    pub(super) fn plain(&self) -> &str {
        &self.plain
    }

    fn has_words(&self) -> bool {
        self.readings.iter().any(|value| matches!(value, Value::Text(_)))
    }

    pub(super) fn is_choice(&self) -> bool {
        self.choice.is_some()
    }

    fn is_lone_letter(&self) -> bool {
        self.plain.len() == 1
    }

    /// A text that equal answers of the common kinds share: rational numbers in
    /// lowest terms, other numbers to ten digits, sets in order, words in lower case. The key of `50 %`
    /// or `90°` says so.
    ///
    /// Equal keys say that answers are very probably the same, and equal answers can have different
    /// keys; what counts is [`Grader::compare`](crate::Grader::compare), and for votes
    /// [`Grader::clusters`](crate::Grader::clusters).
    pub fn key(&self) -> String {
        let budget = Budget::default();
        match self.readings.first() {
            Some(Value::Text(_)) | None => self.plain.clone(),
            Some(value) => typed::key(value, &Fuel::new(&budget)),
        }
    }

    /// What kind of answer it is, in a word such as `number`, `tuple` or `text`.
    pub fn kind(&self) -> &'static str {
        match (&self.readings[..], self.choice) {
            ([], _) => "choice",
            (_, Some(_)) if self.is_lone_letter() => "choice",
            ([first, ..], _) => typed::kind(first),
        }
    }
}

/// The reading that comes first.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.readings.first() {
            Some(Value::Text(_)) | None => f.write_str(&self.plain),
            Some(value) => f.write_str(&typed::show(value)),
        }
    }
}

/// What a text can mean, and why notation in it cannot be read.
fn read_meanings(
    text: &str,
    plain: &str,
    clock: Option<Clock>,
    role: Role,
    fuel: &Fuel<'_>,
) -> Result<(Vec<Value>, Option<ReadError>), ReadError> {
    let words = || Value::Text(plain.to_owned());
    if let Some(meaning) = spelled::meaning(text) {
        let value = parse(&meaning, Commas::Thousands, fuel.budget)
            .and_then(|node| typed::interpret(&node, fuel))?;
        return Ok((vec![value, words()], None));
    }
    if is_words(text) {
        return Ok((vec![words()], None));
    }
    let (mut readings, problem) = notation(text, plain, role, fuel);
    if role == Role::Given
        && let Some((number, unit)) = letters_behind(text)
        && let Ok(node) = parse(number, Commas::Thousands, fuel.budget)
        && let Ok(value) = typed::measured(&node, unit, fuel)
    {
        readings.push(value);
    }
    if is_short_name(text) {
        // `TOM` is Tom, too, while `tom` can be a product.
        readings.splice(0..0, [words(), Value::Text(text.to_ascii_uppercase())]);
    } else if !readings.is_empty() && is_worded_formula(text) {
        readings.insert(0, words());
    }
    let is_prose = || role == Role::Gold && matches!(problem, Some(ReadError::Syntax(_)));
    if readings.is_empty() && clock.is_some()
        || is_phrase(text) && (is_letters(text) || readings.is_empty() && is_prose())
    {
        readings.push(words());
    }
    Ok((readings, problem))
}

/// What notation says, with every meaning of its commas, and why one of these cannot be read.
fn notation(
    text: &str,
    plain: &str,
    role: Role,
    fuel: &Fuel<'_>,
) -> (Vec<Value>, Option<ReadError>) {
    let mut readings: Vec<Value> = Vec::with_capacity(1);
    let mut problem = None;
    for commas in comma_readings(text, role) {
        let read = parse(text, *commas, fuel.budget).and_then(|node| {
            let clock = clock(&node);
            Ok((typed::interpret(&node, fuel)?, clock))
        });
        match read {
            // `4:30 p.m.` is what it says, with the letters.
            Ok((_, true)) => readings = vec![Value::Text(plain.to_owned())],
            Ok((value, false)) if !readings.contains(&value) => readings.push(value),
            Ok(_) => {}
            Err(error) => problem = Some(error),
        }
    }
    (readings, problem)
}

/// Whether a unit is `a.m.` or `p.m.`
fn clock(node: &Node) -> bool {
    node.any(&|part| matches!(part, Node::Unit(_, unit) if is_clock_suffix(unit)))
}

/// The inside of `\text{A, B}`.
fn listed_prose(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("\\text{").or(text.strip_prefix("\\mbox{"))?.strip_suffix('}')?;
    (inner.contains(',') && !inner.contains(['{', '}'])).then_some(inner)
}

/// A number too long for arithmetic still equals itself.
fn long_integer(text: &str) -> Result<Answer, ReadError> {
    let (sign, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) if text.starts_with('-') => ("-", digits),
        Some(digits) => ("", digits),
        None => ("", text),
    };
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(ReadError::Budget);
    }
    let plain = format!("{sign}{}", digits.trim_start_matches('0'));
    Ok(Answer::from_plain(plain))
}
