//! The votes of completions: which answers are the same one.

use crate::answer::Answer;
use crate::grader::Grader;
use crate::verdict::{Method, Verdict};
use std::borrow::Borrow;
use std::cmp::{Ordering, Reverse};
use std::collections::HashMap;

/// Answers that count as one in a vote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// Index of the answer that the others are compared with.
    pub leader: usize,
    /// Indices of all its answers, the leader's too, in ascending order.
    pub votes: Vec<usize>,
}

/// Most comparisons between answers of different keys in one vote: 1,024 answers that all differ are
/// compared with the 32 most frequent ones.
const MOST_COMPARISONS: usize = 32_768;

/// For how many of them one counts that had to evaluate, or that the budget did not suffice for.
const DEAR: usize = 32;

/// Different answers of one key that others of this key are compared with.
const MOST_ALIKE: usize = 8;

/// What one of these comparisons may cost, as a share of the budget of a verdict.
const SHARE: u64 = 16;

impl Grader {
    /// Sorts answers into clusters of equal ones, for a majority vote; the largest cluster comes first.
    ///
    /// Equality of answers is not transitive: `50 %` is 0.5 and is 50, which differ. The rule is that
    /// the more frequent answer leads: from the most frequent answer down, each joins the first leader
    /// that it is equal to, and leads a new cluster if there is none. So every answer equals its
    /// leader, and no two leaders are equal. Answers that share a [key](Answer::key) and are equal,
    /// such as 0.5 and 1/2, are one answer when it is counted how frequent each is. Of equally
    /// frequent answers, the one whose key comes first in the order of texts is asked first. The
    /// clusters do not depend on the order of the votes.
    ///
    /// The cost is bounded: at most 32,768 comparisons in exact arithmetic, of which one by evaluation
    /// counts for 32, and eight for each answer; each with a sixteenth of [`Grader::budget`]'s work. An
    /// answer for which that does not suffice leads its own cluster.
    ///
    /// ```
    /// use rs_grpo_grade::Grader;
    ///
    /// let grader = Grader::default();
    /// let votes = [r"50\%", "7", "0.5", "7", r"\frac{1}{2}"].map(|text| grader.parse(text));
    /// let votes: Vec<_> = votes.into_iter().collect::<Result<_, _>>()?;
    /// assert_eq!(grader.clusters(&votes)[0].votes, [0, 2, 4]);
    /// # Ok::<(), rs_grpo_grade::ReadError>(())
    /// ```
    pub fn clusters<A: Borrow<Answer>>(&self, answers: &[A]) -> Vec<Cluster> {
        let answers: Vec<&Answer> = answers.iter().map(Borrow::borrow).collect();
        let mut cheap = self.clone();
        cheap.budget.work /= SHARE;
        let mut candidates = written(&answers);
        order(&cheap, &answers, &mut candidates);
        let mut clusters = join(&cheap, &answers, candidates);
        clusters.iter_mut().for_each(|cluster| cluster.votes.sort_unstable());
        clusters.sort_by_key(|cluster| Reverse(cluster.votes.len()));
        clusters
    }
}

/// The votes for an answer that are written alike.
struct Candidate {
    key: String,
    leader: usize,
    votes: Vec<usize>,
    /// Votes of the equal answers that share the key.
    alike: usize,
}

/// One candidate for each way in which an answer is written.
fn written(answers: &[&Answer]) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = Vec::new();
    let mut by_text: HashMap<&str, Vec<usize>> = HashMap::new();
    for (vote, answer) in answers.iter().enumerate() {
        let known = by_text.entry(answer.plain()).or_default();
        match known.iter().find(|at| answers[candidates[**at].leader] == *answer) {
            Some(&at) => candidates[at].votes.push(vote),
            None => {
                known.push(candidates.len());
                let (key, votes) = (answer.key(), vec![vote]);
                candidates.push(Candidate { key, leader: vote, votes, alike: 0 });
            }
        }
    }
    candidates
}

/// Puts candidates into the order in which they are asked: the most frequent first, then by key, then
/// as they are written.
fn order(grader: &Grader, answers: &[&Answer], candidates: &mut [Candidate]) {
    let in_order = |a: &Candidate, b: &Candidate| {
        let votes = (b.alike, b.votes.len()).cmp(&(a.alike, a.votes.len()));
        let as_written = || match answers[a.leader].comes_before(answers[b.leader]) {
            true => Ordering::Less,
            false => Ordering::Greater,
        };
        a.key.cmp(&b.key).then(votes).then_with(as_written)
    };
    candidates.sort_by(in_order);
    for same_key in candidates.chunk_by_mut(|a, b| a.key == b.key) {
        count_alike(grader, answers, same_key);
    }
    candidates.sort_by(|a, b| b.alike.cmp(&a.alike).then_with(|| in_order(a, b)));
}

/// Counts the votes of answers that share a key. They are equal nearly always: equal to the first, or
/// to the first of those that are not, and so on, [`MOST_ALIKE`] times.
fn count_alike(grader: &Grader, answers: &[&Answer], same_key: &mut [Candidate]) {
    same_key.iter_mut().for_each(|candidate| candidate.alike = candidate.votes.len());
    let mut left: Vec<&mut Candidate> = same_key.iter_mut().collect();
    for _ in 0..MOST_ALIKE {
        let Some(first) = left.first().map(|first| first.leader) else { break };
        let is_equal = |candidate: &Candidate| {
            candidate.leader == first || is_same(grader, answers, first, candidate.leader)
        };
        let (mut equal, others): (Vec<_>, Vec<_>) =
            left.into_iter().partition(|candidate| is_equal(candidate));
        let alike = equal.iter().map(|candidate| candidate.votes.len()).sum();
        equal.iter_mut().for_each(|candidate| candidate.alike = alike);
        left = others;
    }
}

/// Each candidate joins the first leader that it is equal to, or leads.
fn join(grader: &Grader, answers: &[&Answer], candidates: Vec<Candidate>) -> Vec<Cluster> {
    let mut left = MOST_COMPARISONS;
    let mut leaders: Vec<Cluster> = Vec::new();
    for Candidate { leader, votes, .. } in candidates {
        let mut equal = |cluster: &Cluster| {
            let Some(rest) = left.checked_sub(1) else { return false };
            let (verdict, method) = grader.compare(answers[cluster.leader], answers[leader]);
            let dear = verdict == Verdict::BudgetExceeded || method == Method::Numeric;
            left = if dear { left.saturating_sub(DEAR) } else { rest };
            verdict == Verdict::Correct
        };
        match leaders.iter().position(&mut equal) {
            Some(at) => leaders[at].votes.extend(votes),
            None => leaders.push(Cluster { leader, votes }),
        }
    }
    leaders
}

fn is_same(grader: &Grader, answers: &[&Answer], a: usize, b: usize) -> bool {
    grader.compare(answers[a], answers[b]).0 == Verdict::Correct
}
