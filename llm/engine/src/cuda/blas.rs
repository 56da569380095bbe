//! Products of matrices, by cuBLAS.

use super::memory::{DType, Product};
use crate::{Error, Result};
use cudarc::cublas::{result, sys};
use cudarc::driver::{CudaStream, result as driver};
use std::sync::Arc;

/// Workspace of products, in bytes: as much as cuBLAS itself takes at compute capability 9.0. cuBLAS
/// would allocate its own at first use, which may be during a capture.
const WORKSPACE: usize = 32 << 20;

/// A handle of cuBLAS that works on the stream of a GPU.
#[derive(Debug)]
pub(super) struct Blas {
    handle: sys::cublasHandle_t,
    /// Address of the memory that products work on.
    workspace: u64,
    stream: Arc<CudaStream>,
}

// SAFETY: a handle may be used from any thread, though from one at a time; it lies behind a lock.
#[expect(unsafe_code, reason = "the handle is a pointer")]
unsafe impl Send for Blas {}

impl Blas {
    pub(super) fn new(stream: &Arc<CudaStream>) -> Result<Self> {
        // SAFETY: the library's constructors run, as those of any library that is loaded.
        #[expect(unsafe_code, reason = "looks for a library of CUDA's")]
        if !unsafe { sys::is_culib_present() } {
            return Err(refused(
                "its library was not found; install CUDA 13, or the Python package nvidia-cublas, and \
                 put the folder of libcublas into LD_LIBRARY_PATH",
            ));
        }
        // SAFETY: only products on the same stream use the memory.
        #[expect(unsafe_code, reason = "asks the driver for memory")]
        let workspace = unsafe { driver::malloc_async(stream.cu_stream(), WORKSPACE) };
        let workspace = workspace.map_err(|error| refused(format!("32 MiB of memory: {error}")))?;
        let handle = result::create_handle().map_err(|error| refused(error.to_string()));
        let handle = match handle {
            Ok(handle) => handle,
            Err(error) => {
                release(workspace, stream);
                return Err(error);
            }
        };
        let blas = Self { handle, workspace, stream: stream.clone() };
        blas.set_up().map_err(|error| refused(error.to_string()))?;
        Ok(blas)
    }

    /// The workspace is set after the stream, since setting a stream resets it.
    fn set_up(&self) -> std::result::Result<(), result::CublasError> {
        // SAFETY: handle and stream are open, and the memory is there as long as the handle.
        #[expect(unsafe_code, reason = "calls cuBLAS")]
        unsafe {
            result::set_stream(self.handle, self.stream.cu_stream().cast())?;
            sys::cublasSetWorkspace_v2(self.handle, self.workspace as *mut _, WORKSPACE).result()
        }
    }

    /// cuBLAS is column-major, so it computes the transpose, `outᵀ = bᵀ aᵀ`.
    pub(super) fn product(&self, product: &Product) -> Result<()> {
        let Product { out, a, b, dtype, sizes: [m, n, k], transposed: [ta, tb], .. } = *product;
        let strides = product.strides.map(|stride| stride as i32);
        if m * n == 0 {
            return Ok(());
        }
        // SAFETY: the addresses are those of arrays that hold matrices of these sizes.
        #[expect(unsafe_code, reason = "calls cuBLAS")]
        let computed = unsafe {
            result::gemm_ex(
                self.handle,
                operation(tb),
                operation(ta),
                n as i32,
                m as i32,
                k as i32,
                (&raw const product.scale).cast(),
                b as *const _,
                data_type(dtype),
                strides[1],
                a as *const _,
                data_type(dtype),
                strides[0],
                (&raw const product.keep).cast(),
                out.0 as *mut _,
                data_type(out.1),
                strides[2],
                sys::cublasComputeType_t::CUBLAS_COMPUTE_32F,
                sys::cublasGemmAlgo_t::CUBLAS_GEMM_DEFAULT,
            )
        };
        computed.map_err(|error| refused(format!("[{m}, {k}] × [{k}, {n}]: {error}")))
    }
}

impl Drop for Blas {
    fn drop(&mut self) {
        // SAFETY: it was created, and nothing holds it any more.
        #[expect(unsafe_code, reason = "calls cuBLAS")]
        let _ = unsafe { result::destroy_handle(self.handle) };
        release(self.workspace, &self.stream);
    }
}

/// Frees the workspace of products.
fn release(workspace: u64, stream: &CudaStream) {
    // A driver that fails here fails again at the next call, which can report it.
    let _ = stream.context().bind_to_thread();
    // SAFETY: it was allocated on this stream, and what was asked for before comes first.
    #[expect(unsafe_code, reason = "gives memory back")]
    let _ = unsafe { driver::free_async(workspace, stream.cu_stream()) };
}

fn operation(transposed: bool) -> sys::cublasOperation_t {
    match transposed {
        true => sys::cublasOperation_t::CUBLAS_OP_T,
        false => sys::cublasOperation_t::CUBLAS_OP_N,
    }
}

fn data_type(dtype: DType) -> sys::cudaDataType {
    match dtype {
        DType::F32 | DType::U32 => sys::cudaDataType::CUDA_R_32F,
        DType::F64 => sys::cudaDataType::CUDA_R_64F,
        DType::Bf16 => sys::cudaDataType::CUDA_R_16BF,
    }
}

fn refused(problem: impl std::fmt::Display) -> Error {
    Error::gpu("cuBLAS", problem)
}
