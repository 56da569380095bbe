//! Majority votes: clusters of equal answers, whatever the order of the votes.

use rs_grpo_grade::{Answer, Grader};
use std::time::{Duration, Instant};

fn read(votes: &[impl AsRef<str>]) -> Vec<Answer> {
    let grader = Grader::default();
    let read = |text: &str| grader.parse(text).unwrap_or_else(|e| panic!("{text:?}: {e}"));
    votes.iter().map(|text| read(text.as_ref())).collect()
}

/// The text of each cluster's leader, and its number of votes.
fn outcome<'a>(votes: &[&'a str]) -> Vec<(&'a str, usize)> {
    let clusters = Grader::default().clusters(&read(votes));
    clusters.iter().map(|cluster| (votes[cluster.leader], cluster.votes.len())).collect()
}

#[test]
fn equal_answers_vote_together() {
    let votes = ["3", r"25\%", "0.25", "3", r"\frac{1}{4}", "3", "1:4"];
    assert_eq!(outcome(&votes)[0].1, 4, "{:?}", outcome(&votes));
    assert_eq!(outcome(&[r"\sqrt{8}", "9", r"2\sqrt{2}", "9", r"2.8284271"])[0].1, 3);
    assert_eq!(outcome(&["x=2", "5", "2.0", "5", "two"])[0].1, 3);
    assert_eq!(outcome(&[r"\{1, 2\}", "(1,2)", r"\{2, 1\}", "2 and 1"])[0].1, 3);
    assert_eq!(outcome(&["London", "Paris", "paris", r"\text{Paris}"])[0].1, 3);
    assert_eq!(outcome(&[]), []);
    assert_eq!(outcome(&["4"]), [("4", 1)]);
}

/// 30 % is 0.3 and is 30, which differ: the more frequent answer leads, and takes it along.
#[test]
fn the_more_frequent_answer_leads() {
    let percent = r"30\%";
    assert_eq!(outcome(&["0.3", "0.3", percent, "30"]), [("0.3", 3), ("30", 1)]);
    assert_eq!(outcome(&["0.3", percent, "30", "30"]), [("30", 3), ("0.3", 1)]);
    // Two that differ are joined only by an answer that is as frequent as either.
    assert_eq!(outcome(&["0.3", percent, "30", percent]), [(percent, 4)]);
    assert_eq!(outcome(&["0.3", "0.3", "30", "30", "30", percent]), [("30", 4), ("0.3", 2)]);
    // Forms of one value are counted together before it is said which answer is more frequent.
    let mixed = ["0.3", r"\frac{3}{10}", "3/10", "30", "30", percent];
    assert_eq!(outcome(&mixed)[0].1, 4, "{:?}", outcome(&mixed));
    assert_eq!(outcome(&mixed)[1], ("30", 2));
}

/// Every order of a few votes gives the same clusters, ties among them.
#[test]
fn the_order_of_votes_does_not_matter() {
    for votes in [
        ["0.6", r"60\%", "60", "7", "7"],
        ["0.6", r"\frac{3}{5}", "60", r"60\%", r"60\%"],
        ["x", "y", "z", "x", "y"],
        [r"\pi", "3.14159265", "3.141592653589793", "3.1415927", "3.14"],
    ] {
        let sorted = |order: &[&'static str]| {
            let clusters = Grader::default().clusters(&read(order));
            let texts = |cluster: &rs_grpo_grade::Cluster| {
                let mut texts: Vec<_> = cluster.votes.iter().map(|vote| order[*vote]).collect();
                texts.sort_unstable();
                (order[cluster.leader], texts)
            };
            clusters.iter().map(texts).collect::<Vec<_>>()
        };
        let expected = sorted(&votes);
        permutations(&mut votes.clone(), 0, &mut |order| {
            assert_eq!(sorted(order), expected, "{order:?}");
        });
    }
}

fn permutations<'a>(items: &mut [&'a str], fixed: usize, each: &mut impl FnMut(&[&'a str])) {
    if fixed == items.len() {
        return each(items);
    }
    for at in fixed..items.len() {
        items.swap(fixed, at);
        permutations(items, fixed + 1, each);
        items.swap(fixed, at);
    }
}

/// Every vote is in one cluster, equals its leader, and no leader equals another.
#[test]
fn clusters_are_a_partition_around_leaders() {
    let grader = Grader::default();
    let texts: Vec<String> = (0..60)
        .map(|i| match i % 5 {
            0 => format!(r"{}\%", 10 * (i % 7)),
            1 => format!("0.{}", i % 7),
            2 => format!("{}", 10 * (i % 7)),
            3 => format!(r"\frac{{{}}}{{10}}", i % 7),
            _ => format!(r"\sqrt{{{}}}", i % 7),
        })
        .collect();
    let votes = read(&texts);
    let clusters = grader.clusters(&votes);
    let mut seen: Vec<usize> = clusters.iter().flat_map(|c| c.votes.clone()).collect();
    seen.sort_unstable();
    assert_eq!(seen, (0..votes.len()).collect::<Vec<_>>());
    assert!(clusters.is_sorted_by_key(|cluster| std::cmp::Reverse(cluster.votes.len())));
    let equal = |a: usize, b: usize| grader.compare(&votes[a], &votes[b]).0.reward() == Some(1.0);
    for (at, cluster) in clusters.iter().enumerate() {
        assert!(cluster.votes.contains(&cluster.leader));
        assert!(cluster.votes.iter().all(|vote| equal(cluster.leader, *vote)), "{cluster:?}");
        assert!(!clusters[..at].iter().any(|before| equal(before.leader, cluster.leader)));
    }
}

/// 2,000 answers that all differ, and 200 that are expensive to compare.
#[test]
fn a_vote_ends_soon() {
    let start = Instant::now();
    let many: Vec<String> = (0..2_000).map(|i| format!(r"\frac{{{i}}}{{2003}}")).collect();
    assert_eq!(Grader::default().clusters(&read(&many)).len(), 2_000);
    let hard: Vec<String> = (0..200).map(|i| format!("(x+y+{i})^{{40}}")).collect();
    assert_eq!(Grader::default().clusters(&read(&hard)).len(), 200);
    // Fifty times what it takes, without optimisation, on two busy cores.
    assert!(start.elapsed() < Duration::from_secs(300), "{:?}", start.elapsed());
}
