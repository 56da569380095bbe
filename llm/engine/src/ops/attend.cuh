// The rows of an attention: shared by the kernels that train and the one that generates.
//
// One warp a query of a head. Keys go by in tiles of 32: each lane scores one of them, and then each
// lane adds up every 32nd column of the values. Heads are at most 256 wide, 8 columns a lane.

const u32 COLUMNS = 8;

/// The running softmax of a query.
struct Softmax {
    float max, sum;
    float out[COLUMNS];
};

__device__ inline float dot(const float* a, const ELEMENT* b, u32 width) {
    float sum = 0.0f;
    for (u32 c = 0; c < width; c++) sum += a[c] * wide(b[c]);
    return sum;
}

/// Copies a row into the memory of the warp.
__device__ inline void load_row(float* into, const ELEMENT* row, u32 width) {
    for (u32 c = threadIdx.x % 32; c < width; c += 32) into[c] = wide(row[c]);
    __syncwarp();
}

/// Attention of `query` to the keys and values at slots[from..to], whose rows are `stride` apart.
__device__ inline Softmax attend(
    const float* query, const ELEMENT* keys, const ELEMENT* values, const u32* slots, u32 from, u32 to,
    u32 stride, u32 width) {
    u32 lane = threadIdx.x % 32;
    float scale = 1.0f / sqrtf((float)width);
    Softmax state;
    state.max = -infinity();
    state.sum = 0.0f;
    for (u32 i = 0; i < COLUMNS; i++) state.out[i] = 0.0f;
    for (u32 at = from; at < to; at += 32) {
        bool inside = at + lane < to;
        u64 row = inside ? (u64)slots[at + lane] * stride : 0;
        float score = inside ? scale * dot(query, keys + row, width) : -infinity();
        // A tile has a key, so `max` is a number unless a score is NaN; then the sum is NaN.
        float max = fmaxf(state.max, warp_max(score));
        float weight = inside ? expf(score - max) : 0.0f;
        float keep = expf(state.max - max);
        state.sum = state.sum * keep + warp_sum(weight);
        state.max = max;
        for (u32 i = 0; i < COLUMNS; i++) state.out[i] *= keep;
        u32 tile = to - at < 32 ? to - at : 32;
        for (u32 key = 0; key < tile; key++) {
            float of_key = __shfl_sync(~0u, weight, key);
            u64 row_of_key = __shfl_sync(~0u, row, key);
            for (u32 i = 0; i < COLUMNS; i++) {
                u32 c = lane + 32 * i;
                if (c < width) state.out[i] += of_key * wide(values[row_of_key + c]);
            }
        }
    }
    return state;
}
