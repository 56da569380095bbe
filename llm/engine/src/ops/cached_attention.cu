// Attention of one new token of each sequence to a cache, [slots, kv, width]: what generation spends
// its time on. One block a sequence, head of keys and share of the positions; one warp a query head of
// the group, so that keys and values are fetched once for all of them. The shares are then merged.

extern "C" __global__ void cached_attention(
    const ELEMENT* q, const ELEMENT* k, const ELEMENT* v, const u32* slots, const u32* begin,
    const u32* count, float* parts, float* sums, u32 heads, u32 kv_heads, u32 width, u32 shares) {
    __shared__ float query[32][256];
    u32 warp = threadIdx.x / 32, lane = threadIdx.x % 32, group = heads / kv_heads;
    u32 token = blockIdx.x, kv_head = blockIdx.y, share = blockIdx.z;
    u32 index = token * heads + kv_head * group + warp;
    u32 keys = count[token], step = (keys + shares - 1) / shares;
    u32 from = share * step < keys ? share * step : keys;
    u32 to = from + step < keys ? from + step : keys;
    load_row(query[warp], q + (u64)index * width, width);
    Softmax state = attend(
        query[warp], k + kv_head * width, v + kv_head * width, slots + begin[token], from, to,
        kv_heads * width, width);
    u64 at = (u64)index * shares + share;
    for (u32 i = 0; i < COLUMNS; i++) {
        u32 c = lane + 32 * i;
        if (c < width) parts[at * width + c] = state.out[i];
    }
    if (lane == 0) {
        sums[2 * at] = state.max;
        sums[2 * at + 1] = state.sum;
    }
}

// One block a head of a token. A share without positions has the sum 0.
extern "C" __global__ void merge_shares(
    const float* parts, const float* sums, ELEMENT* out, u32 width, u32 shares) {
    u64 index = blockIdx.x;
    float max = -infinity(), total = 0.0f;
    for (u32 share = 0; share < shares; share++) {
        max = fmaxf(max, sums[2 * (index * shares + share)]);
    }
    for (u32 share = 0; share < shares; share++) {
        u64 at = index * shares + share;
        total += sums[2 * at + 1] * expf(sums[2 * at] - max);
    }
    for (u32 c = threadIdx.x; c < width; c += blockDim.x) {
        float sum = 0.0f;
        for (u32 share = 0; share < shares; share++) {
            u64 at = index * shares + share;
            sum += parts[at * width + c] * expf(sums[2 * at] - max);
        }
        put(&out[index * width + c], sum / total);
    }
}
