#include "model/files/hf_layout.h"

#include <algorithm>
#include <cstring>

#include "kernels/cpu/half.h"

namespace curlew::model {
namespace {

using kernels::WeightType;

constexpr std::size_t kDimsMax = 4;  // GGUF's
constexpr std::int64_t kMxBlock = 32, kMxCodeBytes = 16;

std::size_t row_bytes(const HfWeight& weight) {
  return weight.bytes.size() / static_cast<std::size_t>(weight.rows());
}

// A weight of the same type and other dims, its bytes to be filled.
struct Fresh {
  HfWeight weight;
  std::span<std::byte> out;
};
Expected<Fresh> fresh(WeightType type, std::vector<std::int64_t> dims, std::size_t bytes,
                      GgufImage& image) {
  Expected<std::span<std::byte>> room = image.allocate(bytes);
  if (!room) return std::move(room.error()).pass();
  return Fresh{{type, std::move(dims), *room}, *room};
}

tl::unexpected<Error> odd_shape(const HfWeight& weight, std::string_view want) {
  return fail(Errc::kCorrupt, "dims [{}], expected {}", fmt::join(weight.dims, ", "), want);
}

// Copies rows by number: row r of the result is row from(r) of the source.
template <class From>
void gather_rows(const HfWeight& source, std::span<std::byte> out, std::int64_t rows,
                 const From& from) {
  const std::size_t size = row_bytes(source);
  for (std::int64_t r = 0; r < rows; ++r) {
    std::memcpy(out.data() + static_cast<std::size_t>(r) * size,
                source.bytes.data() + static_cast<std::size_t>(from(r)) * size, size);
  }
}

// out[c][r] = in[r][c], elements of `size` bytes.
void transpose(const std::byte* in, std::byte* out, std::int64_t rows, std::int64_t cols,
               std::size_t size) {
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < cols; ++c) {
      std::memcpy(out + static_cast<std::size_t>(c * rows + r) * size,
                  in + static_cast<std::size_t>(r * cols + c) * size, size);
    }
  }
}

}  // namespace

std::int64_t HfWeight::rows() const {
  std::int64_t product = 1;
  for (std::size_t i = 1; i < dims.size(); ++i) product *= dims[i];
  return product;
}

Expected<HfWeight> as_weight(const SafeTensor& tensor, GgufImage& image) {
  HfWeight weight{WeightType::kF32, {tensor.shape.rbegin(), tensor.shape.rend()}, tensor.bytes};
  if (tensor.dtype == "F16") {
    weight.type = WeightType::kF16;
  } else if (tensor.dtype == "BF16") {
    weight.type = WeightType::kBF16;
  } else if (tensor.dtype != "F32") {
    return fail(Errc::kUnsupported, "tensor {}: dtype {}; weights are read as F32, F16 or BF16",
                tensor.name, tensor.dtype);
  }
  if (weight.dims.empty() || weight.dims.size() > kDimsMax || tensor.bytes.empty())
    return fail(Errc::kCorrupt, "tensor {}: shape [{}]; 1 to {} dimensions, none of them zero",
                tensor.name, fmt::join(tensor.shape, ", "), kDimsMax);
  const std::size_t alignment = weight.type == WeightType::kF32 ? 4 : 2;
  if (reinterpret_cast<std::uintptr_t>(tensor.bytes.data()) % alignment == 0) return weight;
  Expected<std::span<std::byte>> room = image.allocate(tensor.bytes.size());
  if (!room) return std::move(room.error()).during(tensor.name);
  std::copy(tensor.bytes.begin(), tensor.bytes.end(), room->begin());
  weight.bytes = *room;
  return weight;
}

Expected<HfWeight> to_f32(const HfWeight& weight, float offset, GgufImage& image) {
  if (weight.type == WeightType::kF32 && offset == 0) return weight;
  const std::int64_t count = weight.dims[0] * weight.rows();
  Expected<Fresh> made =
      fresh(WeightType::kF32, weight.dims, static_cast<std::size_t>(count) * sizeof(float), image);
  if (!made) return std::move(made.error()).pass();
  auto* values = reinterpret_cast<float*>(made->out.data());
  kernels::dequantize(weight.type, weight.bytes.data(), values, count);
  if (offset != 0) {
    for (std::int64_t i = 0; i < count; ++i) values[i] += offset;
  }
  return std::move(made->weight);
}

Expected<HfWeight> to_f16(std::span<const float> values, std::vector<std::int64_t> dims,
                          GgufImage& image) {
  Expected<Fresh> made = fresh(WeightType::kF16, std::move(dims), values.size() * 2, image);
  if (!made) return std::move(made.error()).pass();
  auto* halves = reinterpret_cast<std::uint16_t*>(made->out.data());
  for (std::size_t i = 0; i < values.size(); ++i) halves[i] = kernels::f32_to_f16(values[i]);
  return std::move(made->weight);
}

Expected<HfWeight> interleave_heads(const HfWeight& weight, std::int64_t heads, GgufImage& image) {
  const bool vector = weight.dims.size() == 1;
  const HfWeight source =
      vector ? HfWeight{weight.type, {1, weight.dims[0]}, weight.bytes} : weight;
  const std::int64_t rows = source.rows();
  if (heads <= 0 || source.dims.size() != 2 || rows % (2 * heads) != 0)
    return odd_shape(weight, fmt::format("rows of {} heads of an even size", heads));
  Expected<Fresh> made = fresh(weight.type, weight.dims, weight.bytes.size(), image);
  if (!made) return std::move(made.error()).pass();
  const std::int64_t head = rows / heads, half = head / 2;
  gather_rows(source, made->out, rows, [&](std::int64_t r) {
    const std::int64_t at = r % head;
    return r - at + at % 2 * half + at / 2;
  });
  return std::move(made->weight);
}

Expected<HfWeight> stack(std::span<const HfWeight> parts, GgufImage& image) {
  const HfWeight& first = parts.front();
  std::vector<std::int64_t> dims = first.dims;
  if (dims.size() > 2) return odd_shape(first, "a matrix");
  for (const HfWeight& part : parts) {
    if (part.type != first.type || part.dims != first.dims)
      return odd_shape(
          part, fmt::format("[{}] in {}, as of the first expert", fmt::join(first.dims, ", "),
                            kernels::weight_type_name(first.type)));
  }
  dims.push_back(static_cast<std::int64_t>(parts.size()));
  Expected<Fresh> made =
      fresh(first.type, std::move(dims), first.bytes.size() * parts.size(), image);
  if (!made) return std::move(made.error()).pass();
  std::byte* out = made->out.data();
  for (const HfWeight& part : parts) out = std::copy(part.bytes.begin(), part.bytes.end(), out);
  return std::move(made->weight);
}

Expected<HfWeightPair> split_key_value_up(const HfWeight& weight, std::int64_t heads,
                                          std::int64_t key_dim, std::int64_t value_dim,
                                          GgufImage& image) {
  const std::int64_t head = key_dim + value_dim;
  if (weight.dims.size() != 2 || heads <= 0 || key_dim <= 0 || value_dim <= 0 ||
      weight.rows() % heads != 0 || weight.rows() / heads != head)
    return odd_shape(weight, fmt::format("{} heads of {} + {} rows", heads, key_dim, value_dim));
  const int block = kernels::block_shape(weight.type).elements;
  if (block != 1) return odd_shape(weight, "a matrix in 16 or 32 bits");
  const std::int64_t rank = weight.dims[0];
  const std::size_t row = row_bytes(weight), size = row / static_cast<std::size_t>(rank);
  Expected<Fresh> key = fresh(weight.type, {key_dim, rank, heads},
                              static_cast<std::size_t>(heads * key_dim) * row, image);
  if (!key) return std::move(key.error()).pass();
  Expected<Fresh> value = fresh(weight.type, {rank, value_dim, heads},
                                static_cast<std::size_t>(heads * value_dim) * row, image);
  if (!value) return std::move(value.error()).pass();
  for (std::int64_t h = 0; h < heads; ++h) {
    const std::byte* in = weight.bytes.data() + static_cast<std::size_t>(h * head) * row;
    transpose(in, key->out.data() + static_cast<std::size_t>(h * key_dim) * row, key_dim, rank,
              size);
    std::memcpy(value->out.data() + static_cast<std::size_t>(h * value_dim) * row,
                in + static_cast<std::size_t>(key_dim) * row,
                static_cast<std::size_t>(value_dim) * row);
  }
  return HfWeightPair{std::move(key->weight), std::move(value->weight)};
}

Expected<HfWeightPair> split_alternating_rows(const HfWeight& weight, GgufImage& image) {
  // For a bias, {2 * out, experts}, the alternating "rows" are single elements.
  const bool bias = weight.dims.size() == 2;
  HfWeight source = weight;
  if (bias) source.dims.insert(source.dims.begin(), 1);
  if (source.dims.size() != 3 || source.dims[1] % 2 != 0)
    return odd_shape(weight, "an even number of rows");
  std::vector<std::int64_t> dims = source.dims;
  dims[1] /= 2;
  if (bias) dims.erase(dims.begin());
  HfWeightPair pair;
  for (const std::int64_t parity : {0, 1}) {
    Expected<Fresh> made = fresh(weight.type, dims, weight.bytes.size() / 2, image);
    if (!made) return std::move(made.error()).pass();
    gather_rows(source, made->out, source.rows() / 2,
                [&](std::int64_t r) { return 2 * r + parity; });
    (parity == 0 ? pair.first : pair.second) = std::move(made->weight);
  }
  return pair;
}

Expected<HfWeight> transpose_experts(const HfWeight& weight, GgufImage& image) {
  if (weight.dims.size() != 3) return odd_shape(weight, "one matrix an expert");
  const std::int64_t outputs = weight.dims[0], inputs = weight.dims[1], experts = weight.dims[2];
  Expected<Fresh> made = fresh(weight.type, {inputs, outputs, experts}, weight.bytes.size(), image);
  if (!made) return std::move(made.error()).pass();
  const std::size_t one = weight.bytes.size() / static_cast<std::size_t>(experts);
  const std::size_t size = one / static_cast<std::size_t>(inputs * outputs);
  for (std::size_t e = 0; e < static_cast<std::size_t>(experts); ++e)
    transpose(weight.bytes.data() + e * one, made->out.data() + e * one, inputs, outputs, size);
  return std::move(made->weight);
}

Expected<HfWeight> mxfp4_blocks(const SafeTensor& blocks, const SafeTensor& scales,
                                GgufImage& image) {
  const std::vector<std::int64_t>& shape = blocks.shape;
  const bool good =
      blocks.dtype == "U8" && scales.dtype == "U8" && shape.size() == 4 &&
      shape[3] == kMxCodeBytes && !blocks.bytes.empty() &&
      std::equal(shape.begin(), shape.end() - 1, scales.shape.begin(), scales.shape.end());
  if (!good)
    return fail(Errc::kCorrupt,
                "{}: {} [{}] with scales {} [{}], expected U8 [experts, outputs, inputs / 32, 16] "
                "and scales without the last",
                blocks.name, blocks.dtype, fmt::join(shape, ", "), scales.dtype,
                fmt::join(scales.shape, ", "));
  const std::size_t count = scales.bytes.size();
  Expected<Fresh> made = fresh(WeightType::kMXFP4, {shape[2] * kMxBlock, shape[1], shape[0]},
                               count * sizeof(kernels::BlockMXFP4), image);
  if (!made) return std::move(made.error()).pass();
  for (std::size_t b = 0; b < count; ++b) {
    const std::byte* in = blocks.bytes.data() + b * kMxCodeBytes;
    const auto code = [in](int element) {
      const auto both = static_cast<unsigned>(in[element / 2]);
      return element % 2 == 0 ? both & 15u : both >> 4;
    };
    kernels::BlockMXFP4 block;
    block.e = static_cast<std::uint8_t>(scales.bytes[b]);
    for (int j = 0; j < kMxCodeBytes; ++j)
      block.qs[j] = static_cast<std::uint8_t>(code(j) | code(j + kMxCodeBytes) << 4);
    std::memcpy(made->out.data() + b * sizeof block, &block, sizeof block);
  }
  return std::move(made->weight);
}

}  // namespace curlew::model
