// What our kernels and their callers use of CUDA, for a machine without it: see on_host/machine.h.
// Names, types and meanings are CUDA's; a function that is not here is one we do not use yet.
// Everything enqueued runs at once, unless its stream is being captured.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <source_location>

#define CURLEW_CUDA_ON_HOST 1

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)

struct dim3 {
  unsigned x = 1, y = 1, z = 1;
  constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};
struct uint3 {
  unsigned x, y, z;
};
struct alignas(8) uint2 {
  unsigned x, y;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
struct alignas(8) float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
inline float2 make_float2(float x, float y) {
  return {x, y};
}
inline float4 make_float4(float x, float y, float z, float w) {
  return {x, y, z, w};
}
inline uint2 make_uint2(unsigned x, unsigned y) {
  return {x, y};
}
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) {
  return {x, y, z, w};
}

// --- Host side -----------------------------------------------------------------------------------

enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInsufficientDriver = 35,
  cudaErrorNoDevice = 100,
  cudaErrorLaunchFailure = 719,
  cudaErrorStreamCaptureInvalidated = 901,
};
enum cudaMemcpyKind { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost, cudaMemcpyDeviceToDevice };
enum cudaStreamCaptureMode { cudaStreamCaptureModeThreadLocal };
inline constexpr unsigned cudaStreamNonBlocking = 1;

struct curlew_stream;
struct curlew_graph;
struct curlew_event;
using cudaStream_t = curlew_stream*;
using cudaGraph_t = curlew_graph*;
using cudaGraphExec_t = curlew_graph*;
using cudaEvent_t = curlew_event*;

struct cudaDeviceProp {
  char name[256];
  int major, minor;
  int multiProcessorCount;
  std::size_t sharedMemPerBlockOptin;
};

cudaError_t cudaGetDeviceCount(int* count);
cudaError_t cudaSetDevice(int device);
cudaError_t cudaDeviceReset();
cudaError_t cudaDriverGetVersion(int* version);
cudaError_t cudaRuntimeGetVersion(int* version);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device);
cudaError_t cudaMemGetInfo(std::size_t* free_bytes, std::size_t* total_bytes);
cudaError_t cudaMalloc(void** memory, std::size_t bytes);
cudaError_t cudaFree(void* memory);
cudaError_t cudaMallocHost(void** memory, std::size_t bytes);
cudaError_t cudaFreeHost(void* memory);
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream);
cudaError_t cudaMemsetAsync(void* memory, int byte, std::size_t bytes, cudaStream_t stream);
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode);
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph);
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph,
                                 unsigned long long flags = 0);
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream);
cudaError_t cudaGraphDestroy(cudaGraph_t graph);
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec);
cudaError_t cudaEventCreate(cudaEvent_t* event);
cudaError_t cudaEventDestroy(cudaEvent_t event);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
cudaError_t cudaEventElapsedTime(float* ms, cudaEvent_t start, cudaEvent_t end);
cudaError_t cudaGetLastError();
const char* cudaGetErrorString(cudaError_t error);

namespace curlew::on_host {

// entry(args) is what one thread executes; args, copied, are its parameter. pdl: the kernel may
// start before its predecessors in the stream are done, and calls wait_for_inputs().
cudaError_t launch(const char* kernel, dim3 grid, dim3 block, std::size_t shared_bytes,
                   cudaStream_t stream, void (*entry)(const void* args), const void* args,
                   std::size_t args_bytes);

// --- Device side, called by the fibers -----------------------------------------------------------

using Place = std::source_location;

void* shared_memory();
void wait_for_inputs();
void meet_block(const Place& place);
// The value that lane `source` of the warp came with, once all are there.
std::uint64_t meet_warp(std::uint64_t value, int source, const Place& place);
// The low bits of all lanes' values.
std::uint32_t meet_warp_bits(bool bit, const Place& place);
int lane();
void fence();
// The word at `address`, which atomic_store() then changes, with nobody between.
std::uint64_t atomic_load(const void* address, std::size_t bytes);
void atomic_store(void* address, std::uint64_t bits, std::size_t bytes);
void check_alignment(const void* address, std::size_t bytes);
[[noreturn]] void fail_check(const char* what, const Place& place);

template <class T>
std::uint64_t to_bits(T value) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  return bits;
}
template <class T>
T from_bits(std::uint64_t bits) {
  T value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace curlew::on_host

extern uint3 threadIdx, blockIdx;
extern dim3 blockDim, gridDim;

// Only whole warps: the masks that name fewer lanes have no use here.
#define CURLEW_PLACE curlew::on_host::Place place = curlew::on_host::Place::current()

inline void __syncthreads(CURLEW_PLACE) {
  curlew::on_host::meet_block(place);
}
inline void __syncwarp(unsigned = ~0u, CURLEW_PLACE) {
  curlew::on_host::meet_warp(0, 0, place);
}
template <class T>
T __shfl_sync(unsigned, T value, int source, int width = 32, CURLEW_PLACE) {
  namespace host = curlew::on_host;
  const int from = host::lane() / width * width + (source & (width - 1));
  return host::from_bits<T>(host::meet_warp(host::to_bits(value), from, place));
}
template <class T>
T __shfl_xor_sync(unsigned, T value, int mask, int = 32, CURLEW_PLACE) {
  namespace host = curlew::on_host;
  return host::from_bits<T>(
      host::meet_warp(host::to_bits(value), (host::lane() ^ mask) & 31, place));
}
inline unsigned __ballot_sync(unsigned, int predicate, CURLEW_PLACE) {
  return curlew::on_host::meet_warp_bits(predicate != 0, place);
}
#undef CURLEW_PLACE

inline void __threadfence() {
  curlew::on_host::fence();
}

template <class T>
T atomicAdd(T* address, T value) {
  namespace host = curlew::on_host;
  const T old = host::from_bits<T>(host::atomic_load(address, sizeof(T)));
  host::atomic_store(address, host::to_bits<T>(old + value), sizeof(T));
  return old;
}
template <class T>
T atomicExch(T* address, T value) {
  namespace host = curlew::on_host;
  const T old = host::from_bits<T>(host::atomic_load(address, sizeof(T)));
  host::atomic_store(address, host::to_bits(value), sizeof(T));
  return old;
}

// Four products of bytes, signed by signed.
inline int __dp4a(int a, int b, int sum) {
  for (int i = 0; i < 4; ++i)
    sum += static_cast<std::int8_t>(a >> 8 * i) * static_cast<std::int8_t>(b >> 8 * i);
  return sum;
}

inline int __popc(unsigned bits) {
  return std::popcount(bits);
}
inline int __ffs(int bits) {
  return bits == 0 ? 0 : std::countr_zero(static_cast<unsigned>(bits)) + 1;
}

inline int min(int a, int b) {
  return a < b ? a : b;
}
inline int max(int a, int b) {
  return a < b ? b : a;
}
inline float __expf(float x) {
  return std::exp(x);
}
inline float rsqrtf(float x) {
  return 1.f / std::sqrt(x);
}
inline float __uint_as_float(unsigned bits) {
  return curlew::on_host::from_bits<float>(bits);
}
inline unsigned __float_as_uint(float value) {
  return static_cast<unsigned>(curlew::on_host::to_bits(value));
}
inline int __float2int_rn(float x) {
  return static_cast<int>(std::nearbyint(x));
}
