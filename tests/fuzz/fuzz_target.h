// What a fuzz target is, and what the programs made of it use: libFuzzer's (clang), and the short
// run that is part of the tests (short_run.cpp, any compiler).
//
// A target brings inputs that are read without complaint and knows their layout well enough to
// break one place of them while the rest stays good: most bugs of such readers stood behind a
// dozen checks that random bytes never pass.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace curlew::fuzz {

using Bytes = std::vector<std::uint8_t>;

// Random numbers that a seed repeats (splitmix64: Steele et al. 2014).
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  std::uint64_t word();
  std::size_t below(std::size_t n) { return n == 0 ? 0 : static_cast<std::size_t>(word() % n); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  // A length, a count or an offset that arithmetic is likely to trip over: near 0 and near the
  // borders 2^8 to 2^64, signed and not.
  std::uint64_t odd_number();
  // The same, but half of the time no more than a little larger than `near`.
  std::uint64_t odd_number_near(std::uint64_t near);

  template <class Range>
  auto& one_of(Range& range) {
    return range[below(std::size(range))];
  }

 private:
  std::uint64_t state_;
};

// --- A target defines these, and LLVMFuzzerTestOneInput.

// At least one.
std::vector<Bytes> good_inputs();
// `input` may be anything.
void break_one_place(Bytes& input, Dice& dice);

// --- What targets need (mutator.cpp, seed_files.cpp)

// Of a target's own checks: what was read is not what was promised.
[[noreturn]] void broken_promise(const char* what);
inline void promise(bool kept, const char* what) {
  if (!kept) broken_promise(what);
}

// Changes bytes without knowing what they mean; libFuzzer's own way where it is linked.
void break_bytes(Bytes& input, Dice& dice);

// The files of tests/fuzz/seeds/<name>.
std::vector<Bytes> seed_files(std::string_view name);

inline Bytes to_bytes(std::string_view text) {
  return {text.begin(), text.end()};
}
inline Bytes to_bytes(std::span<const std::byte> bytes) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  return {data, data + bytes.size()};
}
inline std::string_view as_text(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// An input may begin with a short text: a u16 length, the text. The length is cut to what is there.
struct WithText {
  std::string_view text;
  std::span<const std::uint8_t> rest;
};
WithText split_text(std::span<const std::uint8_t> input);
Bytes join_text(std::string_view text, std::span<const std::uint8_t> rest);

}  // namespace curlew::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
