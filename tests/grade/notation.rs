//! Remarks, units, letters and wrappers around answers, with the cases beside them that are other answers.

use rs_grpo_grade::{Grader, Verdict};

/// Every pair must be the same answer, whichever of the two is the gold answer, and in a box.
fn same(pairs: &[(&str, &str)]) {
    check(pairs, true, true);
}

/// The second is what a completion may write for the first.
fn accepted(pairs: &[(&str, &str)]) {
    check(pairs, true, false);
}

/// No pair may be the same answer, whichever of the two is the gold answer.
fn other(pairs: &[(&str, &str)]) {
    check(pairs, false, true);
}

fn check(pairs: &[(&str, &str)], expected: bool, both_ways: bool) {
    let grader = Grader::default();
    let mut otherwise = Vec::new();
    for &(left, right) in pairs {
        let ways = if both_ways { vec![(left, right), (right, left)] } else { vec![(left, right)] };
        for (gold, answer) in ways {
            let verdict = grader.grade(gold, &format!("So \\boxed{{{answer}}}")).verdict;
            if (verdict == Verdict::Correct) != expected {
                otherwise.push(format!("gold {gold}, answer {answer}: {verdict}"));
            }
        }
    }
    assert!(otherwise.is_empty(), "{}", otherwise.join("\n"));
}

#[test]
fn remarks_behind_an_answer_do_not_count() {
    same(&[
        ("\\frac{113}{27}", "\\frac{113}{27}\\ (\\approx 4.19)"),
        ("\\frac{113}{27}", "\\frac{113}{27} \\left(\\approx 4.19\\right)"),
        ("\\frac{113}{27}", "\\frac{113}{27}\\;\\text{(roughly }4.2\\text{ litres)}"),
        ("\\frac{113}{27}", "\\frac{113}{27} \\quad \\text{(in lowest terms)}"),
        ("\\frac{113}{27}", "\\frac{113}{27} (about 4.19)"),
        ("\\frac{113}{27}", "\\frac{113}{27}, \\text{ which is approximately } 4.19"),
        ("30", "30 \\text{ (at } t=4)"),
        ("30", "30 \\; [\\approx 30.0]"),
        ("30", "30 \\text{ litres, about } 30"),
        ("30", "30\\quad\\text{(Answer)}"),
        ("30", "30; \\text{ equality iff } a=b"),
        ("30", "30 \\quad (\\text{when } t = 4)"),
        ("30", "30 \\text{ when } t = 4"),
        ("30", "30 when t = 4"),
        ("30", "30,\\text{ attained at }a=b=2"),
        ("30", "30 \\text{, reached for } a = b"),
        ("30", "30 \\text{ with equality when } a = b"),
        ("y = 7", "y = 7 \\text{ (because } y>0)"),
        ("y = 7", "y = 7 \\text{ since } y>0"),
        (
            "2^{41}+1",
            "2^{41}+1 \\quad \\text{(obtained by adding up the coefficients of every row of \
             the triangle that has an even index, from the top)}",
        ),
        ("9", "9 (rounded to the nearest integer)"),
        ("9", "9 \\text{ exactly}"),
        ("(3, 4)", "(3, 4) \\text{ (the vertex)}"),
        ("\\sqrt{7}", "$\\sqrt{7}$ (about 2.65)"),
        ("5x^4 + C", "5x^4 + C, where C is a constant"),
        ("5x^4 + C", "5x^4 + C \\text{ where } C \\text{ is any constant}"),
        ("5x^4 + C", "5x^4 + C, \\quad C \\in \\mathbb{R}"),
    ]);
    other(&[
        ("\\frac{113}{27}", "\\frac{112}{27}\\ (\\approx 4.19)"),
        ("\\frac{113}{27}", "4.19 \\ (\\approx \\frac{113}{27})"),
        ("30", "4 \\text{ (at } t=30)"),
        ("30", "31 \\text{ when } t = 30"),
        ("4", "30 when t = 4"),
        ("y = 7", "y = 8 \\text{ since } y>7"),
        ("3", "3 \\text{ or } 5"),
        ("3", "3 \\text{ and } 5"),
        ("3", "3 (or 5)"),
        ("3", "3 \\text{ for } x>0, 5 \\text{ for } x<0"),
        ("3", "3 \\text{ if } x>0 \\text{ and } 5 \\text{ otherwise}"),
        (
            "\\frac{n}{2}",
            "\\frac{n}{2} \\text{ if } n \\text{ is even}, \
             \\frac{n+1}{2} \\text{ if } n \\text{ is odd}",
        ),
        ("3", "3 \\text{ with remainder } 1"),
        ("x = 1", "x = 1 \\text{ or } x = 2, \\text{ where } x > 0"),
        ("x = 2", "x = 2 \\text{ since } x>0 \\text{ and } y = 3"),
    ]);
}

#[test]
fn parameters_and_where_they_range() {
    same(&[
        ("x=\\frac{k\\pi}{3}", "x=\\frac{k\\pi}{3},\\ k\\in\\mathbb{Z}"),
        ("x=\\frac{k\\pi}{3}", "x=\\frac{k\\pi}{3}\\ (k\\in\\mathbb{Z})"),
        ("x=\\frac{k\\pi}{3}", "x=\\frac{k\\pi}{3}, k = 0, \\pm 1, \\pm 2, \\ldots"),
        ("x=\\frac{k\\pi}{3}", "x=\\frac{k\\pi}{3}\\ (k\\text{ is an integer})"),
        ("x=\\frac{k\\pi}{3}", "x=\\frac{k\\pi}{3} \\mid k\\in\\mathbb{Z}"),
        ("x=\\frac{k\\pi}{3}", "x=\\frac{k\\pi}{3}\\text{, }k\\in Z"),
        ("x=\\frac{k\\pi}{3}", "x=\\frac{k\\pi}{3}\\text{ (}k\\in\\mathbb{Z}\\text{)}"),
        ("y = 4x + b", "y = 4x + b, b \\text{ arbitrary}"),
        ("y = 4x + b", "y = 4x + b,\\ b\\text{ is a real number}"),
        ("$x=\\frac{k\\pi}{3}$, $k\\in\\mathbb{Z}$", "x=\\frac{k\\pi}{3} \\quad k \\in \\mathbb Z"),
        (
            "x=\\frac{k\\pi}{3},\\ k\\in\\mathbb{Z}",
            "x=\\frac{k\\pi}{3} \\text{ for any integer } k",
        ),
        ("x=\\frac{k\\pi}{3}, k \\in \\mathbb{Z}", "x = \\frac{m\\pi}{3}, m \\in \\mathbb{Z}"),
        (
            "x=\\frac{k\\pi}{3} \\text{ for integers } k",
            "x = \\frac{n\\pi}{3} (n \\in \\mathbb{Z})",
        ),
        ("n = 3^j", "n = 3^j \\text{ for some positive integer } j"),
        ("$n=3^j$ for $j\\ge 2$", "n = 3^j \\text{ for } j \\geq 2"),
        ("n=3^j, j \\in \\mathbb{N}", "n = 3^j \\text{ with } j \\text{ a positive integer}"),
        ("g(x)=ax+b", "g(x)=ax+b, \\; a, b\\in\\mathbb{R}"),
        ("$g(x)=ax$ for any constant $a$", "g(x)=ax"),
        ("$(2t, 1-t, t)$ for all real numbers $t$", "(2t, 1-t, t)"),
        ("\\frac{m}{2}", "\\frac{m}{2} \\text{ for even } m"),
    ]);
    other(&[
        ("x=k\\pi, k\\in\\mathbb{Z}", "x=k\\pi, k\\in\\mathbb{N}"),
        ("x=k\\pi, k\\in\\mathbb{Z}", "x=k\\pi, k\\in\\mathbb{R}"),
        ("x=k\\pi, k\\in Z", "x=k\\pi, k = 1, 2, 3, \\dots"),
        ("y = 4x + b", "y = 4x + b, b = 3"),
        ("x=k\\pi, k\\in\\mathbb{Z}", "x=2n\\pi, n\\in\\mathbb{Z}"),
        ("x=k\\pi, k\\in\\mathbb{Z}", "x=n\\pi, n\\in\\mathbb{N}"),
        ("x=k\\pi", "x=n\\pi"),
        ("3^n \\text{ for } n \\ge 1", "3^n \\text{ for } n \\ge 2"),
        ("3^n \\text{ for } n \\ge 1", "2^n \\text{ for } n \\ge 1"),
        (
            "\\frac{m}{2} \\text{ if } m \\text{ is even}",
            "\\frac{m}{2} \\text{ if } m \\text{ is odd}",
        ),
        ("x > 3", "x > 3, x \\in \\mathbb{Z}"),
        ("x > 3", "x > 3 \\text{ for } x \\ne 5"),
        ("x > 3", "x > 3 \\text{ for integers } x"),
        ("3", "3 \\pmod 5 \\text{ or } 4 \\pmod 5"),
        ("3", "3 (mod 5), 4 (mod 5)"),
        ("3", "3 \\text{ or about } 5"),
        ("3", "3 \\text{ where } 4 \\text{ also works}"),
        ("3", "3 \\text{ and } 4 \\text{ for } x=1"),
        ("3", "3, 4 \\text{ (at } x=1)"),
        ("12 \\pmod{13}", "12 \\pmod{14}"),
        ("12 \\text{ (mod } 13)", "12 \\pmod{7}"),
        ("f(x)=ax", "f(x)=ax+1, a\\in\\mathbb{R}"),
        ("x = 1, y = 2", "x = 1"),
    ]);
}

#[test]
fn units_in_every_form() {
    accepted(&[
        ("8", "8\\mathrm{m}"),
        ("8", "8\\,\\mathrm{kg}"),
        ("8", "8\\ \\mathrm{m}/\\mathrm{s}"),
        ("8", "8\\,\\mathrm{m}\\,\\mathrm{s}^{-1}"),
        ("8", "8\\,\\mathrm{m/s^2}"),
        ("8", "8 \\frac{\\text{m}}{\\text{s}}"),
        ("8", "8 \\frac{\\mathrm{kg}}{\\mathrm{m}^3}"),
        ("8", "8\\text{ N}\\cdot\\text{m}"),
        ("8", "8\\ \\mathrm{lb}/\\mathrm{in}^{2}"),
        ("8", "8\\mathrm{ft}/\\mathrm{sec}"),
        ("8", "8\\ \\mathrm{V}"),
        ("8", "8\\,\\mathrm{C}"),
        ("8", "8 m²"),
        ("8", "8 cm³"),
        ("8", "8 men"),
        ("8", "8 cows"),
        ("8", "{8\\rm\\,cm}"),
        ("8", "8 \\mathsf{cm}"),
        ("8", "\\SI{8}{cm}"),
        ("8", "\\qty{8}{\\meter\\per\\second}"),
        ("8", "8 GB"),
        ("8", "8 [cm]"),
        ("8", "8 per hour"),
        ("8", "8\\ \\mathrm{J}"),
        ("8", "8\\ \\Omega"),
        ("8", "8\\ \\mathrm{k}\\Omega"),
        ("8", "8\\ \\mu\\mathrm{s}"),
        ("8", "8 µm"),
        ("8", "8\\ \\mathring{A}"),
        ("8", "8 \\text{ \\AA}"),
        ("8", "8 Å"),
        ("8", "8¢"),
        ("8", "8€"),
        ("8", "8公里"),
        ("8", "8 平方厘米"),
        ("8", "8円"),
        ("8", "8^\\circ C"),
        ("8", "8^{\\circ}\\mathrm{F}"),
        ("8", "8°F"),
        ("8", "8 ℃"),
        ("8", "8 in"),
        ("8", "8 in."),
        ("8", "8 min"),
        ("8", "8 sec"),
        ("8", "8 sq ft"),
        ("8", "8\\text{ sq. ft.}"),
        ("8", "8\\text{ cubic centimeters}"),
        ("8", "8 km/h"),
        ("8", "8 m/s"),
        ("8", "8 m/s^2"),
        ("8", "8 mph"),
        ("8", "8\\text{ miles per hour}"),
        ("8", "8\\text{ square units}"),
        ("8", "8\\rm{kg}"),
        ("8", "8{\\rm kg}"),
        ("8", "8 \\rm kg"),
        ("8", "8\\text{ m}\\textsuperscript{3}"),
        ("8", "8\\ (\\text{cm}^2)"),
        ("8", "8 (cm)"),
        ("8", "8 (m/s)"),
        ("8", "\\SI{8}{\\meter}"),
        ("8", "8 m"),
        ("8", "8m"),
        ("8", "8s"),
        ("8", "8\\,h"),
        ("8", "8 g"),
        ("8", "8 L"),
        ("8", "8 kg m/s"),
        ("8", "8\\text{-sided}"),
        ("8\\times10^{5}", "8\\times 10^5 \\text{ m}"),
        ("8\\sqrt{3}", "8\\sqrt{3} \\mathrm{cm}^2"),
        ("8\\sqrt{3}", "8\\sqrt{3} cm"),
        ("2.5", "2\\frac12 \\text{ h}"),
        ("6 (hours)", "6"),
        ("6 (boxes of sweets)", "6"),
        ("6 (t-shirts)", "6 \\text{ t-shirts}"),
        ("6 (pens)", "6 \\text{ pens}"),
        ("0.75 (years old)", "\\frac34"),
        ("14.7 \\mathrm{lb} / \\mathrm{in}^{2}", "14.7"),
        ("7 in", "7"),
        ("151^{\\circ} 4^{\\prime} 30^{\\prime \\prime}", "151^\\circ 4' 30''"),
        ("151^\\circ 4' 30''", "151° 4′ 30\""),
        ("151^{\\circ} 4^{\\prime} 30^{\\prime \\prime}", "151.075^\\circ"),
        ("12° 30'", "12.5^\\circ"),
    ]);
    other(&[
        ("8", "8x"),
        ("8", "8n"),
        ("8", "8k"),
        ("8", "8g"),
        ("8", "8 x"),
        ("8", "8 ab"),
        ("8", "8 (x)"),
        ("8", "8 (ab)"),
        ("8", "8 (xyz)"),
        ("8", "8\\pi"),
        ("8", "9 \\text{ cm}"),
        ("8", "8\\text{ cm} \\cdot 2"),
        ("8", "8 \\mu m g"),
        ("8", "8 \\mathrm{m} + 1"),
        ("8", "8 \\in A"),
        ("8", "8 rst"),
        ("8", "8\\sec x"),
        ("8", "8 \\min(x, 2)"),
        ("8", "\\frac{8m}{s}"),
        ("8", "\\frac{8 \\text{ m}}{2}"),
        ("\\frac12", "\\frac12 mg"),
        ("8", "8万元"),
        ("12^\\circ", "12^\\circ 30'"),
        ("151^\\circ 4' 30''", "151^\\circ 5' 30''"),
        ("30", "5 \\text{ ft } 6 \\text{ in}"),
        ("6 (pens)", "7 (pens)"),
    ]);
}

/// A letter in the gold answer is a variable.
#[test]
fn an_italic_letter_is_a_unit_in_completions_alone() {
    let grader = Grader::default();
    let verdict = |gold: &str, answer: &str| {
        grader.grade(gold, &format!("It is \\boxed{{{answer}}}.")).verdict
    };
    assert_eq!(verdict("8m", "8m"), Verdict::Correct);
    assert_eq!(verdict("8m", "8"), Verdict::Wrong);
    assert_eq!(verdict("8s", "8m"), Verdict::Wrong);
    assert_eq!(verdict("8 \\text{ km}", "8 m"), Verdict::Wrong);
    assert_eq!(verdict("8 \\text{ m}", "8 m"), Verdict::Correct);
    assert_eq!(verdict("m", "8"), Verdict::Wrong);
}

/// Where only one of two answers has a unit, or one has a word that is no unit, units do not count. Where both
/// have one, they must measure the same quantity, and the amounts are compared in one unit.
#[test]
fn units_of_both_answers() {
    same(&[
        ("3 \\text{ km}", "3000 \\text{ m}"),
        ("90 \\text{ minutes}", "1.5 \\text{ hours}"),
        ("36 \\text{ km/h}", "10 \\text{ m/s}"),
        ("2\\text{ m}^2", "20000\\ \\mathrm{cm}^2"),
        ("7 \\text{ cm}", "7 \\text{ centimeters}"),
        ("7 \\text{ cm}^2", "7 \\text{ square centimetres}"),
        ("4 \\text{ N}", "4 \\text{ kg m/s}^2"),
        ("25 \\text{ cents}", "0.25 \\text{ dollars}"),
        ("1 \\text{ L}", "1000 \\text{ cm}^3"),
        ("5 \\text{ feet}", "60 \\text{ inches}"),
        ("2 \\text{ hours } 15 \\text{ minutes}", "135 \\text{ min}"),
        ("2.25 \\text{ hours}", "2 \\text{ hours and } 15 \\text{ minutes}"),
        ("5 \\text{ ft } 6 \\text{ in}", "66 \\text{ inches}"),
        ("7 \\text{ marbles}", "7 \\text{ cm}"),
        ("7 \\text{ units}", "7 \\text{ cm}"),
    ]);
    other(&[
        ("7 \\text{ cm}", "7 \\text{ m}"),
        ("7 \\text{ cm}", "7 \\text{ cm}^2"),
        ("7 \\text{ cm}", "7 \\text{ kg}"),
        ("7 \\text{ dollars}", "7 \\text{ cents}"),
        ("7 \\text{ hours}", "7 \\text{ minutes}"),
        ("7^\\circ\\text{C}", "7^\\circ\\text{F}"),
        ("3 \\text{ km}", "300 \\text{ m}"),
    ]);
}

#[test]
fn letters_with_scripts_and_styles() {
    same(&[
        ("w^3_1", "w_1^3"),
        ("\\vec F_{1}", "\\vec{F_1}"),
        ("Δt", "\\Delta t"),
        ("ℏ + 1", "\\hbar + 1"),
        ("V_{\\rm in}", "V_{\\text{in}}"),
        ("\\frac{\\sqrt{3}w^{2}_{0}}{h}", "\\frac{w_0^2 \\sqrt{3}}{h}"),
        ("y'_2", "y_2'"),
        ("y_{\\text{min}}", "y_{min}"),
        ("y_{\\mathrm{min}}", "y_{\\text{min}}"),
        ("y_\\alpha", "y_{α}"),
        ("\\mathbf{e}_{x} + 2\\mathbf{e}_{y}", "2\\mathbf{e}_y + \\mathbf{e}_x"),
        (
            "\\frac{1}{5} \\mathbf{w}_{1}-\\frac{2}{7} \\mathbf w_2",
            "-\\frac27 \\mathbf{w}_2 + \\frac15 \\mathbf{w}_1",
        ),
        ("\\boldsymbol{\\lambda}_1", "\\lambda_1"),
        ("\\mathcal{F}_2", "F_2"),
        ("\\vec{w}", "\\mathbf{w}"),
        ("\\varphi + 1", "\\phi + 1"),
        ("2\\varepsilon", "2\\epsilon"),
        ("2ζ", "2\\zeta"),
        ("Ψ_0", "\\Psi_{0}"),
        ("R=\\frac{ghj}{gh+hj+gj}", "\\frac{ghj}{gh + gj + hj}"),
        ("\\sum^{5}_{k=1} k", "15"),
        ("\\log^2_{3} x", "\\log_3^2 x"),
    ]);
    other(&[
        ("w^3_1", "w_3^1"),
        ("w_0^2", "w_2^0"),
        ("y_{\\text{min}}", "y_{\\text{max}}"),
        ("y'_2", "y_2"),
        ("\\mathbf{e}_{x}", "\\mathbf{e}_{y}"),
        ("\\varphi + \\phi", "2\\phi"),
        ("\\overline{z}", "z"),
        ("\\dot{x}", "x"),
        ("\\frac{ghj}{gh+hj+gj}", "\\frac{ghj}{gh+hj}"),
        ("ABD", "DBA"),
        ("2\\zeta", "2\\xi"),
    ]);
}

#[test]
fn wrappers_around_an_answer() {
    same(&[
        ("63", "'63'"),
        ("63", "\"63\""),
        ("63", "‘63’"),
        ("63", "“63”"),
        ("63", "«63»"),
        ("63", "``63''"),
        ("63", "*63*"),
        ("63", "**63**"),
        ("63", "***63***"),
        ("63", "`63`"),
        ("63", "_63_"),
        ("63", "__63__"),
        ("63", "<b>63</b>"),
        ("63", "‹63›"),
        ("63", "《63》"),
        ("63", "\\underbrace{63}"),
        ("63", "\\textsc{63}"),
        ("63", "\\bbox[5px,border:2px solid red]{63}"),
        ("63", "✅ 63"),
        ("63", "Ans: 63"),
        ("63", "&#54;&#51;"),
        ("63", "٦٣"),
        ("63", "<span style=\"color:red\">63</span>"),
        ("63", "\\textcolor{blue}{63}"),
        ("63", "\\color{blue}63"),
        ("63", "{\\color{blue} 63}"),
        ("63", "\\colorbox{yellow}{$63$}"),
        ("63", "\\underline{63}"),
        ("63", "\\underline{\\underline{63}}"),
        ("63", "\\mathbf{63}"),
        ("63", "\\bm{63}"),
        ("63", "\\textbf{63}"),
        ("63", "\\text{63.}"),
        ("63", "\\enclose{box}{63}"),
        ("63", "６３"),
        ("63", "𝟔𝟑"),
        ("63", "63。"),
        ("63", "63！"),
        ("63", "63:"),
        ("63", "63;"),
        ("63", "答案是63"),
        ("63", "答案：63"),
        ("63", "答え：63"),
        ("63", "#63"),
        ("63", "\\#63"),
        ("63", "63 \\blacksquare"),
        ("63", "63 \\quad \\square"),
        ("63", "63 ∎"),
        ("63", "63 ✓"),
        ("63", "63 \\checkmark"),
        ("63", "\\displaystyle 63"),
        ("63", "\\Large 63"),
        ("63", "{\\huge 63}"),
        ("63", "63\\phantom{0}"),
        ("63", "63 \\tag{1}"),
        ("63", "63 \\label{eq:answer}"),
        ("63", "63 \\nonumber"),
        ("63", "63\u{200b}"),
        ("63", "\u{feff}63"),
        ("63", "\u{a0}63\u{a0}"),
        ("-63", "−63"),
        ("-63", "‑63"),
        ("x<3", "x &lt; 3"),
        ("63", "&nbsp;63"),
        ("63^2", "63<sup>2</sup>"),
        ("\\frac{6}{7}", "\\\\frac{6}{7}"),
        (
            "\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}",
            "\\\\begin{pmatrix} 1 \\\\\\\\ 2 \\\\end{pmatrix}",
        ),
        ("𝑥+1", "x + 1"),
        ("6/7", "6⁄7"),
    ]);
    other(&[
        ("63", "'64'"),
        ("5", "5!"),
        ("63", "*6*3"),
        ("63", "6*3"),
        ("63", "<b>36</b>"),
        ("63", "\\textcolor{63}{64}"),
        ("63", "\\enclose{63}{64}"),
        ("63", "答案是64"),
        ("63", "\\overline{63}"),
        ("x<3", "x &gt; 3"),
        ("632", "63<sup>2</sup>"),
        ("63", "63'"),
    ]);
}

/// Words before or behind a number that make another number of it.
#[test]
fn words_that_compute() {
    for (gold, answer) in [
        ("6", r"\text{half of } 6"),
        ("6", r"\text{twice } 6"),
        ("6", r"\text{negative } 6"),
        ("6", r"\text{square root of } 6"),
        ("6", r"6 \text{ squared}"),
        ("6", r"6 \text{ factorial}"),
        ("6", r"6 \text{ and above}"),
        ("6", r"\text{the inverse of } 6"),
        ("6", r"\text{up to } 6"),
        ("6", r"\text{3 or } 6"),
        ("6", r"6 \text{ fifths}"),
        ("6", r"6 \text{ and a half}"),
        ("6", r"6 \text{ million}"),
        ("6", r"6 \text{ (or 8)}"),
        ("6", r"6 \text{ (or possibly 8)}"),
        ("6", r"6 \text{ (incorrect)}"),
        ("8", "8abcde"),
        ("8", "8xyz"),
        ("1500,2500", "1500,250"),
        ("x \\in [-3,8]", "-x \\in [-3,8]"),
        ("x \\in [-3,8]", "2x \\in [-3,8]"),
        (r"\text{(D)}", r"\text{(D)} + 1"),
        (r"\text{(D)}", r"\text{(D)}, 6"),
        (r"\text{(D)}", r"\text{(D)} \text{ or } 6"),
        (r"\lfloor \sqrt{n-2} \rfloor", r"\lfloor \sqrt{m-2} \rfloor"),
        (r"1+y+\cdots+y^{15}", r"1+y+\cdots+y^15"),
    ] {
        let verdict = Grader::default().grade(gold, &format!("\\boxed{{{answer}}}")).verdict;
        assert_ne!(verdict, Verdict::Correct, "{gold} and {answer}");
    }
    for (gold, answer) in [
        ("6000000", r"6 \text{ million}"),
        ("3/5", r"3 \text{ fifths}"),
        ("-6", r"\text{negative } 6"),
        ("6", r"6 \text{ times a day}"),
        ("6", r"6 \text{ squared units}"),
        (r"\text{(D)}", r"\text{(D) } -6"),
        ("6", r"\text{a total of } 6"),
        ("6", r"\text{equal to } 6"),
        ("6", "6weeks"),
        ("6", "6hours"),
        ("6", "6oranges"),
        ("17", r"17 \quad \text{(by parity)}"),
        (r"\sqrt{11}", r"\sqrt{11} \text{ units (about } 3.32)"),
        (r"1+y+\cdots+y^7", r"1 + y + \cdots + y^{7}"),
        (r"\text{(D)}", r"\text{(D) Rome}"),
        ("x \\in [-3,8]", "[-3,8]"),
        (r"\lfloor \sqrt{n-2} \rfloor", r"\lfloor \sqrt{-2+n} \rfloor"),
    ] {
        let verdict = Grader::default().grade(gold, &format!("\\boxed{{{answer}}}")).verdict;
        assert_eq!(verdict, Verdict::Correct, "{gold} and {answer}");
    }
}
