// Memory of the card and memory the card reads directly, owned; and what CUDA says, as an Error.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <string_view>
#include <utility>

#include "model/error.h"

namespace curlew::model {

// kOutOfMemory or kInternal, with CUDA's own words and what was being done.
Status cuda_status(cudaError_t error, std::string_view what);

namespace detail {
struct FreeDevice {
  static void release(void* memory) { cudaFree(memory); }
};
struct FreePinned {
  static void release(void* memory) { cudaFreeHost(memory); }
};
}  // namespace detail

// One piece of memory, freed with its owner. Moves, does not copy.
template <class Free>
class OwnedMemory {
 public:
  OwnedMemory() = default;
  OwnedMemory(void* data, std::size_t bytes)
      : data_(static_cast<std::byte*>(data)), bytes_(bytes) {}
  ~OwnedMemory() {
    if (data_ != nullptr) Free::release(data_);
  }
  OwnedMemory(OwnedMemory&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  OwnedMemory& operator=(OwnedMemory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }

  std::byte* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }

 private:
  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
};
using DeviceMemory = OwnedMemory<detail::FreeDevice>;
using PinnedMemory = OwnedMemory<detail::FreePinned>;

// `what` is for the message: "the weights".
Expected<DeviceMemory> take_device_memory(std::size_t bytes, std::string_view what);
Expected<PinnedMemory> take_pinned_memory(std::size_t bytes, std::string_view what);

// Deals out pieces of one allocation, each on a multiple of 256 bytes. Without memory it only counts:
// the same code that takes the pieces tells beforehand how many bytes they come to.
class Pieces {
 public:
  explicit Pieces(std::byte* memory) : memory_(memory) {}

  template <class T>
  T* take(std::size_t count) {
    const std::size_t at = bytes_;
    bytes_ += (count * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment;
    return memory_ != nullptr ? reinterpret_cast<T*>(memory_ + at) : nullptr;
  }
  bool only_counts() const { return memory_ == nullptr; }
  std::size_t bytes() const { return bytes_; }

 private:
  static constexpr std::size_t kAlignment = 256;
  std::byte* memory_;
  std::size_t bytes_ = 0;
};

// A stream of our own, destroyed with its owner.
class Stream {
 public:
  static Expected<Stream> make();
  ~Stream() {
    if (stream_ != nullptr) cudaStreamDestroy(stream_);
  }
  Stream(Stream&& other) noexcept : stream_(std::exchange(other.stream_, nullptr)) {}
  Stream& operator=(Stream&&) = delete;

  operator cudaStream_t() const { return stream_; }  // to be used as CUDA's own

 private:
  explicit Stream(cudaStream_t stream) : stream_(stream) {}
  cudaStream_t stream_;
};

}  // namespace curlew::model
