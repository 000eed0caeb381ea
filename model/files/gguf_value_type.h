// The types of metadata values, as numbered in a GGUF file.
#pragma once

#include <cstdint>

namespace curlew::model {

enum class GgufValueType : std::uint32_t {
  kU8,
  kI8,
  kU16,
  kI16,
  kU32,
  kI32,
  kF32,
  kBool,
  kString,
  kArray,
  kU64,
  kI64,
  kF64,
};

}  // namespace curlew::model
