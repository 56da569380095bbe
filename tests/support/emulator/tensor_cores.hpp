// Tensor cores on the CPU: what llm/engine/src/kernels/tensor_cores.cuh does with a GPU's instructions.
#pragma once

#define UNROLL
#define FOUR_BLOCKS

/// What the lanes of a warp show each other.
static unsigned shown[1024][8];
static const bf16* shown_rows[1024];

static unsigned* of_lane(unsigned lane) { return shown[threadIdx.x / 32 * 32 + lane]; }

static unsigned pack(float first, float second) {
    bf16 pair[2];
    put(&pair[0], first);
    put(&pair[1], second);
    return pair[0].bits | (unsigned)pair[1].bits << 16;
}

/// Number `column` of row `row` of the matrix whose rows the lanes from 8 `matrix` on name.
static unsigned number(unsigned matrix, unsigned row, unsigned column) {
    return shown_rows[threadIdx.x / 32 * 32 + 8 * matrix + row][column].bits;
}

static void load_parts(unsigned* parts, const bf16* row, bool transposed) {
    if ((uintptr_t)row % 16 != 0) fail("a row of a matrix at an address that 16 does not divide");
    shown_rows[threadIdx.x] = row;
    wait_at(AT_WARP);
    unsigned g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
    for (unsigned m = 0; m < 4; m++) {
        unsigned first = transposed ? number(m, 2 * t, g) : number(m, g, 2 * t);
        unsigned second = transposed ? number(m, 2 * t + 1, g) : number(m, g, 2 * t + 1);
        parts[m] = first | second << 16;
    }
    wait_at(AT_WARP);
}

static void load_matrices(unsigned* parts, const bf16* row) { load_parts(parts, row, false); }
static void load_transposed(unsigned* parts, const bf16* row) { load_parts(parts, row, true); }

static float half_of(unsigned word, unsigned which) {
    return __uint_as_float(which ? word & 0xffff0000u : word << 16);
}

static void multiply_add(float* sum, const unsigned* a, const unsigned* b) {
    memcpy(shown[threadIdx.x], a, 16);
    memcpy(shown[threadIdx.x] + 4, b, 8);
    wait_at(AT_WARP);
    unsigned g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
    for (unsigned e = 0; e < 4; e++) {
        unsigned column = 2 * t + e % 2;
        for (unsigned k = 0; k < 16; k++) {
            // Parts of a: rows 0 to 7, rows 8 to 15, and both again for the second 8 columns.
            unsigned part = e / 2 + k / 8 * 2, lane = k % 8 / 2;
            float left = half_of(of_lane(4 * g + lane)[part], k % 2);
            float right = half_of(of_lane(4 * column + lane)[4 + k / 8], k % 2);
            sum[e] += left * right;
        }
    }
    wait_at(AT_WARP);
}
