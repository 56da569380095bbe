// Log-probabilities and entropies from a chunk of logits, [t, v] in float, which a product of the
// hidden states with the head's matrix has made. One block a row.

extern "C" __global__ void logprob_scores(
    const float* logits, const u32* targets, float* lse, float* logprobs, float* entropies, u32 vocab,
    float scale) {
    logits += (u64)blockIdx.x * vocab;
    float max = -infinity();
    for (u32 v = threadIdx.x; v < vocab; v += blockDim.x) max = fmaxf(max, logits[v] * scale);
    max = block_max(max);
    float sum = 0.0f, shifted = 0.0f;
    for (u32 v = threadIdx.x; v < vocab; v += blockDim.x) {
        float score = logits[v] * scale - max, weight = expf(score);
        sum += weight;
        // 0 times −∞: a token that cannot come adds nothing.
        shifted += weight > 0.0f ? weight * score : 0.0f;
    }
    sum = block_sum(sum);
    shifted = block_sum(shifted);
    if (threadIdx.x != 0) return;
    float log_sum = logf(sum);
    lse[blockIdx.x] = max + log_sum;
    logprobs[blockIdx.x] = logits[targets[blockIdx.x]] * scale - max - log_sum;
    // -sum p log p, with log p = shifted score - log sum.
    entropies[blockIdx.x] = log_sum - shifted / sum;
}

// dL/dlogit[v] = (a (1{v = target} - p) - b p (log p + H)) scale, with a and b the weights of the row's
// log-probability and entropy H.
extern "C" __global__ void logprob_backward(
    const float* logits, const u32* targets, const float* lse, const float* entropies, const float* a,
    const float* b, ELEMENT* gradient, u32 vocab, float scale) {
    u32 row = blockIdx.x;
    logits += (u64)row * vocab;
    gradient += (u64)row * vocab;
    for (u32 v = threadIdx.x; v < vocab; v += blockDim.x) {
        float logprob = logits[v] * scale - lse[row], p = expf(logprob);
        float of_entropy = p > 0.0f ? b[row] * p * (logprob + entropies[row]) : 0.0f;
        float hit = v == targets[row] ? 1.0f : 0.0f;
        put(&gradient[v], scale * (a[row] * (hit - p) - of_entropy));
    }
}
