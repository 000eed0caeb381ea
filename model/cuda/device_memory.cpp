#include "model/cuda/device_memory.h"

namespace curlew::model {

Status cuda_status(cudaError_t error, std::string_view what) {
  if (error == cudaSuccess) return {};
  const Errc kind = error == cudaErrorMemoryAllocation ? Errc::kOutOfMemory : Errc::kInternal;
  return fail(kind, "CUDA: {}: {}", what, cudaGetErrorString(error));
}

Expected<DeviceMemory> take_device_memory(std::size_t bytes, std::string_view what) {
  void* memory = nullptr;
  if (cudaMalloc(&memory, bytes) != cudaSuccess)
    return fail(Errc::kOutOfMemory, "CUDA: no {} MiB of device memory for {}", bytes >> 20, what);
  return DeviceMemory(memory, bytes);
}

Expected<PinnedMemory> take_pinned_memory(std::size_t bytes, std::string_view what) {
  void* memory = nullptr;
  if (cudaMallocHost(&memory, bytes) != cudaSuccess)
    return fail(Errc::kOutOfMemory, "CUDA: no {} MiB of pinned memory for {}", bytes >> 20, what);
  return PinnedMemory(memory, bytes);
}

Expected<Stream> Stream::make() {
  cudaStream_t stream = nullptr;
  Status made =
      cuda_status(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "creating a stream");
  if (!made) return std::move(made.error()).pass();
  return Stream(stream);
}

}  // namespace curlew::model
