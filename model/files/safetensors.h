// Reads the safetensors format: a JSON header that names tensors, and one buffer that holds them.
// docs/formats/safetensors.md says what is read and what is refused.
//
// The reader is as strict as the format's own specification: every tensor has exactly the bytes its
// shape and dtype ask for, no two share a byte, and no byte of the buffer belongs to none. Tensors
// are views of the bytes given, wherever they lie: whoever needs an alignment checks it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"

namespace curlew::model {

inline constexpr std::uint64_t kSafetensorsHeaderBytesMax = 32u << 20;
inline constexpr std::size_t kSafetensorsTensorsMax = 1u << 18;  // experts are single tensors here
inline constexpr std::size_t kSafetensorsNameBytesMax = 512;
inline constexpr std::size_t kSafetensorsDimsMax = 8;

struct SafeTensor {
  std::string name;
  std::string_view dtype;           // the format's own spelling: "F16", "BF16", "I32"; a literal
  std::vector<std::int64_t> shape;  // slowest dimension first; empty for a single number
  std::span<const std::byte> bytes;
};

// The tensors in the order of their bytes; `file` stands in errors.
Expected<std::vector<SafeTensor>> parse_safetensors(std::span<const std::byte> bytes,
                                                    const std::string& file);

}  // namespace curlew::model
