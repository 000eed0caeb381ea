#include "kernels/cuda/matvec.h"

#include "kernels/cuda/matmul_small.h"
#include "kernels/cuda/product_finish.h"
#include "kernels/cuda/reduce.h"
#include "kernels/cuda/row_dots.h"

namespace curlew::cuda {
namespace {

constexpr int kWarps = 4;
constexpr int kThreads = kWarps * kWarpLanes;
constexpr int kTokensMax = 8;       // of a block
constexpr int kWarpsWanted = 2048;  // enough to keep the loads of 132 multiprocessors in flight

struct PlacedJob {
  MatvecJob job;
  int parts;        // warps that share a row pair: 1, 2 or 4
  int first_block;  // blocks from here on are this job's
};

struct KernelArgs {
  PlacedJob jobs[kMatvecJobsMax];
  int n_jobs;
  Activations x;
  int tokens;
  FinishArgs finish;
};

template <int kCols>
struct Shared {
  SharedArray<float, kWarps * kRows * kCols> sums;
};

template <int kCols, class... Formats>
__global__ void __launch_bounds__(kThreads, 4) matvec_kernel(KernelArgs a) {
  Shared<kCols>& s = shared_memory<Shared<kCols>>();
  let_next_start();
  int j = 0;
  while (j + 1 < a.n_jobs && static_cast<int>(blockIdx.x) >= a.jobs[j + 1].first_block) ++j;
  const PlacedJob& placed = a.jobs[j];
  const MatvecJob& job = placed.job;
  const bool has_gate = a.finish.gate_function != Gate::kNone;

  const int warp = static_cast<int>(threadIdx.x) / kWarpLanes, lane = threadIdx.x % kWarpLanes;
  const int groups = kWarps / placed.parts, rows_per_group = has_gate ? 1 : kRows;
  const int group = warp / placed.parts, part = warp % placed.parts;
  const int first_row =
      (static_cast<int>(blockIdx.x) - placed.first_block) * groups * rows_per_group;
  const int row = first_row + group * rows_per_group, last = job.w.rows - 1;
  const RowPair rows = {has_gate ? job.gate : job.w, job.w, min(row, last),
                        has_gate ? min(row, last) : min(row + 1, last)};

  const int first_token = static_cast<int>(blockIdx.y) * kCols;
  const int tokens = min(a.tokens - first_token, kCols);
  Activations x = a.x;
  if (first_token > 0)
    x.f32 += static_cast<std::size_t>(first_token) * static_cast<std::size_t>(job.w.cols);
  float acc[kRows][kCols] = {};
  ((job.w.format == Formats::kFormat
        ? row_dots<Formats, kCols>(rows, x, tokens, part, placed.parts, acc)
        : void()),
   ...);

#pragma unroll
  for (int r = 0; r < kRows; ++r)
#pragma unroll
    for (int t = 0; t < kCols; ++t) {
      const float sum = warp_sum(acc[r][t]);
      if (lane == 0) s.sums[(warp * kRows + r) * kCols + t] = sum;
    }
  __syncthreads();

  const int outputs = groups * rows_per_group * kCols;  // at most 64
  const int i = static_cast<int>(threadIdx.x);
  if (i >= outputs) return;
  const int t = i % kCols, r = i / kCols % rows_per_group, g = i / (kCols * rows_per_group);
  const int out_row = first_row + g * rows_per_group + r;
  if (t >= tokens || out_row > last) return;
  float sums[kRows] = {};
  for (int p = 0; p < placed.parts; ++p)
    for (int k = 0; k < kRows; ++k)
      sums[k] += s.sums[((g * placed.parts + p) * kRows + k) * kCols + t];
  finish_output(a.finish, job, out_row, first_token + t, has_gate ? sums[1] : sums[r], sums[0]);
}

// Warps for a row pair: more where there are too few rows to fill the card, as long as each still
// has a load for every lane.
int parts_for(const MatvecJob& job) {
  const int pairs = job.gate.codes != nullptr ? job.w.rows : (job.w.rows + 1) / kRows;
  int parts = 1;
  while (parts < kWarps && pairs * parts < kWarpsWanted &&
         job.w.cols >= 2 * parts * kWarpLanes * kUnitCols)
    parts *= 2;
  return parts;
}

// The jobs laid out over blocks. Returns the number of blocks.
int place_jobs(const MatvecArgs& a, KernelArgs& out) {
  int blocks = 0;
  for (int j = 0; j < a.n_jobs; ++j) {
    const int parts = parts_for(a.jobs[j]);
    out.jobs[j] = {a.jobs[j], parts, blocks};
    const int rows_per_block = kWarps / parts * (a.gate_function != Gate::kNone ? 1 : kRows);
    blocks += (a.jobs[j].w.rows + rows_per_block - 1) / rows_per_block;
  }
  return blocks;
}

template <int kCols, class... Formats>
cudaError_t start(const KernelArgs& a, int blocks, cudaStream_t stream) {
  return launch(matvec_kernel<kCols, Formats...>,
                {.grid = dim3(static_cast<unsigned>(blocks),
                              static_cast<unsigned>((a.tokens + kCols - 1) / kCols)),
                 .block = kThreads,
                 .shared_bytes = sizeof(Shared<kCols>)},
                a, stream, "matvec");
}

template <class Format>
cudaError_t start_for_tokens(const KernelArgs& a, int blocks, cudaStream_t stream) {
  if (a.tokens == 1) return start<1, Format>(a, blocks, stream);
  if (a.tokens == 2) return start<2, Format>(a, blocks, stream);
  if constexpr (!is_float(Format::kFormat))
    return start<kSmallTokensMin - 1, Format>(a, blocks, stream);
  else
    return start<kTokensMax, Format>(a, blocks, stream);
}

cudaError_t start_one_format(DeviceFormat format, const KernelArgs& a, int blocks,
                             cudaStream_t stream) {
  return with_format(format,
                     [&](auto one) { return start_for_tokens<decltype(one)>(a, blocks, stream); });
}

// True when every job's format is one of the two.
bool all_within(const MatvecArgs& a, DeviceFormat one, DeviceFormat other) {
  for (int j = 0; j < a.n_jobs; ++j)
    if (a.jobs[j].w.format != one && a.jobs[j].w.format != other) return false;
  return true;
}

// Of quantised weights fewer than kSmallTokensMin tokens, of others any number, kTokensMax a block. Jobs of one format, and the mixes of the usual files, in one launch;
// others one after another.
cudaError_t matvec_slice(const MatvecArgs& a, cudaStream_t stream) {
  KernelArgs k = {.n_jobs = a.n_jobs,
                  .x = a.x,
                  .tokens = a.tokens,
                  .finish = {a.finish, a.gate_function, a.scale}};
  const int blocks = place_jobs(a, k);
  const DeviceFormat format = a.jobs[0].w.format;
  if (all_within(a, format, format)) return start_one_format(format, k, blocks, stream);
  if (a.tokens == 1 && all_within(a, DeviceFormat::kQ4_K, DeviceFormat::kQ6_K))
    return start<1, FormatQ4_K, FormatQ6_K>(k, blocks, stream);
  if (a.tokens == 1 && all_within(a, DeviceFormat::kQ5_K, DeviceFormat::kQ6_K))
    return start<1, FormatQ5_K, FormatQ6_K>(k, blocks, stream);
  for (int j = 0; j < a.n_jobs; ++j) {
    MatvecArgs one = a;
    one.jobs[0] = a.jobs[j];
    one.n_jobs = 1;
    if (const cudaError_t error = matvec_slice(one, stream); error != cudaSuccess) return error;
  }
  return cudaSuccess;
}

bool is_valid(const MatvecArgs& a) {
  if (a.n_jobs < 1 || a.n_jobs > kMatvecJobsMax || a.tokens < 0) return false;
  for (int j = 0; j < a.n_jobs; ++j) {
    const MatvecJob& job = a.jobs[j];
    const bool has_gate = job.gate.codes != nullptr;
    if (job.w.codes == nullptr || job.y == nullptr || job.w.rows < 1 || job.w.cols < 1)
      return false;
    if (job.w.cols != a.jobs[0].w.cols || job.y_stride < job.w.rows) return false;
    if (has_gate != (a.gate_function != Gate::kNone)) return false;
    if (has_gate && (job.gate.format != job.w.format || job.gate.rows != job.w.rows ||
                     job.gate.cols != job.w.cols))
      return false;
    if (is_float(job.w.format) ? a.x.f32 == nullptr : a.x.q == nullptr) return false;
    if (!is_float(job.w.format) && job.w.cols % kUnitCols != 0) return false;
  }
  return true;
}

// One job of args, of tokens first .. first + count - 1.
MatvecArgs slice(const MatvecArgs& args, int job, int first, int count) {
  MatvecArgs one = args;
  one.jobs[0] = args.jobs[job];
  one.n_jobs = 1;
  one.tokens = count;
  const auto before = static_cast<std::size_t>(first);
  const auto cols = static_cast<std::size_t>(one.jobs[0].w.cols);
  if (args.x.f32 != nullptr) one.x.f32 += before * cols;
  if (args.x.q != nullptr) {
    one.x.q += before * cols;
    one.x.scale += before * (cols / kUnitCols);
  }
  one.jobs[0].y += before * static_cast<std::size_t>(one.jobs[0].y_stride);
  return one;
}

}  // namespace

cudaError_t matvec(const MatvecArgs& args, cudaStream_t stream) {
  if (!is_valid(args)) return cudaErrorInvalidValue;
  // Together while the vector units keep up; then the quantised ones on the matrix units, one by one.
  if (args.tokens < kSmallTokensMin)
    return args.tokens > 0 ? matvec_slice(args, stream) : cudaSuccess;
  for (int j = 0; j < args.n_jobs; ++j) {
    const bool on_vector_units = is_float(args.jobs[j].w.format);
    const int tokens_max = on_vector_units ? args.tokens : kSmallTokensMax;
    for (int t = 0; t < args.tokens; t += tokens_max) {
      const MatvecArgs piece =
          slice(args, j, t, args.tokens - t < tokens_max ? args.tokens - t : tokens_max);
      const cudaError_t error = on_vector_units ? matvec_slice(piece, stream)
                                                : matmul_small(piece, piece.jobs[0], stream);
      if (error != cudaSuccess) return error;
    }
  }
  return cudaSuccess;
}

}  // namespace curlew::cuda
