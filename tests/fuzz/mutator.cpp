// The mutator that every target shares, as libFuzzer calls it.

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "tests/fuzz/fuzz_target.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t size_max);

namespace curlew::fuzz {
namespace {

constexpr std::size_t kGrowthMax = 64;  // of break_bytes(), a call

}  // namespace

std::uint64_t Dice::word() {
  std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

std::uint64_t Dice::odd_number() {
  constexpr int kBorders[] = {0, 1, 3, 4, 5, 7, 8, 15, 16, 20, 24, 30, 31, 32, 33, 62, 63, 64};
  const int border = one_of(kBorders);
  const std::uint64_t at = border == 64 ? 0 : std::uint64_t{1} << border;
  return at + below(5) * (one_in(3) ? 8 : 1) - (one_in(2) ? 2 : 8);
}

std::uint64_t Dice::odd_number_near(std::uint64_t near) {
  return one_in(2) ? odd_number() : one_in(2) ? below(near + 2) : near + below(9) - 4;
}

void broken_promise(const char* what) {
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

void break_bytes(Bytes& input, Dice& dice) {
  const std::size_t size = input.size();
  input.resize(size + 1 + dice.below(kGrowthMax));
  input.resize(LLVMFuzzerMutate(input.data(), size, input.size()));
}

WithText split_text(std::span<const std::uint8_t> input) {
  if (input.size() < 2) return {{}, {}};
  const std::size_t length = std::min<std::size_t>(input[0] | input[1] << 8, input.size() - 2);
  return {as_text(input.subspan(2, length)), input.subspan(2 + length)};
}

Bytes join_text(std::string_view text, std::span<const std::uint8_t> rest) {
  text = text.substr(0, 0xffff);
  Bytes out(2 + text.size() + rest.size());
  out[0] = static_cast<std::uint8_t>(text.size() & 0xff);
  out[1] = static_cast<std::uint8_t>(text.size() >> 8);
  std::copy(text.begin(), text.end(), out.begin() + 2);
  std::copy(rest.begin(), rest.end(), out.end() - static_cast<std::ptrdiff_t>(rest.size()));
  return out;
}

}  // namespace curlew::fuzz

// Mostly one place of an input that is known already; now and then a good one from the start, so
// that a corpus of broken files does not only become more broken.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t size_max, unsigned seed) {
  using namespace curlew::fuzz;  // NOLINT: one function
  static const std::vector<Bytes> good = good_inputs();
  Dice dice(seed);
  Bytes input(data, data + size);
  if (size < 2 || dice.one_in(16)) input = dice.one_of(good);
  do {
    if (dice.one_in(3))
      break_bytes(input, dice);
    else
      break_one_place(input, dice);
  } while (dice.one_in(3));
  if (input.size() > size_max) input.resize(size_max);
  if (!input.empty()) std::memcpy(data, input.data(), input.size());
  return input.size();
}
