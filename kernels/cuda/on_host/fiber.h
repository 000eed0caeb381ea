// Stacks that are switched by hand: the threads of a block.
#pragma once

#include <cstddef>

namespace curlew::on_host {

// One stack, and where it stopped. start() lays out a first stop at the beginning of body(); the
// body never returns, it switches away for good.
class Fiber {
 public:
  static constexpr std::size_t kStackBytes = 64 << 10;

  Fiber();
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  void start(void (*body)());
  void resume();        // until it pauses
  static void pause();  // of the fiber that runs: back to whoever resumed it

  bool owns(const void* address) const {
    const auto* byte = static_cast<const std::byte*>(address);
    return byte >= stack_ && byte < stack_ + kStackBytes;
  }

 private:
  struct Context;
  std::byte* stack_;
  Context* context_;
};

}  // namespace curlew::on_host
