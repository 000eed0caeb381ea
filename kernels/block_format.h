// Block layouts of every weight type, as GGUF stores them: little-endian, rows of whole blocks.
//
// A row of n elements is n / block_elements(type) blocks, one after the other. Field order and
// packing follow the GGUF specification; `d` is the block's scale in IEEE half precision unless
// said. docs/formats/weights.md draws them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace curlew::kernels {

// Values are the type numbers of GGUF tensor infos.
enum class WeightType : std::uint32_t {
  kF32 = 0,
  kF16 = 1,
  kQ4_0 = 2,
  kQ4_1 = 3,
  kQ5_0 = 6,
  kQ5_1 = 7,
  kQ8_0 = 8,
  kQ2_K = 10,
  kQ3_K = 11,
  kQ4_K = 12,
  kQ5_K = 13,
  kQ6_K = 14,
  kIQ4_NL = 20,
  kIQ4_XS = 23,
  kBF16 = 30,
  kMXFP4 = 39,
};

// Elements and bytes of one block; {0, 0} for a number that is no type we know.
struct BlockShape {
  int elements;
  int bytes;
};
BlockShape block_shape(WeightType type);

// "Q4_K", "F16"; "?" for an unknown number.
const char* weight_type_name(WeightType type);

struct BlockQ4_0 {
  std::uint16_t d;
  std::uint8_t
      qs[16];  // low nibble of qs[j]: element j; high nibble: element j + 16. value = d * (q - 8)
};
struct BlockQ4_1 {
  std::uint16_t d, m;
  std::uint8_t qs[16];  // value = d * q + m
};
struct BlockQ5_0 {
  std::uint16_t d;
  std::uint8_t qh[4];   // bit j: fifth bit of element j
  std::uint8_t qs[16];  // value = d * (q - 16)
};
struct BlockQ5_1 {
  std::uint16_t d, m;
  std::uint8_t qh[4];
  std::uint8_t qs[16];  // value = d * q + m
};
struct BlockQ8_0 {
  std::uint16_t d;
  std::int8_t qs[32];  // value = d * q
};

inline constexpr int kSuperBlock = 256;  // elements of a K or IQ4_XS block

struct BlockQ2_K {
  std::uint8_t scales[16];  // low nibble: scale, high nibble: minimum, of 16 sub-blocks of 16
  std::uint8_t qs[64];
  std::uint16_t d, dmin;
};
struct BlockQ3_K {
  std::uint8_t hmask[32];
  std::uint8_t qs[64];
  std::uint8_t scales[12];  // 16 six-bit scales, biased by 32
  std::uint16_t d;
};
struct BlockQ4_K {
  std::uint16_t d, dmin;
  std::uint8_t scales[12];  // 8 six-bit scales and 8 six-bit minima of sub-blocks of 32
  std::uint8_t
      qs[128];  // 32 bytes hold two sub-blocks: low nibbles the first, high nibbles the second
};
struct BlockQ5_K {
  std::uint16_t d, dmin;
  std::uint8_t scales[12];
  std::uint8_t qh[32];
  std::uint8_t qs[128];
};
struct BlockQ6_K {
  std::uint8_t ql[128];
  std::uint8_t qh[64];
  std::int8_t scales[16];  // of sub-blocks of 16
  std::uint16_t d;
};
struct BlockIQ4_NL {
  std::uint16_t d;
  std::uint8_t qs[16];  // index into a table of 16 values
};
struct BlockIQ4_XS {
  std::uint16_t d, scales_h;
  std::uint8_t scales_l[4];
  std::uint8_t qs[128];
};
struct BlockMXFP4 {
  std::uint8_t e;  // shared exponent, E8M0
  std::uint8_t qs[16];
};

static_assert(sizeof(BlockQ4_0) == 18 && sizeof(BlockQ4_1) == 20 && sizeof(BlockQ5_0) == 22);
static_assert(sizeof(BlockQ5_1) == 24 && sizeof(BlockQ8_0) == 34 && sizeof(BlockQ2_K) == 84);
static_assert(sizeof(BlockQ3_K) == 110 && sizeof(BlockQ4_K) == 144 && sizeof(BlockQ5_K) == 176);
static_assert(sizeof(BlockQ6_K) == 210 && sizeof(BlockIQ4_NL) == 18 && sizeof(BlockIQ4_XS) == 136);
static_assert(sizeof(BlockMXFP4) == 17);

}  // namespace curlew::kernels
