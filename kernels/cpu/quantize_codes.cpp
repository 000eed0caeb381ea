#include "kernels/cpu/quantize_codes.h"

#include <cstring>

namespace curlew::kernels {
namespace {

std::uint8_t byte(int value) {
  return static_cast<std::uint8_t>(value);
}

void join_nibbles(const std::uint8_t* code, std::uint8_t* qs) {
  for (int j = 0; j < 16; ++j) qs[j] = byte((code[j] & 15) | (code[j + 16] & 15) << 4);
}

void join_fifth_bits(const std::uint8_t* code, std::uint8_t* qh) {
  for (int j = 0; j < 32; ++j) qh[j / 8] |= byte((code[j] >> 4 & 1) << (j % 8));
}

// The blocks are zeroed before: bits may be added to them.

void join(const BlockCodes& in, BlockQ4_0& b) {
  b.d = in.d;
  join_nibbles(in.code, b.qs);
}

void join(const BlockCodes& in, BlockQ4_1& b) {
  b.d = in.d;
  b.m = in.dmin ^ 0x8000u;
  join_nibbles(in.code, b.qs);
}

void join(const BlockCodes& in, BlockQ5_0& b) {
  b.d = in.d;
  join_nibbles(in.code, b.qs);
  join_fifth_bits(in.code, b.qh);
}

void join(const BlockCodes& in, BlockQ5_1& b) {
  b.d = in.d;
  b.m = in.dmin ^ 0x8000u;
  join_nibbles(in.code, b.qs);
  join_fifth_bits(in.code, b.qh);
}

void join(const BlockCodes& in, BlockQ8_0& b) {
  b.d = in.d;
  for (int j = 0; j < 32; ++j) b.qs[j] = static_cast<std::int8_t>(in.code[j] - 128);
}

void join(const BlockCodes& in, BlockIQ4_NL& b) {
  b.d = in.d;
  join_nibbles(in.code, b.qs);
}

void join(const BlockCodes& in, BlockMXFP4& b) {
  // d is 2^(e - 128) as bfloat16; the two smallest are subnormal, 0x20 and 0x40.
  b.e = byte(in.d < 0x80u ? in.d >> 6 : (in.d >> 7) + 1);
  join_nibbles(in.code, b.qs);
}

// Two bits of 256 elements: each half has 32 bytes, element 32 s + j at bits 2 s of byte j.
void join_bit_pairs(const std::uint8_t* code, std::uint8_t* qs) {
  for (int i = 0; i < kSuperBlock; ++i)
    qs[i / 128 * 32 + i % 32] |= byte((code[i] & 3) << (i % 128 / 32 * 2));
}

void join(const BlockCodes& in, BlockQ2_K& b) {
  b.d = in.d;
  b.dmin = in.dmin;
  for (int g = 0; g < 16; ++g) b.scales[g] = byte(in.scale[g] | in.min[g] << 4);
  join_bit_pairs(in.code, b.qs);
}

void join(const BlockCodes& in, BlockQ3_K& b) {
  b.d = in.d;
  for (int g = 0; g < 16; ++g) {
    const int biased = in.scale[g] + 32;
    b.scales[g % 8] |= byte((biased & 15) << (g / 8 * 4));
    b.scales[8 + g % 4] |= byte((biased >> 4) << (g / 4 * 2));
  }
  join_bit_pairs(in.code, b.qs);
  for (int i = 0; i < kSuperBlock; ++i) b.hmask[i % 32] |= byte((in.code[i] >> 2) << (i / 32));
}

// Eight 6-bit scales and minima of Q4_K and Q5_K in twelve bytes.
void join_six_bit_scales(const BlockCodes& in, std::uint8_t* s) {
  for (int g = 0; g < 4; ++g) {
    s[g] = byte(in.scale[g] | (in.scale[g + 4] >> 4) << 6);
    s[g + 4] = byte(in.min[g] | (in.min[g + 4] >> 4) << 6);
    s[g + 8] = byte((in.scale[g + 4] & 15) | (in.min[g + 4] & 15) << 4);
  }
}

void join_nibble_pairs(const std::uint8_t* code, std::uint8_t* qs) {
  for (int pair = 0; pair < 4; ++pair)
    for (int j = 0; j < 32; ++j)
      qs[pair * 32 + j] = byte((code[pair * 64 + j] & 15) | (code[pair * 64 + 32 + j] & 15) << 4);
}

void join(const BlockCodes& in, BlockQ4_K& b) {
  b.d = in.d;
  b.dmin = in.dmin;
  join_six_bit_scales(in, b.scales);
  join_nibble_pairs(in.code, b.qs);
}

void join(const BlockCodes& in, BlockQ5_K& b) {
  b.d = in.d;
  b.dmin = in.dmin;
  join_six_bit_scales(in, b.scales);
  join_nibble_pairs(in.code, b.qs);
  for (int g = 0; g < 8; ++g)
    for (int j = 0; j < 32; ++j) b.qh[j] |= byte((in.code[g * 32 + j] >> 4) << g);
}

void join(const BlockCodes& in, BlockQ6_K& b) {
  b.d = in.d;
  std::memcpy(b.scales, in.scale, 16);
  for (int half = 0; half < 2; ++half) {
    const std::uint8_t* code = in.code + half * 128;
    std::uint8_t* ql = b.ql + half * 64;
    std::uint8_t* qh = b.qh + half * 32;
    for (int j = 0; j < 32; ++j) {
      ql[j] = byte((code[j] & 15) | (code[j + 64] & 15) << 4);
      ql[j + 32] = byte((code[j + 32] & 15) | (code[j + 96] & 15) << 4);
      qh[j] = byte(code[j] >> 4 | (code[j + 32] >> 4) << 2 | (code[j + 64] >> 4) << 4 |
                   (code[j + 96] >> 4) << 6);
    }
  }
}

void join(const BlockCodes& in, BlockIQ4_XS& b) {
  b.d = in.d;
  for (int g = 0; g < 8; ++g) {
    const int biased = in.scale[g] + 32;
    b.scales_l[g / 2] |= byte((biased & 15) << (g % 2 * 4));
    b.scales_h = static_cast<std::uint16_t>(b.scales_h | (biased >> 4) << (g * 2));
    join_nibbles(in.code + g * 32, b.qs + g * 16);
  }
}

template <class Block>
void join_at(const BlockCodes& codes, void* bytes) {
  Block block{};
  join(codes, block);
  std::memcpy(bytes, &block, sizeof block);
}

}  // namespace

void join_block(WeightType type, const BlockCodes& codes, void* block) {
  switch (type) {
    case WeightType::kQ4_0:
      return join_at<BlockQ4_0>(codes, block);
    case WeightType::kQ4_1:
      return join_at<BlockQ4_1>(codes, block);
    case WeightType::kQ5_0:
      return join_at<BlockQ5_0>(codes, block);
    case WeightType::kQ5_1:
      return join_at<BlockQ5_1>(codes, block);
    case WeightType::kQ8_0:
      return join_at<BlockQ8_0>(codes, block);
    case WeightType::kQ2_K:
      return join_at<BlockQ2_K>(codes, block);
    case WeightType::kQ3_K:
      return join_at<BlockQ3_K>(codes, block);
    case WeightType::kQ4_K:
      return join_at<BlockQ4_K>(codes, block);
    case WeightType::kQ5_K:
      return join_at<BlockQ5_K>(codes, block);
    case WeightType::kQ6_K:
      return join_at<BlockQ6_K>(codes, block);
    case WeightType::kIQ4_NL:
      return join_at<BlockIQ4_NL>(codes, block);
    case WeightType::kIQ4_XS:
      return join_at<BlockIQ4_XS>(codes, block);
    case WeightType::kMXFP4:
      return join_at<BlockMXFP4>(codes, block);
    case WeightType::kF32:
    case WeightType::kF16:
    case WeightType::kBF16:
      return;  // not quantised: callers branch before
  }
}

}  // namespace curlew::kernels
