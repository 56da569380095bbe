// A bias added to every row of x, [t, width]. One block a row.

extern "C" __global__ void add_bias(
    const ELEMENT* x, const ELEMENT* bias, ELEMENT* y, u32 width) {
    x += (u64)blockIdx.x * width;
    y += (u64)blockIdx.x * width;
    for (u32 c = threadIdx.x; c < width; c += blockDim.x) put(&y[c], wide(x[c]) + wide(bias[c]));
}

// parts[s, c] = sum_t dy[t, c] over the rows of slice s. One thread a column of a slice, rows in order:
// the same bits each run.
extern "C" __global__ void add_bias_backward(
    const ELEMENT* dy, float* parts, u32 rows, u32 width) {
    u64 c = first_element();
    if (c >= width) return;
    float sum = 0.0f;
    for (u32 t = slice_begin(rows); t < slice_end(rows); t++) sum += wide(dy[(u64)t * width + c]);
    parts[(u64)blockIdx.y * width + c] = sum;
}
