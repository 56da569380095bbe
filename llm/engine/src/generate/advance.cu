// From one decoding step to the next: what was drawn is stored, and becomes the next new token of its
// sequence, a position further. One block; threads share the rows.
//
// clock holds the step, the number of steps, and the number of sequences: rows behind them are padding
// and stay as they are. drawn is [rows], numbers [3, rows], uniforms [steps, rows]; the rest is what the next
// step reads, [rows], of which a sequence's positions lie at slots[begin..begin + count]. results is
// [steps, 4, rows]: tokens, and the bits of the numbers.
extern "C" __global__ void advance_rows(
    const u32* drawn, const float* numbers, const double* uniforms, const u32* slots, const u32* begin,
    u32* clock, double* uniform, u32* tokens, u32* positions, u32* slot_mapping, u32* count, u32* results,
    u32 rows) {
    u32 step = clock[0], steps = clock[1], sequences = clock[2];
    __syncthreads();
    if (step >= steps) return;
    if (threadIdx.x == 0) clock[0] = step + 1;
    results += (u64)step * 4 * rows;
    for (u32 row = threadIdx.x; row < rows; row += blockDim.x) {
        results[row] = drawn[row];
        for (u32 i = 0; i < 3; i++) {
            results[(i + 1) * rows + row] = __float_as_uint(numbers[i * rows + row]);
        }
        // Behind the last token nothing is reserved.
        if (row >= sequences || step + 1 == steps) continue;
        // If no token could be drawn, the sequence is over, but its row continues with an arbitrary
        // token.
        tokens[row] = drawn[row] == ~0u ? 0 : drawn[row];
        positions[row] += 1;
        slot_mapping[row] = slots[begin[row] + count[row]];
        count[row] += 1;
        uniform[row] = uniforms[(u64)(step + 1) * rows + row];
    }
}
