// How fast plain loads bring memory in: the limit of a decode step, which reads every weight once.
//
//   read_bandwidth THREADS [REPETITIONS]   prints the median and the best GB/s as JSON
//
// Each thread sums its share of 1 GiB in 64-byte steps; the memory is asked for in huge pages, as
// the weights are.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace {

constexpr std::size_t kBytes = std::size_t{1} << 30, kHugePageBytes = std::size_t{2} << 20;
constexpr int kStreams = 8;

typedef std::uint64_t Vector __attribute__((vector_size(64)));

#if defined(__x86_64__)
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
std::uint64_t
sum_of(const std::uint8_t* p, std::size_t bytes) {
  Vector sums[kStreams] = {};
  for (std::size_t at = 0; at + sizeof sums <= bytes; at += sizeof sums)
    for (int i = 0; i < kStreams; ++i)
      sums[i] += *reinterpret_cast<const Vector*>(p + at + sizeof(Vector) * i);
  std::uint64_t total = 0;
  for (const Vector& sum : sums)
    for (int i = 0; i < 8; ++i) total += sum[i];
  return total;
}

double seconds_of_one_pass(const std::uint8_t* p, int threads) {
  std::atomic<int> ready{0};
  std::atomic<std::uint64_t> total{0};
  const std::size_t share = kBytes / static_cast<std::size_t>(threads) / 4096 * 4096;
  const auto read_share = [&](int thread_idx) {
    ready.fetch_add(1);
    while (ready.load() < threads) {
    }
    total += sum_of(p + share * static_cast<std::size_t>(thread_idx), share);
  };
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back(read_share, i);
  while (ready.load() < threads - 1) {
  }
  const auto begin = std::chrono::steady_clock::now();
  read_share(0);
  for (std::thread& thread : others) thread.join();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  return total.load() == 1 ? 0.0 : elapsed.count();  // the sum is used, so it is computed
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::max(1, std::atoi(argv[1])) : 1;
  const int repetitions = argc > 2 ? std::max(1, std::atoi(argv[2])) : 9;
  auto* memory = static_cast<std::uint8_t*>(std::aligned_alloc(kHugePageBytes, kBytes));
  if (!memory) {
    std::perror("read_bandwidth");
    return 1;
  }
#if defined(__linux__)
  madvise(memory, kBytes, MADV_HUGEPAGE);
#endif
  std::memset(memory, 1, kBytes);
  std::vector<double> rates;
  for (int i = 0; i < repetitions; ++i)
    rates.push_back(static_cast<double>(kBytes) * 1e-9 / seconds_of_one_pass(memory, threads));
  std::sort(rates.begin(), rates.end());
  std::printf("{\"threads\": %d, \"median_gb_s\": %.2f, \"best_gb_s\": %.2f}\n", threads,
              rates[rates.size() / 2], rates.back());
  std::free(memory);
  return 0;
}
