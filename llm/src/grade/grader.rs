//! The grader: one configuration, and the four things it does.

use super::extract::{self, Boxes, boxes, spoken};
use super::typed::Match;
use super::{Answer, Budget, ReadError, Verdict};

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
/// use rs_grpo_llm::grade::{Grader, Verdict};
///
/// let grader = Grader::default();
/// assert_eq!(grader.grade(r"\frac{1}{2}", r"So we get \boxed{0.5}."), Verdict::Correct);
/// assert_eq!(grader.grade("x^2 - 1", r"\boxed{(x-1)(x+1)}"), Verdict::Correct);
/// assert_eq!(grader.grade("42", "<think>Could it be \\boxed{42}?</think> No."), Verdict::PredictionUnparsable);
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
    pub fn grade(&self, gold: &str, completion: &str) -> Verdict {
        match self.parse_gold(gold) {
            Ok(gold) => self.grade_with(&gold, completion),
            Err(ReadError::Budget) => Verdict::BudgetExceeded,
            Err(_) => Verdict::GoldUnparsable,
        }
    }

    /// Grades a whole completion against a gold answer that was read before.
    pub fn grade_with(&self, gold: &Answer, completion: &str) -> Verdict {
        match self.answer(gold, completion) {
            Ok(answer) => self.compare(gold, &answer),
            Err(ReadError::Budget) => Verdict::BudgetExceeded,
            Err(_) => Verdict::PredictionUnparsable,
        }
    }

    /// Compares two answers that stand alone, without the completion around them. The order of the
    /// two does not matter but for which of them is blamed if it cannot be read.
    pub fn verify(&self, gold: &str, answer: &str) -> Verdict {
        let gold = match self.parse_gold(gold) {
            Ok(gold) => gold,
            Err(ReadError::Budget) => return Verdict::BudgetExceeded,
            Err(_) => return Verdict::GoldUnparsable,
        };
        match self.parse(answer) {
            Ok(answer) => self.compare(&gold, &answer),
            Err(ReadError::Budget) => Verdict::BudgetExceeded,
            Err(_) => Verdict::PredictionUnparsable,
        }
    }

    /// Compares two answers that were read before.
    pub fn compare(&self, gold: &Answer, answer: &Answer) -> Verdict {
        match gold.compare(answer, &self.budget) {
            Match::Yes => Verdict::Correct,
            Match::No => Verdict::Wrong,
            Match::Undecided => Verdict::BudgetExceeded,
        }
    }

    /// Reads an answer that stands alone, or in a box.
    ///
    /// # Errors
    /// A text beyond the budget, and notation that is not understood.
    pub fn parse(&self, answer: &str) -> Result<Answer, ReadError> {
        Answer::read(answer, &self.budget)
    }

    /// Reads a gold answer. Some data sets give a whole solution there: its answer counts, whatever
    /// the policy for completions is.
    ///
    /// # Errors
    /// As [`Grader::parse`].
    pub fn parse_gold(&self, gold: &str) -> Result<Answer, ReadError> {
        let whole = self.parse(gold);
        // Prose has formulas in it; a text without any is no solution.
        let is_solution = gold.contains(['$', '\\']) && gold.split_whitespace().count() > 5;
        match whole {
            Err(ReadError::Syntax(_)) if is_solution => self.first_readable(gold).map_or(whole, |(_, answer)| Ok(answer)),
            whole => whole,
        }
    }

    /// The text of a completion's answer: of its last boxes, or as [`Grader::unboxed`] says.
    pub fn extract(&self, completion: &str) -> Option<String> {
        let spoken = spoken(completion)?;
        match boxes(spoken) {
            Boxes::Content(content) => {
                let changed = self.changed_mind(spoken).map(|(text, _)| text);
                Some(changed.unwrap_or(content.into_owned()))
            }
            Boxes::Unclosed => None,
            Boxes::None if self.unboxed == Unboxed::Refuse => None,
            Boxes::None => self.first_readable(spoken).map(|(text, _)| text),
        }
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

    /// The answer of a completion; where a letter is asked for, a letter.
    fn answer(&self, gold: &Answer, completion: &str) -> Result<Answer, ReadError> {
        let spoken = spoken(completion).ok_or(ReadError::Empty)?;
        if let Some((_, answer)) = self.changed_mind(spoken) {
            return Ok(answer);
        }
        match boxes(spoken) {
            Boxes::Content(content) => match self.parse(&content) {
                // Prose in a box.
                Err(ReadError::Syntax(problem)) if self.unboxed == Unboxed::Lenient => {
                    let (_, answer) =
                        self.first_readable(&content).ok_or(ReadError::Syntax(problem))?;
                    Ok(answer)
                }
                parsed => parsed,
            },
            Boxes::Unclosed => Err(ReadError::Empty),
            Boxes::None if self.unboxed == Unboxed::Refuse => Err(ReadError::Empty),
            Boxes::None => {
                if gold.is_choice()
                    && let Some(letter) = extract::choice_in_prose(spoken)
                {
                    return self.parse(letter.encode_utf8(&mut [0; 4]));
                }
                let (_, answer) = self.first_readable(spoken).ok_or(ReadError::Empty)?;
                Ok(answer)
            }
        }
    }
}
