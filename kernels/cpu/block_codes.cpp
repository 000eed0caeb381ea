#include "kernels/cpu/block_codes.h"

#include <cstring>

#include "kernels/cpu/half.h"

namespace curlew::kernels {
namespace {

void split_nibbles(const std::uint8_t* qs, std::uint8_t* code) {
  for (int j = 0; j < 16; ++j) {
    code[j] = qs[j] & 15;
    code[j + 16] = qs[j] >> 4;
  }
}

// Bit j of qh becomes bit 4 of code[j]: eight copies of a byte, of which each keeps another bit.
void add_fifth_bits(const std::uint8_t* qh, std::uint8_t* code) {
  for (int byte = 0; byte < 4; ++byte) {
    const std::uint64_t kept = qh[byte] * 0x0101010101010101u & 0x8040201008040201u;
    const std::uint64_t fifth = ((kept + 0x7f7f7f7f7f7f7f7fu) & 0x8080808080808080u) >> 3;
    for (int bit = 0; bit < 8; ++bit)
      code[byte * 8 + bit] |= static_cast<std::uint8_t>(fifth >> 8 * bit);
  }
}

void split(const BlockQ4_0& b, BlockCodes& out) {
  out.d = b.d;
  split_nibbles(b.qs, out.code);
}

void split(const BlockQ4_1& b, BlockCodes& out) {
  out.d = b.d;
  out.dmin = b.m ^ 0x8000u;
  split_nibbles(b.qs, out.code);
}

void split(const BlockQ5_0& b, BlockCodes& out) {
  out.d = b.d;
  split_nibbles(b.qs, out.code);
  add_fifth_bits(b.qh, out.code);
}

void split(const BlockQ5_1& b, BlockCodes& out) {
  out.d = b.d;
  out.dmin = b.m ^ 0x8000u;
  split_nibbles(b.qs, out.code);
  add_fifth_bits(b.qh, out.code);
}

void split(const BlockQ8_0& b, BlockCodes& out) {
  out.d = b.d;
  for (int j = 0; j < 32; ++j) out.code[j] = static_cast<std::uint8_t>(b.qs[j] + 128);
}

void split(const BlockIQ4_NL& b, BlockCodes& out) {
  out.d = b.d;
  split_nibbles(b.qs, out.code);
}

void split(const BlockMXFP4& b, BlockCodes& out) {
  // 2^(e - 128) as bfloat16, whose exponent has the same bias; the two smallest are subnormal.
  out.d = b.e < 2 ? static_cast<std::uint16_t>(0x20u << b.e)
                  : static_cast<std::uint16_t>((b.e - 1u) << 7);
  split_nibbles(b.qs, out.code);
}

// 32 bytes hold four runs of 32 two-bit codes, the first in the lowest bits.
void split_bit_pairs(const std::uint8_t* qs, std::uint8_t* code) {
  for (int half = 0; half < 2; ++half)
    for (int run = 0; run < 4; ++run)
      for (int j = 0; j < 32; ++j)
        code[half * 128 + run * 32 + j] = qs[half * 32 + j] >> (run * 2) & 3;
}

void split(const BlockQ2_K& b, BlockCodes& out) {
  out.d = b.d;
  out.dmin = b.dmin;
  for (int g = 0; g < 16; ++g) {
    out.scale[g] = static_cast<std::int8_t>(b.scales[g] & 15);
    out.min[g] = b.scales[g] >> 4;
  }
  split_bit_pairs(b.qs, out.code);
}

void split(const BlockQ3_K& b, BlockCodes& out) {
  out.d = b.d;
  for (int g = 0; g < 16;
       ++g) {  // four low bits in nibbles of bytes 0-7, two high bits in bytes 8-11
    const int low = b.scales[g % 8] >> (g / 8 * 4) & 15;
    const int high = b.scales[8 + g % 4] >> (g / 4 * 2) & 3;
    out.scale[g] = static_cast<std::int8_t>((low | high << 4) - 32);
  }
  split_bit_pairs(b.qs, out.code);
  for (int g = 0; g < 8; ++g)
    for (int j = 0; j < 32; ++j) out.code[g * 32 + j] |= (b.hmask[j] >> g & 1) << 2;
}

// Eight 6-bit scales and minima of Q4_K and Q5_K in twelve bytes.
void split_six_bit_scales(const std::uint8_t* s, BlockCodes& out) {
  for (int g = 0; g < 4; ++g) {
    out.scale[g] = static_cast<std::int8_t>(s[g] & 63);
    out.min[g] = s[g + 4] & 63;
    out.scale[g + 4] = static_cast<std::int8_t>((s[g + 8] & 15) | s[g] >> 6 << 4);
    out.min[g + 4] = static_cast<std::uint8_t>(s[g + 8] >> 4 | s[g + 4] >> 6 << 4);
  }
}

void split_nibble_pairs(const std::uint8_t* qs, std::uint8_t* code) {
  for (int pair = 0; pair < 4; ++pair)
    for (int j = 0; j < 32; ++j) {
      code[pair * 64 + j] = qs[pair * 32 + j] & 15;
      code[pair * 64 + 32 + j] = qs[pair * 32 + j] >> 4;
    }
}

void split(const BlockQ4_K& b, BlockCodes& out) {
  out.d = b.d;
  out.dmin = b.dmin;
  split_six_bit_scales(b.scales, out);
  split_nibble_pairs(b.qs, out.code);
}

void split(const BlockQ5_K& b, BlockCodes& out) {
  out.d = b.d;
  out.dmin = b.dmin;
  split_six_bit_scales(b.scales, out);
  split_nibble_pairs(b.qs, out.code);
  for (int g = 0; g < 8; ++g)
    for (int j = 0; j < 32; ++j) out.code[g * 32 + j] |= (b.qh[j] >> g & 1) << 4;
}

void split(const BlockQ6_K& b, BlockCodes& out) {
  out.d = b.d;
  std::memcpy(out.scale, b.scales, 16);
  for (int half = 0; half < 2;
       ++half) {  // 128 elements: 64 bytes of nibbles, 32 bytes of bit pairs
    const std::uint8_t* ql = b.ql + half * 64;
    const std::uint8_t* qh = b.qh + half * 32;
    std::uint8_t* code = out.code + half * 128;
    for (int j = 0; j < 32; ++j) {
      code[j] = static_cast<std::uint8_t>((ql[j] & 15) | (qh[j] & 3) << 4);
      code[j + 32] = static_cast<std::uint8_t>((ql[j + 32] & 15) | (qh[j] >> 2 & 3) << 4);
      code[j + 64] = static_cast<std::uint8_t>(ql[j] >> 4 | (qh[j] >> 4 & 3) << 4);
      code[j + 96] = static_cast<std::uint8_t>(ql[j + 32] >> 4 | (qh[j] >> 6) << 4);
    }
  }
}

void split(const BlockIQ4_XS& b, BlockCodes& out) {
  out.d = b.d;
  for (int g = 0; g < 8; ++g) {
    const int low = b.scales_l[g / 2] >> (g % 2 * 4) & 15;
    const int high = b.scales_h >> (g * 2) & 3;
    out.scale[g] = static_cast<std::int8_t>((low | high << 4) - 32);
    split_nibbles(b.qs + g * 16, out.code + g * 32);
  }
}

template <class Block>
void split_at(const void* bytes, BlockCodes& out) {
  Block block;
  std::memcpy(&block, bytes, sizeof block);
  split(block, out);
}

}  // namespace

void split_block(WeightType type, const void* block, BlockCodes& out) {
  switch (type) {
    case WeightType::kQ4_0:
      return split_at<BlockQ4_0>(block, out);
    case WeightType::kQ4_1:
      return split_at<BlockQ4_1>(block, out);
    case WeightType::kQ5_0:
      return split_at<BlockQ5_0>(block, out);
    case WeightType::kQ5_1:
      return split_at<BlockQ5_1>(block, out);
    case WeightType::kQ8_0:
      return split_at<BlockQ8_0>(block, out);
    case WeightType::kQ2_K:
      return split_at<BlockQ2_K>(block, out);
    case WeightType::kQ3_K:
      return split_at<BlockQ3_K>(block, out);
    case WeightType::kQ4_K:
      return split_at<BlockQ4_K>(block, out);
    case WeightType::kQ5_K:
      return split_at<BlockQ5_K>(block, out);
    case WeightType::kQ6_K:
      return split_at<BlockQ6_K>(block, out);
    case WeightType::kIQ4_NL:
      return split_at<BlockIQ4_NL>(block, out);
    case WeightType::kIQ4_XS:
      return split_at<BlockIQ4_XS>(block, out);
    case WeightType::kMXFP4:
      return split_at<BlockMXFP4>(block, out);
    case WeightType::kF32:
    case WeightType::kF16:
    case WeightType::kBF16:
      return;  // not quantised: callers branch before
  }
}

void expand_codes(WeightType type, const BlockCodes& codes, float* out) {
  const PanelFormat format = panel_format(type);
  const bool super = format.scales == ScaleKind::kSuper;
  const float d = format.scales == ScaleKind::kBF16 ? bf16_to_f32(codes.d) : f16_to_f32(codes.d);
  const float dmin = format.has_min ? f16_to_f32(codes.dmin) : 0.f;
  const std::uint8_t* entries =
      format.table == CodeTable::kNone ? nullptr : code_entries(format.table);
  const int elements = block_shape(type).elements;
  for (int begin = 0; begin < elements; begin += format.group) {
    const int group = begin / format.group;
    const float scale = super ? d * static_cast<float>(codes.scale[group]) : d;
    const float min = super && format.has_min ? dmin * static_cast<float>(codes.min[group]) : dmin;
    for (int i = begin; i < begin + format.group; ++i) {
      const int entry = entries ? entries[codes.code[i]] : codes.code[i];
      const float value = scale * static_cast<float>(entry - format.zero);
      out[i] = format.has_min ? value - min : value;
    }
  }
}

}  // namespace curlew::kernels
