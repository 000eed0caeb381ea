// The run-time interface: what is enqueued runs at once, or is written down while its stream is
// captured.
#include <chrono>
#include <cstdlib>
#include <functional>
#include <new>
#include <utility>
#include <vector>

#include "kernels/cuda/on_host/machine.h"
#include "kernels/cuda/on_host/machine_state.h"

using Work = std::function<cudaError_t()>;

struct curlew_graph {
  std::vector<Work> nodes;
};
struct curlew_stream {
  curlew_graph* capture = nullptr;
};
struct curlew_event {
  std::chrono::steady_clock::time_point at;
};

namespace {

namespace host = curlew::on_host;

constexpr std::size_t kMemoryBytes = std::size_t{1} << 30;  // what the device says it has

constexpr int kVersion = 13000;

cudaError_t last_error = cudaSuccess;

cudaError_t note(cudaError_t error) {
  if (error != cudaSuccess) last_error = error;
  return error;
}

cudaError_t health() {
  return host::has_fault() ? cudaErrorLaunchFailure : cudaSuccess;
}

bool is_on_device(const void* memory, std::size_t bytes) {
  const host::Allocation* in = host::memory_map().find(memory);
  const auto* begin = static_cast<const std::byte*>(memory);
  return bytes == 0 || (in != nullptr && begin + bytes <= in->data + in->bytes);
}

cudaError_t enqueue(cudaStream_t stream, Work work) {
  if (stream != nullptr && stream->capture != nullptr) {
    stream->capture->nodes.push_back(std::move(work));
    return cudaSuccess;
  }
  if (host::has_fault()) return note(cudaErrorLaunchFailure);
  return note(work());
}

}  // namespace

namespace curlew::on_host {

cudaError_t launch(const char* kernel, dim3 grid, dim3 block, std::size_t shared_bytes,
                   cudaStream_t stream, void (*entry)(const void* args), const void* args,
                   std::size_t args_bytes) {
  Launch l = {kernel, grid, block, shared_bytes, entry, std::vector<std::byte>(args_bytes)};
  std::memcpy(l.args.data(), args, args_bytes);
  return enqueue(stream, [l = std::move(l)] { return run_kernel(l); });
}

}  // namespace curlew::on_host

cudaError_t cudaGetDeviceCount(int* count) {
  return *count = 1, cudaSuccess;
}
cudaError_t cudaSetDevice(int device) {
  return device == 0 ? cudaSuccess : cudaErrorInvalidValue;
}

// A fault is over; memory that was not freed is not missed.
cudaError_t cudaDeviceReset() {
  host::take_fault();
  last_error = cudaSuccess;
  return cudaSuccess;
}
cudaError_t cudaDriverGetVersion(int* version) {
  return *version = kVersion, cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) {
  return *version = kVersion, cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  *properties = {.name = "the host, as a device",
                 .major = 9,
                 .minor = 0,
                 .multiProcessorCount = 4,
                 .sharedMemPerBlockOptin = 227 << 10};
  return cudaSuccess;
}

cudaError_t cudaMemGetInfo(std::size_t* free_bytes, std::size_t* total_bytes) {
  *total_bytes = kMemoryBytes;
  *free_bytes = kMemoryBytes - host::memory_map().bytes();
  return cudaSuccess;
}

cudaError_t cudaMalloc(void** memory, std::size_t bytes) {
  if (host::memory_map().bytes() + bytes > kMemoryBytes) return note(cudaErrorMemoryAllocation);
  host::Allocation* a = host::memory_map().add(bytes > 0 ? bytes : 1);
  if (a == nullptr) return note(cudaErrorMemoryAllocation);
  *memory = a->data;
  return cudaSuccess;
}

cudaError_t cudaFree(void* memory) {
  if (memory == nullptr) return health();
  if (host::memory_map().remove(memory)) return cudaSuccess;
  return note(cudaErrorInvalidValue);
}

cudaError_t cudaMallocHost(void** memory, std::size_t bytes) {
  *memory = std::malloc(bytes);
  return *memory != nullptr ? cudaSuccess : note(cudaErrorMemoryAllocation);
}

cudaError_t cudaFreeHost(void* memory) {
  std::free(memory);
  return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  const bool reads_device = kind != cudaMemcpyHostToDevice;
  const bool writes_device = kind != cudaMemcpyDeviceToHost;
  if ((reads_device && !is_on_device(from, bytes)) || (writes_device && !is_on_device(to, bytes)))
    return note(cudaErrorInvalidValue);
  return enqueue(stream, [=] {
    if (bytes > 0) std::memcpy(to, from, bytes);
    host::memory_map().mark_written(to, bytes, host::tick());
    return cudaSuccess;
  });
}

cudaError_t cudaMemsetAsync(void* memory, int byte, std::size_t bytes, cudaStream_t stream) {
  return enqueue(stream, [=] {
    std::memset(memory, byte, bytes);
    host::memory_map().mark_written(memory, bytes, host::tick());
    return cudaSuccess;
  });
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  *stream = new curlew_stream;
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  delete stream;
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t) {
  return note(health());
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  stream->capture = new curlew_graph;
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  *graph = std::exchange(stream->capture, nullptr);
  return *graph != nullptr ? cudaSuccess : note(cudaErrorStreamCaptureInvalidated);
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long) {
  *exec = new curlew_graph(*graph);
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  for (const Work& work : exec->nodes)
    if (const cudaError_t error = enqueue(stream, work); error != cudaSuccess) return error;
  return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
  delete exec;
  return cudaSuccess;
}

cudaError_t cudaEventCreate(cudaEvent_t* event) {
  *event = new curlew_event;
  return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t) {
  event->at = std::chrono::steady_clock::now();
  return cudaSuccess;
}

cudaError_t cudaEventElapsedTime(float* ms, cudaEvent_t start, cudaEvent_t end) {
  *ms = std::chrono::duration<float, std::milli>(end->at - start->at).count();
  return cudaSuccess;
}

cudaError_t cudaGetLastError() {
  return std::exchange(last_error, cudaSuccess);
}

const char* cudaGetErrorString(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return "no error";
    case cudaErrorInvalidValue:
      return "invalid argument";
    case cudaErrorMemoryAllocation:
      return "out of memory";
    case cudaErrorInsufficientDriver:
      return "the driver is too old";
    case cudaErrorNoDevice:
      return "no device";
    case cudaErrorLaunchFailure:
      return "a kernel failed";
    case cudaErrorStreamCaptureInvalidated:
      return "nothing was captured";
  }
  return "unknown error";
}
