//! The sum of many whole numbers, in which single ones change and places are found, in `O(log K)`.

use std::hint::select_unpredictable;

/// Children of a node.
const CHILDREN: usize = 4;
/// The most nodes in the top level; a power of two.
const TOP: usize = 32;

/// `K` whole numbers and, level above level, the sums of each four, up to a top level of 32 or fewer.
///
/// Nodes are wide, and the top is wider: a change writes, and a search reads, two places for 100
/// numbers and seven for 100,000.
#[derive(Debug, Clone)]
pub(super) struct SumTree {
    /// The levels one after another, the numbers first; children of node `i` are `4i` to `4i + 3`.
    nodes: Vec<u64>,
    /// Where the levels start.
    levels: Vec<usize>,
    /// The sum of the top level before each of its nodes, once [`Self::prepare`] has taken it.
    before: [u64; TOP],
}

impl SumTree {
    /// `count` zeros.
    pub(super) fn new(count: usize) -> Self {
        let (mut levels, mut width) = (vec![0], count);
        while width > TOP {
            width = width.div_ceil(CHILDREN);
            levels.push(levels[levels.len() - 1] + CHILDREN * width);
        }
        let nodes = vec![0; levels[levels.len() - 1] + width];
        Self { nodes, levels, before: [u64::MAX; TOP] }
    }

    /// The numbers; there may be zeros after the last.
    pub(super) fn numbers(&self) -> &[u64] {
        &self.nodes
    }

    /// Replaces all numbers. Costs `O(K)`.
    pub(super) fn replace(&mut self, numbers: impl Iterator<Item = u64>) {
        self.nodes.iter_mut().zip(numbers).for_each(|(node, number)| *node = number);
        for pair in self.levels.windows(2) {
            let (below, above) = self.nodes[pair[0]..].split_at_mut(pair[1] - pair[0]);
            for (node, children) in above.iter_mut().zip(below.chunks_exact(CHILDREN)) {
                *node = children.iter().sum();
            }
        }
    }

    /// Replaces one number; returns by how much it is larger (less is two's complement).
    #[inline(always)]
    pub(super) fn set(&mut self, index: usize, number: u64) -> u64 {
        let change = number.wrapping_sub(self.nodes[index]);
        let mut node = index;
        for &level in &self.levels {
            self.nodes[level + node] = self.nodes[level + node].wrapping_add(change);
            node /= CHILDREN;
        }
        change
    }

    /// Takes the running sum of the top level, for any number of calls to [`Self::find`].
    pub(super) fn prepare(&mut self) {
        let top = &self.nodes[self.levels[self.levels.len() - 1]..];
        let mut sum = 0;
        for (before, node) in self.before.iter_mut().zip(top) {
            *before = sum;
            sum += node;
        }
    }

    /// The index of the number at which the running sum passes `rest`, which is below the total.
    ///
    /// Values are selected without branches: nobody can predict where a random number goes.
    #[inline(always)]
    pub(super) fn find(&self, rest: u64) -> usize {
        // With one more, the comparisons are strict; those are the cheaper ones.
        let (mut rest, mut node, mut half) = (rest + 1, 0, TOP / 2);
        while half > 0 {
            // (The remainder is the number itself; it shows that the index is in range.)
            let passes = self.before[(node + half) % TOP] < rest;
            node = select_unpredictable(passes, node + half, node);
            half /= 2;
        }
        rest -= self.before[node];
        for &level in self.levels[..self.levels.len() - 1].iter().rev() {
            let children = &self.nodes[level + CHILDREN * node..][..CHILDREN];
            let (mut sum, mut before, mut child) = (0, 0, 0);
            for number in &children[..CHILDREN - 1] {
                sum += number;
                before = select_unpredictable(sum < rest, sum, before);
                child += usize::from(sum < rest);
            }
            rest -= before;
            node = CHILDREN * node + child;
        }
        node
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streams::stream;
    use rand::Rng;

    /// Where a scan from the left passes `rest`.
    fn scan(numbers: &[u64], mut rest: u64) -> usize {
        let passes = |&number: &u64| {
            let (beyond, is_here) = rest.overflowing_sub(number);
            rest = beyond;
            is_here
        };
        numbers.iter().position(passes).expect("below the total")
    }

    /// One level up to 32 numbers, two up to 128, then one more for each factor of four.
    #[test]
    fn finds_what_a_scan_finds_after_any_changes() {
        for count in [1, 2, 31, 32, 33, 100, 128, 129, 512, 513, 3_000] {
            let mut random = stream(1, count as u64);
            let mut below = |limit: u64| random.next_u64() % limit;
            let mut numbers: Vec<u64> = (0..count).map(|_| below(9)).collect();
            let mut tree = SumTree::new(count);
            tree.replace(numbers.iter().copied());
            for _ in 0..50 {
                let (index, number) = (below(count as u64) as usize, below(9));
                let change = tree.set(index, number);
                assert_eq!(numbers[index].wrapping_add(change), number);
                numbers[index] = number;
                let total: u64 = numbers.iter().sum();
                if total > 0 {
                    tree.prepare();
                    for rest in [0, below(total), total - 1] {
                        assert_eq!(tree.find(rest), scan(&numbers, rest), "{rest} of {count}");
                    }
                }
            }
            assert_eq!(tree.numbers()[..count], numbers);
        }
    }
}
