// The norm of each head, if the model has one, and its rotation; and the gradient of the rotation. Four
// warps a block, one head of a token each. Angles are those of the token's position. Heads are at most
// 256 wide.

const u32 WARPS = 4;

/// Normalises a head of which each lane has every 32nd number in `row`.
__device__ inline void norm_head(float* row, const ELEMENT* weight, u32 width, float eps) {
    u32 lane = threadIdx.x % 32;
    float squares = 0.0f;
    for (u32 c = lane; c < width; c += 32) squares += row[c] * row[c];
    float r = 1.0f / sqrtf(warp_sum(squares) / (float)width + eps);
    for (u32 c = lane; c < width; c += 32) row[c] = wide(weight[c]) * (row[c] * r);
}

/// Rotates the head that the lanes of a warp have in `row`.
__device__ inline void rotate_head(
    const float* row, const float* cos, const float* sin, u32 position, ELEMENT* out, u32 width) {
    u32 half = width / 2;
    __syncwarp();
    for (u32 i = threadIdx.x % 32; i < half; i += 32) {
        float a = row[i], b = row[i + half];
        u64 angle = (u64)position * half + i;
        float c = cos[angle], s = sin[angle];
        put(&out[i], a * c - b * s);
        put(&out[i + half], b * c + a * s);
    }
}

// x and out are [t, heads, width].
extern "C" __global__ void head_norm_rope(
    const ELEMENT* x, const ELEMENT* weight, const float* cos, const float* sin, const u32* positions,
    ELEMENT* out, u32 rows, u32 heads, u32 width, float eps, u32 normed) {
    __shared__ float room[WARPS][256];
    u32 index = (u32)first_element() / 32;
    if (index >= rows) return;
    float* row = room[threadIdx.x / 32];
    u64 at = (u64)index * width;
    for (u32 c = threadIdx.x % 32; c < width; c += 32) row[c] = wide(x[at + c]);
    if (normed) norm_head(row, weight, width, eps);
    rotate_head(row, cos, sin, positions[index / heads], out + at, width);
}

// The same for all heads that one product gave, [t, queries + 2 keys, width], with a bias if there is
// one: queries [t, queries, width], and keys and values in row slots[t] of a cache.
extern "C" __global__ void qkv_rope_store(
    const ELEMENT* x, const ELEMENT* bias, const ELEMENT* query_norm, const ELEMENT* key_norm,
    const float* cos, const float* sin, const u32* positions, const u32* slots, ELEMENT* query,
    ELEMENT* key_cache, ELEMENT* value_cache, u32 rows, u32 queries, u32 keys, u32 width, float eps,
    u32 biased, u32 normed) {
    __shared__ float room[WARPS][256];
    u32 index = (u32)first_element() / 32, heads = queries + 2 * keys;
    if (index >= rows) return;
    float* row = room[threadIdx.x / 32];
    u32 token = index / heads, head = index % heads;
    for (u32 c = threadIdx.x % 32; c < width; c += 32) {
        ELEMENT number = x[(u64)index * width + c];
        // (Rounded to the element, as by add_bias.)
        if (biased) put(&number, wide(number) + wide(bias[head * width + c]));
        row[c] = wide(number);
    }
    u64 slot = (u64)slots[token] * keys;
    if (head >= queries + keys) {
        ELEMENT* out = value_cache + (slot + head - queries - keys) * width;
        for (u32 c = threadIdx.x % 32; c < width; c += 32) put(&out[c], row[c]);
        return;
    }
    bool is_query = head < queries;
    if (normed) norm_head(row, is_query ? query_norm : key_norm, width, eps);
    ELEMENT* out = is_query ? query + ((u64)token * queries + head) * width
                            : key_cache + (slot + head - queries) * width;
    rotate_head(row, cos, sin, positions[token], out, width);
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
