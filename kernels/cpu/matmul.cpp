// Splits products over threads, tokens and caches; the arithmetic is behind kernel_table().
//
// All products of a call are one list of units, 32 rows of weights each. A thread takes a run of
// units, long runs first and short ones at the end, until there are none. The activations of one
// token are quantised by every thread for itself, which is cheaper than to meet; those of many
// tokens are quantised together first.
//
// With many tokens, a group of them and a strip of the columns are taken at a time, so that the
// activations stay in the second-level cache while one unit after the other passes over them. The
// first tile of a group is the one that waits for memory: it reads the panels of a unit one after
// the other, a single stream; later tiles find them in the cache, and take two side by side. The
// sums of an output go from left to right over the columns in every case: its bits do not depend
// on how the work was cut.
#include <algorithm>
#include <atomic>
#include <bit>
#include <cassert>
#include <functional>
#include <new>
#include <thread>

#include "kernels/cpu/kernel_table.h"
#include "kernels/cpu/packed_matrix.h"

namespace curlew::kernels {
namespace {

constexpr int kUnitPanels = 2;
constexpr int kUnitRows = kUnitPanels * kPanelRows;
constexpr int kRunsPerThread = 2;  // a run is what is left, divided by this and the threads
constexpr int kStreamUnits = 4;    // of the shortest run, where runs wait for memory
constexpr int kGroupTokens = 128;  // that meet the weights of a run before the next ones do
constexpr int kSpinsBeforeYield = 4096;

// `tokens` cut into tiles whose sizes are powers of two, the full ones first: 21 = 8 + 8 + 4 + 1.
class TokenTiles {
 public:
  TokenTiles(int tokens, int tile) : tokens_(tokens), tile_(tile) {}

  int count() const { return tokens_ / tile_ + std::popcount(unsigned(tokens_ % tile_)); }

  struct Tile {
    int first, tokens;
  };
  Tile operator[](int idx) const {
    const int full = tokens_ / tile_;
    if (idx < full) return {idx * tile_, tile_};
    int first = full * tile_;
    for (;; --idx) {
      const int size = static_cast<int>(std::bit_floor(unsigned(tokens_ - first)));
      if (idx == full) return {first, size};
      first += size;
    }
  }

 private:
  int tokens_, tile_;
};

// Activations in the form that products want them in: quantised to blocks, or rounded to bfloat16.
// Shared by those that want the same.
struct Input {
  const float* x;
  std::int64_t cols;
  int tokens, zero, group;  // group 0: rounded
  std::size_t at;           // of many tokens, in the plan's memory

  bool is_private() const { return tokens == 1; }
  std::size_t token_bytes() const {
    if (group == 0) return static_cast<std::size_t>(cols) * sizeof(std::uint16_t);
    return static_cast<std::size_t>(cols / kBlockCols) * kActivationBlockBytes;
  }
  std::size_t bytes() const { return token_bytes() * static_cast<std::size_t>(tokens); }
  bool same_form(const Input& other) const {
    return x == other.x && cols == other.cols && tokens == other.tokens && zero == other.zero &&
           group == other.group;
  }
};

struct Product {
  const PackedMatrix::Impl* w;
  const MatmulJob* job;
  int input_idx;                      // -1: the activations as they are
  std::int64_t first_unit, end_unit;  // in the list of all units

  std::int64_t rows() const { return w->view.rows; }
  std::int64_t cols() const { return w->view.cols; }
};

constexpr std::size_t aligned(std::size_t bytes) {
  return (bytes + kVectorBytes - 1) / kVectorBytes * kVectorBytes;
}

// What a call does, laid out in the pool's scratch memory: products, inputs, the blocks of shared
// inputs, then a buffer per thread for a private one.
struct Plan {
  const KernelTable& table = kernel_table();
  std::span<Product> products;
  std::span<Input> inputs;
  std::byte* blocks;
  std::size_t shared_bytes = 0;               // of the blocks so far
  std::size_t private_at, private_bytes = 0;  // of a thread's buffer
  std::int64_t units = 0;
  int tiles = 0;  // of shared inputs
  std::int64_t shortest_run;

  Plan(std::span<const MatmulJob> jobs, ThreadPool& pool);

  const std::byte* shared_blocks(const Input& input) const { return blocks + input.at; }
  std::byte* private_blocks(int thread_idx) const {
    return blocks + private_at + private_bytes * static_cast<std::size_t>(thread_idx);
  }

 private:
  void add(const MatmulJob& job, std::size_t& products_used, std::size_t& inputs_used);
  int add(Input input, std::size_t& inputs_used);
  bool converts(const PackedMatrix::Impl& w) const;
  Input input_of(const MatmulJob& job) const;
  std::int64_t choose_shortest_run(int threads) const;
};

// Memory for the lists is had first, the blocks' when their size is known: scratch() may move.
Plan::Plan(std::span<const MatmulJob> jobs, ThreadPool& pool) {
  const std::size_t lists =
      aligned(jobs.size() * sizeof(Product)) + aligned(jobs.size() * sizeof(Input));
  std::size_t block_bytes = 0;
  for (const MatmulJob& job : jobs) {
    if (job.tokens <= 0 || !converts(job.w->impl())) continue;
    const Input input = input_of(job);
    if (input.is_private())
      private_bytes = std::max(private_bytes, aligned(input.bytes()));
    else
      block_bytes += aligned(input.bytes());
  }
  private_at = block_bytes;
  std::byte* at =
      pool.scratch(lists + block_bytes + private_bytes * static_cast<std::size_t>(pool.size()));
  products = {reinterpret_cast<Product*>(at), jobs.size()};
  inputs = {reinterpret_cast<Input*>(at + aligned(products.size_bytes())), jobs.size()};
  blocks = at + lists;

  std::size_t products_used = 0, inputs_used = 0;
  for (const MatmulJob& job : jobs)
    if (job.tokens > 0) add(job, products_used, inputs_used);
  products = products.first(products_used);
  inputs = inputs.first(inputs_used);
  shortest_run = choose_shortest_run(pool.size());
}

// A few tokens wait for memory, and a stream is worth more to them than threads that end together.
std::int64_t Plan::choose_shortest_run(int threads) const {
  if (threads == 1) return units;
  return tiles > 1 ? 1 : std::clamp<std::int64_t>(units / (threads * 4), 1, kStreamUnits);
}

void Plan::add(const MatmulJob& job, std::size_t& products_used, std::size_t& inputs_used) {
  assert(job.w && *job.w);
  const PackedMatrix::Impl& w = job.w->impl();
  const int input_idx = converts(w) ? add(input_of(job), inputs_used) : -1;
  const std::int64_t first = units;
  units += (w.view.rows + kUnitRows - 1) / kUnitRows;
  new (&products[products_used++]) Product{&w, &job, input_idx, first, units};
}

bool Plan::converts(const PackedMatrix::Impl& w) const {
  return w.format.bits != 0 || (w.view.type == WeightType::kBF16 && table.round_activations);
}

Input Plan::input_of(const MatmulJob& job) const {
  const PanelFormat& format = job.w->impl().format;
  const int zero = table.signed_wide && format.wide() ? 0 : format.zero;
  const int group = format.bits == 0 ? 0 : format.group;
  return {job.x, job.w->cols(), job.tokens, zero, group, 0};
}

int Plan::add(Input input, std::size_t& inputs_used) {
  for (std::size_t i = 0; i < inputs_used; ++i)
    if (inputs[i].same_form(input)) return static_cast<int>(i);
  if (!input.is_private()) {
    input.at = shared_bytes;
    shared_bytes += aligned(input.bytes());
    tiles += TokenTiles(input.tokens, table.token_tile).count();
  }
  new (&inputs[inputs_used]) Input(input);
  return static_cast<int>(inputs_used++);
}

void convert(const Plan& plan, const Input& input, TokenTiles::Tile tile, std::byte* converted) {
  const float* const x = input.x + tile.first * input.cols;
  std::byte* const to = converted + static_cast<std::size_t>(tile.first) * input.token_bytes();
  if (input.group == 0)
    plan.table.round_activations(x, reinterpret_cast<std::uint16_t*>(to), tile.tokens * input.cols);
  else
    plan.table.quantize_tile({x, input.cols, tile.tokens, input.zero, input.group, to});
}

// What the threads of a call share.
struct Progress {
  std::atomic<int> next_tile{0}, tiles_done{0};
  std::atomic<std::int64_t> next_unit{0};
};

// Converts tiles of shared inputs as long as there are any, then waits for those of others.
void convert_shared(const Plan& plan, Progress& progress) {
  for (int i; (i = progress.next_tile.fetch_add(1, std::memory_order_relaxed)) < plan.tiles;) {
    for (const Input& input : plan.inputs) {
      if (input.is_private()) continue;
      const TokenTiles tiles(input.tokens, plan.table.token_tile);
      if (i < tiles.count()) {
        convert(plan, input, tiles[i], plan.blocks + input.at);
        break;
      }
      i -= tiles.count();
    }
    progress.tiles_done.fetch_add(1, std::memory_order_release);
  }
  for (int spins = 0; progress.tiles_done.load(std::memory_order_acquire) < plan.tiles; ++spins)
    if (spins > kSpinsBeforeYield) std::this_thread::yield();
}

// Units begin .. end - 1 of one product. `x` holds its activations, of token_bytes each.
void multiply_float(const Plan& plan, const Product& p, std::int64_t begin, std::int64_t end,
                    const std::byte* x, std::size_t token_bytes) {
  const std::int64_t rows = p.rows();
  const std::size_t row_bytes = p.w->view.row_bytes();
  const auto* data = static_cast<const std::uint8_t*>(p.w->view.data);
  const std::int64_t last = std::min(rows, end * kUnitRows);
  for (std::int64_t row = begin * kUnitRows; row < last;) {
    const int tile_rows = last - row >= kFloatRows ? kFloatRows : 1;
    for (int token = 0; token < p.job->tokens;) {
      const int tile_tokens = p.job->tokens - token >= kFloatTokens ? kFloatTokens : 1;
      plan.table.float_fn(p.w->view.type, tile_rows, tile_tokens)(
          {data + static_cast<std::size_t>(row) * row_bytes, row_bytes,
           x + static_cast<std::size_t>(token) * token_bytes, p.cols(),
           p.job->bias ? p.job->bias + row : nullptr, p.job->y + token * rows + row, rows});
      token += tile_tokens;
    }
    row += tile_rows;
  }
}

// What meets at a time: some token tiles, a strip of columns.
struct Part {
  int first_tile, end_tile;
  std::int64_t first_col;
};

void multiply_unit(const Plan& plan, const Product& p, std::int64_t unit, const Part& part,
                   const std::byte* blocks) {
  const PackedMatrix::Impl& w = *p.w;
  const Input& input = plan.inputs[static_cast<std::size_t>(p.input_idx)];
  const TokenTiles tiles(p.job->tokens, plan.table.token_tile);
  const std::int64_t first_row = unit * kUnitRows,
                     end_row = std::min(p.rows(), first_row + kUnitRows);
  const std::int64_t cols = w.strip_width(part.first_col);
  const bool is_last = part.first_col + cols == p.cols();
  const std::size_t strip_at =
      static_cast<std::size_t>(part.first_col / kBlockCols) * kActivationBlockBytes;
  for (int i = part.first_tile; i < part.end_tile; ++i) {
    const TokenTiles::Tile tile = tiles[i];
    const int panels = i == part.first_tile ? 1 : kUnitPanels;
    for (std::int64_t row = first_row; row < end_row; row += panels * kPanelRows)
      plan.table.panel_fn(w.view.type, tile.tokens, end_row - row > kPanelRows ? panels : 1)(
          {.panel = w.at(part.first_col, row / kPanelRows),
           .panel_bytes = w.strip_panel_bytes(part.first_col),
           .blocks = blocks + static_cast<std::size_t>(tile.first) * input.token_bytes() +
                     strip_at * static_cast<std::size_t>(tile.tokens),
           .cols = cols,
           .bias = p.job->bias && is_last ? p.job->bias + row : nullptr,
           .y = p.job->y + tile.first * p.rows() + row,
           .y_stride = p.rows(),
           .rows = static_cast<int>(std::min<std::int64_t>(panels * kPanelRows, end_row - row)),
           .is_first = part.first_col == 0});
  }
}

void multiply_quantised(const Plan& plan, const Product& p, std::int64_t begin, std::int64_t end,
                        const std::byte* blocks) {
  const int tiles = TokenTiles(p.job->tokens, plan.table.token_tile).count();
  const int group_tiles = kGroupTokens / plan.table.token_tile;
  for (int tile = 0; tile < tiles; tile += group_tiles)
    for (std::int64_t col = 0; col < p.cols(); col += p.w->strip_cols)
      for (std::int64_t unit = begin; unit < end; ++unit)
        multiply_unit(plan, p, unit, {tile, std::min(tile + group_tiles, tiles), col}, blocks);
}

// The next run of units: what is left, in ever smaller pieces. Empty (begin == end) at the end.
struct Run {
  std::int64_t begin, end;
};
Run take_run(const Plan& plan, Progress& progress, int threads) {
  std::int64_t begin = progress.next_unit.load(std::memory_order_relaxed), end;
  do {
    if (begin >= plan.units) return {plan.units, plan.units};
    const std::int64_t share = (plan.units - begin) / (threads * kRunsPerThread);
    end = std::min(plan.units, begin + std::max(share, plan.shortest_run));
  } while (!progress.next_unit.compare_exchange_weak(begin, end, std::memory_order_relaxed));
  return {begin, end};
}

void run_units(const Plan& plan, Progress& progress, int threads, int thread_idx) {
  if (plan.tiles > 0) convert_shared(plan, progress);
  std::byte* const own = plan.private_blocks(thread_idx);
  int own_input = -1;  // whose blocks are in `own`
  for (;;) {
    const Run run = take_run(plan, progress, threads);
    if (run.begin == run.end) return;
    for (const Product& p : plan.products) {
      const std::int64_t begin = std::max(run.begin, p.first_unit) - p.first_unit;
      const std::int64_t end = std::min(run.end, p.end_unit) - p.first_unit;
      if (begin >= end) continue;
      if (p.input_idx < 0) {
        multiply_float(plan, p, begin, end, reinterpret_cast<const std::byte*>(p.job->x),
                       static_cast<std::size_t>(p.cols()) * sizeof(float));
        continue;
      }
      const Input& input = plan.inputs[static_cast<std::size_t>(p.input_idx)];
      if (input.is_private() && own_input != p.input_idx) {
        convert(plan, input, {0, 1}, own);
        own_input = p.input_idx;
      }
      const std::byte* const converted = input.is_private() ? own : plan.shared_blocks(input);
      if (p.w->format.bits == 0)
        multiply_float(plan, p, begin, end, converted, input.token_bytes());
      else
        multiply_quantised(plan, p, begin, end, converted);
    }
  }
}

}  // namespace

void matmul(std::span<const MatmulJob> jobs, ThreadPool& pool) {
  const Plan plan(jobs, pool);
  if (plan.units == 0) return;
  Progress progress;
  auto run = [&](int thread_idx) { run_units(plan, progress, pool.size(), thread_idx); };
  pool.share(std::ref(run));
}

void matmul(const PackedMatrix& w, const float* x, const float* bias, float* y, int tokens,
            ThreadPool& pool) {
  const MatmulJob job{.w = &w, .x = x, .bias = bias, .y = y, .tokens = tokens};
  matmul({&job, 1}, pool);
}

}  // namespace curlew::kernels
