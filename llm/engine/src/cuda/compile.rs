//! Compiles kernels with NVRTC, and caches the code.

use super::launch::Element;
use super::source::KernelSource;
use crate::{Error, Result};
use cudarc::nvrtc::{result, sys};
use sha2::{Digest, Sha256};
use std::ffi::{CStr, CString};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::ptr::null_mut;

/// What code is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompileTarget {
    /// Compute capability, such as 90 for 9.0.
    pub capability: u32,
    /// Version of the driver that loads it, such as 13000; 0 if none does.
    pub driver: i32,
}

/// The compute capabilities that every kernel is compiled for in tests: A100 and H100.
pub const TESTED: [u32; 2] = [80, 90];

/// Whether the NVRTC library is installed.
pub(crate) fn is_available() -> bool {
    // SAFETY: the library's constructors run, as those of any library that is loaded.
    #[expect(unsafe_code, reason = "looks for a library of CUDA's")]
    unsafe {
        sys::is_culib_present()
    }
}

/// Compiles a file of kernels.
///
/// # Errors
/// No NVRTC library; kernels that do not compile, with what the compiler said.
pub fn compile(source: &KernelSource, element: Element, capability: u32) -> Result<Vec<u8>> {
    if !is_available() {
        let problem = "its library was not found; install CUDA 13, or the Python package \
                       nvidia-cuda-nvrtc, and put the folder of libnvrtc into LD_LIBRARY_PATH";
        return Err(Error::gpu("NVRTC", problem));
    }
    Program::new(source, element)?.compile(capability)
}

/// As [`compile`], from the cache if it was compiled before.
///
/// # Errors
/// As [`compile`]. A cache that cannot be read or written is ignored.
pub(crate) fn compile_cached(
    source: &KernelSource,
    element: Element,
    target: CompileTarget,
    cache: Option<&Path>,
) -> Result<Vec<u8>> {
    let path = cache.map(|folder| folder.join(key(source, element, target)));
    if let Some(code) = path.as_ref().and_then(|path| std::fs::read(path).ok()) {
        return Ok(code);
    }
    let code = compile(source, element, target.capability)?;
    if let Some(path) = path {
        // Without a cache the next run only compiles again.
        let _ = store(&path, &code);
    }
    Ok(code)
}

/// Folder of the cache: `rs-grpo/kernels` in the user's cache folder.
pub(crate) fn cache_folder() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let caches = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")))?;
    Some(caches.join("rs-grpo/kernels"))
}

/// File name of compiled code: its source's hash, and its target.
fn key(source: &KernelSource, element: Element, target: CompileTarget) -> String {
    let hash: String = Sha256::digest(source.text(element)).iter().take(16).map(hex).collect();
    let (stem, element) = (source.name.trim_end_matches(".cu"), element.name());
    format!("{stem}-{element}-sm{}-driver{}-{hash}.cubin", target.capability, target.driver)
}

fn hex(byte: &u8) -> String {
    format!("{byte:02x}")
}

/// Writes atomically, also if several processes do so at once.
fn store(path: &Path, code: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(code)?;
    file.persist(path)?;
    Ok(())
}

/// A program of NVRTC's.
struct Program {
    program: sys::nvrtcProgram,
    name: &'static str,
}

impl Program {
    fn new(source: &KernelSource, element: Element) -> Result<Self> {
        let text = |text: &str| CString::new(text).map_err(|error| Error::gpu(source.name, error));
        let program =
            result::create_program(&text(&source.text(element))?, Some(&text(source.name)?))
                .map_err(|error| Error::gpu(source.name, error))?;
        Ok(Self { program, name: source.name })
    }

    fn compile(&self, capability: u32) -> Result<Vec<u8>> {
        let options = [format!("--gpu-architecture=sm_{capability}"), "--std=c++17".to_owned()];
        // SAFETY: the program was created, and is destroyed when it is dropped.
        #[expect(unsafe_code, reason = "calls the NVRTC library")]
        let compiled = unsafe { result::compile_program(self.program, &options) };
        compiled.map_err(|error| {
            let log = format!("{error}\n{}", self.log());
            Error::gpu(self.name, log.trim())
        })?;
        self.code().map_err(|error| Error::gpu(self.name, error))
    }

    /// The compiler's log.
    fn log(&self) -> String {
        // SAFETY: as in `compile`; the log ends with a zero.
        #[expect(unsafe_code, reason = "calls the NVRTC library")]
        unsafe {
            let Ok(log) = result::get_program_log(self.program) else { return String::new() };
            CStr::from_ptr(log.as_ptr()).to_string_lossy().into_owned()
        }
    }

    fn code(&self) -> std::result::Result<Vec<u8>, result::NvrtcError> {
        let mut len = 0;
        // SAFETY: the program is compiled; the buffer has the length that the library asks for.
        #[expect(unsafe_code, reason = "calls the NVRTC library")]
        unsafe {
            sys::nvrtcGetCUBINSize(self.program, &raw mut len).result()?;
            let mut code = vec![0u8; len];
            sys::nvrtcGetCUBIN(self.program, code.as_mut_ptr().cast()).result()?;
            Ok(code)
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let program = std::mem::replace(&mut self.program, null_mut());
        // SAFETY: it was created, and nothing holds it any more.
        #[expect(unsafe_code, reason = "calls the NVRTC library")]
        let _ = unsafe { result::destroy_program(program) };
    }
}
