//! Which rows of a batch are the tokens of which sequence.

use candle_core::Result;
use std::sync::Arc;

/// Consecutive rows of one sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First row.
    pub first: usize,
    /// Number of rows.
    pub len: usize,
    /// Rows of another span that this one continues: the prompt that several completions share. 0 for a
    /// separate sequence.
    pub shared: usize,
}

/// Row `t` of a batch sees the keys and values at `slots[begin[t]..begin[t] + count[t]]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct AttentionSlots {
    /// Slots of the positions of every sequence, one sequence after the other.
    pub(crate) slots: Vec<u32>,
    /// Where the sequence of each row begins.
    pub(crate) begin: Vec<u32>,
    /// Positions that each row sees: up to its own.
    pub(crate) count: Vec<u32>,
    /// The last row that sees each row. Exactly the rows from its own to that one see it, since branches
    /// follow their trunk. Empty without gradients.
    pub(crate) last: Vec<u32>,
    /// The rows again, up to [`TILE`] of a sequence at a time: first, count, first row of the trunk,
    /// rows of it that are seen, first row of the sequence's own, and last row that sees them. Those
    /// with the most work come first. Empty as `last`.
    pub(crate) tiles: Vec<[u32; 6]>,
    /// Consecutive new tokens whose sequences begin with the same slots: first row, number of rows, where
    /// their slots begin, and how many slots they share. Only for a cache.
    pub(crate) prefixes: Vec<[u32; 4]>,
    /// Positions of each row that belong to its shared prefix. Only for a cache.
    pub(crate) skip: Vec<u32>,
}

/// Rows of a tile.
pub(crate) const TILE: usize = 64;
/// Most rows of a piece.
const PIECE: u32 = 1024;

/// The rows that see each tile, cut into pieces.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    /// First row and rows of a tile, then the rows from one up to another that see it.
    pub(crate) pieces: Vec<[u32; 4]>,
    /// First row and rows of each tile, its first piece and its pieces.
    pub(crate) tiles: Vec<[u32; 4]>,
}

impl AttentionSlots {
    /// The tiles with the rows that see them.
    pub(crate) fn pieces(&self) -> Pieces {
        let mut cut = Pieces::default();
        for &[first, rows, .., last] in &self.tiles {
            let begin = cut.pieces.len() as u32;
            let froms = (first..=last).step_by(PIECE as usize);
            cut.pieces.extend(froms.map(|from| [first, rows, from, (from + PIECE).min(last + 1)]));
            cut.tiles.push([first, rows, begin, cut.pieces.len() as u32 - begin]);
        }
        cut
    }
}

/// Packed sequences: each a trunk, followed by any number of branches that continue it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spans(Arc<[Vec<Span>]>);

impl Spans {
    /// Of trunks with their branches, by their lengths. Branches of length 0 have no rows.
    pub fn trees<'a>(trees: impl IntoIterator<Item = (usize, &'a [usize])>) -> Self {
        let mut first = 0;
        let mut span = |len: usize, shared: usize| {
            first += len;
            Span { first: first - len, len, shared }
        };
        let tree = |(trunk, branches): (usize, &[usize])| {
            let mut spans = vec![span(trunk, 0)];
            let branches = branches.iter().filter(|&&len| len > 0);
            spans.extend(branches.map(|&len| span(len, trunk)));
            spans
        };
        Self(trees.into_iter().map(tree).filter(|tree| tree[0].len > 0).collect())
    }

    /// Of sequences that share nothing, by their lengths.
    pub fn separate(lengths: &[usize]) -> Self {
        Self::trees(lengths.iter().map(|&len| (len, &[][..])))
    }

    /// Trunks, each with its branches.
    pub(super) fn each_tree(&self) -> &[Vec<Span>] {
        &self.0
    }

    /// All spans.
    pub fn iter(&self) -> impl Iterator<Item = &Span> {
        self.0.iter().flatten()
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.iter().map(|span| span.len).sum()
    }

    /// Position of every row in its sequence.
    pub fn positions(&self) -> impl Iterator<Item = usize> + '_ {
        self.iter().flat_map(|span| span.shared..span.shared + span.len)
    }

    /// What each row sees, as a kernel reads it.
    pub(crate) fn view(&self) -> AttentionSlots {
        let mut view = AttentionSlots::default();
        for tree in self.each_tree() {
            let trunk = tree[0];
            let end = tree.iter().map(|span| span.first + span.len).max().unwrap_or(0);
            for span in tree {
                let begin = view.slots.len() as u32;
                let shared = trunk.first..trunk.first + span.shared;
                let own = span.first..span.first + span.len;
                view.slots.extend(shared.chain(own.clone()).map(|slot| slot as u32));
                view.begin.extend(own.clone().map(|_| begin));
                view.count.extend((span.shared + 1..).take(span.len).map(|count| count as u32));
                let last = if span.shared == 0 { end } else { own.end };
                view.last.extend(own.clone().map(|_| last as u32 - 1));
                view.tiles.extend(own.clone().step_by(TILE).map(|first| {
                    let rows = TILE.min(own.end - first);
                    [first, rows, trunk.first, span.shared, own.start, last - 1].map(|n| n as u32)
                }));
            }
        }
        // Otherwise a trunk that many branches see would occupy a few multiprocessors after all others
        // are done.
        view.tiles.sort_by_key(|&[first, .., last]| std::cmp::Reverse(last - first));
        view
    }

    /// Refuses a batch of another number of rows.
    pub(super) fn check(&self, rows: usize) -> Result<()> {
        match self.rows() == rows {
            true => Ok(()),
            false => candle_core::bail!("sequences of {} rows in a batch of {rows}", self.rows()),
        }
    }
}
