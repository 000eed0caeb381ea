// Four-bit weights of AWQ (Lin et al. 2023, arXiv:2306.00978; layout "gemm") and GPTQ (Frantar et
// al. 2022, arXiv:2210.17323; checkpoint formats v1 and v2), translated to blocks that are run.
//
//   value[o, i] = scale[g(i), o] * (q[i, o] - zero[g(i), o]),   g(i) = i / group_size
//
// becomes Q4_1: d = scale, m = -zero * scale, both in half precision, each group being whole blocks
// of 32. d is the checkpoint's own number. m is rounded: by at most 15 * 2^-11 of a quantisation
// step (0.7%), and not at all where the zero is a power of two, as in symmetric GPTQ (8). Where a
// GPTQ checkpoint assigns inputs to groups out of order (g_idx, "act-order"), no block has one
// scale: the matrix is then written out in F16.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "model/error.h"
#include "model/files/gguf_image.h"
#include "model/files/json_text.h"
#include "model/files/safetensors.h"

namespace curlew::model {

struct Packed4Format {
  enum class Method { kNone, kAwq, kGptq };
  Method method = Method::kNone;
  std::int64_t group_size = 0;  // inputs that share a scale; -1: all of a row
  int zero_offset = 0;          // what is added to stored zeros: 1 in GPTQ's first format
};

// From config.json's quantization_config, or the file quantize_config.json, which older tools
// write. Refuses other widths than four bits, and methods and layouts by name.
Expected<Packed4Format> read_packed4_format(const JsonObject& config);

// The tensors of one linear module, null where the checkpoint has none.
struct Packed4Module {
  const SafeTensor* qweight = nullptr;  // I32: AWQ [in, out/8], GPTQ [in/8, out]
  const SafeTensor* qzeros = nullptr;   // I32 [groups, out/8]
  const SafeTensor* scales = nullptr;   // F16, BF16 or F32 [groups, out]
  const SafeTensor* g_idx = nullptr;    // I32 [in]; GPTQ only
};

// The module's matrix, as dims {in, out}: Q4_1, or F16 where groups are out of order. `file` and
// `module` stand in errors. The bytes belong to the image.
struct Packed4Matrix {
  kernels::WeightType type;
  std::int64_t inputs, outputs;
  std::span<const std::byte> bytes;
};
Expected<Packed4Matrix> unpack_packed4(const Packed4Module& module, const Packed4Format& format,
                                       const std::string& name, GgufImage& image);

}  // namespace curlew::model
