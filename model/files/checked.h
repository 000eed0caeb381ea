// Arithmetic on numbers that came from a file: the result, or nothing where it does not fit.
#pragma once

#include <cstdint>
#include <optional>

namespace curlew::model {

inline std::optional<std::uint64_t> checked_add(std::uint64_t a, std::uint64_t b) {
  std::uint64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

inline std::optional<std::uint64_t> checked_mul(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

// The smallest multiple of `alignment`, a power of two, that is not below n.
inline std::optional<std::uint64_t> checked_align_up(std::uint64_t n, std::uint64_t alignment) {
  const std::optional<std::uint64_t> raised = checked_add(n, alignment - 1);
  if (!raised) return std::nullopt;
  return *raised & ~(alignment - 1);
}

}  // namespace curlew::model
