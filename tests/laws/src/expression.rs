//! Random expressions whose values are huge, tiny, or near a point where a function changes its nature.

/// Draws expressions: SplitMix64, so that a seed always gives the same ones.
#[derive(Debug)]
pub struct Source(u64);

/// Functions of one argument.
const FUNCTIONS: [&str; 26] = [
    "\\sin",
    "\\cos",
    "\\tan",
    "\\cot",
    "\\sec",
    "\\csc",
    "\\arcsin",
    "\\arccos",
    "\\arctan",
    "\\sinh",
    "\\cosh",
    "\\tanh",
    "\\exp",
    "\\ln",
    "\\log",
    "\\log_2",
    "\\log_{10}",
    "\\operatorname{arccot}",
    "\\operatorname{arcsec}",
    "\\operatorname{arccsc}",
    "\\sqrt",
    "\\sqrt[3]",
    "\\sqrt[5]",
    "e^",
    "2^",
    "10^",
];

/// Whole numbers around the limits of machine words, of doubles and of the grader's own budget.
const WHOLE: [&str; 22] = [
    "0",
    "1",
    "2",
    "3",
    "5",
    "7",
    "10",
    "11",
    "12",
    "20",
    "63",
    "64",
    "100",
    "200",
    "308",
    "1000",
    "9999",
    "65536",
    "2147483648",
    "4294967296",
    "9223372036854775807",
    "100000000000000000000",
];

/// Decimals, and numbers with an exponent.
const DECIMALS: [&str; 14] = [
    "0.1",
    "0.5",
    "1.5",
    "3.14159",
    "0.0001",
    "12.2",
    "3453.5",
    "1E5",
    "1E-5",
    "1.5E300",
    "1E-300",
    "1E9999",
    "1E-9999",
    "0.1\\overline{6}",
];

const CONSTANTS: [&str; 7] = ["e", "\\pi", "i", "x", "k", "\\infty", "y"];

impl Source {
    /// A source; equal seeds give the same expressions.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn one_of(&mut self, texts: &[&str]) -> String {
        texts[self.below(texts.len())].to_owned()
    }

    /// Two answers: often the same one with a small change, so that they have to be told apart.
    pub fn pair(&mut self) -> (String, String) {
        let depth = 1 + self.below(5);
        let a = if self.below(8) == 0 { self.collection() } else { self.expression(depth) };
        let b = match self.below(6) {
            0 => self.one_of(&WHOLE),
            1 => format!("{a}+{}", self.leaf()),
            2 => format!("{}\\cdot {a}", self.leaf()),
            3 => format!("({a})-({a})"),
            4 => format!("\\sqrt{{({a})^2}}"),
            _ => self.expression(depth),
        };
        (a, b)
    }

    fn leaf(&mut self) -> String {
        match self.below(8) {
            0 => self.one_of(&DECIMALS),
            1 | 2 => self.one_of(&CONSTANTS),
            3 => {
                let (digits, length) = (self.below(10), 1 + self.below(600));
                format!("{}{digits}", self.below(10).to_string().repeat(length))
            }
            4 => format!("0.{}", self.below(1_000_000).to_string().repeat(1 + self.below(60))),
            _ => self.one_of(&WHOLE),
        }
    }

    /// Ten, two or e to a huge or tiny power.
    fn tower(&mut self) -> String {
        let base = self.one_of(&["10", "2", "e", "7", "0.5", "1.5", "\\pi", "(-1)", "i"]);
        let top =
            self.one_of(&["3", "9", "10", "11", "12", "18", "19", "100", "10^{2}", "-11", "10!"]);
        let sign = self.one_of(&["", "-"]);
        match self.below(4) {
            0 => format!("{base}^{{{sign}10^{{{top}}}}}"),
            1 => format!("{base}^{{1/10^{{{top}}}}}"),
            2 => format!("{base}^{{{sign}10^{{10^{{{top}}}}}}}"),
            _ => format!("{base}^{{{sign}{}}}", self.leaf()),
        }
    }

    /// Many entries, factors or terms: what is copied, expanded or compared pair by pair.
    fn collection(&mut self) -> String {
        let count = 1 + self.below(60);
        match self.below(6) {
            0 => {
                let entry =
                    self.one_of(&["1", "x", "0.5", "e^{x}", "1E9999", "\\sqrt{2}", "10^{10^{9}}"]);
                let matrix = format!("\\begin{{pmatrix}}{entry}&1\\\\2&{entry}\\end{{pmatrix}}");
                matrix.repeat(count)
            }
            1 => {
                let factor = vec![self.leaf(); count].join("+");
                let row = vec!["1"; 20 * count].join("&");
                format!("({factor})\\begin{{pmatrix}}{row}\\end{{pmatrix}}")
            }
            2 => {
                let sum =
                    self.one_of(&["x+1", "x+y+z+w", "x+\\sqrt{2}+\\sqrt{3}", "1.5x+e", "i+\\pi"]);
                format!("({sum})^{{{}}}\\cdot 9^{{{}}}", self.one_of(&WHOLE), self.one_of(&WHOLE))
            }
            3 => {
                let items: Vec<String> = (0..4 * count).map(|_| self.leaf()).collect();
                format!("\\{{{}\\}}", items.join(", ")).chars().take(8_000).collect()
            }
            4 => {
                vec![self.one_of(&DECIMALS); 10 * count].join(&self.one_of(&["+", "*", ", ", "-"]))
            }
            _ => {
                let depth = count.min(40);
                format!("{}30^\\circ{}", "\\sin(x+".repeat(depth), ")".repeat(depth))
            }
        }
    }

    fn expression(&mut self, depth: usize) -> String {
        if depth == 0 {
            return if self.below(2) == 0 { self.leaf() } else { self.tower() };
        }
        let a = self.expression(depth - 1);
        match self.below(22) {
            0..=5 => format!("{}{{({a})}}", self.one_of(&FUNCTIONS)),
            6 => format!("({a})!"),
            7 => format!("({a})!!"),
            8 => format!("\\sqrt[{a}]{{{}}}", self.leaf()),
            9 => format!("{{{}}}^{{{a}}}", self.leaf()),
            10 => format!("({a})^{{{}}}", self.tower()),
            11 => format!("\\frac{{{a}}}{{{}}}", self.tower()),
            12 => format!("\\binom{{{a}}}{{{}}}", self.leaf()),
            13 => format!("{a}+i\\cdot {}", self.tower()),
            14 => format!("({a})\\cdot ({})", self.expression(depth - 1)),
            15 => format!("\\lfloor {a} \\rfloor"),
            16 => format!("|{a}|+{}", self.leaf()),
            17 => format!("\\sum_{{k=1}}^{{{}}} {a}", self.one_of(&WHOLE)),
            18 => format!("\\prod_{{k=1}}^{{{}}} ({a})", self.one_of(&WHOLE)),
            19 => format!("\\max({a}, {})", self.tower()),
            20 => format!("\\gcd({a}, {})", self.leaf()),
            _ => format!("{a}-{}", self.expression(depth - 1)),
        }
    }
}
