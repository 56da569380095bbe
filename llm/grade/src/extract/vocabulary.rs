//! Words by which a sentence tells which of its numbers answers.

/// Behind these a sentence concludes.
pub(super) const CONCLUSIONS: [&str; 11] = [
    "so",
    "therefore",
    "thus",
    "hence",
    "leaving",
    "giving",
    "means",
    "meaning",
    "totaling",
    "totalling",
    "consequently",
];

/// These begin a clause that does not answer.
pub(super) const CLAUSES: [&str; 24] = [
    "which", "because", "since", "when", "where", "if", "while", "whereas", "who", "although",
    "though", "after", "before", "than", "as", "given", "whose", "until", "unless", "provided",
    "attained", "assuming", "for", "once",
];

/// Behind these a calculation is a reason, no answer.
pub(super) const REASONS: [&str; 6] = ["because", "since", "if", "when", "as", "where"];

/// Verbs that say a number.
pub(super) const VERBS: [&str; 90] = [
    "is",
    "are",
    "was",
    "were",
    "be",
    "has",
    "have",
    "had",
    "cost",
    "costs",
    "take",
    "takes",
    "took",
    "equal",
    "equals",
    "give",
    "gives",
    "gave",
    "get",
    "gets",
    "got",
    "make",
    "makes",
    "made",
    "need",
    "needs",
    "needed",
    "weigh",
    "weighs",
    "earn",
    "earns",
    "earned",
    "pay",
    "pays",
    "paid",
    "spend",
    "spends",
    "spent",
    "sell",
    "sells",
    "sold",
    "buy",
    "bought",
    "receive",
    "receives",
    "received",
    "contain",
    "contains",
    "hold",
    "holds",
    "leave",
    "leaves",
    "left",
    "save",
    "saves",
    "saved",
    "yields",
    "obtain",
    "find",
    "found",
    "becomes",
    "became",
    "travels",
    "traveled",
    "ran",
    "walked",
    "ate",
    "eats",
    "won",
    "used",
    "uses",
    "requires",
    "required",
    "scored",
    "read",
    "collected",
    "charges",
    "owes",
    "lasts",
    "measures",
    "remain",
    "remains",
    "totals",
    "covers",
    "it's",
    "that's",
    "would",
    "will",
    "can",
    "must",
];

/// Words that may stand between a verb, or a preposition, and its number.
pub(super) const FILLERS: [&str; 30] = [
    "a",
    "an",
    "the",
    "about",
    "only",
    "exactly",
    "just",
    "approximately",
    "around",
    "now",
    "also",
    "still",
    "then",
    "equal",
    "these",
    "those",
    "all",
    "his",
    "her",
    "their",
    "its",
    "my",
    "our",
    "your",
    "other",
    "remaining",
    "first",
    "last",
    "indeed",
    "simply",
];

/// What a phrase begins with that does not answer.
pub(super) const PREPOSITIONS: [&str; 26] = [
    "in", "on", "of", "at", "for", "from", "with", "by", "to", "after", "before", "per", "into",
    "over", "under", "between", "among", "than", "within", "during", "every", "each", "without",
    "out", "since", "through",
];

/// Words of sentences about what was before.
pub(super) const BACKGROUND: [&str; 5] =
    ["started", "began", "initially", "originally", "previously"];

/// Larger and smaller units whose sum is one measure.
pub(super) const COMPOUNDS: [(&str, &str); 7] = [
    ("hour", "minute"),
    ("minute", "second"),
    ("day", "hour"),
    ("week", "day"),
    ("foot", "inch"),
    ("feet", "inch"),
    ("yard", "feet"),
];

/// Words that say that a sentence is English.
pub(super) const ENGLISH: [&str; 20] = [
    "the", "is", "are", "of", "has", "have", "and", "was", "there", "so", "he", "she", "it",
    "they", "we", "you", "not", "cannot", "than", "with",
];
