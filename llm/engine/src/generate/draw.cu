// One token from each row of logits, [t, v] in float: the inverse of the cumulative distribution at a
// uniform number, after temperature, top-k, top-p and min-p. One block a row. A row that holds NaN or
// +inf, or nothing finite, gets the token 0xffffffff.

__device__ inline float weight_of(float logit, float max, float scale, float least) {
    float weight = expf((logit - max) * scale);
    return weight < least ? 0.0f : weight;
}

/// The number, or the sum, of the weights that are at least `bound`.
__device__ inline double mass(
    const float* logits, u32 vocab, float max, float scale, float bound, bool count) {
    double sum = 0.0;
    for (u32 v = threadIdx.x; v < vocab; v += blockDim.x) {
        float weight = weight_of(logits[v], max, scale, bound);
        if (weight > 0.0f) sum += count ? 1.0 : (double)weight;
    }
    return block_sum_double(sum);
}

/// The largest bound from `least` up whose mass reaches `target`, or `least`. Bits of positive floats
/// are in the order of the floats, so that the search is over integers.
__device__ inline float reaching(
    const float* logits, u32 vocab, float max, float scale, float least, bool count, double target) {
    u32 low = __float_as_uint(least), high = __float_as_uint(1.0f);
    while (low < high) {
        u32 middle = low + (high - low + 1) / 2;
        bool reached = mass(logits, vocab, max, scale, __uint_as_float(middle), count) >= target;
        if (reached) low = middle;
        else high = middle - 1;
    }
    return __uint_as_float(low);
}

/// The lowest token with the largest logit, in every thread.
__device__ inline u32 greedy(const float* logits, u32 vocab, float max) {
    __shared__ u32 best;
    if (threadIdx.x == 0) best = vocab;
    __syncthreads();
    for (u32 v = threadIdx.x; v < vocab; v += blockDim.x) {
        if (logits[v] == max) {
            atomicMin(&best, v);
            break;
        }
    }
    __syncthreads();
    return best;
}

/// The token at which the sum of the weights passes `uniform` of the total, in thread 0.
__device__ inline u32 invert(
    const float* logits, u32 vocab, float max, float scale, float least, double uniform,
    double* total) {
    __shared__ double sums[1024];
    u32 chunk = (vocab + blockDim.x - 1) / blockDim.x;
    u32 from = threadIdx.x * chunk < vocab ? threadIdx.x * chunk : vocab;
    u32 to = from + chunk < vocab ? from + chunk : vocab;
    double own = 0.0;
    for (u32 v = from; v < to; v++) own += (double)weight_of(logits[v], max, scale, least);
    sums[threadIdx.x] = own;
    __syncthreads();
    if (threadIdx.x != 0) return 0;
    *total = 0.0;
    for (u32 i = 0; i < blockDim.x; i++) *total += sums[i];
    double rest = uniform * *total;
    u32 part = 0, token = 0;
    while (part + 1 < blockDim.x && rest >= sums[part]) rest -= sums[part++];
    // Rounding at the very end: the last part that has a weight.
    while (part > 0 && sums[part] == 0.0) part--;
    for (u32 v = part * chunk; v < vocab && v < (part + 1) * chunk; v++) {
        float weight = weight_of(logits[v], max, scale, least);
        if (weight == 0.0f) continue;
        token = v;
        rest -= (double)weight;
        if (rest < 0.0) break;
    }
    return token;
}

extern "C" __global__ void draw(
    const float* logits, const double* uniforms, u32* tokens, float* logprobs, float* model_logprobs,
    float* entropies, u32 vocab, float temperature, u32 top_k, float top_p, float min_p) {
    u32 row = blockIdx.x;
    logits += (u64)row * vocab;
    float max = -infinity(), bad = 0.0f;
    for (u32 v = threadIdx.x; v < vocab; v += blockDim.x) {
        if (!is_logit(logits[v])) bad = 1.0f;
        max = fmaxf(max, logits[v]);
    }
    max = block_max(max);
    bad = block_sum(bad);
    if (bad > 0.0f || !(max > -infinity())) {
        if (threadIdx.x == 0) {
            tokens[row] = ~0u;
            logprobs[row] = model_logprobs[row] = entropies[row] = __uint_as_float(0x7fc00000u);
        }
        return;
    }
    float sum = 0.0f, shifted = 0.0f;
    for (u32 v = threadIdx.x; v < vocab; v += blockDim.x) {
        float score = logits[v] - max, weight = expf(score);
        sum += weight;
        shifted += weight > 0.0f ? weight * score : 0.0f;
    }
    sum = block_sum(sum);
    shifted = block_sum(shifted);
    float log_sum = logf(sum), logprob = 0.0f;
    u32 token;
    if (temperature == 0.0f) {
        token = greedy(logits, vocab, max);
    } else {
        // The lowest temperatures have no finite inverse.
        float scale = fminf(1.0f / temperature, __uint_as_float(0x7f7fffffu)), least = 0.0f;
        if (top_k > 0 && top_k < vocab) {
            least = reaching(logits, vocab, max, scale, least, true, (double)top_k);
        }
        if (top_p < 1.0f) {
            double all = mass(logits, vocab, max, scale, least, false);
            least = reaching(logits, vocab, max, scale, least, false, (double)top_p * all);
        }
        least = fmaxf(least, min_p);
        double total = 0.0;
        token = invert(logits, vocab, max, scale, least, uniforms[row], &total);
        if (threadIdx.x == 0) {
            double score = ((double)logits[token] - (double)max) / (double)temperature;
            logprob = (float)(score - log(total));
        }
    }
    if (threadIdx.x != 0) return;
    tokens[row] = token;
    logprobs[row] = logprob;
    model_logprobs[row] = logits[token] - max - log_sum;
    entropies[row] = log_sum - shifted / sum;
}
