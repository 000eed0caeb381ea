#include "model/network/kv_cache.h"

#include <cassert>
#include <cstring>
#include <new>
#include <utility>

namespace curlew::model {
namespace {

constexpr std::size_t kSlabAlignment = 64;  // a cache line, and the widest vector

std::size_t part_bytes(const KvShape& s, int dim) {
  if (dim == 0) return 0;
  const std::size_t bytes = kernels::kv_block_bytes(s.type, s.n_kv_heads, dim);
  return (bytes + kSlabAlignment - 1) / kSlabAlignment * kSlabAlignment;
}

std::size_t layer_bytes(const KvShape& s) {
  return part_bytes(s, s.key_dim) + part_bytes(s, s.value_dim);
}

// One allocation that nothing touches until a block is written, so the memory of blocks that are
// never used is never committed.
class HostKvMemory final : public KvMemory {
 public:
  explicit HostKvMemory(std::byte* slab) : slab_(slab) {}
  ~HostKvMemory() override { ::operator delete (slab_, std::align_val_t{kSlabAlignment}); }
  std::byte* data() const override { return slab_; }
  void copy(std::size_t to, std::size_t from, std::size_t bytes) override {
    std::memcpy(slab_ + to, slab_ + from, bytes);
  }
  Status read(std::size_t from, std::span<std::byte> to) const override {
    std::memcpy(to.data(), slab_ + from, to.size());
    return {};
  }
  Status write(std::size_t to, std::span<const std::byte> from) override {
    std::memcpy(slab_ + to, from.data(), from.size());
    return {};
  }

 private:
  std::byte* slab_;
};

}  // namespace

std::size_t KvShape::block_bytes() const {
  return static_cast<std::size_t>(n_layers) * layer_bytes(*this);
}

Expected<std::unique_ptr<KvPool>> KvPool::create(const KvShape& shape, int blocks) {
  const std::size_t bytes = shape.block_bytes() * static_cast<std::size_t>(blocks);
  void* slab = ::operator new (bytes, std::align_val_t{kSlabAlignment}, std::nothrow);
  if (slab == nullptr) return fail(Errc::kOutOfMemory, "no {} MiB for the KV cache", bytes >> 20);
  return create_in(std::make_unique<HostKvMemory>(static_cast<std::byte*>(slab)), shape, blocks);
}

std::unique_ptr<KvPool> KvPool::create_in(std::unique_ptr<KvMemory> memory, const KvShape& shape,
                                          int blocks) {
  return std::unique_ptr<KvPool>(new KvPool(shape, blocks, std::move(memory)));
}

KvPool::KvPool(const KvShape& shape, int blocks, std::unique_ptr<KvMemory> memory)
    : memory_(std::move(memory)),
      slab_(memory_->data()),
      values_at_(shape.value_dim == 0 ? 0 : part_bytes(shape, shape.key_dim)),
      layer_bytes_(layer_bytes(shape)),
      block_bytes_(shape.block_bytes()),
      refs_(static_cast<std::size_t>(blocks)) {
  free_.reserve(refs_.size());
  for (int block = blocks; block-- > 0;) free_.push_back(block);
}

int KvPool::take() {
  if (free_.empty()) return kNoBlock;
  const int block = free_.back();
  free_.pop_back();
  refs_[static_cast<std::size_t>(block)] = 1;
  return block;
}

void KvPool::release(int block) {
  int& refs = refs_[static_cast<std::size_t>(block)];
  assert(refs > 0);
  if (--refs == 0) free_.push_back(block);
}

void KvPool::copy(int from, int to) {
  memory_->copy(offset(to, 0), offset(from, 0), block_bytes_);
}

Status KvPool::read(int block, std::span<std::byte> to) const {
  return memory_->read(offset(block, 0), to.first(block_bytes_));
}

Status KvPool::write(int block, std::span<const std::byte> from) {
  return memory_->write(offset(block, 0), from.first(block_bytes_));
}

KvSequence::KvSequence(KvSequence&& other) noexcept
    : pool_(other.pool_),
      blocks_(std::move(other.blocks_)),
      tokens_(std::exchange(other.tokens_, 0)) {
  other.blocks_.clear();
}

KvSequence& KvSequence::operator=(KvSequence&& other) noexcept {
  std::swap(pool_, other.pool_);
  std::swap(blocks_, other.blocks_);
  std::swap(tokens_, other.tokens_);
  other.truncate(0);
  return *this;
}

bool KvSequence::reserve(int more) {
  const std::size_t full = static_cast<std::size_t>(tokens_ / kernels::kKvBlockTokens);
  if (full < blocks_.size() && pool_->is_shared(blocks_[full])) {  // we would write into it
    const int own = pool_->take();
    if (own == KvPool::kNoBlock) return false;
    pool_->copy(blocks_[full], own);
    pool_->release(blocks_[full]);
    blocks_[full] = own;
  }
  const std::size_t wanted = static_cast<std::size_t>(kv_blocks_for(tokens_ + more));
  while (blocks_.size() < wanted) {
    const int block = pool_->take();
    if (block == KvPool::kNoBlock) return false;
    blocks_.push_back(block);
  }
  return true;
}

void KvSequence::truncate(int tokens) {
  tokens_ = tokens;
  while (blocks_.size() > static_cast<std::size_t>(kv_blocks_for(tokens))) {
    pool_->release(blocks_.back());
    blocks_.pop_back();
  }
}

KvSequence KvSequence::sharing(KvPool& pool, std::span<const int> blocks, int tokens) {
  assert(static_cast<int>(blocks.size()) == kv_blocks_for(tokens));
  KvSequence sequence(pool);
  sequence.blocks_.assign(blocks.begin(), blocks.end());
  for (const int block : blocks) pool.share(block);
  sequence.tokens_ = tokens;
  return sequence;
}

}  // namespace curlew::model
