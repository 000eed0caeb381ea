// How our kernels are started, and what they may do before their inputs are there.
//
// Every kernel takes one struct of arguments by value, has its shared memory in one struct of its
// own, and begins with the two calls below:
//
//   __global__ void __launch_bounds__(kThreads) some_kernel(SomeArgs a) {
//     let_next_start();        // the next kernel's blocks may take free places at once
//     ... loads of weights ...
//     wait_for_inputs();       // from here on all earlier kernels are done, their stores visible
//
// On sm_90 and later this is programmatic dependent launch: the next kernel's launch latency and its
// first weight loads lie behind the tail of this one. On older cards both calls are nothing, and
// kernels follow one another as always. Before wait_for_inputs() a kernel reads only weights and
// writes nothing.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>

namespace curlew::cuda {

inline constexpr int kWarpLanes = 32;
inline constexpr unsigned kAllLanes = 0xffffffffu;

__device__ inline void let_next_start() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

__device__ inline void wait_for_inputs() {
#if defined(CURLEW_CUDA_ON_HOST)
  curlew::on_host::wait_for_inputs();
#elif defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

// The block's shared memory as one struct; its launcher asks for sizeof(Shared) bytes.
template <class Shared>
__device__ inline Shared& shared_memory() {
#if defined(CURLEW_CUDA_ON_HOST)
  return *static_cast<Shared*>(on_host::shared_memory());
#else
  extern __shared__ __align__(16) unsigned char curlew_shared[];
  return *reinterpret_cast<Shared*>(curlew_shared);
#endif
}

// An array within such a struct. An index out of range would only hit the next field; the machine on
// the host says so.
template <class T, int kCount>
struct SharedArray {
  T items[kCount];
  __device__ T& operator[](int i) {
#if defined(CURLEW_CUDA_ON_HOST)
    if (i < 0 || i >= kCount)
      on_host::fail_check("an index is out of its shared array", on_host::Place::current());
#endif
    return items[i];
  }
};

#if !defined(CURLEW_CUDA_ON_HOST)
inline constexpr std::size_t kSharedBytesPlain = 48 << 10;  // more must be asked for

// Whether the current device may start a kernel before its predecessor is done.
inline bool has_programmatic_launch() {
  static const bool has = [] {
    int device = 0, major = 0;
    return cudaGetDevice(&device) == cudaSuccess &&
           cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device) ==
               cudaSuccess &&
           major >= 9;
  }();
  return has;
}
#endif

struct LaunchShape {
  dim3 grid, block;
  std::size_t shared_bytes = 0;
};

// Enqueues kernel(args); device memory that args points to must live until it is done. On sm_90 and
// later with programmatic launch.
template <class Args>
cudaError_t launch(void (*kernel)(Args), const LaunchShape& shape, const Args& args,
                   cudaStream_t stream, const char* name) {
#if defined(CURLEW_CUDA_ON_HOST)
  struct Call {
    void (*kernel)(Args);
    Args args;
  };
  const Call call = {kernel, args};
  return on_host::launch(
      name, shape.grid, shape.block, shape.shared_bytes, stream,
      [](const void* call_) {
        const Call* c = static_cast<const Call*>(call_);
        c->kernel(c->args);
      },
      &call, sizeof call);
#else
  static_cast<void>(name);
  if (shape.shared_bytes > kSharedBytesPlain) {
    const cudaError_t error = cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel),
                                                   cudaFuncAttributeMaxDynamicSharedMemorySize,
                                                   static_cast<int>(shape.shared_bytes));
    if (error != cudaSuccess) return error;
  }
  cudaLaunchAttribute early = {};
  early.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  early.val.programmaticStreamSerializationAllowed = 1;
  cudaLaunchConfig_t config = {};
  config.gridDim = shape.grid;
  config.blockDim = shape.block;
  config.dynamicSmemBytes = shape.shared_bytes;
  config.stream = stream;
  config.attrs = &early;
  config.numAttrs = has_programmatic_launch() ? 1 : 0;
  return cudaLaunchKernelEx(&config, kernel, args);
#endif
}

}  // namespace curlew::cuda
