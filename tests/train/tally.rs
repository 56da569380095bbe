//! The completions of one problem, counted: votes for answers that are the same under other names.

use rs_grpo_grade::Grader;
use rs_grpo_train::data::{Gold, Problem};
use rs_grpo_train::evaluate::{Graded, Tally};

/// The tally of completions whose boxes hold these answers.
fn tally(gold: &str, boxes: &[&str]) -> Tally {
    let gold = Gold::Math(Grader::default().parse_gold(gold).expect("a gold answer"));
    let problem = Problem { id: "p".into(), prompt: "?".into(), gold };
    let line = |(sample, answer): (usize, &&str)| {
        let completion = format!("So it is $\\boxed{{{answer}}}$.");
        let grade = problem.grade(&completion);
        Graded {
            problem: problem.id.clone(),
            sample,
            completion,
            verdict: grade.verdict,
            reward: None,
            answer: grade.answer,
            solution: grade.solution,
            tokens: None,
            entropy: None,
            truncated: false,
        }
    };
    let lines: Vec<Graded> = boxes.iter().enumerate().map(line).collect();
    Tally::of(&lines)
}

#[test]
fn equal_answers_are_one_in_the_vote() {
    let quarter = tally("0.25", &[r"25\%", "3", "0.25", "3", r"25\%", "3", "0.25"]);
    assert_eq!((quarter.majority, quarter.answers, quarter.correct), (1.0, 2, 4));
    let root = tally("9", &[r"\sqrt{12}", "9", r"2\sqrt{3}", "9", r"\sqrt{12}"]);
    assert_eq!((root.majority, root.answers), (0.0, 2));
    let tie = tally("1/2", &["0.5", "4", r"\frac{2}{4}", "4.0", "1"]);
    assert_eq!((tie.majority, tie.answers), (0.5, 3));
    let angle = tally(r"\frac{\pi}{2}", &[r"90^\circ", "1", r"\pi/2", "1", r"\frac{\pi}{2}"]);
    assert_eq!((angle.majority, angle.answers), (1.0, 2));
}

/// Whether the winner is right is what the grader says of the answer that leads.
#[test]
fn the_winner_is_the_answer_that_leads() {
    // 40 % is 0.4, but most of those that it votes with say 40.
    let percent = tally("0.4", &["40", r"40\%", "40", "6", "6"]);
    assert_eq!((percent.majority, percent.answers, percent.correct), (0.0, 2, 1));
}

#[test]
fn completions_without_an_answer_do_not_vote() {
    let tally = tally("5", &["", r"\frac{1}{", "5"]);
    assert_eq!((tally.majority, tally.answers, tally.unparsable), (1.0, 1, 2));
    assert_eq!(Tally::of(&[]).majority, 0.0);
}

/// Files of earlier versions hold `1/2` where the completion says 0.5, and texts that cannot be read.
#[test]
fn lines_of_earlier_versions_count() {
    let line = |answer: &str, verdict| -> Graded {
        let line = serde_json::json!({
            "problem": "p", "sample": 0, "completion": "", "verdict": verdict, "answer": answer,
            "solution": null, "truncated": false,
        });
        serde_json::from_value(line).expect("a line")
    };
    let lines = [
        line("1/2", "correct"),
        line("50 %", "correct"),
        line("{(", "wrong"),
        line("{(", "wrong"),
        line("7", "wrong"),
        line("0.50", "correct"),
    ];
    let tally = Tally::of(&lines);
    assert_eq!((tally.majority, tally.answers), (1.0, 3));
}
