//! Random towers of powers, roots and functions, made to use up memory or time:
//! `cargo run --release -p grade-laws --example towers -- [COUNT] [SEED]`. Each answer is graded as the
//! gold answer and as the prediction. States the longest verdict in time of the processor, and the most
//! memory over the start as an allocator that counts bytes sees it. `ulimit -v 1048576` shows that nothing
//! else is taken.

use cpu_time::ThreadTime;
use grade_laws::expression;
use peak_alloc::PeakAlloc;
use rs_grpo_grade::Grader;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// The worst of one measure, and the two texts that it was seen with.
#[derive(Default)]
struct Worst<T> {
    value: T,
    texts: (String, String),
}

impl<T: PartialOrd> Worst<T> {
    fn see(&mut self, value: T, gold: &str, completion: &str) {
        if value > self.value {
            *self = Self { value, texts: (gold.to_owned(), completion.to_owned()) };
        }
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let mut next = |default| match arguments.next() {
        Some(number) => number.expect("COUNT and SEED are whole numbers"),
        None => default,
    };
    let (count, seed) = (next(200_000), next(1));
    let mut source = expression::Source::new(seed);
    let grader = Grader::default();
    let (mut time, mut bytes) = (Worst::<Duration>::default(), Worst::<usize>::default());
    let mut verdicts = BTreeMap::<String, u64>::new();
    let begin = Instant::now();
    for _ in 0..count {
        let (a, b) = source.pair();
        for (gold, answer) in [(&a, &b), (&b, &a)] {
            let completion = format!("\\boxed{{{answer}}}");
            let used = ALLOCATOR.current_usage();
            ALLOCATOR.reset_peak_usage();
            let start = ThreadTime::now();
            let outcome = grader.grade(gold, &completion);
            time.see(start.elapsed(), gold, &completion);
            bytes.see(ALLOCATOR.peak_usage().saturating_sub(used), gold, &completion);
            *verdicts.entry(outcome.verdict.to_string()).or_default() += 1;
        }
    }
    println!("{count} pairs in {:.1} s, verdicts {verdicts:?}", begin.elapsed().as_secs_f64());
    println!("longest verdict: {:?} for {:?}", time.value, time.texts);
    println!("most memory over the start: {} bytes for {:?}", bytes.value, bytes.texts);
}
