// AdamW in f32, with the weights that the products read written beside; and the norm of all gradients,
// without a word to the host.

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

// The norm, and what gradients are multiplied by to be no longer than `longest`; 0, at which weights
// stay as they are, where the norm is no finite number. One block.
extern "C" __global__ void clip_scale(
    const double* parts, double* norm, float* scale, u32 n, float longest) {
    double sum = 0.0;
    for (u32 i = threadIdx.x; i < n; i += blockDim.x) sum += parts[i];
    sum = sqrt(block_sum_double(sum));
    if (threadIdx.x != 0) return;
    *norm = sum;
    bool finite = sum < (double)infinity();
    *scale = !finite ? 0.0f : sum > (double)longest ? (float)((double)longest / sum) : 1.0f;
}

extern "C" __global__ void adamw(
    float* weight, ELEMENT* copy, const float* gradient, float* mean, float* square, const float* scale,
    u64 n, float beta1, float beta2, float eps, float keep, float rate, float unbias) {
    if (*scale == 0.0f) return;
    for (u64 i = first_element(); i < n; i += all_threads()) {
        float g = gradient[i] * *scale;
        mean[i] = beta1 * mean[i] + (1.0f - beta1) * g;
        square[i] = beta2 * square[i] + (1.0f - beta2) * g * g;
        weight[i] = weight[i] * keep - rate * mean[i] / (sqrtf(square[i]) * unbias + eps);
        put(&copy[i], weight[i]);
    }
}
