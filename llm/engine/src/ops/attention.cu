// Causal attention over packed sequences, q [t, h, width], k and v [t, kv, width]. Four warps a block,
// one query of a head each. Row t sees the rows slots[begin[t]..begin[t] + count[t]]: those of a shared
// prompt, then its own.

const u32 WARPS = 4;

extern "C" __global__ void attention(
    const ELEMENT* q, const ELEMENT* k, const ELEMENT* v, const u32* slots, const u32* begin,
    const u32* count, ELEMENT* out, float* lse, u32 rows, u32 heads, u32 kv_heads, u32 width) {
    __shared__ float query[WARPS][256];
    u32 warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    u32 index = blockIdx.x * WARPS + warp;
    if (index >= rows * heads) return;
    u32 token = index / heads, kv_head = index % heads / (heads / kv_heads);
    load_row(query[warp], q + (u64)index * width, width);
    Softmax state = attend(
        query[warp], k + kv_head * width, v + kv_head * width, slots + begin[token], 0, count[token],
        kv_heads * width, width);
    for (u32 i = 0; i < COLUMNS; i++) {
        u32 c = lane + 32 * i;
        if (c < width) put(&out[(u64)index * width + c], state.out[i] / state.sum);
    }
    if (lane == 0) lse[index] = state.max + logf(state.sum);
}

// With P the attention weights and delta = sum P dout v of a row: dS = P (dout v - delta),
// dq = dS k / sqrt(width). Writes delta, [t, h], for the gradients of keys and values. (It is sum dout out
// as well, but `out` is rounded, and where dout v hardly differs that is most of the difference.)
extern "C" __global__ void attention_backward_query(
    const ELEMENT* q, const ELEMENT* k, const ELEMENT* v, const u32* slots, const u32* begin,
    const u32* count, const ELEMENT* dout, const float* lse, ELEMENT* dq, float* delta, u32 rows,
    u32 heads, u32 kv_heads, u32 width) {
    __shared__ float query[WARPS][256], gradient[WARPS][256];
    u32 warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    u32 index = blockIdx.x * WARPS + warp;
    if (index >= rows * heads) return;
    u32 token = index / heads, kv_head = index % heads / (heads / kv_heads);
    u64 own = (u64)index * width;
    float scale = 1.0f / sqrtf((float)width), product = 0.0f;
    load_row(query[warp], q + own, width);
    load_row(gradient[warp], dout + own, width);
    for (u32 at = lane; at < count[token]; at += 32) {
        u64 row = ((u64)slots[begin[token] + at] * kv_heads + kv_head) * width;
        float p = expf(scale * dot(query[warp], k + row, width) - lse[index]);
        product += p * dot(gradient[warp], v + row, width);
    }
    product = warp_sum(product);
    float sum[COLUMNS] = {0.0f};
    for (u32 at = 0; at < count[token]; at += 32) {
        u32 tile = count[token] - at < 32 ? count[token] - at : 32;
        u64 row = 0;
        float ds = 0.0f;
        if (lane < tile) {
            row = ((u64)slots[begin[token] + at + lane] * kv_heads + kv_head) * width;
            float p = expf(scale * dot(query[warp], k + row, width) - lse[index]);
            ds = p * (dot(gradient[warp], v + row, width) - product) * scale;
        }
        for (u32 key = 0; key < tile; key++) {
            float of_key = __shfl_sync(~0u, ds, key);
            u64 row_of_key = __shfl_sync(~0u, row, key);
            for (u32 i = 0; i < COLUMNS; i++) {
                u32 c = lane + 32 * i;
                if (c < width) sum[i] += of_key * wide(k[row_of_key + c]);
            }
        }
    }
    for (u32 i = 0; i < COLUMNS; i++) {
        u32 c = lane + 32 * i;
        if (c < width) put(&dq[own + c], sum[i]);
    }
    if (lane == 0) delta[index] = product;
}

// dv = P^T dout and dk = dS^T q / sqrt(width). One warp a key of a head: it is seen by the rows from
// its own up to last[t], which follow each other since branches lie behind their trunk. Nothing is
// added to by two warps, and the bits are the same each run.
extern "C" __global__ void attention_backward_key(
    const ELEMENT* q, const ELEMENT* k, const ELEMENT* v, const u32* last, const ELEMENT* dout,
    const float* lse, const float* delta, ELEMENT* dk, ELEMENT* dv, u32 rows, u32 heads, u32 kv_heads,
    u32 width) {
    __shared__ float key[WARPS][256], value[WARPS][256];
    u32 warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    u32 index = blockIdx.x * WARPS + warp;
    if (index >= rows * kv_heads) return;
    u32 token = index / kv_heads, kv_head = index % kv_heads, group = heads / kv_heads;
    u64 own = (u64)index * width;
    float scale = 1.0f / sqrtf((float)width);
    load_row(key[warp], k + own, width);
    load_row(value[warp], v + own, width);
    float of_key[COLUMNS] = {0.0f}, of_value[COLUMNS] = {0.0f};
    u32 queries = (last[token] + 1 - token) * group;
    for (u32 at = 0; at < queries; at += 32) {
        u32 tile = queries - at < 32 ? queries - at : 32;
        u64 row = 0;
        float p = 0.0f, ds = 0.0f;
        if (lane < tile) {
            u32 query = at + lane;
            u64 head = (u64)(token + query / group) * heads + kv_head * group + query % group;
            row = head * width;
            p = expf(scale * dot(key[warp], q + row, width) - lse[head]);
            ds = p * (dot(value[warp], dout + row, width) - delta[head]) * scale;
        }
        for (u32 query = 0; query < tile; query++) {
            float p_of_query = __shfl_sync(~0u, p, query), ds_of_query = __shfl_sync(~0u, ds, query);
            u64 row_of_query = __shfl_sync(~0u, row, query);
            for (u32 i = 0; i < COLUMNS; i++) {
                u32 c = lane + 32 * i;
                if (c >= width) continue;
                of_value[i] += p_of_query * wide(dout[row_of_query + c]);
                of_key[i] += ds_of_query * wide(q[row_of_query + c]);
            }
        }
    }
    for (u32 i = 0; i < COLUMNS; i++) {
        u32 c = lane + 32 * i;
        if (c >= width) continue;
        put(&dk[own + c], of_key[i]);
        put(&dv[own + c], of_value[i]);
    }
}
