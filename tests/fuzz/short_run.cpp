// A short run of a fuzz target without libFuzzer, for any compiler: every good input, then as many
// broken ones as asked for, the same ones each time.
//
//   <target>_fuzz_short [--runs N] [--seconds S] [--seed K]     or: <target>_fuzz_short FILE...
//
// What libFuzzer has and this has not: coverage, which tells what a change was good for, and a
// corpus that grows. Exit code 0: clean. A run that takes longer than kRunSecondsMax is a failure,
// as is asking for more memory than kMemoryBytesMax; a crash names the run and leaves the input in
// a file of the current folder.

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

#include "tests/fuzz/fuzz_target.h"

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t size_max, unsigned seed);

namespace curlew::fuzz {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kInputBytesMax = 1 << 14;
constexpr std::size_t kPoolMax = 64;  // inputs that were met and may be broken further
constexpr double kRunSecondsMax = 10;
constexpr rlim_t kMemoryBytesMax = rlim_t{4} << 30;

Bytes current;  // what a crash was about
long current_run = 0;

extern "C" void keep_input(int signal) {
  std::fprintf(stderr, "signal %d in run %ld; the input is in fuzz-crash\n", signal, current_run);
  if (std::FILE* file = std::fopen("fuzz-crash", "wb")) {
    std::fwrite(current.data(), 1, current.size(), file);
    std::fclose(file);
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void set_limits() {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they reserve terabytes
  const rlimit limit = {kMemoryBytesMax, kMemoryBytesMax};
  ::setrlimit(RLIMIT_AS, &limit);
#endif
  for (const int signal : {SIGABRT, SIGSEGV, SIGFPE, SIGBUS, SIGILL})
    std::signal(signal, &keep_input);
}

void run_current() {
  const auto begin = Clock::now();
  // A copy of exactly this size: sanitizers then know where it ends.
  const Bytes input(current.begin(), current.end());
  LLVMFuzzerTestOneInput(input.data(), input.size());
  const std::chrono::duration<double> taken = Clock::now() - begin;
  promise(taken.count() < kRunSecondsMax, "a small input takes little time");
}

void break_current(Dice& dice) {
  const std::size_t size = current.size();
  current.resize(kInputBytesMax);
  current.resize(LLVMFuzzerCustomMutator(current.data(), std::min(size, kInputBytesMax),
                                         kInputBytesMax, static_cast<unsigned>(dice.word())));
}

int run_files(int count, char** paths) {
  for (int i = 0; i < count; ++i) {
    std::ifstream in(paths[i], std::ios::binary);
    if (!in) return std::fprintf(stderr, "%s: cannot be read\n", paths[i]), 1;
    current.assign(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    run_current();
  }
  return 0;
}

int run_broken(long runs, double seconds, std::uint64_t seed) {
  std::vector<Bytes> met = good_inputs();
  for (const Bytes& input : met) {
    current = input;
    run_current();
  }
  const std::size_t good = met.size();
  Dice dice(seed);
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  for (current_run = 1; current_run <= runs && Clock::now() < end; ++current_run) {
    // Half of the time from a good one: without coverage the others only become more broken.
    current = met[dice.below(dice.one_in(2) ? good : met.size())];
    break_current(dice);
    run_current();
    if (met.size() < good + kPoolMax)
      met.push_back(current);
    else if (dice.one_in(8))
      met[good + dice.below(kPoolMax)] = current;
  }
  std::printf("%ld runs, clean\n", current_run - 1);
  return 0;
}

}  // namespace

}  // namespace curlew::fuzz

// Stands in for libFuzzer's: one change of some bytes.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size,
                                        std::size_t size_max) {
  using curlew::fuzz::Dice;
  static Dice dice(1);
  if (size == 0) {
    if (size_max == 0) return 0;
    data[0] = static_cast<std::uint8_t>(dice.word());
    return 1;
  }
  const std::size_t at = dice.below(size), room = size_max - size;
  const std::size_t count = 1 + dice.below(std::min<std::size_t>(size - at, 16));
  switch (dice.below(room == 0 ? 4 : 6)) {
    case 0:
      data[at] ^= static_cast<std::uint8_t>(1u << dice.below(8));
      return size;
    case 1:
      data[at] = static_cast<std::uint8_t>(dice.word());
      return size;
    case 2:
      std::memmove(data + at, data + at + count, size - at - count);
      return size - count;
    case 3:
      std::memmove(data + dice.below(size - count + 1), data + at, count);
      return size;
    default: {
      const std::size_t grown = std::min(count, room);
      std::memmove(data + at + grown, data + at, size - at);
      return size + grown;
    }
  }
}

int main(int argc, char** argv) {
  using namespace curlew::fuzz;  // NOLINT: one function
  long runs = 1'000'000;
  double seconds = 1e9;
  std::uint64_t seed = 1;
  set_limits();
  if (argc > 1 && argv[1][0] != '-') return run_files(argc - 1, argv + 1);
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    if (option == "--runs") runs = std::atol(argv[i + 1]);
    if (option == "--seconds") seconds = std::atof(argv[i + 1]);
    if (option == "--seed") seed = std::strtoull(argv[i + 1], nullptr, 10);
  }
  return run_broken(runs, seconds, seed);
}
