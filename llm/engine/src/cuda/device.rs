//! A GPU: its properties, memory and kernel launches.

use super::blas::Blas;
use super::compile::{CompileTarget, cache_folder, compile_cached};
use super::cuda_graph::CudaGraph;
use super::graph::capture;
use super::launch::{Argument, Element, Launch};
use super::memory::{Device, Product};
use super::source::KernelSource;
use crate::{Error, Result};
use cudarc::driver::{
    CudaContext, CudaFunction, CudaStream, LaunchConfig, PushKernelArg, result, sys,
};
use cudarc::nvrtc::Ptx;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An NVIDIA GPU. All its work goes through one stream, from one thread.
#[derive(Debug)]
pub struct Gpu {
    /// Dropped before the stream on which it works.
    blas: Mutex<Blas>,
    functions: Mutex<HashMap<(&'static str, Element), CudaFunction>>,
    /// Memory that was freed during a capture; none outside a capture.
    capture: Mutex<Option<Vec<u64>>>,
    stream: Arc<CudaStream>,
    context: Arc<CudaContext>,
    target: CompileTarget,
    cache: Option<PathBuf>,
}

/// Properties of a GPU.
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
            return Err(Error::gpu("no GPU", "the driver's library, libcuda, is not installed"));
        }
        let context = CudaContext::new(0).map_err(|error| Error::gpu("no GPU", error))?;
        // SAFETY: there is one stream, on which everything is in order.
        #[expect(unsafe_code, reason = "nothing waits for events")]
        unsafe {
            context.disable_event_tracking();
        }
        keep_memory(&context)?;
        let (major, minor) =
            context.compute_capability().map_err(|error| Error::gpu("the GPU", error))?;
        let target =
            CompileTarget { capability: (10 * major + minor) as u32, driver: driver_version()? };
        // Work on the default stream cannot be captured.
        let stream = context.new_stream().map_err(|error| Error::gpu("the GPU", error))?;
        let (functions, capture) = (Mutex::default(), Mutex::default());
        let blas = Mutex::new(Blas::new(&stream)?);
        Ok(Self { blas, functions, capture, stream, context, target, cache: cache_folder() })
    }

    /// Its name, capability and memory.
    ///
    /// # Errors
    /// A GPU that does not answer.
    pub fn describe(&self) -> Result<Description> {
        let unknown = |error| Error::gpu("the GPU", error);
        let name = self.context.name().map_err(unknown)?;
        let (free, total) = self.context.mem_get_info().map_err(unknown)?;
        let CompileTarget { capability, driver } = self.target;
        Ok(Description { name, capability, driver, free: free as u64, total: total as u64 })
    }

    /// Bytes that the memory pool holds and that are not in use.
    fn idle(&self) -> Result<u64> {
        if !self.context.has_async_alloc() {
            return Ok(0);
        }
        use sys::CUmemPool_attribute_enum::{
            CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT, CU_MEMPOOL_ATTR_USED_MEM_CURRENT,
        };
        let pool = pool(&self.context)?;
        let ask = |attribute| {
            let mut bytes = 0u64;
            // SAFETY: the pool is that of an open device, and the attribute is a 64-bit number.
            #[expect(unsafe_code, reason = "asks the memory pool of the driver")]
            let asked = unsafe {
                sys::cuMemPoolGetAttribute(pool, attribute, (&raw mut bytes).cast()).result()
            };
            asked.map(|()| bytes).map_err(|error| Error::gpu("the memory pool", error))
        };
        let reserved = ask(CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT)?;
        Ok(reserved.saturating_sub(ask(CU_MEMPOOL_ATTR_USED_MEM_CURRENT)?))
    }

    /// Peak bytes in use of the memory pool since the last call.
    ///
    /// # Errors
    /// A GPU that does not answer.
    pub fn take_peak(&self) -> Result<u64> {
        use sys::CUmemPool_attribute_enum::CU_MEMPOOL_ATTR_USED_MEM_HIGH as HIGH;
        let pool = pool(&self.context)?;
        let (mut peak, mut again) = (0u64, 0u64);
        // SAFETY: the pool is that of an open device, and the attribute is a 64-bit number.
        #[expect(unsafe_code, reason = "asks the memory pool of the driver")]
        let asked = unsafe {
            sys::cuMemPoolGetAttribute(pool, HIGH, (&raw mut peak).cast()).result().and_then(|()| {
                sys::cuMemPoolSetAttribute(pool, HIGH, (&raw mut again).cast()).result()
            })
        };
        asked.map(|()| peak).map_err(|error| Error::gpu("the memory pool", error))
    }

    /// A kernel, loaded when it is first needed.
    fn function(&self, kernel: &'static str, element: Element) -> Result<CudaFunction> {
        let mut functions = lock(&self.functions);
        if let Some(function) = functions.get(&(kernel, element)) {
            return Ok(function.clone());
        }
        let source = KernelSource::of(kernel)
            .ok_or_else(|| Error::gpu(kernel, "there is no such kernel"))?;
        let code = compile_cached(source, element, self.target, self.cache.as_deref())?;
        let module = self.context.load_module(Ptx::from_binary(code));
        let module = module.map_err(|error| Error::gpu(source.name, error))?;
        for name in source.kernels() {
            let function = module.load_function(name).map_err(|error| Error::gpu(name, error))?;
            functions.insert((name, element), function);
        }
        functions
            .get(&(kernel, element))
            .cloned()
            .ok_or_else(|| Error::gpu(kernel, "was not loaded"))
    }

    /// Refuses what a graph must not replay: allocations, and copies from or to host memory, which may
    /// be freed by then.
    fn check_capture(&self, what: &str) -> Result<()> {
        match *lock(&self.capture) {
            Some(_) => Err(Error::gpu(what, "not while work is captured")),
            None => Ok(()),
        }
    }

    /// Any thread may submit work, but only one at a time.
    fn bind(&self, what: &str) -> Result<()> {
        self.context.bind_to_thread().map_err(|error| Error::gpu(what, error))
    }
}

impl Device for Gpu {
    fn allocate(&self, bytes: usize) -> Result<u64> {
        self.bind("memory")?;
        self.check_capture("memory")?;
        // SAFETY: nothing is done with it here.
        #[expect(unsafe_code, reason = "asks the driver for memory")]
        let address = unsafe { result::malloc_async(self.stream.cu_stream(), bytes) };
        address.map_err(|error| match error.0 {
            sys::CUresult::CUDA_ERROR_OUT_OF_MEMORY => {
                let [free, total] = self.room().unwrap_or_default();
                Error::GpuMemory { bytes: bytes as u64, free, total }
            }
            _ => Error::gpu("memory", error),
        })
    }

    fn free(&self, address: u64) {
        if let Some(later) = lock(&self.capture).as_mut() {
            later.push(address);
            return;
        }
        // A driver that fails here fails again at the next call, which can report it.
        let _ = self.context.bind_to_thread();
        // SAFETY: the address came from `allocate`; earlier work on the stream comes first.
        #[expect(unsafe_code, reason = "gives memory back")]
        let _ = unsafe { result::free_async(address, self.stream.cu_stream()) };
    }

    fn room(&self) -> Result<[u64; 2]> {
        let (free, total) =
            self.context.mem_get_info().map_err(|error| Error::gpu("the GPU", error))?;
        // Unused memory of the pool is free, too.
        Ok([free as u64 + self.idle()?, total as u64])
    }

    fn write(&self, address: u64, bytes: &[u8]) -> Result<()> {
        self.bind("a copy to the GPU")?;
        self.check_capture("a copy to the GPU")?;
        // SAFETY: pageable memory is copied before the call returns.
        #[expect(unsafe_code, reason = "copies to the GPU")]
        let copied = unsafe { result::memcpy_htod_async(address, bytes, self.stream.cu_stream()) };
        copied.map_err(|error| Error::gpu("a copy to the GPU", error))
    }

    fn read(&self, address: u64, bytes: &mut [u8]) -> Result<()> {
        self.bind("a copy from the GPU")?;
        self.check_capture("a copy from the GPU")?;
        // SAFETY: the bytes are borrowed until the copy is done.
        #[expect(unsafe_code, reason = "copies from the GPU")]
        let copied = unsafe { result::memcpy_dtoh_async(bytes, address, self.stream.cu_stream()) };
        copied
            .and_then(|()| self.stream.synchronize())
            .map_err(|error| Error::gpu("a copy from the GPU", error))
    }

    fn copy(&self, from: u64, to: u64, bytes: usize) -> Result<()> {
        self.bind("a copy on the GPU")?;
        // SAFETY: both are memory of the device that arrays hold.
        #[expect(unsafe_code, reason = "copies on the GPU")]
        let copied = unsafe { result::memcpy_dtod_async(to, from, bytes, self.stream.cu_stream()) };
        copied.map_err(|error| Error::gpu("a copy on the GPU", error))
    }

    fn zero(&self, address: u64, bytes: usize) -> Result<()> {
        self.bind("memory")?;
        // SAFETY: it is memory of the device that an array holds.
        #[expect(unsafe_code, reason = "writes on the GPU")]
        let set = unsafe { result::memset_d8_async(address, 0, bytes, self.stream.cu_stream()) };
        set.map_err(|error| Error::gpu("memory", error))
    }

    fn launch(&self, launch: &Launch) -> Result<()> {
        let kernel = launch.kernel;
        self.bind(kernel)?;
        let function = self.function(kernel, launch.element)?;
        let mut call = self.stream.launch_builder(&function);
        for argument in &launch.arguments {
            match argument {
                Argument::U32(number) => call.arg(number),
                Argument::U64(number) | Argument::At(number) => call.arg(number),
                Argument::F32(number) => call.arg(number),
                Argument::Read(_) | Argument::Write(_) => {
                    return Err(Error::gpu(kernel, "an argument is in the memory of the host"));
                }
            };
        }
        let [x, y, z] = launch.grid;
        let block_dim = (launch.threads, 1, 1);
        let config = LaunchConfig { grid_dim: (x, y, z), block_dim, shared_mem_bytes: 0 };
        // SAFETY: the arguments are those of the kernel, which the tests run with the same launches
        // under guard; arrays give memory back after what was asked for before.
        #[expect(unsafe_code, reason = "launches a kernel")]
        let launched = unsafe { call.launch(config) };
        launched.map(drop).map_err(|error| Error::gpu(kernel, error))
    }

    fn product(&self, product: &Product) -> Result<()> {
        self.bind("a product")?;
        lock(&self.blas).product(product)
    }

    fn capture(&self, work: &mut dyn FnMut() -> Result<()>) -> Result<Box<dyn CudaGraph>> {
        self.bind("a CUDA graph")?;
        self.check_capture("a CUDA graph")?;
        let capturing = Capturing::new(self);
        let graph = capture(&self.stream, work)?;
        drop(capturing);
        Ok(Box::new(graph))
    }
}

/// Marks a GPU as capturing until it is dropped; then memory freed meanwhile is released.
struct Capturing<'a>(&'a Gpu);

impl<'a> Capturing<'a> {
    fn new(gpu: &'a Gpu) -> Self {
        *lock(&gpu.capture) = Some(Vec::new());
        Self(gpu)
    }
}

impl Drop for Capturing<'_> {
    fn drop(&mut self) {
        let later = lock(&self.0.capture).take().unwrap_or_default();
        later.into_iter().for_each(|address| self.0.free(address));
    }
}

/// Ignores poisoning: every call leaves the state consistent.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Memory that is freed stays with the process: giving it back and asking again costs milliseconds.
fn keep_memory(context: &CudaContext) -> Result<()> {
    if !context.has_async_alloc() {
        return Ok(());
    }
    let (pool, mut all) = (pool(context)?, u64::MAX);
    let attribute = sys::CUmemPool_attribute_enum::CU_MEMPOOL_ATTR_RELEASE_THRESHOLD;
    // SAFETY: the pool is that of an open device, and the attribute is a 64-bit number.
    #[expect(unsafe_code, reason = "sets the memory pool of the driver")]
    let set =
        unsafe { sys::cuMemPoolSetAttribute(pool, attribute, (&raw mut all).cast()).result() };
    set.map_err(|error| Error::gpu("the memory pool", error))
}

fn pool(context: &CudaContext) -> Result<sys::CUmemoryPool> {
    let mut pool = std::ptr::null_mut();
    // SAFETY: the device is open.
    #[expect(unsafe_code, reason = "asks for the memory pool of the driver")]
    let asked =
        unsafe { sys::cuDeviceGetDefaultMemPool(&raw mut pool, context.cu_device()).result() };
    asked.map_err(|error| Error::gpu("the memory pool", error))?;
    Ok(pool)
}

fn driver_version() -> Result<i32> {
    let mut version = 0;
    // SAFETY: writes one number.
    #[expect(unsafe_code, reason = "asks the driver")]
    let asked = unsafe { sys::cuDriverGetVersion(&raw mut version).result() };
    asked.map_err(|error| Error::gpu("the driver", error))?;
    Ok(version)
}
