#include "tests/gpu/prompt_kernels.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <random>
#include <vector>

#include "kernels/cuda/attention_prompt.h"
#include "kernels/cuda/expand_weights.h"
#include "kernels/cuda/half_rows.h"
#include "kernels/cuda/library_matmul.h"
#include "kernels/cuda/matmul_tiled.h"
#include "model/cuda/device_memory.h"

namespace curlew::model {
namespace {

constexpr int kHidden = 3584, kInner = 18944, kHeads = 28, kKvHeads = 4, kHeadDim = 128;
constexpr int kRounds = 7, kLaunches = 10;
constexpr int kKvBlock = kernels::kKvBlockTokens;

// Milliseconds of one of `launch`, by the card's clock; the median.
template <class Launch>
Expected<double> time_of(cudaStream_t stream, const Launch& launch) {
  cudaEvent_t begin = nullptr, end = nullptr;
  cudaEventCreate(&begin);
  cudaEventCreate(&end);
  std::vector<float> ms;
  cudaError_t error = launch();  // the first one warms up
  for (int round = 0; round < kRounds && error == cudaSuccess; ++round) {
    cudaEventRecord(begin, stream);
    for (int i = 0; i < kLaunches && error == cudaSuccess; ++i) error = launch();
    cudaEventRecord(end, stream);
    if (error == cudaSuccess) error = cudaStreamSynchronize(stream);
    cudaEventElapsedTime(&ms.emplace_back(), begin, end);
  }
  cudaEventDestroy(begin);
  cudaEventDestroy(end);
  if (Status s = cuda_status(error, "measuring a kernel"); !s) return std::move(s.error()).pass();
  std::ranges::sort(ms);
  return double{ms[ms.size() / 2]} / kLaunches;
}

// Memory full of halves between 0.1 and 2 of either sign: with numbers all alike a card would need less
// power than it does, and be faster.
Expected<DeviceMemory> some_memory(std::size_t bytes) {
  Expected<DeviceMemory> memory = take_device_memory(bytes, "a benchmark");
  if (!memory) return memory;
  std::vector<std::uint16_t> numbers(std::size_t{1} << 24);
  std::mt19937 random(1);
  for (std::uint16_t& n : numbers) {
    const auto bits = static_cast<unsigned>(random());
    n = static_cast<std::uint16_t>((bits & 0x8000u) | (0x2e00u + (bits & 0xfffu)));
  }
  const std::size_t piece = numbers.size() * sizeof numbers[0];
  for (std::size_t at = 0; at + piece <= bytes; at += piece)
    cudaMemcpy(memory->data() + at, numbers.data(), piece, cudaMemcpyHostToDevice);
  return memory;
}

class KernelBench {
 public:
  KernelBench(const char* name, cudaStream_t stream, std::byte* memory,
              cuda::LibraryMatmul* library)
      : name_(name), stream_(stream), library_(library), pieces_(memory) {}

  static constexpr std::size_t kBytes = std::size_t{3} << 30;

  // One product of W [rows, cols] in Q4_K and `tokens` activations.
  Status product(int rows, int cols, int tokens) {
    Pieces pieces = pieces_;
    const kernels::WeightType type = kernels::WeightType::kQ4_K;
    const cuda::MatrixLayout layout = cuda::matrix_layout(type, rows, cols);
    const cuda::DeviceMatrix w = layout.at(pieces.take<std::byte>(layout.bytes));
    const auto count = [](int a, int b) {
      return static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
    };
    auto* x = pieces.take<cuda::Half>(count(tokens, cols));
    auto* halves = pieces.take<cuda::Half>(count(rows, cols));
    auto* y = pieces.take<float>(count(tokens, rows));
    const std::size_t sums_floats = std::size_t{cuda::kPartTokensMax} * 132 * 128;
    auto* sums = pieces.take<float>(sums_floats);
    auto* workspace = pieces.take<std::byte>(cuda::LibraryMatmul::kWorkspaceBytes);
    cuda::TiledArgs tiled = {.sums = sums, .sums_floats = sums_floats};
    tiled.product.x.f16 = x;
    tiled.product.tokens = tokens;
    tiled.product.jobs[0] = {.w = w, .y = y, .y_stride = rows};
    const std::string shape = fmt::format("{}x{}, {}", rows, cols, tokens);
    const double flop = 2. * rows * cols * tokens;
    if (Status s =
            measure("tiled " + shape, flop, [&] { return cuda::matmul_tiled(tiled, stream_); });
        !s)
      return s;
    const cuda::LibraryMatmulArgs args = {.w = halves,
                                          .x = x,
                                          .y = y,
                                          .rows = rows,
                                          .cols = cols,
                                          .tokens = tokens,
                                          .y_stride = rows};
    if (library_ == nullptr || !library_->can_multiply(args)) return {};
    if (Status s = measure("cublasLt " + shape, flop,
                           [&] { return library_->multiply(args, workspace, stream_); });
        !s)
      return s;
    return measure("and made halves " + shape, flop, [&] {
      const cudaError_t error = cuda::expand_weights({.w = w, .y = halves, .rows = rows}, stream_);
      return error != cudaSuccess ? error : library_->multiply(args, workspace, stream_);
    });
  }

  // A prompt's attention in one layer: `tokens` of them behind `depth` others.
  Status attention(int depth, int tokens) {
    Pieces pieces = pieces_;
    const int blocks = (depth + tokens + kKvBlock - 1) / kKvBlock;
    const std::size_t plane = std::size_t{2} * kKvHeads * kKvBlock * kHeadDim;
    auto* cache = pieces.take<std::uint8_t>(2 * plane * static_cast<std::size_t>(blocks));
    const auto floats = static_cast<std::size_t>(tokens) * kHeads * kHeadDim;
    auto* q = pieces.take<float>(floats);
    auto* out = pieces.take<cuda::Half>(floats);
    std::vector<std::int32_t> pos, first(static_cast<std::size_t>(tokens), 0), table;
    std::vector<cuda::QueryTile> tiles;
    for (int t = 0; t < tokens; ++t) pos.push_back(depth + t);
    for (int t = 0; t < tokens; t += cuda::kQueryTile)
      tiles.push_back({t, std::min(cuda::kQueryTile, tokens - t)});
    for (int b = 0; b < blocks; ++b) table.push_back(b);
    const auto send = [&](const auto& values) {
      using T = typename std::decay_t<decltype(values)>::value_type;
      T* to = pieces.take<T>(values.size());
      cudaMemcpy(to, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice);
      return to;
    };
    const cuda::AttentionPromptArgs args = {
        .q = q,
        .kv = {.base = cache, .block_bytes = 2 * plane, .values_at = plane},
        .step = {.pos = send(pos), .first_block = send(first), .blocks = send(table)},
        .tiles = send(tiles),
        .out = {.f16 = out},
        .sinks = nullptr,
        .n_tiles = static_cast<int>(tiles.size()),
        .n_heads = kHeads,
        .n_kv_heads = kKvHeads,
        .head_dim = kHeadDim,
        .window = 0,
        .scale = 0.088f};
    const double pairs = tokens * (depth + 0.5 * (tokens + 1));
    return measure(fmt::format("attention {} behind {}", tokens, depth),
                   4. * kHeads * kHeadDim * pairs,
                   [&] { return cuda::attention_prompt(args, stream_); });
  }

  // The inner activations of a step: gate and up, as halves.
  Status gate(int tokens) {
    Pieces pieces = pieces_;
    const auto count = static_cast<std::size_t>(tokens) * kInner;
    auto* both = pieces.take<cuda::Half>(2 * count);
    auto* out = pieces.take<cuda::Half>(count);
    auto* scale = pieces.take<float>(static_cast<std::size_t>(tokens));
    return measure(fmt::format("gate of {}", tokens), 0, [&] {
      return cuda::half_rows({.x16 = both + kInner,
                              .gate16 = both,
                              .out = {.f16 = out, .f16_scale = scale},
                              .tokens = tokens,
                              .cols = kInner,
                              .x_stride = 2 * kInner,
                              .gate_function = cuda::Gate::kSilu},
                             stream_);
    });
  }

 private:
  template <class Launch>
  Status measure(const std::string& work, double flop, const Launch& launch) {
    Expected<double> ms = time_of(stream_, launch);
    if (!ms) return std::move(ms.error()).during(work);
    fmt::print("{}\t{}\t\t{:.4f}\t\t{}\n", name_, work, *ms,
               flop > 0 ? fmt::format("{:.0f} TF", flop / *ms * 1e-9) : "");
    std::fflush(stdout);
    return {};
  }

  const char* name_;
  cudaStream_t stream_;
  cuda::LibraryMatmul* library_;
  const Pieces pieces_;
};

}  // namespace

Status measure_prompt_kernels(const char* name) {
  Expected<Stream> stream = Stream::make();
  if (!stream) return std::move(stream.error()).pass();
  Expected<DeviceMemory> memory = some_memory(KernelBench::kBytes);
  if (!memory) return std::move(memory.error()).pass();
  const std::unique_ptr<cuda::LibraryMatmul> library = cuda::LibraryMatmul::open();
  KernelBench bench(name, *stream, memory->data(), library.get());
  for (const int tokens : {128, 512, 2048})
    for (const auto& [rows, cols] :
         {std::pair{kHidden, kHidden}, {2 * kInner, kHidden}, {kHidden, kInner}})
      if (Status s = bench.product(rows, cols, tokens); !s) return s;
  if (Status s = bench.gate(2048); !s) return s;
  for (const int depth : {0, 6144})
    if (Status s = bench.attention(depth, 2048); !s) return s;
  return bench.attention(4096, 128);
}

}  // namespace curlew::model
