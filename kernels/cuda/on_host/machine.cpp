#include "kernels/cuda/on_host/machine.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

#include "kernels/cuda/on_host/access_check.h"
#include "kernels/cuda/on_host/fiber.h"
#include "kernels/cuda/on_host/machine_state.h"

uint3 threadIdx, blockIdx;
dim3 blockDim, gridDim;

extern "C" const char __executable_start, _end;  // of the program's image, by the linker

namespace curlew::on_host {
namespace {

constexpr unsigned kWarpLanes = 32;
constexpr unsigned kThreadsMax = 1024;
constexpr std::size_t kSharedBytesMax = 227 << 10;  // sm_90
constexpr int kPoison = 0xff;                       // NaNs, and indices far out of range

enum class State { kReady, kAtBlock, kAtWarp, kDone };

struct Thread {
  std::unique_ptr<Fiber> fiber = std::make_unique<Fiber>();
  State state = State::kReady;
  Place place;
  bool has_waited = false;
  bool odd_meeting = false;  // which of its warp's two rows of values is in use
};

struct Warp {
  std::uint64_t values[2][kWarpLanes];
  Time met = 0;
};

struct Machine {
  Order order = Order::kAscending;
  std::mt19937 random{1};
  std::string fault;
  MemoryMap memory;
  Time now = 1;

  // Of the launch that runs.
  const char* kernel = nullptr;
  void (*entry)(const void*) = nullptr;
  const std::byte* args = nullptr;
  std::size_t args_bytes = 0;
  Allocation* shared = nullptr;
  Time launch_start = 0, block_start = 0, block_met = 0;
  std::vector<Thread> threads;
  std::vector<Warp> warps;
  std::vector<unsigned> thread_order;
  unsigned thread_count = 0;
  int current = -1;  // the thread that runs; -1: none, we are no kernel
};

Machine& machine() {
  static Machine m;
  return m;
}

std::string name_of(const Place& place) {
  const std::string file = place.file_name();
  return file.substr(file.rfind('/') + 1) + ":" + std::to_string(place.line());
}

bool is_same(const Place& a, const Place& b) {
  return a.line() == b.line() && std::strcmp(a.file_name(), b.file_name()) == 0;
}

void record_fault(const std::string& what) {
  Machine& m = machine();
  if (!m.fault.empty()) return;
  m.fault = std::string(m.kernel) + ": block (" + std::to_string(blockIdx.x) + ", " +
            std::to_string(blockIdx.y) + ", " + std::to_string(blockIdx.z) + ")";
  if (m.current >= 0) m.fault += ", thread " + std::to_string(m.current);
  m.fault += ": " + what;
}

// Ends the thread that runs, after a fault: its launch is over, and its stack is not unwound.
[[noreturn]] void end_thread() {
  Fiber::pause();
  __builtin_unreachable();  // nobody resumes a launch with a fault
}

void run_thread() {
  Machine& m = machine();
  m.entry(m.args);
  m.threads[static_cast<std::size_t>(m.current)].state = State::kDone;
  Fiber::pause();
}

void resume(unsigned thread) {
  Machine& m = machine();
  m.current = static_cast<int>(thread);
  threadIdx = {thread % blockDim.x, thread / blockDim.x % blockDim.y,
               thread / (blockDim.x * blockDim.y)};
  m.threads[thread].fiber->resume();
  m.current = -1;
}

// In the order that is set; the vector is for reuse.
const std::vector<unsigned>& ordered(unsigned count, std::vector<unsigned>& order) {
  Machine& m = machine();
  if (order.size() == count && m.order != Order::kShuffled) return order;
  order.resize(count);
  std::iota(order.begin(), order.end(), 0u);
  if (m.order == Order::kDescending) std::ranges::reverse(order);
  if (m.order == Order::kShuffled) std::ranges::shuffle(order, m.random);
  return order;
}

// True when every thread of [first, first + count) waits in `state`, all at one place. Sets a fault
// when they wait at several.
bool all_wait(unsigned first, unsigned count, State state, bool may_be_done) {
  Machine& m = machine();
  const Place* place = nullptr;
  for (unsigned i = first; i < first + count; ++i) {
    const Thread& t = m.threads[i];
    if (t.state == State::kDone && may_be_done) continue;
    if (t.state != state) return false;
    if (place != nullptr && !is_same(*place, t.place)) {
      record_fault("threads wait at " + name_of(*place) + " and at " + name_of(t.place));
      return false;
    }
    place = &t.place;
  }
  return place != nullptr;
}

void release(unsigned first, unsigned count) {
  for (unsigned i = first; i < first + count; ++i)
    if (machine().threads[i].state != State::kDone) machine().threads[i].state = State::kReady;
}

// Lets those go on who have all met. False when nobody could.
bool release_meetings() {
  Machine& m = machine();
  bool released = false;
  for (unsigned w = 0; w < m.thread_count / kWarpLanes; ++w) {
    if (!all_wait(w * kWarpLanes, kWarpLanes, State::kAtWarp, false)) continue;
    m.warps[w].met = ++m.now;
    release(w * kWarpLanes, kWarpLanes);
    released = true;
  }
  if (!released && all_wait(0, m.thread_count, State::kAtBlock, true)) {
    m.block_met = ++m.now;
    release(0, m.thread_count);
    released = true;
  }
  return released;
}

void report_stall() {
  Machine& m = machine();
  const char* const names[] = {"ready", "at the barrier ", "at the warp's meeting ", "gone"};
  std::string who;
  for (unsigned i = 0; i < m.thread_count; ++i) {
    const Thread& t = m.threads[i];
    const bool news = i == 0 || t.state != m.threads[i - 1].state;
    if (!news) continue;
    const bool waits = t.state == State::kAtBlock || t.state == State::kAtWarp;
    who += (i ? ", from thread " : "from thread ") + std::to_string(i) + " " +
           names[static_cast<int>(t.state)] + (waits ? name_of(t.place) : "");
  }
  record_fault("nobody can go on: " + who);
}

void run_block() {
  Machine& m = machine();
  m.block_start = m.block_met = ++m.now;
  m.memory.begin_block(m.now);
  std::memset(m.shared->data, kPoison, m.shared->bytes);
  for (Warp& warp : m.warps) warp.met = m.now;
  for (unsigned i = 0; i < m.thread_count; ++i) {
    Thread& t = m.threads[i];
    t.state = State::kReady;
    t.has_waited = t.odd_meeting = false;
    t.fiber->start(run_thread);
  }
  while (m.fault.empty()) {
    for (const unsigned i : ordered(m.thread_count, m.thread_order))
      if (m.threads[i].state == State::kReady && m.fault.empty()) resume(i);
    const auto end = m.threads.begin() + m.thread_count;
    if (std::all_of(m.threads.begin(), end,
                    [](const Thread& t) { return t.state == State::kDone; }))
      return;
    if (m.fault.empty() && !release_meetings() && m.fault.empty()) report_stall();
  }
}

Thread& current_thread() {
  Machine& m = machine();
  return m.threads[static_cast<std::size_t>(m.current)];
}

Accessor accessor() {
  Machine& m = machine();
  return {.thread = static_cast<std::uint16_t>(m.current),
          .now = m.now,
          .launch_start = m.launch_start,
          .block_start = m.block_start,
          .block_met = m.block_met,
          .warp_met = m.warps[static_cast<unsigned>(m.current) / kWarpLanes].met,
          .has_waited = current_thread().has_waited};
}

}  // namespace

void announce(const void* address, std::size_t bytes, Access access) {
  Machine& m = machine();
  if (m.current < 0 || current_thread().fiber->owns(address)) return;
  const auto* byte = static_cast<const std::byte*>(address);
  const auto* image = static_cast<const char*>(address);
  const bool is_constant = (byte >= m.args && byte < m.args + m.args_bytes) ||
                           (image >= &__executable_start && image < &_end);
  if (is_constant && access == Access::kRead) return;
  const char* fault = m.memory.check(accessor(), address, bytes, access);
  if (fault == nullptr) return;
  const char* const verbs[] = {"a load", "a store", "an atomic"};
  const bool in_shared = m.shared != nullptr && m.memory.find(address) == m.shared;
  record_fault(std::string(verbs[static_cast<int>(access)]) + " of " + std::to_string(bytes) +
               " bytes of " + (in_shared ? "shared" : "device") + " memory " + fault);
  end_thread();
}

namespace {

bool is_launchable(dim3 grid, dim3 block, std::size_t shared_bytes) {
  const unsigned threads = block.x * block.y * block.z;
  return grid.x > 0 && grid.y > 0 && grid.z > 0 && grid.y <= 65535 && grid.z <= 65535 &&
         threads > 0 && threads <= kThreadsMax && threads % kWarpLanes == 0 &&
         shared_bytes <= kSharedBytesMax;
}

void prepare(dim3 grid, dim3 block, std::size_t shared_bytes) {
  Machine& m = machine();
  gridDim = grid;
  blockDim = block;
  m.thread_count = block.x * block.y * block.z;
  if (m.threads.size() < m.thread_count) m.threads.resize(m.thread_count);
  m.warps.resize(m.thread_count / kWarpLanes);
  m.shared = m.memory.add(std::max<std::size_t>(shared_bytes, 1));
  m.shared->is_shared = true;
  m.launch_start = ++m.now;
  m.memory.begin_launch();
}

}  // namespace

MemoryMap& memory_map() {
  return machine().memory;
}
Time tick() {
  return ++machine().now;
}
bool has_fault() {
  return !machine().fault.empty();
}

void set_order(Order order, std::uint32_t seed) {
  machine().order = order;
  machine().thread_order.clear();
  machine().random.seed(seed);
}

std::string take_fault() {
  return std::exchange(machine().fault, {});
}

void seal(const void* allocation) {
  if (Allocation* a = machine().memory.find(allocation)) a->is_sealed = true;
}

cudaError_t run_kernel(const Launch& launch) {
  Machine& m = machine();
  if (!is_launchable(launch.grid, launch.block, launch.shared_bytes)) return cudaErrorInvalidValue;
  m.kernel = launch.kernel;
  m.entry = launch.entry;
  m.args = launch.args.data();
  m.args_bytes = launch.args.size();
  prepare(launch.grid, launch.block, launch.shared_bytes);
  std::vector<unsigned> block_order;
  for (const unsigned i : ordered(launch.grid.x * launch.grid.y * launch.grid.z, block_order)) {
    blockIdx = {i % gridDim.x, i / gridDim.x % gridDim.y, i / (gridDim.x * gridDim.y)};
    run_block();
    if (!m.fault.empty()) break;
  }
  m.memory.remove(m.shared->data);
  m.shared = nullptr;
  ++m.now;
  return m.fault.empty() ? cudaSuccess : cudaErrorLaunchFailure;
}

// --- Called by kernels ---------------------------------------------------------------------------

void* shared_memory() {
  return machine().shared->data;
}

void wait_for_inputs() {
  current_thread().has_waited = true;
}

int lane() {
  return machine().current % static_cast<int>(kWarpLanes);
}

void meet_block(const Place& place) {
  Thread& t = current_thread();
  t.state = State::kAtBlock;
  t.place = place;
  Fiber::pause();
}

// The row of values in which all lanes' now stand.
static const std::uint64_t* exchange_values(std::uint64_t value, const Place& place) {
  Thread& t = current_thread();
  Warp& warp = machine().warps[static_cast<unsigned>(machine().current) / kWarpLanes];
  std::uint64_t* values = warp.values[t.odd_meeting];
  values[lane()] = value;
  t.odd_meeting = !t.odd_meeting;
  t.state = State::kAtWarp;
  t.place = place;
  Fiber::pause();
  return values;
}

std::uint64_t meet_warp(std::uint64_t value, int source, const Place& place) {
  return exchange_values(value, place)[source];
}

std::uint32_t meet_warp_bits(bool bit, const Place& place) {
  const std::uint64_t* values = exchange_values(bit, place);
  std::uint32_t bits = 0;
  for (unsigned i = 0; i < kWarpLanes; ++i) bits |= static_cast<std::uint32_t>(values[i]) << i;
  return bits;
}

void fence() {
  machine().memory.fence();
}

std::uint64_t atomic_load(const void* address, std::size_t bytes) {
  announce(address, bytes, Access::kAtomic);
  std::uint64_t bits = 0;
  std::memcpy(&bits, address, bytes);
  return bits;
}

void atomic_store(void* address, std::uint64_t bits, std::size_t bytes) {
  std::memcpy(address, &bits, bytes);
}

void check_alignment(const void* address, std::size_t bytes) {
  if (reinterpret_cast<std::uintptr_t>(address) % bytes == 0) return;
  record_fault("an access of " + std::to_string(bytes) +
               " bytes stands at an address that is no multiple");
  end_thread();
}

void fail_check(const char* what, const Place& place) {
  record_fault(std::string(what) + " at " + name_of(place));
  end_thread();
}

}  // namespace curlew::on_host
