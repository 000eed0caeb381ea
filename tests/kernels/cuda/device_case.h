// Buffers on the device for a kernel test, the device being a card or the host (on_host/machine.h),
// whichever the test was built for.
#pragma once

#include <cuda_runtime.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels/cuda/activations.h"
#include "kernels/cuda/device_matrix.h"
#include "kernels/ops.h"
#include "tests/kernels/random_weights.h"

#if defined(CURLEW_CUDA_ON_HOST)
#include "kernels/cuda/on_host/machine.h"
#endif

namespace curlew::cuda::testing {

// The buffers of one test; all are freed with it. On the host every check of the machine is on.
class DeviceCase {
 public:
  DeviceCase() {
    EXPECT_EQ(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), cudaSuccess);
  }
  ~DeviceCase() {
    for (void* memory : owned_) cudaFree(memory);
    cudaStreamDestroy(stream_);
  }

  cudaStream_t stream() const { return stream_; }

  // Of `count` elements that nobody has written.
  template <class T>
  T* empty(std::size_t count) {
    void* memory = nullptr;
    EXPECT_EQ(cudaMalloc(&memory, count * sizeof(T)), cudaSuccess);
    owned_.push_back(memory);
    return static_cast<T*>(memory);
  }

  template <class T>
  T* upload(const std::vector<T>& values) {
    T* to = empty<T>(values.size());
    cudaMemcpyAsync(to, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice, stream_);
    cudaStreamSynchronize(stream_);
    return to;
  }

  template <class T>
  std::vector<T> download(const T* from, std::size_t count) {
    std::vector<T> values(count);
    cudaMemcpyAsync(values.data(), from, count * sizeof(T), cudaMemcpyDeviceToHost, stream_);
    const cudaError_t error = cudaStreamSynchronize(stream_);
    EXPECT_EQ(error, cudaSuccess) << cudaGetErrorString(error) << fault();
    return values;
  }

  DeviceMatrix upload_matrix(const kernels::MatrixView& view) {
    const MatrixLayout layout = matrix_layout(view.type, view.rows, view.cols);
    std::vector<std::uint8_t> planes(layout.bytes);
    pack_matrix(view, layout, planes.data());
    const std::uint8_t* memory = upload(planes);
#if defined(CURLEW_CUDA_ON_HOST)
    on_host::seal(memory);
#endif
    return layout.at(memory);
  }

  // Room for activations in every form that a product may read.
  Activations activations(int tokens, int cols) {
    const auto n = static_cast<std::size_t>(tokens) * static_cast<std::size_t>(cols);
    Activations a = {.f32 = empty<float>(n)};
    if (cols % kUnitCols == 0) a.q = empty<std::int8_t>(n), a.scale = empty<UnitScale>(n / 32);
    return a;
  }

  static std::string fault() {
#if defined(CURLEW_CUDA_ON_HOST)
    return " " + on_host::take_fault();
#else
    return "";
#endif
  }

 private:
  cudaStream_t stream_ = nullptr;
  std::vector<void*> owned_;
};

#define EXPECT_CUDA_OK(call)                                                             \
  do {                                                                                   \
    const cudaError_t error_ = (call);                                                   \
    EXPECT_EQ(error_, cudaSuccess) << cudaGetErrorString(error_) << DeviceCase::fault(); \
  } while (false)

// Runs `work` in several orders of threads and blocks where the device lets us choose: a kernel
// gives the same bits in each.
template <class Work>
void in_every_order(Work work) {
#if defined(CURLEW_CUDA_ON_HOST)
  using on_host::Order;
  for (const Order order : {Order::kAscending, Order::kDescending, Order::kShuffled}) {
    on_host::set_order(order, 3);
    work();
  }
  on_host::set_order(Order::kAscending);
#else
  for (int i = 0; i < 3; ++i) work();
#endif
}

}  // namespace curlew::cuda::testing
