// A set of byte values.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace curlew::model {

class ByteSet {
 public:
  static ByteSet of(std::uint8_t byte) { return range(byte, byte); }
  static ByteSet range(int first, int last) {
    ByteSet set;
    for (int byte = first; byte <= last; ++byte) set.add(static_cast<std::uint8_t>(byte));
    return set;
  }
  static ByteSet all() { return ~ByteSet(); }

  void add(std::uint8_t byte) { words_[byte / 64] |= std::uint64_t{1} << (byte % 64); }
  bool has(std::uint8_t byte) const { return (words_[byte / 64] >> (byte % 64) & 1) != 0; }
  bool empty() const { return (words_[0] | words_[1] | words_[2] | words_[3]) == 0; }
  std::size_t hash() const {
    std::size_t hash = 0;
    for (const std::uint64_t word : words_) {
      hash = std::rotl(hash, 23) * 0x9e3779b97f4a7c15u ^ static_cast<std::size_t>(word);
    }
    return hash;
  }

  ByteSet operator|(const ByteSet& other) const {
    ByteSet out;
    for (std::size_t i = 0; i < 4; ++i) out.words_[i] = words_[i] | other.words_[i];
    return out;
  }
  ByteSet operator&(const ByteSet& other) const {
    ByteSet out;
    for (std::size_t i = 0; i < 4; ++i) out.words_[i] = words_[i] & other.words_[i];
    return out;
  }
  ByteSet operator~() const {
    ByteSet out;
    for (std::size_t i = 0; i < 4; ++i) out.words_[i] = ~words_[i];
    return out;
  }
  bool operator==(const ByteSet&) const = default;

 private:
  std::array<std::uint64_t, 4> words_{};
};

}  // namespace curlew::model
