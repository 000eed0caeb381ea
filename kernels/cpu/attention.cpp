// Splits attention into items of (KV head, tile of tokens). All query rows of an item, that is its
// tokens times the heads of the group, share each block of keys and values once it is loaded.
//
// The past is cut into spans of a fixed number of positions, counted from position 0. The softmax
// runs online inside a span; the spans of a row are folded in order. That sequence depends on the
// row's position alone, so a token's result has the same bits in any batch and on any number of
// threads. Where there are too few items for the threads (decode at depth), every span becomes an
// item of its own, and whoever finishes the last one of a tile folds them.
#include <algorithm>
#include <atomic>
#include <cassert>
#include <cmath>
#include <functional>

#include "kernels/cpu/kernel_table.h"
#include "kernels/cpu/kv_layout.h"

namespace curlew::kernels {
namespace {

constexpr int kItemRows = 64;       // query rows of an item, unless one token alone has more
constexpr int kSpanBlocks = 4;      // blocks of a span: 256 positions
constexpr int kItemsPerThread = 2;  // fewer, and the items are split by spans
constexpr int kPaddedLanes = 16;    // rows are padded to whole vectors of any path
constexpr float kNoScore = -1e30f;  // running maximum before any score

int round_up(int n, int unit) {
  return (n + unit - 1) / unit * unit;
}

std::size_t floats(int a, int b) {
  return static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
}

struct Plan {
  int group, value_dim, value_row;
  int padded_dim;          // of values
  int tile_tokens, tiles;  // tokens of a tile, number of tiles
  int rows, padded_rows;   // query rows of a full tile
  int first_span, spans;   // that any token sees a part of
  bool split;              // into one item per span

  Plan(const AttentionArgs& a, int threads) {
    group = a.n_heads / a.n_kv_heads;
    value_dim = a.value_dim ? a.value_dim : a.head_dim;
    value_row = a.value_row ? a.value_row : value_dim;
    padded_dim = round_up(value_dim, kPaddedLanes);
    tile_tokens = std::clamp(kItemRows / group, 1, a.tokens);
    tiles = (a.tokens + tile_tokens - 1) / tile_tokens;
    rows = tile_tokens * group;
    padded_rows = round_up(rows, kPaddedLanes);
    const int first_seen = a.window > 0 ? std::max(0, a.first_pos + 1 - a.window) : 0;
    first_span = first_seen / kKvBlockTokens / kSpanBlocks;
    spans = (a.first_pos + a.tokens - 1) / kKvBlockTokens / kSpanBlocks + 1 - first_span;
    split = spans > 1 && threads > 1 && a.n_kv_heads * tiles < threads * kItemsPerThread;
  }

  int tile_count(const AttentionArgs& a) const { return a.n_kv_heads * tiles; }
  int item_count(const AttentionArgs& a) const { return tile_count(a) * (split ? spans : 1); }

  // Floats of a softmax under way: outputs, maxima, sums.
  std::size_t part_floats() const { return floats(rows, padded_dim) + floats(2, padded_rows); }
  // Floats of a thread's workspace: keys, values, queries, seen ranges, the tile's fold, a span.
  std::size_t thread_floats(const AttentionArgs& a) const {
    return floats(a.head_dim + padded_dim, kKvBlockTokens) + floats(padded_rows, a.head_dim) +
           floats(2, padded_rows) + 2 * part_floats();
  }
};

// The softmax of some rows over some positions: one row per (token, head of the group).
struct Part {
  float *o, *row_max, *row_sum;

  Part(const Plan& plan, float* at)
      : o(at),
        row_max(o + floats(plan.rows, plan.padded_dim)),
        row_sum(row_max + plan.padded_rows) {}

  void clear(const Plan& plan, int rows) const {
    std::fill_n(o, floats(rows, plan.padded_dim), 0.f);
    std::fill_n(row_max, rows, kNoScore);
    std::fill_n(row_sum, rows, 0.f);
  }
};

struct Workspace {  // of a thread
  float *keys, *values, *q;
  SeenRange* seen;
  Part folded, span;

  Workspace(const AttentionArgs& a, const Plan& plan, float* at)
      : keys(at),
        values(keys + floats(a.head_dim, kKvBlockTokens)),
        q(values + floats(plan.padded_dim, kKvBlockTokens)),
        seen(reinterpret_cast<SeenRange*>(q + floats(plan.padded_rows, a.head_dim))),
        folded(plan, q + floats(plan.padded_rows, a.head_dim) + floats(2, plan.padded_rows)),
        span(plan, folded.o + plan.part_floats()) {}
};

struct Tile {
  int kv_head, first_token, tokens;

  Tile(const AttentionArgs& a, const Plan& plan, int idx) {
    kv_head = idx / plan.tiles;
    first_token = idx % plan.tiles * plan.tile_tokens;
    tokens = std::min(plan.tile_tokens, a.tokens - first_token);
  }
};

// Row t * group + g of q: token t of the tile, head g of the group, times scale.
void load_queries(const AttentionArgs& a, const Plan& plan, const Tile& tile, float* q) {
  for (int t = 0; t < tile.tokens; ++t) {
    const std::int64_t head = static_cast<std::int64_t>(tile.first_token + t) * a.n_heads +
                              static_cast<std::int64_t>(tile.kv_head) * plan.group;
    const float* src = a.q + head * a.head_dim;
    for (int i = 0; i < plan.group * a.head_dim; ++i) *q++ = src[i] * a.scale;
  }
}

// What each row of the tile sees of the block that begins at position `begin`.
void find_seen(const AttentionArgs& a, const Plan& plan, const Tile& tile, int begin,
               SeenRange* seen) {
  for (int t = 0; t < tile.tokens; ++t) {
    const int pos = a.first_pos + tile.first_token + t;
    const int first = a.window > 0 ? std::max(0, pos + 1 - a.window) : 0;
    const int end = std::clamp(pos + 1 - begin, 0, kKvBlockTokens);
    // A block that lies wholly before the window counts as not reached.
    const SeenRange range{std::max(0, first - begin), first - begin >= kKvBlockTokens ? 0 : end};
    std::fill_n(seen + t * plan.group, plan.group, range);
  }
}

// Rows of the tile's head in a block of keys or values of `elements` a row.
KvRows rows_of(const AttentionArgs& a, const Tile& tile, const void* block, int elements, int n) {
  const std::size_t row_bytes = kv_row_bytes(a.kv_type, elements);
  const std::size_t head = static_cast<std::size_t>(tile.kv_head) * kKvBlockTokens * row_bytes;
  return {static_cast<const std::byte*>(block) + head, row_bytes, a.kv_type, n};
}

// Brings rows near while others are computed with: a block is too short for the machine to see a
// stream in it.
void prefetch(const KvRows& rows) {
  constexpr std::size_t kLineBytes = 64;
  const std::size_t bytes = rows.row_bytes * static_cast<std::size_t>(rows.rows);
  for (std::size_t at = 0; at < bytes; at += kLineBytes)
    __builtin_prefetch(static_cast<const std::byte*>(rows.data) + at);
}

// Adds one block to the softmax of the tile's rows.
void attend_block(const AttentionArgs& a, const Plan& plan, const Tile& tile, int block_idx,
                  const Workspace& work) {
  const KernelTable& table = kernel_table();
  const int begin = block_idx * kKvBlockTokens;
  const int positions = a.first_pos + tile.first_token + tile.tokens;  // seen by the last token
  const int n = std::min(kKvBlockTokens, positions - begin);
  table.load_keys(rows_of(a, tile, a.k_blocks[block_idx], a.head_dim, n), a.head_dim, work.keys);
  table.load_values(rows_of(a, tile, a.v_blocks[block_idx], plan.value_row, n), plan.value_dim,
                    plan.padded_dim, work.values);
  if (const int next_n = std::min(kKvBlockTokens, positions - begin - n); next_n > 0) {
    prefetch(rows_of(a, tile, a.k_blocks[block_idx + 1], a.head_dim, next_n));
    prefetch(rows_of(a, tile, a.v_blocks[block_idx + 1], plan.value_row, next_n));
  }
  find_seen(a, plan, tile, begin, work.seen);
  table.attend({work.q, work.keys, work.values, work.seen, tile.tokens * plan.group, a.head_dim,
                plan.padded_dim, work.span.o, work.span.row_max, work.span.row_sum});
}

// The softmax of the tile over one span, into work.span; false when no row sees any of it.
bool attend_span(const AttentionArgs& a, const Plan& plan, const Tile& tile, int span,
                 const Workspace& work) {
  const int first_pos = a.first_pos + tile.first_token, last_pos = first_pos + tile.tokens - 1;
  const int first_seen = a.window > 0 ? std::max(0, first_pos + 1 - a.window) : 0;
  const int begin = std::max(span * kSpanBlocks, first_seen / kKvBlockTokens);
  const int end = std::min((span + 1) * kSpanBlocks, last_pos / kKvBlockTokens + 1);
  work.span.clear(plan, tile.tokens * plan.group);
  for (int b = begin; b < end; ++b) attend_block(a, plan, tile, b, work);
  return begin < end;
}

// Folds the softmax over one more span into `into`; rows that saw nothing of it stay as they are.
void fold_span(const Plan& plan, int rows, const Part& span, const Part& into) {
  for (int r = 0; r < rows; ++r) {
    if (span.row_max[r] == kNoScore) continue;
    const float row_max = std::max(into.row_max[r], span.row_max[r]);
    const float keep = std::exp(into.row_max[r] - row_max);
    const float add = std::exp(span.row_max[r] - row_max);
    float* o = into.o + floats(r, plan.padded_dim);
    const float* span_o = span.o + floats(r, plan.padded_dim);
    for (int d = 0; d < plan.padded_dim; ++d) o[d] = o[d] * keep + span_o[d] * add;
    into.row_sum[r] = into.row_sum[r] * keep + span.row_sum[r] * add;
    into.row_max[r] = row_max;
  }
}

// Normalises the rows, with the sink's share where there is one, and writes them to `out`.
void write_tile(const AttentionArgs& a, const Plan& plan, const Tile& tile, const Part& folded) {
  for (int r = 0; r < tile.tokens * plan.group; ++r) {
    const int head = tile.kv_head * plan.group + r % plan.group;
    const std::int64_t token = tile.first_token + r / plan.group;
    float* out = a.out + (token * a.n_heads + head) * plan.value_dim;
    const float row_max = a.sinks ? std::max(folded.row_max[r], a.sinks[head]) : folded.row_max[r];
    const float shrink = std::exp(folded.row_max[r] - row_max);
    const float sink = a.sinks ? std::exp(a.sinks[head] - row_max) : 0.f;
    const float normaliser = shrink / (folded.row_sum[r] * shrink + sink);
    const float* o = folded.o + floats(r, plan.padded_dim);
    for (int d = 0; d < plan.value_dim; ++d) out[d] = o[d] * normaliser;
  }
}

// One tile from its first span to its last.
void run_tile(const AttentionArgs& a, const Plan& plan, const Tile& tile, const Workspace& work) {
  const int rows = tile.tokens * plan.group;
  load_queries(a, plan, tile, work.q);
  work.folded.clear(plan, rows);
  for (int s = plan.first_span; s < plan.first_span + plan.spans; ++s)
    if (attend_span(a, plan, tile, s, work)) fold_span(plan, rows, work.span, work.folded);
  write_tile(a, plan, tile, work.folded);
}

// One span of one tile. `parts` are the tile's, one a span; `left` counts those not finished.
void run_span(const AttentionArgs& a, const Plan& plan, const Tile& tile, int span_idx,
              Workspace work, float* parts, std::atomic<int>& left) {
  const int rows = tile.tokens * plan.group;
  load_queries(a, plan, tile, work.q);
  work.span = Part(plan, parts + plan.part_floats() * static_cast<std::size_t>(span_idx));
  attend_span(a, plan, tile, plan.first_span + span_idx, work);
  if (left.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  work.folded.clear(plan, rows);
  for (int s = 0; s < plan.spans; ++s)
    fold_span(plan, rows, Part(plan, parts + plan.part_floats() * static_cast<std::size_t>(s)),
              work.folded);
  write_tile(a, plan, tile, work.folded);
}

}  // namespace

void attention(const AttentionArgs& a, ThreadPool& pool) {
  assert(a.n_kv_heads > 0 && a.n_heads % a.n_kv_heads == 0 && a.head_dim > 0 && a.first_pos >= 0);
  if (a.tokens <= 0) return;
  const Plan plan(a, pool.size());
  const std::size_t work_floats = plan.thread_floats(a) * static_cast<std::size_t>(pool.size());
  const std::size_t items = static_cast<std::size_t>(plan.item_count(a));
  const std::size_t part_floats = plan.split ? plan.part_floats() * items : 0;
  const std::size_t counters = plan.split ? static_cast<std::size_t>(plan.tile_count(a)) : 0;
  auto* const work_at = reinterpret_cast<float*>(pool.scratch(
      sizeof(float) * (work_floats + part_floats) + sizeof(std::atomic<int>) * counters));
  float* const parts = work_at + work_floats;
  auto* const left = reinterpret_cast<std::atomic<int>*>(parts + part_floats);
  for (std::size_t i = 0; i < counters; ++i) new (left + i) std::atomic<int>(plan.spans);

  std::atomic<int> cursor{0};
  auto run_items = [&](int thread_idx) {
    const Workspace work(a, plan,
                         work_at + plan.thread_floats(a) * static_cast<std::size_t>(thread_idx));
    const int count = plan.item_count(a);
    for (int i; (i = cursor.fetch_add(1, std::memory_order_relaxed)) < count;) {
      if (!plan.split) {
        run_tile(a, plan, Tile(a, plan, count - 1 - i), work);  // the longest first
        continue;
      }
      const int tile_idx = i / plan.spans;
      run_span(a, plan, Tile(a, plan, tile_idx), i % plan.spans, work,
               parts + plan.part_floats() * static_cast<std::size_t>(tile_idx * plan.spans),
               left[tile_idx]);
    }
  };
  pool.share(std::ref(run_items));
}

}  // namespace curlew::kernels
