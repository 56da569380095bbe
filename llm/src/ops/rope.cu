// The norm of each head, if the model has one, its rotation, and its place in a cache: four warps a
// block, one head of a token each, x [t, heads, width]. Row t of `out` is slots[t]: for queries t itself,
// for keys a slot of the cache. Angles are those of the token's position. Heads are at most 256 wide.

const u32 WARPS = 4;

extern "C" __global__ void head_norm_rope(
    const ELEMENT* x, const ELEMENT* weight, const float* cos, const float* sin, const u32* positions,
    const u32* slots, ELEMENT* out, u32 rows, u32 heads, u32 width, float eps, u32 normed) {
    __shared__ float room[WARPS][256];
    u32 index = (u32)first_element() / 32, lane = threadIdx.x % 32, half = width / 2;
    if (index >= rows) return;
    float* row = room[threadIdx.x / 32];
    u32 token = index / heads, head = index % heads;
    x += (u64)index * width;
    out += ((u64)slots[token] * heads + head) * width;
    float squares = 0.0f;
    for (u32 c = lane; c < width; c += 32) squares += wide(x[c]) * wide(x[c]);
    float r = 1.0f / sqrtf(warp_sum(squares) / (float)width + eps);
    for (u32 c = lane; c < width; c += 32) {
        row[c] = normed ? wide(weight[c]) * (wide(x[c]) * r) : wide(x[c]);
    }
    __syncwarp();
    for (u32 i = lane; i < half; i += 32) {
        float a = row[i], b = row[i + half];
        u64 angle = (u64)positions[token] * half + i;
        float c = cos[angle], s = sin[angle];
        put(&out[i], a * c - b * s);
        put(&out[i + half], b * c + a * s);
    }
}

// The transpose of a rotation turns back. The gradient of the norm is rms_norm's, of heads as rows.
extern "C" __global__ void rope_backward(
    const ELEMENT* dy, const float* cos, const float* sin, const u32* positions, ELEMENT* dx, u32 rows,
    u32 heads, u32 width) {
    u32 index = (u32)first_element() / 32, token = index / heads, half = width / 2;
    if (index >= rows) return;
    dy += (u64)index * width;
    dx += (u64)index * width;
    for (u32 i = threadIdx.x % 32; i < half; i += 32) {
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
