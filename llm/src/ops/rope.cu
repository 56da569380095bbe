// The norm of each head, if the model has one, its rotation, and its place in a cache: one block a
// head of a token, x [t, heads, width]. Row t of `out` is slots[t]: for queries t itself, for keys a
// slot of the cache. Angles are those of the token's position. Heads are at most 256 wide.

extern "C" __global__ void head_norm_rope(
    const ELEMENT* x, const ELEMENT* weight, const float* cos, const float* sin, const u32* positions,
    const u32* slots, ELEMENT* out, u32 heads, u32 width, float eps, u32 normed) {
    __shared__ float row[256];
    u32 token = blockIdx.x / heads, head = blockIdx.x % heads, half = width / 2;
    x += (u64)blockIdx.x * width;
    out += ((u64)slots[token] * heads + head) * width;
    float squares = 0.0f;
    for (u32 c = threadIdx.x; c < width; c += blockDim.x) squares += wide(x[c]) * wide(x[c]);
    float r = 1.0f / sqrtf(block_sum(squares) / (float)width + eps);
    for (u32 c = threadIdx.x; c < width; c += blockDim.x) {
        row[c] = normed ? wide(weight[c]) * (wide(x[c]) * r) : wide(x[c]);
    }
    __syncthreads();
    for (u32 i = threadIdx.x; i < half; i += blockDim.x) {
        float a = row[i], b = row[i + half];
        u64 angle = (u64)positions[token] * half + i;
        float c = cos[angle], s = sin[angle];
        put(&out[i], a * c - b * s);
        put(&out[i + half], b * c + a * s);
    }
}

// The transpose of a rotation turns back. The gradient of the norm is rms_norm's, of heads as rows.
extern "C" __global__ void rope_backward(
    const ELEMENT* dy, const float* cos, const float* sin, const u32* positions, ELEMENT* dx, u32 heads,
    u32 width) {
    u32 token = blockIdx.x / heads, half = width / 2;
    dy += (u64)blockIdx.x * width;
    dx += (u64)blockIdx.x * width;
    for (u32 i = threadIdx.x; i < half; i += blockDim.x) {
        float a = wide(dy[i]), b = wide(dy[i + half]);
        u64 angle = (u64)positions[token] * half + i;
        float c = cos[angle], s = sin[angle];
        put(&dx[i], a * c + b * s);
        put(&dx[i + half], b * c - a * s);
    }
}

// Row t of `rows`, `width` numbers, becomes row slots[t] of the cache. One block a row.
extern "C" __global__ void cache_write(
    const ELEMENT* rows, const u32* slots, ELEMENT* cache, u32 width) {
    rows += (u64)blockIdx.x * width;
    cache += (u64)slots[blockIdx.x] * width;
    for (u32 c = threadIdx.x; c < width; c += blockDim.x) cache[c] = rows[c];
}
