// A GPU made of one CPU thread, which runs the kernels of kernels/cuda/ where there is no other.
//
// The very same .cu files are compiled by the host's compiler (CMakeLists.txt beside this) against
// the small <cuda_runtime.h> in include/. A block's threads are fibers: each runs until it meets the
// others of its warp (shuffle, ballot, __syncwarp) or of its block (__syncthreads), then the next
// one does. Blocks run one after another. Slow, exact, the same on every machine.
//
// What makes it worth its while is what it refuses. The compiler announces every load and store of
// a kernel (-fsanitize=thread, whose run-time library is replaced by access_check.cpp), and the
// machine checks each one exactly, not by sampling and not by luck of the order:
//
//   - it lies wholly within one allocation, the block's shared memory, the thread's own stack or the
//     program's constants; nothing is left around an allocation that could be hit by mistake;
//   - it reads nothing that nobody has written: shared memory starts each block unwritten, device
//     memory its life;
//   - no other thread wrote it (or, for a store, read it) since a barrier that both have passed: a
//     missing __syncthreads or __syncwarp is found in every order of execution, also where the
//     numbers come out right;
//   - no other block of the same launch wrote or read it, unless a __threadfence and an atomic
//     hand it over;
//   - it does not write sealed memory (weights), and before wait_for_inputs() it touches nothing
//     else (launch.h: what an earlier kernel makes may not be there yet);
//   - load16 and its like (vector_access.h) stand on addresses of their size.
//
// Collectives are checked too: all lanes of a warp, all threads of a block, meet at the same place
// in the source, and none has left. The order of threads and blocks can be chosen, since a kernel
// must give the same bits in any.
//
// The first fault ends the launch and stays until taken: launches and synchronisations return
// cudaErrorLaunchFailure meanwhile, as a real device would. For one thread at a time.
//
// What it cannot see: races through memory that is only ever touched atomically, the memory order of
// the hardware beyond the rules above, timing, registers, occupancy. compute-sanitizer on a card
// (tests/gpu/check.sh) has the last word.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "cuda_runtime.h"

namespace curlew::on_host {

enum class Order { kAscending, kDescending, kShuffled };

// Of threads within a block and of blocks, from the next launch on.
void set_order(Order order, std::uint32_t seed = 1);

// What went wrong first, with thread, block and place; "" when nothing did. Clears the fault.
std::string take_fault();

// From now on kernels may read this allocation at any time and must not write it.
void seal(const void* allocation);

}  // namespace curlew::on_host
