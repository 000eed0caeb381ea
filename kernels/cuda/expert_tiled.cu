#include "kernels/cuda/expert_tiled.h"

#include "kernels/cuda/product_finish.h"
#include "kernels/cuda/tiled_block.h"

namespace curlew::cuda {
namespace {

constexpr int kRowsOfTile = 128;
static_assert(kExpertTileSlots == kTileTokens);

// Calls visit(slot, how many of the expert's stand before it) for this lane's slots of the expert, in
// order; gives their number. All lanes of the one warp enter.
template <class Visit>
__device__ int for_each_slot(const GroupSlotsArgs& a, int expert, const Visit& visit) {
  const int lane = static_cast<int>(threadIdx.x);
  int before = 0;
  for (int first = 0; first < a.slots; first += kWarpLanes) {
    const int slot = first + lane;
    bool is_ours = false;
    if (slot < a.slots) {
      const int chosen = a.chosen[slot];
      is_ours = (chosen < 0 || chosen >= a.count ? a.count - 1 : chosen) == expert;
    }
    const unsigned ours = __ballot_sync(kAllLanes, is_ours);
    if (is_ours) visit(slot, before + __popc(ours & ((1u << lane) - 1u)));
    before += __popc(ours);
  }
  return before;
}

__global__ void __launch_bounds__(kWarpLanes) count_slots_kernel(GroupSlotsArgs a) {
  let_next_start();
  wait_for_inputs();
  const int expert = static_cast<int>(blockIdx.x);
  const int count = for_each_slot(a, expert, [](int, int) {});
  if (threadIdx.x == 0) a.counts[expert] = count;
}

__device__ int tiles_of(int slots) {
  return (slots + kExpertTileSlots - 1) / kExpertTileSlots;
}

__global__ void __launch_bounds__(kWarpLanes) place_slots_kernel(GroupSlotsArgs a) {
  let_next_start();
  wait_for_inputs();
  const int expert = static_cast<int>(blockIdx.x), lane = static_cast<int>(threadIdx.x);
  int begin = 0, tile = 0;
  for (int e = lane; e < expert; e += kWarpLanes)
    begin += a.counts[e], tile += tiles_of(a.counts[e]);
  for (int step = kWarpLanes / 2; step > 0; step /= 2) {
    begin += __shfl_xor_sync(kAllLanes, begin, step);
    tile += __shfl_xor_sync(kAllLanes, tile, step);
  }
  const int count =
      for_each_slot(a, expert, [&](int slot, int before) { a.order[begin + before] = slot; });
  for (int i = lane; i < tiles_of(count); i += kWarpLanes)
    a.tiles[tile + i] = {expert, begin + i * kExpertTileSlots,
                         min(count - i * kExpertTileSlots, kExpertTileSlots)};
  if (expert + 1 < a.count) return;
  for (int i = tile + tiles_of(count) + lane; i < expert_tiles_max(a.slots, a.count);
       i += kWarpLanes)
    a.tiles[i] = {0, 0, 0};
}

template <class Format>
__global__ void __launch_bounds__(kRowsOfTile, 2) expert_tiled_kernel(ExpertTiledArgs args) {
  TiledShared<kRowsOfTile>& s = shared_memory<TiledShared<kRowsOfTile>>();
  let_next_start();
  wait_for_inputs();
  const ExpertMatvecArgs& a = args.product;
  const ExpertTile tile = args.tiles[blockIdx.x];
  if (tile.count == 0) return;
  const bool has_gate = a.gate_function != Gate::kNone;
  const int thread = static_cast<int>(threadIdx.x);
  const TileRows rows = {static_cast<int>(blockIdx.y) * (has_gate ? kRowsOfTile / 2 : kRowsOfTile),
                         has_gate};
  const int first = tile.expert * a.rows;  // in the stack
  const TiledBlock<Format, kRowsOfTile> block = {s,
                                                 rows.is_gate(thread) ? a.gate : a.w,
                                                 first + min(rows.row(thread), a.rows - 1),
                                                 a.x.f16,
                                                 0,
                                                 a.w.cols / kUnitCols,
                                                 tile.count};
  constexpr int kPieces = kTileTokens * 4 / kRowsOfTile;
  int x_row[kPieces];
#pragma unroll
  for (int i = 0; i < kPieces; ++i)
    x_row[i] =
        args.order[tile.first + min((i * kRowsOfTile + thread) / 4, tile.count - 1)] / a.share;
  TileSums acc = {};
  block.add_up([&](int i) { return x_row[i]; }, acc);
  const MatvecJob job = {.bias = a.bias != nullptr ? a.bias + first : nullptr,
                         .gate_bias = a.gate_bias != nullptr ? a.gate_bias + first : nullptr,
                         .y = a.y,
                         .y_stride = a.rows};
  const FinishArgs finish = {a.is_gelu ? Finish::kGelu : Finish::kStore, a.gate_function, 1.f};
  block.put_all(rows, acc, [&](int i, int r, float value, float gate_value) {
    if (r >= a.rows) return;
    const int slot = args.order[tile.first + i];
    const float by = a.x.f16_scale != nullptr ? a.x.f16_scale[slot / a.share] : 1.f;
    finish_output(finish, job, r, slot, by * value, by * gate_value);
  });
}

template <class Format>
cudaError_t start(const ExpertTiledArgs& args, cudaStream_t stream) {
  const ExpertMatvecArgs& a = args.product;
  const int outputs = a.rows * (a.gate_function != Gate::kNone ? 2 : 1);
  return launch(expert_tiled_kernel<Format>,
                {.grid = dim3(static_cast<unsigned>(args.n_tiles),
                              static_cast<unsigned>((outputs + kRowsOfTile - 1) / kRowsOfTile)),
                 .block = kRowsOfTile,
                 .shared_bytes = sizeof(TiledShared<kRowsOfTile>)},
                args, stream, "expert_tiled");
}

bool is_valid(const ExpertMatvecArgs& a) {
  if (a.rows < 1 || a.slots < 0 || a.share < 1 || a.slots % a.share != 0) return false;
  if (a.w.codes == nullptr || a.y == nullptr || a.x.f16 == nullptr) return false;
  if (a.w.cols < 1 || a.w.cols % kUnitCols != 0 || a.w.rows % a.rows != 0) return false;
  if (a.x_stride != 0 || a.y_stride != 0) return false;
  const bool has_gate = a.gate.codes != nullptr;
  if (has_gate != (a.gate_function != Gate::kNone)) return false;
  return !has_gate || (a.gate.format == a.w.format && a.gate.rows == a.w.rows &&
                       a.gate.cols == a.w.cols && !a.is_gelu);
}

}  // namespace

cudaError_t group_slots(const GroupSlotsArgs& a, cudaStream_t stream) {
  if (a.slots < 0 || a.count < 1) return cudaErrorInvalidValue;
  if (a.slots == 0) return cudaSuccess;
  const LaunchShape shape = {.grid = static_cast<unsigned>(a.count), .block = kWarpLanes};
  const cudaError_t error = launch(count_slots_kernel, shape, a, stream, "count_slots");
  return error != cudaSuccess ? error : launch(place_slots_kernel, shape, a, stream, "place_slots");
}

cudaError_t expert_tiled(const ExpertTiledArgs& args, cudaStream_t stream) {
  if (!is_valid(args.product) || args.n_tiles < 0) return cudaErrorInvalidValue;
  if (args.product.slots == 0 || args.n_tiles == 0) return cudaSuccess;
  return with_format(args.product.w.format, [&](auto format) {
    using Format = decltype(format);
    if constexpr (Format::kFormat == DeviceFormat::kF32)
      return cudaErrorInvalidValue;
    else
      return start<Format>(args, stream);
  });
}

}  // namespace curlew::cuda
