// Products of experts with many tokens: prompts. expert_matvec.h's formula, on activations in halves and on
// the matrix units, every expert's weights read once for all the slots that chose it.
//
// group_slots: the slots sorted by expert, and cut into tiles of up to 128 slots of one expert.
//
//   chosen  [slots] which of `count` experts; one that is not among them is taken for the last
//   order   [slots] the slots of expert 0 in their order, then those of 1, ...
//   tiles   [expert_tiles_max(...)]  the tiles in that order; those that are left over have none
//   counts  [count] working memory
//
// expert_tiled: y[s, r] as expert_matvec has it, of x.f16 [slots / share, cols], with x.f16_scale or
// without. A block owns a tile's slots and 128 rows (with a gate: 64 of either) and goes about it as
// matmul_tiled does; the rows of activations are gathered by `order`. Any format but F32, cols a
// multiple of 32. Tiles without slots cost an empty block for every 128 rows.
#pragma once

#include "kernels/cuda/expert_matvec.h"

namespace curlew::cuda {

inline constexpr int kExpertTileSlots = 128;

struct ExpertTile {
  std::int32_t expert, first, count;  // slots order[first] ..
};

constexpr int expert_tiles_max(int slots, int count) {
  return slots / kExpertTileSlots + (slots < count ? slots : count);
}

struct GroupSlotsArgs {
  const std::int32_t* chosen;
  std::int32_t* order;
  ExpertTile* tiles;
  std::int32_t* counts;
  int slots, count;
};
cudaError_t group_slots(const GroupSlotsArgs& args, cudaStream_t stream);

// product: as expert_matvec takes it, chosen not read; y_stride and x_stride 0.
struct ExpertTiledArgs {
  ExpertMatvecArgs product;
  const std::int32_t* order;
  const ExpertTile* tiles;
  int n_tiles;
};
cudaError_t expert_tiled(const ExpertTiledArgs& args, cudaStream_t stream);

}  // namespace curlew::cuda
