//! A GPU: what it is, and kernels launched on it.

use super::compile::{Target, cache_folder, compile_cached};
use super::launch::{Argument, Buffer, Element, Launch, Machine};
use super::source::Source;
use crate::{Error, Result};
use cudarc::driver::{
    CudaContext, CudaModule, CudaSlice, CudaStream, LaunchConfig, PushKernelArg, sys,
};
use cudarc::nvrtc::Ptx;
use std::collections::HashMap;
use std::fmt::Display;
use std::path::PathBuf;
use std::sync::Arc;

/// An NVIDIA GPU. All its work goes through one stream, from one thread.
#[derive(Debug)]
pub struct Gpu {
    context: Arc<CudaContext>,
    stream: Arc<CudaStream>,
    modules: HashMap<(&'static str, Element), Arc<CudaModule>>,
    target: Target,
    cache: Option<PathBuf>,
}

/// What a GPU is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Its name.
    pub name: String,
    /// Compute capability, such as 90 for 9.0.
    pub capability: u32,
    /// The newest version of CUDA that its driver has, such as 13000 for 13.0.
    pub driver: i32,
    /// Bytes of its memory that are free.
    pub free: u64,
    /// Bytes of its memory.
    pub total: u64,
}

impl Gpu {
    /// The first GPU of the machine.
    ///
    /// # Errors
    /// No driver, no GPU, or one that cannot be used; the message says which.
    pub fn open() -> Result<Self> {
        // SAFETY: the library's constructors run, as those of any library that is loaded.
        #[expect(unsafe_code, reason = "looks for the driver")]
        let present = unsafe { sys::is_culib_present() };
        if !present {
            return Err(refused("no GPU", "the driver's library, libcuda, is not installed"));
        }
        let context = CudaContext::new(0).map_err(|error| refused("no GPU", error))?;
        // SAFETY: there is one stream, on which everything is in order.
        #[expect(unsafe_code, reason = "nothing waits for events")]
        unsafe {
            context.disable_event_tracking();
        }
        keep_memory(&context)?;
        let (major, minor) =
            context.compute_capability().map_err(|error| refused("the GPU", error))?;
        let target = Target { capability: (10 * major + minor) as u32, driver: driver_version()? };
        let stream = context.default_stream();
        Ok(Self { context, stream, modules: HashMap::new(), target, cache: cache_folder() })
    }

    /// What it is.
    ///
    /// # Errors
    /// A GPU that does not answer.
    pub fn describe(&self) -> Result<Description> {
        let unknown = |error| refused("the GPU", error);
        let name = self.context.name().map_err(unknown)?;
        let (free, total) = self.context.mem_get_info().map_err(unknown)?;
        let Target { capability, driver } = self.target;
        Ok(Description { name, capability, driver, free: free as u64, total: total as u64 })
    }

    /// The module of a file of kernels, loaded when it is first needed.
    fn module(&mut self, source: &'static Source, element: Element) -> Result<Arc<CudaModule>> {
        let key = (source.name, element);
        if let Some(module) = self.modules.get(&key) {
            return Ok(module.clone());
        }
        let code = compile_cached(source, element, self.target, self.cache.as_deref())?;
        let module = self.context.load_module(Ptx::from_binary(code));
        let module = module.map_err(|error| refused(source.name, error))?;
        self.modules.insert(key, module.clone());
        Ok(module)
    }

    fn upload(&self, kernel: &str, argument: &Argument) -> Result<Uploaded> {
        Ok(match argument {
            Argument::U32(number) => Uploaded::U32(*number),
            Argument::U64(number) => Uploaded::U64(*number),
            Argument::F32(number) => Uploaded::F32(*number),
            Argument::Read(buffer) | Argument::Write(buffer) => {
                let memory = self.stream.clone_htod(buffer.bytes());
                Uploaded::Memory(memory.map_err(|error| refused(kernel, error))?)
            }
        })
    }
}

/// An argument where a kernel finds it.
enum Uploaded {
    U32(u32),
    U64(u64),
    F32(f32),
    Memory(CudaSlice<u8>),
}

impl Machine for Gpu {
    fn run(&mut self, launch: &Launch) -> Result<Vec<Buffer>> {
        let kernel = launch.kernel;
        let Some(source) = Source::of(kernel) else {
            return Err(refused(kernel, "there is no such kernel"));
        };
        let function = self.module(source, launch.element)?.load_function(kernel);
        let function = function.map_err(|error| refused(kernel, error))?;
        let uploaded = launch.arguments.iter().map(|argument| self.upload(kernel, argument));
        let uploaded = uploaded.collect::<Result<Vec<_>>>()?;
        let mut call = self.stream.launch_builder(&function);
        for argument in &uploaded {
            match argument {
                Uploaded::U32(number) => call.arg(number),
                Uploaded::U64(number) => call.arg(number),
                Uploaded::F32(number) => call.arg(number),
                Uploaded::Memory(memory) => call.arg(memory),
            };
        }
        let [x, y, z] = launch.grid;
        let block_dim = (launch.threads, 1, 1);
        let config = LaunchConfig { grid_dim: (x, y, z), block_dim, shared_mem_bytes: 0 };
        // SAFETY: the arguments are those of the kernel, which the tests run with the same launches
        // under guard; the memory lives until the results are read.
        #[expect(unsafe_code, reason = "launches a kernel")]
        let launched = unsafe { call.launch(config) };
        launched.map_err(|error| refused(kernel, error))?;
        self.download(launch, &uploaded)
    }
}

impl Gpu {
    /// What a kernel wrote.
    fn download(&self, launch: &Launch, uploaded: &[Uploaded]) -> Result<Vec<Buffer>> {
        let mut outputs = Vec::new();
        for (argument, uploaded) in launch.arguments.iter().zip(uploaded) {
            let (Argument::Write(buffer), Uploaded::Memory(memory)) = (argument, uploaded) else {
                continue;
            };
            let mut buffer = buffer.clone();
            let copied = self.stream.memcpy_dtoh(memory, buffer.bytes_mut());
            copied.map_err(|error| refused(launch.kernel, error))?;
            outputs.push(buffer);
        }
        self.stream.synchronize().map_err(|error| refused(launch.kernel, error))?;
        Ok(outputs)
    }
}

/// Memory that is freed stays with the process: giving it back and asking again costs milliseconds.
fn keep_memory(context: &CudaContext) -> Result<()> {
    if !context.has_async_alloc() {
        return Ok(());
    }
    let (mut pool, mut all) = (std::ptr::null_mut(), u64::MAX);
    let attribute = sys::CUmemPool_attribute_enum::CU_MEMPOOL_ATTR_RELEASE_THRESHOLD;
    // SAFETY: the device is open, and the attribute is a 64-bit number.
    #[expect(unsafe_code, reason = "sets the memory pool of the driver")]
    let set = unsafe {
        sys::cuDeviceGetDefaultMemPool(&raw mut pool, context.cu_device()).result().and_then(|()| {
            sys::cuMemPoolSetAttribute(pool, attribute, (&raw mut all).cast()).result()
        })
    };
    set.map_err(|error| refused("the memory pool", error))
}

fn driver_version() -> Result<i32> {
    let mut version = 0;
    // SAFETY: writes one number.
    #[expect(unsafe_code, reason = "asks the driver")]
    let asked = unsafe { sys::cuDriverGetVersion(&raw mut version).result() };
    asked.map_err(|error| refused("the driver", error))?;
    Ok(version)
}

fn refused(what: &str, problem: impl Display) -> Error {
    Error::Gpu { what: what.to_owned(), problem: problem.to_string() }
}
