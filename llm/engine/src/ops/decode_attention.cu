// Attention of new tokens to a cache, as cached_attention.cu, for bf16 and heads 64 or 128 wide. It is
// bound by memory: keys and values are fetched 16 bytes a lane, for up to 4 heads that read them. One
// block a token, such heads, and a share of the positions; 16 lanes hold a key, and every 16 lanes have
// a separate softmax, merged at the end. The last share is that of positions which a token has in common
// with others, see `prefix_attention`.

const u32 LANES = 16, STREAMS = 8, BATCH = 4, MOST_HEADS = 4;
const u32 WARPS = STREAMS / 2;

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

/// Adds the state of the warp's other 16 lanes.
template <u32 OWN> __device__ inline void merge_with_neighbour(State<OWN>& state) {
    float max = fmaxf(state.max, __shfl_xor_sync(~0u, state.max, LANES));
    float weight = expf(state.max - (max > -infinity() ? max : 0.0f));
    state.max = max;
    state.sum *= weight;
    state.sum += __shfl_xor_sync(~0u, state.sum, LANES);
    UNROLL for (u32 c = 0; c < OWN; c++) {
        state.out[c] *= weight;
        state.out[c] += __shfl_xor_sync(~0u, state.out[c], LANES);
    }
}

/// What a block computes: some heads of a token, and the positions of its share.
struct Part {
    u64 head;
    u32 kv_head, from, to, shares, share;
};

template <u32 WIDTH, u32 GROUP> __device__ inline void attend(
    float* room, const bf16* q, const bf16* k, const bf16* v, const u32* slots, Part part, float* parts,
    float* sums, u32 kv_heads) {
    const u32 OWN = WIDTH / LANES;
    u32 lane = threadIdx.x % LANES, stream = threadIdx.x / LANES, from = part.from, to = part.to;
    u64 head = part.head;
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
    u64 column = part.kv_head * WIDTH + lane * OWN, stride = (u64)kv_heads * WIDTH;
    // Slots are fetched a turn ahead of what lies in them.
    u32 next[BATCH];
    auto fetch = [&](u32 at) {
        UNROLL for (u32 i = 0; i < BATCH; i++) {
            u32 key = at + stream * BATCH + i;
            next[i] = slots[key < to ? key : from];
        }
    };
    if (from < to) fetch(from);
    // All lanes go through the loop as often, since they exchange numbers in it.
    for (u32 at = from; at < to; at += STREAMS * BATCH) {
        Numbers<OWN> keys[BATCH], values[BATCH];
        bool inside[BATCH];
        UNROLL for (u32 i = 0; i < BATCH; i++) {
            inside[i] = at + stream * BATCH + i < to;
            u64 row = next[i] * stride + column;
            keys[i] = *(const Numbers<OWN>*)(k + row);
            values[i] = *(const Numbers<OWN>*)(v + row);
        }
        if (at + STREAMS * BATCH < to) fetch(at + STREAMS * BATCH);
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
    float* merged = room + WARPS * GROUP * 2;
    UNROLL for (u32 h = 0; h < GROUP; h++) {
        State<OWN>& state = states[h];
        merge_with_neighbour(state);
        if (stream % 2 != 0) continue;
        u32 index = stream / 2 * GROUP + h;
        room[2 * index] = state.max;
        room[2 * index + 1] = state.sum;
        UNROLL for (u32 c = 0; c < OWN; c++) merged[index * WIDTH + lane * OWN + c] = state.out[c];
    }
    __syncthreads();
    for (u32 i = threadIdx.x; i < GROUP * WIDTH; i += blockDim.x) {
        u32 h = i / WIDTH;
        float max = -infinity(), total = 0.0f, sum = 0.0f;
        for (u32 s = 0; s < WARPS; s++) max = fmaxf(max, room[2 * (s * GROUP + h)]);
        float shift = max > -infinity() ? max : 0.0f;
        for (u32 s = 0; s < WARPS; s++) {
            float weight = expf(room[2 * (s * GROUP + h)] - shift);
            total += weight * room[2 * (s * GROUP + h) + 1];
            sum += weight * merged[(s * GROUP + h) * WIDTH + i % WIDTH];
        }
        u64 out = (head + h) * part.shares + part.share;
        parts[out * WIDTH + i % WIDTH] = sum;
        if (i % WIDTH == 0) {
            sums[2 * out] = max;
            sums[2 * out + 1] = total;
        }
    }
}

template <u32 WIDTH> __device__ inline void attend_group(
    u32 group, float* room, const bf16* q, const bf16* k, const bf16* v, const u32* slots, Part part,
    float* parts, float* sums, u32 kv_heads) {
    switch (group) {
        case 1: return attend<WIDTH, 1>(room, q, k, v, slots, part, parts, sums, kv_heads);
        case 2: return attend<WIDTH, 2>(room, q, k, v, slots, part, parts, sums, kv_heads);
        case 3: return attend<WIDTH, 3>(room, q, k, v, slots, part, parts, sums, kv_heads);
        case 4: return attend<WIDTH, 4>(room, q, k, v, slots, part, parts, sums, kv_heads);
    }
}

// The first skip[t] positions of a token are left out: they are those of its prefix. A share without
// positions has the maximum −∞ and the sum 0, and so has the last one of a token without a prefix.
extern "C" __global__ void FOUR_BLOCKS decode_attention(
    const bf16* q, const bf16* k, const bf16* v, const u32* slots, const u32* begin, const u32* count,
    const u32* skip, float* parts, float* sums, u32 heads, u32 kv_heads, u32 width, u32 shares) {
    __shared__ float room[WARPS * MOST_HEADS * (128 + 2)];
    u32 token = blockIdx.x, group = heads / kv_heads, turns = (group + MOST_HEADS - 1) / MOST_HEADS;
    u32 kv_head = blockIdx.y / turns, first = blockIdx.y % turns * MOST_HEADS;
    u32 own = group - first < MOST_HEADS ? group - first : MOST_HEADS;
    u32 before = skip[token], keys = count[token] - before;
    u32 step = (keys + shares - 2) / (shares - 1);
    Part part;
    part.head = (u64)token * heads + kv_head * group + first;
    part.kv_head = kv_head;
    part.shares = shares;
    part.share = blockIdx.z;
    part.from = before + (blockIdx.z * step < keys ? blockIdx.z * step : keys);
    part.to = part.from + step < count[token] ? part.from + step : count[token];
    slots += begin[token];
    if (before == 0 && blockIdx.z == 0) {
        for (u32 i = threadIdx.x; i < own * width; i += blockDim.x) {
            u64 last = (part.head + i / width) * shares + shares - 1;
            parts[last * width + i % width] = 0.0f;
            sums[2 * last] = -infinity();
            sums[2 * last + 1] = 0.0f;
        }
    }
    if (width == 128) attend_group<128>(own, room, q, k, v, slots, part, parts, sums, kv_heads);
    else attend_group<64>(own, room, q, k, v, slots, part, parts, sums, kv_heads);
}
