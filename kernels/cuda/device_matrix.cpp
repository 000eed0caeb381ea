#include "kernels/cuda/device_matrix.h"

#include <cassert>
#include <cstring>

#include "kernels/cpu/block_codes.h"
#include "kernels/cpu/half.h"

namespace curlew::cuda {
namespace {

using kernels::BlockCodes;
using kernels::WeightType;

// Bytes of a row in each plane.
struct RowBytes {
  std::size_t codes = 0, more = 0, scales = 0, super = 0;
};

RowBytes row_bytes(DeviceFormat format, std::size_t units) {
  const std::size_t supers = units / kSuperUnits;
  switch (format) {
    case DeviceFormat::kQ4_0:
      return {.codes = 16 * units, .scales = 2 * units};
    case DeviceFormat::kQ8_0:
      return {.codes = 16 * units, .more = 16 * units, .scales = 2 * units};
    case DeviceFormat::kQ4_K:
      return {.codes = 16 * units, .scales = 16 * supers};
    case DeviceFormat::kQ5_K:
      return {.codes = 16 * units, .more = 4 * units, .scales = 16 * supers};
    case DeviceFormat::kQ6_K:
      return {.codes = 16 * units, .more = 8 * units, .scales = 2 * units, .super = 2 * supers};
    case DeviceFormat::kWide:
      return {.codes = 16 * units, .more = 16 * units, .scales = 16 * units};
    case DeviceFormat::kF16:
    case DeviceFormat::kBF16:
      return {.codes = 2 * kUnitCols * units};
    case DeviceFormat::kF32:
      return {.codes = 4 * kUnitCols * units};
  }
  return {};
}

std::size_t round_up(std::size_t bytes) {
  return (bytes + kPlaneAlignment - 1) / kPlaneAlignment * kPlaneAlignment;
}

// Where one row's planes are written.
struct RowPlanes {
  std::uint8_t *codes, *more, *scales, *super;
};

void put_nibbles(const std::uint8_t* code, std::uint8_t* out) {
  for (int i = 0; i < 16; ++i)
    out[i] = static_cast<std::uint8_t>((code[i] & 15) | (code[16 + i] & 15) << 4);
}

void put_fifth_bits(const std::uint8_t* code, std::uint8_t* out) {
  std::memset(out, 0, 4);
  for (int column = 0; column < kUnitCols; ++column) {
    const int bit = column / 16 * 4 + column % 16 / 4;
    out[column % 4] |= static_cast<std::uint8_t>((code[column] >> 4 & 1) << bit);
  }
}

void put_upper_bits(const std::uint8_t* code, std::uint8_t* out) {
  std::memset(out, 0, 8);
  for (int column = 0; column < kUnitCols; ++column) {
    const int bit = column % 16 / 4 * 2;
    out[column / 16 * 4 + column % 4] |= static_cast<std::uint8_t>((code[column] >> 4 & 3) << bit);
  }
}

// Columns 0-15 and 16-31 of a unit as int8.
void put_bytes(const int* value, std::uint8_t* first, std::uint8_t* second) {
  for (int i = 0; i < 16; ++i) {
    first[i] = static_cast<std::uint8_t>(value[i]);
    second[i] = static_cast<std::uint8_t>(value[16 + i]);
  }
}

void put_k_header(const BlockCodes& c, std::uint8_t* out) {
  std::uint32_t low_scales = 0, low_mins = 0, high = 0;
  for (int g = 0; g < kSuperUnits; ++g) {
    const auto scale = static_cast<std::uint32_t>(c.scale[g]);
    const std::uint32_t min = c.min[g];
    low_scales |= (scale & 15u) << 4 * g;
    low_mins |= (min & 15u) << 4 * g;
    high |= scale >> 4 << 2 * g | min >> 4 << (16 + 2 * g);
  }
  std::memcpy(out, &c.d, 2);
  std::memcpy(out + 2, &c.dmin, 2);
  std::memcpy(out + 4, &low_scales, 4);
  std::memcpy(out + 8, &low_mins, 4);
  std::memcpy(out + 12, &high, 4);
}

// One unit of a type that has no layout of its own.
void put_wide(WeightType type, const BlockCodes& c, int unit_in_block, RowPlanes at) {
  const kernels::PanelFormat f = kernels::panel_format(type);
  const std::uint8_t* entries =
      f.table == kernels::CodeTable::kNone ? nullptr : kernels::code_entries(f.table);
  int value[kUnitCols];
  for (int i = 0; i < kUnitCols; ++i) {
    const int code = c.code[unit_in_block * kUnitCols + i];
    value[i] = (entries != nullptr ? entries[code] : code) - f.zero;
  }
  put_bytes(value, at.codes, at.more);
  const bool is_super = f.scales == kernels::ScaleKind::kSuper;
  const float d =
      f.scales == kernels::ScaleKind::kBF16 ? kernels::bf16_to_f32(c.d) : kernels::f16_to_f32(c.d);
  const float dmin = f.has_min ? kernels::f16_to_f32(c.dmin) : 0.f;
  float scale_and_min[4];
  for (int half = 0; half < 2; ++half) {
    const int group = (unit_in_block * kUnitCols + half * 16) / f.group;
    scale_and_min[2 * half] = is_super ? d * static_cast<float>(c.scale[group]) : d;
    scale_and_min[2 * half + 1] =
        is_super && f.has_min ? dmin * static_cast<float>(c.min[group]) : dmin;
  }
  std::memcpy(at.scales, scale_and_min, sizeof scale_and_min);
}

// All units of one block, of which the first is unit `unit` of the row.
void put_block(DeviceFormat format, WeightType type, const BlockCodes& c, std::size_t unit,
               const RowPlanes& row) {
  const int units = kernels::block_shape(type).elements / kUnitCols;
  for (int u = 0; u < units; ++u, ++unit) {
    const std::uint8_t* code = c.code + u * kUnitCols;
    std::uint8_t* codes = row.codes + 16 * unit;
    switch (format) {
      case DeviceFormat::kQ4_0:
        put_nibbles(code, codes);
        std::memcpy(row.scales + 2 * unit, &c.d, 2);
        break;
      case DeviceFormat::kQ8_0: {
        int value[kUnitCols];
        for (int i = 0; i < kUnitCols; ++i) value[i] = code[i] - 128;
        put_bytes(value, codes, row.more + 16 * unit);
        std::memcpy(row.scales + 2 * unit, &c.d, 2);
        break;
      }
      case DeviceFormat::kQ5_K:
        put_fifth_bits(code, row.more + 4 * unit);
        [[fallthrough]];
      case DeviceFormat::kQ4_K:
        put_nibbles(code, codes);
        if (u == 0) put_k_header(c, row.scales + 16 * (unit / kSuperUnits));
        break;
      case DeviceFormat::kQ6_K:
        put_nibbles(code, codes);
        put_upper_bits(code, row.more + 8 * unit);
        std::memcpy(row.scales + 2 * unit, c.scale + 2 * u, 2);
        if (u == 0) std::memcpy(row.super + 2 * (unit / kSuperUnits), &c.d, 2);
        break;
      case DeviceFormat::kWide:
        put_wide(type, c, u, {codes, row.more + 16 * unit, row.scales + 16 * unit, nullptr});
        break;
      case DeviceFormat::kF16:
      case DeviceFormat::kBF16:
      case DeviceFormat::kF32:
        break;  // no blocks: pack_matrix copies them
    }
  }
}

}  // namespace

DeviceFormat device_format(WeightType type) {
  switch (type) {
    case WeightType::kF32:
      return DeviceFormat::kF32;
    case WeightType::kF16:
      return DeviceFormat::kF16;
    case WeightType::kBF16:
      return DeviceFormat::kBF16;
    case WeightType::kQ4_0:
      return DeviceFormat::kQ4_0;
    case WeightType::kQ8_0:
      return DeviceFormat::kQ8_0;
    case WeightType::kQ4_K:
      return DeviceFormat::kQ4_K;
    case WeightType::kQ5_K:
      return DeviceFormat::kQ5_K;
    case WeightType::kQ6_K:
      return DeviceFormat::kQ6_K;
    default:
      return DeviceFormat::kWide;
  }
}

const char* device_format_name(DeviceFormat format) {
  constexpr const char* kNames[] = {"Q4_0", "Q8_0", "Q4_K", "Q5_K", "Q6_K",
                                    "wide", "F16",  "BF16", "F32"};
  return kNames[static_cast<int>(format)];
}

MatrixLayout matrix_layout(WeightType type, std::int64_t rows, std::int64_t cols) {
  MatrixLayout l = {.format = device_format(type), .rows = rows, .cols = cols};
  l.units = (cols + kUnitCols - 1) / kUnitCols;
  const RowBytes row = row_bytes(l.format, static_cast<std::size_t>(l.units));
  const auto n = static_cast<std::size_t>(rows);
  l.more_at = round_up(n * row.codes);
  l.scales_at = l.more_at + round_up(n * row.more);
  l.super_at = l.scales_at + round_up(n * row.scales);
  l.bytes = l.super_at + round_up(n * row.super);
  return l;
}

DeviceMatrix MatrixLayout::at(const void* memory) const {
  const auto* base = static_cast<const std::uint8_t*>(memory);
  const RowBytes row = row_bytes(format, static_cast<std::size_t>(units));
  return {.codes = base + codes_at,
          .more = row.more > 0 ? base + more_at : nullptr,
          .scales = row.scales > 0 ? base + scales_at : nullptr,
          .super = row.super > 0 ? base + super_at : nullptr,
          .rows = static_cast<int>(rows),
          .cols = static_cast<int>(cols),
          .format = format};
}

void pack_matrix(const kernels::MatrixView& view, const MatrixLayout& l, std::uint8_t* out) {
  assert(view.rows == l.rows && view.cols == l.cols);
  std::memset(out, 0, l.bytes);
  const RowBytes bytes = row_bytes(l.format, static_cast<std::size_t>(l.units));
  const kernels::BlockShape shape = kernels::block_shape(view.type);
  const auto* block = static_cast<const std::uint8_t*>(view.data);
  for (std::int64_t r = 0; r < l.rows; ++r) {
    const auto n = static_cast<std::size_t>(r);
    const RowPlanes row = {out + l.codes_at + n * bytes.codes, out + l.more_at + n * bytes.more,
                           out + l.scales_at + n * bytes.scales,
                           out + l.super_at + n * bytes.super};
    if (is_float(l.format)) {
      std::memcpy(row.codes, block, view.row_bytes());
      block += view.row_bytes();
      continue;
    }
    BlockCodes codes;
    for (std::int64_t c = 0; c < l.cols; c += shape.elements, block += shape.bytes) {
      kernels::split_block(view.type, block, codes);
      put_block(l.format, view.type, codes, static_cast<std::size_t>(c / kUnitCols), row);
    }
  }
}

}  // namespace curlew::cuda
