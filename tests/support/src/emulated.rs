//! A device in this process: the kernels, compiled for the CPU as a library, on memory of the host.

use crate::{compile, program};
use half::bf16;
use libloading::Library;
use rs_grpo_engine::checkpoint::Elements;
use rs_grpo_engine::cuda::backend::Backend;
use rs_grpo_engine::cuda::cuda_graph::CudaGraph;
use rs_grpo_engine::cuda::launch::{Argument, Element, Launch};
use rs_grpo_engine::cuda::memory::{DType, Device, Product};
use rs_grpo_engine::kernels::dot::dot;
use rs_grpo_engine::kernels::gemm::{Matrix, gemm};
use rs_grpo_engine::{Error, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{CString, c_char};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, Weak};

type LaunchFn = unsafe extern "C" fn(*const c_char, *const u32, u32, *const u64) -> bool;

/// A device whose memory is this many bytes of the host's.
#[derive(Debug)]
pub struct Emulated {
    own: Weak<Self>,
    memory: Mutex<Memory>,
    /// Names of the kernels that ran.
    ran: Mutex<BTreeSet<&'static str>>,
    counts: Mutex<Counts>,
    recording: Mutex<State>,
}

/// What the host asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub launches: usize,
    pub products: usize,
    pub uploads: usize,
    /// Each waits for all work before.
    pub downloads: usize,
    pub allocations: usize,
    pub recordings: usize,
    pub replays: usize,
}

/// What is recorded right now, and what can be.
#[derive(Debug)]
struct State {
    work: Option<Vec<Asked>>,
    /// What a GPU would not refuse and do wrong.
    wrong: Option<&'static str>,
    most: usize,
}

/// Work that was asked for.
#[derive(Debug)]
enum Asked {
    Launch(Launch),
    Product(Product),
    Copy(u64, u64, usize),
    Zero(u64, usize),
}

/// Work in order, on the addresses that it was asked for.
#[derive(Debug)]
struct Recorded(Arc<Emulated>, Vec<Asked>);

impl CudaGraph for Recorded {
    fn replay(&self) -> Result<()> {
        self.0.counts.lock().unwrap().replays += 1;
        for asked in &self.1 {
            match asked {
                Asked::Launch(launch) => self.0.run(launch),
                Asked::Product(product) => self.0.multiply(product),
                Asked::Copy(from, to, bytes) => self.0.move_bytes(*from, *to, *bytes),
                Asked::Zero(address, bytes) => self.0.clear(*address, *bytes),
            }
        }
        Ok(())
    }
}

#[derive(Debug)]
struct Memory {
    blocks: BTreeMap<u64, Box<[u128]>>,
    used: usize,
    limit: usize,
    peak: usize,
}

/// The kernels for each type; they keep their state in globals, so that one launch runs at a time.
struct Kernels([Library; 2]);

fn kernels() -> MutexGuard<'static, Kernels> {
    static KERNELS: OnceLock<Mutex<Kernels>> = OnceLock::new();
    KERNELS.get_or_init(|| Mutex::new(Kernels::new())).lock().unwrap()
}

impl Kernels {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self(Element::ALL.map(|element| {
            let source = folder.path().join(format!("{}.cpp", element.name()));
            let library = folder.path().join(format!("{}.so", element.name()));
            std::fs::write(&source, program(element)).unwrap();
            compile(&source, &library, &["-O2", "-shared", "-fPIC"]);
            // SAFETY: the library was just made, and does nothing when it is loaded.
            #[expect(unsafe_code, reason = "loads the emulator")]
            unsafe {
                Library::new(library).unwrap()
            }
        }))
    }

    fn launch(&self, launch: &Launch, words: &[u64]) -> bool {
        let library = &self.0[usize::from(launch.element == Element::Bf16)];
        let name = CString::new(launch.kernel).unwrap();
        // SAFETY: the function has this type, and the addresses among the words are those of blocks
        // that live until it returns.
        #[expect(unsafe_code, reason = "calls the emulator")]
        unsafe {
            let run = library.get::<LaunchFn>(b"emulate_launch").unwrap();
            run(name.as_ptr(), launch.grid.as_ptr(), launch.threads, words.as_ptr())
        }
    }
}

/// An emulated device.
pub fn place(element: Element) -> Backend {
    place_with(element, usize::MAX).1
}

/// The same with a limit of memory, in bytes.
pub fn place_with(element: Element, limit: usize) -> (Arc<Emulated>, Backend) {
    drop(kernels());
    let memory = Memory { blocks: BTreeMap::new(), used: 0, limit, peak: 0 };
    let device = Arc::new_cyclic(|own| Emulated {
        own: own.clone(),
        memory: Mutex::new(memory),
        ran: Mutex::default(),
        counts: Mutex::default(),
        recording: Mutex::new(State { work: None, wrong: None, most: usize::MAX }),
    });
    (device.clone(), Backend::new(device, element))
}

impl Emulated {
    /// Bytes that are in use, and the most that were.
    pub fn used(&self) -> [usize; 2] {
        let memory = self.memory.lock().unwrap();
        [memory.used, memory.peak]
    }

    /// Whether a kernel ran.
    pub fn ran(&self, kernel: &str) -> bool {
        self.ran.lock().unwrap().contains(kernel)
    }

    pub fn set_limit(&self, limit: usize) {
        self.memory.lock().unwrap().limit = limit;
    }

    /// From now on, recordings of more than that many launches fail in their midst; with 0, all at once.
    pub fn set_longest_recording(&self, launches: usize) {
        self.recording.lock().unwrap().most = launches;
    }

    /// What was asked for since this was last asked.
    pub fn take_counts(&self) -> Counts {
        std::mem::take(&mut self.counts.lock().unwrap())
    }

    fn count(&self, count: impl Fn(&mut Counts) -> &mut usize) {
        *count(&mut self.counts.lock().unwrap()) += 1;
    }

    /// Writes work down if that is what is done at the moment; else gives it back.
    fn written_down(&self, asked: Asked) -> Result<Option<Asked>> {
        let mut state = self.recording.lock().unwrap();
        let most = state.most;
        match &mut state.work {
            None => Ok(Some(asked)),
            Some(work) if work.len() >= most => Err(refused("the recording is too long")),
            Some(work) => {
                work.push(asked);
                Ok(None)
            }
        }
    }

    /// Refuses while there is a recording.
    fn check_recording(&self, what: &str) -> Result<()> {
        match self.recording.lock().unwrap().work {
            Some(_) => Err(refused(&format!("{what} while work is recorded"))),
            None => Ok(()),
        }
    }

    fn run(&self, launch: &Launch) {
        let word = |argument: &Argument| match argument {
            Argument::U32(n) => u64::from(*n),
            Argument::U64(n) | Argument::At(n) => *n,
            Argument::F32(x) => u64::from(x.to_bits()),
            Argument::Read(_) | Argument::Write(_) => panic!("memory of the host"),
        };
        let words: Vec<u64> = launch.arguments.iter().map(word).collect();
        self.ran.lock().unwrap().insert(launch.kernel);
        let kernels = kernels();
        assert!(kernels.launch(launch, &words), "no kernel {}", launch.kernel);
    }

    fn move_bytes(&self, from: u64, to: u64, bytes: usize) {
        let mut memory = self.memory.lock().unwrap();
        let copy = memory.bytes(from, bytes).to_vec();
        memory.bytes(to, bytes).copy_from_slice(&copy);
    }

    fn clear(&self, address: u64, bytes: usize) {
        self.memory.lock().unwrap().bytes(address, bytes).fill(0);
    }
}

fn refused(problem: &str) -> Error {
    Error::Gpu { what: "the emulated device".to_owned(), problem: problem.to_owned() }
}

impl Memory {
    /// The bytes at an address; panics where they are not all in one block.
    fn bytes(&mut self, address: u64, len: usize) -> &mut [u8] {
        let (start, block) = self.blocks.range_mut(..=address).next_back().expect("a block");
        let from = (address - start) as usize;
        &mut as_bytes(block)[from..from + len]
    }

    fn floats(&mut self, address: u64, kind: DType, len: usize) -> Vec<f32> {
        let bytes = self.bytes(address, len * kind.bytes());
        match kind {
            DType::F32 => {
                bytes.chunks(4).map(|b| f32::from_ne_bytes(b.try_into().unwrap())).collect()
            }
            DType::Bf16 => bytes
                .chunks(2)
                .map(|b| bf16::from_ne_bytes(b.try_into().unwrap()).to_f32())
                .collect(),
            kind => panic!("a product of {kind:?}"),
        }
    }

    fn put(&mut self, address: u64, kind: DType, numbers: &[f32]) {
        let bytes: Vec<u8> = match kind {
            DType::F32 => numbers.iter().flat_map(|x| x.to_ne_bytes()).collect(),
            DType::Bf16 => numbers.iter().flat_map(|x| bf16::from_f32(*x).to_ne_bytes()).collect(),
            kind => panic!("a product of {kind:?}"),
        };
        self.bytes(address, bytes.len()).copy_from_slice(&bytes);
    }
}

/// A shape, or that of its transpose.
fn flip([rows, columns]: [usize; 2], transposed: bool) -> [usize; 2] {
    if transposed { [columns, rows] } else { [rows, columns] }
}

/// Words as bytes.
fn as_bytes(words: &mut [u128]) -> &mut [u8] {
    // SAFETY: any bytes are words, and words may lie where bytes may.
    #[expect(unsafe_code, reason = "the same memory as another type")]
    unsafe {
        words.align_to_mut().1
    }
}

impl Device for Emulated {
    /// Begins where 16 divides the address, and holds NaN, whatever its type, so that nothing is read before it was written.
    fn allocate(&self, bytes: usize) -> Result<u64> {
        self.count(|counts| &mut counts.allocations);
        self.check_recording("memory")?;
        let mut memory = self.memory.lock().unwrap();
        if memory.used.saturating_add(bytes) > memory.limit {
            let [free, total] = [memory.limit - memory.used, memory.limit].map(|n| n as u64);
            return Err(Error::GpuMemory { bytes: bytes as u64, free, total });
        }
        let block = vec![u128::MAX; bytes.div_ceil(16)].into_boxed_slice();
        let address = block.as_ptr() as u64;
        memory.used += block.len() * 16;
        memory.peak = memory.peak.max(memory.used);
        memory.blocks.insert(address, block);
        Ok(address)
    }

    fn free(&self, address: u64) {
        let mut state = self.recording.lock().unwrap();
        if state.work.is_some() {
            state.wrong = Some("memory was given back");
        }
        drop(state);
        let mut memory = self.memory.lock().unwrap();
        let block = memory.blocks.remove(&address).expect("an address of allocate's");
        memory.used -= block.len() * 16;
    }

    fn room(&self) -> Result<[u64; 2]> {
        let memory = self.memory.lock().unwrap();
        Ok([memory.limit - memory.used, memory.limit].map(|n| (n as u64).min(1 << 40)))
    }

    fn write(&self, address: u64, bytes: &[u8]) -> Result<()> {
        self.count(|counts| &mut counts.uploads);
        self.check_recording("a copy to the device")?;
        self.memory.lock().unwrap().bytes(address, bytes.len()).copy_from_slice(bytes);
        Ok(())
    }

    fn read(&self, address: u64, bytes: &mut [u8]) -> Result<()> {
        self.count(|counts| &mut counts.downloads);
        self.check_recording("a copy from the device")?;
        bytes.copy_from_slice(self.memory.lock().unwrap().bytes(address, bytes.len()));
        Ok(())
    }

    fn copy(&self, from: u64, to: u64, bytes: usize) -> Result<()> {
        if self.written_down(Asked::Copy(from, to, bytes))?.is_some() {
            self.move_bytes(from, to, bytes);
        }
        Ok(())
    }

    fn zero(&self, address: u64, bytes: usize) -> Result<()> {
        if self.written_down(Asked::Zero(address, bytes))?.is_some() {
            self.clear(address, bytes);
        }
        Ok(())
    }

    fn launch(&self, launch: &Launch) -> Result<()> {
        self.count(|counts| &mut counts.launches);
        if self.written_down(Asked::Launch(launch.clone()))?.is_some() {
            self.run(launch);
        }
        Ok(())
    }

    fn product(&self, product: &Product) -> Result<()> {
        self.count(|counts| &mut counts.products);
        if self.written_down(Asked::Product(*product))?.is_some() {
            self.multiply(product);
        }
        Ok(())
    }

    /// As a GPU does: nothing is done meanwhile. Stricter: memory that is given back is an error.
    fn capture(&self, work: &mut dyn FnMut() -> Result<()>) -> Result<Box<dyn CudaGraph>> {
        self.count(|counts| &mut counts.recordings);
        self.check_recording("a recording")?;
        let mut state = self.recording.lock().unwrap();
        if state.most == 0 {
            return Err(refused("it cannot record"));
        }
        state.work = Some(Vec::new());
        drop(state);
        let done = work();
        let mut state = self.recording.lock().unwrap();
        let (asked, wrong) = (state.work.take().unwrap_or_default(), state.wrong.take());
        done?;
        assert_eq!(wrong, None, "in a recording");
        let own = self.own.upgrade().expect("it is there");
        Ok(Box::new(Recorded(own, asked)))
    }
}

impl Emulated {
    fn multiply(&self, product: &Product) {
        let Product { out, a, b, dtype: kind, sizes: [m, n, k], transposed, strides, scale, keep } =
            *product;
        let mut memory = self.memory.lock().unwrap();
        // A row that is a part of a longer one ends the matrix: what follows may be another's.
        let mut matrix = |address, [rows, columns]: [usize; 2], stride: usize| {
            memory.floats(address, kind, (rows - 1) * stride + columns)
        };
        let (of_a, of_b) = (flip([m, k], transposed[0]), flip([k, n], transposed[1]));
        let (a, b) = (matrix(a, of_a, strides[0]), matrix(b, of_b, strides[1]));
        let view = |numbers, [rows, columns]: [usize; 2], stride, transposed| {
            let stored = Matrix::new(numbers, rows, columns, stride);
            if transposed { stored.transposed() } else { stored }
        };
        let mut computed = vec![0.0; m * n];
        let factors = (
            view(&a[..], of_a, strides[0], transposed[0]),
            view(&b[..], of_b, strides[1], transposed[1]),
        );
        if transposed == [false, true] {
            // Of a forward pass: the bits of a row do not depend on how many there are.
            let strides = [strides[0], strides[1], n];
            dot((m, n, k), &a, Elements::F32(&b), &mut computed, strides);
        } else {
            gemm(Matrix::new(&mut computed[..], m, n, n), factors.0, factors.1, false, false);
        }
        for (row, computed) in computed.chunks_exact_mut(n).enumerate() {
            let address = out.0 + (row * strides[2] * out.1.bytes()) as u64;
            // As cuBLAS: what a factor of 0 multiplies is not read.
            let before = if keep == 0.0 { vec![0.0; n] } else { memory.floats(address, out.1, n) };
            for (computed, before) in computed.iter_mut().zip(before) {
                *computed = scale * *computed + keep * before;
            }
            memory.put(address, out.1, computed);
        }
    }
}
