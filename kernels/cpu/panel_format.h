// How PackedMatrix keeps quantised weights: panels of 16 rows, interleaved so that one 64-byte
// vector holds the same 4 columns of all 16 rows. An instruction that multiplies 4 byte pairs and
// adds them to a 32-bit lane (VPDPBUSD) then yields 16 rows at once, and no sum ever runs across
// lanes.
//
// Every quantised type is reduced to one scheme. A weight is a small unsigned code; codes share
// scales:
//
//   w = scale * value(code) - min      value(code) = code - zero, or a table of 16 values
//
//   block types        scale = d         min = m           one of each per 32 columns
//   super-block types  scale = d * sc    min = dmin * mn   d per 256, sc per 16 or 32 columns
//
// A panel is a sequence of chunks of 256 columns (the last one may be shorter for block types):
//
//   header   block types:        d [8][16] 16-bit, then m [8][16] 16-bit if the type has minima
//            super-block types:  d [16] f16, dmin [16] f16 (with minima), sc [groups][16] i8,
//                                mn [groups][16] u8
//            padded to 64 bytes; the short last chunk keeps a header of full size
//   planes   for each 32 columns, `bits` * 64 bytes. Column group g = 0..7 is columns 4g .. 4g + 3;
//            byte 4r + c of a vector belongs to row r, column 4g + c.
//              8 bits   eight vectors, vector g is group g
//              4 bits   four vectors, vector v holds group v in low nibbles, v + 4 in high nibbles
//              2 bits   two vectors, bits 2k, 2k + 1 of vector v are group 4v + k
//              1 bit    one vector, bit g is group g
//            3 = 2 + 1, 5 = 4 + 1, 6 = 4 + 2: the lower bits' plane first.
//
// Every plane starts on a 64-byte boundary.
//
// A wide matrix is cut into strips of columns, at most kStripCols each and as even as whole chunks
// allow; all panels of the first strip lie before those of the second. A kernel that goes through a
// strip reads memory in one direction, in one stream, and the activations it needs meanwhile stay
// in the first-level cache beside it: both are what the machine's own prefetching asks for, without
// which several tokens cost the sum of reading and computing instead of the larger of the two.
// docs/formats/weights.md draws this.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/block_format.h"

namespace curlew::kernels {

inline constexpr int kPanelRows = 16;
inline constexpr int kBlockCols = 32;    // columns that share an activation scale
inline constexpr int kChunkBlocks = 8;   // blocks of a full chunk: 256 columns
inline constexpr int kVectorBytes = 64;  // 16 rows x 4 columns
inline constexpr std::int64_t kChunkCols = kChunkBlocks * kBlockCols;
inline constexpr std::int64_t kStripCols = 4 * kChunkCols;  // 8 tokens' activations: 13 KiB

enum class ScaleKind : std::uint8_t {
  kF16,    // one half-precision scale per 32 columns
  kBF16,   // one bfloat16 scale per 32 columns (holds every power of two of an E8M0 exponent)
  kSuper,  // half-precision d per 256 columns times an 8-bit scale per group
};

enum class CodeTable : std::uint8_t { kNone, kIq4, kMxfp4 };

// The small functions below are inlined even without optimisation: files compiled for different
// instruction sets include them, and the linker must not be left to choose one file's copy for all.
#define CURLEW_INLINE [[gnu::always_inline]] inline

struct PanelFormat {
  int bits;         // of a code: 2, 3, 4, 5, 6 or 8
  int zero;         // subtracted from the code, or from the table's entry
  CodeTable table;  // kNone: the code is the entry
  ScaleKind scales;
  int group;  // columns that share a scale: 16 or 32
  bool has_min;

  CURLEW_INLINE constexpr int plane_bytes() const { return bits * kVectorBytes; }
  CURLEW_INLINE constexpr int groups() const { return kChunkBlocks * kBlockCols / group; }
  CURLEW_INLINE constexpr int header_bytes() const {
    const int sides = has_min ? 2 : 1;
    if (scales != ScaleKind::kSuper) return sides * kChunkBlocks * kPanelRows * 2;
    const int bytes = sides * kPanelRows * (2 + groups());
    return (bytes + kVectorBytes - 1) / kVectorBytes * kVectorBytes;
  }
  constexpr std::size_t panel_bytes(std::int64_t cols) const {
    const auto blocks = static_cast<std::size_t>(cols / kBlockCols);
    const std::size_t chunks = (blocks + kChunkBlocks - 1) / kChunkBlocks;
    return chunks * header_bytes() + blocks * plane_bytes();
  }
  // Entries above 127 exist: products with int8 overflow the 16-bit pairs of machines without VNNI.
  CURLEW_INLINE constexpr bool wide() const { return bits == 8 || table != CodeTable::kNone; }
};

// bits == 0 for the float types, which are not packed.
CURLEW_INLINE constexpr PanelFormat panel_format(WeightType type) {
  constexpr auto kPlainCode = CodeTable::kNone;
  switch (type) {
    case WeightType::kQ4_0:
      return {4, 8, kPlainCode, ScaleKind::kF16, 32, false};
    case WeightType::kQ4_1:
      return {4, 0, kPlainCode, ScaleKind::kF16, 32, true};
    case WeightType::kQ5_0:
      return {5, 16, kPlainCode, ScaleKind::kF16, 32, false};
    case WeightType::kQ5_1:
      return {5, 0, kPlainCode, ScaleKind::kF16, 32, true};
    case WeightType::kQ8_0:
      return {8, 128, kPlainCode, ScaleKind::kF16, 32, false};
    case WeightType::kQ2_K:
      return {2, 0, kPlainCode, ScaleKind::kSuper, 16, true};
    case WeightType::kQ3_K:
      return {3, 4, kPlainCode, ScaleKind::kSuper, 16, false};
    case WeightType::kQ4_K:
      return {4, 0, kPlainCode, ScaleKind::kSuper, 32, true};
    case WeightType::kQ5_K:
      return {5, 0, kPlainCode, ScaleKind::kSuper, 32, true};
    case WeightType::kQ6_K:
      return {6, 32, kPlainCode, ScaleKind::kSuper, 16, false};
    case WeightType::kIQ4_NL:
      return {4, 128, CodeTable::kIq4, ScaleKind::kF16, 32, false};
    case WeightType::kIQ4_XS:
      return {4, 128, CodeTable::kIq4, ScaleKind::kSuper, 32, false};
    case WeightType::kMXFP4:
      return {4, 128, CodeTable::kMxfp4, ScaleKind::kBF16, 32, false};
    default:
      return {0, 0, kPlainCode, ScaleKind::kF16, 32, false};
  }
}

// Entries of the 4-bit tables, plus 128 so that they are unsigned. MXFP4: twice the E2M1 values.
inline constexpr std::uint8_t kIq4Entries[16] = {1,   24,  45,  63,  79,  93,  106, 118,
                                                 129, 141, 153, 166, 181, 197, 217, 241};
inline constexpr std::uint8_t kMxfp4Entries[16] = {128, 129, 130, 131, 132, 134, 136, 140,
                                                   128, 127, 126, 125, 124, 122, 120, 116};

CURLEW_INLINE constexpr const std::uint8_t* code_entries(CodeTable table) {
  return table == CodeTable::kIq4 ? kIq4Entries : kMxfp4Entries;
}

// Columns of each strip of a matrix, but for the last one, which may have fewer.
constexpr std::int64_t strip_columns(std::int64_t cols) {
  const std::int64_t strips = (cols + kStripCols - 1) / kStripCols;
  const std::int64_t chunks = (cols + kChunkCols - 1) / kChunkCols;
  return (chunks + strips - 1) / strips * kChunkCols;
}

// --- Activations ---------------------------------------------------------------------------------

// 32 columns of T tokens, as the panel kernels read them. x ~ d * q with |q| <= 127. Consecutive
// blocks of the same tokens follow one another, so a kernel walks one pointer.
//
//   sum[i][t]     d * (sum of q) over the i-th group of columns; i = 0 only, when groups are 32 wide
//   offset[i][t]  -zero * (sum of q) over that group: where the integer dot product starts
template <int T>
struct ActivationBlock {
  std::int8_t q[T][kBlockCols];
  float d[T];
  float sum[2][T];
  std::int32_t offset[2][T];
};
static_assert(sizeof(ActivationBlock<1>) == 52 && sizeof(ActivationBlock<8>) == 8 * 52);
inline constexpr std::size_t kActivationBlockBytes = sizeof(ActivationBlock<1>);  // of one token

}  // namespace curlew::kernels
