#include "model/files/packed4.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "kernels/cpu/half.h"

namespace curlew::model {
namespace {

using Method = Packed4Format::Method;

constexpr int kBlock = 32;      // inputs of a Q4_1 block
constexpr int kNibbles = 8;     // of a word
constexpr int kTileWords = 16;  // columns are done in tiles of this many words: a cache line
constexpr int kAwqNibble[kNibbles] = {0, 4, 1, 5, 2, 6, 3, 7};  // where a word keeps its column

std::uint32_t word(const SafeTensor& tensor, std::int64_t idx) {
  std::uint32_t bits;
  std::memcpy(&bits, tensor.bytes.data() + idx * 4, sizeof bits);  // may lie unaligned
  return bits;
}

std::vector<float> floats(const SafeTensor& tensor) {
  std::vector<float> values(tensor.bytes.size() / (tensor.dtype == "F32" ? 4 : 2));
  const auto type = tensor.dtype == "F32"    ? kernels::WeightType::kF32
                    : tensor.dtype == "BF16" ? kernels::WeightType::kBF16
                                             : kernels::WeightType::kF16;
  kernels::dequantize(type, tensor.bytes.data(), values.data(),
                      static_cast<std::int64_t>(values.size()));
  return values;
}

// One module with its shapes checked: every index below lies inside its tensors.
class Unpacker {
 public:
  Unpacker(const Packed4Module& module, const Packed4Format& format, const std::string& name)
      : m_(module), format_(format), name_(name) {}
  Expected<Packed4Matrix> run(GgufImage& image);

 private:
  Status check();
  Status check_tensor(const SafeTensor* tensor, const char* field, std::string_view dtype,
                      std::vector<std::int64_t> shape) const;
  Expected<bool> groups_in_order() const;
  void write_blocks(std::byte* out) const;
  void write_halves(std::byte* out) const;

  int code(std::int64_t in, std::int64_t out) const {
    if (format_.method == Method::kGptq)
      return nibble(word(*m_.qweight, in / kNibbles * outputs_ + out), in % kNibbles);
    return nibble(word(*m_.qweight, in * (outputs_ / kNibbles) + out / kNibbles),
                  kAwqNibble[out % kNibbles]);
  }
  int zero(std::int64_t group, std::int64_t out) const {
    const std::uint32_t bits = word(*m_.qzeros, group * (outputs_ / kNibbles) + out / kNibbles);
    const auto at = out % kNibbles;
    return format_.zero_offset + nibble(bits, format_.method == Method::kAwq ? kAwqNibble[at] : at);
  }
  float scale(std::int64_t group, std::int64_t out) const {
    return scales_[static_cast<std::size_t>(group * outputs_ + out)];
  }
  static int nibble(std::uint32_t bits, std::int64_t at) {
    return static_cast<int>(bits >> (4 * at) & 15u);
  }

  const Packed4Module& m_;
  const Packed4Format& format_;
  const std::string& name_;
  std::int64_t inputs_ = 0, outputs_ = 0, groups_ = 0, group_size_ = 0;
  std::vector<float> scales_;  // [groups, outputs]
};

Status Unpacker::check_tensor(const SafeTensor* tensor, const char* field, std::string_view dtype,
                              std::vector<std::int64_t> shape) const {
  if (tensor == nullptr) return fail(Errc::kCorrupt, "{}.{} is missing", name_, field);
  if (tensor->dtype == dtype && tensor->shape == shape) return {};
  return fail(Errc::kCorrupt, "{}.{} is {} of shape [{}], expected {} of shape [{}]", name_, field,
              tensor->dtype, fmt::join(tensor->shape, ", "), dtype, fmt::join(shape, ", "));
}

Status Unpacker::check() {
  if (m_.qweight == nullptr || m_.qweight->shape.size() != 2)
    return fail(Errc::kCorrupt, "{}.qweight is no matrix", name_);
  const bool gptq = format_.method == Method::kGptq;
  const std::vector<std::int64_t>& packed = m_.qweight->shape;
  if (Status s = check_tensor(m_.qweight, "qweight", "I32", packed); !s) return s;
  if (packed[0] == 0 || packed[1] == 0) return fail(Errc::kCorrupt, "{}.qweight is empty", name_);
  // Neither factor overflows: the tensor has four bytes in memory for each of their elements.
  inputs_ = packed[0] * (gptq ? kNibbles : 1);
  outputs_ = packed[1] * (gptq ? 1 : kNibbles);
  group_size_ = format_.group_size < 0 ? inputs_ : format_.group_size;
  if (inputs_ % kBlock != 0 || group_size_ % kBlock != 0 || outputs_ % kNibbles != 0)
    return fail(Errc::kUnsupported,
                "{}: {} inputs in groups of {}, {} outputs; expected groups of whole blocks of {}, "
                "and outputs by eights",
                name_, inputs_, group_size_, outputs_, kBlock);
  groups_ = (inputs_ + group_size_ - 1) / group_size_;
  if (Status s = check_tensor(m_.qzeros, "qzeros", "I32", {groups_, outputs_ / kNibbles}); !s)
    return s;
  const bool wide =
      m_.scales != nullptr && (m_.scales->dtype == "F32" || m_.scales->dtype == "BF16");
  if (Status s =
          check_tensor(m_.scales, "scales", wide ? m_.scales->dtype : "F16", {groups_, outputs_});
      !s)
    return s;
  if (m_.g_idx != nullptr) return check_tensor(m_.g_idx, "g_idx", "I32", {inputs_});
  return {};
}

// Whether g_idx is the plain i / group_size; refuses groups that do not exist.
Expected<bool> Unpacker::groups_in_order() const {
  bool in_order = true;
  for (std::int64_t i = 0; m_.g_idx != nullptr && i < inputs_; ++i) {
    const std::uint32_t group = word(*m_.g_idx, i);
    if (group >= groups_)
      return fail(Errc::kCorrupt, "{}.g_idx[{}] is {}, but there are {} groups", name_, i, group,
                  groups_);
    in_order &= group == i / group_size_;
  }
  return in_order;
}

void Unpacker::write_blocks(std::byte* out) const {
  const std::int64_t blocks = inputs_ / kBlock;
  constexpr std::int64_t kTile = kTileWords * kNibbles;
  for (std::int64_t tile = 0; tile < outputs_; tile += kTile) {
    for (std::int64_t b = 0; b < blocks; ++b) {
      const std::int64_t first = b * kBlock, group = first / group_size_;
      for (std::int64_t o = tile; o < std::min(tile + kTile, outputs_); ++o) {
        const float d = scale(group, o);
        kernels::BlockQ4_1 block;
        block.d = kernels::f32_to_f16(d);
        block.m = kernels::f32_to_f16(-static_cast<float>(zero(group, o)) * d);
        for (int j = 0; j < kBlock / 2; ++j) {
          block.qs[j] =
              static_cast<std::uint8_t>(code(first + j, o) | code(first + kBlock / 2 + j, o) << 4);
        }
        std::memcpy(out + (o * blocks + b) * static_cast<std::int64_t>(sizeof block), &block,
                    sizeof block);
      }
    }
  }
}

void Unpacker::write_halves(std::byte* out) const {
  for (std::int64_t o = 0; o < outputs_; ++o) {
    for (std::int64_t i = 0; i < inputs_; ++i) {
      const std::int64_t group = word(*m_.g_idx, i);
      const auto steps = static_cast<float>(code(i, o) - zero(group, o));
      const std::uint16_t half = kernels::f32_to_f16(steps * scale(group, o));
      std::memcpy(out + (o * inputs_ + i) * 2, &half, sizeof half);
    }
  }
}

Expected<Packed4Matrix> Unpacker::run(GgufImage& image) {
  if (Status s = check(); !s) return std::move(s.error()).pass();
  const Expected<bool> in_order = groups_in_order();
  if (!in_order) return Error(in_order.error()).pass();
  scales_ = floats(*m_.scales);
  const auto elements = static_cast<std::size_t>(inputs_) * static_cast<std::size_t>(outputs_);
  const std::size_t bytes =
      *in_order ? elements / kBlock * sizeof(kernels::BlockQ4_1) : elements * 2;
  Expected<std::span<std::byte>> room = image.allocate(bytes);
  if (!room) return std::move(room.error()).during(name_);
  if (*in_order) {
    write_blocks(room->data());
  } else {
    write_halves(room->data());
  }
  return Packed4Matrix{*in_order ? kernels::WeightType::kQ4_1 : kernels::WeightType::kF16, inputs_,
                       outputs_, *room};
}

// The same fact has had several names.
Expected<std::int64_t> integer_of(const JsonObject& config, std::initializer_list<const char*> keys,
                                  std::int64_t fallback) {
  for (const char* key : keys)
    if (config.has(key)) return config.integer(key);
  return fallback;
}

}  // namespace

Expected<Packed4Format> read_packed4_format(const JsonObject& config) {
  Expected<std::string> method =
      config.string("quant_method", config.has("w_bit") ? "awq" : "gptq");
  if (!method) return std::move(method.error()).pass();
  if (*method != "awq" && *method != "gptq")
    return fail(Errc::kUnsupported,
                "{}: quantised by \"{}\"; known are awq and gptq (4 bits), and mxfp4 for gpt-oss",
                config.file(), *method);
  Expected<std::int64_t> bits = integer_of(config, {"bits", "w_bit"}, 4);
  if (!bits) return std::move(bits.error()).pass();
  Expected<std::int64_t> group = integer_of(config, {"group_size", "q_group_size"}, 128);
  if (!group) return std::move(group.error()).pass();
  if (*bits != 4 || (*group != -1 && (*group < 1 || *group > 1 << 20)))
    return fail(Errc::kUnsupported,
                "{}: {} bits in groups of {}; 4 bits are read, in groups of 32 or more",
                config.file(), *bits, *group);
  const char* layout_key = *method == "awq" ? "version" : "checkpoint_format";
  Expected<std::string> layout = config.string(layout_key, *method == "awq" ? "gemm" : "gptq");
  if (!layout) return std::move(layout.error()).pass();
  for (char& c : *layout) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (*method == "awq" ? *layout != "gemm" : *layout != "gptq" && *layout != "gptq_v2")
    return fail(Errc::kUnsupported,
                "{}: {} \"{}\"; known are gemm for awq, gptq and gptq_v2 for gptq", config.file(),
                layout_key, *layout);
  return Packed4Format{*method == "awq" ? Method::kAwq : Method::kGptq, *group, *layout == "gptq"};
}

Expected<Packed4Matrix> unpack_packed4(const Packed4Module& module, const Packed4Format& format,
                                       const std::string& name, GgufImage& image) {
  return Unpacker(module, format, name).run(image);
}

}  // namespace curlew::model
