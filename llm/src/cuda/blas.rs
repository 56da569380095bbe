//! Products of matrices, by cuBLAS.

use super::memory::{Kind, Product};
use crate::{Error, Result};
use cudarc::cublas::{result, sys};
use cudarc::driver::CudaStream;

/// A handle of cuBLAS that works on the stream of a GPU.
#[derive(Debug)]
pub(super) struct Blas(sys::cublasHandle_t);

// SAFETY: a handle may be used from any thread, though from one at a time; it lies behind a lock.
#[expect(unsafe_code, reason = "the handle is a pointer")]
unsafe impl Send for Blas {}

impl Blas {
    pub(super) fn new(stream: &CudaStream) -> Result<Self> {
        // SAFETY: the library's constructors run, as those of any library that is loaded.
        #[expect(unsafe_code, reason = "looks for a library of CUDA's")]
        if !unsafe { sys::is_culib_present() } {
            return Err(refused(
                "its library was not found; install CUDA 13, or the Python package nvidia-cublas, and \
                 put the folder of libcublas into LD_LIBRARY_PATH",
            ));
        }
        let blas = Self(result::create_handle().map_err(|error| refused(error.to_string()))?);
        // SAFETY: handle and stream are open; the stream lives as long as the GPU, which holds both.
        #[expect(unsafe_code, reason = "calls cuBLAS")]
        let set = unsafe { result::set_stream(blas.0, stream.cu_stream().cast()) };
        set.map_err(|error| refused(error.to_string()))?;
        Ok(blas)
    }

    /// cuBLAS stores columns one after the other: what is asked of it is the transpose of the product,
    /// `outᵀ = bᵀ aᵀ`.
    pub(super) fn product(&self, product: &Product) -> Result<()> {
        let Product { out, a, b, kind, sizes: [m, n, k], transposed: [ta, tb], .. } = *product;
        let strides = product.strides.map(|stride| stride as i32);
        if m * n == 0 {
            return Ok(());
        }
        // SAFETY: the addresses are those of arrays that hold matrices of these sizes.
        #[expect(unsafe_code, reason = "calls cuBLAS")]
        let computed = unsafe {
            result::gemm_ex(
                self.0,
                operation(tb),
                operation(ta),
                n as i32,
                m as i32,
                k as i32,
                (&raw const product.scale).cast(),
                b as *const _,
                data_type(kind),
                strides[1],
                a as *const _,
                data_type(kind),
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
        let _ = unsafe { result::destroy_handle(self.0) };
    }
}

fn operation(transposed: bool) -> sys::cublasOperation_t {
    match transposed {
        true => sys::cublasOperation_t::CUBLAS_OP_T,
        false => sys::cublasOperation_t::CUBLAS_OP_N,
    }
}

fn data_type(kind: Kind) -> sys::cudaDataType {
    match kind {
        Kind::F32 | Kind::U32 => sys::cudaDataType::CUDA_R_32F,
        Kind::F64 => sys::cudaDataType::CUDA_R_64F,
        Kind::Bf16 => sys::cudaDataType::CUDA_R_16BF,
    }
}

fn refused(problem: impl Into<String>) -> Error {
    Error::Gpu { what: "cuBLAS".to_owned(), problem: problem.into() }
}
