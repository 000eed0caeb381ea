// A filled KV cache and the queries that meet it.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "kernels/cpu/half.h"
#include "kernels/cpu/kv_layout.h"
#include "kernels/ops.h"
#include "tests/kernels/kernel_case.h"

namespace curlew::kernels {

struct AttentionShape {
  int n_heads = 1, n_kv_heads = 1, head_dim = 32, first_pos = 0, tokens = 1;
  int value_dim = 0, value_row = 0;  // as in AttentionArgs; with value_row, values lie in the keys
  int window = 0;
  bool sinks = false;

  std::string name() const {
    return std::to_string(n_heads) + "/" + std::to_string(n_kv_heads) + " heads of " +
           std::to_string(head_dim) + "/" + std::to_string(value_dim) + ", window " +
           std::to_string(window) + (sinks ? ", sinks, " : ", ") + std::to_string(tokens) +
           " tokens from " + std::to_string(first_pos);
  }
};

// A cache of NaN-filled blocks: what nobody wrote must not reach a result.
class PagedCache {
 public:
  PagedCache(KvType type, int n_kv_heads, int dim, int positions)
      : type_(type), n_kv_heads_(n_kv_heads), dim_(dim) {
    const int blocks = (positions + kKvBlockTokens - 1) / kKvBlockTokens;
    storage_.assign(static_cast<std::size_t>(blocks),
                    std::vector<std::uint8_t>(kv_block_bytes(type, n_kv_heads, dim), 0xff));
    for (auto& block : storage_) blocks_.push_back(block.data());
  }

  void* const* blocks() const { return blocks_.data(); }
  void drop(int block) { blocks_[static_cast<std::size_t>(block)] = nullptr; }

  void write(const std::vector<float>& rows, int first, int tokens) {
    kv_write(rows.data() + static_cast<std::int64_t>(first) * n_kv_heads_ * dim_, blocks(), type_,
             first, tokens, n_kv_heads_, dim_);
  }

  // What the blocks hold of the first `positions` rows, [positions, n_kv_heads, dim].
  std::vector<float> read(int positions) const {
    const std::size_t row_bytes = kv_row_bytes(type_, dim_);
    std::vector<float> out(static_cast<std::size_t>(positions * n_kv_heads_ * dim_));
    float* at = out.data();
    for (int pos = 0; pos < positions; ++pos)
      for (int h = 0; h < n_kv_heads_; ++h, at += dim_)
        dequantize(
            type_ == KvType::kF32   ? WeightType::kF32
            : type_ == KvType::kF16 ? WeightType::kF16
                                    : WeightType::kQ8_0,
            static_cast<const std::uint8_t*>(blocks_[pos / kKvBlockTokens]) +
                static_cast<std::size_t>(h * kKvBlockTokens + pos % kKvBlockTokens) * row_bytes,
            at, dim_);
    return out;
  }

 private:
  KvType type_;
  int n_kv_heads_, dim_;
  std::vector<std::vector<std::uint8_t>> storage_;
  std::vector<void*> blocks_;
};

class AttentionCase {
 public:
  AttentionCase(const AttentionShape& shape, KvType type, std::uint32_t seed)
      : shape_(shape),
        type_(type),
        value_dim_(shape.value_dim ? shape.value_dim : shape.head_dim),
        positions_(shape.first_pos + shape.tokens),
        k_cache_(type, shape.n_kv_heads, shape.head_dim, positions_),
        v_cache_(type, shape.n_kv_heads, value_dim_, positions_),
        q_(random_floats(static_cast<std::size_t>(shape.tokens * shape.n_heads * shape.head_dim),
                         2.f, seed)),
        sinks_(random_floats(static_cast<std::size_t>(shape.n_heads), 2.f, seed + 1)) {
    const auto rows = static_cast<std::size_t>(positions_ * shape.n_kv_heads);
    write(k_cache_, random_floats(rows * static_cast<std::size_t>(shape.head_dim), 1.f, seed + 2));
    write(v_cache_, random_floats(rows * static_cast<std::size_t>(value_dim_), 1.f, seed + 3));
  }

  std::vector<float> stored_keys() const { return k_cache_.read(positions_); }
  std::vector<float> stored_values() const { return v_cache_.read(positions_); }
  void drop_block(int block) { k_cache_.drop(block), v_cache_.drop(block); }

  // For `tokens` of the shape's tokens from `first` on.
  AttentionArgs args(int first, int tokens) const {
    return {.q = q_.data() + static_cast<std::int64_t>(first) * shape_.n_heads * shape_.head_dim,
            .k_blocks = k_cache_.blocks(),
            .v_blocks = shape_.value_row ? k_cache_.blocks() : v_cache_.blocks(),
            .kv_type = type_,
            .tokens = tokens,
            .first_pos = shape_.first_pos + first,
            .n_heads = shape_.n_heads,
            .n_kv_heads = shape_.n_kv_heads,
            .head_dim = shape_.head_dim,
            .value_dim = shape_.value_dim,
            .value_row = shape_.value_row,
            .window = shape_.window,
            .scale = 1.f / std::sqrt(static_cast<float>(shape_.head_dim)),
            .sinks = shape_.sinks ? sinks_.data() : nullptr};
  }

  std::vector<float> run(int first, int tokens, ThreadPool& pool) const {
    std::vector<float> out =
        unwritten(static_cast<std::size_t>(tokens * shape_.n_heads * value_dim_));
    AttentionArgs call = args(first, tokens);
    call.out = out.data();
    attention(call, pool);
    return out;
  }

 private:
  // Written in two steps, as a prompt and its continuation are.
  void write(PagedCache& cache, const std::vector<float>& rows) {
    cache.write(rows, 0, shape_.first_pos);
    cache.write(rows, shape_.first_pos, shape_.tokens);
  }

  AttentionShape shape_;
  KvType type_;
  int value_dim_, positions_;
  PagedCache k_cache_, v_cache_;
  std::vector<float> q_, sinks_;
};

}  // namespace curlew::kernels
