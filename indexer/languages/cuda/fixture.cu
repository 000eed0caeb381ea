#include <cuda_runtime.h>

__constant__ float scale;

// y = a * x
template <int kThreads>
__global__ void __launch_bounds__(kThreads) saxpy(int n, float a, const float* x, float* y) {
  __shared__ float tile[32];
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = a * x[i] + scale;
}

__device__ inline float square(float v) { return v * v; }

struct Args {
  const float* x;
  int n;
};

cudaError_t run(const Args& args, cudaStream_t stream) {
  saxpy<256><<<args.n, 256, 0, stream>>>(args.n, 2.f, args.x, nullptr);
  plain<<<1, 1>>>();
  return cudaGetLastError();
}
