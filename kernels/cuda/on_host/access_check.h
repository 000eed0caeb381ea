// Which memory a kernel may touch, and who touched it last. Private to the machine.
//
// Time is a counter of the machine's: it moves on whenever threads meet. An access is stamped with
// its time, and two accesses of different threads are ordered when the earlier one is older than
// the last meeting of both.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

namespace curlew::on_host {

using Time = std::uint32_t;

// Of one byte. Times are 0 where nothing happened.
struct ByteHistory {
  Time written = 0, read = 0;
  std::uint16_t writer = 0, reader = 0;

  bool operator==(const ByteHistory&) const = default;
};

struct Allocation {
  std::byte* data = nullptr;
  std::size_t bytes = 0;
  bool is_sealed = false;
  bool is_shared = false;  // the block's shared memory
  std::unique_ptr<ByteHistory[], void (*)(ByteHistory*)> history{nullptr, nullptr};
};

enum class Access { kRead, kWrite, kAtomic };

// The accessing thread, as far as the rules need it.
struct Accessor {
  std::uint16_t thread = 0;  // within its block, below 1024
  Time now = 0;
  Time launch_start = 0, block_start = 0;
  Time block_met = 0, warp_met = 0;  // the last meeting of its block, of its warp
  bool has_waited = true;
};

class MemoryMap {
 public:
  Allocation* add(std::size_t bytes);  // null when there is no memory
  bool remove(void* data);
  Allocation* find(const void* address);  // that contains it; null when none does
  void mark_written(void* data, std::size_t bytes, Time now);
  std::size_t bytes() const { return bytes_; }

  // Null when the access is allowed, and then it is remembered; else why not.
  const char* check(const Accessor& who, const void* address, std::size_t bytes, Access access);

  // Blocks of a launch run one after another; each begins with this.
  void begin_launch() { block_starts_.clear(), hand_overs_.clear(); }
  void begin_block(Time now);
  void fence() { fenced_ = true; }

 private:
  const char* check_byte(const Accessor& who, const Allocation& in, ByteHistory& h, Access access);
  bool is_handed_over(Time when) const;
  void meet_at(const void* address);

  std::map<std::uintptr_t, std::unique_ptr<Allocation>> allocations_;  // by end
  Allocation* last_found_ = nullptr;
  std::size_t bytes_ = 0;

  std::vector<Time> block_starts_;  // of this launch, in running order
  std::unordered_map<const void*, std::vector<bool>> hand_overs_;  // blocks released at an atomic
  std::vector<bool> acquired_;  // blocks whose writes the running block may see
  bool fenced_ = false;         // the running block has fenced its writes
};

}  // namespace curlew::on_host
