//! The grader: one configuration, and what it does.

use crate::agreement::Agreement;
use crate::answer::Answer;
use crate::budget::Budget;
use crate::extract::{self, Boxes, boxes, spoken};
use crate::outcome::Outcome;
use crate::plain::is_same_notation;
use crate::read::ReadError;
use crate::role::Role;
use crate::verdict::{Method, Verdict};

/// What counts as the answer of a completion that has no box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unboxed {
    /// What it announces ("the answer is …", "Answer: …"), else the formula or number that its last
    /// line ends with.
    #[default]
    Lenient,
    /// Nothing: it is [`Verdict::PredictionUnparsable`].
    Refuse,
}

/// Grades completions against gold answers.
///
/// ```
/// use rs_grpo_grade::{Grader, Verdict};
///
/// let grader = Grader::default();
/// assert_eq!(grader.grade(r"\frac{1}{2}", r"So we get \boxed{0.5}.").verdict, Verdict::Correct);
/// assert_eq!(grader.verify("x^2 - 1", "(x-1)(x+1)"), Verdict::Correct);
/// // What was only thought does not count.
/// let thought = grader.grade("42", r"<think>Could it be \boxed{42}?</think> No.");
/// assert_eq!(thought.verdict, Verdict::Wrong);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grader {
    /// What one verdict may cost.
    pub budget: Budget,
    /// What counts as an answer without a box.
    pub unboxed: Unboxed,
}

impl Grader {
    /// With this policy for completions without a box, and the default budget.
    pub fn new(unboxed: Unboxed) -> Self {
        Self { unboxed, ..Self::default() }
    }

    /// Grades a whole completion.
    pub fn grade(&self, gold: &str, completion: &str) -> Outcome {
        let outcome = match self.parse_gold(gold) {
            Ok(gold) => self.grade_with(&gold, completion),
            Err(error) => Outcome::without(self.found(None, completion).0, gold_fault(&error)),
        };
        self.repeated(gold, completion, &outcome).unwrap_or(outcome)
    }

    /// The outcome where a completion repeats a gold answer that is prose or that the grader does not
    /// understand: the same text is the same answer.
    fn repeated(&self, gold: &str, completion: &str, outcome: &Outcome) -> Option<Outcome> {
        let unread =
            matches!(outcome.verdict, Verdict::GoldUnparsable | Verdict::PredictionUnparsable);
        let mixed = outcome.verdict == Verdict::Wrong && gold.contains('$');
        let content = match boxes(spoken(completion).filter(|_| unread || mixed)?) {
            Boxes::Content(content) => content.into_owned(),
            _ => outcome.extracted.clone()?,
        };
        is_same_notation(gold, &content).then(|| Outcome {
            verdict: Verdict::Correct,
            method: Some(Method::Identical),
            answer: Some(Answer::in_words(&content)),
            extracted: Some(content),
        })
    }

    /// Grades a whole completion against a gold answer that was read before.
    pub fn grade_with(&self, gold: &Answer, completion: &str) -> Outcome {
        let (extracted, answer) = self.found(Some(gold), completion);
        match answer {
            Ok(answer) => {
                let (verdict, method) = self.compare(gold, &answer);
                Outcome { verdict, extracted, method: Some(method), answer: Some(answer) }
            }
            Err(error) => Outcome::without(extracted, prediction_fault(&error)),
        }
    }

    /// Compares two answers that stand alone, without the completion around them; both are read as
    /// gold answers are. The order of the two does not matter but for which of them is blamed if it
    /// cannot be read.
    pub fn verify(&self, gold: &str, answer: &str) -> Verdict {
        match (self.parse_gold(gold), self.parse_gold(answer)) {
            (Err(ReadError::Syntax(_)), Err(ReadError::Syntax(_)))
                if is_same_notation(gold, answer) =>
            {
                Verdict::Correct
            }
            (Err(error), _) => gold_fault(&error),
            (_, Err(error)) => prediction_fault(&error),
            (Ok(gold), Ok(answer)) => self.compare(&gold, &answer).0,
        }
    }

    /// Compares two answers that were read before.
    pub fn compare(&self, gold: &Answer, answer: &Answer) -> (Verdict, Method) {
        let (result, method) = gold.compare(answer, &self.budget);
        let verdict = match result {
            Agreement::Yes => Verdict::Correct,
            Agreement::No => Verdict::Wrong,
            Agreement::Undecided => Verdict::BudgetExceeded,
        };
        (verdict, method)
    }

    /// Reads an answer that stands alone, or in a box.
    ///
    /// # Errors
    /// A text beyond the budget, and notation that is not understood.
    pub fn parse(&self, answer: &str) -> Result<Answer, ReadError> {
        Answer::read(answer, Role::Given, &self.budget)
    }

    /// Reads a gold answer. Some data sets give a whole solution there: its answer counts, whatever
    /// the policy for completions is.
    ///
    /// # Errors
    /// As [`Grader::parse`].
    pub fn parse_gold(&self, gold: &str) -> Result<Answer, ReadError> {
        match Answer::read(gold, Role::Gold, &self.budget) {
            Err(ReadError::Syntax(problem)) => match extract::in_gold(gold) {
                Some(answer) => Answer::read(&answer, Role::Gold, &self.budget),
                None => Err(ReadError::Syntax(problem)),
            },
            whole => whole,
        }
    }

    /// The text of a completion's answer: of its last boxes, or as [`Grader::unboxed`] says.
    pub fn extract(&self, completion: &str) -> Option<String> {
        self.found(None, completion).0
    }

    /// The first candidate in prose that can be read.
    fn first_readable(&self, text: &str) -> Option<(String, Answer)> {
        let read = |text: String| self.parse(&text).ok().map(|answer| (text, answer));
        extract::in_prose(text).into_iter().find_map(read)
    }

    /// "The final answer is …" behind the last box.
    fn changed_mind(&self, spoken: &str) -> Option<(String, Answer)> {
        if self.unboxed == Unboxed::Refuse {
            return None;
        }
        let read = |text: String| self.parse(&text).ok().map(|answer| (text, answer));
        extract::final_answer(spoken).into_iter().find_map(read)
    }

    /// The answer of a completion, as it is written and as it is read; where a letter is asked for, a
    /// letter.
    fn found(&self, gold: Option<&Answer>, completion: &str) -> Found {
        let Some(spoken) = spoken(completion) else { return NOTHING };
        // What stands in tags is a completion of its own, if no box follows it.
        let spoken = match extract::tagged(spoken) {
            Some((inner, behind)) if matches!(boxes(behind), Boxes::None) => inner,
            _ => spoken,
        };
        if let Some((text, answer)) = self.changed_mind(spoken) {
            return (Some(text), Ok(answer));
        }
        match boxes(spoken) {
            Boxes::Content(content) => self.boxed_answer(gold, &content),
            Boxes::None if self.unboxed == Unboxed::Lenient => self.unboxed_answer(gold, spoken),
            Boxes::None | Boxes::Unclosed => NOTHING,
        }
    }

    fn boxed_answer(&self, gold: Option<&Answer>, content: &str) -> Found {
        let parsed = self.parse(content);
        // `March 15` is not 15 where a day is asked for.
        if parsed.is_err()
            && let Some(worded) = gold.and_then(|gold| gold.in_the_words_of(content))
        {
            return (Some(content.to_owned()), Ok(worded));
        }
        if self.unboxed == Unboxed::Refuse {
            return (Some(content.to_owned()), parsed);
        }
        // Prose in a box: what it announces, or the formula in it.
        if matches!(parsed, Err(ReadError::Syntax(_))) || extract::announces(content) {
            let read = |text: String| self.parse(&text).ok().map(|answer| (text, answer));
            let found = extract::in_boxed_prose(content).into_iter().find_map(read);
            if let Some((text, answer)) = found {
                return (Some(text), Ok(answer));
            }
        }
        (Some(content.to_owned()), parsed)
    }

    fn unboxed_answer(&self, gold: Option<&Answer>, spoken: &str) -> Found {
        if gold.is_some_and(Answer::is_choice)
            && let Some(letter) = extract::choice_in_prose(spoken)
        {
            let letter = letter.to_string();
            let answer = self.parse(&letter);
            return (Some(letter), answer);
        }
        let worded = gold.and_then(|gold| {
            let same = |text: &String| gold.in_the_words_of(text);
            extract::worded(spoken).into_iter().find_map(|text| Some((same(&text)?, text)))
        });
        if let Some((answer, text)) = worded {
            return (Some(text), Ok(answer));
        }
        match self.first_readable(spoken) {
            Some((text, answer)) => (Some(text), Ok(answer)),
            None => NOTHING,
        }
    }
}

/// An answer as it is written and as it is read.
type Found = (Option<String>, Result<Answer, ReadError>);

const NOTHING: Found = (None, Err(ReadError::Empty));

fn gold_fault(error: &ReadError) -> Verdict {
    match error {
        ReadError::Budget => Verdict::BudgetExceeded,
        _ => Verdict::GoldUnparsable,
    }
}

fn prediction_fault(error: &ReadError) -> Verdict {
    match error {
        ReadError::Budget => Verdict::BudgetExceeded,
        _ => Verdict::PredictionUnparsable,
    }
}
