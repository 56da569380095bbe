//! Models without weights, and generation as on a board: one sequence, no cache.

use candle_core::{Device, Tensor};
use rand::{Rng, RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rs_grpo_engine::Result;
use rs_grpo_engine::generate::{
    Drawn, Engine, EngineOptions, Event, FinishReason, LanguageModel, Request, Sample, Sampler,
    SamplingParams, SamplingProgress, draw,
};
use rs_grpo_engine::tensor::Rows;
use sha2::{Digest, Sha256};
use std::cell::{Cell, RefCell};
use std::collections::HashSet;

/// Logits after some tokens.
type Logits = Box<dyn Fn(&[u32]) -> Vec<f32>>;

/// A model whose logits are a function of all tokens before. Its cache holds in every slot the
/// tokens up to there, and [`LanguageModel::forward`] panics where a slot holds anything else.
pub(crate) struct Mock {
    vocab: usize,
    context: usize,
    logits: Logits,
    /// Tokens that went through the model.
    pub(crate) tokens: Cell<usize>,
    /// Sequences in each pass.
    pub(crate) passes: RefCell<Vec<usize>>,
    /// What it says is its longest burst.
    longest_burst: usize,
}

impl Mock {
    pub(crate) fn new(
        vocab: usize,
        context: usize,
        logits: impl Fn(&[u32]) -> Vec<f32> + 'static,
    ) -> Self {
        let (tokens, passes) = Default::default();
        let (logits, longest_burst) = (Box::new(logits), 1);
        Self { vocab, context, logits, tokens, passes, longest_burst }
    }

    /// The same, drawing up to that many tokens at a time.
    pub(crate) fn with_bursts(self, longest_burst: usize) -> Self {
        Self { longest_burst, ..self }
    }

    /// Logits of `[-3, 3)` from a hash of the tokens before.
    pub(crate) fn hashed(vocab: usize, context: usize) -> Self {
        Self::new(vocab, context, move |tokens| {
            let mut random = stream(7, 0, tokens);
            (0..vocab).map(|_| random.random_range(-3.0..3.0)).collect()
        })
    }

    /// Every sample of a prompt of one token is this.
    pub(crate) fn script(vocab: usize, script: &[u32]) -> Self {
        let script = script.to_vec();
        Self::new(vocab, script.len() + 1, move |tokens| {
            let mut logits = vec![f32::NEG_INFINITY; vocab];
            logits[script[tokens.len() - 1] as usize] = 0.0;
            logits
        })
    }

    pub(crate) fn logits(&self, tokens: &[u32]) -> Vec<f32> {
        (self.logits)(tokens)
    }
}

impl LanguageModel for Mock {
    type Cache = Vec<Vec<u32>>;
    type Logits = Tensor;

    fn vocab_size(&self) -> usize {
        self.vocab
    }

    fn max_positions(&self) -> usize {
        self.context
    }

    fn new_cache(&self, slots: usize) -> Result<Self::Cache> {
        Ok(vec![Vec::new(); slots])
    }

    fn max_steps(&self) -> usize {
        self.longest_burst
    }

    fn forward(&self, batch: &[Rows<'_>], cache: &mut Self::Cache) -> Result<Tensor> {
        let (mut read, mut written, mut logits) = (HashSet::new(), HashSet::new(), Vec::new());
        for rows in batch {
            assert!(!rows.tokens.is_empty(), "a row without a token");
            let of_segments = rows.segments.iter().flat_map(|s| s.slot..s.slot + s.len);
            let slots: Vec<usize> = of_segments.collect();
            let end = rows.start + rows.tokens.len();
            assert_eq!(slots.len(), end, "one slot a position");
            assert!(end < self.context, "the last token that fits is drawn, never processed");
            let (old, new) = slots.split_at(rows.start);
            let mut sequence = old.last().map_or(Vec::new(), |&slot| cache[slot].clone());
            for (position, &slot) in old.iter().enumerate() {
                assert_eq!(cache[slot], sequence[..=position], "what slot {slot} holds");
            }
            for (&token, &slot) in rows.tokens.iter().zip(new) {
                sequence.push(token);
                cache[slot].clone_from(&sequence);
                assert!(written.insert(slot), "slot {slot} is written twice in a pass");
            }
            read.extend(old.to_vec());
            logits.extend(self.logits(&sequence));
            self.tokens.update(|all| all + rows.tokens.len());
        }
        assert!(read.is_disjoint(&written), "a slot of one row is written by another");
        self.passes.borrow_mut().push(batch.len());
        Ok(Tensor::from_vec(logits, (batch.len(), self.vocab), &Device::Cpu)?)
    }
}

/// A model that forgets the rows of all sequences but the first.
pub(crate) struct Forgetful(pub(crate) Mock);

impl LanguageModel for Forgetful {
    type Cache = <Mock as LanguageModel>::Cache;
    type Logits = Tensor;

    fn vocab_size(&self) -> usize {
        self.0.vocab_size()
    }

    fn max_positions(&self) -> usize {
        self.0.max_positions()
    }

    fn new_cache(&self, slots: usize) -> Result<Self::Cache> {
        self.0.new_cache(slots)
    }

    fn forward(&self, batch: &[Rows<'_>], cache: &mut Self::Cache) -> Result<Tensor> {
        Ok(self.0.forward(batch, cache)?.narrow(0, 0, 1)?)
    }

    fn max_steps(&self) -> usize {
        self.0.max_steps()
    }

    fn multi_step(
        &self,
        batch: &[Rows<'_>],
        cache: &mut Self::Cache,
        uniforms: &[f64],
        params: &SamplingParams,
    ) -> Result<Vec<Vec<Result<Drawn>>>> {
        let mut drawn = self.0.multi_step(batch, cache, uniforms, params)?;
        drawn.iter_mut().for_each(|drawn| drawn.truncate(1));
        Ok(drawn)
    }
}

/// The random numbers of a sample, as the engine documents them: Xoshiro256++ from the SHA-256 of
/// seed, sample index and prompt as little-endian numbers of 8, 8 and 4 bytes.
pub(crate) fn stream(seed: u64, sample: usize, prompt: &[u32]) -> Xoshiro256PlusPlus {
    let mut bytes = [seed.to_le_bytes(), (sample as u64).to_le_bytes()].concat();
    prompt.iter().for_each(|token| bytes.extend(token.to_le_bytes()));
    Xoshiro256PlusPlus::from_seed(Sha256::digest(bytes).into())
}

/// A sample, one token at a time, from the logits after each prefix.
pub(crate) fn naive(
    logits: impl Fn(&[u32]) -> Vec<f32>,
    context: usize,
    prompt: &[u32],
    index: usize,
    params: &SamplingParams,
) -> Sample {
    let mut random = stream(params.seed, index, prompt);
    let mut all = prompt.to_vec();
    let (mut logprobs, mut model_logprobs, mut entropies) = (Vec::new(), Vec::new(), Vec::new());
    let finish_reason = loop {
        let uniform = (random.next_u64() >> 11) as f64 / 2.0_f64.powi(53);
        let drawn = draw(&logits(&all), params, uniform).expect("finite logits");
        all.push(drawn.token);
        logprobs.push(drawn.logprob);
        model_logprobs.push(drawn.model_logprob);
        entropies.push(drawn.entropy);
        if params.stop_tokens.contains(&drawn.token) {
            break FinishReason::StopToken(drawn.token);
        } else if logprobs.len() == params.max_tokens {
            break FinishReason::Length;
        } else if all.len() == context {
            break FinishReason::Context;
        }
    };
    let tokens = all.split_off(prompt.len());
    let (text, policy) = (None, None);
    Sample { index, tokens, text, logprobs, model_logprobs, entropies, finish_reason, policy }
}

/// Samples, and the progress after each step.
pub(crate) fn run<M: LanguageModel>(
    model: &M,
    options: EngineOptions,
    requests: &[Request],
    params: &SamplingParams,
) -> (Vec<Vec<Sample>>, Vec<SamplingProgress>) {
    let mut engine = Engine::new(model, None, options).expect("good options");
    let mut steps = Vec::new();
    let mut watch = |event: Event<'_>| {
        if let Event::Step(progress) = event {
            steps.push(progress);
        }
    };
    let samples = engine.sample(requests, params, &mut watch).expect("good requests");
    (samples, steps)
}

pub(crate) fn request(prompt: &[u32], samples: usize) -> Request {
    Request { prompt: prompt.to_vec(), samples, first_sample: 0 }
}
