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
    /// `\rm`: the letters behind it are upright.
    Roman,
    /// A frame whose options do not count.
    Frame,
    Unknown,
}

/// The meaning of `\name`.
pub(super) fn command(name: &str) -> Command {
    let token = sign(name)
        .or_else(|| relation(name).map(Token::Relation))
        .or_else(|| bracket(name))
        .or_else(|| function(name).map(Token::Function))
        .or_else(|| greek(name).map(Token::Name));
    token.map_or_else(|| layout(name), Command::Token)
}

/// Operations, constants, separators, and commands that take arguments.
fn sign(name: &str) -> Option<Token> {
    Some(match name {
        "frac" | "dfrac" | "tfrac" | "cfrac" | "sfrac" | "nicefrac" => Token::Frac,
        "sqrt" => Token::Root,
        "binom" | "dbinom" | "tbinom" => Token::Binomial,
        "choose" => Token::Choose,
        "over" => Token::Over,
        "pi" => Token::Constant(Constant::Pi),
        "infty" | "infin" => Token::Constant(Constant::Infinity),
        "cdot" | "times" | "ast" | "cdotp" | "bullet" | "star" => Token::Times,
        "div" => Token::Slash,
        "pm" => Token::PlusMinus,
        "mp" => Token::MinusPlus,
        "cup" | "bigcup" => Token::Union,
        "cap" | "bigcap" => Token::Intersection,
        "setminus" | "backslash" | "smallsetminus" => Token::Difference,
        "emptyset" | "varnothing" => Token::Empty,
        "Re" | "reals" => Token::Reals,
        "colon" => Token::Colon,
        "%" => Token::Percent,
        "circ" | "degree" | "textdegree" => Token::Degree,
        "prime" => Token::Name("'"),
        "top" | "intercal" => Token::Letter('T'),
        "quad" | "qquad" => Token::Separator(Separator::Strong),
        "land" | "lor" | "wedge" | "vee" => Token::Separator(Separator::Strong),
        "\\" | "cr" | "newline" | "tabularnewline" => Token::RowBreak,
        "vec" | "hat" | "widehat" | "overrightarrow" | "overarc" | "wideparen" | "overset" => {
            Token::Accent("")
        }
        // A conjugate or mean, an approximation and a derivative are not what stands below.
        "overline" | "bar" => Token::Accent("\u{305}"),
        "tilde" | "widetilde" => Token::Accent("\u{303}"),
        "dot" => Token::Accent("\u{307}"),
        "ddot" => Token::Accent("\u{308}"),
        "boxed" | "fbox" | "mathbf" | "mathit" | "mathcal" | "boldsymbol" | "bm" | "mathsf"
        | "mathtt" | "mathfrak" | "mathscr" | "ensuremath" | "framebox" | "underline" | "uline"
        | "smash" | "underbrace" | "overbrace" | "mathord" | "mathop" | "pmb" | "mathnormal" => {
            Token::Style
        }
        "textsuperscript" => Token::Caret,
        "textsubscript" => Token::Underscore,
        "pmod" | "bmod" | "mod" | "pod" => Token::Modulo,
        _ => return None,
    })
}

fn relation(name: &str) -> Option<Relation> {
    use Relation as R;
    Some(match name {
        "le" | "leq" | "leqslant" | "leqq" => R::LessEqual,
        "ge" | "geq" | "geqslant" | "geqq" => R::GreaterEqual,
        "lt" => R::Less,
        "gt" => R::Greater,
        "ne" | "neq" | "notin" => R::NotEqual,
        "approx" | "simeq" | "sim" | "doteq" => R::Approximately,
        "in" => R::In,
        "equiv" => R::Equal,
        "Rightarrow" | "implies" | "Longrightarrow" | "iff" | "Leftrightarrow" | "to"
        | "rightarrow" => R::Implies,
        _ => return None,
    })
}

fn bracket(name: &str) -> Option<Token> {
    Some(match name {
        "{" | "lbrace" => Token::Open(Bracket::Curly),
        "}" | "rbrace" => Token::Close(Bracket::Curly),
        "lbrack" => Token::Open(Bracket::Square),
        "rbrack" => Token::Close(Bracket::Square),
        "langle" => Token::Open(Bracket::Angle),
        "rangle" => Token::Close(Bracket::Angle),
        "lfloor" => Token::OpenRound(Function::Floor),
        "rfloor" => Token::CloseRound(Function::Floor),
        "lceil" => Token::OpenRound(Function::Ceil),
        "rceil" => Token::CloseRound(Function::Ceil),
        "mid" | "vert" | "lvert" | "rvert" | "|" | "Vert" | "lVert" | "rVert" => Token::Bar,
        _ => return None,
    })
}

fn function(name: &str) -> Option<Function> {
    match name {
        "cotan" => Some(Function::Cot),
        "sum" => Some(Function::Sum),
        "prod" => Some(Function::Prod),
        _ => Function::named(name),
    }
}

/// Commands that arrange or describe, and stand for nothing themselves.
fn layout(name: &str) -> Command {
    match name {
        "begin" => Command::Begin,
        "end" => Command::End,
        "text" | "mbox" | "textbf" | "textit" | "textrm" | "textnormal" | "textsf" | "texttt"
        | "mathrm" | "operatorname" | "operatorname*" | "emph" | "textup" | "textsl" | "textsc"
        | "hbox" | "mathbb" => Command::Text,
        "phantom" | "hphantom" | "vphantom" | "hspace" | "vspace" | "label" | "tag" | "color"
        | "hskip" | "kern" | "textcolor" | "colorbox" | "enclose" | "class" | "style" | "cssId"
        | "href" => Command::Hidden,
        "rm" => Command::Roman,
        "bbox" => Command::Frame,
        "left" | "right" | "big" | "Big" | "bigg" | "Bigg" | "bigl" | "bigr" | "Bigl" | "Bigr"
        | "biggl" | "biggr" | "middle" | "displaystyle" | "textstyle" | "scriptstyle"
        | "limits" | "nolimits" | "bf" | "it" | "large" | "Large" | "normalsize" | "!" | ","
        | ";" | ":" | ">" | " " | "\n" | "/" | "(" | ")" | "[" | "]" | "$" | "-" | "angle"
        | "triangle" | "hfill" | "noindent" | "thinspace" | "negthinspace" | "medspace"
        | "thickspace" | "space" | "&" | "hline" | "pounds" | "euro" | "yen" | "textdollar"
        | "therefore" | "because" | "ldotp" | "unicode" | "centering" | "allowbreak"
        | "nobreak" | "nonumber" | "notag" | "LARGE" | "huge" | "Huge" | "small"
        | "footnotesize" | "tiny" | "scriptsize" | "scriptscriptstyle" | "bfseries" | "itshape"
        | "rmfamily" | "sffamily" | "strut" | "mathstrut" | "enspace" | "#" | "SI" | "si"
        | "qty" | "unit" | "num" => Command::Nothing,
        _ => Command::Unknown,
    }
}

/// Greek letters and other named symbols.
const NAMES: [&str; 43] = [
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
    "varrho",
    "varsigma",
    "varkappa",
    "Upsilon",
    "omicron",
    "aleph",
];

fn greek(name: &str) -> Option<&'static str> {
    NAMES.into_iter().find(|known| *known == name)
}
