//! A step of one trainer and any number of servers; the split of GPUs; memory and money.

use super::decode::{DecodeServer, DecodeWork};
use super::lengths::Lengths;
use super::memory::{MemoryPlan, Site};
use super::rates::{DecodeRates, GpuSpec, Rates};
use super::run_shape::RunShape;
use super::training::{TrainingBatch, of_update};
use super::workload::{Workload, adapter_parameters};
use crate::{Error, Result};
use rs_grpo_engine::ModelConfig;
use rs_grpo_engine::cuda::launch::Element;
use rs_grpo_files::Refuse as _;

/// Numbers of GPUs per server to choose from, unless the user sets one.
const GROUPS: [usize; 4] = [1, 2, 4, 8];
/// Fewest completions of full length that a server should have room for, so that reading its weights
/// pays off.
const LEAST_ROOM: f64 = 16.0;
/// Most servers that are considered.
const MOST_SERVERS: usize = 4_096;

/// What is planned: a run, and the machines for it.
#[derive(Debug, Clone, Copy)]
pub struct FleetSpec<'a> {
    /// The model.
    pub model: &'a ModelConfig,
    /// Prompts, samples, longest completions, adapters and the rest.
    pub run: RunShape,
    /// Tokens of a prompt.
    pub prompt: usize,
    /// Lengths of completions.
    pub lengths: Lengths,
    /// Share of the groups that have a signal; the others are not trained on.
    pub signal: f64,
    /// All GPUs.
    pub gpus: usize,
    /// The GPU that trains.
    pub trainer: &'a GpuSpec,
    /// The GPUs that sample.
    pub sampler: &'a GpuSpec,
    /// GPUs of a server; by the model's size where absent.
    pub group: Option<usize>,
    /// The numbers that are not arithmetic.
    pub rates: &'a Rates,
}

/// A fleet whose model fits its servers.
#[derive(Debug, Clone, Copy)]
pub struct FleetPlan<'a> {
    spec: FleetSpec<'a>,
    /// GPUs of a server.
    pub group: usize,
}

/// A split of the GPUs, and what a step takes with it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GpuSplit {
    /// Servers; 0 where the trainer's GPU samples.
    pub servers: usize,
    /// GPUs that are used.
    pub gpus: usize,
    /// Seconds of sampling.
    pub sampling: f64,
    /// Share of that in reading prompts.
    pub prompts: f64,
    /// Mean share of the batch that is busy in it: the rest waits for the longest completions.
    pub busy: f64,
    /// Most completions that a server decodes at a time.
    pub batch: f64,
    /// Seconds of training.
    pub training: f64,
    /// Seconds until every server has the new policy.
    pub publishing: f64,
    /// Dollars an hour.
    pub price: f64,
}

/// What a step waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bottleneck {
    /// The servers.
    Sampling,
    /// The trainer.
    Training,
}

/// Memory that a kind of GPU has and needs.
#[derive(Debug, Clone, PartialEq)]
pub struct GpuMemory {
    /// What runs there.
    pub what: String,
    /// Bytes of weights, on one GPU.
    pub weights: u64,
    /// Bytes needed, on one GPU.
    pub need: u64,
    /// Bytes there.
    pub has: u64,
    /// What to do if it does not fit.
    pub advice: Option<String>,
}

/// The same step where every GPU samples and then trains, as in verl.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Colocated {
    /// Seconds of sampling.
    pub sampling: f64,
    /// Seconds of training.
    pub training: f64,
    /// Seconds to change between the two.
    pub switch: f64,
}

impl GpuSplit {
    /// Seconds of a step that samples, publishes and trains in turn.
    pub fn in_turn(&self) -> f64 {
        self.sampling + self.publishing + self.training
    }

    /// Seconds of a step that samples the next completions while it trains.
    pub fn overlapped(&self) -> f64 {
        match self.servers {
            0 => self.in_turn(),
            _ => self.sampling.max(self.publishing + self.training),
        }
    }

    /// What an overlapped step waits for.
    pub fn bound(&self) -> Bottleneck {
        match self.sampling > self.publishing + self.training {
            true => Bottleneck::Sampling,
            false => Bottleneck::Training,
        }
    }

    /// Dollars that the GPUs in use cost for this many seconds.
    pub fn cost(&self, seconds: f64) -> f64 {
        self.price * seconds / 3_600.0
    }
}

impl Colocated {
    /// Seconds of a step.
    pub fn seconds(&self) -> f64 {
        self.sampling + self.training + self.switch
    }
}

impl<'a> FleetPlan<'a> {
    /// Chooses the size of a server's group, where it is not given.
    ///
    /// # Errors
    /// No GPUs; a share outside 0 to 1; too few GPUs for a server; a model that does not fit the
    /// servers.
    pub fn new(spec: FleetSpec<'a>) -> Result<Self> {
        if !(spec.signal > 0.0 && spec.signal <= 1.0) {
            return Err(Error::parameter("signal", spec.signal, "over 0, up to 1"));
        }
        if spec.gpus == 0 {
            return Err(Error::parameter("gpus", 0, "at least 1"));
        }
        let mut fleet = Self { spec, group: 1 };
        if spec.gpus == 1 {
            return fleet.room_for_one().map(|()| fleet);
        }
        let room = |group| fleet.with_group(group).server().room();
        let wanted = LEAST_ROOM * (spec.prompt as f64 + spec.lengths.longest());
        let chosen = GROUPS.into_iter().find(|&group| room(group) >= wanted);
        fleet.group = spec.group.or(chosen).unwrap_or(GROUPS[GROUPS.len() - 1]);
        if fleet.most_servers() == 0 {
            let need = fleet.group + 1;
            let allowed =
                format!("1, or at least {need}: one that trains, and a server of {}", fleet.group);
            return Err(Error::parameter("gpus", spec.gpus, allowed));
        }
        fleet.room_for_one().map(|()| fleet)
    }

    fn with_group(&self, group: usize) -> Self {
        Self { group, ..*self }
    }

    fn room_for_one(&self) -> Result<()> {
        let machine = if self.spec.gpus == 1 { self.alone() } else { self.server() };
        let need = self.spec.prompt as f64 + self.spec.lengths.longest();
        if machine.room() >= need {
            return Ok(());
        }
        let cache = (need * machine.token_bytes()) as u64;
        let has = machine.gpu.memory.value * machine.gpus as f64 * 1e9;
        let used = (has - machine.room() * machine.token_bytes()) as u64;
        let (weights, cached) = (machine.weights as f64 / 1e9, cache as f64 / 1e9);
        let parts = format!(
            "of {} × {}: weights {weights:.1}, keys and values of one completion {cached:.1}, and what \
             is kept free",
            machine.gpus, machine.gpu.name
        );
        let advice = "Take GPUs with more memory, more of them a server (--tensor-parallel), or shorter \
                      completions";
        let (need, limit, advice) = (used + cache, has as u64, advice.to_owned());
        Err(Error::Memory { need, limit, parts, advice })
    }

    /// What it was planned for.
    pub fn spec(&self) -> &FleetSpec<'a> {
        &self.spec
    }

    /// Most servers that the GPUs allow.
    pub fn most_servers(&self) -> usize {
        ((self.spec.gpus - 1) / self.group).min(MOST_SERVERS)
    }

    /// Groups that are sampled in a step, including replacements of groups without signal.
    pub fn drawn(&self) -> f64 {
        let RunShape { prompts, sampling_rounds, .. } = self.spec.run;
        let without = (1.0 - self.spec.signal).powi(sampling_rounds as i32);
        prompts as f64 * (1.0 - without) / self.spec.signal
    }

    /// Tokens that are sampled in a step.
    pub fn tokens(&self) -> f64 {
        self.drawn() * self.spec.run.samples as f64 * self.spec.lengths.mean()
    }

    /// A step with this many servers; with none, the trainer's GPU samples.
    pub fn split(&self, servers: usize) -> GpuSplit {
        let machine = if servers == 0 { self.alone() } else { self.server() };
        let work = self.work(servers.max(1) as f64);
        let (sampling, busy) = machine.sample(&work);
        let FleetSpec { trainer, sampler, .. } = self.spec;
        let gpus = 1 + servers * self.group;
        GpuSplit {
            servers,
            gpus,
            sampling,
            prompts: machine.prompts(&work) / sampling,
            busy,
            batch: machine.most(&work).min(work.completions),
            training: self.training(),
            publishing: self.publishing(servers),
            price: trainer.price.value + (gpus - 1) as f64 * sampler.price.value,
        }
    }

    /// The fewest servers that keep up with the trainer; none if the longest completion alone takes
    /// longer than training.
    pub fn balance(&self) -> Option<usize> {
        let keeps_up = |&servers: &usize| self.split(servers).bound() == Bottleneck::Training;
        let mut high = std::iter::successors(Some(1), |&n| (n < MOST_SERVERS).then_some(2 * n))
            .find(keeps_up)?;
        let mut low = high / 2;
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            *(if keeps_up(&middle) { &mut high } else { &mut low }) = middle;
        }
        Some(high)
    }

    /// The split with the fastest step: the fewest servers within 1 % of it.
    pub fn fastest(&self, overlap: bool) -> GpuSplit {
        let seconds = |split: &GpuSplit| if overlap { split.overlapped() } else { split.in_turn() };
        let splits: Vec<GpuSplit> = self.counts().map(|servers| self.split(servers)).collect();
        let least = splits.iter().map(seconds).fold(f64::INFINITY, f64::min);
        let best = splits.iter().find(|split| seconds(split) <= 1.01 * least);
        best.copied().unwrap_or_else(|| self.split(self.most_servers()))
    }

    /// The servers with which a step costs least.
    pub fn cheapest(&self, overlap: bool) -> GpuSplit {
        let cost = |split: &GpuSplit| {
            split.cost(if overlap { split.overlapped() } else { split.in_turn() })
        };
        let splits = self.counts().map(|servers| self.split(servers));
        splits
            .min_by(|a, b| cost(a).total_cmp(&cost(b)))
            .unwrap_or_else(|| self.split(self.most_servers()))
    }

    /// Numbers of servers to look at.
    fn counts(&self) -> impl Iterator<Item = usize> + use<> {
        let most = self.most_servers();
        most.min(1)..=most
    }

    /// What verl would take, with every GPU in both parts.
    pub fn colocated(&self) -> Colocated {
        let FleetSpec { model, run, rates, trainer, .. } = self.spec;
        let servers = (self.spec.gpus / self.group).max(1);
        let machine = DecodeServer { gpu: trainer, ..self.server() };
        let (sampling, _) = machine.sample(&self.work(servers as f64));
        let share = if run.lora_rank > 0 { &rates.verl.lora } else { &rates.verl.full };
        // It computes a prompt again for each completion, and the log-probabilities before the update.
        let batch = self.training_batch();
        let batch = TrainingBatch { prompts: batch.completions, ..batch };
        let passes = self.passes_with(1.0);
        let operations = batch.operations(model, passes);
        let rate = machine.operations() / self.group as f64 * self.spec.gpus as f64;
        let training = operations / rate / share.value;
        Colocated { sampling, training, switch: rates.verl.switch.value }
    }

    /// Memory: of the trainer, and of a server's GPU.
    pub fn memory(&self) -> Vec<GpuMemory> {
        let FleetSpec { model, run, trainer, sampler, rates, .. } = self.spec;
        let longest = self.longest();
        let bytes = |gpu: &GpuSpec| (gpu.memory.value * 1e9) as u64;
        let site = Site::Device(Element::Bf16);
        let plan = MemoryPlan::new(site, &run, model, longest);
        let within = MemoryPlan::within((site, bytes(trainer)), &run, model, longest);
        let advice = within.err().map(|error| match error {
            Error::Memory { advice, .. } => advice,
            other => other.to_string(),
        });
        let role = if self.spec.gpus == 1 { "trains and samples" } else { "trains" };
        let what = format!("{} that {role}", trainer.name);
        let (weights, need) = (plan.weights, plan.peak());
        let mut fits = vec![GpuMemory { what, weights, need, has: bytes(trainer), advice }];
        if self.spec.gpus > 1 {
            let split = self.split(self.most_servers());
            let age = self.spec.lengths.first_moment(0.0) / self.spec.lengths.mean();
            let each = age + self.spec.prompt as f64 / run.samples as f64;
            let workload = Workload {
                sequences: split.batch.ceil() as u64,
                tokens: each.ceil() as u64,
                ..Workload::default()
            };
            let group = self.group as u64;
            let reserve = (rates.vllm.reserve.value * 1e9) as u64;
            fits.push(GpuMemory {
                what: format!("{} that samples", sampler.name),
                weights: self.server().weights / group,
                need: workload.sampling(model) / group + reserve,
                has: bytes(sampler),
                advice: None,
            });
        }
        fits
    }

    /// Bytes that are published: adapters as they are saved, in f32, or all weights.
    pub fn published_bytes(&self) -> u64 {
        match self.spec.run.lora_rank {
            0 => 2 * self.spec.model.parameters(),
            rank => 4 * adapter_parameters(self.spec.model, rank as u64),
        }
    }

    fn longest(&self) -> usize {
        self.spec.prompt + self.spec.run.max_new_tokens
    }

    fn server(&self) -> DecodeServer<'a> {
        let FleetSpec { model, sampler, rates, .. } = self.spec;
        self.machine(&rates.vllm, sampler, self.group, 2 * model.parameters())
    }

    fn alone(&self) -> DecodeServer<'a> {
        let FleetSpec { model, trainer, rates, run, .. } = self.spec;
        let site = Site::Device(Element::Bf16);
        let plan = MemoryPlan::new(site, &run, model, self.longest());
        self.machine(&rates.engine, trainer, 1, plan.weights)
    }

    fn machine(
        &self,
        decode: &'a DecodeRates,
        gpu: &'a GpuSpec,
        gpus: usize,
        weights: u64,
    ) -> DecodeServer<'a> {
        let FleetSpec { model, rates, run, .. } = self.spec;
        DecodeServer { decode, gpu, gpus, rates, model, adapters: run.lora_rank > 0, weights }
    }

    fn work(&self, servers: f64) -> DecodeWork {
        let samples = self.spec.run.samples;
        let of = self.drawn() * samples as f64;
        let FleetSpec { prompt, lengths, .. } = self.spec;
        DecodeWork { completions: of / servers, samples, prompt, lengths, of }
    }

    fn training_batch(&self) -> TrainingBatch {
        let prompts = self.drawn() * self.spec.signal;
        TrainingBatch {
            prompts,
            prompt: self.spec.prompt as f64,
            completions: prompts * self.spec.run.samples as f64,
            lengths: self.spec.lengths,
        }
    }

    /// Forward passes' worth of a step through the weights and attention, `reading` of them for nothing
    /// but log-probabilities.
    fn passes_with(&self, reading: f64) -> [f64; 2] {
        let run = self.spec.run;
        let reading = reading + f64::from(u8::from(run.reference));
        of_update(run.lora_rank > 0).map(|update| run.epochs as f64 * update + reading)
    }

    fn training(&self) -> f64 {
        let FleetSpec { model, run, trainer, rates, .. } = self.spec;
        let share = if run.lora_rank > 0 { &rates.training.lora } else { &rates.training.full };
        // Later updates need the log-probabilities from before the first; without importance correction,
        // the sampler's are used.
        let again = run.minibatches * run.epochs > 1 && run.importance_correction;
        let passes = self.passes_with(f64::from(u8::from(again)));
        let operations = self.training_batch().operations(model, passes);
        let rate = trainer.product.value * 1e12 * rates.product.value;
        operations / rate / share.value
    }

    fn publishing(&self, servers: usize) -> f64 {
        let rates = &self.spec.rates.publishing;
        match servers {
            0 => 0.0,
            _ => {
                let bytes = (servers as u64 * self.published_bytes()) as f64;
                bytes / (rates.link.value * 1e9) + rates.load.value
            }
        }
    }
}
