// y = silu(gate) up, element by element.

__device__ inline float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

extern "C" __global__ void swiglu(const ELEMENT* gate, const ELEMENT* up, ELEMENT* y, u64 n) {
    for (u64 i = first_element(); i < n; i += all_threads()) {
        float g = wide(gate[i]);
        put(&y[i], g * sigmoid(g) * wide(up[i]));
    }
}

// d/dgate = up s (1 + g (1 - s)) and d/dup = g s, each times dy, with s = sigmoid(g).
extern "C" __global__ void swiglu_backward(
    const ELEMENT* gate, const ELEMENT* up, const ELEMENT* dy, ELEMENT* dgate, ELEMENT* dup, u64 n) {
    for (u64 i = first_element(); i < n; i += all_threads()) {
        float g = wide(gate[i]), u = wide(up[i]), d = wide(dy[i]), s = sigmoid(g);
        put(&dgate[i], d * u * s * (1.0f + g * (1.0f - s)));
        put(&dup[i], d * g * s);
    }
}
