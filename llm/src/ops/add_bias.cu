// A bias added to every row of x, [t, width]. One block a row.

extern "C" __global__ void add_bias(
    const ELEMENT* x, const ELEMENT* bias, ELEMENT* y, u32 width) {
    x += (u64)blockIdx.x * width;
    y += (u64)blockIdx.x * width;
    for (u32 c = threadIdx.x; c < width; c += blockDim.x) put(&y[c], wide(x[c]) + wide(bias[c]));
}

// dbias[c] += sum_t dy[t, c]. One thread a column, rows in order: the same bits each run.
extern "C" __global__ void add_bias_backward(
    const ELEMENT* dy, float* dbias, u32 rows, u32 width) {
    u64 c = first_element();
    if (c >= width) return;
    float sum = 0.0f;
    for (u32 t = 0; t < rows; t++) sum += wide(dy[(u64)t * width + c]);
    dbias[c] += sum;
}
