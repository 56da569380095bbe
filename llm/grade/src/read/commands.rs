//! LaTeX commands.

use super::syntax::{Bracket, Constant, Function, Relation};
use super::token::{Separator, Token};

/// What a command stands for.
pub(super) enum Command {
    Token(Token),
    /// Spacing, sizes and styles without an argument.
    Nothing,
    /// `\text` and its kin: the argument is prose.
    Text,
    /// `\begin`: the argument is the name of an environment.
    Begin,
    /// `\end`: the same.
    End,
    /// The argument does not count.
    Hidden,
    Unknown,
}

/// The meaning of `\name`.
pub(super) fn command(name: &str) -> Command {
    use Constant as C;
    use Function as F;
    use Relation as R;
    Command::Token(match name {
        "frac" | "dfrac" | "tfrac" | "cfrac" | "sfrac" | "nicefrac" => Token::Frac,
        "sqrt" => Token::Root,
        "binom" | "dbinom" | "tbinom" => Token::Binomial,
        "choose" => Token::Choose,
        "over" => Token::Over,
        "pi" => Token::Constant(C::Pi),
        "infty" | "infin" => Token::Constant(C::Infinity),
        "cdot" | "times" | "ast" | "cdotp" | "bullet" | "star" => Token::Times,
        "div" => Token::Slash,
        "pm" => Token::PlusMinus,
        "mp" => Token::MinusPlus,
        "le" | "leq" | "leqslant" | "leqq" => Token::Relation(R::LessEqual),
        "ge" | "geq" | "geqslant" | "geqq" => Token::Relation(R::GreaterEqual),
        "lt" => Token::Relation(R::Less),
        "gt" => Token::Relation(R::Greater),
        "ne" | "neq" => Token::Relation(R::NotEqual),
        "approx" | "simeq" | "sim" | "doteq" => Token::Relation(R::Approximately),
        "in" => Token::Relation(R::In),
        "equiv" => Token::Relation(R::Equal),
        "Rightarrow" | "implies" | "Longrightarrow" | "iff" | "Leftrightarrow" | "to"
        | "rightarrow" => Token::Relation(R::Implies),
        "cup" | "bigcup" => Token::Union,
        "cap" | "bigcap" => Token::Intersection,
        "setminus" | "backslash" | "smallsetminus" => Token::Difference,
        "emptyset" | "varnothing" => Token::Empty,
        "Re" | "reals" => Token::Reals,
        "{" | "lbrace" => Token::Open(Bracket::Curly),
        "}" | "rbrace" => Token::Close(Bracket::Curly),
        "lbrack" => Token::Open(Bracket::Square),
        "rbrack" => Token::Close(Bracket::Square),
        "langle" => Token::Open(Bracket::Angle),
        "rangle" => Token::Close(Bracket::Angle),
        "lfloor" => Token::OpenRound(F::Floor),
        "rfloor" => Token::CloseRound(F::Floor),
        "lceil" => Token::OpenRound(F::Ceil),
        "rceil" => Token::CloseRound(F::Ceil),
        "mid" | "vert" | "lvert" | "rvert" | "|" | "Vert" | "lVert" | "rVert" => Token::Bar,
        "colon" => Token::Colon,
        "%" => Token::Percent,
        "circ" | "degree" | "textdegree" => Token::Degree,
        "prime" => Token::Name("'"),
        "top" | "intercal" => Token::Letter('T'),
        "sin" => Token::Function(F::Sin),
        "cos" => Token::Function(F::Cos),
        "tan" | "tg" => Token::Function(F::Tan),
        "cot" | "ctg" | "cotan" => Token::Function(F::Cot),
        "sec" => Token::Function(F::Sec),
        "csc" | "cosec" => Token::Function(F::Csc),
        "arcsin" => Token::Function(F::Arcsin),
        "arccos" => Token::Function(F::Arccos),
        "arctan" | "arctg" => Token::Function(F::Arctan),
        "arccot" => Token::Function(F::Arccot),
        "arcsec" => Token::Function(F::Arcsec),
        "arccsc" => Token::Function(F::Arccsc),
        "sinh" => Token::Function(F::Sinh),
        "cosh" => Token::Function(F::Cosh),
        "tanh" => Token::Function(F::Tanh),
        "exp" => Token::Function(F::Exp),
        "ln" => Token::Function(F::Ln),
        "log" | "lg" => Token::Function(F::Log),
        "max" => Token::Function(F::Max),
        "min" => Token::Function(F::Min),
        "gcd" => Token::Function(F::Gcd),
        "lcm" => Token::Function(F::Lcm),
        "sum" => Token::Function(F::Sum),
        "prod" => Token::Function(F::Prod),
        "quad" | "qquad" => Token::Separator(Separator::Strong),
        "land" | "lor" | "wedge" | "vee" => Token::Separator(Separator::Strong),
        "\\" | "cr" | "newline" | "tabularnewline" => Token::RowBreak,
        "overline" | "bar" | "vec" | "hat" | "widehat" | "tilde" | "overrightarrow"
        | "underline" | "dot" | "ddot" | "overarc" | "wideparen" | "overset" => Token::Accent,
        "boxed" | "fbox" | "mathbf" | "mathit" | "mathcal" | "boldsymbol" | "bm" | "mathsf"
        | "mathtt" | "ensuremath" | "framebox" => Token::Style,
        "pmod" | "bmod" | "mod" | "pod" => Token::Modulo,
        "begin" => return Command::Begin,
        "end" => return Command::End,
        "text" | "mbox" | "textbf" | "textit" | "textrm" | "textnormal" | "textsf" | "texttt"
        | "mathrm" | "operatorname" | "operatorname*" | "emph" | "textup" | "hbox" | "mathbb" => {
            return Command::Text;
        }
        "phantom" | "hphantom" | "vphantom" | "hspace" | "vspace" | "label" | "tag" | "color"
        | "hskip" | "kern" => return Command::Hidden,
        "left" | "right" | "big" | "Big" | "bigg" | "Bigg" | "bigl" | "bigr" | "Bigl" | "Bigr"
        | "biggl" | "biggr" | "middle" | "displaystyle" | "textstyle" | "scriptstyle"
        | "limits" | "nolimits" | "rm" | "bf" | "it" | "large" | "Large" | "normalsize" | "!"
        | "," | ";" | ":" | ">" | " " | "\n" | "/" | "(" | ")" | "[" | "]" | "$" | "-"
        | "angle" | "triangle" | "hfill" | "noindent" | "thinspace" | "negthinspace"
        | "medspace" | "thickspace" | "space" | "&" | "hline" | "pounds" | "euro" | "yen"
        | "textdollar" | "therefore" | "because" | "ldotp" | "unicode" | "centering"
        | "allowbreak" | "nobreak" => {
            return Command::Nothing;
        }
        _ => match greek(name) {
            Some(name) => Token::Name(name),
            None => return Command::Unknown,
        },
    })
}

fn greek(name: &str) -> Option<&'static str> {
    const NAMES: [&str; 38] = [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "varepsilon",
        "zeta",
        "eta",
        "theta",
        "vartheta",
        "iota",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
        "rho",
        "sigma",
        "tau",
        "upsilon",
        "phi",
        "varphi",
        "chi",
        "psi",
        "omega",
        "Gamma",
        "Delta",
        "Theta",
        "Lambda",
        "Xi",
        "Pi",
        "Sigma",
        "Phi",
        "Psi",
        "Omega",
        "ell",
        "hbar",
        "aleph",
    ];
    NAMES.into_iter().find(|known| *known == name)
}
