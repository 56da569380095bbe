// Products of small matrices of bf16 on tensor cores, with sums in float. A warp holds a matrix in
// fragments: lane 4 g + t has the numbers 2 t and 2 t + 1 of row g of every 8 by 8 part.
//
// EMULATED stands for a C++ compiler, with functions of its own of the same names.

/// 16 bytes, which are loaded at once.
struct ALIGNED_16 Quad {
    u32 words[4];
};

#ifndef EMULATED
/// Before a loop whose arrays are to stay in registers.
#define UNROLL _Pragma("unroll")
/// Of a kernel: its registers are to leave room for four blocks of 128 threads at a time.
#define FOUR_BLOCKS __launch_bounds__(128, 4)

/// Two numbers in one word, the first in its lower half.
__device__ inline u32 pack(float first, float second) {
    u32 word;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(second), "f"(first));
    return word;
}

__device__ inline u32 shared_address(const void* at) {
    u32 address;
    asm("{ .reg .u64 a; cvta.to.shared.u64 a, %1; cvt.u32.u64 %0, a; }" : "=r"(address) : "l"(at));
    return address;
}

/// Four 8 by 8 matrices from shared memory: lane l names row l % 8 of matrix l / 8.
__device__ inline void load_matrices(u32* parts, const bf16* row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(parts[0]), "=r"(parts[1]), "=r"(parts[2]), "=r"(parts[3])
                 : "r"(shared_address(row))
                 : "memory");
}

/// The same, each matrix transposed.
__device__ inline void load_transposed(u32* parts, const bf16* row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(parts[0]), "=r"(parts[1]), "=r"(parts[2]), "=r"(parts[3])
                 : "r"(shared_address(row))
                 : "memory");
}

/// sum += a b, for a of 16 by 16 and b of 16 by 8.
__device__ inline void multiply_add(float* sum, const u32* a, const u32* b) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
        "{%8, %9}, {%0, %1, %2, %3};"
        : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
#endif
