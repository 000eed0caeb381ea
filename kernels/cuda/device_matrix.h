// Weights as the CUDA kernels read them.
//
// GGUF's blocks of 18, 34, 144 or 210 bytes stand on odd addresses, so a card would fetch them two or
// four bytes at a time. At load each matrix is taken apart into planes, each of which is row-major
// and read in pieces of 16 bytes (or the 8, 4 or 2 that belong to them) by neighbouring lanes. The
// unit of work is 32 columns of a row: a unit's 4-bit codes are exactly one 16-byte load, and its
// activations share one scale.
//
//   format  codes, per unit            more, per unit         scales                     bits/weight
//   kQ4_0   16 B of nibbles            -                      half d a unit              4.5
//   kQ8_0   16 B: columns 0-15         16 B: columns 16-31    half d a unit              8.5
//   kQ4_K   16 B of nibbles            -                      16 B header a super-block  4.5
//   kQ5_K   16 B of nibbles            4 B: fifth bits        16 B header a super-block  5.5
//   kQ6_K   16 B of nibbles            8 B: bits 4 and 5      int8 a 16 columns; super:
//                                                             half d a super-block       6.5625
//   kWide   16 B: columns 0-15, int8   16 B: columns 16-31    {scale, min} float32 a 16  12
//   kF16, kBF16, kF32                  the rows as they are, padded with zeros to whole units
//
// Nibbles: byte i of a unit holds column i in its low half, column 16 + i in its high half, so that
// `word & 0x0f0f0f0f` are columns 4j .. 4j + 3 of word j and `word >> 4 & 0x0f0f0f0f` are 16 more.
// Fifth bits (one word): byte k, bit j is of column 4j + k, bit 4 + j of column 16 + 4j + k.
// Bits 4 and 5 (two words, for columns 0-15 and 16-31): byte k, bits 2j and 2j + 1 are of 4j + k.
// A K header (16 B): half d, half dmin; then the eight 6-bit scales and minima of its units as their
// low nibbles (scale g in bits 4g of the second word, minimum g of the third), and in the last word
// their upper two bits (scale g at 2g, minimum g at 16 + 2g). No bit more than the file has.
//
// kWide is the plain path: every type without a layout of its own (Q4_1, Q5_0, Q5_1, Q2_K, Q3_K,
// IQ4_NL, IQ4_XS, MXFP4) is expanded to int8 values with a float32 scale and minimum per 16 columns.
// Exact, like all of them: w = scale * (code - zero) - min gives the file's value.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/ops.h"

namespace curlew::cuda {

enum class DeviceFormat : int { kQ4_0, kQ8_0, kQ4_K, kQ5_K, kQ6_K, kWide, kF16, kBF16, kF32 };

inline constexpr int kUnitCols = 32;
inline constexpr int kSuperUnits = 8;        // units of a super-block
inline constexpr int kPlaneAlignment = 256;  // bytes; where every plane begins

constexpr bool is_float(DeviceFormat f) {
  return f == DeviceFormat::kF16 || f == DeviceFormat::kBF16 || f == DeviceFormat::kF32;
}

DeviceFormat device_format(kernels::WeightType type);
const char* device_format_name(DeviceFormat format);

// A matrix in device memory; what kernels are given. Plane pointers are null where there is none.
struct DeviceMatrix {
  const std::uint8_t* codes = nullptr;
  const std::uint8_t* more = nullptr;
  const std::uint8_t* scales = nullptr;
  const std::uint8_t* super = nullptr;
  int rows = 0, cols = 0;
  DeviceFormat format = DeviceFormat::kF32;
};

// Where the planes stand in one piece of memory.
struct MatrixLayout {
  DeviceFormat format = DeviceFormat::kF32;
  std::int64_t rows = 0, cols = 0;
  std::int64_t units = 0;  // of a row
  std::size_t codes_at = 0, more_at = 0, scales_at = 0, super_at = 0;
  std::size_t bytes = 0;

  DeviceMatrix at(const void* memory) const;
};
MatrixLayout matrix_layout(kernels::WeightType type, std::int64_t rows, std::int64_t cols);

// The planes of `view`, written to [layout.bytes]. One thread; may be called for several matrices at
// once.
void pack_matrix(const kernels::MatrixView& view, const MatrixLayout& layout, std::uint8_t* out);

}  // namespace curlew::cuda
