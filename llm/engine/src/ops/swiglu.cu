// y = silu(gate) up, element by element, 16 bytes at a time.

const u32 PACK = 16 / sizeof(ELEMENT);

__device__ inline float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

__device__ inline void forward(ELEMENT gate, ELEMENT up, ELEMENT* y) {
    float g = wide(gate);
    put(y, g * sigmoid(g) * wide(up));
}

__device__ inline void forward_pack(const ELEMENT* gate, const ELEMENT* up, ELEMENT* y, u64 i) {
    Pack<ELEMENT> g = ((const Pack<ELEMENT>*)gate)[i], u = ((const Pack<ELEMENT>*)up)[i], out;
    for (u32 at = 0; at < PACK; at++) forward(g.at[at], u.at[at], &out.at[at]);
    ((Pack<ELEMENT>*)y)[i] = out;
}

extern "C" __global__ void swiglu(const ELEMENT* gate, const ELEMENT* up, ELEMENT* y, u64 n) {
    for (u64 i = first_element(); i < n / PACK; i += all_threads()) forward_pack(gate, up, y, i);
    for (u64 i = n / PACK * PACK + first_element(); i < n; i += all_threads()) {
        forward(gate[i], up[i], &y[i]);
    }
}

// The same for rows that one product gave, gate and up one behind the other, x [t, 2 width]. Blocks of
// a row in y.
extern "C" __global__ void swiglu_rows(const ELEMENT* x, ELEMENT* y, u32 width) {
    const ELEMENT *gate = x + (u64)blockIdx.x * 2 * width, *up = gate + width;
    u32 first = blockIdx.y * blockDim.x + threadIdx.x, threads = gridDim.y * blockDim.x;
    y += (u64)blockIdx.x * width;
    // Rows of other widths do not begin where 16 divides the address.
    u32 packs = width % PACK == 0 ? width / PACK : 0;
    for (u32 i = first; i < packs; i += threads) forward_pack(gate, up, y, i);
    for (u32 i = packs * PACK + first; i < width; i += threads) forward(gate[i], up[i], &y[i]);
}

// d/dgate = up s (1 + g (1 - s)) and d/dup = g s, each times dy, with s = sigmoid(g).
__device__ inline void backward(ELEMENT gate, ELEMENT up, ELEMENT dy, ELEMENT* dgate, ELEMENT* dup) {
    float g = wide(gate), d = wide(dy), s = sigmoid(g);
    put(dgate, d * wide(up) * s * (1.0f + g * (1.0f - s)));
    put(dup, d * g * s);
}

extern "C" __global__ void swiglu_backward(
    const ELEMENT* gate, const ELEMENT* up, const ELEMENT* dy, ELEMENT* dgate, ELEMENT* dup, u64 n) {
    for (u64 i = first_element(); i < n / PACK; i += all_threads()) {
        Pack<ELEMENT> g = ((const Pack<ELEMENT>*)gate)[i], u = ((const Pack<ELEMENT>*)up)[i];
        Pack<ELEMENT> d = ((const Pack<ELEMENT>*)dy)[i], of_gate, of_up;
        for (u32 at = 0; at < PACK; at++) {
            backward(g.at[at], u.at[at], d.at[at], &of_gate.at[at], &of_up.at[at]);
        }
        ((Pack<ELEMENT>*)dgate)[i] = of_gate;
        ((Pack<ELEMENT>*)dup)[i] = of_up;
    }
    for (u64 i = n / PACK * PACK + first_element(); i < n; i += all_threads()) {
        backward(gate[i], up[i], dy[i], &dgate[i], &dup[i]);
    }
}
