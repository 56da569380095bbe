// AdamW, with the weights that the products read written beside; and the norm of all gradients.

// parts[block] += the sum of squares of the block's share of a gradient. The grid is the same for all
// tensors, which are launched one after the other.
extern "C" __global__ void squares(const float* gradient, double* parts, u64 n) {
    double sum = 0.0;
    for (u64 i = first_element(); i < n; i += all_threads()) {
        sum += (double)gradient[i] * (double)gradient[i];
    }
    sum = block_sum_double(sum);
    if (threadIdx.x == 0) parts[blockIdx.x] += sum;
}

/// A step of one number; the moments are those after it.
__device__ inline float adamw_step(
    float weight, float g, float* mean, float* square, float beta1, float beta2, float eps, float keep,
    float rate, float unbias) {
    *mean = beta1 * *mean + (1.0f - beta1) * g;
    *square = beta2 * *square + (1.0f - beta2) * g * g;
    return weight * keep - rate * *mean / (sqrtf(*square) * unbias + eps);
}

extern "C" __global__ void adamw(
    float* weight, ELEMENT* copy, const float* gradient, float* mean, float* square, u64 n,
    float scale, float beta1, float beta2, float eps, float keep, float rate, float unbias) {
    for (u64 i = first_element(); i < n; i += all_threads()) {
        float g = gradient[i] * scale;
        weight[i] = adamw_step(
            weight[i], g, &mean[i], &square[i], beta1, beta2, eps, keep, rate, unbias);
        put(&copy[i], weight[i]);
    }
}

/// Bits that look random, from the position of a number and the update (MurmurHash3's finaliser).
__device__ inline u32 random_bits(u64 i, u32 update) {
    u64 hash = i * 0x9e3779b97f4a7c15ull + update;
    hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccdull;
    hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53ull;
    return (u32)(hash >> 32);
}

/// Rounds up or down, each as probable as x is near: the mean of many is x. For finite x.
__device__ inline void put_at_random(bf16* out, float x, u32 random) {
    out->bits = (u16)((__float_as_uint(x) + (random & 0xffffu)) >> 16);
}

// The same with moments in bf16. Rounded to the nearest, small changes of a moment would all be lost.
extern "C" __global__ void adamw_bf16(
    float* weight, ELEMENT* copy, const float* gradient, bf16* mean, bf16* square, u64 n,
    float scale, float beta1, float beta2, float eps, float keep, float rate, float unbias, u32 update) {
    for (u64 i = first_element(); i < n; i += all_threads()) {
        float m = wide(mean[i]), s = wide(square[i]), g = gradient[i] * scale;
        weight[i] = adamw_step(weight[i], g, &m, &s, beta1, beta2, eps, keep, rate, unbias);
        put(&copy[i], weight[i]);
        u32 random = random_bits(i, update);
        put_at_random(&mean[i], m, random);
        put_at_random(&square[i], s, random >> 16);
    }
}
