//! Decimals that stand for exact values: roundings with an exponent or without, and floats as programs
//! print them. Doubles and their prints here are those of Rust, whose shortest print has the digits of
//! Python's `repr`.

use proptest::prelude::*;
use rs_grpo_grade::{Grader, Verdict};

fn is_correct(gold: &str, answer: &str) -> bool {
    let completion = format!("\\boxed{{{answer}}}");
    let forth = Grader::default().grade(gold, &completion).verdict == Verdict::Correct;
    let back = Grader::default().grade(answer, &format!("\\boxed{{{gold}}}")).verdict;
    assert_eq!(forth, back == Verdict::Correct, "{gold} and {answer}: the order matters");
    forth
}

#[test]
fn decimals_that_stand_for_the_value() {
    for (gold, answer) in [
        // Prints of doubles.
        ("\\sqrt{7}", "2.6457513110645907"),
        ("\\frac{5}{7}", "0.7142857142857143"),
        ("\\frac{5}{7}", "0.71428571428571430"),
        ("\\ln 10", "2.302585092994046"),
        ("1-\\frac{\\pi}{4}", "0.2146018366025517"),
        ("\\frac{1}{60000}", "1.6666666666666667e-05"),
        ("\\sqrt{5}\\cdot 10^{12}", "2236067977499.79"),
        ("(\\frac{1}{60000}, 3)", "(1.6666666666666667e-05, 3.0)"),
        ("\\frac{2}{9}", "np.float64(0.2222222222222222)"),
        ("\\frac{2}{9}", "Fraction(2, 9)"),
        ("0.07", "Decimal('0.07')"),
        // The exact value of the double that is nearest to 1/5.
        ("\\frac{1}{5}", "0.200000000000000011102230246251565404236316680908203125"),
        // What the last operation rounds away.
        ("0.3", "0.30000000000000004"),
        ("1", "0.9999999999999999"),
        ("\\frac{7}{5}", "1.4000000000000001"),
        // More digits than a double has.
        ("e", "2.71828182845904523536"),
        ("\\sqrt{11}", "3.3166247903553998491149"),
        // Exponents.
        ("\\frac{1}{13}", "7.692308e-2"),
        ("\\frac{1}{13}", "7.692308\\times 10^{-2}"),
        ("\\frac{1}{13}", "7.692308 \\cdot 10^{-2}"),
        ("\\frac{1}{13}", "7.692308E-02"),
        ("\\frac{1}{13}", "7.692308 x 10^-2"),
        ("-\\frac{1}{13}", "-7.692308×10⁻²"),
        ("1000\\pi", "3.14159\\times 10^3"),
        ("20\\pi", "6.283185 \\times 10"),
        ("3^{30}", "2.05891132095e+14"),
        ("0.00001", "1e-05"),
        ("(10^{-10}, 10^{16})", "(1e-10, 1e+16)"),
        ("0", "-0.0"),
        // Percentages.
        ("\\frac{5}{6}", "83.3333\\%"),
        ("\\frac{250}{3}\\%", "83.3333\\%"),
        // A rounding of a number that repeats.
        ("0.8\\overline{3}", "0.833333"),
        ("\\frac{5}{6}", "83.33333333333334\\%"),
        ("\\$8.15", "8.149999999999999"),
        ("7^{40}", "6.366805760909028e+33"),
        ("-\\infty", "-inf"),
        ("\\infty", "float('inf')"),
        ("9.11\\times 10^{-31}", "9.11\\mathrm{E}-31"),
        // Dots stand for the digits that follow.
        ("\\sqrt{3}", "1.73205..."),
        ("\\sqrt{3}", "1.7320508075\\ldots"),
        ("\\frac{6}{7}", "0.857142\\dots"),
        // Numbers inside an expression.
        ("e^{x}\\cos x", "2.71828182845905^{x} * cos(x)"),
        ("\\frac{x}{3}+\\sqrt{2}", "0.333333333333333*x + 1.4142135623731"),
        ("\\frac13+i\\sqrt{2}", "0.3333333333333333+1.4142135623730951i"),
    ] {
        assert!(is_correct(gold, answer), "{answer} stands for {gold}");
    }
}

#[test]
fn decimals_that_do_not() {
    for (gold, answer) in [
        ("\\sqrt{7}", "2.645751311064592"),
        ("\\sqrt{7}", "2.6457513110645908"),
        ("\\frac{5}{7}", "0.7142857142857153"),
        ("\\frac{5}{7}", "0.71428571428571435"),
        ("e", "2.71828182845904523537"),
        // Too few digits, cut off, or the wrong exponent.
        ("\\frac{5}{7}", "0.714"),
        ("\\frac{5}{7}", "0.714285"),
        ("\\frac{1}{13}", "7.692308e-3"),
        ("\\frac{1}{13}", "7.692307\\times 10^{-2}"),
        ("\\frac{1}{13}", "7.69\\times 10^{-2}"),
        ("1000\\pi", "3.14159\\times 10^2"),
        // Two decimals are two numbers, and an integer is asked for exactly.
        ("1.2345", "1.23"),
        ("0.2345678901234567", "0.2345678901234568"),
        ("3^{30}", "2.0589\\times 10^{14}"),
        ("3^{30}", "2.05891132096e+14"),
        ("86754", "86753.99999"),
        ("4000000", "4.0000001e6"),
        ("0", "-5.551115123125783e-17"),
        ("\\frac{6}{7}", "0.857144..."),
        ("\\sqrt{3}", "1.73204..."),
        // A difference, not an exponent.
        ("5e - 3", "0.005"),
        ("3e-10x", "0.0000000003x"),
        // A decimal inside an expression is exact where it is short, or where another one is there too.
        ("\\frac{x}{3}", "0.33333x"),
        ("0.123456789012345x", "0.123456789012346x"),
        ("\\pi x", "3.14159265358989x"),
        ("0", "1e-9999"),
    ] {
        assert!(!is_correct(gold, answer), "{answer} does not stand for {gold}");
    }
}

#[test]
fn what_is_no_number_equals_none() {
    for text in ["inf", "nan", "-inf", "float('nan')"] {
        assert!(!is_correct("1", text), "{text}");
        assert!(!is_correct("0", text), "{text}");
    }
    // Beyond every budget, and read as nothing else.
    let verdict = Grader::default().verify("1e999999999", "1e999999998");
    assert_eq!(verdict, Verdict::BudgetExceeded);
}

proptest! {
    #[test]
    fn every_print_of_a_double_stands_for_its_fraction(
        above in 1i64..1_000_000, below in 2i64..1_000_000, negative: bool, exponent in -12i32..12,
    ) {
        let above = if negative { -above } else { above };
        let scale = 10f64.powi(exponent.abs());
        let (gold, value) = match exponent < 0 {
            true => (format!("\\frac{{{above}}}{{{below}\\cdot 10^{{{}}}}}", -exponent), above as f64 / (below as f64 * scale)),
            false => (format!("\\frac{{{above}\\cdot 10^{{{exponent}}}}}{{{below}}}"), above as f64 * scale / below as f64),
        };
        for print in [format!("{value}"), format!("{value:e}"), format!("{value:.16e}"), format!("{value:.20e}")] {
            prop_assert!(is_correct(&gold, &print), "{} stands for {}", print, gold);
        }
        // Four doubles away: no operation rounds that much.
        let away = (0..4).fold(value, |value, _| value.next_up());
        let print = format!("{away:e}");
        let mantissa = print.split('e').next().unwrap_or_default();
        // One of sixteen digits may be the rounding of the fraction itself.
        if mantissa.bytes().filter(u8::is_ascii_digit).count() >= 17 {
            prop_assert!(!is_correct(&gold, &print), "{} does not stand for {}", print, gold);
        }
    }
}
