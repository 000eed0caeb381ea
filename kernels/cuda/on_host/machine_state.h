// What the machine and its run-time interface share. Private to them.
#pragma once

#include <vector>

#include "cuda_runtime.h"
#include "kernels/cuda/on_host/access_check.h"

namespace curlew::on_host {

struct Launch {
  const char* kernel;
  dim3 grid, block;
  std::size_t shared_bytes;
  void (*entry)(const void*);
  std::vector<std::byte> args;
};

cudaError_t run_kernel(const Launch& launch);

// A kernel is about to touch these bytes. Returns only when it may.
void announce(const void* address, std::size_t bytes, Access access);

MemoryMap& memory_map();
Time tick();  // the machine's time moves on
bool has_fault();

}  // namespace curlew::on_host
