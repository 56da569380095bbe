// A GPU's driver, cuBLAS and NVRTC, played by the host: memory is there, nothing is computed, and what
// would go wrong on a GPU ends the program. It shows that all work goes through one stream that can be
// captured; that nothing is asked for during a capture that a graph would do wrong; that a capture is
// ended whatever happens; and that everything is given back. `check` beside it says what is run with it.
//
// At the end it says how often and how long the GPU would have waited: from when the host has what it
// asked for until it asks for work again. What the driver itself takes is not in it.
//
// With FAIL_LAUNCH=n the n-th launch or product of a capture fails, which is known at its end at the
// latest; with NO_CAPTURE=1 none can begin.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef int Result;
typedef uint64_t Address;

enum { OUT_OF_MEMORY = 2, NOT_SUPPORTED = 801, CAPTURE_UNSUPPORTED = 900, CAPTURE_INVALIDATED = 901 };

static struct {
    long launches, captures, graph_launches, blocks, streams, graphs, instances, handles;
} count;
static void* stream;
static int capturing, captured, failed;

static void fail(const char* what, const char* problem) {
    fprintf(stderr, "driver: %s: %s\n", what, problem);
    _Exit(70);
}

static void not_captured(const char* what) {
    if (capturing) fail(what, "not in a capture");
}

static void on_stream(void* given, const char* what) {
    if (given == NULL || given != stream) fail(what, "on another stream");
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + 1e-9 * now.tv_nsec;
}

static double idle_since = -1, waited;
static long waits;

static void begin_wait(void) {
    if (idle_since < 0) idle_since = seconds();
}

static void end_wait(void) {
    if (idle_since < 0) return;
    waited += seconds() - idle_since;
    waits++;
    idle_since = -1;
}

/// A launch or product: done at once, or captured.
static Result work(const char* what, void* on) {
    on_stream(on, what);
    if (!capturing) {
        end_wait();
        count.launches++;
        return 0;
    }
    captured++;
    const char* at = getenv("FAIL_LAUNCH");
    failed |= at && captured == atoi(at);
    return failed ? CAPTURE_UNSUPPORTED : 0;
}

// ---- Devices and contexts -----------------------------------------------------------------------

static __thread void* current;

Result cuInit(unsigned flags) { return 0; }
Result cuDriverGetVersion(int* version) { return *version = 13000, 0; }
Result cuDeviceGet(int* device, int index) { return *device = 0, 0; }
Result cuDeviceGetCount(int* devices) { return *devices = 1, 0; }
Result cuDeviceGetAttribute(int* value, int attribute, int device) {
    const int MAJOR = 75, MINOR = 76;
    *value = attribute == MAJOR ? 9 : attribute == MINOR ? 0 : 1;
    return 0;
}
Result cuDeviceGetName(char* name, int bytes, int device) { return snprintf(name, bytes, "none"), 0; }
Result cuDevicePrimaryCtxRetain(void** context, int device) { return *context = &count, 0; }
Result cuDevicePrimaryCtxRelease_v2(int device) {
    fprintf(stderr, "driver: captures %ld, graph launches %ld, launches %ld\n", count.captures,
            count.graph_launches, count.launches);
    fprintf(stderr, "driver: the GPU waited %ld times, %.3f ms each\n", waits,
            waits ? 1e3 * waited / waits : 0.0);
    if (capturing) fail("a capture", "not ended");
    if (count.blocks || count.streams || count.graphs || count.instances || count.handles) {
        fail("at the end", "something was not given back");
    }
    return 0;
}
Result cuCtxGetCurrent(void** context) { return *context = current, 0; }
Result cuCtxSetCurrent(void* context) { return current = context, 0; }
Result cuGetErrorName(Result error, const char** name) { return *name = "an error", 0; }
Result cuGetErrorString(Result error, const char** text) { return *text = "as it was told to", 0; }

// ---- Memory: blocks of zeros, which the host can read --------------------------------------------

Result cuMemGetInfo_v2(size_t* free, size_t* total) {
    not_captured("cuMemGetInfo");
    return *free = *total = (size_t)4 << 30, 0;
}
Result cuDeviceGetDefaultMemPool(void** pool, int device) { return *pool = &count, 0; }
Result cuMemPoolSetAttribute(void* pool, int attribute, void* value) { return 0; }
Result cuMemPoolGetAttribute(void* pool, int attribute, void* value) { return *(uint64_t*)value = 0, 0; }
Result cuMemAllocAsync(Address* address, size_t bytes, void* on) {
    not_captured("cuMemAllocAsync");
    on_stream(on, "cuMemAllocAsync");
    // Not aligned_alloc, since calloc need not touch large blocks. Where they begin stands before them.
    void* whole = calloc(1, bytes + 512);
    if (whole == NULL) return OUT_OF_MEMORY;
    *address = ((Address)whole + 511) / 256 * 256;
    ((void**)*address)[-1] = whole;
    return count.blocks++, 0;
}
Result cuMemFreeAsync(Address address, void* on) {
    not_captured("cuMemFreeAsync");
    on_stream(on, "cuMemFreeAsync");
    free(((void**)address)[-1]);
    return count.blocks--, 0;
}
Result cuMemcpyHtoDAsync_v2(Address to, const void* from, size_t bytes, void* on) {
    not_captured("cuMemcpyHtoDAsync");
    on_stream(on, "cuMemcpyHtoDAsync");
    return memcpy((void*)to, from, bytes), 0;
}
Result cuMemcpyDtoHAsync_v2(void* to, Address from, size_t bytes, void* on) {
    not_captured("cuMemcpyDtoHAsync");
    on_stream(on, "cuMemcpyDtoHAsync");
    return memcpy(to, (void*)from, bytes), 0;
}
Result cuMemcpyDtoDAsync_v2(Address to, Address from, size_t bytes, void* on) {
    on_stream(on, "cuMemcpyDtoDAsync");
    if (!capturing) memcpy((void*)to, (void*)from, bytes);
    return 0;
}
Result cuMemsetD8Async(Address at, unsigned char value, size_t bytes, void* on) {
    on_stream(on, "cuMemsetD8Async");
    if (!capturing) memset((void*)at, value, bytes);
    return 0;
}

// ---- Streams, captures and graphs ----------------------------------------------------------------

Result cuStreamCreate(void** created, unsigned flags) {
    if (count.streams++) fail("cuStreamCreate", "a second stream");
    return *created = stream = malloc(1), 0;
}
Result cuStreamDestroy_v2(void* gone) {
    on_stream(gone, "cuStreamDestroy");
    not_captured("cuStreamDestroy");
    free(gone);
    return count.streams--, 0;
}
Result cuStreamSynchronize(void* on) {
    not_captured("cuStreamSynchronize");
    on_stream(on, "cuStreamSynchronize");
    return begin_wait(), 0;
}
Result cuStreamBeginCapture_v2(void* on, int mode) {
    const int THREAD_LOCAL = 1;
    on_stream(on, "cuStreamBeginCapture");
    not_captured("cuStreamBeginCapture");
    if (mode != THREAD_LOCAL) fail("cuStreamBeginCapture", "other threads are in the way");
    if (getenv("NO_CAPTURE")) return NOT_SUPPORTED;
    capturing = 1;
    captured = failed = 0;
    return 0;
}
Result cuStreamEndCapture(void* on, void** graph) {
    on_stream(on, "cuStreamEndCapture");
    if (!capturing) fail("cuStreamEndCapture", "there is no capture");
    capturing = 0;
    *graph = NULL;
    if (failed) return CAPTURE_INVALIDATED;
    if (captured == 0) fail("cuStreamEndCapture", "nothing was captured");
    *graph = malloc(1);
    count.captures++;
    return count.graphs++, 0;
}
Result cuGraphInstantiateWithFlags(void** instance, void* graph, unsigned long long flags) {
    not_captured("cuGraphInstantiate");
    *instance = malloc(1);
    return count.instances++, 0;
}
Result cuGraphLaunch(void* instance, void* on) {
    on_stream(on, "cuGraphLaunch");
    not_captured("cuGraphLaunch");
    end_wait();
    return count.graph_launches++, 0;
}
Result cuGraphDestroy(void* graph) { return free(graph), count.graphs--, 0; }
Result cuGraphExecDestroy(void* instance) { return free(instance), count.instances--, 0; }

// ---- Kernels: they do nothing --------------------------------------------------------------------

Result cuModuleLoadData(void** module, const void* image) {
    not_captured("cuModuleLoadData");
    return *module = malloc(1), 0;
}
Result cuModuleGetFunction(void** function, void* module, const char* name) {
    not_captured("cuModuleGetFunction");
    return *function = module, 0;
}
Result cuModuleUnload(void* module) { return free(module), 0; }
Result cuLaunchKernel(
    void* function, unsigned x, unsigned y, unsigned z, unsigned threads, unsigned threads_y,
    unsigned threads_z, unsigned shared, void* on, void** arguments, void** more) {
    if (x == 0 || y == 0 || z == 0 || threads == 0) fail("cuLaunchKernel", "without threads");
    return work("cuLaunchKernel", on);
}
int nvrtcCreateProgram(void** program) { return *program = malloc(1), 0; }
int nvrtcDestroyProgram(void** program) { return free(*program), 0; }
int nvrtcCompileProgram(void* program) { return 0; }
int nvrtcGetCUBINSize(void* program, size_t* bytes) { return *bytes = 1, 0; }
int nvrtcGetCUBIN(void* program, char* code) { return *code = 0, 0; }

// ---- cuBLAS --------------------------------------------------------------------------------------

static void *of_products, *workspace;

int cublasCreate_v2(void** handle) {
    not_captured("cublasCreate");
    *handle = malloc(1);
    return count.handles++, 0;
}
int cublasDestroy_v2(void* handle) {
    on_stream(of_products, "cublasDestroy");
    free(handle);
    return count.handles--, 0;
}
int cublasSetStream_v2(void* handle, void* on) {
    on_stream(on, "cublasSetStream");
    of_products = on;
    // As the real one does.
    workspace = NULL;
    return 0;
}
int cublasSetWorkspace_v2(void* handle, void* memory, size_t bytes) {
    if ((Address)memory % 256 || bytes < 32 << 20) fail("cublasSetWorkspace", "too small, or not aligned");
    return workspace = memory, 0;
}
int cublasGemmEx(void* handle) {
    const int EXECUTION_FAILED = 13;
    if (workspace == NULL) fail("cublasGemmEx", "would allocate");
    return work("cublasGemmEx", of_products) ? EXECUTION_FAILED : 0;
}
