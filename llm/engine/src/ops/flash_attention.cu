// Causal attention over packed sequences on tensor cores, for heads 64 or 128 wide: what attention.cu
// computes, a tile of 64 rows at a time. A block has four warps of 16 rows each.
//
// Keys go by in tiles, with a running softmax; the backward computes the weights again from the
// logarithm of their sum. The queries of a prompt that many completions share are cut into pieces, which
// are summed afterwards. No two blocks add to one number, and the bits are the same each run.
//
// Source: Dao, "FlashAttention-2" (arXiv 2307.08691).

const u32 THREADS = 128, ROWS = 64, QUERY_KEYS = 32, KEY_QUERIES = 16, PAD = 8;
const float LOG2_E = 1.4426950408889634f, LN_2 = 0.6931471805599453f;

/// Rows of one sequence that follow each other, and what they see: `shared` rows from `trunk` on, then
/// those from `own` to themselves. The rows up to `last` see them.
struct Tile {
    u32 first, rows, trunk, shared, own, last;
};

/// A tile in shared memory; the padding keeps rows out of each other's banks.
template <u32 WIDTH> using Rows = bf16 (*)[WIDTH + PAD];

/// Copies rows of a head into shared memory; those past `count` become zeros. All loads are issued
/// before the first is waited for.
template <u32 WIDTH, u32 COUNT, class RowOf> __device__ inline void load_rows(
    Rows<WIDTH> into, const bf16* from, u32 stride, u32 count, RowOf row_of) {
    const u32 quads = WIDTH / 8, each = COUNT * quads / THREADS;
    Quad loaded[each];
    UNROLL for (u32 i = 0; i < each; i++) {
        u32 at = threadIdx.x + i * THREADS, row = at / quads;
        loaded[i] = {{0, 0, 0, 0}};
        if (row < count) {
            loaded[i] = *(const Quad*)(from + (u64)row_of(row) * stride + at % quads * 8);
        }
    }
    UNROLL for (u32 i = 0; i < each; i++) {
        u32 at = threadIdx.x + i * THREADS;
        *(Quad*)&into[at / quads][at % quads * 8] = loaded[i];
    }
}

/// The parts of 16 rows of a tile, as the left factor of a product.
template <u32 WIDTH> __device__ inline void load_left(u32* a, Rows<WIDTH> tile, u32 row, u32 step) {
    u32 lane = threadIdx.x % 32;
    load_matrices(a, &tile[row + lane % 16][16 * step + lane / 16 * 8]);
}

/// The parts of 16 rows of a tile as columns of the right factor: two factors of 8 columns.
template <u32 WIDTH> __device__ inline void load_columns(u32* b, Rows<WIDTH> tile, u32 row, u32 step) {
    u32 lane = threadIdx.x % 32;
    load_matrices(b, &tile[row + lane % 8 + lane / 16 * 8][16 * step + lane / 8 % 2 * 8]);
}

/// The parts of 16 rows of a tile as rows of the right factor: two factors of 8 columns.
template <u32 WIDTH> __device__ inline void load_right(u32* b, Rows<WIDTH> tile, u32 row, u32 column) {
    u32 lane = threadIdx.x % 32;
    load_transposed(b, &tile[row + lane % 16][column + lane / 16 * 8]);
}

/// Sums of a product in fragments, as the left factor of the next.
__device__ inline void as_left(u32* a, const float (*sums)[4]) {
    a[0] = pack(sums[0][0], sums[0][1]);
    a[1] = pack(sums[0][2], sums[0][3]);
    a[2] = pack(sums[1][0], sums[1][1]);
    a[3] = pack(sums[1][2], sums[1][3]);
}

/// sums += left · rows of a tile, for `WIDTH` columns.
template <u32 WIDTH> __device__ inline void add_product(
    float (*sums)[4], const u32* left, Rows<WIDTH> tile, u32 row) {
    UNROLL for (u32 column = 0; column < WIDTH / 16; column++) {
        u32 b[4];
        load_right<WIDTH>(b, tile, row, 16 * column);
        multiply_add(sums[2 * column], left, b);
        multiply_add(sums[2 * column + 1], left, b + 2);
    }
}

template <u32 N> __device__ inline void clear(float (*sums)[4]) {
    UNROLL for (u32 n = 0; n < N; n++)
        UNROLL for (u32 e = 0; e < 4; e++) sums[n][e] = 0.0f;
}

/// Writes 16 rows of sums, those below `count`.
template <u32 WIDTH> __device__ inline void store_rows(
    bf16* into, u64 stride, u32 row, u32 count, const float (*sums)[4], const float* scale) {
    u32 lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;
    UNROLL for (u32 half = 0; half < 2; half++) {
        u32 at = row + g + 8 * half;
        if (at >= count) continue;
        UNROLL for (u32 n = 0; n < WIDTH / 8; n++) {
            const float* pair = &sums[n][2 * half];
            *(u32*)(into + at * stride + 8 * n + 2 * t) = pack(pair[0] * scale[half], pair[1] * scale[half]);
        }
    }
}

__device__ inline float quad_sum(float x) {
    x += __shfl_xor_sync(~0u, x, 1);
    return x + __shfl_xor_sync(~0u, x, 2);
}

__device__ inline float quad_max(float x) {
    x = fmaxf(x, __shfl_xor_sync(~0u, x, 1));
    return fmaxf(x, __shfl_xor_sync(~0u, x, 2));
}

/// The running softmax of 16 rows, of which a lane has two.
template <u32 WIDTH> struct Running {
    float sums[WIDTH / 8][4], max[2], total[2];
};

template <u32 WIDTH> __device__ inline void begin(Running<WIDTH>& running) {
    clear<WIDTH / 8>(running.sums);
    for (u32 half = 0; half < 2; half++) {
        running.max[half] = -infinity();
        running.total[half] = 0.0f;
    }
}

/// Goes over a tile of keys, the first of which is number `at`; a row sees those below its limit, of
/// which the first key of all is one. Scores are in units of log 2.
template <u32 WIDTH> __device__ inline void attend_keys(
    Running<WIDTH>& running, const u32 (*query)[4], Rows<WIDTH> keys, Rows<WIDTH> values, u32 at,
    const u32* limits) {
    float scale = LOG2_E / sqrtf((float)WIDTH), scores[ROWS / 8][4];
    clear<ROWS / 8>(scores);
    UNROLL for (u32 step = 0; step < WIDTH / 16; step++) {
        UNROLL for (u32 pair = 0; pair < ROWS / 16; pair++) {
            u32 b[4];
            load_columns<WIDTH>(b, keys, 16 * pair, step);
            multiply_add(scores[2 * pair], query[step], b);
            multiply_add(scores[2 * pair + 1], query[step], b + 2);
        }
    }
    UNROLL for (u32 half = 0; half < 2; half++) {
        float most = running.max[half];
        UNROLL for (u32 n = 0; n < ROWS / 8; n++) {
            UNROLL for (u32 e = 2 * half; e < 2 * half + 2; e++) {
                u32 key = at + 8 * n + 2 * (threadIdx.x % 4) + e % 2;
                scores[n][e] = key < limits[half] ? scores[n][e] * scale : -infinity();
                most = fmaxf(most, scores[n][e]);
            }
        }
        most = quad_max(most);
        float keep = exp2f(running.max[half] - most), sum = 0.0f;
        running.max[half] = most;
        UNROLL for (u32 n = 0; n < ROWS / 8; n++) {
            UNROLL for (u32 e = 2 * half; e < 2 * half + 2; e++) {
                scores[n][e] = exp2f(scores[n][e] - most);
                sum += scores[n][e];
            }
        }
        running.total[half] = running.total[half] * keep + sum;
        UNROLL for (u32 n = 0; n < WIDTH / 8; n++) {
            running.sums[n][2 * half] *= keep;
            running.sums[n][2 * half + 1] *= keep;
        }
    }
    UNROLL for (u32 part = 0; part < ROWS / 16; part++) {
        u32 a[4];
        as_left(a, &scores[2 * part]);
        add_product<WIDTH>(running.sums, a, values, 16 * part);
    }
}

template <u32 WIDTH> __device__ inline void forward(
    Quad* room, const bf16* q, const bf16* k, const bf16* v, Tile tile, bf16* out, float* lse,
    u32 heads, u32 kv_heads) {
    Rows<WIDTH> keys = (Rows<WIDTH>)room, values = keys + ROWS;
    u32 head = blockIdx.y, warp = threadIdx.x / 32, lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;
    u32 stride = kv_heads * WIDTH, offset = head / (heads / kv_heads) * WIDTH;
    u32 query[WIDTH / 16][4];
    load_rows<WIDTH, ROWS>(keys, q + head * WIDTH, heads * WIDTH, tile.rows, [&](u32 row) {
        return tile.first + row;
    });
    __syncthreads();
    UNROLL for (u32 step = 0; step < WIDTH / 16; step++) load_left<WIDTH>(query[step], keys, 16 * warp, step);
    Running<WIDTH> running;
    begin(running);
    // Keys that the first row sees, and all rows together.
    u32 seen = tile.shared + (tile.first - tile.own) + 1, all = seen + tile.rows - 1;
    u32 limits[2] = {seen + 16 * warp + g, seen + 16 * warp + g + 8};
    for (u32 at = 0; at < all; at += ROWS) {
        auto key_row = [&](u32 row) {
            u32 key = at + row;
            return key < tile.shared ? tile.trunk + key : tile.own + (key - tile.shared);
        };
        __syncthreads();
        load_rows<WIDTH, ROWS>(keys, k + offset, stride, all - at, key_row);
        load_rows<WIDTH, ROWS>(values, v + offset, stride, all - at, key_row);
        __syncthreads();
        attend_keys<WIDTH>(running, query, keys, values, at, limits);
    }
    float inverse[2];
    UNROLL for (u32 half = 0; half < 2; half++) {
        float total = quad_sum(running.total[half]);
        inverse[half] = 1.0f / total;
        u32 row = 16 * warp + g + 8 * half;
        if (t == 0 && row < tile.rows) {
            lse[(u64)(tile.first + row) * heads + head] = running.max[half] * LN_2 + logf(total);
        }
    }
    u64 own = (u64)tile.first * heads * WIDTH + head * WIDTH;
    store_rows<WIDTH>(out + own, heads * WIDTH, 16 * warp, tile.rows, running.sums, inverse);
}

extern "C" __global__ void flash_attention(
    const bf16* q, const bf16* k, const bf16* v, const u32* tiles, bf16* out, float* lse, u32 heads,
    u32 kv_heads, u32 width) {
    __shared__ Quad room[2 * ROWS * (128 + PAD) / 8];
    Tile tile = ((const Tile*)tiles)[blockIdx.x];
    if (width == 128) forward<128>(room, q, k, v, tile, out, lse, heads, kv_heads);
    else forward<64>(room, q, k, v, tile, out, lse, heads, kv_heads);
}

/// New tokens, one each of `rows` samples from `first` on, that have the first `len` slots from `begin`
/// on in common: those of their prompt.
struct Prefix {
    u32 first, rows, begin, len;
};

// Attention of the new tokens of a prompt's samples to the prompt, in a cache: its keys and values are
// fetched once for all of them. Rows are the heads of samples that read the same head of keys. The
// result is the last share of each, see decode_attention.cu.
template <u32 WIDTH> __device__ inline void attend_prefix(
    Quad* room, const bf16* q, const bf16* k, const bf16* v, const u32* slots, Prefix prefix,
    float* parts, float* sums, u32 heads, u32 kv_heads, u32 shares) {
    Rows<WIDTH> keys = (Rows<WIDTH>)room, values = keys + ROWS;
    u32 kv_head = blockIdx.y, group = heads / kv_heads, first = blockIdx.z * ROWS;
    u32 warp = threadIdx.x / 32, lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;
    if (first >= prefix.rows * group) return;
    u32 count = prefix.rows * group - first < ROWS ? prefix.rows * group - first : ROWS;
    auto head_of = [&](u32 row) {
        u32 index = first + row;
        return (prefix.first + index / group) * heads + kv_head * group + index % group;
    };
    u32 query[WIDTH / 16][4];
    load_rows<WIDTH, ROWS>(keys, q, WIDTH, count, head_of);
    __syncthreads();
    UNROLL for (u32 step = 0; step < WIDTH / 16; step++) load_left<WIDTH>(query[step], keys, 16 * warp, step);
    Running<WIDTH> running;
    begin(running);
    u32 limits[2] = {prefix.len, prefix.len};
    for (u32 at = 0; at < prefix.len; at += ROWS) {
        auto key_row = [&](u32 row) { return slots[prefix.begin + at + row]; };
        __syncthreads();
        load_rows<WIDTH, ROWS>(keys, k + kv_head * WIDTH, kv_heads * WIDTH, prefix.len - at, key_row);
        load_rows<WIDTH, ROWS>(values, v + kv_head * WIDTH, kv_heads * WIDTH, prefix.len - at, key_row);
        __syncthreads();
        attend_keys<WIDTH>(running, query, keys, values, at, limits);
    }
    UNROLL for (u32 half = 0; half < 2; half++) {
        float total = quad_sum(running.total[half]);
        u32 row = 16 * warp + g + 8 * half;
        if (row >= count) continue;
        u64 out = (u64)head_of(row) * shares + shares - 1;
        if (t == 0) {
            sums[2 * out] = running.max[half] * LN_2;
            sums[2 * out + 1] = total;
        }
        UNROLL for (u32 n = 0; n < WIDTH / 8; n++) {
            UNROLL for (u32 e = 0; e < 2; e++) {
                parts[out * WIDTH + 8 * n + 2 * t + e] = running.sums[n][2 * half + e];
            }
        }
    }
}

extern "C" __global__ void prefix_attention(
    const bf16* q, const bf16* k, const bf16* v, const u32* slots, const u32* prefixes, float* parts,
    float* sums, u32 heads, u32 kv_heads, u32 width, u32 shares) {
    __shared__ Quad room[2 * ROWS * (128 + PAD) / 8];
    Prefix prefix = ((const Prefix*)prefixes)[blockIdx.x];
    if (width == 128) {
        attend_prefix<128>(room, q, k, v, slots, prefix, parts, sums, heads, kv_heads, shares);
    } else {
        attend_prefix<64>(room, q, k, v, slots, prefix, parts, sums, heads, kv_heads, shares);
    }
}

// delta[t, h] = sum dout out. One warp a head of a row.
extern "C" __global__ void flash_delta(
    const bf16* out, const bf16* dout, float* delta, u32 rows, u32 width) {
    u32 index = (u32)first_element() / 32, lane = threadIdx.x % 32;
    if (index >= rows) return;
    float sum = 0.0f;
    for (u32 c = lane; c < width; c += 32) {
        sum += wide(out[(u64)index * width + c]) * wide(dout[(u64)index * width + c]);
    }
    sum = warp_sum(sum);
    if (lane == 0) delta[index] = sum;
}

// dS = P (dout v - delta), dq = dS k / sqrt(width).
template <u32 WIDTH> __device__ inline void backward_query(
    Quad* room, const bf16* q, const bf16* k, const bf16* v, Tile tile, const bf16* dout,
    const float* lse, const float* delta, bf16* dq, u32 heads, u32 kv_heads) {
    Rows<WIDTH> keys = (Rows<WIDTH>)room, values = keys + QUERY_KEYS;
    u32 head = blockIdx.y, warp = threadIdx.x / 32, lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;
    u32 stride = kv_heads * WIDTH, offset = head / (heads / kv_heads) * WIDTH;
    u32 query[WIDTH / 16][4], gradient[WIDTH / 16][4];
    auto own_row = [&](u32 row) { return tile.first + row; };
    load_rows<WIDTH, ROWS>(keys, q + head * WIDTH, heads * WIDTH, tile.rows, own_row);
    __syncthreads();
    UNROLL for (u32 step = 0; step < WIDTH / 16; step++) load_left<WIDTH>(query[step], keys, 16 * warp, step);
    __syncthreads();
    load_rows<WIDTH, ROWS>(keys, dout + head * WIDTH, heads * WIDTH, tile.rows, own_row);
    __syncthreads();
    UNROLL for (u32 step = 0; step < WIDTH / 16; step++) load_left<WIDTH>(gradient[step], keys, 16 * warp, step);
    float scale = 1.0f / sqrtf((float)WIDTH), shift[2], product[2], ones[2] = {1.0f, 1.0f};
    UNROLL for (u32 half = 0; half < 2; half++) {
        u32 row = 16 * warp + g + 8 * half;
        u64 at = (u64)(tile.first + row) * heads + head;
        // Rows that are not there have no weights.
        shift[half] = row < tile.rows ? lse[at] * LOG2_E : infinity();
        product[half] = row < tile.rows ? delta[at] : 0.0f;
    }
    float sums[WIDTH / 8][4];
    clear<WIDTH / 8>(sums);
    u32 seen = tile.shared + (tile.first - tile.own) + 1, all = seen + tile.rows - 1;
    for (u32 at = 0; at < all; at += QUERY_KEYS) {
        auto key_row = [&](u32 row) {
            u32 key = at + row;
            return key < tile.shared ? tile.trunk + key : tile.own + (key - tile.shared);
        };
        __syncthreads();
        load_rows<WIDTH, QUERY_KEYS>(keys, k + offset, stride, all - at, key_row);
        load_rows<WIDTH, QUERY_KEYS>(values, v + offset, stride, all - at, key_row);
        __syncthreads();
        float scores[QUERY_KEYS / 8][4], of_weights[QUERY_KEYS / 8][4];
        clear<QUERY_KEYS / 8>(scores);
        clear<QUERY_KEYS / 8>(of_weights);
        UNROLL for (u32 step = 0; step < WIDTH / 16; step++) {
            UNROLL for (u32 pair = 0; pair < QUERY_KEYS / 16; pair++) {
                u32 b[4];
                load_columns<WIDTH>(b, keys, 16 * pair, step);
                multiply_add(scores[2 * pair], query[step], b);
                multiply_add(scores[2 * pair + 1], query[step], b + 2);
                load_columns<WIDTH>(b, values, 16 * pair, step);
                multiply_add(of_weights[2 * pair], gradient[step], b);
                multiply_add(of_weights[2 * pair + 1], gradient[step], b + 2);
            }
        }
        UNROLL for (u32 n = 0; n < QUERY_KEYS / 8; n++) {
            UNROLL for (u32 e = 0; e < 4; e++) {
                u32 half = e / 2, key = at + 8 * n + 2 * t + e % 2;
                bool visible = key < seen + 16 * warp + g + 8 * half;
                float p = visible ? exp2f(scores[n][e] * scale * LOG2_E - shift[half]) : 0.0f;
                scores[n][e] = p * (of_weights[n][e] - product[half]) * scale;
            }
        }
        UNROLL for (u32 part = 0; part < QUERY_KEYS / 16; part++) {
            u32 a[4];
            as_left(a, &scores[2 * part]);
            add_product<WIDTH>(sums, a, keys, 16 * part);
        }
    }
    u64 own = (u64)tile.first * heads * WIDTH + head * WIDTH;
    store_rows<WIDTH>(dq + own, heads * WIDTH, 16 * warp, tile.rows, sums, ones);
}

extern "C" __global__ void flash_backward_query(
    const bf16* q, const bf16* k, const bf16* v, const u32* tiles, const bf16* dout, const float* lse,
    const float* delta, bf16* dq, u32 heads, u32 kv_heads, u32 width) {
    __shared__ Quad room[ROWS * (128 + PAD) / 8];
    Tile tile = ((const Tile*)tiles)[blockIdx.x];
    if (width == 128) {
        backward_query<128>(room, q, k, v, tile, dout, lse, delta, dq, heads, kv_heads);
    } else {
        backward_query<64>(room, q, k, v, tile, dout, lse, delta, dq, heads, kv_heads);
    }
}

/// Some of the queries that see a tile of keys: those from `from` up to `to`.
struct Piece {
    u32 first, rows, from, to;
};

// dv = P^T dout and dk = dS^T q / sqrt(width), for a tile of keys and some of the queries that see it.
// `of_keys` and `of_values` have 64 rows for each piece and head of keys.
template <u32 WIDTH> __device__ inline void backward_key(
    Quad* room, const bf16* q, const bf16* k, const bf16* v, Piece piece, const bf16* dout,
    const float* lse, const float* delta, float* dk, float* dv, u32 heads, u32 kv_heads) {
    Rows<WIDTH> keys = (Rows<WIDTH>)room, values = keys + ROWS, queries = values + ROWS;
    Rows<WIDTH> gradients = queries + KEY_QUERIES;
    u32 kv_head = blockIdx.y, group = heads / kv_heads, offset = kv_head * WIDTH;
    u32 warp = threadIdx.x / 32, lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;
    auto own_row = [&](u32 row) { return piece.first + row; };
    load_rows<WIDTH, ROWS>(keys, k + offset, kv_heads * WIDTH, piece.rows, own_row);
    load_rows<WIDTH, ROWS>(values, v + offset, kv_heads * WIDTH, piece.rows, own_row);
    float scale = 1.0f / sqrtf((float)WIDTH);
    float of_keys[WIDTH / 8][4], of_values[WIDTH / 8][4];
    clear<WIDTH / 8>(of_keys);
    clear<WIDTH / 8>(of_values);
    for (u32 head = kv_head * group; head < (kv_head + 1) * group; head++) {
        for (u32 at = piece.from; at < piece.to; at += KEY_QUERIES) {
            auto query_row = [&](u32 row) { return at + row; };
            __syncthreads();
            u32 count = piece.to - at;
            load_rows<WIDTH, KEY_QUERIES>(queries, q + head * WIDTH, heads * WIDTH, count, query_row);
            load_rows<WIDTH, KEY_QUERIES>(gradients, dout + head * WIDTH, heads * WIDTH, count, query_row);
            __syncthreads();
            float scores[2][4], of_weights[2][4];
            clear<2>(scores);
            clear<2>(of_weights);
            UNROLL for (u32 step = 0; step < WIDTH / 16; step++) {
                u32 a[4], b[4];
                load_left<WIDTH>(a, keys, 16 * warp, step);
                load_columns<WIDTH>(b, queries, 0, step);
                multiply_add(scores[0], a, b);
                multiply_add(scores[1], a, b + 2);
                load_left<WIDTH>(a, values, 16 * warp, step);
                load_columns<WIDTH>(b, gradients, 0, step);
                multiply_add(of_weights[0], a, b);
                multiply_add(of_weights[1], a, b + 2);
            }
            UNROLL for (u32 column = 0; column < 4; column++) {
                u32 n = column / 2, query = at + 8 * n + 2 * t + column % 2;
                u64 of_query = (u64)query * heads + head;
                bool inside = query < piece.to;
                float shift = inside ? lse[of_query] : 0.0f, product = inside ? delta[of_query] : 0.0f;
                UNROLL for (u32 half = 0; half < 2; half++) {
                    u32 row = 16 * warp + g + 8 * half, e = 2 * half + column % 2;
                    bool visible = inside && row < piece.rows && query >= piece.first + row;
                    float p = visible ? exp2f((scores[n][e] * scale - shift) * LOG2_E) : 0.0f;
                    scores[n][e] = p;
                    of_weights[n][e] = p * (of_weights[n][e] - product) * scale;
                }
            }
            u32 a[4];
            as_left(a, scores);
            add_product<WIDTH>(of_values, a, gradients, 0);
            as_left(a, of_weights);
            add_product<WIDTH>(of_keys, a, queries, 0);
        }
    }
    u64 own = ((u64)blockIdx.x * kv_heads + kv_head) * ROWS * WIDTH;
    UNROLL for (u32 half = 0; half < 2; half++) {
        u64 row = own + (16 * warp + g + 8 * half) * WIDTH;
        UNROLL for (u32 n = 0; n < WIDTH / 8; n++) {
            UNROLL for (u32 e = 0; e < 2; e++) {
                dk[row + 8 * n + 2 * t + e] = of_keys[n][2 * half + e];
                dv[row + 8 * n + 2 * t + e] = of_values[n][2 * half + e];
            }
        }
    }
}

extern "C" __global__ void flash_backward_key(
    const bf16* q, const bf16* k, const bf16* v, const u32* pieces, const bf16* dout, const float* lse,
    const float* delta, float* dk, float* dv, u32 heads, u32 kv_heads, u32 width) {
    __shared__ Quad room[2 * (ROWS + KEY_QUERIES) * (128 + PAD) / 8];
    Piece piece = ((const Piece*)pieces)[blockIdx.x];
    if (width == 128) {
        backward_key<128>(room, q, k, v, piece, dout, lse, delta, dk, dv, heads, kv_heads);
    } else {
        backward_key<64>(room, q, k, v, piece, dout, lse, delta, dk, dv, heads, kv_heads);
    }
}

/// A tile of keys, and its pieces: `count` from `begin` on.
struct Pieces {
    u32 first, rows, begin, count;
};

// The sum of the pieces of each tile, in order. One block a tile and head of keys.
extern "C" __global__ void flash_sum_pieces(
    const u32* tiles, const float* parts_of_keys, const float* parts_of_values, bf16* dk, bf16* dv,
    u32 kv_heads, u32 width) {
    Pieces tile = ((const Pieces*)tiles)[blockIdx.x];
    for (u32 i = threadIdx.x; i < tile.rows * width; i += blockDim.x) {
        float of_key = 0.0f, of_value = 0.0f;
        for (u32 piece = tile.begin; piece < tile.begin + tile.count; piece++) {
            u64 at = ((u64)piece * kv_heads + blockIdx.y) * ROWS * width + i;
            of_key += parts_of_keys[at];
            of_value += parts_of_values[at];
        }
        u64 out = ((u64)(tile.first + i / width) * kv_heads + blockIdx.y) * width + i % width;
        put(&dk[out], of_key);
        put(&dv[out], of_value);
    }
}
