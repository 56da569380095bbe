//! Where the answer of a completion and of a gold text stands. What is expected is what a reader takes
//! the text to say; each kind has answers that count and answers that must not.

use rs_grpo_grade::{Grader, Verdict};

fn accepted(cases: &[(&str, &str)]) {
    for (gold, completion) in cases {
        let outcome = Grader::default().grade(gold, completion);
        assert_eq!(outcome.verdict, Verdict::Correct, "{gold} and {completion}: {outcome:?}");
    }
}

fn refused(cases: &[(&str, &str)]) {
    for (gold, completion) in cases {
        let outcome = Grader::default().grade(gold, completion);
        assert_ne!(outcome.verdict, Verdict::Correct, "{gold} and {completion}: {outcome:?}");
    }
}

/// The number that answers, not the last one; none where two are left.
#[test]
fn numbers_of_a_sentence() {
    accepted(&[
        ("2", "Two and zero are two."),
        ("9", "Mia has nine pencils left."),
        ("18", "There are 18 buns left on the 4 trays."),
        ("11", "so 4 + 7 = 11 marbles."),
        ("5", "She has 5 left, which is 3 fewer than before."),
        ("7", "After 3 days, Tom has 7 coins."),
        ("6", "The cost of 3 apples is 6 dollars."),
        ("18", "2 boxes hold 18 eggs."),
        ("10", "There are 10 shapes: 5 discs and 5 cubes."),
        ("7", "If there are 12 eggs and 5 break, there are 7 left."),
        ("3/5", "The chance is 3 out of 5."),
        ("1/8", "The probability is 1 in 8."),
        ("(5,3)", "Therefore, x = 5 and y = 3."),
        ("\\frac{3}{8}", "Hence it equals \\frac{3}{8}."),
        ("70", "Each of the 7 boxes has 10 pens, so there are 70 pens in total."),
        ("12", "She bought 3 packs with 4 pens each, for a total of 12 pens."),
        ("12", "The total cost is $12."),
        ("12", "He spent $12 on 4 books."),
        ("15", "In total, 15 people came."),
        ("6", "It will take him 6 hours."),
        ("6", "He can buy 6 books with $30."),
        ("30", "Therefore, they need 30 more tickets."),
        ("150", "So, John runs 150 miles per week."),
        ("64", "Therefore, Kylar needs to pay $64 for them."),
        ("20", "Thus, 20 students remain."),
        ("260", "Therefore, the two cities have 260 sheep together."),
        ("0.25", "The probability that it rains is 25%."),
        ("160", "It takes 160 minutes to download the file."),
        ("Paris", "The capital is Paris."),
        ("Yes", "Yes, it does."),
        ("42", "The final answer is $42$, I hope it is correct."),
        ("42", "So the answer is \\(42\\)."),
        ("3.5", "The mean is 3.5."),
        ("1e-5", "The rate is 1e-5"),
    ]);
    refused(&[
        ("4", "There are 18 buns left on the 4 trays."),
        ("3", "She has 5 left, which is 3 fewer than before."),
        ("2", "2 boxes hold 18 eggs."),
        ("5", "It is not 5."),
        ("4", "Ann has 3 and Tom has 4."),
        ("3", "Ann has 3 and Tom has 4."),
        ("5", "Therefore, x = 5 and y = 3."),
        ("4", "He spent $12 on 4 books."),
        ("No", "Yes, it does."),
    ]);
}

/// Tags, fences, tables, lists, titles and displays around an answer.
#[test]
fn formats_of_completions() {
    accepted(&[
        ("42", "<answer>\n42\n</answer>"),
        ("42", "**Answer:**\n\n42 apples"),
        ("42", "```output\n42\n```"),
        ("8", "\\begin{align}\nx &= 3+5 \\\\ &= 8\n\\end{align}"),
        ("8", "| a | b |\n|---|---|\n| total | 8 |"),
        ("8", "The total is:\n- 8"),
        ("8", "So:\n- Total: 8"),
        ("-8", "The value is -8"),
        ("8", "Thus the number is: 8\n\nI hope this helps!"),
        ("8", "## Final Answer\n8"),
        ("8", "answer = 8"),
        ("8", "<|begin_of_box|>8<|end_of_box|>"),
    ]);
    refused(&[("42", "```python\nx=42\n```")]);
}

/// No number is picked out of a formula.
#[test]
fn mathematics_without_signs_counts_as_a_whole() {
    accepted(&[
        ("x^3", "The result is x^3."),
        ("7", "The area is 7 m^2."),
        ("(4, 5)", "The vertex is (4, 5)."),
        ("20000", "about 2 × 10^4 birds"),
        ("2\\sqrt{7}", "So the side is 2\\sqrt{7}"),
        ("\\log_3(5)", "It equals log_3(5)"),
        ("2^{12}", "The value is 2^{12}"),
        ("\\{4,6\\}", "The set is {4, 6}"),
        ("(1,7]", "The interval is (1, 7]"),
        ("x^2+3", "We find x^2 + 3."),
        ("42", "Answer: **42** km"),
        ("25", "Sam has twenty-five cards."),
        ("2/3", "The fraction is two thirds."),
        ("205", "There are two hundred and five trees."),
        ("\\frac{\\pi}{4}", "So the area is π/4."),
        ("5\\pi", "The area is 5π."),
        ("2+3i", "So z = 2 + 3i."),
        ("x\\ge 5", "Thus x ≥ 5."),
        ("5", "The value is at least 5."),
        ("-\\frac{1}{2}", "The slope is -1/2."),
        ("n(n+1)/2", "The sum is n(n+1)/2."),
        ("2xy", "The term is 2xy."),
        ("a+b", "It equals a + b."),
        ("e^2", "The limit is e^2."),
        ("\\sin 2x", "We get sin(2x)."),
        ("6!", "There are 6! ways."),
        ("720", "There are 6! = 720 ways."),
        ("720", "There are 6 × 5 × 4 × 3 × 2 × 1 = 720 ways."),
    ]);
    refused(&[
        ("8", "Hence it equals \\frac{3}{8}."),
        ("3", "The result is x^3."),
        ("2", "The area is 7 m^2."),
        ("5", "The vertex is (4, 5)."),
        ("4", "about 2 × 10^4 birds"),
        ("7", "So the side is 2\\sqrt{7}"),
        ("5", "It equals log_3(5)"),
        ("12", "The value is 2^{12}"),
        ("6", "The set is {4, 6}"),
        ("7", "The interval is (1, 7]"),
        ("3", "We find x^2 + 3."),
        ("5", "The ratio of cats to dogs is 3 to 5."),
        ("3", "The ratio of cats to dogs is 3 to 5."),
        ("4", "So the area is π/4."),
        ("5", "The area is 5π."),
        ("3", "So z = 2 + 3i."),
        ("2", "Between 2 and 4 people came."),
        ("2", "The sum is n(n+1)/2."),
        ("2", "The limit is e^2."),
        ("2", "H2O is what it is."),
    ]);
}

/// A box that is named, empty or cut off beside one that answers.
#[test]
fn boxes_that_are_only_named() {
    accepted(&[
        ("8", "Put your result in \\boxed. It is 8."),
        ("8", "\\boxed{8}, as asked for by \\boxed."),
        ("8", "\\boxed{8} (with \\boxed{} as told)"),
        ("8", "The format is \\boxed{answer}.\nThe answer is 8."),
        ("8", "\\boxed{8}\nNote: \\boxed{<answer>}"),
        ("1,2", "\\boxed{1} \\boxed{2}"),
    ]);
    refused(&[("8", "\\boxed{8} and then \\boxed{"), ("2", "\\boxed{1} \\boxed{2}")]);
}

/// A formula beside the answer is never the answer.
#[test]
fn gold_answers_in_prose() {
    accepted(&[
        ("The least value is $5$, reached at $t = 2$.", "\\boxed{5}"),
        ("No, since $a\\cdot b=6$ there", "\\boxed{No}"),
        ("Solution is: $m=9$.", "\\boxed{9}"),
        ("The answer is $12$, as $x=3$.", "\\boxed{12}"),
        ("$3k+1$, any integer $k$", "\\boxed{3k+1}"),
        ("$c x^2$ with $c>0$", "\\boxed{cx^2}"),
    ]);
    refused(&[
        ("The least value is $5$, reached at $t = 2$.", "\\boxed{2}"),
        ("all even integers $m \\ge 4$", "\\boxed{m\\ge 4}"),
        ("No, since $a\\cdot b=6$ there", "\\boxed{6}"),
        ("Let $a=3$. Then the sum is $12$.", "\\boxed{3}"),
        ("$c x^2$ with $c>0$", "\\boxed{c>0}"),
        ("$n$ is prime", "\\boxed{n}"),
        ("It is not $5$", "\\boxed{5}"),
    ]);
}

/// An empty box that is said to be the answer is one, and empty.
#[test]
fn an_empty_box_can_be_the_answer() {
    refused(&[
        ("4", "At first \\boxed{4}. But the answer is \\boxed{}"),
        ("4", "It is $\\boxed{ }$"),
    ]);
    accepted(&[("4", "\\boxed{4}, inside of \\boxed{} as told")]);
}

/// No text stops the search for an answer, whatever its brackets are.
#[test]
fn unusual_texts_have_a_verdict() {
    for text in [
        "(",
        ")",
        "$",
        "$$",
        "\\",
        "\\(",
        "**",
        "*",
        "```",
        "- ",
        "| |",
        "5-",
        "½ of é",
        "\\frac{",
        "{,}",
        "1e+",
        "答案是",
        "<answer></answer>",
        "\\boxed",
        "\\end{align}",
        "| | |",
        "``` é```",
    ] {
        for completion in [
            text.to_owned(),
            text.repeat(3_000),
            format!("The answer is {text}"),
            format!("So 5 {text} 7{text}"),
        ] {
            let outcome = Grader::default().grade("12345", &completion);
            assert_ne!(outcome.verdict, Verdict::Correct, "{text}");
            let _ = Grader::default().grade(&completion, "\\boxed{12345}");
        }
    }
}

/// A sentence about what was before does not answer; two units of one measure do, together.
#[test]
fn background_and_compound_measures() {
    accepted(&[
        ("14", "Lea has 14 stamps left. She started with 31."),
        ("31", "Lea had 14 stamps and got 17 more. So she has 31."),
        ("3.25", "The trip takes 3 hours and 15 minutes."),
        ("29", "He started with 29 marbles."),
        ("4000000", "The city has 4 million people."),
        ("800", "There are 8 hundred sheets."),
    ]);
    refused(&[
        ("31", "Lea has 14 stamps left. She started with 31."),
        ("3", "The trip takes 3 hours and 15 minutes."),
        ("15", "The trip takes 3 hours and 15 minutes."),
        ("6", "She cannot lift 6 boxes."),
        ("9", "He owns more than 9."),
        ("6", "They won't need 6 cups."),
        ("4", "The city has 4 million people."),
        ("8", "\\boxed{I don't know, maybe 8}"),
        ("8", "\\boxed{None of these, 8}"),
    ]);
}
