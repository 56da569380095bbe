//! Which rewards belong together.

use std::ops::Range;

/// A partition of the rows `0..n` into groups, in the order in which they first appear.
pub(crate) struct Grouping {
    /// Where each group ends, in `rows`.
    ends: Vec<usize>,
    /// The rows, group by group and in the caller's order within each; absent where that is `0..n`.
    rows: Option<Vec<u32>>,
}

impl Grouping {
    /// Groups of `size` neighbours; `size` divides `n`.
    pub(crate) fn of_equal_size(n: usize, size: usize) -> Self {
        Self { ends: (1..=n / size).map(|group| group * size).collect(), rows: None }
    }

    /// Rows with the same label belong together. Labels count from 0 in the order of their first
    /// appearance.
    pub(crate) fn of_labels(labels: &[u32]) -> Self {
        let groups = labels.iter().max().map_or(0, |&largest| largest as usize + 1);
        let mut ends = vec![0; groups];
        for &label in labels {
            ends[label as usize] += 1;
        }
        let mut total = 0;
        for end in &mut ends {
            total += *end;
            *end = total;
        }
        let rows = (!labels.is_sorted()).then(|| sorted_rows(labels, &ends));
        Self { ends, rows }
    }

    /// Whether each group is of neighbours.
    pub(crate) fn is_of_neighbours(&self) -> bool {
        self.rows.is_none()
    }

    /// All groups in at most that many parts of about as many each.
    pub(crate) fn parts(&self, parts: usize) -> impl Iterator<Item = Range<usize>> {
        let groups = self.ends.len();
        let bound = move |part: usize| groups * part / parts;
        (0..parts).map(move |part| bound(part)..bound(part + 1))
    }

    /// Where the last of some groups ends.
    pub(crate) fn end(&self, groups: &Range<usize>) -> usize {
        groups.end.checked_sub(1).map_or(0, |last| self.ends[last])
    }

    /// Where each of some groups is in `rows`.
    pub(crate) fn groups(&self, groups: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        let start = groups.start.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.ends[groups].iter().scan(start, |start, &end| Some(std::mem::replace(start, end)..end))
    }

    /// The rows of one group; nothing where they are the range itself.
    pub(crate) fn rows(&self, group: Range<usize>) -> Option<&[u32]> {
        self.rows.as_ref().map(|rows| &rows[group])
    }

    /// The first row of a group.
    pub(crate) fn first_row(&self, group: &Range<usize>) -> usize {
        self.rows.as_ref().map_or(group.start, |rows| rows[group.start] as usize)
    }
}

/// A counting sort of the rows by their label.
fn sorted_rows(labels: &[u32], ends: &[usize]) -> Vec<u32> {
    let mut next: Vec<usize> = std::iter::once(0).chain(ends.iter().copied()).collect();
    let mut rows = vec![0; labels.len()];
    for (row, &label) in (0_u32..).zip(labels) {
        let place = &mut next[label as usize];
        rows[*place] = row;
        *place += 1;
    }
    rows
}
