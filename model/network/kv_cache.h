// Keys and values of past tokens, in blocks of kernels::kKvBlockTokens positions that sequences
// share.
//
// A pool owns one slab, taken at load and cut into equal blocks; a block holds K and V of its
// positions for every layer. A sequence is a table of blocks. Blocks are counted: sequences with the
// same beginning share its blocks, and the first write into a block that others read copies it. Paged
// attention: arXiv:2309.06180.
//
// Not thread-safe; the engine evaluates one sequence at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "kernels/ops.h"
#include "model/error.h"

namespace curlew::model {

struct KvShape {
  kernels::KvType type = kernels::KvType::kF16;
  int n_layers = 0, n_kv_heads = 0;
  int key_dim = 0;
  int value_dim = 0;  // 0: the values are part of the keys, and nothing is kept for them

  std::size_t block_bytes() const;  // K and V of one block, all layers
};

// Where the blocks of a pool live: this process's memory, or a device's.
class KvMemory {
 public:
  virtual ~KvMemory() = default;
  virtual std::byte* data() const = 0;  // addresses of a device are not to be read here
  virtual void copy(std::size_t to, std::size_t from, std::size_t bytes) = 0;  // offsets
  // Between the slab, at an offset, and this process. Return when it is done.
  virtual Status read(std::size_t from, std::span<std::byte> to) const = 0;
  virtual Status write(std::size_t to, std::span<const std::byte> from) = 0;
};

constexpr int kv_blocks_for(int tokens) {
  return (tokens + kernels::kKvBlockTokens - 1) / kernels::kKvBlockTokens;
}

class KvPool {
 public:
  static constexpr int kNoBlock = -1;

  static Expected<std::unique_ptr<KvPool>> create(const KvShape& shape, int blocks);
  // In memory of shape.block_bytes() * blocks bytes.
  static std::unique_ptr<KvPool> create_in(std::unique_ptr<KvMemory> memory, const KvShape& shape,
                                           int blocks);

  int capacity() const { return static_cast<int>(refs_.size()); }
  int free_count() const { return static_cast<int>(free_.size()); }
  std::size_t bytes() const { return block_bytes_ * refs_.size(); }

  int take();  // a block with one reference, its content arbitrary; kNoBlock when all are in use
  void share(int block) { ++refs_[static_cast<std::size_t>(block)]; }
  void release(int block);
  bool is_shared(int block) const { return refs_[static_cast<std::size_t>(block)] > 1; }
  void copy(int from, int to);

  void* keys(int block, int layer) const { return slab_ + offset(block, layer); }
  void* values(int block, int layer) const {  // the keys, where value_dim is 0
    return slab_ + offset(block, layer) + values_at_;
  }

  // A block's content, all layers: [block_bytes()].
  std::size_t block_bytes() const { return block_bytes_; }
  Status read(int block, std::span<std::byte> to) const;
  Status write(int block, std::span<const std::byte> from);

 private:
  KvPool(const KvShape& shape, int blocks, std::unique_ptr<KvMemory> memory);
  std::size_t offset(int block, int layer) const {
    return static_cast<std::size_t>(block) * block_bytes_ +
           static_cast<std::size_t>(layer) * layer_bytes_;
  }

  std::unique_ptr<KvMemory> memory_;
  std::byte* slab_;  // [blocks, n_layers, K then V]
  std::size_t values_at_, layer_bytes_, block_bytes_;
  std::vector<int> refs_;  // [blocks]
  std::vector<int> free_;  // stack of blocks without references
};

// The cached beginning of a text. Holds references to its blocks; the pool must outlive it.
class KvSequence {
 public:
  explicit KvSequence(KvPool& pool) : pool_(&pool) {}
  ~KvSequence() { truncate(0); }
  KvSequence(KvSequence&& other) noexcept;
  KvSequence& operator=(KvSequence&& other) noexcept;

  // A sequence of blocks that others hold too: [kv_blocks_for(tokens)].
  static KvSequence sharing(KvPool& pool, std::span<const int> blocks, int tokens);

  int tokens() const { return tokens_; }
  std::span<const int> blocks() const { return blocks_; }
  KvPool& pool() const { return *pool_; }

  // Blocks for positions tokens() .. tokens() + more - 1, none of them shared with another
  // sequence. False when the pool is short of blocks; what was got so far is kept, so the call may
  // be repeated.
  bool reserve(int more);
  // The first `count` reserved positions now hold tokens.
  void advance(int count) { tokens_ += count; }
  void truncate(int tokens);

 private:
  KvPool* pool_;
  std::vector<int> blocks_;
  int tokens_ = 0;
};

}  // namespace curlew::model
