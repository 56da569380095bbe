// Runs kernels on the CPU: each thread of a block is a fiber, which runs until it waits for others.
//
// Stricter than a GPU: memory ends at a page that cannot be touched, what a kernel only reads cannot
// be written, shared memory holds NaN when a block begins, and threads that wait for others which
// never come are an error. Threads run in the order of their numbers or against it; a kernel whose
// result depends on that lacks a barrier.
#pragma once

#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <tuple>
#include <type_traits>
#include <vector>

#define EMULATED
#define __global__
#define __device__ static
#define __shared__ static __attribute__((section("block_memory")))

struct Dim {
    unsigned x, y, z;
};
static Dim gridDim, blockDim, blockIdx, threadIdx;

// So that the section is there in a program without shared memory.
__shared__ char block_memory_begins[1] __attribute__((used));
extern char __start_block_memory[], __stop_block_memory[];

[[noreturn]] static void fail(const char* what) {
    fprintf(stderr, "block %u,%u,%u, thread %u: %s\n", blockIdx.x, blockIdx.y, blockIdx.z, threadIdx.x, what);
    exit(1);
}

// ---- Contexts -----------------------------------------------------------------------------------

#if defined(__x86_64__)
// A stack whose top holds the registers that a call must keep: some ten times as fast as ucontext,
// which asks the kernel of the system at every switch.
typedef void* Context;
extern "C" void switch_stacks(Context* from, Context to);
asm(R"(
.text
.local switch_stacks
switch_stacks:
    push %rbp; push %rbx; push %r12; push %r13; push %r14; push %r15
    mov %rsp, (%rdi)
    mov %rsi, %rsp
    pop %r15; pop %r14; pop %r13; pop %r12; pop %rbx; pop %rbp
    ret
)");

static void switch_to(Context& from, Context& to) { switch_stacks(&from, to); }

static void prepare(Context& context, std::vector<char>& stack, void (*main)()) {
    // As if `main` had been called: its stack is aligned but for a return address.
    uintptr_t top = (uintptr_t)(stack.data() + stack.size()) & ~(uintptr_t)15;
    void** at = (void**)top - 8;
    memset(at, 0, 8 * sizeof *at);
    at[6] = (void*)main;
    context = at;
}
#else
typedef ucontext_t Context;

static void switch_to(Context& from, Context& to) { swapcontext(&from, &to); }

static void prepare(Context& context, std::vector<char>& stack, void (*main)()) {
    getcontext(&context);
    context.uc_stack.ss_sp = stack.data();
    context.uc_stack.ss_size = stack.size();
    makecontext(&context, main, 0);
}
#endif

// ---- Threads ------------------------------------------------------------------------------------

enum State { READY, AT_WARP, AT_BLOCK, DONE };
struct Fiber {
    Context context;
    State state;
    std::vector<char> stack;
};
static std::vector<Fiber> fibers;
static Context scheduler;
static std::function<void()> kernel_call;
static char lanes[1024][8];

static void fiber_main() {
    kernel_call();
    fibers[threadIdx.x].state = DONE;
    switch_to(fibers[threadIdx.x].context, scheduler);
}

static void wait_at(State barrier) {
    Fiber& self = fibers[threadIdx.x];
    self.state = barrier;
    switch_to(self.context, scheduler);
}

static void __syncthreads() { wait_at(AT_BLOCK); }
static void __syncwarp() { wait_at(AT_WARP); }

/// Lets threads from `first` on go if all of them wait at the barrier.
static bool release(size_t first, size_t n, State barrier) {
    for (size_t i = first; i < first + n; i++) {
        if (fibers[i].state != barrier) return false;
    }
    for (size_t i = first; i < first + n; i++) fibers[i].state = READY;
    return true;
}

/// Fibers for the threads of a block. They stay, for their stacks are dear.
static void hire() {
    while (fibers.size() < blockDim.x) {
        fibers.emplace_back();
        fibers.back().stack.resize(1 << 16);
    }
}

static void run_block(bool backwards) {
    memset(__start_block_memory, 0xff, __stop_block_memory - __start_block_memory);
    size_t n = blockDim.x;
    for (size_t i = 0; i < n; i++) {
        prepare(fibers[i].context, fibers[i].stack, fiber_main);
        fibers[i].state = READY;
    }
    for (size_t done = 0; done < n;) {
        for (size_t i = 0; i < n; i++) {
            size_t thread = backwards ? n - 1 - i : i;
            if (fibers[thread].state != READY) continue;
            threadIdx.x = thread;
            switch_to(scheduler, fibers[thread].context);
        }
        done = 0;
        for (size_t i = 0; i < n; i++) done += fibers[i].state == DONE;
        if (done == n) break;
        bool released = release(0, n, AT_BLOCK);
        for (size_t warp = 0; warp < n; warp += 32) released |= release(warp, 32, AT_WARP);
        if (!released) fail("threads wait for others that never come");
    }
}

// ---- What kernels call --------------------------------------------------------------------------

template <class T> static T exchange(unsigned mask, T value, unsigned source) {
    if (mask != ~0u) fail("a shuffle of some lanes only");
    memcpy(lanes[threadIdx.x], &value, sizeof value);
    wait_at(AT_WARP);
    memcpy(&value, lanes[threadIdx.x / 32 * 32 + source % 32], sizeof value);
    wait_at(AT_WARP);
    return value;
}
template <class T> static T __shfl_sync(unsigned mask, T value, unsigned lane) {
    return exchange(mask, value, lane);
}
template <class T> static T __shfl_xor_sync(unsigned mask, T value, unsigned lane) {
    return exchange(mask, value, threadIdx.x % 32 ^ lane);
}
static float __uint_as_float(unsigned bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}
static unsigned __float_as_uint(float x) {
    unsigned bits;
    memcpy(&bits, &x, sizeof x);
    return bits;
}
static unsigned atomicMin(unsigned* at, unsigned value) {
    unsigned old = *at;
    if (value < old) *at = value;
    return old;
}

// ---- Arguments ----------------------------------------------------------------------------------

static void read_all(void* into, size_t bytes) {
    if (bytes > 0 && fread(into, bytes, 1, stdin) != 1) fail("arguments end early");
}

/// Memory that ends where a page begins that cannot be touched.
struct Memory {
    char* pages;
    size_t size, bytes;
    char* begin() const { return pages + size - bytes; }
};
static std::vector<Memory> written;

/// An argument as it stands in the input: its length in bytes, then the bytes.
template <class A> static A argument() {
    uint64_t bytes = 0;
    read_all(&bytes, sizeof bytes);
    if constexpr (std::is_pointer_v<A>) {
        size_t page = sysconf(_SC_PAGESIZE), size = (bytes + page - 1) / page * page + page;
        void* pages = mmap(nullptr, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (pages == MAP_FAILED) fail("no memory");
        Memory memory{(char*)pages, size, bytes};
        memset(memory.pages, 0xff, size);
        read_all(memory.begin(), bytes);
        bool constant = std::is_const_v<std::remove_pointer_t<A>>;
        mprotect(memory.pages, size, constant ? PROT_READ : PROT_READ | PROT_WRITE);
        mprotect(memory.pages + size, page, PROT_NONE);
        if (!constant) written.push_back(memory);
        return (A)memory.begin();
    } else {
        A value;
        if (bytes != sizeof value) fail("an argument of another size");
        read_all(&value, sizeof value);
        return value;
    }
}

static bool backwards;

/// Reads the arguments of a kernel, runs all its blocks, and writes what its outputs hold.
template <class... A> static void launch(void (*kernel)(A...)) {
    std::tuple<A...> arguments{argument<A>()...};
    kernel_call = [&] { std::apply(kernel, arguments); };
    hire();
    for (blockIdx.z = 0; blockIdx.z < gridDim.z; blockIdx.z++)
        for (blockIdx.y = 0; blockIdx.y < gridDim.y; blockIdx.y++)
            for (blockIdx.x = 0; blockIdx.x < gridDim.x; blockIdx.x++) run_block(backwards);
    for (const Memory& memory : written) {
        for (const char* at = memory.pages; at < memory.begin(); at++) {
            if (*at != (char)0xff) fail("a write before the memory of an argument");
        }
        fwrite(memory.begin(), 1, memory.bytes, stdout);
    }
}

/// Runs all blocks of a kernel on memory that is there already; each argument is a word.
template <class... A> static void call(void (*kernel)(A...), const uint64_t* words) {
    auto argument = [&](auto* value) { memcpy(value, words++, sizeof *value); };
    std::tuple<A...> arguments;
    std::apply([&](auto&... each) { (argument(&each), ...); }, arguments);
    kernel_call = [&] { std::apply(kernel, arguments); };
    hire();
    for (blockIdx.z = 0; blockIdx.z < gridDim.z; blockIdx.z++)
        for (blockIdx.y = 0; blockIdx.y < gridDim.y; blockIdx.y++)
            for (blockIdx.x = 0; blockIdx.x < gridDim.x; blockIdx.x++) run_block(false);
}

struct Kernel {
    const char* name;
    void (*run)();
    void (*call)(const uint64_t* words);
};

/// A launch in the process that loaded this as a library; false for a kernel that is not there.
static bool emulate(
    const char* name, const unsigned* grid, unsigned threads, const uint64_t* words,
    const std::vector<Kernel>& kernels) {
    gridDim = {grid[0], grid[1], grid[2]};
    blockDim = {threads, 1, 1};
    for (const Kernel& kernel : kernels) {
        if (strcmp(kernel.name, name) != 0) continue;
        kernel.call(words);
        return true;
    }
    return false;
}

/// `emulator KERNEL GRID_X GRID_Y GRID_Z THREADS ORDER`, arguments at the standard input.
static int emulate(int argc, char** argv, const std::vector<Kernel>& kernels) {
    if (argc != 7) fail("usage: emulator KERNEL GRID_X GRID_Y GRID_Z THREADS ORDER");
    gridDim = {(unsigned)atoi(argv[2]), (unsigned)atoi(argv[3]), (unsigned)atoi(argv[4])};
    blockDim = {(unsigned)atoi(argv[5]), 1, 1};
    backwards = strcmp(argv[6], "backwards") == 0;
    if (blockDim.x == 0 || blockDim.x % 32 != 0 || blockDim.x > 1024) fail("threads of no whole warps");
    for (const Kernel& kernel : kernels) {
        if (strcmp(kernel.name, argv[1]) != 0) continue;
        kernel.run();
        return 0;
    }
    fail("no such kernel");
}
