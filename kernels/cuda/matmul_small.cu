#include "kernels/cuda/matmul_small.h"

#include "kernels/cuda/mma.h"
#include "kernels/cuda/product_finish.h"
#include "kernels/cuda/weight_formats.h"

namespace curlew::cuda {
namespace {

constexpr int kWarps = 4;
constexpr int kThreads = kWarps * kWarpLanes;
constexpr int kTileRows = 16;
constexpr int kTileTokens = 8;
constexpr int kStageUnits = 8;                                 // columns of a stage: a super-block
constexpr int kPieces = kTileRows * kStageUnits / kWarpLanes;  // units that a lane loads a stage
constexpr int kUnitWords = 8;
constexpr int kRowWords = kStageUnits * kUnitWords + 4;  // 4 more: no two lanes in one bank
constexpr int kUnitScales = 4;                           // scale and min of both halves

struct KernelArgs {
  MatvecJob job;
  Activations x;
  int tokens;
  FinishArgs finish;
};

template <int kTiles>
struct Shared {
  SharedArray<int, kWarps * kTileRows * kRowWords> words;
  SharedArray<float, kWarps * kTileRows * kStageUnits * kUnitScales> scales;
  SharedArray<float, kWarps * kTileRows * kTiles * kTileTokens> sums;
};

// Which row of which matrix is row `r` of the block's tile: with a gate its rows come first.
struct TileRows {
  const MatvecJob& job;
  int first;
  bool has_gate;

  __device__ int rows() const { return has_gate ? kTileRows / 2 : kTileRows; }
  __device__ const DeviceMatrix& matrix(int r) const {
    return has_gate && r < kTileRows / 2 ? job.gate : job.w;
  }
  __device__ int row(int r) const { return min(first + r % rows(), job.w.rows - 1); }
};

// Decoded units of one stage, of one warp.
template <class Format>
struct Stage {
  int* words;     // [kTileRows, kRowWords]
  float* scales;  // [kTileRows, kStageUnits, kUnitScales]

  __device__ void put(const UnitCodes& u, int row, int unit) const {
    int* to = words + row * kRowWords + unit * kUnitWords;
    store_vector(to,
                 make_uint4(static_cast<unsigned>(u.first[0]), static_cast<unsigned>(u.first[1]),
                            static_cast<unsigned>(u.first[2]), static_cast<unsigned>(u.first[3])));
    store_vector(
        to + 4, make_uint4(static_cast<unsigned>(u.second[0]), static_cast<unsigned>(u.second[1]),
                           static_cast<unsigned>(u.second[2]), static_cast<unsigned>(u.second[3])));
    float* s = scales + (row * kStageUnits + unit) * kUnitScales;
    s[0] = u.scale[0];
    if constexpr (Format::kHasMin) s[1] = u.min[0];
    if constexpr (Format::kHalves) s[2] = u.scale[1];
    if constexpr (Format::kHalves && Format::kHasMin) s[3] = u.min[1];
  }
};

// One side of a unit: scale * (dot - zero * sum) - min * sum, before the activation's own scale.
template <class Format>
__device__ float weigh(const float* scales, int side, int dot, int sum) {
  float v = scales[2 * side] * static_cast<float>(dot - Format::kZero * sum);
  if constexpr (Format::kHasMin) v = fmaf(-scales[2 * side + 1], static_cast<float>(sum), v);
  return v;
}

// What a unit of activations is, for this lane: two words of its column's codes, and the scales of
// the two columns whose sums it keeps. Zeros beyond the last token.
struct UnitInputs {
  int first, second;
  UnitScale scale[2];
};
__device__ UnitInputs load_inputs(const KernelArgs& a, int tile, int unit, int lane) {
  const int cols = a.job.w.cols, token = tile * kTileTokens + lane / 4;
  UnitInputs in = {};
  if (token < a.tokens) {
    const std::int8_t* q = a.x.q +
                           static_cast<std::size_t>(token) * static_cast<std::size_t>(cols) +
                           16 * unit + 4 * (lane % 4);
    in.first = load_vector<int>(q);
    in.second = load_vector<int>(q + cols / 2);
  }
  for (int i = 0; i < 2; ++i) {
    const int t = tile * kTileTokens + lane % 4 * 2 + i;
    if (t < a.tokens)
      in.scale[i] = load_vector<UnitScale>(a.x.scale + t * (cols / kUnitCols) + unit);
  }
  return in;
}

// All tokens' products with one decoded unit of the tile's rows.
template <class Format, int kTiles>
__device__ void multiply_unit(const KernelArgs& a, const Stage<Format>& stage, int in_stage,
                              int unit, int lane, float (&acc)[kTiles][4]) {
  const int g = lane / 4, t = lane % 4;
  const int* low = stage.words + g * kRowWords + in_stage * kUnitWords + t;
  const int* high = low + kTileRows / 2 * kRowWords;
  const int words[4] = {low[0], high[0], low[4], high[4]};
  const float* low_scales = stage.scales + (g * kStageUnits + in_stage) * kUnitScales;
  const float* high_scales = low_scales + kTileRows / 2 * kStageUnits * kUnitScales;
#pragma unroll
  for (int tile = 0; tile < kTiles; ++tile) {
    const UnitInputs in = load_inputs(a, tile, unit, lane);
    int first[4] = {}, second[4] = {};
    if constexpr (Format::kHalves) {
      mma_16(first, words[0], words[1], in.first);
      mma_16(second, words[2], words[3], in.second);
    } else {
      mma_32(first, words, in.first, in.second);
    }
    for (int i = 0; i < 4; ++i) {
      const UnitScale& s = in.scale[i % 2];
      const float* scales = i < 2 ? low_scales : high_scales;
      float v;
      if constexpr (Format::kHalves)
        v = weigh<Format>(scales, 0, first[i], s.sum_first) +
            weigh<Format>(scales, 1, second[i], s.sum_second);
      else
        v = weigh<Format>(scales, 0, first[i], s.sum_first + s.sum_second);
      acc[tile][i] = fmaf(s.d, v, acc[tile][i]);
    }
  }
}

template <class Format, int kTiles>
__global__ void __launch_bounds__(kThreads) matmul_small_kernel(KernelArgs a) {
  using Raw = typename Format::Raw;
  Shared<kTiles>& s = shared_memory<Shared<kTiles>>();
  let_next_start();
  const bool has_gate = a.finish.gate_function != Gate::kNone;
  const int warp = static_cast<int>(threadIdx.x) / kWarpLanes, lane = threadIdx.x % kWarpLanes;
  const int rows_of_block = has_gate ? kTileRows / 2 : kTileRows;
  const TileRows rows = {a.job, static_cast<int>(blockIdx.x) * rows_of_block, has_gate};
  const Stage<Format> stage = {&s.words[warp * kTileRows * kRowWords],
                               &s.scales[warp * kTileRows * kStageUnits * kUnitScales]};
  const int units = a.job.w.cols / kUnitCols, lane_unit = lane % kStageUnits;

  Raw raw[kPieces] = {};
  const auto load = [&](int first_unit) {
#pragma unroll
    for (int i = 0; i < kPieces; ++i) {
      const int r = i * (kWarpLanes / kStageUnits) + lane / kStageUnits;
      if (first_unit + lane_unit < units)
        raw[i] = Format::load(rows.matrix(r), rows.row(r), first_unit + lane_unit);
    }
  };
  float acc[kTiles][4] = {};
  load(warp * kStageUnits);
  wait_for_inputs();
  for (int first = warp * kStageUnits; first < units; first += kWarps * kStageUnits) {
#pragma unroll
    for (int i = 0; i < kPieces; ++i) {
      const int r = i * (kWarpLanes / kStageUnits) + lane / kStageUnits;
      if (first + lane_unit < units)
        stage.put(Format::decode(raw[i], first + lane_unit), r, lane_unit);
    }
    __syncwarp();
    load(first + kWarps * kStageUnits);
    for (int u = 0; u < kStageUnits && first + u < units; ++u)
      multiply_unit<Format, kTiles>(a, stage, u, first + u, lane, acc);
    __syncwarp();
  }

  constexpr int kTokens = kTiles * kTileTokens;
#pragma unroll
  for (int tile = 0; tile < kTiles; ++tile)
    for (int i = 0; i < 4; ++i) {
      const int r = lane / 4 + i / 2 * (kTileRows / 2),
                t = tile * kTileTokens + lane % 4 * 2 + i % 2;
      s.sums[(warp * kTileRows + r) * kTokens + t] = acc[tile][i];
    }
  __syncthreads();
  for (int i = static_cast<int>(threadIdx.x); i < rows_of_block * kTokens; i += kThreads) {
    const int r = i % rows_of_block, t = i / rows_of_block;
    if (t >= a.tokens || rows.first + r >= a.job.w.rows) continue;
    float sum = 0.f, other = 0.f;  // of the row; with a gate, of its row and of the one beside
    for (int w = 0; w < kWarps; ++w) {
      sum += s.sums[(w * kTileRows + r) * kTokens + t];
      if (has_gate) other += s.sums[(w * kTileRows + r + kTileRows / 2) * kTokens + t];
    }
    finish_output(a.finish, a.job, rows.first + r, t, has_gate ? other : sum, sum);
  }
}

template <class Format, int kTiles>
cudaError_t start(const KernelArgs& a, cudaStream_t stream) {
  const int rows = a.finish.gate_function != Gate::kNone ? kTileRows / 2 : kTileRows;
  return launch(matmul_small_kernel<Format, kTiles>,
                {.grid = static_cast<unsigned>((a.job.w.rows + rows - 1) / rows),
                 .block = kThreads,
                 .shared_bytes = sizeof(Shared<kTiles>)},
                a, stream, "matmul_small");
}

template <class Format>
cudaError_t start_for_tokens(const KernelArgs& a, cudaStream_t stream) {
  if (a.tokens <= 8) return start<Format, 1>(a, stream);
  if (a.tokens <= 16) return start<Format, 2>(a, stream);
  if (a.tokens <= 32) return start<Format, 4>(a, stream);
  return start<Format, 8>(a, stream);
}

}  // namespace

cudaError_t matmul_small(const MatvecArgs& args, const MatvecJob& job, cudaStream_t stream) {
  const KernelArgs a = {.job = job,
                        .x = args.x,
                        .tokens = args.tokens,
                        .finish = {args.finish, args.gate_function, args.scale}};
  return with_format(job.w.format, [&](auto format) {
    using Format = decltype(format);
    if constexpr (is_float(Format::kFormat))
      return cudaErrorInvalidValue;
    else
      return start_for_tokens<Format>(a, stream);
  });
}

}  // namespace curlew::cuda
