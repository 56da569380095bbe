// Rows of a table by token. One block a row.

extern "C" __global__ void embedding(
    const u32* tokens, const ELEMENT* table, ELEMENT* y, u32 width) {
    table += (u64)tokens[blockIdx.x] * width;
    y += (u64)blockIdx.x * width;
    for (u32 c = threadIdx.x; c < width; c += blockDim.x) y[c] = table[c];
}

// sum[token] += dy of all rows that have the token: rows[begin[i]..begin[i + 1]] are those of
// distinct[i]. One block a token, its rows in order: no two blocks add to one number, and the bits are
// the same each run.
extern "C" __global__ void embedding_backward(
    const u32* distinct, const u32* begin, const u32* rows, const ELEMENT* dy, float* sum, u32 width) {
    sum += (u64)distinct[blockIdx.x] * width;
    for (u32 c = threadIdx.x; c < width; c += blockDim.x) {
        float total = 0.0f;
        for (u32 i = begin[blockIdx.x]; i < begin[blockIdx.x + 1]; i++) {
            total += wide(dy[(u64)rows[i] * width + c]);
        }
        sum[c] += total;
    }
}
