// Long prompts' products by cuBLASLt: from weights that are kept as halves beside the quantised ones,
// where a card has plenty of memory, or are made halves for each product, which pays for long steps only.
//
// For measuring and for tests: CURLEW_CUDA_LIBRARY=0 in the environment leaves it out, another number is
// the least tokens of a step that uses it; CURLEW_CUDA_KEEP=0 keeps no weights as halves.
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

#include "kernels/cuda/expand_weights.h"
#include "kernels/cuda/half_rows.h"
#include "kernels/cuda/matmul_tiled.h"
#include "model/cuda/launches.h"

namespace curlew::model {
namespace {

// Guesses, to be measured: below, reading twice or four times the bytes costs more than slower products.
constexpr int kKeptTokensMin = 192;
constexpr int kExpandedTokensMin = 1024;
constexpr std::size_t kExpandedBytesMax = std::size_t{160} << 20;
constexpr std::size_t kFreeShare = 4;  // one such part of the card must be free for it
constexpr int kSliceRows = 64;         // slices of a matrix begin at multiples

// A number in the environment; -1 for none.
int number_of(const char* name) {
  const char* text = std::getenv(name);
  int value = -1;
  if (text != nullptr) {
    const std::string_view all = text;
    std::from_chars(all.data(), all.data() + all.size(), value);
  }
  return value;
}

int wanted_tokens_min() {
  const int wanted = number_of("CURLEW_CUDA_LIBRARY");
#if defined(CURLEW_CUDA_ON_HOST)
  return std::max(wanted, 0);  // its stand-in is for tests
#else
  return wanted;
#endif
}

template <class Visit>
void for_each_tiled(const DeviceWeights& weights, const Visit& visit) {
  for (const DeviceLayer& l : weights.layers)
    for (const DeviceLinear* map :
         {&l.q, &l.k, &l.v, &l.attention_out, &l.ffn.gate, &l.ffn.up, &l.ffn.down})
      if (*map && cuda::can_tile(map->matrix)) visit(map->matrix);
}

std::size_t halves_of(const cuda::DeviceMatrix& w) {
  return static_cast<std::size_t>(w.rows) * static_cast<std::size_t>(w.cols);
}

}  // namespace

// Only with what is left when all that is needed was taken: what fails here is done without.
void CudaNetwork::open_library() {
  const int wanted = wanted_tokens_min();
  std::size_t free_bytes = 0, total_bytes = 0, largest = 0;
  if (wanted == 0 || !is_prompt(step_tokens_max_) ||
      cudaMemGetInfo(&free_bytes, &total_bytes) != cudaSuccess)
    return;
  for_each_tiled(weights_,
                 [&](const cuda::DeviceMatrix& w) { largest = std::max(largest, halves_of(w)); });
  library_.expanded_halves = std::min(largest, kExpandedBytesMax / sizeof(cuda::Half));
  Pieces counting(nullptr);
  const auto place = [&](Pieces& pieces) {
    library_.workspace = pieces.take<std::byte>(cuda::LibraryMatmul::kWorkspaceBytes);
    library_.expanded = pieces.take<cuda::Half>(library_.expanded_halves);
  };
  place(counting);
  if (counting.bytes() > free_bytes || free_bytes < total_bytes / kFreeShare) return;
  Expected<DeviceMemory> memory = take_device_memory(counting.bytes(), "the library's memory");
  if (!memory) return;
  library_.matmul = cuda::LibraryMatmul::open();
  if (library_.matmul == nullptr) return;
  library_.memory = std::move(*memory);
  Pieces pieces(library_.memory.data());
  place(pieces);
  need_.scratch_bytes += counting.bytes();
  keep_halves(free_bytes - counting.bytes());
  library_.tokens_min = wanted > 0              ? wanted
                        : library_.kept.empty() ? kExpandedTokensMin
                                                : kKeptTokensMin;
}

// All matrices as halves, where half of the card stays free.
void CudaNetwork::keep_halves(std::size_t free_bytes) {
  Pieces counting(nullptr);
  for_each_tiled(weights_, [&](const cuda::DeviceMatrix& w) {
    if (w.format != cuda::DeviceFormat::kF16) counting.take<cuda::Half>(halves_of(w));
  });
  if (counting.bytes() == 0 || number_of("CURLEW_CUDA_KEEP") == 0 ||
      free_bytes < counting.bytes() + card_.total_bytes / 2)
    return;
  Expected<DeviceMemory> memory = take_device_memory(counting.bytes(), "weights as halves");
  if (!memory) return;
  Pieces pieces(memory->data());
  cudaError_t error = cudaSuccess;
  for_each_tiled(weights_, [&](const cuda::DeviceMatrix& w) {
    if (w.format == cuda::DeviceFormat::kF16) return;
    auto* y = pieces.take<cuda::Half>(halves_of(w));
    if (error == cudaSuccess)
      error = cuda::expand_weights({.w = w, .y = y, .rows = w.rows}, stream_);
    library_.kept[w.codes] = y;
  });
  if (error == cudaSuccess) error = cudaStreamSynchronize(stream_);
  if (error != cudaSuccess) library_.kept.clear();
  library_.kept_memory = std::move(*memory);
  need_.scratch_bytes += counting.bytes();
}

// y = alpha * w x + beta * y: as it lies, as it was kept, or so many rows at a time made halves. False
// where the library has nothing for it, and then nothing was done.
bool CudaNetwork::Launches::multiply_by_library(const cuda::DeviceMatrix& w,
                                                const cuda::LibraryMatmulArgs& args) {
  PromptLibrary& library = n_.library_;
  cuda::LibraryMatmulArgs a = args;
  a.cols = w.cols;
  a.tokens = size_.tokens;
  const auto kept = library.kept.find(w.codes);
  if (w.format == cuda::DeviceFormat::kF16) a.w = reinterpret_cast<const cuda::Half*>(w.codes);
  if (kept != library.kept.end()) a.w = kept->second;
  const int rows_max =
      a.w != nullptr ? w.rows
                     : static_cast<int>(library.expanded_halves / static_cast<std::size_t>(w.cols));
  const int slice = rows_max >= w.rows ? w.rows : rows_max / kSliceRows * kSliceRows;
  if (slice < 1) return false;
  const auto rows_at = [&](int first) { return std::min(slice, w.rows - first); };
  for (const int first : {0, (w.rows - 1) / slice * slice}) {  // the two shapes that there are
    cuda::LibraryMatmulArgs some = a;
    some.w = a.w != nullptr ? a.w : library.expanded;
    some.rows = rows_at(first);
    if (!library.matmul->can_multiply(some)) return false;
  }
  for (int first = 0; first < w.rows; first += slice) {
    cuda::LibraryMatmulArgs some = a;
    some.rows = rows_at(first);
    if (some.y != nullptr) some.y += first;
    if (some.y16 != nullptr) some.y16 += first;
    if (some.bias != nullptr) some.bias += first;
    if (some.w == nullptr) {
      some.w = library.expanded;
      run(cuda::expand_weights(
              {.w = w, .y = library.expanded, .first_row = first, .rows = some.rows}, n_.stream_),
          "weights as halves");
    }
    run(library.matmul->multiply(some, library.workspace, n_.stream_), "a product by cuBLASLt");
  }
  return true;
}

// One job. Where the library cannot finish it, its sums go the way of shared-out products.
bool CudaNetwork::Launches::by_library(const cuda::MatvecArgs& args) {
  const cuda::MatvecJob& job = args.jobs[0];
  if (n_.library_.matmul == nullptr || size_.tokens < n_.library_.tokens_min) return false;
  if (args.gate_function != cuda::Gate::kNone) return false;
  const bool is_direct = args.finish != cuda::Finish::kGelu && args.x.f16_scale == nullptr &&
                         (job.bias == nullptr || args.scale == 1.f);
  if (is_direct)
    return multiply_by_library(job.w, {.x = args.x.f16,
                                       .y = job.y,
                                       .bias = job.bias,
                                       .y_stride = job.y_stride,
                                       .alpha = args.scale,
                                       .beta = args.finish == cuda::Finish::kAdd ? 1.f : 0.f});
  float* sums = n_.scratch_.gate;  // of no use to anybody now, but to the gate's own product
  if (sums == job.y || job.w.rows > n_.config_.ffn_dim) return false;
  if (!multiply_by_library(job.w, {.x = args.x.f16, .y = sums, .y_stride = job.w.rows}))
    return false;
  run(cuda::finish_sums({.job = job,
                         .sums = sums,
                         .token_scale = args.x.f16_scale,
                         .tokens = size_.tokens,
                         .finish = args.finish,
                         .scale = args.scale},
                        n_.stream_),
      "a product's outputs");
  return true;
}

// Both as halves side by side in `gate`, which the activation then reads.
bool CudaNetwork::Launches::gate_and_up_by_library(const DeviceFeedForward& w, cuda::Gate gate) {
  Scratch& s = n_.scratch_;
  if (n_.library_.matmul == nullptr || size_.tokens < n_.library_.tokens_min) return false;
  if (w.gate.bias != nullptr || w.up.bias != nullptr || !cuda::can_tile(w.up.matrix)) return false;
  const int rows = w.up.matrix.rows;
  auto* both = reinterpret_cast<cuda::Half*>(s.gate);
  const cuda::LibraryMatmulArgs args = {.x = s.normed.f16, .y16 = both, .y_stride = 2 * rows};
  if (!multiply_by_library(w.gate.matrix, args)) return false;
  cuda::LibraryMatmulArgs up = args;
  up.y16 += rows;
  if (!multiply_by_library(w.up.matrix, up)) return false;
  halve_inner({.x16 = both + rows,
               .gate16 = both,
               .out = {},
               .tokens = size_.tokens,
               .cols = rows,
               .x_stride = 2 * rows,
               .gate_function = gate},
              w.down.matrix);
  return true;
}

}  // namespace curlew::model
