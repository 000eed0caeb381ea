#include "kernels/cuda/on_host/access_check.h"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace curlew::on_host {
namespace {

constexpr std::size_t kAlignment = 256;  // cudaMalloc's
constexpr std::size_t kGapBytes = 4096;  // around an allocation: an access that strays hits nothing

// Readers and writers: a thread of the block, or one of these.
constexpr std::uint16_t kAtomicWriter = 0xfffe;
constexpr std::uint16_t kManyReaders = 0xffff;
constexpr std::uint16_t kManyOfWarp = 0x8000;  // + the warp

int warp_of(std::uint16_t thread) {
  return thread / 32;
}

// When `who` and `other` last met.
Time last_meeting(const Accessor& who, std::uint16_t other) {
  if (warp_of(who.thread) != warp_of(other)) return who.block_met;
  return std::max(who.block_met, who.warp_met);
}

// The reader to remember when `who` reads after those that h remembers.
std::uint16_t merge_reader(const Accessor& who, const ByteHistory& h) {
  if (h.read < who.block_met || h.reader == who.thread) return who.thread;
  const auto many_here = static_cast<std::uint16_t>(kManyOfWarp + warp_of(who.thread));
  const bool same_warp =
      h.reader == many_here || (h.reader < kManyOfWarp && warp_of(h.reader) == warp_of(who.thread));
  if (!same_warp) return kManyReaders;
  return h.read < who.warp_met ? who.thread : many_here;
}

bool read_conflicts(const Accessor& who, const ByteHistory& h) {
  if (h.read < who.block_met || h.reader == who.thread) return false;
  if (h.reader == kManyReaders) return true;
  if (h.reader >= kManyOfWarp)
    return h.reader - kManyOfWarp != warp_of(who.thread) || h.read >= who.warp_met;
  return h.read >= last_meeting(who, h.reader);
}

ByteHistory* new_history(std::size_t bytes) {  // of fresh pages, which cost nothing until touched
  return static_cast<ByteHistory*>(std::calloc(bytes, sizeof(ByteHistory)));
}
void free_history(ByteHistory* history) {
  std::free(history);
}

}  // namespace

Allocation* MemoryMap::add(std::size_t bytes) {
  const std::size_t room = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  void* memory = std::aligned_alloc(kAlignment, room + 2 * kGapBytes);
  if (memory == nullptr) return nullptr;
  auto allocation = std::make_unique<Allocation>();
  allocation->data = static_cast<std::byte*>(memory) + kGapBytes;
  allocation->bytes = bytes;
  allocation->history = {new_history(bytes), free_history};
  bytes_ += bytes;
  Allocation* added = allocation.get();
  allocations_[reinterpret_cast<std::uintptr_t>(added->data) + bytes] = std::move(allocation);
  return added;
}

bool MemoryMap::remove(void* data) {
  Allocation* allocation = find(data);
  if (allocation == nullptr || allocation->data != data) return false;
  last_found_ = nullptr;
  bytes_ -= allocation->bytes;
  std::free(allocation->data - kGapBytes);
  allocations_.erase(reinterpret_cast<std::uintptr_t>(data) + allocation->bytes);
  return true;
}

Allocation* MemoryMap::find(const void* address) {
  const auto* byte = static_cast<const std::byte*>(address);
  const auto contains = [byte](const Allocation& a) {
    return byte >= a.data && byte < a.data + a.bytes;
  };
  if (last_found_ != nullptr && contains(*last_found_)) return last_found_;
  const auto at = allocations_.upper_bound(reinterpret_cast<std::uintptr_t>(address));
  if (at == allocations_.end() || !contains(*at->second)) return nullptr;
  return last_found_ = at->second.get();
}

void MemoryMap::mark_written(void* data, std::size_t bytes, Time now) {
  Allocation* in = find(data);
  if (in == nullptr || in->is_sealed) return;
  ByteHistory* h = in->history.get() + (static_cast<std::byte*>(data) - in->data);
  for (std::size_t i = 0; i < bytes; ++i) h[i].written = now;
}

void MemoryMap::begin_block(Time now) {
  block_starts_.push_back(now);
  acquired_.assign(block_starts_.size(), false);
  fenced_ = false;
}

bool MemoryMap::is_handed_over(Time when) const {
  const auto next = std::ranges::upper_bound(block_starts_, when);
  const auto block = static_cast<std::size_t>(next - block_starts_.begin()) - 1;
  return block < acquired_.size() && acquired_[block];
}

// An atomic hands over what its block has fenced, and takes what others have handed over there.
void MemoryMap::meet_at(const void* address) {
  std::vector<bool>& released = hand_overs_[address];
  released.resize(block_starts_.size());
  for (std::size_t i = 0; i < released.size(); ++i)
    if (released[i]) acquired_[i] = true;
  if (!fenced_) return;
  for (std::size_t i = 0; i < released.size(); ++i) released[i] = released[i] || acquired_[i];
  released.back() = true;
}

const char* MemoryMap::check_byte(const Accessor& who, const Allocation& in, ByteHistory& h,
                                  Access access) {
  const bool reads = access != Access::kWrite, writes = access != Access::kRead;
  const Time life = in.is_shared ? who.block_start : 1;
  if (reads && h.written < life) return "reads what nobody has written";

  const auto from_other_block = [&](Time when) {
    return !in.is_shared && when >= who.launch_start && when < who.block_start &&
           !is_handed_over(when);
  };
  const bool was_atomic = h.writer == kAtomicWriter;
  const bool both_atomic = was_atomic && access == Access::kAtomic;
  if (!both_atomic && from_other_block(h.written)) return "races with a write of another block";
  if (access == Access::kWrite && from_other_block(h.read))
    return "overwrites what another block reads";

  if (h.written >= who.block_start && !both_atomic && h.writer != who.thread) {
    const Time met = was_atomic ? who.block_met : last_meeting(who, h.writer);
    if (h.written >= met)
      return was_atomic ? "races with an atomic" : "races with a write of another thread";
  }
  if (writes && h.read >= who.block_start && read_conflicts(who, h))
    return "overwrites what another thread may still have to read";

  if (access == Access::kRead) {
    h.reader = merge_reader(who, h);
    h.read = who.now;
  } else {
    h.writer = access == Access::kAtomic ? kAtomicWriter : who.thread;
    h.written = who.now;
  }
  return nullptr;
}

const char* MemoryMap::check(const Accessor& who, const void* address, std::size_t bytes,
                             Access access) {
  Allocation* in = find(address);
  const auto* byte = static_cast<const std::byte*>(address);
  if (in == nullptr) return "lies in no allocation";
  if (byte + bytes > in->data + in->bytes) return "runs past the end of its allocation";
  if (in->is_sealed) return access == Access::kRead ? nullptr : "writes sealed memory";
  if (!in->is_shared && !who.has_waited) return "comes before wait_for_inputs()";
  if (access == Access::kAtomic && !in->is_shared) meet_at(address);
  ByteHistory* h = in->history.get() + (byte - in->data);
  ByteHistory before = *h;
  if (const char* fault = check_byte(who, *in, *h, access)) return fault;
  for (std::size_t i = 1; i < bytes; ++i) {  // most accesses are of words that have one history
    if (h[i] == before) {
      h[i] = h[i - 1];
      continue;
    }
    before = h[i];
    if (const char* fault = check_byte(who, *in, h[i], access)) return fault;
  }
  return nullptr;
}

}  // namespace curlew::on_host
