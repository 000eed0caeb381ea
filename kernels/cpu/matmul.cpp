// Splits a product over threads, token tiles and caches; the arithmetic is behind kernel_table().
#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <functional>

#include "kernels/cpu/kernel_table.h"
#include "kernels/cpu/packed_matrix.h"

namespace curlew::kernels {
namespace {

// Weights that a thread multiplies with every token tile before it moves on: half of a small
// second-level cache.
constexpr std::size_t kCachedWeightBytes = 256 << 10;
// Pieces per thread: enough that a thread held up by others does not hold up the operation.
constexpr std::int64_t kPiecesPerThread = 6;

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

// Units of `unit_bytes` per piece of work: few enough for balance, for many tokens also for the
// cache.
std::int64_t piece_size(std::int64_t units, std::size_t unit_bytes, int tokens, int threads) {
  const std::int64_t balanced = units / (threads * kPiecesPerThread);
  const auto cached = static_cast<std::int64_t>(kCachedWeightBytes / unit_bytes);
  return std::max<std::int64_t>(1, tokens == 1 ? balanced : std::min(balanced, cached));
}

void multiply_quantised(const PackedMatrix::Impl& w, const float* x, const float* bias, float* y,
                        int tokens, ThreadPool& pool) {
  const KernelTable& table = kernel_table();
  const TokenTiles tiles(tokens, table.token_tile);
  const std::int64_t rows = w.view.rows, cols = w.view.cols;
  const std::size_t token_bytes =
      static_cast<std::size_t>(cols / kBlockCols) * kActivationBlockBytes;
  std::byte* const blocks = pool.scratch(token_bytes * static_cast<std::size_t>(tokens));
  const int zero = table.signed_wide && w.format.wide() ? 0 : w.format.zero;

  auto quantise = [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const TokenTiles::Tile tile = tiles[static_cast<int>(i)];
      table.quantize_tile({x + tile.first * cols, cols, tile.tokens, zero, w.format.group,
                           blocks + static_cast<std::size_t>(tile.first) * token_bytes});
    }
  };
  pool.for_range(tiles.count(), 1, std::ref(quantise));

  auto multiply = [&](std::int64_t begin, std::int64_t end) {
    for (int i = 0; i < tiles.count(); ++i) {
      const TokenTiles::Tile tile = tiles[i];
      const PanelFn fn = table.panel_fn(w.view.type, tile.tokens);
      for (std::int64_t p = begin; p < end; ++p) {
        const std::int64_t row = p * kPanelRows;
        fn({w.panels.get() + static_cast<std::size_t>(p) * w.panel_bytes,
            blocks + static_cast<std::size_t>(tile.first) * token_bytes, cols,
            bias ? bias + row : nullptr, y + tile.first * rows + row, rows,
            static_cast<int>(std::min<std::int64_t>(kPanelRows, rows - row))});
      }
    }
  };
  pool.for_range(w.panel_count(), piece_size(w.panel_count(), w.panel_bytes, tokens, pool.size()),
                 std::ref(multiply));
}

void multiply_float(const PackedMatrix::Impl& w, const float* x, const float* bias, float* y,
                    int tokens, ThreadPool& pool) {
  const KernelTable& table = kernel_table();
  const std::int64_t rows = w.view.rows, cols = w.view.cols;
  const std::size_t row_bytes = w.view.row_bytes();
  const auto* data = static_cast<const std::uint8_t*>(w.view.data);

  const auto multiply_tokens = [&](std::int64_t begin, std::int64_t end, int token,
                                   int tile_tokens) {
    for (std::int64_t row = begin; row < end;) {
      const int tile_rows = end - row >= kFloatRows ? kFloatRows : 1;
      const FloatTileFn fn = table.float_fn(w.view.type, tile_rows, tile_tokens);
      fn({data + static_cast<std::size_t>(row) * row_bytes, row_bytes, x + token * cols, cols,
          bias ? bias + row : nullptr, y + token * rows + row, rows});
      row += tile_rows;
    }
  };
  auto multiply = [&](std::int64_t begin_unit, std::int64_t end_unit) {
    const std::int64_t begin = begin_unit * kFloatRows, end = std::min(rows, end_unit * kFloatRows);
    int token = 0;
    for (; token + kFloatTokens <= tokens; token += kFloatTokens)
      multiply_tokens(begin, end, token, kFloatTokens);
    for (; token < tokens; ++token) multiply_tokens(begin, end, token, 1);
  };
  const std::int64_t units = (rows + kFloatRows - 1) / kFloatRows;
  pool.for_range(units, piece_size(units, row_bytes * kFloatRows, tokens, pool.size()),
                 std::ref(multiply));
}

}  // namespace

void matmul(const PackedMatrix& w, const float* x, const float* bias, float* y, int tokens,
            ThreadPool& pool) {
  assert(w);
  if (tokens <= 0) return;
  if (w.impl().format.bits == 0) return multiply_float(w.impl(), x, bias, y, tokens, pool);
  multiply_quantised(w.impl(), x, bias, y, tokens, pool);
}

void matmul(std::span<const MatmulJob> jobs, ThreadPool& pool) {
  for (const MatmulJob& job : jobs) matmul(*job.w, job.x, job.bias, job.y, job.tokens, pool);
}

}  // namespace curlew::kernels
