// Speed of the kernels at the shapes of Qwen2.5-Coder 0.5B and 1.5B. Products report the bytes of
// weights read per second (decode: compare with what the memory gives) and operations per second,
// two per weight and token.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "kernels/ops.h"

namespace curlew::kernels {
namespace {

constexpr std::size_t kColdBytes = std::size_t{192}
                                   << 20;  // copies of a matrix, so that no cache holds them all

std::vector<float> ramp(std::size_t n) {
  std::vector<float> out(n);
  for (std::size_t i = 0; i < n; ++i) out[i] = std::sin(static_cast<float>(i));
  return out;
}

// Random bits are fine as weights here: only a NaN could cost time, and half-precision scales with
// the top exponent bit cleared are none.
std::vector<std::uint8_t> random_bits(std::size_t bytes) {
  std::vector<std::uint8_t> out(bytes);
  std::mt19937 rng(1);
  for (std::uint8_t& b : out) b = static_cast<std::uint8_t>(rng()) & 0xbf;
  return out;
}

// Streams the matrix from memory: a ring of copies is larger than the last-level cache.
void BM_Matmul(benchmark::State& state, WeightType type, std::int64_t rows, std::int64_t cols) {
  const int tokens = static_cast<int>(state.range(0));
  ThreadPool pool(static_cast<int>(state.range(1)));
  const MatrixView shape{type, nullptr, rows, cols};
  const std::size_t file_bytes = shape.row_bytes() * static_cast<std::size_t>(rows);
  const std::vector<std::uint8_t> bits = random_bits(file_bytes);
  const std::size_t copies = tokens == 1 ? kColdBytes / file_bytes + 1 : 1;
  std::vector<std::vector<std::uint8_t>> files(copies, bits);  // float types keep pointing at them
  std::vector<PackedMatrix> ring;
  for (const auto& file : files)
    ring.push_back(PackedMatrix::pack({type, file.data(), rows, cols}, pool));
  const std::vector<float> x = ramp(static_cast<std::size_t>(cols * tokens));
  std::vector<float> y(static_cast<std::size_t>(rows * tokens));
  std::size_t turn = 0;
  for (auto _ : state) {
    matmul(ring[turn++ % copies], x.data(), nullptr, y.data(), tokens, pool);
    benchmark::DoNotOptimize(y.data());
  }
  const std::size_t read = ring[0].own_bytes() ? ring[0].own_bytes() : file_bytes;
  const auto runs = static_cast<double>(state.iterations());
  state.counters["GB/s"] =
      benchmark::Counter(runs * static_cast<double>(read) * 1e-9, benchmark::Counter::kIsRate);
  state.counters["GOPS"] = benchmark::Counter(
      runs * 2e-9 * static_cast<double>(rows * cols) * tokens, benchmark::Counter::kIsRate);
  state.counters["bits/weight"] =
      8.0 * static_cast<double>(read) / static_cast<double>(rows * cols);
}

void BM_Pack(benchmark::State& state, WeightType type) {
  constexpr std::int64_t kRows = 4096, kCols = 1536;
  ThreadPool pool(static_cast<int>(state.range(0)));
  const MatrixView shape{type, nullptr, kRows, kCols};
  const std::vector<std::uint8_t> bits = random_bits(shape.row_bytes() * kRows);
  for (auto _ : state)
    benchmark::DoNotOptimize(PackedMatrix::pack({type, bits.data(), kRows, kCols}, pool));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bits.size()));
}

// Heads of Qwen2.5-Coder 1.5B.
void BM_Attention(benchmark::State& state) {
  constexpr int kHeads = 12, kKvHeads = 2, kHeadDim = 128;
  const int tokens = static_cast<int>(state.range(0)), depth = static_cast<int>(state.range(1));
  ThreadPool pool(static_cast<int>(state.range(2)));
  const int blocks = (depth + tokens + kKvBlockTokens - 1) / kKvBlockTokens;
  const std::size_t block_bytes = kv_block_bytes(KvType::kF16, kKvHeads, kHeadDim);
  std::vector<std::uint8_t> k(block_bytes * static_cast<std::size_t>(blocks)), v(k.size());
  std::vector<void*> k_blocks, v_blocks;
  for (int i = 0; i < blocks; ++i) {
    k_blocks.push_back(k.data() + block_bytes * static_cast<std::size_t>(i));
    v_blocks.push_back(v.data() + block_bytes * static_cast<std::size_t>(i));
  }
  const std::vector<float> rows =
      ramp(static_cast<std::size_t>((depth + tokens) * kKvHeads * kHeadDim));
  kv_write(rows.data(), k_blocks.data(), KvType::kF16, 0, depth + tokens, kKvHeads, kHeadDim);
  kv_write(rows.data(), v_blocks.data(), KvType::kF16, 0, depth + tokens, kKvHeads, kHeadDim);
  const std::vector<float> q = ramp(static_cast<std::size_t>(tokens * kHeads * kHeadDim));
  std::vector<float> out(q.size());
  const AttentionArgs args{.q = q.data(),
                           .k_blocks = k_blocks.data(),
                           .v_blocks = v_blocks.data(),
                           .out = out.data(),
                           .kv_type = KvType::kF16,
                           .tokens = tokens,
                           .first_pos = depth,
                           .n_heads = kHeads,
                           .n_kv_heads = kKvHeads,
                           .head_dim = kHeadDim,
                           .scale = 0.088f};
  for (auto _ : state) attention(args, pool);
  const double pairs = static_cast<double>(tokens) * (depth + (tokens + 1) / 2.0);
  state.counters["GOPS"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * 4e-9 * pairs * kHeads * kHeadDim,
                         benchmark::Counter::kIsRate);
}

void BM_RmsNorm(benchmark::State& state) {
  const std::vector<float> x = ramp(1536), weight = ramp(1536);
  std::vector<float> y(1536);
  for (auto _ : state) rms_norm(x.data(), weight.data(), y.data(), 1, 1536, 1e-6f);
}

void BM_SiluMul(benchmark::State& state) {
  const std::vector<float> gate = ramp(8960), up = ramp(8960);
  std::vector<float> out(8960);
  for (auto _ : state) silu_mul(gate.data(), up.data(), out.data(), 8960);
}

void BM_Rope(benchmark::State& state) {
  std::vector<float> x = ramp(12 * 128);
  const std::vector<float> inv_freq = ramp(64);
  const std::int32_t pos = 1234;
  for (auto _ : state)
    rope(x.data(), &pos, inv_freq.data(), 64, 1, 12, 128, RopePairs::kHalves, 1.f);
}

// One empty job on a warm team.
void BM_PoolRun(benchmark::State& state) {
  ThreadPool pool(static_cast<int>(state.range(0)));
  for (auto _ : state) pool.share([](int) {});
}

void register_products() {
  struct Shape {
    const char* name;
    std::int64_t rows, cols;
  };
  const Shape shapes[] = {
      {"0.5B/gate", 4864, 896}, {"1.5B/gate", 8960, 1536}, {"1.5B/down", 1536, 8960}};
  const WeightType types[] = {WeightType::kQ8_0, WeightType::kQ4_0,   WeightType::kQ4_K,
                              WeightType::kQ6_K, WeightType::kQ5_0,   WeightType::kQ5_K,
                              WeightType::kQ4_1, WeightType::kIQ4_XS, WeightType::kF16,
                              WeightType::kBF16, WeightType::kF32};
  for (const Shape& shape : shapes)
    for (const WeightType type : types) {
      if (shape.cols % block_shape(type).elements != 0) continue;
      const std::string name = std::string("matmul/") + shape.name + "/" + weight_type_name(type);
      benchmark::RegisterBenchmark(name.c_str(), BM_Matmul, type, shape.rows, shape.cols)
          ->ArgNames({"tokens", "threads"})
          ->Args({1, 1})
          ->Args({1, 2})
          ->Args({4, 2})
          ->Args({128, 1})
          ->Args({128, 2})
          ->UseRealTime()
          ->MinTime(0.1);
    }
  for (const WeightType type :
       {WeightType::kQ4_0, WeightType::kQ4_K, WeightType::kQ6_K, WeightType::kQ8_0})
    benchmark::RegisterBenchmark((std::string("pack/") + weight_type_name(type)).c_str(), BM_Pack,
                                 type)
        ->ArgName("threads")
        ->Arg(1)
        ->Arg(2)
        ->UseRealTime();
}

BENCHMARK(BM_Attention)
    ->ArgNames({"tokens", "depth", "threads"})
    ->Args({1, 512, 1})
    ->Args({1, 4096, 1})
    ->Args({1, 4096, 2})
    ->Args({128, 512, 1})
    ->Args({128, 512, 2})
    ->UseRealTime();
BENCHMARK(BM_RmsNorm);
BENCHMARK(BM_SiluMul);
BENCHMARK(BM_Rope);
BENCHMARK(BM_PoolRun)->Arg(2)->UseRealTime();

}  // namespace
}  // namespace curlew::kernels

int main(int argc, char** argv) {
  curlew::kernels::register_products();
  benchmark::Initialize(&argc, argv);
  benchmark::AddCustomContext("cpu_path", curlew::kernels::cpu_path_name());
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
