// Attention of new tokens to a cache, as cached_attention.cu, for bf16 and heads 64 or 128 wide, up to 8
// of them to a head of keys. It is bound by memory: keys and values are fetched once, 16 bytes a lane,
// for all heads that read them. One block a token, head of keys and share of the positions; 16 lanes
// hold a key, and every 16 lanes have a softmax of their own, merged at the end.

const u32 LANES = 16, STREAMS = 8, BATCH = 4;

/// `N` numbers of bf16 that lie together.
template <u32 N> struct alignas(2 * N) Numbers {
    u32 words[N / 2];
};

template <u32 N> __device__ inline float number(const Numbers<N>& numbers, u32 i) {
    u32 word = numbers.words[i / 2];
    return __uint_as_float(i % 2 ? word & 0xffff0000u : word << 16);
}

__device__ inline float sum_of_16(float x) {
    UNROLL for (u32 lane = LANES / 2; lane > 0; lane /= 2) x += __shfl_xor_sync(~0u, x, lane);
    return x;
}

/// The running softmax of a head over some of its keys.
template <u32 OWN> struct State {
    float max, sum, out[OWN];
};

template <u32 WIDTH, u32 GROUP> __device__ inline void attend(
    float* room, const bf16* q, const bf16* k, const bf16* v, const u32* slots, u32 count, float* parts,
    float* sums, u32 heads, u32 kv_heads, u32 shares) {
    const u32 OWN = WIDTH / LANES;
    u32 lane = threadIdx.x % LANES, stream = threadIdx.x / LANES;
    u32 token = blockIdx.x, kv_head = blockIdx.y, share = blockIdx.z;
    u32 step = (count + shares - 1) / shares, from = share * step < count ? share * step : count;
    u32 to = from + step < count ? from + step : count;
    u64 head = (u64)token * heads + kv_head * GROUP;
    float query[GROUP][OWN];
    State<OWN> states[GROUP];
    UNROLL for (u32 h = 0; h < GROUP; h++) {
        auto numbers = *(const Numbers<OWN>*)(q + (head + h) * WIDTH + lane * OWN);
        states[h].max = -infinity();
        states[h].sum = 0.0f;
        UNROLL for (u32 c = 0; c < OWN; c++) {
            query[h][c] = number(numbers, c) / sqrtf((float)WIDTH);
            states[h].out[c] = 0.0f;
        }
    }
    u64 column = kv_head * WIDTH + lane * OWN, stride = (u64)kv_heads * WIDTH;
    // All lanes go through the loop as often, since they exchange numbers in it.
    for (u32 at = from; at < to; at += STREAMS * BATCH) {
        Numbers<OWN> keys[BATCH], values[BATCH];
        bool inside[BATCH];
        UNROLL for (u32 i = 0; i < BATCH; i++) {
            u32 key = at + stream * BATCH + i;
            inside[i] = key < to;
            u64 row = slots[inside[i] ? key : from] * stride + column;
            keys[i] = *(const Numbers<OWN>*)(k + row);
            values[i] = *(const Numbers<OWN>*)(v + row);
        }
        UNROLL for (u32 h = 0; h < GROUP; h++) {
            State<OWN>& state = states[h];
            float scores[BATCH], most = state.max;
            UNROLL for (u32 i = 0; i < BATCH; i++) {
                float score = 0.0f;
                UNROLL for (u32 c = 0; c < OWN; c++) score += query[h][c] * number(keys[i], c);
                scores[i] = sum_of_16(score);
                if (inside[i]) most = fmaxf(most, scores[i]);
            }
            // A stream may have no key at all: its maximum stays −∞, and nothing is added.
            float shift = most > -infinity() ? most : 0.0f, keep = expf(state.max - shift);
            state.sum *= keep;
            UNROLL for (u32 c = 0; c < OWN; c++) state.out[c] *= keep;
            UNROLL for (u32 i = 0; i < BATCH; i++) {
                float weight = inside[i] ? expf(scores[i] - shift) : 0.0f;
                state.sum += weight;
                UNROLL for (u32 c = 0; c < OWN; c++) state.out[c] += weight * number(values[i], c);
            }
            state.max = most;
        }
    }
    float* merged = room + STREAMS * GROUP * 2;
    UNROLL for (u32 h = 0; h < GROUP; h++) {
        u32 index = stream * GROUP + h;
        room[2 * index] = states[h].max;
        room[2 * index + 1] = states[h].sum;
        UNROLL for (u32 c = 0; c < OWN; c++) merged[index * WIDTH + lane * OWN + c] = states[h].out[c];
    }
    __syncthreads();
    for (u32 i = threadIdx.x; i < GROUP * WIDTH; i += blockDim.x) {
        u32 h = i / WIDTH;
        float max = -infinity(), total = 0.0f, sum = 0.0f;
        for (u32 s = 0; s < STREAMS; s++) max = fmaxf(max, room[2 * (s * GROUP + h)]);
        float shift = max > -infinity() ? max : 0.0f;
        for (u32 s = 0; s < STREAMS; s++) {
            float weight = expf(room[2 * (s * GROUP + h)] - shift);
            total += weight * room[2 * (s * GROUP + h) + 1];
            sum += weight * merged[(s * GROUP + h) * WIDTH + i % WIDTH];
        }
        u64 out = (head + h) * shares + share;
        parts[out * WIDTH + i % WIDTH] = sum;
        if (i % WIDTH == 0) {
            sums[2 * out] = max;
            sums[2 * out + 1] = total;
        }
    }
}

template <u32 WIDTH> __device__ inline void attend_group(
    float* room, const bf16* q, const bf16* k, const bf16* v, const u32* slots, u32 count, float* parts,
    float* sums, u32 heads, u32 kv_heads, u32 shares) {
    switch (heads / kv_heads) {
#define GROUP_OF(N) \
    case N: return attend<WIDTH, N>(room, q, k, v, slots, count, parts, sums, heads, kv_heads, shares);
        GROUP_OF(1) GROUP_OF(2) GROUP_OF(3) GROUP_OF(4) GROUP_OF(5) GROUP_OF(6) GROUP_OF(7) GROUP_OF(8)
#undef GROUP_OF
    }
}

// A share without positions has the maximum −∞ and the sum 0, as in cached_attention.
extern "C" __global__ void decode_attention(
    const bf16* q, const bf16* k, const bf16* v, const u32* slots, const u32* begin, const u32* count,
    float* parts, float* sums, u32 heads, u32 kv_heads, u32 width, u32 shares) {
    __shared__ float room[STREAMS * 8 * (128 + 2)];
    slots += begin[blockIdx.x];
    u32 own = count[blockIdx.x];
    if (width == 128) {
        attend_group<128>(room, q, k, v, slots, own, parts, sums, heads, kv_heads, shares);
    } else {
        attend_group<64>(room, q, k, v, slots, own, parts, sums, heads, kv_heads, shares);
    }
}
