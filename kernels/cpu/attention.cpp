// Splits attention into items of (KV head, tile of tokens, span of blocks). All query rows of an
// item, that is its tokens times the heads of the group, share each block of keys and values once
// it is loaded. When there are fewer items than threads could use (decode at depth), the blocks are
// cut into spans whose partial softmaxes are merged.
#include <algorithm>
#include <atomic>
#include <cassert>
#include <cmath>
#include <functional>

#include "kernels/cpu/kernel_table.h"

namespace curlew::kernels {
namespace {

constexpr int kItemRows = 64;       // query rows of an item, unless one token alone has more
constexpr int kItemsPerThread = 2;  // wanted before spans are cut no further
constexpr int kSpanBlocksMin = 4;   // a span shorter than 256 positions costs more than it saves
constexpr int kPaddedLanes =
    16;  // rows of values and outputs are padded to whole vectors of any path
constexpr float kNoScore = -1e30f;  // running maximum before any score

int round_up(int n, int unit) {
  return (n + unit - 1) / unit * unit;
}

struct Plan {
  int group, padded_dim;
  int tile_tokens, tiles;  // tokens of a tile, number of tiles
  int blocks, spans, span_blocks;
  int rows;  // query rows of a full tile

  Plan(const AttentionArgs& a, int threads) {
    group = a.n_heads / a.n_kv_heads;
    padded_dim = round_up(a.head_dim, kPaddedLanes);
    tile_tokens = std::clamp(kItemRows / group, 1, a.tokens);
    tiles = (a.tokens + tile_tokens - 1) / tile_tokens;
    rows = tile_tokens * group;
    blocks = (a.first_pos + a.tokens + kKvBlockTokens - 1) / kKvBlockTokens;
    const int items = a.n_kv_heads * tiles;
    const int wanted = threads == 1 ? 1 : (threads * kItemsPerThread + items - 1) / items;
    span_blocks = std::max({kSpanBlocksMin, (blocks + wanted - 1) / wanted, 1});
    spans = (blocks + span_blocks - 1) / span_blocks;
  }

  int items(const AttentionArgs& a) const { return a.n_kv_heads * tiles * spans; }

  // Floats of a thread's workspace: keys, values, queries; limits as many as rows.
  std::size_t thread_floats(const AttentionArgs& a) const {
    return static_cast<std::size_t>(a.head_dim) * kKvBlockTokens +
           static_cast<std::size_t>(padded_dim) * kKvBlockTokens +
           static_cast<std::size_t>(round_up(rows * a.head_dim, kPaddedLanes)) +
           static_cast<std::size_t>(round_up(rows, kPaddedLanes));
  }
  // Floats of an item's result: outputs, maxima, sums.
  std::size_t result_floats() const {
    return static_cast<std::size_t>(rows) * padded_dim +
           2 * static_cast<std::size_t>(round_up(rows, kPaddedLanes));
  }
};

struct Workspace {  // of a thread
  float *keys, *values, *q;
  std::int32_t* limit;

  Workspace(const AttentionArgs& a, const Plan& plan, float* at)
      : keys(at),
        values(keys + a.head_dim * kKvBlockTokens),
        q(values + plan.padded_dim * kKvBlockTokens),
        limit(reinterpret_cast<std::int32_t*>(q + round_up(plan.rows * a.head_dim, kPaddedLanes))) {
  }
};

struct Result {  // of an item: one row per (token, head of the group)
  float *o, *row_max, *row_sum;

  Result(const Plan& plan, float* at)
      : o(at),
        row_max(o + static_cast<std::size_t>(plan.rows) * plan.padded_dim),
        row_sum(row_max + round_up(plan.rows, kPaddedLanes)) {}
};

struct Item {
  int kv_head, tile, span;
  int first_token, tokens;

  Item(const AttentionArgs& a, const Plan& plan, int idx) {
    span = idx % plan.spans;
    tile = idx / plan.spans % plan.tiles;
    kv_head = idx / plan.spans / plan.tiles;
    first_token = tile * plan.tile_tokens;
    tokens = std::min(plan.tile_tokens, a.tokens - first_token);
  }
};

// Row t * group + g of q: token t of the tile, head g of the group, times scale.
void load_queries(const AttentionArgs& a, const Plan& plan, const Item& item, float* q) {
  for (int t = 0; t < item.tokens; ++t) {
    const std::int64_t head = static_cast<std::int64_t>(item.first_token + t) * a.n_heads +
                              static_cast<std::int64_t>(item.kv_head) * plan.group;
    const float* src = a.q + head * a.head_dim;
    for (int i = 0; i < plan.group * a.head_dim; ++i) *q++ = src[i] * a.scale;
  }
}

void run_item(const AttentionArgs& a, const Plan& plan, const Item& item, const Workspace& work,
              const Result& result) {
  const KernelTable& table = kernel_table();
  const int rows = item.tokens * plan.group;
  std::fill_n(result.o, static_cast<std::size_t>(rows) * plan.padded_dim, 0.f);
  std::fill_n(result.row_max, rows, kNoScore);
  std::fill_n(result.row_sum, rows, 0.f);
  load_queries(a, plan, item, work.q);

  const std::size_t head_bytes = kv_block_bytes(a.kv_type, 1, a.head_dim);
  const int positions =
      a.first_pos + item.first_token + item.tokens;  // seen by the tile's last token
  const int end_block = std::min((item.span + 1) * plan.span_blocks, plan.blocks);
  for (int b = item.span * plan.span_blocks; b < end_block; ++b) {
    const int first = b * kKvBlockTokens;
    if (first >= positions) break;
    const int n = std::min(kKvBlockTokens, positions - first);
    const std::size_t offset = static_cast<std::size_t>(item.kv_head) * head_bytes;
    table.load_keys(static_cast<const std::byte*>(a.k_blocks[b]) + offset, a.kv_type, n, a.head_dim,
                    work.keys);
    table.load_values(static_cast<const std::byte*>(a.v_blocks[b]) + offset, a.kv_type, n,
                      a.head_dim, plan.padded_dim, work.values);
    for (int r = 0; r < rows; ++r) {
      const int seen = a.first_pos + item.first_token + r / plan.group + 1;
      work.limit[r] = std::clamp(seen - first, 0, kKvBlockTokens);
    }
    table.attend({work.q, work.keys, work.values, work.limit, rows, a.head_dim, plan.padded_dim,
                  result.o, result.row_max, result.row_sum});
  }
}

// Merges the spans of one tile (their results lie side by side) and writes the normalised rows.
void write_tile(const AttentionArgs& a, const Plan& plan, const Item& item, float* results) {
  for (int r = 0; r < item.tokens * plan.group; ++r) {
    float row_max = kNoScore;
    for (int s = 0; s < plan.spans; ++s)
      row_max = std::max(row_max, Result(plan, results + s * plan.result_floats()).row_max[r]);
    const std::int64_t head =
        static_cast<std::int64_t>(item.first_token + r / plan.group) * a.n_heads +
        static_cast<std::int64_t>(item.kv_head) * plan.group + r % plan.group;
    float* out = a.out + head * a.head_dim;
    std::fill_n(out, a.head_dim, 0.f);
    float row_sum = 0.f;
    for (int s = 0; s < plan.spans; ++s) {
      const Result part(plan, results + s * plan.result_floats());
      const float weight = std::exp(part.row_max[r] - row_max);
      row_sum += weight * part.row_sum[r];
      const float* o = part.o + static_cast<std::size_t>(r) * plan.padded_dim;
      for (int d = 0; d < a.head_dim; ++d) out[d] += weight * o[d];
    }
    const float normaliser = 1.f / row_sum;
    for (int d = 0; d < a.head_dim; ++d) out[d] *= normaliser;
  }
}

}  // namespace

void attention(const AttentionArgs& a, ThreadPool& pool) {
  assert(a.n_kv_heads > 0 && a.n_heads % a.n_kv_heads == 0 && a.head_dim > 0 && a.first_pos >= 0);
  if (a.tokens <= 0) return;
  const Plan plan(a, pool.size());
  // With one span a thread writes each item at once and reuses one result; else all results wait
  // for the merge.
  const int results = plan.spans == 1 ? pool.size() : plan.items(a);
  const std::size_t thread_floats = plan.thread_floats(a);
  auto* const floats = reinterpret_cast<float*>(
      pool.scratch(sizeof(float) * (thread_floats * pool.size() + plan.result_floats() * results)));
  float* const result_floats = floats + thread_floats * pool.size();
  std::atomic<int> cursor{0};
  auto attend_items = [&](int thread_idx) {
    const Workspace work(a, plan, floats + thread_floats * thread_idx);
    for (int i; (i = cursor.fetch_add(1, std::memory_order_relaxed)) < plan.items(a);) {
      const Item item(a, plan, plan.spans == 1 ? plan.items(a) - 1 - i : i);
      const std::size_t slot = plan.spans == 1 ? thread_idx : i;
      float* const result = result_floats + plan.result_floats() * slot;
      run_item(a, plan, item, work, Result(plan, result));
      if (plan.spans == 1) write_tile(a, plan, item, result);
    }
  };
  pool.share(std::ref(attend_items));
  if (plan.spans == 1) return;
  for (int i = 0; i < plan.items(a); i += plan.spans)
    write_tile(a, plan, Item(a, plan, i), result_floats + plan.result_floats() * i);
}

}  // namespace curlew::kernels
