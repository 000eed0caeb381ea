// Makes a KernelTable out of a Simd class. Included only by kernels_<path>.cpp.
#pragma once

#include "kernels/cpu/attention_kernels.h"
#include "kernels/cpu/float_kernels.h"
#include "kernels/cpu/kv_kernels.h"
#include "kernels/cpu/quant_kernels.h"
#include "kernels/cpu/vector_kernels.h"

namespace curlew::kernels {
namespace {

template <class S>
constexpr KernelTable kernel_set(const char* name) {
  return {
      .name = name,
      .token_tile = S::kTokenTile,
      .signed_wide = S::kSignedWide,
      .quantize_tile = quantize_tile<S>,
      .panel_fn = panel_fn<S>,
      .float_fn = float_fn<S>,
      .round_activations = nullptr,
      .rms_norm = rms_norm_rows<S>,
      .layer_norm = layer_norm_rows<S>,
      .silu_mul = silu_mul_n<S>,
      .gelu = gelu_n<S>,
      .gelu_mul = gelu_mul_n<S>,
      .swiglu_oai = swiglu_oai_n<S>,
      .to_f16 = to_f16_n<S>,
      .to_q8 = to_q8_n<S>,
      .load_keys = load_keys<S>,
      .load_values = load_values<S>,
      .attend = attend<S>,
  };
}

}  // namespace
}  // namespace curlew::kernels
