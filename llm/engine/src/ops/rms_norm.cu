// y[t, c] = w[c] x[t, c] / sqrt(mean x[t]^2 + eps). One block a row.

__device__ inline float inverse_rms(const ELEMENT* x, u32 width, float eps) {
    float squares = 0.0f;
    for (u32 c = threadIdx.x; c < width; c += blockDim.x) squares += wide(x[c]) * wide(x[c]);
    return 1.0f / sqrtf(block_sum(squares) / (float)width + eps);
}

extern "C" __global__ void rms_norm(
    const ELEMENT* x, const ELEMENT* weight, ELEMENT* y, u32 width, float eps) {
    x += (u64)blockIdx.x * width;
    y += (u64)blockIdx.x * width;
    float r = inverse_rms(x, width, eps);
    for (u32 c = threadIdx.x; c < width; c += blockDim.x) {
        put(&y[c], wide(weight[c]) * (wide(x[c]) * r));
    }
}

// dx = r (w dy - x r^2 mean(x w dy)), or dx += with `add`; `inverse` keeps r of each row for the
// gradient of the weight.
extern "C" __global__ void rms_norm_backward(
    const ELEMENT* x, const ELEMENT* weight, const ELEMENT* dy, ELEMENT* dx, float* inverse,
    u32 width, float eps, u32 add) {
    u64 at = (u64)blockIdx.x * width;
    x += at;
    dy += at;
    dx += at;
    float r = inverse_rms(x, width, eps);
    float product = 0.0f;
    for (u32 c = threadIdx.x; c < width; c += blockDim.x) {
        product += wide(x[c]) * wide(weight[c]) * wide(dy[c]);
    }
    float shared = r * r * block_sum(product) / (float)width;
    for (u32 c = threadIdx.x; c < width; c += blockDim.x) {
        float before = add ? wide(dx[c]) : 0.0f;
        put(&dx[c], before + r * (wide(weight[c]) * wide(dy[c]) - wide(x[c]) * shared));
    }
    if (threadIdx.x == 0) inverse[blockIdx.x] = r;
}

// parts[s, c] = sum_t dy[t, c] x[t, c] r[t] over the rows of slice s. One thread a column of a slice,
// rows in order: the same bits each run.
extern "C" __global__ void rms_norm_backward_weight(
    const ELEMENT* x, const ELEMENT* dy, const float* inverse, float* parts, u32 rows, u32 width) {
    u64 c = first_element();
    if (c >= width) return;
    float sum = 0.0f;
    for (u32 t = slice_begin(rows); t < slice_end(rows); t++) {
        u64 at = (u64)t * width + c;
        sum += wide(dy[at]) * wide(x[at]) * inverse[t];
    }
    parts[(u64)blockIdx.y * width + c] = sum;
}
