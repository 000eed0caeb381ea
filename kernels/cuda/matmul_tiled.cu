#include "kernels/cuda/matmul_tiled.h"

#include "kernels/cuda/product_finish.h"
#include "kernels/cuda/tiled_block.h"

namespace curlew::cuda {
namespace {

constexpr int kBlocksWanted = 132;  // what a big card runs at once
constexpr int kPartUnits = 32;      // at least, of a part
constexpr int kFinishThreads = 256;

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

// Row r's sum of token t, and its gate's.
__device__ void put(const KernelArgs& a, const MatvecJob& job, int r, int t, float value,
                    float gate_value) {
  if (r >= job.w.rows) return;
  if (a.sums == nullptr) {
    const float by = a.x.f16_scale != nullptr ? a.x.f16_scale[t] : 1.f;
    finish_output(a.finish, job, r, t, by * value, by * gate_value);
    return;
  }
  const bool has_gate = a.finish.gate_function != Gate::kNone;
  const auto rows = static_cast<std::size_t>(job.w.rows);
  const std::size_t outputs = has_gate ? 2 * rows : rows;
  float* to = a.sums + (static_cast<std::size_t>(blockIdx.z) * static_cast<std::size_t>(a.tokens) +
                        static_cast<std::size_t>(t)) *
                           outputs;
  to[outputs - rows + static_cast<std::size_t>(r)] = value;
  if (has_gate) to[r] = gate_value;
}

template <class Format, int kTileRows>
__global__ void __launch_bounds__(kTileRows, 256 / kTileRows) matmul_tiled_kernel(KernelArgs a) {
  TiledShared<kTileRows>& s = shared_memory<TiledShared<kTileRows>>();
  let_next_start();
  int j = 0;
  while (j + 1 < a.n_jobs && static_cast<int>(blockIdx.y) >= a.jobs[j + 1].first_block) ++j;
  const MatvecJob& job = a.jobs[j].job;
  const bool has_gate = a.finish.gate_function != Gate::kNone;
  const int rows_of_block = has_gate ? kTileRows / 2 : kTileRows;
  const TileRows rows = {(static_cast<int>(blockIdx.y) - a.jobs[j].first_block) * rows_of_block,
                         has_gate};
  const int thread = static_cast<int>(threadIdx.x);
  const int first_token = static_cast<int>(blockIdx.x) * kTileTokens;
  const int units = job.w.cols / kUnitCols, per_part = (units + a.parts - 1) / a.parts;
  const int begin = min(static_cast<int>(blockIdx.z) * per_part, units);
  const TiledBlock<Format, kTileRows> block = {s,
                                               rows.is_gate(thread) ? job.gate : job.w,
                                               min(rows.row(thread), job.w.rows - 1),
                                               a.x.f16,
                                               begin,
                                               min(begin + per_part, units),
                                               min(a.tokens - first_token, kTileTokens)};
  TileSums acc = {};
  block.add_up([&](int i) { return min(first_token + (i * kTileRows + thread) / 4, a.tokens - 1); },
               acc);
  block.put_all(rows, acc, [&](int token, int r, float value, float gate_value) {
    put(a, job, r, first_token + token, value, gate_value);
  });
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
                 .shared_bytes = sizeof(TiledShared<kTileRows>)},
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
  if (wide * token_blocks * a.parts >= kBlocksWanted &&
      sizeof(TiledShared<256>) <= shared_bytes_max())
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
