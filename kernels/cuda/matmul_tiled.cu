#include "kernels/cuda/matmul_tiled.h"

#include "kernels/cuda/async_copy.h"
#include "kernels/cuda/mma_half.h"
#include "kernels/cuda/product_finish.h"
#include "kernels/cuda/unit_halves.h"

namespace curlew::cuda {
namespace {

constexpr int kTileTokens = 128;
constexpr int kTokenStages = 3, kWeightStages = 2;
constexpr int kStride = kUnitCols + 8;           // halves from a row of a tile to the next
constexpr int kWarpTokens = 64, kWarpRows = 64;  // of a warp's part of the tile
constexpr int kTokenTiles = kWarpTokens / 16, kRowTiles = kWarpRows / 8;
constexpr int kBlocksWanted = 132;  // what a big card runs at once
constexpr int kPartUnits = 32;      // at least, of a part
constexpr int kFinishThreads = 256;
constexpr int kStagingStride = kWarpRows + 4;  // floats

struct PlacedJob {
  MatvecJob job;
  int first_block;
};

struct KernelArgs {
  PlacedJob jobs[kMatvecJobsMax];
  int n_jobs;
  Activations x;
  int tokens;
  FinishArgs finish;
  float* sums;  // null: outputs are finished here
  int parts;
};

template <int kTileRows>
union Shared {
  struct {
    SharedArray<Half, kTokenStages * kTileTokens * kStride> tokens;
    SharedArray<Half, kWeightStages * kTileRows * kStride> weights;
  };
  SharedArray<float, kTileRows / kWarpLanes * 16 * kStagingStride> staging;  // once all is added up
};

// The block's place in the product.
struct Tile {
  const MatvecJob& job;
  int first_token, first_row, part;
  bool has_gate;

  // Of row i of the tile: with a gate every other eight are the gate's.
  __device__ bool is_gate(int i) const { return has_gate && i / 8 % 2 == 0; }
  __device__ int row(int i) const { return first_row + (has_gate ? i / 16 * 8 + i % 8 : i); }
};

// This thread's 16-byte pieces of the activations' tile of unit `unit`: four a row.
template <int kThreads>
__device__ void copy_tokens(const KernelArgs& a, const Tile& tile, int cols, int unit, Half* to) {
#pragma unroll
  for (int i = 0; i < kTileTokens * 4 / kThreads; ++i) {
    const int piece = i * kThreads + static_cast<int>(threadIdx.x), row = piece / 4;
    const int token = tile.first_token + row;
    const auto from =
        static_cast<std::size_t>(min(token, a.tokens - 1)) * static_cast<std::size_t>(cols) +
        static_cast<std::size_t>(unit * kUnitCols + piece % 4 * 8);
    copy16(to + row * kStride + piece % 4 * 8, a.x.f16 + from, token < a.tokens);
  }
}

// acc += tokens x weights, of one unit of columns and the warp's part of both tiles.
__device__ void multiply(const Half* tokens, const Half* weights, int lane,
                         float (&acc)[kTokenTiles][kRowTiles][4]) {
#pragma unroll
  for (int k = 0; k < kUnitCols; k += 16) {
    unsigned left[kTokenTiles][4];
#pragma unroll
    for (int m = 0; m < kTokenTiles; ++m)
      load_a(left[m], tokens + m * 16 * kStride + k, kStride, lane);
#pragma unroll
    for (int n = 0; n < kRowTiles; n += 2) {
      unsigned pair[4];
      load_b_pair(pair, weights + n * 8 * kStride + k, kStride, lane);
      const unsigned first[2] = {pair[0], pair[1]}, second[2] = {pair[2], pair[3]};
#pragma unroll
      for (int m = 0; m < kTokenTiles; ++m) {
        mma_half(acc[m][n], left[m], first);
        mma_half(acc[m][n + 1], left[m], second);
      }
    }
  }
}

// Row r's sum of token t, and its gate's.
__device__ void put(const KernelArgs& a, const Tile& tile, int r, int t, float value,
                    float gate_value) {
  if (t >= a.tokens || r >= tile.job.w.rows) return;
  if (a.sums == nullptr) {
    const float by = a.x.f16_scale != nullptr ? a.x.f16_scale[t] : 1.f;
    finish_output(a.finish, tile.job, r, t, by * value, by * gate_value);
    return;
  }
  const auto rows = static_cast<std::size_t>(tile.job.w.rows);
  const std::size_t outputs = tile.has_gate ? 2 * rows : rows;
  float* to = a.sums + (static_cast<std::size_t>(tile.part) * static_cast<std::size_t>(a.tokens) +
                        static_cast<std::size_t>(t)) *
                           outputs;
  to[outputs - rows + static_cast<std::size_t>(r)] = value;
  if (tile.has_gate) to[r] = gate_value;
}

// Through shared memory, sixteen tokens at a time: stores of a warp are then neighbours, and the code of
// what becomes of a sum is there once, not once a sum.
__device__ void put_all(const KernelArgs& a, const Tile& tile, int warp_token, int warp_row,
                        int lane, const float (&acc)[kTokenTiles][kRowTiles][4], float* staging) {
  const int outputs = tile.has_gate ? kWarpRows / 2 : kWarpRows;
#pragma unroll
  for (int m = 0; m < kTokenTiles; ++m) {
    __syncwarp();
#pragma unroll
    for (int n = 0; n < kRowTiles; ++n)
#pragma unroll
      for (int i = 0; i < 4; ++i)
        staging[(i / 2 * 8 + lane / 4) * kStagingStride + n * 8 + lane % 4 * 2 + i % 2] =
            acc[m][n][i];
    __syncwarp();
#pragma unroll 1
    for (int i = lane; i < 16 * outputs; i += kWarpLanes) {
      const float* sums = staging + i / outputs * kStagingStride;
      const int r = i % outputs, at = tile.has_gate ? r / 8 * 16 + r % 8 : r;
      put(a, tile, tile.row(warp_row + at), tile.first_token + warp_token + m * 16 + i / outputs,
          sums[tile.has_gate ? at + 8 : at], sums[at]);
    }
  }
}

template <class Format, int kTileRows>
__global__ void __launch_bounds__(kTileRows, 256 / kTileRows) matmul_tiled_kernel(KernelArgs a) {
  using Units = UnitHalves<Format>;
  Shared<kTileRows>& s = shared_memory<Shared<kTileRows>>();
  let_next_start();
  int j = 0;
  while (j + 1 < a.n_jobs && static_cast<int>(blockIdx.y) >= a.jobs[j + 1].first_block) ++j;
  const MatvecJob& job = a.jobs[j].job;
  const bool has_gate = a.finish.gate_function != Gate::kNone;
  const int rows_of_block = has_gate ? kTileRows / 2 : kTileRows;
  const Tile tile = {job, static_cast<int>(blockIdx.x) * kTileTokens,
                     (static_cast<int>(blockIdx.y) - a.jobs[j].first_block) * rows_of_block,
                     static_cast<int>(blockIdx.z), has_gate};
  const int thread = static_cast<int>(threadIdx.x), warp = thread / kWarpLanes,
            lane = thread % kWarpLanes;
  const int warp_token = warp % 2 * kWarpTokens, warp_row = warp / 2 * kWarpRows;
  const bool is_idle = tile.first_token + warp_token >= a.tokens;

  // The part's units, a pair of them at least. What lies beyond is not asked for.
  const int units = job.w.cols / kUnitCols, per_part = (units + a.parts - 1) / a.parts;
  const int begin = min(tile.part * per_part, units), end = min(begin + per_part, units);
  const DeviceMatrix& matrix = tile.is_gate(thread) ? job.gate : job.w;
  const int row = min(tile.row(thread), job.w.rows - 1);
  typename Units::Raw raw[2] = {};
  const auto load = [&](int u, typename Units::Raw& to) {
    if (u < end) to = Units::load(matrix, row, u);
  };
  const auto put_weights = [&](int u, const typename Units::Raw& from) {
    if (u < end)
      Units::store(
          from, u,
          &s.weights[(u - begin) % kWeightStages * kTileRows * kStride + thread * kStride]);
  };
  const auto ask_tokens = [&](int u) {
    if (u < end)
      copy_tokens<kTileRows>(a, tile, job.w.cols, u,
                             &s.tokens[(u - begin) % kTokenStages * kTileTokens * kStride]);
    end_group();
  };

  load(begin, raw[0]);
  load(begin + 1, raw[1]);
  wait_for_inputs();
  ask_tokens(begin);
  ask_tokens(begin + 1);
  put_weights(begin, raw[0]);
  load(begin + 2, raw[0]);
  float acc[kTokenTiles][kRowTiles][4] = {};
  // Step u multiplies unit u, stores the weights of u + 1 out of `next` and then asks for those of
  // u + 3 into it, and for the activations of u + 2.
  const auto step = [&](int u, typename Units::Raw& next) {
    wait_groups<1>();
    __syncthreads();
    ask_tokens(u + 2);
    put_weights(u + 1, next);
    load(u + 3, next);
    if (!is_idle)
      multiply(&s.tokens[((u - begin) % kTokenStages * kTileTokens + warp_token) * kStride],
               &s.weights[((u - begin) % kWeightStages * kTileRows + warp_row) * kStride], lane,
               acc);
  };
  for (int u = begin; u < end; u += 2) {
    step(u, raw[1]);
    if (u + 1 < end) step(u + 1, raw[0]);
  }
  __syncthreads();
  if (!is_idle)
    put_all(a, tile, warp_token, warp_row, lane, acc, &s.staging[warp * 16 * kStagingStride]);
}

__global__ void __launch_bounds__(kFinishThreads) finish_sums_kernel(FinishSumsArgs a) {
  let_next_start();
  wait_for_inputs();
  const int r = static_cast<int>(blockIdx.x) * kFinishThreads + static_cast<int>(threadIdx.x);
  const int t = static_cast<int>(blockIdx.y);
  if (r >= a.job.w.rows) return;
  const bool has_gate = a.gate_function != Gate::kNone;
  const auto rows = static_cast<std::size_t>(a.job.w.rows);
  const std::size_t outputs = has_gate ? 2 * rows : rows;
  float value = 0.f, gate_value = 0.f;
  for (int p = 0; p < a.parts; ++p) {
    const float* from = a.sums + (static_cast<std::size_t>(p) * static_cast<std::size_t>(a.tokens) +
                                  static_cast<std::size_t>(t)) *
                                     outputs;
    value += from[outputs - rows + static_cast<std::size_t>(r)];
    if (has_gate) gate_value += from[r];
  }
  const float by = a.token_scale != nullptr ? a.token_scale[t] : 1.f;
  finish_output({a.finish, a.gate_function, a.scale}, a.job, r, t, by * value, by * gate_value);
}

int outputs_of(const MatvecJob& job) {
  return job.w.rows * (job.gate.codes != nullptr ? 2 : 1);
}

// How many blocks share a product's columns: as many as a card has room for, where its rows are few,
// each with work for a while. The token tiles are not counted: bits are not to depend on them.
int parts_for(const TiledArgs& args) {
  const MatvecArgs& a = args.product;
  if (args.sums == nullptr || a.n_jobs != 1 || a.tokens > kPartTokensMax) return 1;
  const int blocks = (outputs_of(a.jobs[0]) + kTileTokens - 1) / kTileTokens;
  const int units = a.jobs[0].w.cols / kUnitCols;
  int parts = kBlocksWanted / blocks;
  parts = min(min(parts, units / kPartUnits), kPartsMax);
  const auto floats =
      static_cast<std::size_t>(a.tokens) * static_cast<std::size_t>(outputs_of(a.jobs[0]));
  return parts < 2 || floats * static_cast<std::size_t>(parts) > args.sums_floats ? 1 : parts;
}

#if !defined(CURLEW_CUDA_ON_HOST)
// Shared memory that a block may have on this device.
std::size_t shared_bytes_max() {
  static const std::size_t bytes = [] {
    int device = 0, most = 0;
    cudaGetDevice(&device);
    cudaDeviceGetAttribute(&most, cudaDevAttrMaxSharedMemoryPerBlockOptin, device);
    return static_cast<std::size_t>(most);
  }();
  return bytes;
}
#else
std::size_t shared_bytes_max() {
  return std::size_t{227} << 10;
}
#endif

template <class Format, int kTileRows>
cudaError_t start(KernelArgs a, int row_blocks, cudaStream_t stream) {
  const int token_blocks = (a.tokens + kTileTokens - 1) / kTileTokens;
  return launch(matmul_tiled_kernel<Format, kTileRows>,
                {.grid = dim3(static_cast<unsigned>(token_blocks),
                              static_cast<unsigned>(row_blocks), static_cast<unsigned>(a.parts)),
                 .block = kTileRows,
                 .shared_bytes = sizeof(Shared<kTileRows>)},
                a, stream, "matmul_tiled");
}

// The jobs laid out over blocks of so many outputs. Returns the number of blocks.
int place_jobs(KernelArgs& a, int outputs) {
  int blocks = 0;
  for (int j = 0; j < a.n_jobs; ++j) {
    a.jobs[j].first_block = blocks;
    blocks += (outputs_of(a.jobs[j].job) + outputs - 1) / outputs;
  }
  return blocks;
}

template <class Format>
cudaError_t start_for_shape(KernelArgs a, cudaStream_t stream) {
  const int token_blocks = (a.tokens + kTileTokens - 1) / kTileTokens;
  const int wide = place_jobs(a, 256);
  if (wide * token_blocks * a.parts >= kBlocksWanted && sizeof(Shared<256>) <= shared_bytes_max())
    return start<Format, 256>(a, wide, stream);
  return start<Format, 128>(a, place_jobs(a, 128), stream);
}

bool is_valid(const MatvecArgs& a) {
  if (a.n_jobs < 1 || a.n_jobs > kMatvecJobsMax || a.tokens < 0 || a.x.f16 == nullptr) return false;
  for (int j = 0; j < a.n_jobs; ++j) {
    const MatvecJob& job = a.jobs[j];
    const bool has_gate = job.gate.codes != nullptr;
    if (job.w.codes == nullptr || job.w.rows < 1 || job.w.cols < 1 || !can_tile(job.w))
      return false;
    if (job.y == nullptr || job.y_stride < job.w.rows || job.w.cols != a.jobs[0].w.cols)
      return false;
    if (has_gate != (a.gate_function != Gate::kNone)) return false;
    if (has_gate && (job.gate.format != job.w.format || job.gate.rows != job.w.rows ||
                     job.gate.cols != job.w.cols))
      return false;
  }
  return true;
}

// Jobs of one format.
cudaError_t start_alike(const TiledArgs& args, cudaStream_t stream) {
  const MatvecArgs& p = args.product;
  const int parts = parts_for(args);
  KernelArgs a = {.n_jobs = p.n_jobs,
                  .x = p.x,
                  .tokens = p.tokens,
                  .finish = {p.finish, p.gate_function, p.scale},
                  .sums = parts > 1 ? args.sums : nullptr,
                  .parts = parts};
  for (int j = 0; j < p.n_jobs; ++j) a.jobs[j] = {p.jobs[j], 0};
  const cudaError_t error = with_format(p.jobs[0].w.format, [&](auto format) {
    using Format = decltype(format);
    if constexpr (Format::kFormat == DeviceFormat::kF32)
      return cudaErrorInvalidValue;
    else
      return start_for_shape<Format>(a, stream);
  });
  if (error != cudaSuccess || parts == 1) return error;
  return finish_sums({.job = p.jobs[0],
                      .sums = args.sums,
                      .token_scale = p.x.f16_scale,
                      .tokens = p.tokens,
                      .parts = parts,
                      .finish = p.finish,
                      .gate_function = p.gate_function,
                      .scale = p.scale},
                     stream);
}

}  // namespace

cudaError_t matmul_tiled(const TiledArgs& args, cudaStream_t stream) {
  const MatvecArgs& p = args.product;
  if (!is_valid(p)) return cudaErrorInvalidValue;
  if (p.tokens == 0) return cudaSuccess;
  for (int j = 0; j < p.n_jobs;) {  // neighbours of one format together
    TiledArgs some = args;
    some.product.n_jobs = 0;
    const DeviceFormat format = p.jobs[j].w.format;
    while (j < p.n_jobs && p.jobs[j].w.format == format)
      some.product.jobs[some.product.n_jobs++] = p.jobs[j++];
    if (const cudaError_t error = start_alike(some, stream); error != cudaSuccess) return error;
  }
  return cudaSuccess;
}

cudaError_t finish_sums(const FinishSumsArgs& a, cudaStream_t stream) {
  if (a.job.w.rows < 1 || a.job.y == nullptr || a.sums == nullptr || a.parts < 1 || a.tokens < 0)
    return cudaErrorInvalidValue;
  if (a.tokens == 0) return cudaSuccess;
  const int blocks = (a.job.w.rows + kFinishThreads - 1) / kFinishThreads;
  return launch(finish_sums_kernel,
                {.grid = dim3(static_cast<unsigned>(blocks), static_cast<unsigned>(a.tokens)),
                 .block = kFinishThreads},
                a, stream, "finish_sums");
}

}  // namespace curlew::cuda
