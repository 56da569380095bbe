//! Compares the whole network on a device with the decoder on the CPU: gradients, optimiser steps and
//! generation; and its generation token by token, in several steps at a time, and with CUDA graphs.

use crate::error::{Error, Result};
use crate::loss::{Example, Loss, LossKind, Pass, gradient, logprobs};
use crate::pretrain::{Pretraining, pretrain};
use crate::step::update;
use rs_grpo_engine::checkpoint::Checkpoint;
use rs_grpo_engine::cuda::backend::Backend;
use rs_grpo_engine::cuda::launch::Element;
use rs_grpo_engine::cuda::network::Network;
use rs_grpo_engine::cuda::self_test::{KernelCheck, relative_error, to_floats};
use rs_grpo_engine::generate::{
    Engine, EngineOptions, LanguageModel, Request, Sample, Sampler, SamplingParams,
};
use rs_grpo_engine::model::TrainableModel;
use rs_grpo_engine::model::{ActivationCheckpointing, Decoder, Training};
use rs_grpo_engine::optim::{AdamW, AdamWOptions};
use rs_grpo_files::Refuse as _;
use std::path::Path;

/// Completions of each prompt, the longest of them, and prompts.
const SAMPLES: usize = 4;
const LONGEST: usize = 12;
const PROMPTS: usize = 3;
/// Tokens of a prompt that is read once for all its samples.
const SHARED: usize = 70;
/// Updates of the optimiser.
const STEPS: usize = 3;
const RATE: f64 = 1e-3;

/// Trains and samples from the model of a folder on both, with the same prompts and completions.
///
/// # Errors
/// A folder without a model; a device that does not answer. Wrong numbers are an outcome, not an error.
pub fn compare_networks(
    folder: &Path,
    place: &Backend,
    training: Training,
) -> Result<Vec<KernelCheck>> {
    let checkpoint = Checkpoint::open(folder)?;
    let model = Decoder::load(&checkpoint, training)?;
    let network = Network::new(place, &model, training)?;
    let batch = Batch::new(model.vocab_size());
    let mut outcomes = Outcomes { element: place.element(), outcomes: Vec::new() };
    outcomes.generation(&model, &network)?;
    outcomes.samples(&model, &network)?;
    outcomes.bursts(&network)?;
    outcomes.gradients(&model, &network, &batch.examples())?;
    outcomes.steps(&model, &network, &batch.examples())?;
    Ok(outcomes.outcomes)
}

/// The same with a generated model whose heads are wide enough for tensor cores.
///
/// # Errors
/// As [`compare_networks`]; a full disk.
pub fn compare_wide_networks(place: &Backend, training: Training) -> Result<Vec<KernelCheck>> {
    let scratch = tempfile::tempdir().map_err(Error::file(&std::env::temp_dir()))?;
    let folder = scratch.path().join("wide");
    let made = Pretraining {
        steps: 20,
        batch: 16,
        problems: 200,
        layers: 2,
        width: 256,
        ..Pretraining::default()
    };
    pretrain(&made, &folder, None, |_, _| ())?;
    compare_networks(&folder, place, training)
}

/// Prompts and completions of arbitrary tokens.
struct Batch(Vec<(Vec<u32>, Vec<u32>, f64)>);

impl Batch {
    fn new(vocab: usize) -> Self {
        let tokens = |from: usize, len: usize| -> Vec<u32> {
            (from..from + len).map(|at| (at * 7919 % 10_007 % vocab) as u32).collect()
        };
        let of_prompt = |index: usize| {
            let prompt = tokens(100 * index, 3 + 5 * index);
            (0..SAMPLES).map(move |sample| {
                let len = 1 + (5 * sample + 3 * index) % LONGEST;
                let advantage = [1.5, -0.5, 0.25, -1.25][sample];
                (prompt.clone(), tokens(1000 * index + 50 * sample, len), advantage)
            })
        };
        Self((0..PROMPTS).flat_map(of_prompt).collect())
    }

    fn examples(&self) -> Vec<Example<'_>> {
        let batch = self.0.iter();
        batch
            .map(|(prompt, completion, advantage)| Example::new(prompt, completion, *advantage))
            .collect()
    }
}

struct Outcomes {
    element: Element,
    outcomes: Vec<KernelCheck>,
}

impl Outcomes {
    /// In f32 sums differ by their order only; in bf16 every weight and every layer is rounded.
    fn note(&mut self, what: &str, error: f32) {
        let limit = match self.element {
            Element::F32 => 1e-4,
            Element::Bf16 => 0.1,
        };
        let outcome = KernelCheck { what: what.to_owned(), element: self.element, error, limit };
        self.outcomes.push(outcome);
    }

    /// Greedy completions, token for token. In bf16 two tokens may be as good, and nothing is compared.
    fn generation(&mut self, model: &Decoder, network: &Network) -> Result<()> {
        if self.element == Element::Bf16 {
            return Ok(());
        }
        let (expected, found) = (greedy(model)?, greedy(network)?);
        let pairs = expected.iter().zip(&found);
        let different = pairs.filter(|(expected, found)| expected != found).count();
        let missing = expected.len().abs_diff(found.len());
        self.same("greedy generation: completions that differ", different + missing);
        Ok(())
    }

    /// Log-probabilities of tokens that the network draws after prompts long enough to be shared by their
    /// samples in the cache, and what the decoder says of the same tokens.
    fn samples(&mut self, model: &Decoder, network: &Network) -> Result<()> {
        let (vocab, len) = (model.vocab_size(), SHARED.min(model.max_positions() / 2));
        let requests: Vec<Request> = (0..PROMPTS)
            .map(|index| Request {
                prompt: (0..len).map(|at| ((at * 7919 + 101 * index) % vocab) as u32).collect(),
                samples: SAMPLES,
                first_sample: 0,
            })
            .collect();
        let options = options(9, 1024, 33);
        let params = SamplingParams { max_tokens: LONGEST, ..SamplingParams::default() };
        let samples =
            Engine::new(network, None, options)?.sample(&requests, &params, &mut |_| ())?;
        let (mut examples, mut found) = (Vec::new(), Vec::new());
        for (request, samples) in requests.iter().zip(&samples) {
            for sample in samples {
                examples.push(Example::new(&request.prompt, &sample.tokens, 0.0));
                found.extend_from_slice(&sample.model_logprobs);
            }
        }
        let pass = Pass {
            temperature: 1.0,
            micro_batch_tokens: 256,
            checkpointing: ActivationCheckpointing::PerLayer,
        };
        let expected = logprobs(model, &examples, pass)?.concat();
        self.note("log-probabilities of drawn tokens", relative_error(&found, &expected));
        Ok(())
    }

    /// Samples that are drawn in bursts, recorded and not, and those that come token by token. With
    /// recordings they are the same to the last bit; without bursts the order of sums may be another,
    /// which in bf16 makes other samples.
    fn bursts(&mut self, network: &Network) -> Result<()> {
        let samples = |burst, recordings| {
            network.keep_graphs(recordings);
            drawn(network, burst)
        };
        let (one_by_one, bursts) = (samples(1, 0)?, samples(8, 0)?);
        let recorded = samples(8, Network::GRAPHS)?;
        for note in network.take_notes() {
            self.same(&note, 1);
        }
        let different = recorded.iter().zip(&bursts).filter(|(a, b)| a != b).count();
        self.same("recorded bursts: samples that differ from those of bursts", different);
        if self.element == Element::Bf16 {
            return Ok(());
        }
        let pairs = || bursts.iter().zip(&one_by_one);
        let different = pairs().filter(|(a, b)| a.tokens != b.tokens).count();
        self.same("bursts: samples that differ from those token by token", different);
        let numbers = |samples: &[Sample]| -> Vec<f32> {
            let numbers = |sample: &Sample| [&sample.logprobs[..], &sample.entropies].concat();
            samples.iter().flat_map(numbers).collect()
        };
        let error = relative_error(&numbers(&bursts), &numbers(&one_by_one));
        self.note("bursts: log-probabilities and entropies", error);
        Ok(())
    }

    /// Notes how many of something are not what they must be.
    fn same(&mut self, what: &str, different: usize) {
        let (what, error) = (what.to_owned(), different as f32);
        self.outcomes.push(KernelCheck { what, element: self.element, error, limit: 0.0 });
    }

    fn gradients(
        &mut self,
        model: &Decoder,
        network: &Network,
        examples: &[Example<'_>],
    ) -> Result<()> {
        for (what, loss) in losses() {
            for checkpointing in [ActivationCheckpointing::PerLayer, ActivationCheckpointing::Off] {
                // Small enough that there are several micro-batches.
                let pass = Pass { temperature: 0.8, micro_batch_tokens: 40, checkpointing };
                let (expected, sums) = gradient(model, examples, &loss, pass)?;
                let (found, found_sums) = gradient(network, examples, &loss, pass)?;
                let error = relative_error(&[found_sums.loss as f32], &[sums.loss as f32]);
                self.note(&format!("{what}: loss"), error);
                let mut worst = 0.0f32;
                for (name, expected) in expected.iter() {
                    let found = found.to_host(name)?.unwrap_or_default();
                    let error = distance(&found, &to_floats(&expected.flatten_all()?)?);
                    worst = if error.is_nan() { f32::NAN } else { worst.max(error) };
                }
                if expected.iter().count() != found.names().count() {
                    worst = f32::NAN;
                }
                self.note(&format!("{what}: gradients of all weights"), worst);
            }
        }
        Ok(())
    }

    /// The loss of each of some steps shows the weights that the steps before it left.
    fn steps(
        &mut self,
        model: &Decoder,
        network: &Network,
        examples: &[Example<'_>],
    ) -> Result<()> {
        let options = AdamWOptions { weight_decay: 0.1, ..AdamWOptions::default() };
        let mut expected = AdamW::new(options);
        let mut found = network.optimizer(options);
        let (loss, limits) = (Loss::default(), (RATE, 0.5));
        let pass = Pass {
            temperature: 1.0,
            micro_batch_tokens: 64,
            checkpointing: ActivationCheckpointing::PerLayer,
        };
        for step in 1..=STEPS {
            let expected = update(model, &mut expected, examples, &loss, pass, limits)?;
            let found = update(network, &mut found, examples, &loss, pass, limits)?;
            let of_loss = relative_error(&[found.sums.nll as f32], &[expected.sums.nll as f32]);
            self.note(&format!("step {step}: log-probabilities"), of_loss);
            let of_norm = relative_error(&[found.grad_norm as f32], &[expected.grad_norm as f32]);
            self.note(&format!("step {step}: norm of the gradient"), of_norm);
        }
        Ok(())
    }
}

/// The norm of the difference over the norm of the expected; NaN if a number is NaN or missing.
fn distance(found: &[f32], expected: &[f32]) -> f32 {
    if found.len() != expected.len() {
        return f32::NAN;
    }
    let square = |x: f32| f64::from(x) * f64::from(x);
    let between: f64 = found.iter().zip(expected).map(|(a, b)| square(a - b)).sum();
    let length: f64 = expected.iter().map(|&x| square(x)).sum();
    if between == 0.0 { 0.0 } else { (between / length).sqrt() as f32 }
}

/// One loss whose weights come from each token's own scores, and one that needs its completion's.
fn losses() -> [(&'static str, Loss); 2] {
    let plain = Loss { entropy_coef: 0.01, ..Loss::default() };
    let gspo = Loss { kind: LossKind::Gspo, ..Loss::default() };
    [("token mean and entropy", plain), ("sequence ratios", gspo)]
}

/// The most probable completions of some prompts, which share a batch.
fn greedy<M: LanguageModel>(model: &M) -> Result<Vec<Vec<u32>>> {
    let options = options(5, 512, 7);
    let max_tokens = 16.min(model.max_positions() / 2);
    let params = SamplingParams { temperature: 0.0, max_tokens, ..SamplingParams::default() };
    let vocab = model.vocab_size();
    let requests: Vec<Request> = [1, 9, 20, 4]
        .into_iter()
        .map(|len| Request {
            prompt: (0..len).map(|at| ((at * 7919 + 11 * len) % vocab) as u32).collect(),
            samples: 2,
            first_sample: 0,
        })
        .collect();
    let samples = Engine::new(model, None, options)?.sample(&requests, &params, &mut |_| ())?;
    Ok(samples.into_iter().flatten().map(|sample| sample.tokens).collect())
}

/// Samples of two prompts, in bursts of `burst` tokens: the first token is the prompt's.
fn drawn(network: &Network, burst: usize) -> Result<Vec<Sample>> {
    let (vocab, len) = (network.vocab_size(), SHARED.min(network.max_positions() / 2));
    let prompt = |from: usize| (from..from + len).map(|at| (at * 7919 % vocab) as u32).collect();
    let request = |from| Request { prompt: prompt(from), samples: 3, first_sample: 0 };
    let options = EngineOptions { multi_step: burst, ..options(6, 512, 256) };
    let params = SamplingParams { max_tokens: 1 + 8 + 2, ..SamplingParams::default() };
    let requests = [request(0), request(500)];
    let samples = Engine::new(network, None, options)?.sample(&requests, &params, &mut |_| ())?;
    Ok(samples.into_iter().flatten().collect())
}

fn options(max_batch: usize, cache_slots: usize, prefill_tokens: usize) -> EngineOptions {
    EngineOptions { max_batch, cache_slots, prefill_tokens, ..EngineOptions::default() }
}
