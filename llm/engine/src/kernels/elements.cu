// Casts, element by element, and sums of parts.

// Rounds to the type of activations.
extern "C" __global__ void cast(const float* x, ELEMENT* y, u64 n) {
    for (u64 i = first_element(); i < n; i += all_threads()) put(&y[i], x[i]);
}

// sum[c] += sum_s parts[s, c]. One thread a column, slices in order: the same bits each run.
extern "C" __global__ void sum_slices(const float* parts, float* sum, u32 slices, u32 width) {
    u64 c = first_element();
    if (c >= width) return;
    float total = 0.0f;
    for (u32 slice = 0; slice < slices; slice++) total += parts[(u64)slice * width + c];
    sum[c] += total;
}
