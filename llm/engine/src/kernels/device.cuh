// What every kernel on a GPU begins with. No header of CUDA's is included, so that a kernel compiles
// wherever the NVRTC library is, and with a C++ compiler against tests/support/emulator.
//
// ELEMENT is the type of weights and activations, float or bf16; a source is compiled once for each.
// Sums are always in float. Blocks have a multiple of 32 threads.

typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

/// 16 bytes, which a GPU reads and writes at once where 16 divides the address.
#ifdef EMULATED
#define ALIGNED_16
#else
#define ALIGNED_16 alignas(16)
#endif
template <class T> struct ALIGNED_16 Pack {
    T at[16 / sizeof(T)];
};

struct bf16 {
    u16 bits;
};

__device__ inline float wide(float x) { return x; }
__device__ inline float wide(bf16 x) { return __uint_as_float((u32)x.bits << 16); }

__device__ inline void put(float* out, float x) { *out = x; }

/// Rounds to the nearest, ties to even. NaN stays NaN.
__device__ inline void put(bf16* out, float x) {
    u32 bits = __float_as_uint(x);
    if ((bits & 0x7fffffffu) > 0x7f800000u) {
        out->bits = (u16)(bits >> 16 | 0x40u);
    } else {
        out->bits = (u16)((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
    }
}

__device__ inline float infinity() { return __uint_as_float(0x7f800000u); }

/// Whether x is a number or −∞: what a logit may be.
__device__ inline bool is_logit(float x) { return x < infinity(); }

__device__ inline float warp_sum(float x) {
    for (u32 lane = 16; lane > 0; lane /= 2) x += __shfl_xor_sync(~0u, x, lane);
    return x;
}

__device__ inline float warp_max(float x) {
    for (u32 lane = 16; lane > 0; lane /= 2) x = fmaxf(x, __shfl_xor_sync(~0u, x, lane));
    return x;
}

/// The sum of x over the block, in every thread; the same bits in each run.
__device__ inline float block_sum(float x) {
    __shared__ float parts[32];
    x = warp_sum(x);
    __syncthreads();
    if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = x;
    __syncthreads();
    float sum = 0.0f;
    for (u32 warp = 0; warp < blockDim.x / 32; warp++) sum += parts[warp];
    return sum;
}

/// As block_sum, in double.
__device__ inline double block_sum_double(double x) {
    __shared__ double parts[32];
    for (u32 lane = 16; lane > 0; lane /= 2) x += __shfl_xor_sync(~0u, x, lane);
    __syncthreads();
    if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = x;
    __syncthreads();
    double sum = 0.0;
    for (u32 warp = 0; warp < blockDim.x / 32; warp++) sum += parts[warp];
    return sum;
}

/// The largest x of the block, in every thread. NaN is passed over.
__device__ inline float block_max(float x) {
    __shared__ float parts[32];
    x = warp_max(x);
    __syncthreads();
    if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = x;
    __syncthreads();
    float most = parts[0];
    for (u32 warp = 1; warp < blockDim.x / 32; warp++) most = fmaxf(most, parts[warp]);
    return most;
}

/// The first element of a thread that goes over many, and the way to its next.
__device__ inline u64 first_element() { return (u64)blockIdx.x * blockDim.x + threadIdx.x; }
__device__ inline u64 all_threads() { return (u64)gridDim.x * blockDim.x; }

/// The rows of the slice that is this block's in y.
__device__ inline u32 slice_begin(u32 rows) { return (u32)((u64)rows * blockIdx.y / gridDim.y); }
__device__ inline u32 slice_end(u32 rows) { return (u32)((u64)rows * (blockIdx.y + 1) / gridDim.y); }
